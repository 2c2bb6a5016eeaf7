/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who a token is, for a program that is asked all day: what was looked up
 * lately is remembered, up to a number of tokens.
 *
 * Revoking works at once: each entry carries the generation of the vault that
 * it was looked up in, and tokens_revoke begins another, as does every
 * destruction of keys (an account's end among them).  What a thread looks up
 * while another revokes belongs to the generation before, and is not taken.
 * Thread safe.
 */
#ifndef LETHE_ACCESS_TOKEN_CACHE_H
#define LETHE_ACCESS_TOKEN_CACHE_H

#include "access/token.h"

struct token_cache;
MUST_CHECK enum result token_cache_new(size_t entries, struct token_cache **out, struct err *err);
void token_cache_free(struct token_cache *cache); /* NULL is fine */

/* Who it is: by memory, else by one look into an index. ERR_DENIED, with one text for what is no token, unknown or
 * revoked, and another for one that expired: only who had it can have that one. Notes that it was used, at most once a
 * minute, through the writer. `cache` NULL: none. */
MUST_CHECK enum result tokens_find(struct token_cache *cache, struct vault *vault, const char *text, size_t len,
				   struct instant now, struct actor *out, struct err *err);

/* The same without looking or writing anything: false when it is not remembered, has ended, or its use is to be noted. */
bool tokens_recall(struct token_cache *cache, const struct vault *vault, const char *text, size_t len, struct instant now,
		   struct actor *out);

#endif
