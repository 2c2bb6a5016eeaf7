/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/field.h"

#include <string.h>
#include <strings.h>

static bool is_tchar(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_space(const char *at)
{
	while (is_space(*at))
		at++;
	return at;
}

bool field_is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_tchar((unsigned char)text[i]))
			return false;
	return len > 0;
}

bool field_value_is_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\t' && (text[i] < 0x20 || text[i] > 0x7e))
			return false;
	return len == 0 || (!is_space(text[0]) && !is_space(text[len - 1]));
}

/* The end of the list member that begins at `at`: the comma or the end. Quoted strings are skipped whole. */
static const char *member_end(const char *at)
{
	bool quoted = false;

	for (; *at != '\0'; at++) {
		if (quoted && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (*at == ',' && !quoted)
			break;
	}
	return at;
}

/* Its length without white space at its end. */
static size_t trimmed(const char *from, const char *to)
{
	while (to > from && is_space(to[-1]))
		to--;
	return (size_t)(to - from);
}

bool field_has_token(const char *value, const char *token)
{
	size_t len = strlen(token);

	while (value && *value != '\0') {
		const char *from = skip_space(value), *end = member_end(from);

		if (trimmed(from, end) == len && strncasecmp(from, token, len) == 0)
			return true;
		value = *end == ',' ? end + 1 : end;
	}
	return false;
}

/* --- parameters: ";" name "=" (token or quoted string) -------------------- */

struct parameter {
	const char *name, *value; /* the value without its quotes; a quoted pair is left as it is */
	size_t name_len, value_len;
};

/* Reads one at *at, which is left after it. False at the end and where it is malformed; then *at is not at `end`. */
static bool next_parameter(const char **at, const char *end, struct parameter *out)
{
	const char *p = skip_space(*at);

	if (p >= end || *p != ';')
		return false;
	p = skip_space(p + 1);
	out->name = p;
	while (p < end && is_tchar((unsigned char)*p))
		p++;
	out->name_len = (size_t)(p - out->name);
	if (out->name_len == 0 || p >= end || *p != '=')
		return false;
	p++;
	if (p < end && *p == '"') {
		out->value = ++p;
		while (p < end && *p != '"')
			p += *p == '\\' && p + 1 < end ? 2 : 1;
		if (p >= end)
			return false;
		out->value_len = (size_t)(p - out->value);
		p++;
	} else {
		out->value = p;
		while (p < end && is_tchar((unsigned char)*p))
			p++;
		out->value_len = (size_t)(p - out->value);
		if (out->value_len == 0)
			return false;
	}
	*at = p;
	return true;
}

static bool parameter_is(const struct parameter *p, const char *name)
{
	return p->name_len == strlen(name) && strncasecmp(p->name, name, p->name_len) == 0;
}

/* The length of "type/subtype" at `from`; 0 when it is none. */
static size_t type_length(const char *from, const char *end)
{
	const char *at = from, *slash;

	while (at < end && is_tchar((unsigned char)*at))
		at++;
	if (at == from || at >= end || *at != '/')
		return 0;
	slash = at++;
	while (at < end && is_tchar((unsigned char)*at))
		at++;
	return at == slash + 1 ? 0 : (size_t)(at - from);
}

bool field_media_type(const char *value, char out[MEDIA_TYPE_MAX])
{
	struct parameter p;
	const char *end, *at;
	size_t len;

	if (!value)
		return false;
	end = value + trimmed(value, value + strlen(value));
	len = type_length(value, end);
	if (len == 0 || len >= MEDIA_TYPE_MAX)
		return false;
	at = value + len;
	while (next_parameter(&at, end, &p))
		if (parameter_is(&p, "charset") && !(p.value_len == 5 && strncasecmp(p.value, "utf-8", 5) == 0))
			return false;
	if (at != end)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + ('a' - 'A') : value[i]);
	out[len] = '\0';
	return true;
}

/* --- Accept ---------------------------------------------------------------- */

/* A weight of RFC 9110 section 12.4.2 in thousandths; -1 when it is none. */
static int parse_weight(const char *text, size_t len)
{
	int weight, scale = 100;

	if (len == 0 || len > 5 || (text[0] != '0' && text[0] != '1') || (len > 1 && text[1] != '.'))
		return -1;
	weight = (text[0] - '0') * 1000;
	for (size_t i = 2; i < len; i++, scale /= 10) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		weight += (text[i] - '0') * scale;
	}
	return weight > 1000 ? -1 : weight;
}

/* How exactly a media range of `len` bytes means `offer`: 3 type and subtype, 2 the type, 1 any, 0 not. */
static int specificity(const char *range, size_t len, const char *offer)
{
	size_t type = (size_t)(strchr(offer, '/') - offer) + 1;

	if (len == strlen(offer) && strncasecmp(range, offer, len) == 0)
		return 3;
	if (len == type + 1 && range[type] == '*' && strncasecmp(range, offer, type) == 0)
		return 2;
	return len == 3 && memcmp(range, "*/*", 3) == 0 ? 1 : 0;
}

/* The weight that one member gives to `offer`, when it is more specific than *best, which it then raises. False:
 * malformed. */
static bool weigh_member(const char *from, const char *end, const char *offer, int *best, int *weight)
{
	size_t len = type_length(from, end);
	const char *at = from + len;
	struct parameter p;
	int how, q = 1000;

	if (len == 0)
		return false;
	while (next_parameter(&at, end, &p))
		if (parameter_is(&p, "q"))
			q = parse_weight(p.value, p.value_len);
	if (at != end || q < 0)
		return false;
	how = specificity(from, len, offer);
	if (how > *best) {
		*best = how;
		*weight = q;
	}
	return true;
}

/* The weight of `offer` in thousandths, 0 not acceptable; -1 when the value is malformed. */
static int weigh(const char *value, const char *offer)
{
	int best = 0, weight = 0;

	while (*value != '\0') {
		const char *from = skip_space(value), *end = member_end(from);
		size_t len = trimmed(from, end);

		if (len > 0 && !weigh_member(from, from + len, offer, &best, &weight))
			return -1;
		value = *end == ',' ? end + 1 : end;
	}
	return weight;
}

int field_accept(const char *value, const char *const *offers, size_t count)
{
	int chosen = -1, most = 0;

	if (!value || *skip_space(value) == '\0')
		return 0;
	for (size_t i = 0; i < count; i++) {
		int weight = weigh(value, offers[i]);

		if (weight < 0)
			return 0;
		if (weight > most) {
			most = weight;
			chosen = (int)i;
		}
	}
	return chosen;
}

/* --- cookies ---------------------------------------------------------------- */

/* cookie-octet of RFC 6265 section 4.1.1. */
static bool is_cookie_octet(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool copy_cookie(const char *from, size_t len, char *out, size_t size)
{
	if (len >= 2 && from[0] == '"' && from[len - 1] == '"') {
		from++;
		len -= 2;
	}
	if (len >= size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_cookie_octet((unsigned char)from[i]))
			return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

bool field_cookie(const char *value, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);
	bool found = false;

	while (value && *value != '\0') {
		const char *from = skip_space(value), *end = strchrnul(from, ';');

		if (strncmp(from, name, len) == 0 && from[len] == '=') {
			from += len + 1;
			if (found || !copy_cookie(from, trimmed(from, end), out, size))
				return false;
			found = true;
		}
		value = *end == ';' ? end + 1 : end;
	}
	return found;
}

/* --- entity tags ------------------------------------------------------------- */

/* The length of the entity tag at `at` (RFC 9110 section 8.8.3); 0 when it is none. */
static size_t etag_length(const char *at)
{
	const char *p = at;

	if (p[0] == 'W' && p[1] == '/')
		p += 2;
	if (*p++ != '"')
		return 0;
	while (*p != '"') {
		if ((unsigned char)*p < 0x21 || *p == 0x7f)
			return 0;
		p++;
	}
	return (size_t)(p + 1 - at);
}

bool field_etag_valid(const char *etag)
{
	size_t len = etag_length(etag);

	return len > 0 && etag[len] == '\0';
}

static bool etag_same(const char *a, size_t len, const char *b, enum etag_comparison how)
{
	bool a_weak = a[0] == 'W', b_weak = b[0] == 'W';

	if (how == ETAG_STRONG && (a_weak || b_weak))
		return false;
	if (a_weak) {
		a += 2;
		len -= 2;
	}
	if (b_weak)
		b += 2;
	return strlen(b) == len && memcmp(a, b, len) == 0;
}

static enum result bad_etags(struct err *err)
{
	err_set(err, ERR_INPUT, "the list of entity tags is malformed");
	return err_mend(err, "write \"*\" or the ETag of an earlier answer, quotes included");
}

enum result field_etag_listed(const char *value, const char *etag, enum etag_comparison how, bool *listed,
			      struct err *err)
{
	const char *at = skip_space(value);
	size_t members = 0;

	*listed = false;
	if (*at == '*')
		*listed = etag != NULL;
	if (*at == '*')
		return *skip_space(at + 1) == '\0' ? OK : bad_etags(err);
	while (*at != '\0') {
		size_t len = etag_length(at);

		if (len == 0)
			return bad_etags(err);
		members++;
		if (etag && etag_same(at, len, etag, how))
			*listed = true;
		at = skip_space(at + len);
		if (*at == '\0')
			break;
		if (*at != ',')
			return bad_etags(err);
		at = skip_space(at + 1);
	}
	return members > 0 ? OK : bad_etags(err);
}

/* --- ranges ------------------------------------------------------------------ */

/* Digits at *at; false when there are none. What is larger than any file is cut: it is past the end all the same. */
static bool parse_offset(const char **at, uint64_t *out)
{
	const char *p = *at;

	*out = 0;
	while (*p >= '0' && *p <= '9') {
		if (*out > (UINT64_MAX - 9) / 10)
			*out = UINT64_MAX / 16;
		*out = *out * 10 + (uint64_t)(*p++ - '0');
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

/* "-500": the last 500 bytes. */
static enum range_outcome suffix_range(const char *at, uint64_t size, struct byte_range *out)
{
	uint64_t count;

	if (!parse_offset(&at, &count) || *skip_space(at) != '\0')
		return RANGE_NONE;
	if (count == 0 || size == 0)
		return RANGE_UNSATISFIABLE;
	*out = (struct byte_range){count >= size ? 0 : size - count, size - 1};
	return RANGE_ONE;
}

enum range_outcome field_range(const char *value, uint64_t size, struct byte_range *out)
{
	uint64_t first, last = UINT64_MAX;
	const char *at;

	if (!value || strncasecmp(value, "bytes=", 6) != 0)
		return RANGE_NONE;
	at = skip_space(value + 6);
	if (*at == '-')
		return suffix_range(at + 1, size, out);
	if (!parse_offset(&at, &first) || *at++ != '-')
		return RANGE_NONE;
	if (*skip_space(at) != '\0' && (!parse_offset(&at, &last) || *skip_space(at) != '\0' || last < first))
		return RANGE_NONE;
	if (first >= size)
		return RANGE_UNSATISFIABLE;
	*out = (struct byte_range){first, last >= size ? size - 1 : last};
	return RANGE_ONE;
}
