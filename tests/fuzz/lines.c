/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A body of lines, from any bytes: each that is not blank is given once, in order, without its end, or refused for its length.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/body_lines.h"
#include "net/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINE_MAX_LEN 40

static void read_all(struct body_lines *lines, size_t size)
{
	uint64_t before = 0;
	size_t total = 0;

	for (;;) {
		const char *line;
		size_t len;
		struct err err;
		enum result r = body_lines_next(lines, &line, &len, &err);

		INVARIANT(r == OK || r == ERR_LIMIT);
		if (r == OK && line == NULL)
			break;
		INVARIANT(lines->number > before);
		before = lines->number;
		if (r == ERR_LIMIT)
			continue;
		INVARIANT(len > 0 && len <= LINE_MAX_LEN && line[len] == '\0' && !memchr(line, '\n', len));
		total += len;
		INVARIANT(total <= size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow *flow = flow_new(size + 1, NULL, NULL);
	struct request request = {.input = flow};
	struct body_lines *lines = malloc(sizeof *lines);

	if (flow == NULL || lines == NULL)
		abort();
	INVARIANT(flow_offer(flow, data, size) == size);
	flow_end(flow);
	body_lines_init(lines, &request, LINE_MAX_LEN);
	read_all(lines, size);
	body_lines_free(lines);
	free(lines);
	flow_release(flow);
	return 0;
}
