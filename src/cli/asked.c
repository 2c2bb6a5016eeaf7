/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/asked.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/direct.h"
#include "api/work.h"

/* ---- which request ---- */

struct asked_option *asked_option(struct asked *asked, const char *name)
{
	for (size_t i = 0; i < asked->option_count; i++) {
		if (strcmp(asked->options[i].name, name) == 0)
			return &asked->options[i];
	}
	return NULL;
}

void asked_option_name(const char *word, char out[ASKED_NAME_MAX])
{
	snprintf(out, ASKED_NAME_MAX, "%s", word);
	for (char *at = out; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at;
}

static void add_option(struct asked *asked, const char *word, bool flag)
{
	char name[ASKED_NAME_MAX];

	asked_option_name(word, name);
	if (asked_option(asked, name) != NULL)
		return;
	INVARIANT(asked->option_count < ASKED_OPTIONS_MAX);
	memcpy(asked->options[asked->option_count].name, name, sizeof name);
	asked->options[asked->option_count++].flag = flag;
}

static bool is_of(const struct resource *resource, const struct operation *command)
{
	return strcmp(resource->operation, command->name) == 0 && direct_find(resource) == NULL && !work_is_slow(resource);
}

static bool is_fixed_option(const struct resource *resource)
{
	return resource->fixed != NULL && strncmp(resource->fixed, "--", 2) == 0;
}

bool asked_begin(struct asked *asked)
{
	bool any = false;

	for (size_t i = 0; i < resource_count; i++) {
		const struct resource *resource = &resources[i];

		if (!is_of(resource, asked->command))
			continue;
		any = true;
		if (is_fixed_option(resource))
			add_option(asked, resource->fixed + 2, true);
		for (size_t k = 0; k < resource->word_count; k++) {
			if (resource->words[k].operand == 0 && resource->words[k].type != WORD_SECRET)
				add_option(asked, resource->words[k].name, resource->words[k].type == WORD_FLAG);
		}
	}
	return any;
}

/* An option that the command has here, and no resource: files, above all. */
static enum result check_known(struct asked *asked, struct err *err)
{
	for (int i = 0; i < asked->argc && strcmp(asked->argv[i], "--") != 0; i++) {
		char name[ASKED_NAME_MAX];
		const char *word = asked->argv[i];

		if (strncmp(word, "--", 2) != 0)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
		if (asked_option(asked, name + 2) != NULL || call_is_global(name + 2) ||
		    (strstr(asked->command->usage, name) == NULL && strstr(asked->command->help, name) == NULL))
			continue;
		err_set(err, ERR_UNSUPPORTED, "a daemon is not asked for %s", name);
		return err_mend(err, "leave it out: what is answered is printed; or run it at the machine, without --server or LETHE_SERVER");
	}
	return OK;
}

/* Which folder, which clock: the daemon's own. */
enum result asked_check_globals(const struct asked *asked, struct err *err)
{
	static const char *const names[] = {"data", "region", "secret-file", "now"};

	for (size_t i = 0; i < asked->call->given_count; i++) {
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			if (strcmp(asked->call->given[i].name, names[k]) != 0)
				continue;
			err_set(err, ERR_INPUT, "--%s is about this machine, and --server asks another", names[k]);
			return err_mend(err, "leave out one of them");
		}
	}
	return OK;
}

static int operands_of(const struct resource *resource)
{
	int count = resource->fixed != NULL && !is_fixed_option(resource);

	for (size_t i = 0; i < resource->word_count; i++)
		count += resource->words[i].operand > 0;
	return count;
}

/* How few and how many operands the command can have. */
static void operand_bounds(const struct operation *command, int *least, int *most)
{
	*least = 100;
	*most = 0;
	for (size_t i = 0; i < resource_count; i++) {
		int count = operands_of(&resources[i]);

		if (!is_of(&resources[i], command))
			continue;
		*least = count < *least ? count : *least;
		*most = count > *most ? count : *most;
	}
}

static enum result read_words(struct asked *asked, struct err *err)
{
	struct call_option options[ASKED_OPTIONS_MAX];
	int least, most;
	enum result r = check_known(asked, err);

	operand_bounds(asked->command, &least, &most);
	for (size_t i = 0; i < asked->option_count; i++) {
		struct asked_option *option = &asked->options[i];

		options[i] = (struct call_option){option->name, option->flag ? NULL : &option->value,
						  option->flag ? &option->given : NULL};
	}
	if (r == OK)
		r = call_parse(asked->call, options, asked->option_count, &asked->argc, asked->argv, least, most,
			       err);
	for (size_t i = 0; i < asked->option_count; i++) {
		asked->options[i].given = asked->options[i].given || asked->options[i].value != NULL;
	}
	return r == OK ? asked_check_globals(asked, err) : r;
}

static const struct word *word_of(const struct resource *resource, const char *option)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		char name[ASKED_NAME_MAX];

		asked_option_name(resource->words[i].name, name);
		if (resource->words[i].operand == 0 && strcmp(name, option) == 0)
			return &resource->words[i];
	}
	return NULL;
}

/* Each option that is given is the resource's, and it has all that it needs. */
static bool options_fit(struct asked *asked, const struct resource *resource)
{
	for (size_t i = 0; i < asked->option_count; i++) {
		const struct asked_option *option = &asked->options[i];
		const struct word *word = word_of(resource, option->name);
		bool fixed = is_fixed_option(resource) && strcmp(resource->fixed + 2, option->name) == 0;

		if (strcmp(option->name, "yes") == 0)
			continue;
		if (fixed != (option->given && word == NULL))
			return false;
		if (word != NULL && word->required && !option->given)
			return false;
	}
	return true;
}

static bool names_account(const struct resource *resource)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		if (strcmp(resource->words[i].name, "account") == 0)
			return true;
	}
	return false;
}

static bool needs_account(const struct resource *resource)
{
	return strstr(resource->path, "{account}") != NULL && !names_account(resource);
}

static bool fits(struct asked *asked, const struct resource *resource)
{
	bool word = resource->fixed != NULL && !is_fixed_option(resource);

	return operands_of(resource) == asked->argc && options_fit(asked, resource) &&
	       (!word || strcmp(asked->argv[0], resource->fixed) == 0);
}

static enum result no_resource(const struct asked *asked, bool account, struct err *err)
{
	if (account) {
		err_set(err, ERR_INPUT, "which account is meant is not said");
		return err_mend(err, "say which with --account or LETHE_ACCOUNT");
	}
	err_set(err, ERR_INPUT, "a daemon is not asked for this with these words");
	return err_mend(err, "usage: lethe %s%s%s", asked->command->name, asked->command->usage[0] != '\0' ? " " : "",
			asked->command->usage);
}

/* A word that the table fixes ("add") and an operand ("DE 2027") are both operands: the former wins. */
static enum result choose(struct asked *asked, struct err *err)
{
	bool account = false;

	for (size_t i = 0; i < resource_count; i++) {
		const struct resource *resource = &resources[i];
		bool word = resource->fixed != NULL && !is_fixed_option(resource);

		if (!is_of(resource, asked->command) || !fits(asked, resource))
			continue;
		if (needs_account(resource) && asked->call->account == NULL)
			account = true;
		else if (asked->resource == NULL || word)
			asked->resource = resource;
	}
	return asked->resource != NULL ? OK : no_resource(asked, account, err);
}

/* ---- the request ---- */

void asked_encode(struct buf *out, const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (isalnum((unsigned char)*at) || strchr("-._~", *at) != NULL)
			buf_add_char(out, *at);
		else
			buf_printf(out, "%%%02X", (unsigned char)*at);
	}
}

/* NULL: it is not given. */
static const char *value_of(struct asked *asked, const struct word *word)
{
	int shift = asked->resource->fixed != NULL && !is_fixed_option(asked->resource);
	const struct asked_option *option;
	char name[ASKED_NAME_MAX];

	if (word->operand > 0)
		return asked->argv[word->operand - 1 + shift];
	asked_option_name(word->name, name);
	option = asked_option(asked, name);
	if (option == NULL) /* a secret, which is no word of a command */
		return NULL;
	if (option->flag)
		return option->given ? "true" : NULL;
	return option->value;
}

static const char *path_value(struct asked *asked, const char *name, size_t len)
{
	for (size_t i = 0; i < asked->resource->word_count; i++) {
		const struct word *word = &asked->resource->words[i];

		if (strlen(word->name) == len && memcmp(word->name, name, len) == 0)
			return value_of(asked, word);
	}
	return asked->call->account;
}

void asked_target(struct asked *asked, struct buf *out)
{
	bool first = true;

	for (const char *at = asked->resource->path; *at != '\0'; at++) {
		if (*at != '{') {
			buf_add_char(out, *at);
			continue;
		}
		asked_encode(out, path_value(asked, at + 1, strcspn(at + 1, "}")));
		at = strchr(at, '}');
	}
	for (size_t i = 0; i < asked->resource->word_count; i++) {
		const struct word *word = &asked->resource->words[i];
		const char *value = word->place == IN_QUERY ? value_of(asked, word) : NULL;

		if (value == NULL)
			continue;
		buf_printf(out, "%c%s=", first ? '?' : '&', word->name);
		asked_encode(out, value);
		first = false;
	}
}

static void write_list(struct json_writer *w, const char *name, const char *text)
{
	json_begin_array(w, name);
	for (const char *at = text;; at++) {
		size_t len = strcspn(at, ",");

		json_string_n(w, NULL, at, len);
		at += len;
		if (*at == '\0')
			break;
	}
	json_end_array(w);
}

/* What is no number goes as it is, and is refused as that. */
static void write_value(struct json_writer *w, const struct word *word, const char *value)
{
	char *end;
	long long number = strtoll(value, &end, 10);

	if (word->type == WORD_LIST)
		write_list(w, word->name, value);
	else if (word->type == WORD_FLAG)
		json_bool(w, word->name, true);
	else if (word->type == WORD_INT && *value != '\0' && *end == '\0')
		json_int(w, word->name, number);
	else
		json_string(w, word->name, value);
}

bool asked_body(struct asked *asked, struct buf *out)
{
	struct json_writer w;
	bool any = false;

	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	for (size_t i = 0; i < asked->resource->word_count; i++) {
		const struct word *word = &asked->resource->words[i];
		const char *value = word->place == IN_BODY ? value_of(asked, word) : NULL;

		if (value != NULL)
			write_value(&w, word, value);
		any = any || value != NULL;
	}
	json_end_object(&w);
	return any;
}

/* ---- all of it ---- */

enum result asked_read(struct asked *asked, struct err *err)
{
	enum result r = read_words(asked, err);

	return r == OK ? choose(asked, err) : r;
}
