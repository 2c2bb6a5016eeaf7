/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/utf8.h>

#include "base/quote.h"
#include "api/call.h"

/* ---- what a terminal must not be told ---- */

/* C0, DEL and C1 steer terminals; the others turn the direction of writing, so that text reads as what it is not. */
static bool steers(UChar32 c, bool keep_lines)
{
	if (c == '\n' || c == '\t')
		return !keep_lines;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029;
}

/* In place: what replaces is never longer. Broken UTF-8 comes out as '?' too. Returns the new length. */
size_t call_harmless(char *text, size_t len, bool keep_lines)
{
	size_t at = 0, used = 0;

	while (at < len) {
		size_t start = at;
		UChar32 c;

		U8_NEXT((const uint8_t *)text, at, len, c);
		if (steers(c, keep_lines)) {
			text[used++] = '?';
			continue;
		}
		memmove(text + used, text + start, at - start);
		used += at - start;
	}
	text[used] = '\0';
	return used;
}

const char *call_clean(struct call *call, const char *text)
{
	char *copy = text != NULL ? pool_strdup(&call->pool, text) : NULL;

	if (copy == NULL)
		return "";
	call_harmless(copy, strlen(copy), false);
	return copy;
}

/* No memory for a line: there is none for an error text either. */
static void speak(const struct call *call, void (*to)(void *arg, const char *text, size_t len), const char *fmt,
		  va_list ap)
{
	char *text = NULL;
	int len = vasprintf(&text, fmt, ap);

	if (len < 0)
		return;
	to(call->caller->arg, text, call_harmless(text, (size_t)len, true));
	explicit_bzero(text, (size_t)len);
	free(text);
}

void call_say(struct call *call, const char *fmt, ...)
{
	va_list ap;

	if (call->json || call->caller->say == NULL)
		return;
	va_start(ap, fmt);
	speak(call, call->caller->say, fmt, ap);
	va_end(ap);
}

void call_remark(struct call *call, const char *fmt, ...)
{
	va_list ap;

	if (call->caller->remark == NULL)
		return;
	va_start(ap, fmt);
	speak(call, call->caller->remark, fmt, ap);
	va_end(ap);
}

void call_write(struct call *call, const char *text)
{
	if (call->json)
		buf_add_str(&call->out, text);
	else if (call->caller->say != NULL)
		call->caller->say(call->caller->arg, text, strlen(text));
}

enum result call_flush(struct call *call, struct err *err)
{
	enum result r = buf_ok(&call->out, "the answer", err);

	if (r != OK || call->caller->flush == NULL)
		return r;
	INVARIANT(call->w.depth == 0);
	r = call->caller->flush(call->caller->arg, call->out.data, call->json ? call->out.len : 0, err);
	buf_reset(&call->out);
	return r;
}

/* ---- questions and long work ---- */

bool call_can_ask(const struct call *call)
{
	return !call->json && call->caller->can_ask != NULL && call->caller->can_ask(call->caller->arg);
}

bool call_ask(struct call *call, const char *fmt, ...)
{
	char *question = NULL;
	bool yes = false;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&question, fmt, ap);
	va_end(ap);
	if (len < 0)
		return false;
	call_harmless(question, (size_t)len, true);
	if (call->caller->ask != NULL)
		yes = call->caller->ask(call->caller->arg, question);
	free(question);
	return yes;
}

enum result call_secret(struct call *call, const char *file, const char *prompt, bool confirm, struct secret *out,
			struct err *err)
{
	if (call->caller->secret != NULL)
		return call->caller->secret(call->caller->arg, file, prompt, confirm, out, err);
	return err_set(err, ERR_UNSUPPORTED, "there is nobody to ask for a secret");
}

struct actor call_actor(const struct call *call)
{
	struct actor actor = actor_local(0);

	if (call->actor != NULL)
		return *call->actor;
	snprintf(actor.who, sizeof actor.who, "%s", call->who);
	return actor;
}

enum result call_may_give(struct call *call, uint32_t account, enum access_role role, struct err *err)
{
	struct actor actor = call_actor(call);

	return giving_watched(call->vault, &actor, account, role, &call->giving, err);
}

enum result call_not_oneself(const struct call *call, const struct user_row *user, struct err *err)
{
	struct actor actor = call_actor(call);

	if (actor.type != ACTOR_USER || actor.account != user->account || actor.user != user->user)
		return OK;
	err_set(err, ERR_DENIED, "how you are let in yourself is not changed here");
	return err_mend(err, "use /v1/session/password and /v1/session/totp, which ask for your present password; or ask another admin");
}

bool call_interrupted(const struct call *call)
{
	return call->caller->interrupted != NULL && call->caller->interrupted(call->caller->arg);
}

void call_progress_begin(struct call *call, struct call_progress *progress, const char *what)
{
	*progress = (struct call_progress){call, what};
}

bool call_progress_show(const struct call_progress *progress, int64_t done, int64_t total)
{
	const struct caller *caller = progress->call->caller;

	if (caller->progress != NULL)
		caller->progress(caller->arg, progress->what, done, total);
	return call_interrupted(progress->call);
}

void call_progress_end(const struct call_progress *progress)
{
	const struct caller *caller = progress->call->caller;

	if (caller->progress != NULL)
		caller->progress(caller->arg, progress->what, -1, 0);
}

/* ---- numbers ---- */

enum result call_number(const char *text, const char *of, const char *mend, int64_t *out, struct err *err)
{
	char shown[QUOTE_MAX];
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0)
		return OK;
	err_set(err, ERR_INPUT, "%s is no number of %s", quote(text, strlen(text), shown), of);
	return err_mend(err, "%s", mend);
}

char *call_count(int64_t n, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n < 0 ? -(uint64_t)n : (uint64_t)n);
	char *at = out;

	if (n < 0)
		*at++ = '-';
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return out;
}

char *call_bytes(uint64_t n, char out[32])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)n;
	size_t unit = 0;

	if (n < 1000) {
		snprintf(out, 32, n == 1 ? "1 byte" : "%" PRIu64 " bytes", n);
		return out;
	}
	while (value >= 999.95 && unit + 1 < sizeof units / sizeof units[0]) {
		value /= 1000;
		unit++;
	}
	snprintf(out, 32, "%.1f %s", value, units[unit]);
	return out;
}

const char *call_kind(enum record_kind kind, int64_t n)
{
	if (n != 1)
		return kind_plural(kind);
	return kind == KIND_CAMPAIGN_RESULT ? "campaign result" : kind_name(kind);
}
