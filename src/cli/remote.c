/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/remote.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/direct.h"
#include "api/resource.h"
#include "cli/ask.h"
#include "cli/interrupt.h"
#include "net/problem.h"
#include "shim/json_parse.h"

#define ANSWER_MAX ((size_t)512 * 1024 * 1024)
#define BODY_MAX ((size_t)8 * 1024 * 1024)
#define TARGET_MAX ((size_t)64 * 1024)
#define OPTIONS_MAX 40

/* ---- which daemon ---- */

static enum result take_value(const char *name, int argc, char **argv, int *at, const char **value, struct err *err)
{
	const char *equals = strchr(argv[*at], '=');

	if (equals == NULL && *at + 1 >= argc) {
		err_set(err, ERR_INPUT, "--%s needs a value", name);
		return err_mend(err, "write --%s VALUE", name);
	}
	*value = equals != NULL ? equals + 1 : argv[++*at];
	return OK;
}

static bool is_option(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, len) == 0 &&
	       (word[2 + len] == '\0' || word[2 + len] == '=');
}

enum result remote_options(int *argc, char **argv, struct remote *out, struct err *err)
{
	const struct { const char *name, *variable; const char **value; } options[] = {
	    {"server", "LETHE_SERVER", &out->server},
	    {"token-file", "LETHE_TOKEN_FILE", &out->token_file},
	    {"ca", "LETHE_CA", &out->ca_file},
	};
	bool ended = false, given = false;
	int kept = 0;

	for (size_t i = 0; i < 3; i++) {
		*options[i].value = getenv(options[i].variable);
		if (*options[i].value != NULL && **options[i].value == '\0')
			*options[i].value = NULL;
	}
	for (int at = 0; at < *argc; at++) {
		size_t i = 0;

		ended = ended || strcmp(argv[at], "--") == 0;
		while (i < 3 && (ended || !is_option(argv[at], options[i].name)))
			i++;
		if (i == 3)
			argv[kept++] = argv[at];
		else if (take_value(options[i].name, *argc, argv, &at, options[i].value, err) != OK)
			return err->code;
		given = given || i < 3;
	}
	*argc = kept;
	if (!given || out->server != NULL)
		return OK;
	err_set(err, ERR_INPUT, "which daemon is to be asked is not said");
	return err_mend(err, "add --server URL, or set LETHE_SERVER");
}

/* ---- which request ---- */

/* What the words of the command line say, once they are told apart. */
struct option { char name[48]; const char *value; bool flag, given; };
struct asked {
	struct call *call;
	const struct operation *command;
	struct ask_server server;
	struct option options[OPTIONS_MAX]; /* all that any resource of the command takes */
	size_t option_count;
	int argc; /* operands */
	char **argv;
	const struct resource *resource;
};

static struct option *find_option(struct asked *asked, const char *name)
{
	for (size_t i = 0; i < asked->option_count; i++) {
		if (strcmp(asked->options[i].name, name) == 0)
			return &asked->options[i];
	}
	return NULL;
}

/* "min_duration" is --min-duration. */
static void option_name(const char *word, char out[48])
{
	snprintf(out, 48, "%s", word);
	for (char *at = out; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at;
}

static void add_option(struct asked *asked, const char *word, bool flag)
{
	char name[48];

	option_name(word, name);
	if (find_option(asked, name) != NULL)
		return;
	INVARIANT(asked->option_count < OPTIONS_MAX);
	memcpy(asked->options[asked->option_count].name, name, sizeof name);
	asked->options[asked->option_count++].flag = flag;
}

static bool is_of(const struct resource *resource, const struct operation *command)
{
	return strcmp(resource->operation, command->name) == 0 && direct_find(resource) == NULL;
}

static bool is_fixed_option(const struct resource *resource)
{
	return resource->fixed != NULL && strncmp(resource->fixed, "--", 2) == 0;
}

static bool has_resources(struct asked *asked)
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
			if (resource->words[k].operand == 0)
				add_option(asked, resource->words[k].name, resource->words[k].type == WORD_FLAG);
		}
	}
	return any;
}

static enum result not_remote(const struct operation *command, struct err *err)
{
	for (size_t i = 0; i < local_operation_count; i++) {
		if (strcmp(local_operations[i].operation, command->name) != 0)
			continue;
		err_set(err, ERR_UNSUPPORTED, "`lethe %s` is not asked of a daemon: %s", command->name,
			local_operations[i].why);
		return err_mend(err, "run it at the machine, without --server or LETHE_SERVER");
	}
	err_set(err, ERR_UNSUPPORTED, "`lethe %s` is not asked of a daemon", command->name);
	return err_mend(err, "what it takes or gives is a stream: docs/api.md says how another program sends it");
}

/* An option that the command has here, and no resource: files, above all. */
static enum result check_known(struct asked *asked, struct err *err)
{
	for (int i = 0; i < asked->argc && strcmp(asked->argv[i], "--") != 0; i++) {
		char name[48];
		const char *word = asked->argv[i];

		if (strncmp(word, "--", 2) != 0)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
		if (find_option(asked, name + 2) != NULL ||
		    (strstr(asked->command->usage, name) == NULL && strstr(asked->command->help, name) == NULL))
			continue;
		err_set(err, ERR_UNSUPPORTED, "a daemon is not asked for %s", name);
		return err_mend(err, "leave it out: what is answered is printed; or run it at the machine, without --server or LETHE_SERVER");
	}
	return OK;
}

/* Which folder, which clock: the daemon's own. */
static enum result check_globals(const struct asked *asked, struct err *err)
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
	struct call_option options[OPTIONS_MAX];
	int least, most;
	enum result r = check_known(asked, err);

	operand_bounds(asked->command, &least, &most);
	for (size_t i = 0; i < asked->option_count; i++) {
		struct option *option = &asked->options[i];

		options[i] = (struct call_option){option->name, option->flag ? NULL : &option->value,
						  option->flag ? &option->given : NULL};
	}
	if (r == OK)
		r = call_parse(asked->call, options, asked->option_count, &asked->argc, asked->argv, least, most,
			       err);
	for (size_t i = 0; i < asked->option_count; i++) {
		asked->options[i].given = asked->options[i].given || asked->options[i].value != NULL;
	}
	return r == OK ? check_globals(asked, err) : r;
}

static const struct word *word_of(const struct resource *resource, const char *option)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		char name[48];

		option_name(resource->words[i].name, name);
		if (resource->words[i].operand == 0 && strcmp(name, option) == 0)
			return &resource->words[i];
	}
	return NULL;
}

/* Each option that is given is the resource's, and it has all that it needs. */
static bool options_fit(struct asked *asked, const struct resource *resource)
{
	for (size_t i = 0; i < asked->option_count; i++) {
		const struct option *option = &asked->options[i];
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

static void add_encoded(struct buf *out, const char *text)
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
	const struct option *option;
	char name[48];

	if (word->operand > 0)
		return asked->argv[word->operand - 1 + shift];
	option_name(word->name, name);
	option = find_option(asked, name);
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

static void write_target(struct asked *asked, struct buf *out)
{
	bool first = true;

	for (const char *at = asked->resource->path; *at != '\0'; at++) {
		if (*at != '{') {
			buf_add_char(out, *at);
			continue;
		}
		add_encoded(out, path_value(asked, at + 1, strcspn(at + 1, "}")));
		at = strchr(at, '}');
	}
	for (size_t i = 0; i < asked->resource->word_count; i++) {
		const struct word *word = &asked->resource->words[i];
		const char *value = word->place == IN_QUERY ? value_of(asked, word) : NULL;

		if (value == NULL)
			continue;
		buf_printf(out, "%c%s=", first ? '?' : '&', word->name);
		add_encoded(out, value);
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

/* False: there is none. */
static bool write_body(struct asked *asked, struct buf *out)
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

/* ---- the answer ---- */

static enum result result_of(const char *type)
{
	static const struct { const char *word; enum result result; } results[] = {
	    {"input", ERR_INPUT},	  {"unauthenticated", ERR_DENIED}, {"denied", ERR_DENIED},
	    {"not-found", ERR_NOT_FOUND}, {"conflict", ERR_EXISTS},	   {"gone", ERR_GONE},
	    {"limit", ERR_LIMIT},	  {"rate", ERR_BUSY},		   {"busy", ERR_BUSY},
	    {"unsupported", ERR_UNSUPPORTED}, {"full", ERR_FULL},
	};

	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		if (strcmp(type, results[i].word) == 0)
			return results[i].result;
	}
	return ERR_INTERNAL;
}

static enum result foreign(const struct asked *asked, int status, struct err *err)
{
	err_set(err, ERR_IO, "what answers there is no Lethe: status %d", status);
	err_where(err, "%s", asked->server.url);
	return err_mend(err, "see whether --server names the daemon, and no other path of its machine");
}

/* A problem as the error it was made from. */
static enum result read_problem(struct asked *asked, const struct buf *body, int status, struct err *err)
{
	static const char before[] = "/problems/";
	const char *type, *detail, *field, *mend;
	const struct json *problem;
	char option[48];

	if (body->data == NULL || json_parse_once(body->data, body->len, &asked->call->pool, &problem, err) != OK)
		return foreign(asked, status, err);
	type = json_get_text(problem, "type");
	if (type == NULL || strncmp(type, before, strlen(before)) != 0)
		return foreign(asked, status, err);
	detail = json_get_text(problem, "detail");
	field = json_get_text(problem, "field");
	mend = json_get_text(problem, "mend");
	err_set(err, result_of(type + strlen(before)), "%s", detail != NULL ? detail : json_get_text(problem, "title"));
	if (field != NULL && strncmp(field, "--", 2) == 0)
		err_where(err, "%s", field);
	else if (field != NULL) {
		option_name(field, option);
		err_where(err, "%s%s", find_option(asked, option) != NULL ? "--" : "", option);
	}
	if (mend != NULL)
		err_mend(err, "%s", mend);
	return err->code;
}

static enum result send_request(struct asked *asked, const struct ask_request *request, const char *type,
				struct buf *body, struct ask_answer *answer, struct err *err)
{
	enum result r = ask(&asked->server, request, body, answer, err);

	if (r != OK)
		return r;
	if (answer->status >= 200 && answer->status < 300 && strcmp(answer->type, type) == 0)
		return OK;
	if (strcmp(answer->type, "application/problem+json") == 0)
		return read_problem(asked, body, answer->status, err);
	return foreign(asked, answer->status, err);
}

/* ---- whom: a number or a name is in no path ---- */

static enum result ask_json(struct asked *asked, const char *method, const char *end, const char *sent,
			    const struct json **out, struct err *err)
{
	struct ask_request request = {.method = method, .body = sent, .json = true, .stop = interrupt_asked};
	struct buf target, body;
	struct ask_answer answer;
	enum result r;

	buf_init(&target, TARGET_MAX);
	buf_init(&body, ANSWER_MAX);
	buf_add_str(&target, "/v1/accounts/");
	add_encoded(&target, asked->call->account);
	buf_add_str(&target, end);
	r = buf_ok(&target, "the request", err);
	request.target = target.data;
	if (r == OK)
		r = send_request(asked, &request, "application/json", &body, &answer, err);
	if (r == OK)
		r = json_parse_once(body.data != NULL ? body.data : "", body.len, &asked->call->pool, out, err);
	buf_free(&target);
	buf_free(&body);
	return r;
}

static enum result several(const struct json *persons, size_t count, struct err *err)
{
	char list[200] = "";
	size_t used = 0, shown = 0;

	for (const struct json *at = persons->first; at != NULL && used + ID_TEXT_MAX + 2 < sizeof list; at = at->next) {
		const char *id = json_get_text(at, "id");

		used += (size_t)snprintf(list + used, sizeof list - used, " %s", id != NULL ? id : "?");
		shown++;
	}
	err_set(err, ERR_INPUT, "%zu persons fit", count);
	return err_mend(err, "name one by its id:%s%s", list, shown < count ? " .." : "");
}

static enum result nobody(const char *who, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, "nobody in this account is known by '%.100s'", who);
	return err_mend(err, "try another spelling, number, e-mail address or the words of a contact's name");
}

static enum result find_person(struct asked *asked, char **word, struct err *err)
{
	const struct json *found, *persons;
	struct json_writer w;
	struct buf sent;
	size_t count = 0;
	enum result r;

	buf_init(&sent, BODY_MAX);
	json_writer_init(&w, &sent, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "who", *word);
	json_end_object(&w);
	r = buf_ok(&sent, "the request", err);
	if (r == OK)
		r = ask_json(asked, "POST", "/persons/search", sent.data, &found, err);
	buf_free(&sent);
	if (r != OK)
		return r == ERR_NOT_FOUND ? nobody(*word, err) : r;
	persons = json_get(found, "persons");
	for (const struct json *at = persons != NULL ? persons->first : NULL; at != NULL; at = at->next)
		count++;
	if (count == 0)
		return nobody(*word, err);
	if (count > 1)
		return several(persons, count, err);
	*word = pool_strdup(&asked->call->pool, json_get_text(persons->first, "id"));
	return *word != NULL ? OK : err_no_memory(err);
}

static enum result find_user(struct asked *asked, char **word, struct err *err)
{
	const struct json *found, *users;
	enum result r = ask_json(asked, "GET", "/users", NULL, &found, err);

	if (r != OK)
		return r;
	users = json_get(found, "users");
	for (const struct json *at = users != NULL ? users->first : NULL; at != NULL; at = at->next) {
		const char *name = json_get_text(at, "name"), *id = json_get_text(at, "id");

		if (name == NULL || id == NULL || strcasecmp(name, *word) != 0)
			continue;
		*word = pool_strdup(&asked->call->pool, id);
		return *word != NULL ? OK : err_no_memory(err);
	}
	err_set(err, ERR_NOT_FOUND, "the account has no user '%.100s'", *word);
	return err_mend(err, "`lethe user list` shows those there are");
}

static enum result find_whom(struct asked *asked, struct err *err)
{
	for (size_t i = 0; i < asked->resource->word_count; i++) {
		const struct word *word = &asked->resource->words[i];
		char **operand;

		if (word->place != IN_PATH || word->operand == 0)
			continue;
		operand = &asked->argv[word->operand - 1];
		if (strcmp(word->name, "person") == 0 && strncmp(*operand, "per_", 4) != 0)
			return find_person(asked, operand, err);
		if (strcmp(word->name, "user") == 0 && strncmp(*operand, "usr_", 4) != 0)
			return find_user(asked, operand, err);
	}
	return OK;
}

/* ---- asking ---- */

/* What the operation would ask a person, the daemon has nobody to ask. */
static enum result confirm(struct asked *asked, struct err *err)
{
	const struct option *dry = find_option(asked, "dry-run");

	if (asked->resource->fixed == NULL || strcmp(asked->resource->fixed, "--yes") != 0 ||
	    find_option(asked, "yes")->given || (dry != NULL && dry->given))
		return OK;
	if (!call_can_ask(asked->call)) {
		err_set(err, ERR_DENIED, "there is nobody to ask whether to do it");
		return err_mend(err, "add --yes");
	}
	if (call_ask(asked->call, "%s, at %s? ", asked->command->summary, asked->server.url))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "nothing was done");
}

static enum result print(struct asked *asked, struct buf *body, struct err *err)
{
	struct call *call = asked->call;

	if (body->data == NULL)
		return OK;
	if (call->json)
		return call->caller->flush(call->caller->arg, body->data, body->len, err);
	body->len = call_harmless(body->data, body->len, true);
	call->caller->say(call->caller->arg, body->data, body->len);
	if (body->len > 0 && body->data[body->len - 1] != '\n') /* a document, which is all that the command has */
		call->caller->say(call->caller->arg, "\n", 1);
	return OK;
}

static enum result do_it(struct asked *asked, bool *partly, struct err *err)
{
	struct ask_request request = {.method = method_name(asked->resource->method), .json = asked->call->json,
				      .stop = interrupt_asked};
	struct buf target, sent, body;
	struct ask_answer answer;
	enum result r;

	buf_init(&target, TARGET_MAX);
	buf_init(&sent, BODY_MAX);
	buf_init(&body, ANSWER_MAX);
	write_target(asked, &target);
	request.body = write_body(asked, &sent) ? sent.data : NULL;
	request.target = target.data;
	r = buf_ok(&target, "the request", err);
	if (r == OK)
		r = buf_ok(&sent, "the request", err);
	if (r == OK)
		r = send_request(asked, &request, request.json ? "application/json" : "text/plain", &body, &answer, err);
	if (r == OK) {
		*partly = answer.partly;
		r = print(asked, &body, err);
	}
	buf_free(&target);
	buf_free(&sent);
	buf_free(&body);
	return r;
}

enum result remote_run(struct call *call, const struct remote *remote, const struct operation *command, int argc,
		       char **argv, bool *partly, struct err *err)
{
	struct asked asked = {.call = call, .command = command, .argc = argc, .argv = argv,
			      .server = {.url = remote->server, .ca_file = remote->ca_file}};
	enum result r;

	if (!has_resources(&asked))
		return not_remote(command, err);
	add_option(&asked, "yes", true);
	r = read_words(&asked, err);
	if (r == OK)
		r = choose(&asked, err);
	if (r == OK && remote->token_file == NULL) {
		err_set(err, ERR_INPUT, "the daemon lets nobody in without a token");
		r = err_mend(err, "add --token-file FILE, or set LETHE_TOKEN_FILE; `lethe token create` makes one");
	}
	if (r == OK)
		r = secret_read(remote->token_file, "Token", false, &asked.server.token, err);
	if (r != OK)
		return r;
	r = confirm(&asked, err);
	if (r == OK)
		r = find_whom(&asked, err);
	if (r == OK)
		r = do_it(&asked, partly, err);
	secret_wipe(&asked.server.token);
	return r;
}
