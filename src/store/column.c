/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/column.h"

#include <stdlib.h>
#include <string.h>

enum result column_exact(struct db_rows *rows, int column, void *out, size_t len, struct err *err)
{
	size_t have;
	const void *data = db_blob(rows, column, &have);

	if (have != len)
		return err_set(err, ERR_CORRUPT, "column %d holds %zu bytes where %zu belong", column, have, len);
	memcpy(out, data, len);
	return OK;
}

enum result column_id(struct db_rows *rows, int column, struct id *out, struct err *err)
{
	return column_exact(rows, column, out->bytes, sizeof out->bytes, err);
}

enum result column_word(struct db_rows *rows, int column, int first, int last, int *out, struct err *err)
{
	int64_t word = db_int(rows, column);

	if (word < first || word > last)
		return err_set(err, ERR_CORRUPT, "column %d holds %lld where %d to %d belong", column, (long long)word,
			       first, last);
	*out = (int)word;
	return OK;
}

enum result column_bytes(struct db_rows *rows, int column, struct pool *pool, const unsigned char **out, size_t *len,
			 struct err *err)
{
	const void *data = db_blob(rows, column, len);
	char *copy = pool_strndup(pool, data, *len);

	*out = (unsigned char *)copy;
	return copy != NULL ? OK : err_no_memory(err);
}

static enum result next_within(struct db_rows *rows, size_t count, size_t max, bool *more, struct err *err)
{
	enum result r = db_next(rows, more, err);

	return r == OK && *more && count == max ? err_set(err, ERR_LIMIT, "more than %zu rows", max) : r;
}

enum result column_ids(struct db_rows *rows, struct id *out, size_t max, size_t *count, struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = next_within(rows, *count, max, &more, err)) == OK && more) {
		r = column_id(rows, 0, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(rows);
	return r;
}

enum result column_numbers(struct db_rows *rows, int64_t *out, size_t max, size_t *count, struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = next_within(rows, *count, max, &more, err)) == OK && more)
		out[(*count)++] = db_int(rows, 0);
	db_end(rows);
	return r;
}

enum result column_accounts(struct db_rows *rows, uint32_t *out, size_t max, size_t *count, struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = next_within(rows, *count, max, &more, err)) == OK && more)
		out[(*count)++] = (uint32_t)db_int(rows, 0);
	db_end(rows);
	return r;
}

static size_t pack_number(uint64_t number, unsigned char *out)
{
	size_t at = 0;

	for (; number >= 0x80; number >>= 7)
		out[at++] = (unsigned char)(0x80 | (number & 0x7f));
	out[at++] = (unsigned char)number;
	return at;
}

size_t parties_pack(const struct party *parties, size_t count, unsigned char out[PARTIES_PACKED_MAX])
{
	size_t at = 0;

	INVARIANT(count <= PARTIES_MAX);
	for (size_t i = 0; i < count; i++) {
		INVARIANT(i == 0 || parties[i - 1].identity < parties[i].identity);
		at += pack_number((uint64_t)parties[i].identity, out + at);
		out[at++] = (unsigned char)parties[i].roles;
	}
	return at;
}

static bool unpack_number(const unsigned char *in, size_t len, size_t *at, uint64_t *out)
{
	unsigned char byte;

	*out = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		if (*at == len)
			return false;
		byte = in[(*at)++];
		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

enum result parties_unpack(const unsigned char *in, size_t len, struct party out[PARTIES_MAX], size_t *count,
			   struct err *err)
{
	size_t at = 0;
	uint64_t number;

	*count = 0;
	while (at < len) {
		if (*count == PARTIES_MAX || !unpack_number(in, len, &at, &number) || at == len ||
		    (*count > 0 && (int64_t)number <= out[*count - 1].identity))
			return err_set(err, ERR_CORRUPT, "a list of parties is damaged");
		out[(*count)++] = (struct party){.identity = (int64_t)number, .roles = in[at++]};
	}
	return OK;
}

static int by_identity(const void *a, const void *b)
{
	const struct party *x = a, *y = b;

	return (x->identity > y->identity) - (x->identity < y->identity);
}

size_t parties_sort(struct party *parties, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(parties, count, sizeof *parties, by_identity);
	for (size_t i = 1; i < count; i++) {
		if (parties[i].identity == parties[kept].identity)
			parties[kept].roles |= parties[i].roles;
		else
			parties[++kept] = parties[i];
	}
	return kept + 1;
}

size_t labels_pack(const int64_t *labels, size_t count, unsigned char out[LABELS_PACKED_MAX])
{
	size_t at = 0;

	INVARIANT(count <= LABELS_MAX);
	for (size_t i = 0; i < count; i++) {
		INVARIANT(i == 0 || labels[i - 1] < labels[i]);
		at += pack_number((uint64_t)labels[i], out + at);
	}
	return at;
}

enum result labels_unpack(const unsigned char *in, size_t len, int64_t out[LABELS_MAX], size_t *count,
			  struct err *err)
{
	size_t at = 0;
	uint64_t number;

	*count = 0;
	while (at < len) {
		if (*count == LABELS_MAX || !unpack_number(in, len, &at, &number) ||
		    (*count > 0 && (int64_t)number <= out[*count - 1]))
			return err_set(err, ERR_CORRUPT, "a list of labels is damaged");
		out[(*count)++] = (int64_t)number;
	}
	return OK;
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

size_t labels_sort(int64_t *labels, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(labels, count, sizeof *labels, by_number);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || labels[kept - 1] != labels[i])
			labels[kept++] = labels[i];
	}
	return kept;
}

bool labels_have(const int64_t *labels, size_t count, int64_t label)
{
	for (size_t i = 0; i < count; i++) {
		if (labels[i] == label)
			return true;
	}
	return false;
}

bool parties_have(const struct party *parties, size_t count, int64_t identity)
{
	for (size_t i = 0; i < count; i++) {
		if (parties[i].identity == identity)
			return true;
	}
	return false;
}
