/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/utf8.h>

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
static size_t make_harmless(char *text, size_t len, bool keep_lines)
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
	make_harmless(copy, strlen(copy), false);
	return copy;
}

void call_say(struct call *call, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	if (call->json)
		return;
	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return; /* no memory for a line: there is none for an error text either */
	fwrite(text, 1, make_harmless(text, (size_t)len, true), stdout);
	explicit_bzero(text, (size_t)len);
	free(text);
}

enum result call_flush(struct call *call, struct err *err)
{
	enum result r = buf_ok(&call->out, "the answer", err);

	if (r != OK)
		return r;
	if (call->json && call->out.len > 0) {
		INVARIANT(call->w.depth == 0);
		fwrite(call->out.data, 1, call->out.len, stdout);
		fputc('\n', stdout);
		buf_reset(&call->out);
	}
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, "cannot print the answer");
	return OK;
}

/* ---- numbers ---- */

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

/* ---- errors ---- */

enum exit_code exit_code_of(enum result result)
{
	switch (result) {
	case OK:
		return EXIT_OK;
	case ERR_INPUT:
		return EXIT_USAGE;
	case ERR_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case ERR_EXISTS:
	case ERR_DENIED:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		return EXIT_REFUSED;
	case ERR_BUSY:
		return EXIT_BUSY;
	case ERR_CORRUPT:
		return EXIT_CORRUPT;
	case ERR_IO:
	case ERR_FULL:
		return EXIT_IO;
	case ERR_GONE:
		return EXIT_GONE;
	case ERR_INTERRUPTED:
		return EXIT_INTERRUPTED;
	case ERR_NO_MEMORY:
	case ERR_INTERNAL:
		break;
	}
	return EXIT_FAILED;
}

static void print_part(const char *label, const char *text)
{
	char copy[sizeof((struct err *)0)->what];

	if (text[0] == '\0')
		return;
	snprintf(copy, sizeof copy, "%s", text);
	make_harmless(copy, strlen(copy), false);
	fprintf(stderr, "%s%s\n", label, copy);
}

static void print_problem(const struct err *err)
{
	struct json_writer w;
	struct buf text;

	buf_init(&text, 16384);
	json_writer_init(&w, &text, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "error", result_name(err->code));
	json_int(&w, "exit", exit_code_of(err->code));
	json_string(&w, "what", err->what);
	if (err->where[0] != '\0')
		json_string(&w, "where", err->where);
	if (err->mend[0] != '\0')
		json_string(&w, "mend", err->mend);
	json_end_object(&w);
	fprintf(stderr, "%s\n", text.data != NULL ? text.data : "{\"error\":\"no_memory\"}");
	buf_free(&text);
}

void call_print_error(const struct call *call, const struct err *err)
{
	fflush(stdout);
	if (call->json) {
		print_problem(err);
		return;
	}
	print_part("lethe: ", err->what);
	print_part("  at: ", err->where);
	print_part("  mend: ", err->mend);
}
