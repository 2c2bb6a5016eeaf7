/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include <string.h>

#include "privacy/anonymise.h"
#include "retention/policies.h"
#include "store/leaf.h"

static enum result check_reference(const char *reference, struct erase_state *state, struct err *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = reference != NULL ? strlen(reference) : 0;

	if (len > ERASE_REFERENCE_MAX || (len > 0 && strspn(reference, allowed) != len)) {
		err_set(err, ERR_INPUT, "a reference is up to %d letters, digits, '.', '_' and '-'",
			ERASE_REFERENCE_MAX);
		return err_mend(
		    err, "it goes into the receipt and the log: give the ticket's number, not the person's name");
	}
	if (len > 0)
		memcpy(state->reference, reference, len);
	return OK;
}

/* ---- what is not billed yet ---- */

static enum result deny_unbilled(const struct billing *billing, int64_t count, struct err *err)
{
	char until[TIME_TEXT_MAX];

	err_set(err, ERR_WRONG_STATE,
		"%lld record%s of this person %s not billed yet, and the account's profile erases only what is",
		(long long)count, count == 1 ? "" : "s", count == 1 ? "is" : "are");
	if (billing->said)
		err_where(err, "billed_until is %s", date_format(billing->until, until));
	else
		err_where(err, "billed_until is not set");
	return err_mend(err,
			"nothing was erased; wait until they are billed, say so (`lethe account set NAME billed_until "
			"DATE`), and erase then");
}

static enum result count_unbilled(struct session *session, struct run *run, const struct billing *billing,
				  int64_t *found, struct err *err)
{
	size_t count;
	enum result r = erase_load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct record_row *row = &run->rows[i];

		*found += row->hold == 0 && billing_waits(billing, instant_date(id_time(row->id))) &&
			  !erase_is_agent_only(run, row) &&
			  erase_is_first_lane(run, run->lane, row->parties, row->party_count);
	}
	return r;
}

/* What is billed is not walked again. */
static struct party_key before_month(int32_t month)
{
	struct party_key key = {.month = month - 1, .kind = KIND_LAST};

	memset(key.id.bytes, 0xff, sizeof key.id.bytes);
	return key;
}

/* In the transaction that begins the erasure: what is billed cannot change in between. */
static enum result check_billed(struct session *session, struct run *run, struct err *err)
{
	struct billing billing;
	int64_t found = 0;
	enum result r = billing_load(session, run->state.account, &run->pool, &billing, err);

	for (run->lane = 0; r == OK && billing.waits && run->lane < run->state.identity_count; run->lane++) {
		run->last = billing.said ? before_month(date_month_index(billing.until)) : (struct party_key){0};
		do {
			pool_reset(&run->batch);
			r = count_unbilled(session, run, &billing, &found, err);
		} while (r == OK && run->seen > 0);
	}
	run->lane = 0;
	run->last = (struct party_key){0};
	return r == OK && found > 0 ? deny_unbilled(&billing, found, err) : r;
}

/* As they are in the transaction that begins it: from then on none leaves or joins (erasing_refuse). */
static enum result find_identities(struct session *session, struct run *run, struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	struct erase_state *state = &run->state;
	enum result r = identity_of_person(session->data, state->account, state->person, &run->pool, rows, PERSON_IDENTITIES_MAX,
					   &state->identity_count, err);

	if (r == OK && state->identity_count == 0)
		return err_set(err, ERR_NOT_FOUND, "no such person in this account");
	for (size_t i = 0; r == OK && i < state->identity_count; i++)
		state->identities[i] = rows[i].identity;
	return r;
}

static enum result begin(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job;
	struct act act;
	enum result r = find_identities(session, run, err);

	if (r == OK)
		r = run->state.anonymise ? anonymise_person_billed(session, &run->state, err) : check_billed(session, run, err);

	if (r == OK && run->state.anonymise)
		r = aggregates_person(session, run->state.account, &run->state.anonymous, err);
	if (r == OK)
		r = erase_state_write(&run->state, &run->batch, &job, err);
	if (r == OK)
		r = job_insert(session->data, &job, err);
	if (run->state.anonymise)
		act_begin(&act, "person.anonymise.begin", run->state.account, run->state.started);
	else
		act_begin(&act, "person.erase.begin", run->state.account, run->state.started);
	act_id(&act, "person", PERSON_PREFIX, run->state.person);
	act_id(&act, "job", JOB_PREFIX, run->state.job);
	act_int(&act, "identities", (int64_t)run->state.identity_count);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

enum result erase_begin(struct run *run, const struct account *account, struct id person, struct err *err)
{
	struct erase_state *state = &run->state;
	struct instant newest = {0};
	enum result r = check_reference(run->options->reference, state, err);

	state->account = account->number;
	state->person = person;
	state->anonymise = run->options->anonymise;
	if (r == OK)
		r = vault_fold_reads(run->vault, err);
	if (r == OK)
		r = leaf_newest(run->vault->read.data, &newest, err);
	/* Never before an act that is on record: a clock that was set back would let what is erased come back. */
	state->started = newest.ms > run->options->now.ms ? newest : run->options->now;
	state->job = id_new(run->options->now);
	state->phase = ERASE_HOLDS;
	if (r == OK)
		r = duties_known(&run->vault->read, account->number, run->options->now, err);
	if (r == OK)
		r = erase_step(run, begin, err);
	run->begun = r == OK;
	return r;
}
