/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <string.h>

#include "shim/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The cache gives what the library gives, and a number's E.164 form is its own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const countries[] = {"DK", "US", "DE", "IN", "BR", "", "XX", "GB"};
	static struct phone_cache *cache;
	char plain[PHONE_E164_MAX], cached[PHONE_E164_MAX], again[PHONE_E164_MAX], shown[40];
	const char *country, *text = (const char *)data + 1;
	enum result result;
	struct err err;

	if (size == 0)
		return 0;
	if (cache == NULL)
		INVARIANT(phone_cache_new(64, &cache, &err) == OK);
	country = countries[data[0] % 8];
	result = phone_to_e164(NULL, text, size - 1, country, plain, &err);
	for (int round = 0; round < 2; round++) {
		INVARIANT(phone_to_e164(cache, text, size - 1, country, cached, &err) == result);
		INVARIANT(strcmp(plain, cached) == 0);
	}
	if (result != OK)
		return 0;
	INVARIANT(phone_to_e164(NULL, plain, strlen(plain), "", again, &err) == OK);
	INVARIANT(strcmp(plain, again) == 0);
	phone_pretty(plain, shown);
	return 0;
}
