/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an account's admin says of a webhook: its URL, its types of events.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "notify/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct client_reach strict;
	char *text = malloc(size + 1);
	struct err err;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (client_check_url(&strict, text, &err) == OK)
		INVARIANT(strncasecmp(text, "https:", 6) == 0);
	if (webhook_types_check(text, &err) == OK) {
		bool any = *text == '\0';

		for (int type = 1; type < EVENT_TYPE_COUNT; type++)
			any = webhook_wants(text, (enum event_type)type) || any;
		INVARIANT(any);
	}
	free(text);
	return 0;
}
