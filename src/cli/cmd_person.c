/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/quote.h"
#include "cli/commands.h"
#include "privacy/anonymise.h"
#include "privacy/erase.h"
#include "privacy/user.h"
#include "retention/holds.h"
#include "shim/json_parse.h"
#include "store/job.h"

/* ---- one person in words ---- */

#define SCRATCH_MAX ((size_t)512 * 1024 * 1024) /* one contact, parsed */

static enum result open_name(struct session *session, const struct account *account, struct id id, struct pool *pool,
			     const char **name, struct err *err)
{
	struct contact_row row;
	const struct json *tree;
	const char *text;
	size_t len;
	enum result r = contact_get(session->data, account->number, id, pool, &row, err);

	if (r == OK)
		r = open_contact(session->ring, &row, pool, &text, &len, err);
	if (r == OK)
		r = json_parse_once(text, len, pool, &tree, err);
	*name = r == OK ? json_get_text(tree, "name") : NULL;
	return r;
}

/* The name of their first contact that opens and has one, or NULL: what people look for in a list. */
static const char *name_of(struct cli *cli, const struct account *account, const struct person *person)
{
	const char *name = NULL;
	struct pool scratch;
	struct err ignored;

	pool_init(&scratch, SCRATCH_MAX);
	for (size_t i = 0; i < person->contact_count && name == NULL; i++) {
		pool_reset(&scratch);
		(void)open_name(&cli->vault->read, account, person->contacts[i], &scratch, &name, &ignored);
	}
	if (name != NULL)
		name = pool_strdup(&cli->pool, name);
	pool_free(&scratch);
	return name;
}

/* Their id, and their name where there is one. */
static void say_person(struct cli *cli, const char *id, const char *name)
{
	if (name != NULL)
		cli_say(cli, "%s  %s\n", id, cli_clean(cli, name));
	else
		cli_say(cli, "%s\n", id);
}

static void say_identities(struct cli *cli, const struct person *person)
{
	for (size_t i = 0; i < person->identity_count; i++)
		cli_say(cli, "  %-9s %s\n", identity_kind_name(person->identities[i].kind),
			cli_clean(cli, person->identities[i].value));
}

static void print_identities(struct cli *cli, const struct person *person)
{
	json_begin_array(&cli->w, "identities");
	for (size_t i = 0; i < person->identity_count; i++) {
		json_begin_object(&cli->w, NULL);
		json_string(&cli->w, "kind", identity_kind_name(person->identities[i].kind));
		json_string(&cli->w, "value", person->identities[i].value);
		json_instant(&cli->w, "created", person->identities[i].created);
		json_end_object(&cli->w);
	}
	json_end_array(&cli->w);
}

static void print_ids(struct cli *cli, const char *name, const char *prefix, const struct id *ids, size_t count)
{
	json_begin_array(&cli->w, name);
	for (size_t i = 0; i < count; i++)
		json_id(&cli->w, NULL, prefix, ids[i]);
	json_end_array(&cli->w);
}

/* ---- find ---- */

static enum result find_one(struct cli *cli, const struct account *account, struct id id, struct err *err)
{
	struct person *person = pool_alloc(&cli->pool, sizeof *person);
	char text[ID_TEXT_MAX];
	const char *name;
	enum result r;

	if (person == NULL)
		return err_no_memory(err);
	r = person_load(&cli->vault->read, account, id, &cli->pool, person, err);
	if (r == OK)
		r = person_note_read(&cli->vault->read, "person.find", account, id, cli->now, err);
	if (r != OK)
		return r;
	name = name_of(cli, account, person);
	say_person(cli, id_format(PERSON_PREFIX, id, text), name);
	say_identities(cli, person);
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "id", text);
	json_string(&cli->w, "name", name);
	print_identities(cli, person);
	json_end_object(&cli->w);
	return OK;
}

enum result cmd_person_find(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id found[PERSON_FOUND_MAX];
	size_t count = 0;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r == OK)
		r = person_find(&cli->vault->read, &account, argv[0], &cli->pool, found, PERSON_FOUND_MAX, &count, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "persons");
	for (size_t i = 0; i < count && r == OK; i++)
		r = find_one(cli, &account, found[i], err);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	if (r == OK && count == 0) {
		err_set(err, ERR_NOT_FOUND, "nobody here is known by that");
		r = err_mend(err, "try a number with its country code, an e-mail address, or words of a contact's name");
	}
	return r;
}

/* ---- show ---- */

static void say_contacts(struct cli *cli, int64_t n)
{
	char count[32];

	cli_say(cli, "  %9s %s\n", cli_count(n, count), n == 1 ? "contact" : "contacts");
}

static void say_counts(struct cli *cli, const struct person *person)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], count[32];
	int64_t all = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (person->records[kind] == 0)
			continue;
		all += person->records[kind];
		cli_say(cli, "  %9s %s\n", cli_count(person->records[kind], count),
			cli_kind((enum record_kind)kind, person->records[kind]));
	}
	say_contacts(cli, (int64_t)person->contact_count);
	if (all > 0)
		cli_say(cli, "  from %s to %s\n", date_format(instant_date(person->first), first),
			date_format(instant_date(person->last), last));
}

static void print_counts(struct cli *cli, const struct person *person)
{
	char at[TIME_TEXT_MAX];

	json_begin_object(&cli->w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (person->records[kind] > 0)
			json_int(&cli->w, kind_name((enum record_kind)kind), person->records[kind]);
	}
	json_end_object(&cli->w);
	json_string(&cli->w, "first", person->first.ms != 0 ? instant_format(person->first, at) : NULL);
	json_string(&cli->w, "last", person->last.ms != 0 ? instant_format(person->last, at) : NULL);
}

static enum result load_id(struct cli *cli, const struct account *account, struct id id, struct person **out,
			   struct err *err)
{
	enum result r;

	*out = pool_alloc(&cli->pool, sizeof **out);
	if (*out == NULL)
		return err_no_memory(err);
	r = person_load(&cli->vault->read, account, id, &cli->pool, *out, err);
	return r == OK ? person_load_counts(&cli->vault->read, account, *out, err) : r;
}

/* The person that argv names, loaded. */
static enum result load(struct cli *cli, const struct account *account, const char *who, struct person **out,
			struct err *err)
{
	struct id id;
	enum result r = person_find_one(&cli->vault->read, account, who, &cli->pool, &id, err);

	return r == OK ? load_id(cli, account, id, out, err) : r;
}

static void show_user(struct cli *cli, const struct user_shown *user)
{
	char id[ID_TEXT_MAX], last[TIME_TEXT_MAX];

	cli_say(cli, "  is the user %s, %s", id_format(USER_PREFIX, user->row.id, id), user_role_name(user->row.role));
	if (user->name != NULL)
		cli_say(cli, ", who signs in as %s", cli_clean(cli, user->name));
	cli_say(cli, "; last signed in: %s\n",
		user->row.signed_in ? date_format(instant_date(user->row.last_sign_in), last) : "never");
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "id", id);
	json_string(&cli->w, "name", user->name);
	json_string(&cli->w, "role", user_role_name(user->row.role));
	json_instant(&cli->w, "created", user->row.created);
	json_string(&cli->w, "last_sign_in", user->row.signed_in ? instant_format(user->row.last_sign_in, last) : NULL);
	json_end_object(&cli->w);
}

static enum result show_users(struct cli *cli, const struct account *account, const struct person *person,
			      struct err *err)
{
	struct user_shown *users;
	size_t count;
	enum result r = users_of_person(&cli->vault->read, account, person, &cli->pool, &users, &count, err);

	json_begin_array(&cli->w, "users");
	for (size_t i = 0; i < count && r == OK; i++)
		show_user(cli, &users[i]);
	json_end_array(&cli->w);
	return r;
}

static bool names_identity(const struct person *person, int64_t identity)
{
	for (size_t i = 0; i < person->identity_count; i++) {
		if (person->identities[i].identity == identity)
			return true;
	}
	return false;
}

/* A hold that names them, by person or by one of their identities. */
static bool names_person(const struct hold_row *row, const struct person *person)
{
	return row->has_person ? id_compare(row->person, person->id) == 0
			       : names_identity(person, row->identity) || names_identity(person, row->agent);
}

static enum result show_restriction(struct cli *cli, const struct hold_row *row, struct err *err)
{
	struct hold_texts texts;
	char since[TIME_TEXT_MAX];
	enum result r = holds_open_texts(&cli->vault->read, row, &cli->pool, &texts, err);

	if (r != OK)
		return r;
	date_format(instant_date(row->created), since);
	cli_say(cli, "  restricted since %s, ground %s: to be stored, and not otherwise used (GDPR, art. 18)\n", since,
		cli_clean(cli, texts.matter));
	json_begin_object(&cli->w, NULL);
	json_id(&cli->w, "hold", HOLD_PREFIX, row->id);
	json_instant(&cli->w, "since", row->created);
	json_string(&cli->w, "ground", texts.matter);
	json_string(&cli->w, "reason", *texts.reason != '\0' ? texts.reason : NULL);
	json_end_object(&cli->w);
	return OK;
}

static enum result show_held(struct cli *cli, const struct account *account, const struct person *person,
			     struct err *err)
{
	struct hold_set set;
	char id[ID_TEXT_MAX];
	enum result r = holds_load(&cli->vault->read, account->number, &cli->pool, &set, err);

	if (r != OK)
		return r;
	json_begin_array(&cli->w, "holds");
	for (size_t i = 0; i < set.legal; i++) {
		if (!names_person(&set.scopes[i].row, person))
			continue;
		cli_say(cli, "  under legal hold %s: what it covers is deleted by nothing\n",
			id_format(HOLD_PREFIX, set.scopes[i].row.id, id));
		json_string(&cli->w, NULL, id);
	}
	json_end_array(&cli->w);
	json_begin_array(&cli->w, "restrictions");
	for (size_t i = set.legal; i < set.count && r == OK; i++) {
		if (names_person(&set.scopes[i].row, person))
			r = show_restriction(cli, &set.scopes[i].row, err);
	}
	json_end_array(&cli->w);
	return r;
}

enum result cmd_person_show(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct person *person = NULL;
	char id[ID_TEXT_MAX];
	const char *name;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r == OK)
		r = load(cli, &account, argv[0], &person, err);
	if (r == OK)
		r = person_note_read(&cli->vault->read, "person.show", &account, person->id, cli->now, err);
	if (r != OK)
		return r;
	name = name_of(cli, &account, person);
	say_person(cli, id_format(PERSON_PREFIX, person->id, id), name);
	say_identities(cli, person);
	say_counts(cli, person);
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "id", id);
	json_string(&cli->w, "name", name);
	print_identities(cli, person);
	print_ids(cli, "contacts", CONTACT_PREFIX, person->contacts, person->contact_count);
	print_counts(cli, person);
	r = show_users(cli, &account, person, err);
	if (r == OK)
		r = show_held(cli, &account, person, err);
	json_end_object(&cli->w);
	return r;
}

/* ---- link, unlink ---- */

enum result cmd_person_link(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id a, b;
	char text[ID_TEXT_MAX];
	bool changed = false;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = person_find_one(&cli->vault->read, &account, argv[0], &cli->pool, &a, err);
	if (r == OK)
		r = person_find_one(&cli->vault->read, &account, argv[1], &cli->pool, &b, err);
	if (r == OK)
		r = person_link(cli->vault, &account, a, b, cli->now, &changed, err);
	if (r != OK)
		return r;
	id_format(PERSON_PREFIX, a, text);
	cli_say(cli, changed ? "They are one person now: %s\n" : "They are one person already: %s\n", text);
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "person", text);
	json_bool(&cli->w, "changed", changed);
	json_end_object(&cli->w);
	return OK;
}

static enum result pick_identity(const struct person *person, const char *value, int64_t *out, struct err *err)
{
	char shown[QUOTE_MAX];

	for (size_t i = 0; i < person->identity_count; i++) {
		if (strcmp(person->identities[i].value, value) == 0) {
			*out = person->identities[i].identity;
			return OK;
		}
	}
	err_set(err, ERR_NOT_FOUND, "%s is no identity of this person", quote(value, strlen(value), shown));
	return err_mend(err, "write it as `lethe person show` does");
}

enum result cmd_person_unlink(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct person *person = NULL;
	struct id out;
	int64_t identity = 0;
	char text[ID_TEXT_MAX];
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = load(cli, &account, argv[0], &person, err);
	if (r == OK)
		r = pick_identity(person, argv[1], &identity, err);
	if (r == OK)
		r = person_unlink(cli->vault, &account, person->id, identity, cli->now, &out, err);
	if (r != OK)
		return r;
	cli_say(cli, "It is a person of its own now: %s\n", id_format(PERSON_PREFIX, out, text));
	json_begin_object(&cli->w, NULL);
	json_id(&cli->w, "person", PERSON_PREFIX, out);
	json_end_object(&cli->w);
	return OK;
}

/* ---- erase ---- */

static int64_t sum(const int64_t counts[KIND_COUNT], int first)
{
	int64_t all = 0;

	for (int kind = first; kind <= KIND_LAST; kind++)
		all += counts[kind];
	return all;
}

/* Shows who it is and asks. Only on a terminal; elsewhere --yes must say so. */
static enum result confirm(struct cli *cli, const struct account *account, struct id id, bool anonymise,
			   struct err *err)
{
	struct person *person = NULL;
	char count[32];
	enum result r;

	if (!cli_can_ask(cli)) {
		err_set(err, ERR_DENIED, "%s cannot be undone, and there is nobody to ask",
			anonymise ? "anonymising" : "erasing");
		return err_mend(err, "add --yes");
	}
	r = load_id(cli, account, id, &person, err);
	if (r != OK)
		return r;
	fprintf(stderr, "%s\n", cli_clean(cli, name_of(cli, account, person)));
	for (size_t i = 0; i < person->identity_count; i++)
		fprintf(stderr, "  %-9s %s\n", identity_kind_name(person->identities[i].kind),
			cli_clean(cli, person->identities[i].value));
	fprintf(stderr, "%s this person and %s records? It cannot be undone. ",
		anonymise ? "Anonymise" : "Erase", cli_count(sum(person->records, KIND_FIRST), count));
	return cli_said_yes() ? OK : err_set(err, ERR_INTERRUPTED, "nothing was %s", anonymise ? "anonymised" : "erased");
}

static bool show_progress(void *arg, int64_t done)
{
	cli_progress_show(arg, done, 0);
	return cli_interrupted();
}

static void say_kinds(struct cli *cli, const int64_t counts[KIND_COUNT])
{
	char count[32];

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (counts[kind] > 0)
			cli_say(cli, "  %9s %s\n", cli_count(counts[kind], count),
				cli_kind((enum record_kind)kind, counts[kind]));
	}
}

static int64_t count_left(const struct erase_left *left)
{
	return left->keys + left->identities + left->contacts + left->records + left->blobs;
}

static void say_copies(struct cli *cli, struct instant unreadable_by)
{
	char at[TIME_TEXT_MAX];

	if (unreadable_by.ms != 0)
		cli_say(cli, "Unreadable in every older copy by %s, when keys are rotated by then.\n",
			instant_format(unreadable_by, at));
	else if (root_promise(cli->vault->shared->root) == ROOT_CANNOT_FORGET)
		cli_say(cli, "Older copies of keys and root still open it: this root cannot forget (`lethe keys status`).\n");
	else
		cli_say(cli, "Older copies still open it until `lethe keys rotate` has run, which is overdue.\n");
}

static void say_obliged(struct cli *cli, const struct erase_result *result)
{
	char count[32], until[TIME_TEXT_MAX];

	cli_say(cli, "Cut down to the fields that a law forbids to delete:\n");
	say_kinds(cli, result->obliged);
	for (size_t i = 0; i < result->law_count; i++)
		cli_say(cli, "  by %s: %s, all gone on %s\n", result->laws[i].code,
			cli_count(result->laws[i].records, count), date_format(result->laws[i].until, until));
}

static void say_anonymised(struct cli *cli, const struct erase_result *result)
{
	char count[32];

	cli_say(cli, "What %s records said in plain columns was added to the aggregates (`lethe aggregate list`):\n",
		cli_count(sum(result->aggregated, KIND_FIRST), count));
	for (int step = 0; step < COARSEN_STEPS; step++) {
		if (result->shown.records[step] > 0)
			cli_say(cli, "  %9s shown from now on, %s\n", cli_count(result->shown.records[step], count),
				coarsen_text((enum coarsen_step)step));
	}
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (result->shown.waits[kind])
			cli_say(cli, "  some %s wait: fewer than %lld people are in them\n",
				kind_plural((enum record_kind)kind), (long long)result->shown.k);
	}
}

static void say_erased(struct cli *cli, const struct erase_result *result, const char *receipt)
{
	char count[32], bytes[32];
	int64_t kept = sum(result->kept, 0), obliged = sum(result->obliged, 0);

	cli_say(cli, result->anonymise && kept + obliged == 0
			     ? "Anonymised. Nothing of this person can be read here from now on.\n"
		     : result->anonymise ? "Anonymised, but for what a legal hold or a law keeps.\n"
		     : kept + obliged == 0 ? "Erased. Nothing of this person can be read here from now on.\n"
		     : kept == 0	 ? "Erased, but for the fields that a law forbids to delete.\n"
					 : "Erased, but for what a legal hold keeps.\n");
	cli_say(cli, "  %9s %s\n", cli_count(result->identities, count),
		result->identities == 1 ? "identity, and its key" : "identities, and their keys");
	say_contacts(cli, result->contacts);
	say_kinds(cli, result->removed.records);
	cli_say(cli, "  %9s %s, %s\n", cli_count(result->removed.media, count),
		result->removed.media == 1 ? "file" : "files", cli_bytes((uint64_t)result->removed.media_bytes, bytes));
	if (result->anonymise)
		say_anonymised(cli, result);
	if (kept > 0) {
		cli_say(cli, "Kept, because a legal hold covers them (`lethe hold list`):\n");
		if (result->kept[0] > 0)
			say_contacts(cli, result->kept[0]);
		say_kinds(cli, result->kept);
	}
	if (obliged > 0)
		say_obliged(cli, result);
	if (result->left_by_agent > 0)
		cli_say(cli, "Taken out of %s records of others, as their agent; free text is not rewritten.\n",
			cli_count(result->left_by_agent, count));
	if (count_left(&result->left) == 0)
		cli_say(cli, "Looked again in every store: nothing is left.\n");
	say_copies(cli, result->unreadable_by);
	if (receipt != NULL)
		cli_say(cli, "Receipt: %s\n", receipt);
}

static void print_kinds(struct cli *cli, const char *name, const int64_t counts[KIND_COUNT], bool contacts)
{
	json_begin_object(&cli->w, name);
	if (contacts && counts[0] > 0)
		json_int(&cli->w, "contact", counts[0]);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (counts[kind] > 0)
			json_int(&cli->w, kind_name((enum record_kind)kind), counts[kind]);
	}
	json_end_object(&cli->w);
}

static enum result print_erased(struct cli *cli, const struct erase_result *result, struct err *err)
{
	struct json_writer *w = &cli->w;
	const struct json *receipt;
	char text[TIME_TEXT_MAX];
	enum result r = json_parse_once(result->receipt, strlen(result->receipt), &cli->pool, &receipt, err);

	if (r != OK)
		return r;
	json_begin_object(w, NULL);
	json_id(w, "job", JOB_PREFIX, result->job);
	json_id(w, "person", PERSON_PREFIX, result->person);
	json_int(w, "identities", result->identities);
	json_int(w, "contacts", result->contacts);
	print_kinds(cli, "records", result->removed.records, false);
	json_int(w, "media", result->removed.media);
	json_int(w, "media_bytes", result->removed.media_bytes);
	if (result->anonymise)
		anonymise_write(w, result->aggregated, &result->shown);
	print_kinds(cli, "kept", result->kept, true);
	print_kinds(cli, "obliged", result->obliged, false);
	json_begin_array(w, "laws");
	for (size_t i = 0; i < result->law_count; i++) {
		json_begin_object(w, NULL);
		json_string(w, "code", result->laws[i].code);
		json_int(w, "records", result->laws[i].records);
		json_date(w, "until", result->laws[i].until);
		json_end_object(w);
	}
	json_end_array(w);
	json_int(w, "agent_taken_out", result->left_by_agent);
	json_int(w, "left", count_left(&result->left));
	json_string(w, "unreadable_by",
		    result->unreadable_by.ms != 0 ? instant_format(result->unreadable_by, text) : NULL);
	json_int(w, "leaf", (int64_t)result->leaf);
	json_node(w, "receipt", receipt);
	json_end_object(w);
	return OK;
}

static enum result erase(struct cli *cli, const struct account *account, struct id person, const char *reference,
			 bool anonymise, struct erase_result *out, struct err *err)
{
	struct cli_progress progress;
	const struct erase_options options = {.now = cli->now,
					      .reference = reference,
					      .anonymise = anonymise,
					      .progress = show_progress,
					      .progress_arg = &progress};
	enum result r;

	cli_progress_begin(&progress, anonymise ? "Anonymising" : "Erasing");
	r = erase_person(cli->vault, account, person, &options, &cli->pool, out, err);
	cli_progress_end(&progress);
	return r;
}

/* The erasure stands whatever becomes of the file: so the receipt is still printed when it cannot be written. */
static enum result save_receipt(const char *path, const struct erase_result *result, struct err *err)
{
	const char *receipt = result->receipt;
	char job[ID_TEXT_MAX];
	enum result r;

	if (path == NULL)
		return OK;
	r = file_write_atomic(path, receipt, strlen(receipt), 0644, err);
	if (r == OK)
		return OK;
	printf("%s\n", receipt);
	return err_mend(err, "the person is erased; the receipt was printed instead, and `lethe person receipt %s` gives it "
			     "again", id_format(JOB_PREFIX, result->job, job));
}

static enum result forget(struct cli *cli, int argc, char **argv, bool anonymise, bool *partly, struct err *err)
{
	const char *receipt = NULL, *reference = NULL;
	bool yes = false;
	const struct cli_option options[] = {
		{"receipt", &receipt, NULL}, {"reference", &reference, NULL}, {"yes", NULL, &yes}};
	struct erase_result result = {0};
	struct account account;
	struct id person;
	enum result r = cli_parse(cli, options, 3, &argc, argv, 1, 1, err);

	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = person_find_one(&cli->vault->read, &account, argv[0], &cli->pool, &person, err);
	if (r == OK && !yes)
		r = confirm(cli, &account, person, anonymise, err);
	if (r == OK)
		r = erase(cli, &account, person, reference, anonymise, &result, err);
	if (r == OK)
		r = save_receipt(receipt, &result, err);
	if (r != OK)
		return r;
	*partly = sum(result.kept, 0) + sum(result.obliged, 0) > 0;
	say_erased(cli, &result, receipt);
	if (count_left(&result.left) > 0) {
		err_set(err, ERR_CORRUPT, "the second look found things that should be gone");
		return err_mend(err, "run the same command again, then `lethe check`");
	}
	return cli->json ? print_erased(cli, &result, err) : OK;
}

enum result cmd_person_erase(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	return forget(cli, argc, argv, false, partly, err);
}

enum result cmd_person_anonymise(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	return forget(cli, argc, argv, true, partly, err);
}
