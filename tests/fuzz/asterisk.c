/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A whole CDR file from any bytes: rows are cut, split and read; the payload
 * of what is taken is JSON that Lethe JSON Lines takes too, as the same call.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/primitives.h"
#include "ingest/asterisk.h"
#include "ingest/jsonl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_parser *parser;
static struct intake_context context = {.default_source = "import"};

static void check(const struct intake *in, struct pool *pool)
{
	static struct intake again;
	struct err err;

	INVARIANT(in->kind == KIND_CALL && in->party_count > 0 && in->duration_ms >= 0);
	INVARIANT(jsonl_read(parser, &context, in->payload, in->payload_len, pool, &again, &err) == OK);
	INVARIANT(again.at.ms / 1000 == in->at.ms / 1000 && again.status == in->status);
	INVARIANT(again.duration_ms == in->duration_ms && again.party_count == in->party_count);
	INVARIANT(strcmp(again.source_id, in->source_id) == 0 && strcmp(again.source, in->source) == 0);
}

static void read_rows(struct asterisk_layout *layout, const char *text, size_t len, struct pool *pool)
{
	static struct intake in;
	struct csv_row row;
	struct err err;
	bool is_header;

	for (size_t at = 0, length; at < len; at += length) {
		length = csv_row_length(text + at, len - at, true);
		INVARIANT(length > 0 && length <= len - at);
		pool_reset(pool);
		if (csv_split(text + at, length, pool, &row, &err) != OK ||
		    asterisk_read(layout, &context, &row, pool, &is_header, &in, &err) != OK)
			INVARIANT(err.what[0]);
		else if (!is_header)
			check(&in, pool);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct asterisk_layout *layout;
	struct pool pool;
	struct err err;

	if (!parser && (crypto_init(&err) != OK || json_parser_new(INTAKE_LINE_MAX * 2, &parser, &err) != OK ||
			zone_open("Europe/Copenhagen", &context.zone, &err) != OK))
		abort();
	if (asterisk_layout_new(&layout, &err) != OK)
		abort();
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	read_rows(layout, (const char *)data, size, &pool);
	pool_free(&pool);
	asterisk_layout_free(layout);
	return 0;
}
