/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values of header fields from any bytes without NUL: the first byte chooses which field.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "access/browser.h"
#include "net/address.h"
#include "net/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cookie(const char *text)
{
	char value[64];

	if (field_cookie(text, "session", value, sizeof value))
		INVARIANT(strlen(value) < sizeof value && !strpbrk(value, " \",;\\\r\n"));
}

static void media_type(const char *text)
{
	char type[MEDIA_TYPE_MAX];

	if (field_media_type(text, type)) {
		const char *slash = strchr(type, '/');

		INVARIANT(slash && field_is_token(type, (size_t)(slash - type)) &&
			  field_is_token(slash + 1, strlen(slash + 1)));
		INVARIANT(field_accept(type, (const char *const[]){type}, 1) == 0);
	}
}

static void accepted(const char *text)
{
	static const char *const offers[] = {"application/json", "text/plain", "text/event-stream"};
	int chosen = field_accept(text, offers, 3);

	INVARIANT(chosen >= -1 && chosen < 3);
}

static void etags(const char *text)
{
	bool strong, weak;
	struct err err;
	enum result r = field_etag_listed(text, "\"a\"", ETAG_STRONG, &strong, &err);

	INVARIANT(r == field_etag_listed(text, "\"a\"", ETAG_WEAK, &weak, &err));
	INVARIANT(r != OK || !strong || weak);
	if (field_etag_valid(text))
		INVARIANT(field_etag_listed(text, text, ETAG_WEAK, &weak, &err) == OK && weak);
}

static void range(const char *text)
{
	static const uint64_t sizes[] = {0, 1, 1000, UINT64_MAX};

	for (size_t i = 0; i < 4; i++) {
		struct byte_range r;

		if (field_range(text, sizes[i], &r) == RANGE_ONE)
			INVARIANT(r.first <= r.last && r.last < sizes[i]);
	}
}

static void address(const char *text)
{
	struct address_block block;
	struct address parsed, again;
	char written[ADDRESS_TEXT_MAX];
	struct err err;

	if (address_parse(text, &parsed, &err) == OK)
		INVARIANT(address_parse(address_format(&parsed, written), &again, &err) == OK &&
			  address_equal(&parsed, &again));
	if (address_block_parse(text, &block, &err) == OK) {
		INVARIANT(block.bits >= 0 && block.bits <= 128 && address_in(&block.address, &block));
		address_behind(&block.address, text, &block, 1);
	}
}

static void user_agent(const char *text)
{
	char words[BROWSER_TEXT_MAX];
	struct browser browser = browser_read(text), again = browser_of(browser_number(browser));

	INVARIANT(browser.program < BROWSER_PROGRAMS && browser.system < BROWSER_SYSTEMS);
	INVARIANT(again.program == browser.program && again.system == browser.system);
	browser_text(browser, words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *text) = {cookie, media_type, accepted, etags, range, address, user_agent};
	char *text;

	if (size == 0 || memchr(data, '\0', size))
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	parsers[data[0] % (sizeof parsers / sizeof *parsers)](text);
	field_has_token(text, "chunked");
	free(text);
	return 0;
}
