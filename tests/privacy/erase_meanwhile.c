/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Holds, obligations, records and other erasures that come while a person is
 * being erased, between any two of its steps.
 */
#include "privacy/erasing.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/file.h"
#include "ingest/import.h"
#include "privacy/identities.h"
#include "privacy/resume.h"
#include "store/media.h"
#include "vault/aside.h"

#define ANNA "+4520111111"
#define ANNA_2 "+4520111112"
#define BENT "+4520222222"
#define CALL "2026-02-10T08:00:00Z"

struct meddling;
typedef void meddle(struct meddling *m);

/* What is done at the nth time that the erasure asks whether to stop. */
struct meddling {
	struct world *world;
	meddle *what;
	int64_t calls, at;
	bool living; /* the person's key was there then */
	bool whole;  /* and so was all of the call */
	bool there;  /* so was its row */
	struct id call, hold, added, anna, bent;
	int64_t hers, his; /* identities: her second, and Bent's */
	struct record_row copy; /* of the call */
	enum result r; /* of the erasure */
	struct erase_result result;
	struct err err;
};

static bool ask(void *arg, int64_t done)
{
	struct meddling *m = arg;

	(void)done;
	if (++m->calls != m->at)
		return false;
	m->living = has_key(m->world, KEY_IDENTITY, identity_of(m->world, IDENTITY_PHONE, ANNA, NULL));
	m->whole = m->living && strstr(payload_of(m->world, KIND_CALL, m->call), WORDS) != NULL;
	m->there = is_there(m->world, KIND_CALL, m->call);
	m->what(m);
	return false;
}

/* false when the erasure asks less often. */
static bool erase_and_meddle(struct meddling *m)
{
	struct erase_options options = {.now = m->world->now, .progress = ask, .progress_arg = m};

	m->r = erase_person(m->world->vault, &m->world->account, one(m->world, ANNA), &options, &m->world->pool,
			    &m->result, &m->err);
	world_reopen(m->world);
	return m->calls >= m->at;
}

/* Anna has two numbers, so that there are steps before the one that comes to the call. */
static void put_hers(struct meddling *m)
{
	const struct call_spec spec = {.at = CALL, .status = STATUS_ANSWERED, .from = ANNA_2, .to = BENT};

	world_put(m->world, KIND_NOTE, "2026-02-11T08:00:00Z", "{}", ANNA, NULL);
	m->call = put_call(m->world, &spec);
	link_them(m->world, ANNA, ANNA_2);
}

typedef void prepare(struct meddling *m);

/* In a world of its own for each n. */
static void at_any_step(struct world *world, prepare *before, meddle *what, meddle *after)
{
	bool met = true;

	for (int64_t at = 1; met; at++) {
		struct meddling m = {.world = world, .what = what, .at = at};

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		put_hers(&m);
		before(&m);
		met = erase_and_meddle(&m);
		assert_true(met || at > 4);
		if (met)
			after(&m);
	}
}

static void went_through(struct meddling *m)
{
	assert_ok(m->r, &m->err);
	nothing_runs(m->world);
	assert_sound(m->world);
}

static void hold_all(struct meddling *m)
{
	struct hold_request all = {.kinds = 1u << KIND_CALL | 1u << KIND_MESSAGE};

	m->hold = add_hold(m->world, &all);
}

static void oblige_calls(struct meddling *m)
{
	oblige(m->world, TELEPHONE);
}

static void hold_and_oblige(struct meddling *m)
{
	hold_all(m);
	oblige_calls(m);
}

/* ---- what comes ---- */

/* Nothing of hers is under it: so that there are steps before the keys go. */
static void oblige_others(struct meddling *m)
{
	oblige(m->world, INVOICES);
}

static void kept_if_in_time(struct meddling *m)
{
	went_through(m);
	assert_int_equal(is_there(m->world, KIND_CALL, m->call), m->living);
	if (m->living)
		assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
}

/* P10 */
static void a_hold_that_comes_before_the_keys_are_gone_keeps(void **state)
{
	at_any_step(*state, oblige_others, hold_all, kept_if_in_time);
}

static void cut_if_in_time(struct meddling *m)
{
	went_through(m);
	assert_int_equal(is_there(m->world, KIND_CALL, m->call), m->living);
	if (!m->living)
		return;
	assert_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
	assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), ANNA_2));
	assert_int_equal(row_of(m->world, KIND_CALL, m->call).party_count, 1);
}

/* P31 */
static void an_obligation_that_comes_before_the_keys_are_gone_keeps_its_fields(void **state)
{
	at_any_step(*state, oblige_others, oblige_calls, cut_if_in_time);
}

/* The law's cut may have been made by then; nothing is made whole again. */
static void kept_whole_or_cut(struct meddling *m)
{
	went_through(m);
	assert_true(is_there(m->world, KIND_CALL, m->call));
	if (m->whole && m->what == hold_all)
		assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
	assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), ANNA_2));
}

static void a_hold_that_comes_to_what_a_law_keeps_leaves_it_kept(void **state)
{
	at_any_step(*state, oblige_calls, hold_all, kept_whole_or_cut);
}

/* Once the keys are gone nothing of theirs arrives, until they are somebody new. */
static void put_one(struct meddling *m)
{
	if (m->living)
		m->added = world_put(m->world, KIND_CALL, "2026-03-01T11:00:00Z", "{\"n\":9}", ANNA, BENT, NULL);
}

static void both_are_kept(struct meddling *m)
{
	went_through(m);
	assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
	if (m->living)
		assert_opens(m->world, KIND_CALL, m->added, "{\"n\":9}");
}

/* P10: with a law too, so that there are steps between the last that seals for the hold and the keys. */
static void a_record_that_arrives_under_a_hold_is_kept(void **state)
{
	at_any_step(*state, hold_and_oblige, put_one, both_are_kept);
}

static void release_it(struct meddling *m)
{
	release_hold(m->world, m->hold);
}

static void all_is_gone(struct meddling *m)
{
	struct sweep_result result;

	went_through(m);
	run_sweep(m->world, &result);
	assert_false(is_there(m->world, KIND_CALL, m->call));
	assert_int_equal(listed(m->world, 1), 0);
	assert_false(has_key(m->world, KEY_HOLD, 1));
	assert_sound(m->world);
}

static void a_hold_that_is_released_meanwhile_keeps_nothing(void **state)
{
	at_any_step(*state, hold_all, release_it, all_is_gone);
}

static void cut_or_gone_to_be(struct meddling *m)
{
	struct sweep_result result;

	went_through(m);
	run_sweep(m->world, &result);
	assert_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
	assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), ANNA_2));
	assert_false(has_key(m->world, KEY_HOLD, 1));
	assert_sound(m->world);
}

static void a_hold_that_is_released_meanwhile_leaves_what_a_law_keeps(void **state)
{
	at_any_step(*state, hold_and_oblige, release_it, cut_or_gone_to_be);
}

/* It had expired under a hold that was released since: its key is there until its row goes. */
static void let_expire(struct meddling *m)
{
	struct sweep_result result;

	hold_all(m);
	set_policy(m->world, KIND_CALL, "10 days");
	run_sweep(m->world, &result);
	assert_int_equal(release_hold(m->world, m->hold), 1);
}

static void kept_if_there(struct meddling *m)
{
	assert_ok(m->r, &m->err);
	assert_int_equal(is_there(m->world, KIND_CALL, m->call), m->there);
	if (m->there)
		assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
}

static void a_hold_keeps_what_is_there_still(void **state)
{
	at_any_step(*state, let_expire, hold_all, kept_if_there);
}

/* Ib, an agent, is Anna too; the call of his is about Bent. */
static void put_his(struct meddling *m)
{
	oblige_others(m);
	m->added = world_put_agent(m->world, "2026-02-12T08:00:00Z", "{\"agent\":\"a7\"}", BENT, "a7");
	link_them(m->world, ANNA, "a7");
}

static void hold_his(struct meddling *m)
{
	m->whole = strstr(payload_of(m->world, KIND_CALL, m->added), "a7") != NULL;
	hold_all(m);
}

/* The erasure is refused, or done but for that. */
static void his_is_as_it_was(struct meddling *m)
{
	nothing_runs(m->world);
	assert_sound(m->world);
	if (m->whole)
		assert_opens(m->world, KIND_CALL, m->added, "{\"agent\":\"a7\"}");
}

/* P10 */
static void an_agent_is_taken_out_of_nothing_that_a_hold_came_to(void **state)
{
	at_any_step(*state, put_his, hold_his, his_is_as_it_was);
}

/* ---- what should not be there ---- */

static void keep_a_copy(struct meddling *m)
{
	oblige_others(m);
	m->copy = row_of(m->world, KIND_CALL, m->call);
}

static enum result again_op(struct session *session, void *arg, struct err *err)
{
	const struct meddling *m = arg;
	const struct record_row *row = &m->copy;
	struct party_key keys[PARTIES_MAX];
	bool inserted;
	enum result r = record_insert(session->data, row, &inserted, err);

	for (size_t i = 0; i < row->party_count; i++)
		keys[i] = (struct party_key){date_month_index(instant_date(id_time(row->id))), row->parties[i].identity, row->kind,
					     row->id};
	qsort(keys, row->party_count, sizeof keys[0], party_key_compare);
	return r == OK && inserted ? party_insert(session->data, row->account, keys, row->party_count, err) : r;
}

/* A fault that nobody knows of; at the last step it comes after the look. */
static void bring_back(struct meddling *m)
{
	struct err err;

	if (!m->there)
		assert_ok(vault_write(m->world->vault, again_op, m, &err), &err);
}

static int64_t brought_back;

static void is_counted(struct meddling *m)
{
	assert_ok(m->r, &m->err);
	if (m->result.left.records > 0)
		assert_true(is_there(m->world, KIND_CALL, m->call));
	brought_back += m->result.left.records;
}

/* P3 */
static void what_is_there_again_is_found_by_the_second_look(void **state)
{
	brought_back = 0;
	at_any_step(*state, keep_a_copy, bring_back, is_counted);
	assert_int_not_equal(brought_back, 0);
}

/* ---- other erasures ---- */

static enum result back_op(struct session *session, void *arg, struct err *err)
{
	struct meddling *m = arg;
	struct record_row row;
	bool back;
	enum result r =
	    record_get(session->data, m->world->account.number, KIND_CALL, m->call, &m->world->pool, &row, err);

	return r == OK ? aside_put_back(session, &row, &m->world->pool, &back, err) : r;
}

/* As the other end's erasure does that is given up. */
static void put_back(struct meddling *m)
{
	struct err err;

	assert_ok(vault_write(m->world->vault, back_op, m, &err), &err);
}

static void it_is_kept(struct meddling *m)
{
	went_through(m);
	assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
	assert_int_equal(cause_of(m->world, KIND_CALL, m->call), HELD_ERASED);
}

/* P10 */
static void what_another_erasure_puts_back_is_kept_all_the_same(void **state)
{
	at_any_step(*state, hold_and_oblige, put_back, it_is_kept);
}

static void erase_bent(struct meddling *m)
{
	struct err err;

	assert_ok(erase(m->world, BENT, &err), &err);
}

static void both_ends_can_be_erased_at_once(void **state)
{
	at_any_step(*state, hold_and_oblige, erase_bent, it_is_kept);
	at_any_step(*state, oblige_calls, erase_bent, kept_whole_or_cut);
}

static bool stop_at(void *arg, int64_t done)
{
	int64_t *steps = arg;

	(void)done;
	return --*steps == 0;
}

/* P9: not only with the next command: who has the vault open for long goes on with it, in a view of its own. */
static void what_failed_half_way_goes_on_in_the_same_process(void **state)
{
	struct world *world = *state;
	enum result r = ERR_INTERRUPTED;

	for (int64_t at = 1; r == ERR_INTERRUPTED; at++) {
		int64_t steps = at, done = 0;
		const struct erase_options options = {.now = world->now, .progress = stop_at, .progress_arg = &steps};
		struct meddling m = {.world = world};
		struct erase_result result;
		struct vault *view;
		struct err err;

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		put_hers(&m);
		oblige_others(&m);
		r = erase_person(world->vault, &world->account, one(world, ANNA), &options, &world->pool, &result, &err);
		assert_true(r == ERR_INTERRUPTED || (r == OK && at > 4));
		assert_ok(vault_view(world->vault, &view, &err), &err);
		assert_ok(resume_unfinished(view, world->now, &done, &err), &err);
		assert_int_equal(done, r == ERR_INTERRUPTED);
		assert_ok(resume_unfinished(view, world->now, &done, &err), &err);
		assert_int_equal(done, 0);
		vault_close(view);
		world_reopen(world);
		assert_false(is_there(world, KIND_CALL, m.call));
		went_through(&m);
	}
}

/* Somebody who deletes media all the time: there is always a blob that is listed and not yet gone. */
struct others {
	struct vault *vault, *view;
	struct trash_row row;
	atomic_bool enough;
	int64_t listed;
	sem_t begun; /* one is listed */
};

static enum result list_one(struct session *session, void *arg, struct err *err)
{
	const struct others *others = arg;

	return trash_add(session->data, &others->row, err);
}

static void *list_trash(void *arg)
{
	struct others *others = arg;
	struct err err;
	bool there = true;

	while (!atomic_load(&others->enough)) {
		enum result r;

		others->row.blob = id_new((struct instant){++others->listed});
		r = vault_write(others->vault, list_one, others, &err);
		sem_post(&others->begun);
		if (r != OK)
			break;
		for (there = true; there && !atomic_load(&others->enough);)
			if (trash_has(others->view->read.data, &others->row, &there, &err) != OK)
				return NULL;
	}
	return NULL;
}

/* P3 */
static void what_others_are_about_to_remove_is_not_taken_for_what_is_left(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct others others = {.vault = world->vault, .row = {.account = world->account.number, .kind = KIND_CALL}};
	struct meddling m = {.world = world};
	struct erase_result result;
	uint64_t removed;
	pthread_t thread;
	struct err err;

	put_hers(&m);
	assert_ok(vault_view(world->vault, &others.view, &err), &err);
	assert_int_equal(sem_init(&others.begun, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, list_trash, &others), 0);
	while (sem_wait(&others.begun) != 0)
		continue;
	assert_ok(erase_person(world->vault, &world->account, one(world, ANNA), &options, &world->pool, &result, &err),
		  &err);
	atomic_store(&others.enough, true);
	pthread_join(thread, NULL);
	vault_close(others.view);
	sem_destroy(&others.begun);
	assert_int_equal(result.left.blobs, 0);
	assert_ok(vault_empty_trash(world->vault, &removed, &err), &err); /* the last one */
	went_through(&m);
}

/* ---- imports ---- */

static struct import_result take_in(struct world *world, const char *text)
{
	const char *path = pool_printf(&world->pool, "%s/in.jsonl", world->base);
	const struct import_options options = {.account = &world->account, .now = world->now};
	struct import_result result;
	struct err err;

	assert_ok(file_write_atomic(path, text, strlen(text), 0600, &err), &err);
	assert_ok(import_files(world->vault, &options, &path, 1, &result, &err), &err);
	assert_int_equal(result.rejected, 0);
	return result;
}

/* Of a minute after the erasure began, when she called again; and of before it. */
#define AGAIN "{\"type\":\"call\",\"id\":\"again\",\"time\":\"2026-03-01T12:01:00Z\",\"from\":\"" ANNA_2 "\",\"to\":\"" BENT "\"}\n"
#define BEFORE "{\"type\":\"call\",\"id\":\"before\",\"time\":\"2026-02-28T12:00:00Z\",\"from\":\"" ANNA "\",\"to\":\"" BENT "\"}\n"
#define HERS "{\"type\":\"contact\",\"id\":\"hers\",\"name\":\"Annette Holst\",\"phones\":[\"" ANNA "\",\"+4520333333\"]}\n"

static void import_call(struct meddling *m)
{
	struct import_result result = take_in(m->world, AGAIN);

	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.identities, m->living ? 0 : 1);
}

/* Whoever calls once they are erased is somebody new. */
static void erased_or_somebody_new(struct meddling *m)
{
	struct import_result result;

	went_through(m);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, ANNA, NULL), 0);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, ANNA_2, NULL) != 0, !m->living);
	result = take_in(m->world, AGAIN);
	assert_int_equal(result.refused_erased, m->living);
	assert_int_equal(result.duplicates, !m->living);
}

/* P5 */
static void a_call_that_is_imported_meanwhile_is_erased_too_or_of_somebody_new(void **state)
{
	at_any_step(*state, oblige_others, import_call, erased_or_somebody_new);
	at_any_step(*state, hold_and_oblige, import_call, went_through);
}

static void import_old(struct meddling *m)
{
	struct import_result result = take_in(m->world, BEFORE HERS);

	assert_int_equal(result.records[KIND_CALL], m->living);
	assert_int_equal(result.contacts_new, m->living);
	assert_int_equal(result.refused_erased, m->living ? 0 : 2);
}

static void is_nobody(struct meddling *m)
{
	went_through(m);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, ANNA, NULL), 0);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, ANNA_2, NULL), 0);
}

static void what_was_before_is_refused_as_soon_as_the_keys_are_gone(void **state)
{
	at_any_step(*state, oblige_others, import_old, is_nobody);
}

/* ---- identities that would leave or join ---- */

static void number_them(struct meddling *m)
{
	oblige_others(m);
	m->hers = identity_of(m->world, IDENTITY_PHONE, ANNA_2, &m->anna);
	m->his = identity_of(m->world, IDENTITY_PHONE, BENT, &m->bent);
}

static void is_refused(enum result r, const struct err *err)
{
	assert_int_equal(r, ERR_WRONG_STATE);
	assert_non_null(strstr(err->what, "is being erased"));
}

static void move_identities(struct meddling *m)
{
	struct vault *vault = m->world->vault;
	const struct account *account = &m->world->account;
	struct instant now = m->world->now;
	struct err err;
	struct id out;
	bool changed;

	is_refused(identities_link(vault, account, m->his, m->anna, now, &changed, &err), &err);
	if (!m->living)
		return;
	is_refused(person_link(vault, account, m->bent, m->anna, now, &changed, &err), &err);
	is_refused(person_link(vault, account, m->anna, m->bent, now, &changed, &err), &err);
	is_refused(identities_link(vault, account, m->hers, m->bent, now, &changed, &err), &err);
	is_refused(identities_unlink(vault, account, m->hers, now, &out, &err), &err);
	is_refused(person_unlink(vault, account, m->anna, m->hers, now, &out, &err), &err);
}

static void she_is_gone_and_he_is_not(struct meddling *m)
{
	went_through(m);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, ANNA_2, NULL), 0);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, BENT, NULL), m->his);
	assert_false(has_key(m->world, KEY_IDENTITY, m->hers));
	assert_true(has_key(m->world, KEY_IDENTITY, m->his));
}

static void no_identity_leaves_or_joins_who_is_being_erased(void **state)
{
	at_any_step(*state, number_them, move_identities, she_is_gone_and_he_is_not);
}

#define BOTH "{\"type\":\"contact\",\"id\":\"both\",\"name\":\"Annette Holst\",\"phones\":[\"" ANNA "\",\"" BENT "\"]}\n"

static void import_both(struct meddling *m)
{
	struct import_result result;
	struct id bent;

	if (!m->living)
		return;
	result = take_in(m->world, BOTH);
	assert_int_equal(result.contacts_new, 1);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, BENT, &bent), m->his);
	assert_int_equal(id_compare(bent, m->bent), 0);
}

static void a_contact_makes_nobody_one_with_who_is_being_erased(void **state)
{
	at_any_step(*state, number_them, import_both, she_is_gone_and_he_is_not);
}

struct joining { struct world *world; int64_t identity; struct id person; };

static enum result join_op(struct session *session, void *arg, struct err *err)
{
	const struct joining *joining = arg;

	return identity_move(session->data, joining->world->account.number, joining->identity, joining->person, err);
}

/* As if it were written just before the erasure begins. */
static void an_identity_that_joined_just_before_goes_too(void **state)
{
	struct joining joining = {.world = *state};
	struct meddling m = {.world = *state};
	struct err err;

	put_hers(&m);
	joining.identity = identity_of(m.world, IDENTITY_PHONE, BENT, NULL);
	identity_of(m.world, IDENTITY_PHONE, ANNA, &joining.person);
	vault_witness(m.world->vault, join_op, &joining);
	assert_ok(erase(m.world, ANNA, &err), &err);
	vault_witness(m.world->vault, NULL, NULL);
	assert_false(has_key(m.world, KEY_IDENTITY, joining.identity));
	nothing_runs(m.world);
	assert_sound(m.world);
}

/* ---- damage that comes late ---- */

static void put_damaged(struct meddling *m)
{
	put_one(m);
	if (m->living)
		spoil_record(m->world, KIND_CALL, m->added);
}

static void put_contact(struct meddling *m)
{
	hold_and_oblige(m);
	m->hold = hold_person(m->world, ANNA);
	world_put_contacts(m->world, ANNA, 1);
}

/* Refused while there is a way back, and then all is as it was; else it goes through, and what opens is kept. */
static void as_it_was_or_kept(struct meddling *m)
{
	struct contact_row contact;
	struct id ids[1], none = {{0}};
	struct err err;
	size_t count;

	nothing_runs(m->world);
	assert_non_null(strstr(payload_of(m->world, KIND_CALL, m->call), WORDS));
	if (m->r == OK)
		return;
	assert_int_equal(m->r, ERR_CORRUPT);
	assert_true(m->living);
	assert_int_equal(row_of(m->world, KIND_CALL, m->call).hold, 0);
	assert_int_equal(listed(m->world, 1) + listed(m->world, 2), 0);
	assert_ok(contact_list_identity(m->world->vault->read.data, m->world->account.number,
					identity_of(m->world, IDENTITY_PHONE, ANNA, NULL), none, ids, 1, &count, &err),
		  &err);
	assert_int_equal(count, 1);
	contact = contact_of(m->world, ids[0]);
	assert_int_equal(contact.hold, 0);
}

/* P9, P10 */
static void a_damaged_record_that_arrives_stops_it_as_long_as_nothing_is_gone(void **state)
{
	at_any_step(*state, put_contact, put_damaged, as_it_was_or_kept);
}

static void oblige_and_hold_messages(struct meddling *m)
{
	struct hold_request messages = {.kinds = 1u << KIND_MESSAGE};

	oblige_calls(m);
	m->hold = add_hold(m->world, &messages);
}

static void put_damaged_message(struct meddling *m)
{
	struct record_row row;
	struct err err;

	if (!m->living)
		return;
	m->added = world_put(m->world, KIND_MESSAGE, "2026-03-01T11:00:00Z", "{\"n\":9}", ANNA, NULL);
	row = row_of(m->world, KIND_MESSAGE, m->added);
	assert_ok(vault_write(m->world->vault, spoil_record_op, &row, &err), &err);
}

static void refused_whole_or_done(struct meddling *m)
{
	bool whole = strstr(payload_of(m->world, KIND_CALL, m->call), WORDS) != NULL;

	nothing_runs(m->world);
	assert_int_equal(m->r == OK, !whole);
	assert_int_equal(identity_of(m->world, IDENTITY_PHONE, ANNA, NULL) == 0, !whole);
	assert_true(m->whole || m->r == OK);
}

/* P9, P31: of what is cut down nothing can be put back. */
static void nothing_stops_it_any_more_once_something_is_cut_down(void **state)
{
	at_any_step(*state, oblige_and_hold_messages, put_damaged_message, refused_whole_or_done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_hold_that_comes_before_the_keys_are_gone_keeps),
	    KEEPING(an_obligation_that_comes_before_the_keys_are_gone_keeps_its_fields),
	    KEEPING(a_hold_that_comes_to_what_a_law_keeps_leaves_it_kept),
	    KEEPING(a_record_that_arrives_under_a_hold_is_kept),
	    KEEPING(a_hold_that_is_released_meanwhile_keeps_nothing),
	    KEEPING(a_hold_that_is_released_meanwhile_leaves_what_a_law_keeps),
	    KEEPING(a_hold_keeps_what_is_there_still),
	    KEEPING(an_agent_is_taken_out_of_nothing_that_a_hold_came_to),
	    KEEPING(what_is_there_again_is_found_by_the_second_look),
	    KEEPING(what_another_erasure_puts_back_is_kept_all_the_same),
	    KEEPING(both_ends_can_be_erased_at_once),
	    KEEPING(what_failed_half_way_goes_on_in_the_same_process),
	    KEEPING(what_others_are_about_to_remove_is_not_taken_for_what_is_left),
	    KEEPING(no_identity_leaves_or_joins_who_is_being_erased),
	    KEEPING(a_contact_makes_nobody_one_with_who_is_being_erased),
	    KEEPING(an_identity_that_joined_just_before_goes_too),
	    KEEPING(a_call_that_is_imported_meanwhile_is_erased_too_or_of_somebody_new),
	    KEEPING(what_was_before_is_refused_as_soon_as_the_keys_are_gone),
	    KEEPING(a_damaged_record_that_arrives_stops_it_as_long_as_nothing_is_gone),
	    KEEPING(nothing_stops_it_any_more_once_something_is_cut_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
