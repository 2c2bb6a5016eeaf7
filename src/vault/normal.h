/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From what somebody wrote to the one form that is compared.
 */
#ifndef LETHE_VAULT_NORMAL_H
#define LETHE_VAULT_NORMAL_H

#include "base/pool.h"
#include "shim/phone.h"
#include "store/kind.h"

struct normal {
	enum identity_kind kind; /* may differ from what was asked: what cannot be normalised is EXTERNAL */
	const char *text;        /* in the pool */
	bool fell_back;
};

/* PHONE: E.164 by the country's rules; EMAIL: folded; both fall back to EXTERNAL. NUMBER: E.164, else trimmed as it
 * is. EXTERNAL and AGENT: trimmed. ERR_INPUT for what is empty, not UTF-8 or over 512 bytes. */
MUST_CHECK enum result normal_make(struct phone_cache *cache, const char *country, enum identity_kind kind,
				   const char *text, struct pool *pool, struct normal *out, struct err *err);
/* The blind tokens of a person's name: its folded words, without doubles. Returns how many, at most max. */
size_t normal_name_words(struct pool *pool, const char *name, const char **out, size_t max);

#endif
