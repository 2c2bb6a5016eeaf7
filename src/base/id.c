/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/id.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/quote.h"

#define SUFFIX_LEN 26
#define TIME_MAX ((INT64_C(1) << 48) - 1)

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

struct id id_floor(struct instant at)
{
	int64_t ms = at.ms < 0 ? 0 : at.ms > TIME_MAX ? TIME_MAX : at.ms;
	struct id id = {{0}};

	for (int i = 0; i < 6; i++)
		id.bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
	return id;
}

static uint64_t read_be64(const unsigned char *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* RFC 9562 section 5.7: 48 bits of time, version 7, 12 bits, variant 10, 62 bits. */
struct id id_derived(struct instant at, const unsigned char entropy[16])
{
	uint64_t high = read_be64(entropy), low = read_be64(entropy + 8);
	uint64_t last = (high << 12 | low >> 52) >> 2;
	struct id id = id_floor(at);

	id.bytes[6] = (unsigned char)(0x70 | high >> 60);
	id.bytes[7] = (unsigned char)(high >> 52);
	for (int i = 0; i < 8; i++)
		id.bytes[8 + i] = (unsigned char)(last >> (56 - 8 * i));
	id.bytes[8] |= 0x80;
	return id;
}

struct id id_new(struct instant at)
{
	unsigned char entropy[16];
	ssize_t got;

	do {
		got = getrandom(entropy, sizeof entropy, 0);
	} while (got < 0 && errno == EINTR);
	INVARIANT(got == (ssize_t)sizeof entropy);
	return id_derived(at, entropy);
}

struct instant id_time(struct id id)
{
	return (struct instant){(int64_t)(read_be64(id.bytes) >> 16)};
}

int id_compare(struct id a, struct id b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

/* 26 characters hold 130 bits: the first two are zero, so the first character is at most '7'. */
char *id_format(const char *prefix, struct id id, char out[ID_TEXT_MAX])
{
	uint64_t high = read_be64(id.bytes), low = read_be64(id.bytes + 8);
	size_t len = strlen(prefix);
	char *at = out;

	INVARIANT(len <= ID_PREFIX_MAX);
	memcpy(at, prefix, len);
	at += len;
	if (len > 0)
		*at++ = '_';
	for (int i = SUFFIX_LEN - 1; i >= 0; i--) {
		at[i] = alphabet[low & 31];
		low = low >> 5 | high << 59;
		high >>= 5;
	}
	at[SUFFIX_LEN] = '\0';
	return out;
}

static enum result bad_id(struct err *err, const char *prefix, const char *text, const char *why)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_INPUT, "%s is not an id: %s", quote(text, strlen(text), shown), why);
	return err_mend(err, "an id here is written %s%s01h455vb4pex5vsknk084sn02q", prefix, *prefix ? "_" : "");
}

/* The suffix must be all there; what is wrong with it, or NULL. */
static const char *read_suffix(const char *text, struct id *out)
{
	uint64_t high = 0, low = 0;

	for (int i = 0; i < SUFFIX_LEN; i++) {
		const char *digit = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);

		if (digit == NULL)
			return "only digits and lower-case letters other than i, l, o and u may follow the prefix";
		if (i == 0 && text[0] > '7')
			return "it is larger than 128 bits";
		high = high << 5 | low >> 59;
		low = low << 5 | (uint64_t)(digit - alphabet);
	}
	for (int i = 0; i < 8; i++) {
		out->bytes[i] = (unsigned char)(high >> (56 - 8 * i));
		out->bytes[8 + i] = (unsigned char)(low >> (56 - 8 * i));
	}
	return NULL;
}

enum result id_parse(const char *prefix, const char *text, struct id *out, struct err *err)
{
	size_t len = strlen(prefix);
	const char *suffix = text + len + (len > 0);
	const char *fault;
	struct id id;

	if (strncmp(text, prefix, len) != 0 || (len > 0 && text[len] != '_'))
		return bad_id(err, prefix, text, "its prefix is another");
	if (strlen(suffix) != SUFFIX_LEN)
		return bad_id(err, prefix, text, "its prefix is not followed by 26 characters");
	fault = read_suffix(suffix, &id);
	if (fault != NULL)
		return bad_id(err, prefix, text, fault);
	*out = id;
	return OK;
}
