/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/why.h"

#include "retention/duties.h"
#include "retention/policies.h"
#include "retention/scope.h"
#include "retention/settings.h"

static enum result parse(const char *text, enum record_kind *kind, struct id *id, struct err *err)
{
	if (!kind_of_prefix(text, kind)) {
		err_set(err, ERR_INPUT, "'%.60s' is not the id of a record", text);
		return err_mend(err, "a record's id begins with its kind, as call_01h455vb4pex5vsknk084sn02q");
	}
	return id_parse(kind_prefix(*kind), text, id, err);
}

static enum result find(struct session *session, uint32_t account, const char *text, struct pool *pool,
			struct record_row *out, struct err *err)
{
	enum record_kind kind;
	struct id id;
	enum result r = parse(text, &kind, &id, err);

	if (r == OK)
		r = record_get(session->data, account, kind, id, pool, out, err);
	if (r == ERR_NOT_FOUND) {
		err_set(err, r, "there is no record %.60s in this account", text);
		r = err_mend(err, "if there was, the audit log tells when its day or its person went: `lethe audit list`");
	}
	return r;
}

static void add_hold(struct disposition_facts *facts, const struct hold_row *hold)
{
	bool legal = hold->type == HOLD_LEGAL;
	const struct hold_row **first = legal ? &facts->hold : &facts->restriction;

	if (*first == NULL)
		*first = hold;
	*(legal ? &facts->hold_count : &facts->restriction_count) += 1;
}

static enum result add_holds(struct session *session, const struct record_row *row, struct pool *pool,
			     struct disposition_facts *facts, struct err *err)
{
	const struct hold_scope *scope;
	struct hold_texts texts;
	struct hold_set set;
	enum result r = holds_load(session, row->account, pool, &set, err);

	if (r != OK)
		return r;
	for (scope = holds_cover(&set, row); scope != NULL; scope = holds_cover_next(&set, row, scope))
		add_hold(facts, &scope->row);
	if (facts->hold == NULL || facts->hold->matter_len == 0)
		return OK;
	r = holds_open_texts(session, facts->hold, pool, &texts, err);
	facts->hold_matter = r == OK ? texts.matter : NULL;
	return r;
}

/* What only a hold or a duty keeps: why it would be gone. */
static enum result add_kept(struct session *session, const struct record_row *row, struct disposition_facts *facts,
			    struct err *err)
{
	struct held_row held;
	enum result r;

	if (row->hold == 0)
		return OK;
	r = held_get(session->data, row->account, row->hold, row->kind, row->id, &held, err);
	if (r != OK)
		return r;
	if (held.cause == HELD_ERASED) {
		facts->erasure = ERASURE_DONE;
		facts->erasure_at = held.due;
	} else {
		facts->expired = true;
		facts->expired_at = held.due;
	}
	return OK;
}

/* Of what was cut down already a law keeps no more than what is left. */
static uint32_t kept_by(const struct obligation *law, uint32_t left)
{
	if ((left & KEEPS_ALL) != 0)
		return law->fields;
	return law->fields == KEEPS_ALL ? left : law->fields & left;
}

static enum result add_cover(const struct duty_cover *cover, struct pool *pool, struct disposition_facts *facts,
			     struct err *err)
{
	struct disposition_obligation *out = pool_alloc(pool, (cover->count + 1) * sizeof *out);

	_Static_assert(DUTIES_MAX <= DISPOSITION_OBLIGATIONS_MAX, "each may give its reason");
	if (out == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < cover->count; i++) {
		const struct obligation *law = cover->laws[i];
		char *citation = pool_printf(pool, "%s, %s", law->law, law->article);

		if (citation == NULL)
			return err_no_memory(err);
		out[i] = (struct disposition_obligation){law->code, citation, kept_by(law, cover->fields),
							 cover->ends[i]};
	}
	facts->obligations = out;
	facts->obligation_count = cover->count;
	return OK;
}

static enum result add_obligations(struct session *session, const struct record_row *row, struct instant now,
				   struct pool *pool, struct disposition_facts *facts, struct err *err)
{
	struct duty_cover cover;
	struct duty_row duty;
	struct duty_set set;
	enum result r = duties_load(session, row->account, now, pool, &set, err);

	if (r == OK)
		r = duties_cover_row(session, &set, row, pool, &cover, &duty, err);
	if (r == OK)
		r = add_cover(&cover, pool, facts, err);
	duties_free(&set);
	/* That nobody can read it is a reason of its own. */
	return r == ERR_GONE ? OK : r;
}

static enum result add_policy(struct session *session, const struct record_row *row, struct instant now,
			      struct pool *pool, struct disposition_facts *facts, struct err *err)
{
	const struct policy *policy;
	struct policy_set set;
	enum result r = policies_load(session, row->account, now, pool, &set, err);

	facts->policy = (struct policy){.kind = row->kind, .keep = {.unlimited = true}};
	if (r != OK)
		return r;
	/* What is under another key than its day's had gone but for a keeper, and was billed by then. */
	facts->unbilled = row->hold == 0 && billing_waits(&set.billing, instant_date(id_time(row->id)));
	if (facts->unbilled && set.billing.said)
		facts->billed_until = set.billing.until;
	policy = policies_pick(&set, row);
	if (policy == NULL)
		return OK;
	facts->policy = *policy;
	return scope_words(session, row->account, &policy->scope, pool, &facts->scope, err);
}

/* A plan bounds what may be set; by itself it ends nothing. */
static enum result add_bound(struct session *session, const struct record_row *row, struct pool *pool,
			     struct disposition_facts *facts, struct err *err)
{
	char text[BOUND_TEXT_MAX];
	struct bound bound;
	enum result r = settings_bound(session, row->account, row->kind, pool, &bound, err);

	if (r != OK || bound.type == BOUND_NONE)
		return r;
	facts->bound.set = true;
	facts->bound.keep = (struct span){.unlimited = true};
	facts->bound.text = pool_printf(pool, "%s", bound_text(&bound, text));
	facts->bound.source = bound.source;
	return facts->bound.text != NULL ? OK : err_no_memory(err);
}

static enum result add_key(struct session *session, const struct record_row *row, struct disposition_facts *facts,
			   struct err *err)
{
	struct key key;
	enum result r = seal_record_key(session->ring, row, &key, err);

	key_wipe(&key);
	facts->key_gone = r == ERR_GONE;
	return r == ERR_GONE ? OK : r;
}

enum result why_record(struct session *session, uint32_t account, const char *text, struct instant now,
		       struct pool *pool, struct why *out, struct err *err)
{
	struct record_row row;
	enum result r = find(session, account, text, pool, &row, err);

	if (r != OK)
		return r;
	*out = (struct why){.kind = row.kind, .id = row.id};
	out->facts.kind = row.kind;
	out->facts.occurred = id_time(row.id);
	r = add_policy(session, &row, now, pool, &out->facts, err);
	if (r == OK)
		r = add_bound(session, &row, pool, &out->facts, err);
	if (r == OK)
		r = add_holds(session, &row, pool, &out->facts, err);
	if (r == OK)
		r = add_kept(session, &row, &out->facts, err);
	if (r == OK)
		r = add_obligations(session, &row, now, pool, &out->facts, err);
	if (r == OK)
		r = add_key(session, &row, &out->facts, err);
	if (r == OK)
		out->disposition = disposition(&out->facts, now);
	return r;
}
