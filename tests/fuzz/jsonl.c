/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lethe JSON Lines from any bytes: what is taken is whole, and what is
 * refused says what is wrong and where.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/primitives.h"
#include "ingest/jsonl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct intake *in)
{
	INVARIANT(in->source && in->source_id && in->payload);
	INVARIANT(strlen(in->source) > 0 && strlen(in->source_id) > 0 && in->payload_len > 0);
	INVARIANT(in->party_count > 0 && in->party_count <= INTAKE_PARTIES_MAX);
	INVARIANT(in->media_count <= INTAKE_MEDIA_MAX);
	INVARIANT(in->at.ms >= 0 && in->duration_ms >= -1);
	for (size_t i = 0; i < in->party_count; i++)
		INVARIANT(in->parties[i].text && in->parties[i].text[0] && identity_kind_is_external(in->parties[i].kind));
	for (size_t i = 0; i < in->media_count; i++)
		INVARIANT(in->media[i].path && in->media[i].path[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_parser *parser;
	static struct intake_context context = {.default_source = "import"};
	static struct intake in;
	const struct json *root;
	struct pool pool;
	struct err err;

	if (!parser && (crypto_init(&err) != OK || json_parser_new(INTAKE_LINE_MAX * 2, &parser, &err) != OK ||
			zone_open("Europe/Copenhagen", &context.zone, &err) != OK))
		abort();
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	if (jsonl_read(parser, &context, (const char *)data, size, &pool, &in, &err) == OK) {
		check(&in);
		INVARIANT(json_parse(parser, in.payload, in.payload_len, &pool, &root, &err) == OK);
	} else {
		INVARIANT(err.what[0]);
	}
	pool_free(&pool);
	return 0;
}
