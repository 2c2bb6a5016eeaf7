/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is under way with a record, and what `why` says of it.
 */
#include "privacy/erasing.h"

#include "privacy/anonymise_record.h"
#include "retention/erasing.h"
#include "retention/why.h"

#define ANNA "+4520111111"
#define ANNA_2 "+4520111112"
#define BENT "+4520222222"

static struct id call(struct world *world, const char *phone)
{
	return world_put(world, KIND_CALL, "2026-02-10T08:00:00Z", "{\"n\":1}", phone, BENT, NULL);
}

static bool at_once(void *arg, int64_t done)
{
	(void)arg, (void)done;
	return true;
}

/* Stopped as soon as it asks. */
static void begin(struct world *world, const char *who, bool anonymise)
{
	const struct erase_options options = {.now = world->now, .anonymise = anonymise, .progress = at_once};
	struct erase_result result;
	struct err err;

	assert_int_equal(
	    erase_person(world->vault, &world->account, one(world, who), &options, &world->pool, &result, &err),
	    ERR_INTERRUPTED);
}

static struct erasing erasing_of(struct world *world, struct id id)
{
	struct record_row row = row_of(world, KIND_CALL, id);
	struct erasing erasing;
	struct err err;

	assert_ok(erasing_find(&world->vault->read, &row, &erasing, &err), &err);
	return erasing;
}

static enum result ask(struct world *world, struct id id, struct why *out, struct err *err)
{
	char text[ID_TEXT_MAX];

	id_format("call", id, text);
	return why_record(&world->vault->read, world->account.number, text, world->now, &world->pool, out, err);
}

static struct disposition why_of(struct world *world, struct id id)
{
	struct why why;
	struct err err;

	assert_ok(ask(world, id, &why, &err), &err);
	return why.disposition;
}

static void assert_says(const struct disposition *d, size_t i, const char *rule, const char *sentence)
{
	char text[DISPOSITION_TEXT_MAX];

	assert_true(i < d->count);
	assert_string_equal(d->reasons[i].rule, rule);
	assert_string_equal(disposition_text(&d->reasons[i], text), sentence);
}

static void that_its_person_is_being_erased_is_why_it_goes(void **state)
{
	struct world *world = *state;
	struct id hers = call(world, ANNA), other = call(world, ANNA_2);
	struct disposition d;

	set_policy(world, KIND_CALL, "1 year");
	oblige(world, INVOICES); /* so that it has something to ask before the keys go */
	begin(world, ANNA, false);
	world->now = world_time("2026-03-03T12:00:00Z");
	d = why_of(world, hers);
	assert_int_equal(d.verdict, VERDICT_DELETE);
	assert_int_equal(d.count, 2);
	assert_says(&d, 0, "erasure",
		    "the erasure of its person began on 2026-03-01: the next command that writes goes on with it");
	assert_int_equal(why_of(world, other).verdict, VERDICT_KEEP_UNTIL);
}

static void a_hold_decides_before_an_erasure_that_is_under_way(void **state)
{
	struct world *world = *state;
	struct id hers = call(world, ANNA);
	struct disposition d;

	hold_person(world, ANNA);
	begin(world, ANNA, false);
	d = why_of(world, hers);
	assert_int_equal(d.verdict, VERDICT_KEEP);
	assert_string_equal(d.reasons[d.decides].rule, "hold");
	assert_int_equal(d.reasons[1].erasure, ERASURE_UNDER_WAY);
	resume(world);
	d = why_of(world, hers);
	assert_int_equal(d.reasons[1].erasure, ERASURE_DONE);
}

static void that_its_person_is_being_anonymised_is_said_so(void **state)
{
	struct world *world = *state;
	struct id hers = call(world, ANNA);
	struct disposition d;

	oblige(world, INVOICES);
	begin(world, ANNA, true);
	d = why_of(world, hers);
	assert_says(&d, 0, "erasure",
		    "the anonymisation of its person began on 2026-03-01: the next command that writes goes on with it");
}

/* It is about somebody else, and stays. */
static void who_is_only_its_agent_takes_nothing_along(void **state)
{
	struct world *world = *state;
	struct id id = world_put_agent(world, "2026-02-10T08:00:00Z", "{\"agent\":\"a7\"}", ANNA, "a7");

	begin(world, "a7", false);
	assert_false(erasing_of(world, id).found);
}

static bool once_refused(void *arg, int64_t done)
{
	struct stopping *stopping = arg;

	if (stopping->calls++ == 0)
		return false;
	if (once_sealed(stopping, done) && stopping->stop_at == 0) {
		spoil_record(stopping->world, KIND_CALL, stopping->damaged);
		stopping->stop_at = 1;
	}
	return phase_now(stopping->world) == ERASE_BACK;
}

static void an_erasure_that_is_given_up_is_none(void **state)
{
	struct world *world = *state;
	struct id hers = call(world, ANNA), other = call(world, ANNA_2);
	struct stopping stopping = {.damaged = other};

	link_them(world, ANNA, ANNA_2);
	hold_person(world, ANNA);
	assert_int_equal(erase_until(world, ANNA, once_refused, &stopping), ERR_CORRUPT);
	assert_int_equal(phase_now(world), ERASE_BACK);
	assert_false(erasing_of(world, hers).found);
	resume(world);
	assert_false(erasing_of(world, hers).found);
}

/* ---- of a record alone ---- */

struct beginning {
	struct world *world;
	struct id record;
	unsigned char number;
	enum job_type type;
	const char *args;
};

static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct beginning *b = arg;
	struct job job = {.account = b->world->account.number,
			  .id = {{b->number}},
			  .type = b->type,
			  .state = JOB_RUNNING,
			  .started = b->world->now,
			  .args = b->args,
			  .result = "{}"};
	char id[ID_TEXT_MAX];

	if (job.args == NULL)
		job.args = pool_printf(&b->world->pool, "{\"record\":\"%s\"}", id_format("call", b->record, id));
	return job_insert(session->data, &job, err);
}

static void begin_job(struct world *world, enum job_type type, unsigned char number, struct id record, const char *args)
{
	struct beginning b = {world, record, number, type, args};
	struct err err;

	assert_ok(vault_write(world->vault, begin_op, &b, &err), &err);
}

static void that_it_is_being_anonymised_alone_is_said_so(void **state)
{
	struct world *world = *state;
	struct id id = call(world, ANNA), other = call(world, ANNA);
	struct disposition d;

	begin_job(world, JOB_RECORD, 1, id, NULL);
	d = why_of(world, id);
	assert_int_equal(d.verdict, VERDICT_DELETE);
	assert_says(&d, 0, "erasure",
		    "the anonymisation of this record began on 2026-03-01: the next command that writes goes on with it");
	assert_false(erasing_of(world, other).found);
}

static void anonymise_one(struct world *world, struct id id)
{
	struct record_anonymised out;
	struct err err;

	assert_ok(record_anonymise(world->vault, &world->account, KIND_CALL, id, world->now, &out, &err), &err);
}

static void of_what_was_anonymised_alone_the_totals_stay(void **state)
{
	struct world *world = *state;
	struct id id = call(world, ANNA), stays = call(world, ANNA), never = id_new(world->now);
	struct disposition d;
	struct why why;
	struct err err;

	anonymise_one(world, id);
	world->now = world_time("2026-03-03T12:00:00Z");
	d = why_of(world, id);
	assert_int_equal(d.verdict, VERDICT_KEEP);
	assert_int_equal(d.keeps, KEEPS_AGGREGATE);
	assert_int_equal(d.count, 1);
	assert_says(&d, 0, "anonymised", "it was anonymised on 2026-03-01: what is left of it tells of nobody");
	assert_string_equal(why_of(world, stays).reasons[0].rule, "default");
	assert_int_equal(ask(world, never, &why, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.mend, "lethe audit list"));
}

/* A job that was given up names it as well. */
static void what_was_refused_is_not_anonymised(void **state)
{
	struct world *world = *state;
	struct record_anonymised out;
	struct id id = call(world, ANNA);
	struct instant at;
	struct err err;
	bool was;

	hold_person(world, ANNA);
	assert_int_equal(record_anonymise(world->vault, &world->account, KIND_CALL, id, world->now, &out, &err),
			 ERR_HELD);
	begin_job(world, JOB_RECORD, 1, id, NULL);
	assert_ok(erasing_was_anonymised(&world->vault->read, world->account.number, KIND_CALL, id, &was, &at, &err),
		  &err);
	assert_false(was);
}

/* More than a page of each. */
static void it_is_found_among_many(void **state)
{
	struct world *world = *state;
	struct id id = call(world, ANNA), gone[20];
	struct erasing erasing;
	struct disposition d;

	for (size_t i = 0; i < 20; i++)
		gone[i] = world_put(world, KIND_CALL, "2026-01-10T08:00:00Z", "{}", BENT, NULL);
	for (size_t i = 0; i < 20; i++)
		anonymise_one(world, gone[i]);
	d = why_of(world, gone[0]);
	assert_string_equal(d.reasons[0].rule, "anonymised");
	for (unsigned char n = 1; n <= 40; n++)
		begin_job(world, JOB_RECORD, n, id_new(world->now), NULL);
	begin_job(world, JOB_RECORD, 99, id, NULL);
	erasing = erasing_of(world, id);
	assert_true(erasing.found && erasing.alone && erasing.anonymise);
}

static void a_job_that_does_not_read_is_said(void **state)
{
	struct world *world = *state;
	struct id id = call(world, ANNA);
	struct why why;
	struct err err;

	begin_job(world, JOB_ERASE, 1, id, "{");
	assert_int_not_equal(ask(world, id, &why, &err), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(that_its_person_is_being_erased_is_why_it_goes),
	    KEEPING(a_hold_decides_before_an_erasure_that_is_under_way),
	    KEEPING(that_its_person_is_being_anonymised_is_said_so),
	    KEEPING(who_is_only_its_agent_takes_nothing_along),
	    KEEPING(an_erasure_that_is_given_up_is_none),
	    KEEPING(that_it_is_being_anonymised_alone_is_said_so),
	    KEEPING(of_what_was_anonymised_alone_the_totals_stay),
	    KEEPING(what_was_refused_is_not_anonymised),
	    KEEPING(it_is_found_among_many),
	    KEEPING(a_job_that_does_not_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
