/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/message.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "audit/base64.h"

#define LINE_MAX_QP 76
#define LINE_MAX_HEADER 76 /* of one with an encoded word: RFC 2047 */
#define ENCODED_EXTRA 12   /* "=?UTF-8?B?" and "?=" */

bool message_address_ok(const char *address)
{
	static const char atoms[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-.";
	size_t len = strlen(address), local = strspn(address, atoms);
	const char *domain = address + local + 1;

	if (len > MESSAGE_ADDRESS_MAX || local == 0 || local > 64 || address[local] != '@' || *domain == '\0')
		return false;
	if (address[0] == '.' || address[local - 1] == '.' || strstr(address, "..") != NULL)
		return false;
	if (domain[0] == '.' || domain[0] == '-' || address[len - 1] == '.')
		return false;
	for (; *domain != '\0'; domain++) {
		if (!isascii((unsigned char)*domain) || (!isalnum((unsigned char)*domain) && *domain != '.' && *domain != '-'))
			return false;
	}
	return true;
}

/* ---- headers ---- */

/* "=?" may begin what a reader would decode. */
static bool is_plain(const char *text)
{
	if (strstr(text, "=?") != NULL)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* So many bytes of it are whole characters, and fit on a line from this column on. */
static size_t word_len(const char *text, size_t len, size_t column)
{
	size_t cut = (LINE_MAX_HEADER - ENCODED_EXTRA - column) / 4 * 3;

	if (len <= cut)
		return len;
	while (cut > 1 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

/* RFC 2047, folded: white space between two encoded words is not shown. */
static void add_encoded(struct buf *out, size_t column, const char *text, size_t len)
{
	for (size_t done = 0; done < len;) {
		size_t n = word_len(text + done, len - done, done > 0 ? 1 : column);

		buf_add_str(out, done > 0 ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
		base64_add(out, text + done, n);
		buf_add_str(out, "?=");
		done += n;
	}
}

/* A line end in it would begin a header of its own. */
static void add_header(struct buf *out, const char *name, const char *value)
{
	char clean[1000];
	size_t len = 0, column = strlen(name) + 2;

	for (; *value != '\0' && len + 1 < sizeof clean; value++)
		clean[len++] = (unsigned char)*value < 0x20 || *value == 0x7f ? ' ' : *value;
	while (*value != '\0' && len > 0 && ((unsigned char)clean[len - 1] & 0x80) != 0)
		len--; /* it is cut: not in the middle of a character */
	clean[len] = '\0';
	buf_printf(out, "%s: ", name);
	if (column + len <= LINE_MAX_HEADER && is_plain(clean))
		buf_add_str(out, clean);
	else
		add_encoded(out, column, clean, len);
	buf_add_str(out, "\r\n");
}

static void add_date(struct buf *out, struct instant at)
{
	static const char *const days[] = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil civil = instant_civil(at);

	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[date_weekday(instant_date(at))], civil.day,
		   months[civil.month], civil.year, civil.hour, civil.minute, civil.second);
}

static void add_headers(struct buf *out, const struct message_out *m)
{
	const char *domain = strchr(m->from, '@') + 1;

	add_date(out, m->date);
	buf_printf(out, "From: Lethe <%s>\r\nTo: <%s>\r\n", m->from, m->to);
	buf_printf(out, "Message-ID: <%s@%s>\r\n", m->id, domain);
	add_header(out, "Subject", m->subject);
	if (m->list != NULL)
		buf_printf(out, "List-Id: <%s.%s>\r\n", m->list, domain);
	/* Nobody's absence note is wanted: RFC 3834. */
	buf_printf(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
			"Content-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n",
		   m->id);
}

/* ---- bodies ---- */

static bool must_quote(unsigned char c, char next)
{
	if (c == ' ' || c == '\t')
		return next == '\n' || next == '\0'; /* a server may drop what is at the end of a line */
	return c < 0x21 || c > 0x7e || c == '=';
}

static void add_quoted(struct buf *out, const char *text)
{
	size_t column = 0;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		size_t width = must_quote(c, text[1]) ? 3 : 1;

		if (c == '\n') {
			buf_add_str(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + width >= LINE_MAX_QP) {
			buf_add_str(out, "=\r\n");
			column = 0;
		}
		if (width == 3)
			buf_printf(out, "=%02X", c);
		else
			buf_add_char(out, (char)c);
		column += width;
	}
	buf_add_str(out, "\r\n");
}

/* No quoted text has "=_" in it, so none ends a part. */
static void add_part(struct buf *out, const char *id, const char *type, const char *text)
{
	buf_printf(out, "--=_%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", id,
		   type);
	add_quoted(out, text);
}

enum result message_write(const struct message_out *message, struct buf *out, struct err *err)
{
	if (!message_address_ok(message->from) || !message_address_ok(message->to))
		return err_set(err, ERR_INPUT, "a mail has an address that is none");
	add_headers(out, message);
	add_part(out, message->id, "text/plain", message->text);
	add_part(out, message->id, "text/html", message->html);
	buf_printf(out, "--=_%s--\r\n", message->id);
	return buf_ok(out, "a mail", err);
}
