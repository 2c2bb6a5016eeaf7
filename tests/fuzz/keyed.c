/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an Idempotency-Key and a Lethe-Reason say, from any text that a header can have. Of a key quotes do not matter, and
 * what is taken as a reason can be in the log.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "api/keyed.h"
#include "vault/act.h"

#define TEXT_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(const char *text)
{
	char quoted[TEXT_MAX + 3];
	const char *key, *again;
	size_t len, again_len;
	struct err err;

	if (keyed_read(text, &key, &len, &err) != OK) {
		INVARIANT(err.code == ERR_INPUT && err.what[0] != '\0');
		return;
	}
	INVARIANT(len >= 1 && len <= KEYED_LEN_MAX && key >= text && key + len <= text + strlen(text));
	for (size_t i = 0; i < len; i++)
		INVARIANT(isgraph((unsigned char)key[i]) && key[i] != '"' && key[i] != '\\');
	snprintf(quoted, sizeof quoted, "\"%.*s\"", (int)len, key);
	INVARIANT(keyed_read(quoted, &again, &again_len, &err) == OK && again_len == len);
	INVARIANT(memcmp(again, key, len) == 0);
}

static void check_reason(const char *text)
{
	struct act act;
	struct buf leaf;
	struct err err;

	act_by_nobody();
	if (!act_by_reason(text)) {
		INVARIANT(act_by_now().reason[0] == '\0');
		return;
	}
	INVARIANT(strcmp(act_by_now().reason, text) == 0);
	buf_init(&leaf, ACT_LEAF_MAX);
	act_begin(&act, "person.show", 1, ((struct instant){0}));
	INVARIANT(act_write(&act, &leaf, &err) == OK);
	INVARIANT(memmem(leaf.data, leaf.len, text, strlen(text)) != NULL);
	buf_free(&leaf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1];
	size_t len = size < TEXT_MAX ? size : TEXT_MAX;

	memcpy(text, data, len);
	text[len] = '\0';
	check_key(text);
	check_reason(text);
	return 0;
}
