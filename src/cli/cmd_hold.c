/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/file.h"
#include "base/quote.h"
#include "cli/commands.h"
#include "privacy/person.h"
#include "retention/holds.h"
#include "vault/normal.h"

#define REASON_FILE_MAX 4096
#define PAGE 64

/* ---- add ---- */

struct options { const char *person, *number, *kinds, *from, *until, *reason, *reason_file; };

/* The texts "call,message" and "call" both name kinds. */
static enum result read_kinds(const char *text, uint32_t *out, struct err *err)
{
	char name[32], shown[QUOTE_MAX];
	enum record_kind kind;

	for (const char *at = text; at != NULL;) {
		size_t len = strcspn(at, ",");

		snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), at);
		if (!kind_parse(name, &kind)) {
			err_set(err, ERR_INPUT, "%s is no kind of record", quote(at, len, shown));
			err_where(err, "--kind");
			return err_mend(err, "write them as in --kind call,message");
		}
		*out |= 1u << kind;
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return OK;
}

/* A day is its beginning, in UTC; or a whole date and time. */
static enum result read_time(const char *text, const char *option, bool *has, struct instant *out, struct err *err)
{
	struct date date;

	*has = text != NULL;
	if (text == NULL)
		return OK;
	if (strlen(text) == 10 && date_parse(text, 10, &date, err) == OK) {
		*out = date_start(date);
		return OK;
	}
	if (instant_parse(text, strlen(text), out, err) == OK)
		return OK;
	err_where(err, "%s", option);
	return err_mend(err, "write a day, as 2024-02-29, or a time with its offset, as 2024-02-29T12:00:00Z");
}

static enum result read_reason(struct cli *cli, const struct options *options, const char **out, struct err *err)
{
	struct buf text;
	enum result r;

	*out = options->reason;
	if (options->reason_file == NULL)
		return OK;
	if (options->reason != NULL)
		return err_set(err, ERR_INPUT, "--reason and --reason-file both give the reason: give one");
	r = file_read(options->reason_file, REASON_FILE_MAX, &text, err);
	if (r != OK)
		return r;
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
		text.len--;
	*out = pool_strndup(&cli->pool, text.data != NULL ? text.data : "", text.len);
	buf_free(&text);
	return *out != NULL ? OK : err_no_memory(err);
}

static enum result find_identity(struct cli *cli, const struct account *account, enum identity_kind kind,
				 const char *text, bool *found, int64_t *out, struct err *err)
{
	struct session *session = &cli->vault->read;
	struct identity_row row = {.identity = 0};
	struct normal normal;
	struct blind blind;
	enum result r = normal_make(NULL, account->country, kind, text, &cli->pool, &normal, err);

	if (r == OK)
		r = keyring_blind(session->ring, account->number, normal.kind, normal.text, strlen(normal.text),
				  &blind, err);
	if (r == OK)
		r = identity_find(session->data, account->number, &blind, found, &row, err);
	if (r == OK && *found)
		*out = row.identity;
	return r;
}

/* The account's own number first; else a number of somebody's. */
static enum result read_number(struct cli *cli, const struct account *account, const char *text, int64_t *out,
			       struct err *err)
{
	char shown[QUOTE_MAX];
	bool found;
	enum result r = find_identity(cli, account, IDENTITY_NUMBER, text, &found, out, err);

	if (r == OK && !found)
		r = find_identity(cli, account, IDENTITY_PHONE, text, &found, out, err);
	if (r == OK && !found) {
		err_set(err, ERR_NOT_FOUND, "no record here has the number %s", quote(text, strlen(text), shown));
		r = err_mend(err, "check its spelling: with its country code it reads the same everywhere");
	}
	return r;
}

static enum result read_scope(struct cli *cli, const struct account *account, const struct options *options,
			      struct hold_request *out, struct err *err)
{
	enum result r = OK;

	if (options->person != NULL) {
		out->has_person = true;
		r = person_find_one(&cli->vault->read, account, options->person, &cli->pool, &out->person, err);
	}
	if (r == OK && options->number != NULL)
		r = read_number(cli, account, options->number, &out->identity, err);
	return r;
}

static enum result read_request(struct cli *cli, const struct options *options, struct hold_request *out,
				struct err *err)
{
	enum result r = read_kinds(options->kinds, &out->kinds, err);

	if (r == OK)
		r = read_time(options->from, "--from", &out->has_from, &out->from, err);
	if (r == OK)
		r = read_time(options->until, "--until", &out->has_until, &out->until, err);
	if (r == OK)
		r = read_reason(cli, options, &out->reason, err);
	if (r == OK && out->reason == NULL) {
		err_set(err, ERR_INPUT, "a legal hold needs a reason");
		r = err_mend(err, "add --reason TEXT, or --reason-file FILE");
	}
	return r;
}

static void say_scope(struct cli *cli, const struct hold_row *row)
{
	char text[ID_TEXT_MAX], at[TIME_TEXT_MAX];

	if (row->has_person)
		cli_say(cli, "  of person %s\n", id_format(PERSON_PREFIX, row->person, text));
	if (row->identity != 0)
		cli_say(cli, "  of one number\n");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (row->kinds & (1u << kind))
			cli_say(cli, "  %s\n", kind_plural((enum record_kind)kind));
	}
	if (row->has_from)
		cli_say(cli, "  from %s\n", instant_format(row->from, at));
	if (row->has_until)
		cli_say(cli, "  before %s\n", instant_format(row->until, at));
	if (!row->has_person && row->identity == 0 && row->kinds == 0 && !row->has_from && !row->has_until)
		cli_say(cli, "  every record of the account\n");
}

static void print_scope(struct cli *cli, const struct hold_row *row)
{
	struct json_writer *w = &cli->w;
	char text[ID_TEXT_MAX], at[TIME_TEXT_MAX];

	json_id(w, "id", HOLD_PREFIX, row->id);
	json_instant(w, "created", row->created);
	json_string(w, "released", row->released ? instant_format(row->released_at, at) : NULL);
	json_string(w, "person", row->has_person ? id_format(PERSON_PREFIX, row->person, text) : NULL);
	json_bool(w, "of_number", row->identity != 0);
	json_begin_array(w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (row->kinds & (1u << kind))
			json_string(w, NULL, kind_name((enum record_kind)kind));
	}
	json_end_array(w);
	json_string(w, "from", row->has_from ? instant_format(row->from, at) : NULL);
	json_string(w, "until", row->has_until ? instant_format(row->until, at) : NULL);
}

enum result cmd_hold_add(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct options given = {.person = NULL};
	const struct cli_option options[] = {
		{"person", &given.person, NULL}, {"number", &given.number, NULL},
		{"kind", &given.kinds, NULL},	 {"from", &given.from, NULL},
		{"until", &given.until, NULL},	 {"reason", &given.reason, NULL},
		{"reason-file", &given.reason_file, NULL}};
	struct hold_request request = {.kinds = 0};
	struct account account;
	struct hold_row row;
	struct id id;
	char text[ID_TEXT_MAX];
	enum result r = cli_parse(cli, options, sizeof options / sizeof options[0], &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = read_request(cli, &given, &request, err);
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = read_scope(cli, &account, &given, &request, err);
	if (r == OK)
		r = holds_add(cli->vault, &account, &request, cli->now, &id, err);
	if (r == OK)
		r = hold_find(cli->vault->read.data, account.number, id, &cli->pool, &row, err);
	if (r != OK)
		return r;
	cli_say(cli, "%s holds, until it is released:\n", id_format(HOLD_PREFIX, id, text));
	say_scope(cli, &row);
	json_begin_object(&cli->w, NULL);
	print_scope(cli, &row);
	json_end_object(&cli->w);
	return OK;
}

/* ---- list ---- */

static enum result show_hold(struct cli *cli, const struct hold_row *row, struct err *err)
{
	struct session *session = &cli->vault->read;
	char id[ID_TEXT_MAX], made[TIME_TEXT_MAX], released[TIME_TEXT_MAX], count[32];
	const char *reason;
	int64_t kept;
	enum result r = held_count(session->data, row->account, row->hold, &kept, err);

	if (r == OK)
		r = open_data(session->ring, row->account, "hold", row->id, row->reason, row->reason_len, &cli->pool,
			      &reason, err);
	if (r != OK)
		return r;
	cli_say(cli, "%s  %s%s%s\n", id_format(HOLD_PREFIX, row->id, id),
		date_format(instant_date(row->created), made), row->released ? ", released " : "",
		row->released ? date_format(instant_date(row->released_at), released) : "");
	say_scope(cli, row);
	cli_say(cli, "  because: %s\n", cli_clean(cli, reason));
	if (kept > 0)
		cli_say(cli, row->released ? "  kept by it alone, to go with the next run: %s\n"
					   : "  would be gone without it: %s\n",
			cli_count(kept, count));
	json_begin_object(&cli->w, NULL);
	print_scope(cli, row);
	json_string(&cli->w, "reason", reason);
	json_int(&cli->w, "kept", kept);
	json_end_object(&cli->w);
	return OK;
}

enum result cmd_hold_list(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct hold_row rows[PAGE];
	struct account account;
	int64_t last = 0;
	size_t count;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "holds");
	do {
		r = hold_list(cli->vault->read.data, account.number, false, last, &cli->pool, rows, PAGE, &count, err);
		if (r == OK && count == 0 && last == 0)
			cli_say(cli, "There is no hold.\n");
		for (size_t i = 0; i < count && r == OK; i++) {
			last = rows[i].hold;
			r = show_hold(cli, &rows[i], err);
		}
	} while (r == OK && count == PAGE);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	return r;
}

/* ---- release ---- */

enum result cmd_hold_release(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id id;
	char count[32];
	int64_t due = 0;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = id_parse(HOLD_PREFIX, argv[0], &id, err);
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = holds_release(cli->vault, &account, id, cli->now, &due, err);
	if (r != OK)
		return r;
	cli_say(cli, "Released.\n");
	if (due > 0)
		cli_say(cli, "It alone kept %s; the next `lethe retention run` deletes them.\n",
			cli_count(due, count));
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "id", argv[0]);
	json_int(&cli->w, "due", due);
	json_end_object(&cli->w);
	return OK;
}
