/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/text.h"
#include "shim/json_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(const struct json *node)
{
	INVARIANT(node->type != JSON_STRING || (text_is_utf8(node->text, node->len) && node->text[node->len] == '\0'));
	INVARIANT(node->name == NULL || text_is_utf8(node->name, strlen(node->name)));
	for (const struct json *child = node->first; child != NULL; child = child->next)
		check_texts(child);
}

/* What is written of a tree reads as the same tree. */
static void check_written(struct json_parser *parser, const struct json *tree, struct pool *pool)
{
	const struct json *again;
	struct buf first, second;
	struct err err;

	buf_init(&first, 1 << 24);
	buf_init(&second, 1 << 24);
	json_add_tree(&first, tree);
	INVARIANT(buf_ok(&first, "it", &err) == OK);
	INVARIANT(json_parse(parser, first.data, first.len, pool, &again, &err) == OK);
	json_add_tree(&second, again);
	INVARIANT(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	buf_free(&first);
	buf_free(&second);
}

/* The canonical form of the canonical form is itself. */
static void check_canonical(struct json_parser *parser, const struct json *tree, struct pool *pool)
{
	const struct json *again;
	struct buf first, second;
	struct err err;

	buf_init(&first, 1 << 24);
	buf_init(&second, 1 << 24);
	if (json_add_canonical(&first, tree, &err) == OK) {
		INVARIANT(json_parse(parser, first.data, first.len, pool, &again, &err) == OK);
		INVARIANT(json_add_canonical(&second, again, &err) == OK);
		INVARIANT(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	}
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_parser *parser;
	const struct json *tree;
	struct pool pool;
	struct err err;

	if (parser == NULL)
		INVARIANT(json_parser_new(1 << 24, &parser, &err) == OK);
	pool_init(&pool, 1 << 26);
	if (json_parse(parser, (const char *)data, size, &pool, &tree, &err) == OK) {
		check_texts(tree);
		check_written(parser, tree, &pool);
		check_canonical(parser, tree, &pool);
	}
	pool_free(&pool);
	return 0;
}
