/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/quote.h"
#include "api/operations.h"
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
static const char *name_of(struct call *call, const struct account *account, const struct person *person)
{
	const char *name = NULL;
	struct pool scratch;
	struct err ignored;

	pool_init(&scratch, SCRATCH_MAX);
	for (size_t i = 0; i < person->contact_count && name == NULL; i++) {
		pool_reset(&scratch);
		(void)open_name(&call->vault->read, account, person->contacts[i], &scratch, &name, &ignored);
	}
	if (name != NULL)
		name = pool_strdup(&call->pool, name);
	pool_free(&scratch);
	return name;
}

/* Their id, and their name where there is one. */
static void say_person(struct call *call, const char *id, const char *name)
{
	if (name != NULL)
		call_say(call, "%s  %s\n", id, call_clean(call, name));
	else
		call_say(call, "%s\n", id);
}

static void say_identities(struct call *call, const struct person *person)
{
	for (size_t i = 0; i < person->identity_count; i++)
		call_say(call, "  %-9s %s\n", identity_kind_name(person->identities[i].kind),
			 call_clean(call, person->identities[i].value));
}

static void print_identities(struct call *call, const struct person *person)
{
	json_begin_array(&call->w, "identities");
	for (size_t i = 0; i < person->identity_count; i++) {
		json_begin_object(&call->w, NULL);
		json_int(&call->w, "id", person->identities[i].identity);
		json_string(&call->w, "kind", identity_kind_name(person->identities[i].kind));
		json_string(&call->w, "value", person->identities[i].value);
		json_instant(&call->w, "created", person->identities[i].created);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
}

static void print_ids(struct call *call, const char *name, const char *prefix, const struct id *ids, size_t count)
{
	json_begin_array(&call->w, name);
	for (size_t i = 0; i < count; i++)
		json_id(&call->w, NULL, prefix, ids[i]);
	json_end_array(&call->w);
}

/* ---- find ---- */

static enum result find_one(struct call *call, const struct account *account, struct id id, struct err *err)
{
	struct person *person = pool_alloc(&call->pool, sizeof *person);
	char text[ID_TEXT_MAX];
	const char *name;
	enum result r;

	if (person == NULL)
		return err_no_memory(err);
	r = person_load(&call->vault->read, account, id, &call->pool, person, err);
	if (r == OK)
		r = person_note_read(&call->vault->read, "person.find", account, id, call->now, err);
	if (r != OK)
		return r;
	name = name_of(call, account, person);
	say_person(call, id_format(PERSON_PREFIX, id, text), name);
	say_identities(call, person);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", text);
	json_string(&call->w, "name", name);
	print_identities(call, person);
	json_end_object(&call->w);
	return OK;
}

enum result op_person_find(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id found[PERSON_FOUND_MAX];
	size_t count = 0;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = person_find(&call->vault->read, &account, argv[0], &call->pool, found, PERSON_FOUND_MAX, &count,
				err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "persons");
	for (size_t i = 0; i < count && r == OK; i++)
		r = find_one(call, &account, found[i], err);
	json_end_array(&call->w);
	json_end_object(&call->w);
	if (r == OK && count == 0) {
		err_set(err, ERR_NOT_FOUND, "nobody here is known by that");
		r = err_mend(err,
			     "try a number with its country code, an e-mail address, or words of a contact's name");
	}
	return r;
}

/* ---- show ---- */

static void say_contacts(struct call *call, int64_t n)
{
	char count[32];

	call_say(call, "  %9s %s\n", call_count(n, count), n == 1 ? "contact" : "contacts");
}

static void say_counts(struct call *call, const struct person *person)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], count[32];
	int64_t all = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (person->records[kind] == 0)
			continue;
		all += person->records[kind];
		call_say(call, "  %9s %s\n", call_count(person->records[kind], count),
			 call_kind((enum record_kind)kind, person->records[kind]));
	}
	say_contacts(call, (int64_t)person->contact_count);
	if (person->deleted_count > 0)
		call_say(call,
			 "  %9s deleted %s: `lethe contact list --deleted` says until when each can be brought back\n",
			 call_count((int64_t)person->deleted_count, count),
			 person->deleted_count == 1 ? "contact" : "contacts");
	if (all > 0)
		call_say(call, "  from %s to %s\n", date_format(instant_date(person->first), first),
			 date_format(instant_date(person->last), last));
}

static void print_counts(struct call *call, const struct person *person)
{
	char at[TIME_TEXT_MAX];

	json_begin_object(&call->w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (person->records[kind] > 0)
			json_int(&call->w, kind_name((enum record_kind)kind), person->records[kind]);
	}
	json_end_object(&call->w);
	json_string(&call->w, "first", person->first.ms != 0 ? instant_format(person->first, at) : NULL);
	json_string(&call->w, "last", person->last.ms != 0 ? instant_format(person->last, at) : NULL);
}

static enum result load_id(struct call *call, const struct account *account, struct id id, struct person **out,
			   struct err *err)
{
	enum result r;

	*out = pool_alloc(&call->pool, sizeof **out);
	if (*out == NULL)
		return err_no_memory(err);
	r = person_load(&call->vault->read, account, id, &call->pool, *out, err);
	return r == OK ? person_load_counts(&call->vault->read, account, *out, err) : r;
}

/* The person that argv names, loaded. */
static enum result load(struct call *call, const struct account *account, const char *who, struct person **out,
			struct err *err)
{
	struct id id;
	enum result r = person_find_one(&call->vault->read, account, who, &call->pool, &id, err);

	return r == OK ? load_id(call, account, id, out, err) : r;
}

static void show_user(struct call *call, const struct user_shown *user)
{
	char id[ID_TEXT_MAX], last[TIME_TEXT_MAX];

	call_say(call, "  is the user %s, %s", id_format(USER_PREFIX, user->row.id, id),
		 user_role_name(user->row.role));
	if (user->name != NULL)
		call_say(call, ", who signs in as %s", call_clean(call, user->name));
	call_say(call, "; last signed in: %s\n",
		 user->row.signed_in ? date_format(instant_date(user->row.last_sign_in), last) : "never");
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", id);
	json_string(&call->w, "name", user->name);
	json_string(&call->w, "role", user_role_name(user->row.role));
	json_instant(&call->w, "created", user->row.created);
	json_string(&call->w, "last_sign_in",
		    user->row.signed_in ? instant_format(user->row.last_sign_in, last) : NULL);
	json_end_object(&call->w);
}

static enum result show_users(struct call *call, const struct account *account, const struct person *person,
			      struct err *err)
{
	struct user_shown *users;
	size_t count;
	enum result r = users_of_person(&call->vault->read, account, person, &call->pool, &users, &count, err);

	json_begin_array(&call->w, "users");
	for (size_t i = 0; i < count && r == OK; i++)
		show_user(call, &users[i]);
	json_end_array(&call->w);
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

static enum result show_restriction(struct call *call, const struct hold_row *row, struct err *err)
{
	struct hold_texts texts;
	char since[TIME_TEXT_MAX];
	enum result r = holds_open_texts(&call->vault->read, row, &call->pool, &texts, err);

	if (r != OK)
		return r;
	date_format(instant_date(row->created), since);
	call_say(call, "  restricted since %s, ground %s: to be stored, and not otherwise used (GDPR, art. 18)\n",
		 since, call_clean(call, texts.matter));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "hold", HOLD_PREFIX, row->id);
	json_instant(&call->w, "since", row->created);
	json_string(&call->w, "ground", texts.matter);
	json_string(&call->w, "reason", *texts.reason != '\0' ? texts.reason : NULL);
	json_end_object(&call->w);
	return OK;
}

static enum result show_held(struct call *call, const struct account *account, const struct person *person,
			     struct err *err)
{
	struct hold_set set;
	char id[ID_TEXT_MAX];
	enum result r = holds_load(&call->vault->read, account->number, &call->pool, &set, err);

	if (r != OK)
		return r;
	json_begin_array(&call->w, "holds");
	for (size_t i = 0; i < set.legal; i++) {
		if (!names_person(&set.scopes[i].row, person))
			continue;
		call_say(call, "  under legal hold %s: what it covers is deleted by nothing\n",
			 id_format(HOLD_PREFIX, set.scopes[i].row.id, id));
		json_string(&call->w, NULL, id);
	}
	json_end_array(&call->w);
	json_begin_array(&call->w, "restrictions");
	for (size_t i = set.legal; i < set.count && r == OK; i++) {
		if (names_person(&set.scopes[i].row, person))
			r = show_restriction(call, &set.scopes[i].row, err);
	}
	json_end_array(&call->w);
	return r;
}

enum result op_person_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct person *person = NULL;
	char id[ID_TEXT_MAX];
	const char *name;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = load(call, &account, argv[0], &person, err);
	if (r == OK)
		r = person_note_read(&call->vault->read, "person.show", &account, person->id, call->now, err);
	if (r != OK)
		return r;
	name = name_of(call, &account, person);
	say_person(call, id_format(PERSON_PREFIX, person->id, id), name);
	say_identities(call, person);
	say_counts(call, person);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", id);
	json_string(&call->w, "name", name);
	print_identities(call, person);
	print_ids(call, "contacts", CONTACT_PREFIX, person->contacts, person->contact_count);
	print_ids(call, "deleted_contacts", CONTACT_PREFIX, person->deleted, person->deleted_count);
	print_counts(call, person);
	r = show_users(call, &account, person, err);
	if (r == OK)
		r = show_held(call, &account, person, err);
	json_end_object(&call->w);
	return r;
}

/* ---- link, unlink ---- */

enum result op_person_link(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id a, b;
	char text[ID_TEXT_MAX];
	bool changed = false;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[0], &call->pool, &a, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[1], &call->pool, &b, err);
	if (r == OK)
		r = person_link(call->vault, &account, a, b, call->now, &changed, err);
	if (r != OK)
		return r;
	id_format(PERSON_PREFIX, a, text);
	call_say(call, changed ? "They are one person now: %s\n" : "They are one person already: %s\n", text);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "person", text);
	json_bool(&call->w, "changed", changed);
	json_end_object(&call->w);
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

enum result op_person_unlink(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct person *person = NULL;
	struct id out;
	int64_t identity = 0;
	char text[ID_TEXT_MAX];
	enum result r = call_parse(call, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = load(call, &account, argv[0], &person, err);
	if (r == OK)
		r = pick_identity(person, argv[1], &identity, err);
	if (r == OK)
		r = person_unlink(call->vault, &account, person->id, identity, call->now, &out, err);
	if (r != OK)
		return r;
	call_say(call, "It is a person of its own now: %s\n", id_format(PERSON_PREFIX, out, text));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "person", PERSON_PREFIX, out);
	json_end_object(&call->w);
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
static enum result confirm(struct call *call, const struct account *account, struct id id, bool anonymise,
			   struct err *err)
{
	struct person *person = NULL;
	char count[32];
	enum result r;

	if (!call_can_ask(call)) {
		err_set(err, ERR_DENIED, "%s cannot be undone, and there is nobody to ask",
			anonymise ? "anonymising" : "erasing");
		return err_mend(err, "add --yes");
	}
	r = load_id(call, account, id, &person, err);
	if (r != OK)
		return r;
	call_remark(call, "%s\n", call_clean(call, name_of(call, account, person)));
	for (size_t i = 0; i < person->identity_count; i++)
		call_remark(call, "  %-9s %s\n", identity_kind_name(person->identities[i].kind),
			    call_clean(call, person->identities[i].value));
	return call_ask(call, "%s this person and %s records? It cannot be undone. ", anonymise ? "Anonymise" : "Erase",
			call_count(sum(person->records, KIND_FIRST), count))
		   ? OK
		   : err_set(err, ERR_INTERRUPTED, "nothing was %s", anonymise ? "anonymised" : "erased");
}

static bool show_progress(void *arg, int64_t done)
{
	return call_progress_show(arg, done, 0);
}

static void say_kinds(struct call *call, const int64_t counts[KIND_COUNT])
{
	char count[32];

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (counts[kind] > 0)
			call_say(call, "  %9s %s\n", call_count(counts[kind], count),
				 call_kind((enum record_kind)kind, counts[kind]));
	}
}

static int64_t count_left(const struct erase_left *left)
{
	return left->keys + left->identities + left->contacts + left->records + left->blobs;
}

static void say_copies(struct call *call, struct instant unreadable_by)
{
	char at[TIME_TEXT_MAX];

	if (unreadable_by.ms != 0)
		call_say(call, "Unreadable in every older copy by %s, when keys are rotated by then.\n",
			 instant_format(unreadable_by, at));
	else if (root_promise(call->vault->shared->root) == ROOT_CANNOT_FORGET)
		call_say(
		    call,
		    "Older copies of keys and root still open it: this root cannot forget (`lethe keys status`).\n");
	else
		call_say(call, "Older copies still open it until `lethe keys rotate` has run, which is overdue.\n");
}

static void say_obliged(struct call *call, const struct erase_result *result)
{
	char count[32], until[TIME_TEXT_MAX];

	call_say(call, "Cut down to the fields that a law forbids to delete:\n");
	say_kinds(call, result->obliged);
	for (size_t i = 0; i < result->law_count; i++)
		call_say(call, "  by %s: %s, all gone on %s\n", result->laws[i].code,
			 call_count(result->laws[i].records, count), date_format(result->laws[i].until, until));
}

static void say_anonymised(struct call *call, const struct erase_result *result)
{
	char count[32];

	call_say(call, "What %s records said in plain columns was added to the aggregates (`lethe aggregate list`):\n",
		 call_count(sum(result->aggregated, KIND_FIRST), count));
	for (int step = 0; step < COARSEN_STEPS; step++) {
		if (result->shown.records[step] > 0)
			call_say(call, "  %9s shown from now on, %s\n", call_count(result->shown.records[step], count),
				 coarsen_text((enum coarsen_step)step));
	}
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (result->shown.waits[kind])
			call_say(call, "  some %s wait: fewer than %lld people are in them\n",
				 kind_plural((enum record_kind)kind), (long long)result->shown.k);
	}
}

static void say_erased(struct call *call, const struct erase_result *result, const char *receipt)
{
	char count[32], bytes[32];
	int64_t kept = sum(result->kept, 0), obliged = sum(result->obliged, 0);

	call_say(call, result->anonymise && kept + obliged == 0
			   ? "Anonymised. Nothing of this person can be read here from now on.\n"
		       : result->anonymise   ? "Anonymised, but for what a legal hold or a law keeps.\n"
		       : kept + obliged == 0 ? "Erased. Nothing of this person can be read here from now on.\n"
		       : kept == 0           ? "Erased, but for the fields that a law forbids to delete.\n"
					     : "Erased, but for what a legal hold keeps.\n");
	call_say(call, "  %9s %s\n", call_count(result->identities, count),
		 result->identities == 1 ? "identity, and its key" : "identities, and their keys");
	say_contacts(call, result->contacts);
	say_kinds(call, result->removed.records);
	call_say(call, "  %9s %s, %s\n", call_count(result->removed.media, count),
		 result->removed.media == 1 ? "file" : "files",
		 call_bytes((uint64_t)result->removed.media_bytes, bytes));
	if (result->anonymise)
		say_anonymised(call, result);
	if (kept > 0) {
		call_say(call, "Kept, because a legal hold covers them (`lethe hold list`):\n");
		if (result->kept[0] > 0)
			say_contacts(call, result->kept[0]);
		say_kinds(call, result->kept);
	}
	if (obliged > 0)
		say_obliged(call, result);
	if (result->left_by_agent > 0)
		call_say(call, "Taken out of %s records of others, as their agent; free text is not rewritten.\n",
			 call_count(result->left_by_agent, count));
	if (count_left(&result->left) == 0)
		call_say(call, "Looked again in every store: nothing is left.\n");
	say_copies(call, result->unreadable_by);
	if (receipt != NULL)
		call_say(call, "Receipt: %s\n", receipt);
}

static void print_kinds(struct call *call, const char *name, const int64_t counts[KIND_COUNT], bool contacts)
{
	json_begin_object(&call->w, name);
	if (contacts && counts[0] > 0)
		json_int(&call->w, "contact", counts[0]);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (counts[kind] > 0)
			json_int(&call->w, kind_name((enum record_kind)kind), counts[kind]);
	}
	json_end_object(&call->w);
}

static enum result print_erased(struct call *call, const struct erase_result *result, struct err *err)
{
	struct json_writer *w = &call->w;
	const struct json *receipt;
	char text[TIME_TEXT_MAX];
	enum result r = json_parse_once(result->receipt, strlen(result->receipt), &call->pool, &receipt, err);

	if (r != OK)
		return r;
	json_begin_object(w, NULL);
	json_id(w, "job", JOB_PREFIX, result->job);
	json_id(w, "person", PERSON_PREFIX, result->person);
	json_int(w, "identities", result->identities);
	json_int(w, "contacts", result->contacts);
	print_kinds(call, "records", result->removed.records, false);
	json_int(w, "media", result->removed.media);
	json_int(w, "media_bytes", result->removed.media_bytes);
	if (result->anonymise)
		anonymise_write(w, result->aggregated, &result->shown);
	print_kinds(call, "kept", result->kept, true);
	print_kinds(call, "obliged", result->obliged, false);
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

static enum result erase(struct call *call, const struct account *account, struct id person, const char *reference,
			 bool anonymise, struct erase_result *out, struct err *err)
{
	struct call_progress progress;
	const struct erase_options options = {.now = call->now,
					      .reference = reference,
					      .anonymise = anonymise,
					      .progress = show_progress,
					      .progress_arg = &progress};
	enum result r;

	call_progress_begin(call, &progress, anonymise ? "Anonymising" : "Erasing");
	r = erase_person(call->vault, account, person, &options, &call->pool, out, err);
	call_progress_end(&progress);
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
	return err_mend(err,
			"the person is erased; the receipt was printed instead, and `lethe person receipt %s` gives it "
			"again",
			id_format(JOB_PREFIX, result->job, job));
}

static enum result forget(struct call *call, int argc, char **argv, bool anonymise, bool *partly, struct err *err)
{
	const char *receipt = NULL, *reference = NULL;
	bool yes = false;
	const struct call_option options[] = {
	    {"receipt", &receipt, NULL}, {"reference", &reference, NULL}, {"yes", NULL, &yes}};
	struct erase_result result = {0};
	struct account account;
	struct id person;
	enum result r = call_parse(call, options, 3, &argc, argv, 1, 1, err);

	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[0], &call->pool, &person, err);
	if (r == OK && !yes)
		r = confirm(call, &account, person, anonymise, err);
	if (r == OK)
		r = erase(call, &account, person, reference, anonymise, &result, err);
	if (r == OK)
		r = save_receipt(receipt, &result, err);
	if (r != OK)
		return r;
	*partly = sum(result.kept, 0) + sum(result.obliged, 0) > 0;
	say_erased(call, &result, receipt);
	if (count_left(&result.left) > 0) {
		err_set(err, ERR_CORRUPT, "the second look found things that should be gone");
		return err_mend(err, "run the same command again, then `lethe check`");
	}
	return call->json ? print_erased(call, &result, err) : OK;
}

enum result op_person_erase(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	return forget(call, argc, argv, false, partly, err);
}

enum result op_person_anonymise(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	return forget(call, argc, argv, true, partly, err);
}
