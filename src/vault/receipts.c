/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/receipts.h"

#include <string.h>

#include "shim/json_parse.h"
#include "vault/proof.h"

#define STATEMENT_MAX ((size_t)64 * 1024)
#define RECEIPT_MAX ((size_t)256 * 1024)

enum result receipts_result(const char *statement, uint64_t leaf, struct pool *pool, const char **out, struct err *err)
{
	*out = pool_printf(pool, "{\"leaf\":%llu,\"statement\":%s}", (unsigned long long)leaf, statement);
	return *out != NULL ? OK : err_no_memory(err);
}

enum result receipts_sign(struct vault *vault, const char *statement, size_t len, uint64_t leaf, struct pool *pool,
			  const char **receipt, struct err *err)
{
	struct buf out;
	enum result r;

	buf_init(&out, RECEIPT_MAX);
	r = proof_receipt(&vault->read, vault->id, statement, len, leaf, &out, err);
	if (r == OK && (*receipt = pool_strndup(pool, out.data, out.len)) == NULL)
		r = err_no_memory(err);
	buf_free(&out);
	return r;
}

enum result receipts_kept(const struct job *job, struct pool *pool, struct receipts_kept *out, struct err *err)
{
	const struct json *result;
	enum result r = json_parse_once(job->result, strlen(job->result), pool, &result, err);

	*out = (struct receipts_kept){.leaf = -1};
	if (r != OK)
		return err_set(err, ERR_CORRUPT, "the result of a job is damaged");
	out->statement = json_get(result, "statement");
	out->leaf = json_get_int(result, "leaf", -1);
	return OK;
}

enum result receipts_again(struct vault *vault, const struct receipts_kept *kept, struct pool *pool,
			   const char **receipt, struct err *err)
{
	struct buf text;
	enum result r;

	buf_init(&text, STATEMENT_MAX);
	json_add_tree(&text, kept->statement);
	r = buf_ok(&text, "a statement", err);
	if (r == OK)
		r = receipts_sign(vault, text.data, text.len, (uint64_t)kept->leaf, pool, receipt, err);
	buf_free(&text);
	return r;
}
