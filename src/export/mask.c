/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/mask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "vault/normal.h"

#define DOT "\xe2\x80\xa2" /* bullet */
#define PHONES_CACHED 4096
#define POOL_MAX ((size_t)1024 * 1024 * 1024) /* names of the others of one person */
#define SCRUB_SHORTEST 4 /* bytes; shorter texts turn up by chance */

/* Somebody else: one per normalised identifier. */
struct other { enum identity_kind kind; const char *text, *value, *label; };

struct mask {
	const struct account *account;
	const struct person *person;
	bool show;
	struct phone_cache *phones;
	struct pool pool;     /* the others' texts */
	struct other *others; /* open addressing; text NULL: free */
	size_t slots, used;
	int64_t people, agents;
};

enum result mask_new(const struct account *account, const struct person *person, bool show, struct mask **out,
		     struct err *err)
{
	struct mask *mask = calloc(1, sizeof *mask);
	enum result r;

	*out = NULL;
	if (mask == NULL)
		return err_no_memory(err);
	mask->account = account;
	mask->person = person;
	mask->show = show;
	pool_init(&mask->pool, POOL_MAX);
	r = phone_cache_new(PHONES_CACHED, &mask->phones, err);
	if (r == OK)
		*out = mask;
	else
		mask_free(mask);
	return r;
}

void mask_free(struct mask *mask)
{
	if (mask == NULL)
		return;
	phone_cache_free(mask->phones);
	pool_free(&mask->pool);
	free(mask->others);
	free(mask);
}

bool mask_shows(const struct mask *mask)
{
	return mask->show;
}

int64_t mask_others(const struct mask *mask)
{
	return mask->people;
}

int64_t mask_agents(const struct mask *mask)
{
	return mask->agents;
}

/* ---- masked forms ---- */

/* "+45 20 00 02 12" -> "+45 •• •• •• 12". */
static void mask_phone(struct buf *out, const char *e164)
{
	char pretty[40];
	size_t len, country, digits = 0, seen = 0;

	phone_pretty(e164, pretty);
	len = strlen(pretty);
	country = strcspn(pretty, " -");
	if (country == len)
		country = 1; /* no country code told apart: keep the plus only */
	for (size_t i = country; i < len; i++)
		digits += isdigit((unsigned char)pretty[i]) != 0;
	buf_add(out, pretty, country);
	for (size_t i = country; i < len; i++) {
		bool digit = isdigit((unsigned char)pretty[i]) != 0;

		seen += digit;
		if (digit && seen + 2 <= digits)
			buf_add_str(out, DOT);
		else
			buf_add_char(out, pretty[i]);
	}
}

/* First letter and domain. A whole letter, not a byte of one. */
static void mask_email(struct buf *out, const char *email)
{
	size_t first = 1;

	while ((email[first] & 0xc0) == 0x80)
		first++;
	buf_add(out, email, first);
	buf_add_str(out, DOT DOT DOT);
	buf_add_str(out, strrchr(email, '@'));
}

static const char *masked_value(struct mask *mask, enum identity_kind kind, const char *text, const char *label)
{
	struct buf out;
	char *value;

	if (kind != IDENTITY_PHONE && kind != IDENTITY_EMAIL)
		return label;
	buf_init(&out, 4096);
	if (kind == IDENTITY_PHONE)
		mask_phone(&out, text);
	else
		mask_email(&out, text);
	value = out.failed ? NULL : pool_strdup(&mask->pool, out.data);
	buf_free(&out);
	return value;
}

/* ---- the others ---- */

static size_t hash_of(enum identity_kind kind, const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32);
}

static struct other *slot_of(struct other *others, size_t slots, enum identity_kind kind, const char *text)
{
	size_t at = hash_of(kind, text) & (slots - 1);

	while (others[at].text != NULL && (others[at].kind != kind || strcmp(others[at].text, text) != 0))
		at = (at + 1) & (slots - 1);
	return &others[at];
}

static enum result grow(struct mask *mask, struct err *err)
{
	size_t slots = mask->slots == 0 ? 256 : mask->slots * 2;
	struct other *grown = calloc(slots, sizeof *grown);

	if (grown == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < mask->slots; i++) {
		const struct other *old = &mask->others[i];

		if (old->text != NULL)
			*slot_of(grown, slots, old->kind, old->text) = *old;
	}
	free(mask->others);
	mask->others = grown;
	mask->slots = slots;
	return OK;
}

/* Found, or numbered as the next. */
static enum result find_other(struct mask *mask, enum identity_kind kind, const char *text, const struct other **out,
			      struct err *err)
{
	struct other *slot;
	bool agent = kind == IDENTITY_AGENT;
	enum result r = mask->used * 2 >= mask->slots ? grow(mask, err) : OK;

	if (r != OK)
		return r;
	slot = slot_of(mask->others, mask->slots, kind, text);
	*out = slot;
	if (slot->text != NULL)
		return OK;
	slot->kind = kind;
	slot->label = agent ? pool_printf(&mask->pool, "agent %lld", (long long)mask->agents + 1)
			    : pool_printf(&mask->pool, "other person %lld", (long long)mask->people + 1);
	slot->value = slot->label != NULL ? masked_value(mask, kind, text, slot->label) : NULL;
	slot->text = slot->value != NULL ? pool_strdup(&mask->pool, text) : NULL;
	if (slot->text == NULL)
		return err_no_memory(err);
	mask->used++;
	mask->agents += agent;
	mask->people += !agent;
	return OK;
}

static bool is_self(const struct mask *mask, const struct normal *normal)
{
	for (size_t i = 0; i < mask->person->identity_count; i++) {
		const struct person_identity *identity = &mask->person->identities[i];

		if (identity->kind == normal->kind && strcmp(identity->value, normal->text) == 0)
			return true;
	}
	return false;
}

/* The account's own number is nobody's. */
static bool is_number(struct mask *mask, const struct normal *normal, const char *number, struct pool *pool)
{
	struct normal own;
	struct err ignored;

	return number != NULL &&
	       normal_make(mask->phones, mask->account->country, IDENTITY_NUMBER, number, pool, &own, &ignored) == OK &&
	       strcmp(own.text, normal->text) == 0;
}

enum result mask_party(struct mask *mask, enum identity_kind kind, const char *text, const char *name,
		       const char *number, struct pool *pool, struct shown *out, struct err *err)
{
	const struct other *other = NULL;
	struct normal normal;
	enum result r = normal_make(mask->phones, mask->account->country, kind, text, pool, &normal, err);

	if (r == ERR_INPUT) /* too long to be anybody's */
		normal = (struct normal){.kind = IDENTITY_EXTERNAL, .text = text};
	else if (r != OK)
		return r;
	*out = (struct shown){.kind = normal.kind, .value = normal.text, .name = name};
	out->self = is_self(mask, &normal);
	out->ours = !out->self && is_number(mask, &normal, number, pool);
	if (out->self || out->ours)
		return OK;
	r = find_other(mask, normal.kind, normal.text, &other, err);
	if (r != OK || mask->show)
		return r;
	out->masked = true;
	out->value = other->value;
	out->name = other->label;
	return OK;
}

enum result mask_agent(struct mask *mask, const char *id, const char *name, struct pool *pool, struct shown *out,
		       struct err *err)
{
	return mask_party(mask, IDENTITY_AGENT, id, name, NULL, pool, out, err);
}

/* ---- custom fields ---- */

void scrub_begin(struct scrub *scrub, struct mask *mask)
{
	scrub->mask = mask;
	scrub->count = 0;
}

static void add_term(struct scrub *scrub, const char *text, const char *instead)
{
	size_t at = scrub->count, len = text != NULL ? strlen(text) : 0;

	if (len == 0 || at == MASK_SCRUB_MAX)
		return;
	/* Longest first, so that a name is not replaced inside a longer one. */
	for (; at > 0 && strlen(scrub->terms[at - 1].text) < len; at--)
		scrub->terms[at] = scrub->terms[at - 1];
	scrub->terms[at].text = text;
	scrub->terms[at].instead = instead;
	scrub->count++;
}

void scrub_add(struct scrub *scrub, const struct shown *shown, const char *text, const char *name)
{
	if (!shown->masked)
		return;
	add_term(scrub, text, shown->value);
	add_term(scrub, name, shown->name);
	if (text[0] == '+') /* sources write it without the plus, too */
		add_term(scrub, text + 1, shown->value);
}

/* The longest term that stands at `at`: short ones only as the whole text. */
static const char *term_at(const struct scrub *scrub, const char *text, size_t len, size_t at, size_t *skip)
{
	for (size_t i = 0; i < scrub->count; i++) {
		size_t n = strlen(scrub->terms[i].text);
		bool whole = at == 0 && n == len;

		if (n <= len - at && (whole || n >= SCRUB_SHORTEST) &&
		    memcmp(text + at, scrub->terms[i].text, n) == 0) {
			*skip = n;
			return scrub->terms[i].instead;
		}
	}
	return NULL;
}

static void replace(const struct scrub *scrub, const char *text, size_t len, struct buf *out)
{
	size_t at = 0, skip;

	while (at < len) {
		const char *instead = term_at(scrub, text, len, at, &skip);

		if (instead != NULL) {
			buf_add_str(out, instead);
			at += skip;
		} else {
			buf_add_char(out, text[at++]);
		}
	}
}

/* "+4520000512" or "ann@example.com" and nothing else. */
static bool is_handle(const char *text, size_t len, enum identity_kind *kind)
{
	*kind = IDENTITY_EMAIL;
	if (text_is_email(text, len))
		return true;
	*kind = IDENTITY_PHONE;
	return len >= 9 && len <= 20 && text[0] == '+' && strspn(text + 1, "0123456789 ") == len - 1;
}

static enum result scrub_text(struct scrub *scrub, struct json *node, bool whole, struct pool *pool, struct err *err)
{
	enum identity_kind kind;
	struct shown shown;
	struct buf out;
	enum result r = OK;

	if (whole && strlen(node->text) == node->len && is_handle(node->text, node->len, &kind)) {
		r = mask_party(scrub->mask, kind, node->text, NULL, NULL, pool, &shown, err);
		if (r == OK && shown.masked) {
			node->text = shown.value;
			node->len = strlen(shown.value);
		}
		return r;
	}
	buf_init(&out, node->len * 64 + 64);
	replace(scrub, node->text, node->len, &out);
	node->len = out.len;
	node->text = buf_to_pool(&out, "a field with masked names", pool, err);
	return node->text != NULL ? OK : err->code;
}

/* A number in custom fields may be somebody's, too: 4520000512. */
static void scrub_int(const struct scrub *scrub, struct json *node)
{
	char digits[24];
	size_t skip;
	int len = snprintf(digits, sizeof digits, "%lld", (long long)node->integer);
	const char *instead = term_at(scrub, digits, (size_t)len, 0, &skip);

	if (instead == NULL || skip != (size_t)len)
		return;
	node->type = JSON_STRING;
	node->text = instead;
	node->len = strlen(instead);
}

static enum result scrub_node(struct scrub *scrub, struct json *node, bool whole, struct pool *pool, struct err *err)
{
	const struct json *child = node->first, **link = &node->first;
	enum result r = OK;

	if (node->type == JSON_STRING)
		return scrub_text(scrub, node, whole, pool, err);
	if (node->type == JSON_INT)
		scrub_int(scrub, node);
	for (; r == OK && child != NULL; child = child->next) {
		struct json *copy = pool_alloc(pool, sizeof *copy);

		if (copy == NULL)
			return err_no_memory(err);
		*copy = *child;
		*link = copy;
		link = &copy->next;
		r = scrub_node(scrub, copy, whole, pool, err);
	}
	return r;
}

enum result scrub_tree(struct scrub *scrub, const struct json *tree, bool whole, struct pool *pool,
		       const struct json **out, struct err *err)
{
	struct json *copy;

	*out = tree;
	if (scrub->mask->show || tree == NULL)
		return OK;
	copy = pool_alloc(pool, sizeof *copy);
	if (copy == NULL)
		return err_no_memory(err);
	*copy = *tree;
	*out = copy;
	return scrub_node(scrub, copy, whole, pool, err);
}
