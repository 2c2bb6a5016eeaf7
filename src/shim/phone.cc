/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libphonenumber takes 10 to 30 us a number and digs a number out of nearly any
 * text.  The cache answers for the first; for the second, what is plainly a name
 * ("2000bobs") is refused before the library sees it.
 */
#include "shim/phone.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <strings.h>

extern "C" {
#include "base/quote.h"
}

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

constexpr size_t SPELLING_MAX = 96;  /* longer texts are not numbers */
constexpr size_t KEY_MAX = 44;       /* of the cache: country, '\0', spelling */
constexpr size_t WAYS = 4;           /* entries a spelling may be found in */
constexpr size_t DIGITS_MIN = 8, DIGITS_MAX = 15;

struct entry {
	uint32_t used; /* the cache's clock when it was last asked for; 0 is empty */
	unsigned char key_len;
	char key[KEY_MAX];
	char e164[PHONE_E164_MAX]; /* "" when the spelling is no number */
};

} // namespace

struct phone_cache {
	std::unique_ptr<entry[]> entries;
	size_t sets;
	uint32_t clock = 0;

	explicit phone_cache(size_t count) : entries(new entry[count * WAYS]()), sets(count)
	{
	}
	~phone_cache()
	{
		explicit_bzero(entries.get(), sets * WAYS * sizeof(entry));
	}
};

namespace
{

/* libphonenumber logs to standard output unless told otherwise, and quotes numbers there. */
class silent_logger : public i18n::phonenumbers::Logger
{
public:
	void WriteMessage(const std::string &) override
	{
	}
};

PhoneNumberUtil &library()
{
	static PhoneNumberUtil *const util = [] {
		PhoneNumberUtil *made = PhoneNumberUtil::GetInstance();

		made->SetLogger(new silent_logger()); /* owned by the library from here on */
		return made;
	}();

	return *util;
}

/* ---- the cache ---- */

uint64_t hash(std::string_view key)
{
	uint64_t h = 0xcbf29ce484222325;

	for (unsigned char c : key)
		h = (h ^ c) * 0x100000001b3;
	return h ^ h >> 32;
}

/* The entry that holds the key, or the one longest unused of those that may. */
entry &find(struct phone_cache &cache, std::string_view key, bool &found)
{
	entry *set = &cache.entries[hash(key) % cache.sets * WAYS];
	entry *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		found = set[i].used != 0 && std::string_view(set[i].key, set[i].key_len) == key;
		if (found)
			return set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	return *oldest;
}

/* When the clock comes round, a few entries seem old that are not; nothing else. */
void touch(struct phone_cache &cache, entry &at)
{
	if (++cache.clock == 0)
		cache.clock = 1;
	at.used = cache.clock;
}

void fill(struct phone_cache &cache, entry &at, std::string_view key, const char *e164)
{
	explicit_bzero(&at, sizeof at);
	memcpy(at.key, key.data(), key.size());
	at.key_len = static_cast<unsigned char>(key.size());
	snprintf(at.e164, sizeof at.e164, "%s", e164);
	touch(cache, at);
}

/* ---- spellings ---- */

bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_e164(std::string_view text)
{
	if (text.size() < DIGITS_MIN + 1 || text.size() > DIGITS_MAX + 1 || text[0] != '+' || text[1] == '0')
		return false;
	for (char c : text.substr(1))
		if (!is_digit(c))
			return false;
	return true;
}

bool starts_with_word(std::string_view text, const char *word)
{
	size_t len = strlen(word);

	return text.size() >= len && strncasecmp(text.data(), word, len) == 0;
}

/* "ext. 12", "x12", "extension 12": letters that belong to a number, which the library drops. */
bool is_extension(std::string_view text)
{
	size_t at = starts_with_word(text, "extension") ? 9 : starts_with_word(text, "ext") ? 3 :
		    starts_with_word(text, "x") ? 1 : 0;

	if (at == 0)
		return false;
	while (at < text.size() && (text[at] == '.' || text[at] == ':' || text[at] == '=' || text[at] == ' '))
		at++;
	if (at == text.size())
		return false;
	for (char c : text.substr(at))
		if (!is_digit(c))
			return false;
	return true;
}

/* Could it be a number at all?  Names, SIP addresses and words spelled on keys are none. */
bool is_spelling(std::string_view text)
{
	if (text.empty() || text.size() > SPELLING_MAX)
		return false;
	if (starts_with_word(text, "tel:"))
		text.remove_prefix(4);
	for (size_t i = 0; i < text.size(); i++) {
		if (text[i] == '\0' || text[i] == '@' || text[i] == '\n')
			return false;
		if (is_letter(text[i]))
			return i > 0 && is_extension(text.substr(i));
	}
	return true;
}

std::string_view trimmed(std::string_view text)
{
	while (!text.empty() && isspace(static_cast<unsigned char>(text.front())))
		text.remove_prefix(1);
	while (!text.empty() && isspace(static_cast<unsigned char>(text.back())))
		text.remove_suffix(1);
	return text;
}

/* Shorter than 8 digits an E.164 number exists in a few small places only; else it is an extension ("1000" in Germany). */
bool is_plausible(const PhoneNumber &number, const std::string &e164)
{
	if (library().IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE)
		return false;
	if (e164.size() > DIGITS_MAX + 1)
		return false;
	return e164.size() > DIGITS_MIN || library().IsValidNumber(number);
}

/* "" when it is no number. */
void normalise(std::string_view text, const std::string &country, char out[PHONE_E164_MAX])
{
	PhoneNumber number;
	std::string e164;

	out[0] = '\0';
	if (!is_spelling(text) ||
	    library().Parse(std::string(text), country, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return;
	library().Format(number, PhoneNumberUtil::E164, &e164);
	if (is_plausible(number, e164))
		snprintf(out, PHONE_E164_MAX, "%s", e164.c_str());
}

void look_up(struct phone_cache *cache, std::string_view text, const std::string &country, char out[PHONE_E164_MAX])
{
	std::string key = country + '\0' + std::string(text);
	bool found = false;

	if (cache == nullptr || key.size() > KEY_MAX) {
		normalise(text, country, out);
		return;
	}
	entry &at = find(*cache, key, found);
	if (found) {
		touch(*cache, at);
	} else {
		normalise(text, country, out);
		fill(*cache, at, key, out);
	}
	memcpy(out, at.e164, PHONE_E164_MAX);
}

enum result not_a_number(std::string_view text, const char *country, struct err *err)
{
	char shown[QUOTE_MAX];

	quote(text.data(), text.size(), shown);
	if (country == nullptr || country[0] == '\0') {
		err_set(err, ERR_INPUT, "%s is not a telephone number that can be read without a country", shown);
		return err_mend(err, "write it with + and the country code, or name the country it was dialled in");
	}
	err_set(err, ERR_INPUT, "%s is not a telephone number in %.8s", shown, country);
	return err_mend(err, "write it with + and the country code, as +4520123456");
}

/* Calls work(), which may throw, for C. */
template <typename work_fn> enum result guarded(struct err *err, work_fn work)
{
	try {
		return work();
	} catch (const std::bad_alloc &) {
		return err_no_memory(err);
	} catch (...) {
		return err_set(err, ERR_INTERNAL, "the telephone number library failed");
	}
}

} // namespace

extern "C" enum result phone_cache_new(size_t entries, struct phone_cache **out, struct err *err)
{
	*out = nullptr;
	return guarded(err, [&] {
		*out = new phone_cache((entries + WAYS - 1) / WAYS + (entries == 0));
		return OK;
	});
}

extern "C" void phone_cache_free(struct phone_cache *cache)
{
	delete cache;
}

extern "C" enum result phone_to_e164(struct phone_cache *cache, const char *text, size_t len, const char *country,
				     char out[PHONE_E164_MAX], struct err *err)
{
	std::string_view spelling = trimmed(std::string_view(text, len));

	out[0] = '\0';
	if (is_e164(spelling)) {
		memcpy(out, spelling.data(), spelling.size());
		out[spelling.size()] = '\0';
		return OK;
	}
	return guarded(err, [&] {
		look_up(cache, spelling, country != nullptr && country[0] != '\0' ? country : "ZZ", out);
		return out[0] != '\0' ? OK : not_a_number(spelling, country, err);
	});
}

extern "C" void phone_pretty(const char *e164, char out[40])
{
	struct err err;

	snprintf(out, 40, "%s", e164);
	if (!is_e164(e164))
		return;
	(void)guarded(&err, [&] {
		PhoneNumber number;
		std::string pretty;

		if (library().Parse(e164, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
			return OK;
		library().Format(number, PhoneNumberUtil::INTERNATIONAL, &pretty);
		if (pretty.size() < 40)
			snprintf(out, 40, "%s", pretty.c_str());
		return OK;
	});
}

extern "C" bool phone_country_known(const char *country)
{
	struct err err;

	if (country == nullptr || strlen(country) != 2)
		return false;
	return guarded(&err, [&] {
		return library().GetCountryCodeForRegion(country) != 0 ? OK : ERR_NOT_FOUND;
	}) == OK;
}
