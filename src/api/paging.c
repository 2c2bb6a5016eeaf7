/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/paging.h"

#include <stdlib.h>
#include <string.h>

#include "access/coding.h"
#include "base/quote.h"

#define VERSION 1
#define POSITION_LEN (1 + 8 + 16)
#define CURSOR_BYTES (POSITION_LEN + BLIND_LEN)

_Static_assert(BASE64URL_LEN(CURSOR_BYTES) <= PAGING_CURSOR_LEN, "it fits");

/* ---- cursors ---- */

static void write_position(int64_t number, struct id id, unsigned char out[POSITION_LEN])
{
	out[0] = VERSION;
	for (int i = 0; i < 8; i++)
		out[1 + i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
	memcpy(out + 9, id.bytes, sizeof id.bytes);
}

static struct blind mark(const struct key *key, const char *mark_of, const unsigned char position[POSITION_LEN])
{
	const unsigned char tag = BLIND_CURSOR;
	const struct span_in parts[] = {{&tag, 1}, {position, POSITION_LEN}, {mark_of, strlen(mark_of)}};
	struct hash full = hmac_sha256(key, parts, 3);
	struct blind out;

	memcpy(out.bytes, full.bytes, sizeof out.bytes);
	return out;
}

void paging_write(const struct key *key, const char *mark_of, int64_t number, struct id id,
		  char out[PAGING_CURSOR_LEN + 1])
{
	unsigned char bytes[CURSOR_BYTES];
	struct blind made;

	write_position(number, id, bytes);
	made = mark(key, mark_of, bytes);
	memcpy(bytes + POSITION_LEN, made.bytes, BLIND_LEN);
	base64url_write(bytes, sizeof bytes, out);
}

bool paging_read(const struct key *key, const char *mark_of, const char *text, size_t len, int64_t *number,
		 struct id *id)
{
	unsigned char bytes[CURSOR_BYTES];
	struct blind made;
	uint64_t value = 0;
	size_t got;

	if (!base64url_read(text, len, bytes, sizeof bytes, &got) || got != sizeof bytes || bytes[0] != VERSION)
		return false;
	made = mark(key, mark_of, bytes);
	if (!secret_equal(made.bytes, bytes + POSITION_LEN, BLIND_LEN))
		return false;
	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[1 + i];
	*number = (int64_t)value;
	memcpy(id->bytes, bytes + 9, sizeof id->bytes);
	return true;
}

/* ---- what is asked ---- */

/* Where it is asked, and how much at once, is not what is asked. */
static bool is_of_the_question(const char *option)
{
	static const char *const others[] = {"limit", "cursor", "data", "region", "account", "secret-file", "now"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (strcmp(option, others[i]) == 0)
			return false;
	}
	return true;
}

struct given { const char *name, *value; };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct given *)a)->name, ((const struct given *)b)->name);
}

/* In any order, the same question. NULL: no memory. */
static const char *question(struct call *call, const char *also)
{
	struct given given[CALL_GIVEN_MAX];
	size_t count = 0;
	char *text = pool_printf(&call->pool, "%s\n%s\n", call->command, also);

	for (size_t i = 0; i < call->given_count; i++) {
		if (is_of_the_question(call->given[i].name))
			given[count++] = (struct given){call->given[i].name, call->given[i].value};
	}
	qsort(given, count, sizeof *given, by_name);
	for (size_t i = 0; i < count && text != NULL; i++)
		text = pool_printf(&call->pool, "%s%s=%zu:%s\n", text, given[i].name, strlen(given[i].value), given[i].value);
	return text;
}

static enum result read_limit(const char *text, int64_t *out, struct err *err)
{
	size_t len = strlen(text);
	char shown[QUOTE_MAX];

	*out = 0;
	for (size_t i = 0; i < len && i < 5; i++)
		*out = text[i] >= '0' && text[i] <= '9' ? *out * 10 + text[i] - '0' : PAGING_MAX + 1;
	if (len >= 1 && len < 5 && *out >= 1 && *out <= PAGING_MAX)
		return OK;
	err_set(err, ERR_INPUT, "%s is no number of rows from 1 to %d", quote(text, len, shown), PAGING_MAX);
	err_where(err, "--limit");
	return err_mend(err, "write just the number, such as 100");
}

static enum result read_cursor(struct call *call, struct paging *paging, uint32_t account, const char *also,
			       struct err *err)
{
	const char *asked = question(call, also), *text = paging->cursor_text;
	struct key key;
	enum result r = asked != NULL ? keyring_get(call->vault->read.ring, account, KEY_OWN, OWN_INDEX, &key, err)
				      : err_no_memory(err);

	if (r != OK)
		return r;
	paging->begun = paging_read(&key, asked, text, strlen(text), &paging->number, &paging->id);
	key_wipe(&key);
	if (paging->begun)
		return OK;
	err_set(err, ERR_INPUT, "this is no cursor of this list, as it is asked for");
	err_where(err, "--cursor");
	return err_mend(err, "use the one that the page before gave as next, with the same account and options, or begin without");
}

enum result paging_begin(struct call *call, struct paging *paging, uint32_t account, int64_t fallback, const char *also,
			 struct err *err)
{
	enum result r = OK;

	paging->left = call->actor != NULL && !call->whole && fallback > PAGING_HTTP ? PAGING_HTTP : fallback;
	if (paging->limit_text != NULL)
		r = read_limit(paging->limit_text, &paging->left, err);
	return r == OK && paging->cursor_text != NULL ? read_cursor(call, paging, account, also, err) : r;
}

enum result paging_parse(struct call *call, int argc, char **argv, int64_t fallback, struct paging *paging,
			 struct account *account, struct err *err)
{
	const struct call_option options[] = {PAGING_OPTIONS(*paging)};
	enum result r = call_parse(call, options, 2, &argc, argv, 0, 0, err);

	if (r == OK)
		r = call_open_account(call, false, account, err);
	return r == OK ? paging_begin(call, paging, account->number, fallback, "", err) : r;
}

enum result paging_refuse(const struct paging *paging, const char *what, struct err *err)
{
	if (paging->limit_text == NULL && paging->cursor_text == NULL)
		return OK;
	err_set(err, ERR_INPUT, "%s has no pages", what);
	err_where(err, paging->limit_text != NULL ? "--limit" : "--cursor");
	return err_mend(err, "leave it out");
}

size_t paging_ask(const struct paging *paging, size_t max)
{
	return paging->left < (int64_t)max ? (size_t)paging->left + 1 : max;
}

bool paging_take(struct paging *paging)
{
	paging->more = paging->left == 0;
	paging->left -= !paging->more && paging->left != PAGING_ALL;
	return !paging->more;
}

enum result paging_end(struct call *call, const struct paging *paging, uint32_t account, const char *also, struct err *err)
{
	const char *asked = question(call, also);
	struct key key;
	char *next = pool_alloc(&call->pool, PAGING_CURSOR_LEN + 1);
	enum result r;

	if (!paging->more) {
		json_null(&call->w, "next");
		return OK;
	}
	if (asked == NULL || next == NULL)
		return err_no_memory(err);
	r = keyring_get(call->vault->read.ring, account, KEY_OWN, OWN_INDEX, &key, err);
	if (r != OK)
		return r;
	paging_write(&key, asked, paging->number, paging->id, next);
	key_wipe(&key);
	json_string(&call->w, "next", next);
	call_say(call, "There are more: add --cursor %s\n", next);
	call->next = next;
	return OK;
}

void paging_open(struct call *call, const char *name)
{
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, name);
}

enum result paging_close(struct call *call, const struct paging *paging, uint32_t account, const char *also, enum result r,
			 struct err *err)
{
	json_end_array(&call->w);
	if (r == OK)
		r = paging_end(call, paging, account, also, err);
	json_end_object(&call->w);
	return r;
}
