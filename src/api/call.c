/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/table.h"
#include "ingest/field.h"
#include "privacy/resume.h"
#include "vault/region.h"

#define REGIONS_MAX 64
#define OPTIONS_MAX 64
#define POOL_MAX ((size_t)512 * 1024 * 1024)
#define OUT_MAX ((size_t)512 * 1024 * 1024)

/* ---- options ---- */

struct reading {
	struct call *call;
	const struct call_option *options[OPTIONS_MAX]; /* the global ones and the command's own */
	size_t count;
	const char *now;
};

static const struct call_option *find_option(const struct reading *reading, const char *name, size_t len)
{
	for (size_t i = 0; i < reading->count; i++) {
		const char *known = reading->options[i]->name;

		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return reading->options[i];
	}
	return NULL;
}

static enum result unknown_option(const struct reading *reading, const char *name, size_t len, struct err *err)
{
	const char *names[OPTIONS_MAX], *nearest, *command = reading->call->command;
	char given[64];

	snprintf(given, sizeof given, "%.*s", (int)(len < 60 ? len : 60), name);
	for (size_t i = 0; i < reading->count; i++)
		names[i] = reading->options[i]->name;
	nearest = field_nearest(given, names, reading->count);
	err_set(err, ERR_INPUT, "there is no option --%s%s%s", given, command != NULL ? " for lethe " : "",
		command != NULL ? command : "");
	if (nearest != NULL)
		return err_mend(err, "did you mean --%s?", nearest);
	return err_mend(err, "`lethe help%s%s` lists those there are", command != NULL ? " " : "",
			command != NULL ? command : "");
}

/* Which of two values is meant is not for us to guess. */
static enum result note_value(struct call *call, const struct call_option *option, struct err *err)
{
	for (size_t i = 0; i < call->given_count; i++) {
		if (strcmp(call->given[i].name, option->name) != 0)
			continue;
		if (strcmp(call->given[i].value, *option->value) == 0)
			return OK;
		err_set(err, ERR_INPUT, "--%s is given twice, with different values", option->name);
		return err_mend(err, "give it once");
	}
	if (call->given_count == CALL_GIVEN_MAX)
		return err_set(err, ERR_INPUT, "too many options");
	call->given[call->given_count].name = option->name;
	call->given[call->given_count++].value = *option->value;
	return OK;
}

/* `text` stands behind the dashes of argv[*at]: NAME, or NAME=VALUE. */
static enum result take_option(struct reading *reading, const char *text, int argc, char **argv, int *at,
			       struct err *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text);
	const struct call_option *option = find_option(reading, text, len);

	if (option == NULL)
		return unknown_option(reading, text, len, err);
	if (option->flag != NULL && equals != NULL) {
		err_set(err, ERR_INPUT, "--%s takes no value", option->name);
		return err_mend(err, "write just --%s", option->name);
	}
	if (option->flag != NULL) {
		*option->flag = true;
		return OK;
	}
	if (equals == NULL && *at + 1 >= argc) {
		err_set(err, ERR_INPUT, "--%s needs a value", option->name);
		return err_mend(err, "write --%s VALUE", option->name);
	}
	*option->value = equals != NULL ? equals + 1 : argv[++*at];
	return note_value(reading->call, option, err);
}

static enum result read_now(struct call *call, const char *text, struct err *err)
{
	bool is_day = strlen(text) == 10;
	struct date date;
	enum result r = is_day ? date_parse(text, 10, &date, err) : instant_parse(text, strlen(text), &call->now, err);

	if (r == OK && is_day)
		call->now = date_start(date);
	if (r == OK)
		return OK;
	err_where(err, "--now");
	return err_mend(err, "write a day, as 2024-02-29, or a time with its offset, as 2024-02-29T12:00:00Z");
}

/* Sorts argv into options, which are taken, and operands, which move to the front. With `until_operand` the first
 * operand ends it and what follows stays as it is: `*used` words were taken. */
static enum result read_words(struct reading *reading, int *argc, char **argv, bool until_operand, int *used,
			      struct err *err)
{
	int operands = 0, at;
	bool ended = false;

	for (at = 0; at < *argc; at++) {
		char *word = argv[at];
		bool operand = ended || word[0] != '-' || word[1] == '\0';

		if (operand && until_operand)
			break;
		if (operand) {
			argv[operands++] = word;
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else if (word[1] != '-') {
			err_set(err, ERR_INPUT, "'%.20s' is no option", word);
			return err_mend(err,
					"options begin with two dashes; what is no option but begins with one goes "
					"behind --");
		} else {
			enum result r = take_option(reading, word + 2, *argc, argv, &at, err);

			if (r != OK)
				return r;
		}
	}
	*used = at;
	if (!until_operand)
		*argc = operands;
	return reading->now != NULL ? read_now(reading->call, reading->now, err) : OK;
}

struct globals { struct call_option list[6]; };

static struct globals globals_of(struct call *call, const char **now)
{
	return (struct globals){{
	    {"data", &call->data_dir, NULL},   {"region", &call->region, NULL},
	    {"account", &call->account, NULL}, {"secret-file", &call->secret_file, NULL},
	    {"now", now, NULL},                {"json", NULL, &call->json},
	}};
}

bool call_is_global(const char *option)
{
	struct call none;
	const char *now;
	const struct globals global = globals_of(&none, &now);

	for (size_t i = 0; i < sizeof global.list / sizeof global.list[0]; i++) {
		if (strcmp(option, global.list[i].name) == 0)
			return true;
	}
	return false;
}

static enum result read_options(struct call *call, const struct call_option *options, size_t count, int *argc,
				char **argv, bool until_operand, int *used, struct err *err)
{
	struct reading reading = {.call = call};
	const struct globals global = globals_of(call, &reading.now);

	for (size_t i = 0; i < count; i++)
		reading.options[reading.count++] = &options[i];
	for (size_t i = 0; i < sizeof global.list / sizeof global.list[0]; i++)
		reading.options[reading.count++] = &global.list[i];
	INVARIANT(reading.count <= OPTIONS_MAX);
	return read_words(&reading, argc, argv, until_operand, used, err);
}

enum result call_parse_first(struct call *call, int argc, char **argv, int *used, struct err *err)
{
	return read_options(call, NULL, 0, &argc, argv, true, used, err);
}

static enum result wrong_operands(const struct call *call, const char *what, const char *extra, struct err *err)
{
	const struct operation *command = call->command != NULL ? table_find(call->command) : NULL;

	err_set(err, ERR_INPUT, "%s%.60s", what, extra);
	if (command == NULL)
		return err_mend(err, "`lethe help` shows how it is called");
	return err_mend(err, "usage: lethe %s%s%s", command->name, command->usage[0] != '\0' ? " " : "",
			command->usage);
}

static const char *next_word(const char **at, size_t *len)
{
	const char *word = *at + strspn(*at, " ");

	*len = strcspn(word, " ");
	*at = word + *len;
	return *len > 0 ? word : NULL;
}

/* "WHO is missing", by the n-th operand of the usage; what stands in brackets can be left out, and options are none. */
static enum result missing_operand(const struct call *call, int n, struct err *err)
{
	const struct operation *command = call->command != NULL ? table_find(call->command) : NULL;
	const char *at = command != NULL ? command->usage : "", *word;
	char what[64] = "something is missing";
	bool optional = false;
	size_t len;

	while ((word = next_word(&at, &len)) != NULL) {
		bool option = strncmp(word, "--", 2) == 0;

		optional = optional || *word == '[';
		if (!optional && option)
			next_word(&at, &len); /* its value */
		else if (!optional && *word != '.' && n-- == 0)
			snprintf(what, sizeof what, "%.*s is missing", (int)(len < 40 ? len : 40), word);
		optional = optional && memchr(word, ']', len) == NULL;
	}
	return wrong_operands(call, what, "", err);
}

enum result call_parse(struct call *call, const struct call_option *options, size_t count, int *argc, char **argv,
		       int least, int most, struct err *err)
{
	int used;
	enum result r = read_options(call, options, count, argc, argv, false, &used, err);

	if (r != OK)
		return r;
	if (*argc < least)
		return missing_operand(call, *argc, err);
	if (most >= 0 && *argc > most)
		return wrong_operands(call, "there is a word too many: ", argv[most], err);
	return OK;
}

/* ---- opening ---- */

/* One of those that are open already. */
static enum result take_view(struct call *call, const char *region, struct err *err)
{
	for (size_t i = 0; i < call->view_count; i++) {
		call->vault = call->views[i];
		if (strcmp(call->vault->region, region) == 0)
			return OK;
	}
	return err_set(err, ERR_NOT_FOUND, "there is no region of that name");
}

static enum result open_region(struct call *call, const char *region, bool write, struct err *err)
{
	const struct vault_options options = {
	    .data_dir = call->data_dir,
	    .region = region,
	    .secret_file = call->secret_file,
	    .command = call->command,
	    .write = write,
	    .lock_wait_ms = CALL_LOCK_WAIT_MS,
	};
	enum result r;

	if (call->views != NULL)
		return take_view(call, region, err);
	vault_close(call->vault);
	call->vault = NULL;
	r = vault_open(&options, call->now, &call->vault, err);
	return r == OK && write ? resume_jobs(call->vault, call->now, err) : r;
}

typedef char region_name[VAULT_REGION_MAX + 1];

/* The regions a command may mean: that of --region, or all there are. */
static enum result list_regions(struct call *call, region_name *out, size_t *count, struct err *err)
{
	enum result r;

	if (call->region != NULL) {
		*count = 1;
		if (strlen(call->region) > VAULT_REGION_MAX)
			return err_set(err, ERR_INPUT, "'%.40s' is no name for a region", call->region);
		snprintf(out[0], sizeof out[0], "%s", call->region);
		return OK;
	}
	for (size_t i = 0; i < call->view_count && i < REGIONS_MAX; i++)
		memcpy(out[i], call->views[i]->region, sizeof out[i]);
	*count = call->view_count < REGIONS_MAX ? call->view_count : REGIONS_MAX;
	if (call->views != NULL)
		return OK;
	r = region_list(call->data_dir, out, REGIONS_MAX, count, err);
	if (r != OK || *count > 0)
		return r;
	err_set(err, ERR_NOT_FOUND, "there is no vault here");
	err_where(err, "%s", call->data_dir);
	return err_mend(err, "make one with `lethe init`, or name its folder with --data or LETHE_DATA");
}

enum result call_open(struct call *call, bool write, struct err *err)
{
	region_name regions[REGIONS_MAX];
	size_t count;
	enum result r = list_regions(call, regions, &count, err);

	if (r != OK)
		return r;
	if (count > 1) {
		err_set(err, ERR_INPUT, "there are %zu regions here", count);
		err_where(err, "%s", call->data_dir);
		return err_mend(err, "say which with --region, such as --region %s", regions[0]);
	}
	return open_region(call, regions[0], write, err);
}

/* The account of --account; without it the only one of this vault. */
static enum result find_account(struct call *call, struct account *out, struct err *err)
{
	uint32_t numbers[2];
	size_t count;
	enum result r;

	if (call->account != NULL)
		return accounts_find(&call->vault->read, call->account, &call->pool, out, err);
	r = account_list(call->vault->read.data, 0, numbers, 2, &count, err);
	if (r != OK)
		return r;
	if (count == 1)
		return accounts_get(&call->vault->read, numbers[0], &call->pool, out, err);
	if (count == 0) {
		err_set(err, ERR_NOT_FOUND, "there is no account yet");
		return err_mend(err, "make one with `lethe account create NAME --country CC`");
	}
	err_set(err, ERR_INPUT, "there are several accounts");
	return err_mend(err, "say which with --account or LETHE_ACCOUNT; `lethe account list` shows them");
}

static enum result which_account(struct err *err)
{
	err_set(err, ERR_INPUT, "there are several regions here");
	return err_mend(err, "say which account with --account or LETHE_ACCOUNT, or which region with --region");
}

enum result call_open_account(struct call *call, bool write, struct account *out, struct err *err)
{
	region_name regions[REGIONS_MAX];
	size_t count;
	enum result r;

	if (call->found != NULL && call->views != NULL) {
		*out = *call->found;
		return take_view(call, call->region, err);
	}
	r = list_regions(call, regions, &count, err);
	if (r != OK)
		return r;
	if (count > 1 && call->account == NULL)
		return which_account(err);
	for (size_t i = 0; i < count; i++) {
		/* With several regions the first look must not take locks of others. */
		r = open_region(call, regions[i], write && count == 1, err);
		if (r == OK)
			r = find_account(call, out, err);
		if (r == OK && write && count > 1)
			r = open_region(call, regions[i], true, err);
		if (r != ERR_NOT_FOUND)
			return r;
	}
	return r;
}

enum result call_open_owner(struct call *call, bool platform, bool write, uint32_t *account, struct err *err)
{
	struct account found = {.number = VAULT_ACCOUNT};
	enum result r = platform ? call_open(call, write, err) : call_open_account(call, write, &found, err);

	*account = found.number;
	return r;
}

enum result call_open_named(struct call *call, const char *name, bool write, struct account *out, struct err *err)
{
	call->account = name;
	call->found = NULL;
	return call_open_account(call, write, out, err);
}

/* ---- beginning and ending ---- */

void call_begin(struct call *call, const struct caller *caller, struct instant now)
{
	*call = (struct call){.data_dir = "./lethe-data", .caller = caller, .now = now};
	pool_init(&call->pool, POOL_MAX);
	buf_init(&call->out, OUT_MAX);
	json_writer_init(&call->w, &call->out, 2);
}

void call_end(struct call *call)
{
	if (call->views == NULL)
		vault_close(call->vault);
	buf_free(&call->out);
	pool_free(&call->pool);
}
