/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/field.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "base/text.h"

#define NEAREST_WORD_MAX 32 /* longer words are nobody's misspelling */
#define LOCAL_TIME_LEN 19   /* YYYY-MM-DD HH:MM:SS */

/* One letter of a shape: '0' is any digit, '_' the 'T' or space between date and time, all else itself. */
static bool fits(char c, char shape)
{
	if (shape == '0')
		return isdigit((unsigned char)c);
	if (shape == '_')
		return c == 'T' || c == 't' || c == ' ';
	return c == shape;
}

static bool has_shape(const char *text, const char *shape)
{
	for (; *shape; text++, shape++) {
		if (!fits(*text, *shape))
			return false;
	}
	return true;
}

/* A date and time of day with nothing but perhaps a fraction behind. */
static bool is_local_time(const char *text, size_t len)
{
	if (len < LOCAL_TIME_LEN || !has_shape(text, "0000-00-00_00:00:00"))
		return false;
	if (len == LOCAL_TIME_LEN)
		return true;
	if (text[LOCAL_TIME_LEN] != '.' || len == LOCAL_TIME_LEN + 1)
		return false;
	for (size_t i = LOCAL_TIME_LEN + 1; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

static int digits(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* Milliseconds of ".123456", cut; `len` counts the digits there are. */
static int fraction_ms(const char *text, size_t len)
{
	int ms = 0;

	for (size_t i = 0; i < 3; i++)
		ms = ms * 10 + (i < len ? text[i] - '0' : 0);
	return ms;
}

static enum result local_time(const struct intake_context *context, const char *text, size_t len, struct intake *out,
			      struct err *err)
{
	struct civil civil = {
	    .year = digits(text, 4), .month = digits(text + 5, 2), .day = digits(text + 8, 2),
	    .hour = digits(text + 11, 2), .minute = digits(text + 14, 2), .second = digits(text + 17, 2),
	    .ms = len > LOCAL_TIME_LEN ? fraction_ms(text + LOCAL_TIME_LEN + 1, len - LOCAL_TIME_LEN - 1) : 0,
	};
	char shown[QUOTE_MAX];

	if (!context->zone) {
		err_set(err, ERR_INPUT, "the time %s has no offset from UTC", quote(text, len, shown));
		return err_mend(err, "write it as 2024-05-17T14:03:00+02:00, or say its time zone: --tz Europe/Copenhagen");
	}
	if (!civil_valid(&civil)) {
		err_set(err, ERR_INPUT, "there is no such date or time of day as %s", quote(text, len, shown));
		return err_mend(err, "months go from 01 to 12, hours from 00 to 23, seconds from 00 to 59");
	}
	return zone_to_utc(context->zone, &civil, &out->at, &out->doubtful_time, err);
}

enum result field_time(const struct intake_context *context, const char *text, size_t len, struct intake *out,
		       struct err *err)
{
	char shown[QUOTE_MAX];
	enum result result;

	out->doubtful_time = false;
	if (is_local_time(text, len))
		result = local_time(context, text, len, out, err);
	else
		result = instant_parse(text, len, &out->at, err);
	if (result == OK && out->at.ms < 0) {
		err_set(err, ERR_INPUT, "the time %s is before 1970", quote(text, len, shown));
		return err_mend(err, "correct the date; a telephone system's record is not that old");
	}
	if (result == OK && context->latest.ms > 0 && out->at.ms > context->latest.ms) {
		err_set(err, ERR_INPUT, "the time %s is in the future: is --tz right?", quote(text, len, shown));
		return err_mend(err, "correct the time, or the clock that wrote it; its retention would count from there");
	}
	return result;
}

enum result field_seconds(double seconds, int64_t *out_ms, struct err *err)
{
	if (!isfinite(seconds) || seconds < 0) {
		err_set(err, ERR_INPUT, "%g seconds is no length of time", seconds);
		return err_mend(err, "give a number of seconds, 0 or more; leave the field out when it is not known");
	}
	if (seconds > FIELD_SECONDS_MAX) {
		err_set(err, ERR_INPUT, "%.15g seconds is more than a year", seconds);
		return err_mend(err, "lengths are in seconds; divide milliseconds by 1000");
	}
	*out_ms = llround(seconds * 1000);
	return OK;
}

enum result field_word(const char *text, size_t len, size_t max, struct err *err)
{
	bool blank = true;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f) {
			err_set(err, ERR_INPUT, "control character 0x%02x at byte %zu", c, i + 1);
			return err_mend(err, "remove it; only free text may hold line ends and tabs");
		}
		blank = blank && c == ' ';
	}
	if (blank) {
		err_set(err, ERR_INPUT, "it is empty");
		return err_mend(err, "give a value, or leave the field out");
	}
	if (len > max) {
		err_set(err, ERR_INPUT, "%zu bytes long; at most %zu are taken", len, max);
		return err_mend(err, "shorten it, or put it into 'custom' or 'text'");
	}
	return OK;
}

const char *field_digest(struct pool *pool, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	static const char prefix[] = "sha256:";
	struct hash hash = sha256(data, len);
	char *text = pool_alloc(pool, sizeof prefix + 2 * sizeof hash.bytes);

	if (!text)
		return NULL;
	memcpy(text, prefix, sizeof prefix - 1);
	for (size_t i = 0; i < sizeof hash.bytes; i++) {
		text[sizeof prefix - 1 + 2 * i] = hex[hash.bytes[i] >> 4];
		text[sizeof prefix + 2 * i] = hex[hash.bytes[i] & 15];
	}
	return text;
}

enum identity_kind field_party_kind(const char *text)
{
	if (strncasecmp(text, "sip:", 4) == 0 || strncasecmp(text, "sips:", 5) == 0)
		return IDENTITY_EXTERNAL;
	if (strchr(text, '@') && text_is_email(text, strlen(text)))
		return IDENTITY_EMAIL;
	return IDENTITY_PHONE;
}

const char *field_without_scheme(const char *text)
{
	while (strncasecmp(text, "tel:", 4) == 0) {
		text += 4;
		text += strspn(text, " ");
	}
	return text;
}

bool field_same_number(const char *a, const char *b)
{
	bool any = false;

	for (;;) {
		while (*a && !isalnum((unsigned char)*a))
			a++;
		while (*b && !isalnum((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return any;
		any = any || isdigit((unsigned char)*a);
		a++;
		b++;
	}
}

enum result field_add_party(struct intake *out, struct intake_party party, struct err *err)
{
	if (out->party_count == INTAKE_PARTIES_MAX) {
		err_set(err, ERR_INPUT, "more than %d people in one record", INTAKE_PARTIES_MAX);
		return err_mend(err, "split it into several records that name the same 'call'");
	}
	out->parties[out->party_count++] = party;
	return OK;
}

enum result field_add_label(struct intake *out, enum label_kind kind, const char *name, struct err *err)
{
	if (out->label_count == LABELS_MAX) {
		err_set(err, ERR_INPUT, "queue, campaign and tags are more than %d together", LABELS_MAX);
		return err_mend(err, "keep those that policies and holds may ask for, and put the rest into 'custom'");
	}
	out->labels[out->label_count++] = (struct intake_label){kind, name};
	return OK;
}

static bool is_own_number(const struct intake *in, const struct intake_party *party)
{
	return in->number && party->kind == IDENTITY_PHONE && field_same_number(party->text, in->number);
}

enum result field_check_parties(struct intake *out, struct err *err)
{
	size_t kept = 0, findable = 0;
	bool own = false;

	for (size_t i = 0; i < out->party_count; i++) {
		if (is_own_number(out, &out->parties[i])) {
			own = true;
			continue;
		}
		findable += out->parties[i].role != ROLE_MENTIONED;
		out->parties[kept++] = out->parties[i];
	}
	out->party_count = kept;
	if (findable)
		return OK;
	if (own)
		err_set(err, ERR_INPUT, "the only number in it is the account's own");
	else
		err_set(err, ERR_INPUT, "it names nobody: no 'from', 'to' or 'participants'");
	err_where(err, "field 'from'");
	return err_mend(err, "without a person it could never be found or erased; repeat the call's 'from' and 'to'");
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance in which two neighbouring letters changing places count once. Both words fit NEAREST_WORD_MAX. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t d[NEAREST_WORD_MAX + 1][NEAREST_WORD_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			d[i][j] = d[i - 1][j - 1] + (tolower((unsigned char)a[i - 1]) != b[j - 1]);
			d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

const char *field_nearest(const char *given, const char *const *words, size_t count)
{
	size_t len = strlen(given), best = len / 4 + 1;
	const char *nearest = NULL;

	if (len > NEAREST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t found = distance(given, len, words[i], strlen(words[i]));

		if (found <= best && found < len && (!nearest || found < best)) {
			best = found;
			nearest = words[i];
		}
	}
	return nearest;
}
