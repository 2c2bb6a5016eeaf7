/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/translate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/resource.h"

static bool is_option_char(char c)
{
	return islower((unsigned char)c) || c == '-';
}

/* "--min-duration" is min_duration. */
static const char *copy_option(const char *at, char *out, size_t *used, size_t size)
{
	for (at += 2; is_option_char(*at) && *used + 1 < size; at++)
		out[(*used)++] = *at == '-' ? '_' : *at;
	return at;
}

static bool has_option(const char *command, size_t len, const char *option)
{
	const char *at = memmem(command, len, option, strlen(option));

	return at != NULL && (at + strlen(option) == command + len || !is_option_char(at[strlen(option)]));
}

/* How well a resource of that operation fits the options that the command has: `lethe account set .. --dry-run`. */
static size_t count_options(const struct resource *resource, const char *command, size_t len)
{
	size_t count = resource->fixed != NULL && has_option(command, len, resource->fixed);
	char option[64];

	for (size_t i = 0; i < resource->word_count; i++) {
		snprintf(option, sizeof option, "--%s", resource->words[i].name);
		count += has_option(command, len, option);
	}
	return count;
}

static const struct resource *resource_of(const char *command, size_t len)
{
	const struct resource *best = NULL;
	size_t longest = 0, most = 0;

	for (size_t i = 0; i < resource_count; i++) {
		size_t name = strlen(resources[i].operation), count;

		if (name < longest || name > len || memcmp(command, resources[i].operation, name) != 0 ||
		    (name < len && command[name] != ' '))
			continue;
		count = count_options(&resources[i], command, len);
		if (name > longest || count > most) {
			best = &resources[i];
			longest = name;
			most = count;
		}
	}
	return best;
}

/* "`lethe hold list`" is `GET /v1/accounts/{account}/holds`. */
static const char *copy_command(const char *at, char *out, size_t *used, size_t size)
{
	const char *command = at + strlen("`lethe "), *end = strchr(command, '`');
	const struct resource *resource = end != NULL ? resource_of(command, (size_t)(end - command)) : NULL;
	int len;

	if (resource == NULL) {
		out[(*used)++] = *at;
		return at + 1;
	}
	len = snprintf(out + *used, size - *used, "`%s %s`", method_name(resource->method), resource->path);
	if (len > 0)
		*used = *used + (size_t)len < size ? *used + (size_t)len : size - 1;
	return end + 1;
}

static void translate(char *text, size_t size)
{
	char out[sizeof ((struct err *)0)->what];
	const char *at = text;
	size_t used = 0;

	INVARIANT(size <= sizeof out);
	while (*at != '\0' && used + 1 < size) {
		bool begins = at == text || at[-1] == ' ' || at[-1] == '(' || at[-1] == '`';

		if (begins && at[0] == '-' && at[1] == '-' && islower((unsigned char)at[2]))
			at = copy_option(at, out, &used, size);
		else if (strncmp(at, "`lethe ", strlen("`lethe ")) == 0)
			at = copy_command(at, out, &used, size);
		else
			out[used++] = *at++;
	}
	out[used] = '\0';
	memcpy(text, out, used + 1);
}

void translate_err(struct err *err)
{
	translate(err->what, sizeof err->what);
	translate(err->where, sizeof err->where);
	translate(err->mend, sizeof err->mend);
}
