/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/logs.h"

#include <string.h>

#include "law/profile.h"
#include "retention/settings.h"
#include "shim/json_parse.h"
#include "store/event.h"
#include "store/job.h"
#include "store/mail.h"
#include "store/setting.h"
#include "store/webhook.h"

#define BATCH 512
#define JOBS 64

/* ---- terms ---- */

static bool shorter(struct span a, struct span b)
{
	return !span_within(b, a);
}

static enum profile_term_id in_profile(enum leaf_term term)
{
	switch (term) {
	case LEAF_ACCESS:
		return TERM_LOG_API_ACCESS;
	case LEAF_DELIVERY:
		return TERM_LOG_WEBHOOK_DELIVERY;
	default:
		return TERM_LOG_ACTIVITY;
	}
}

/* What the account's profile says, if it has one that speaks of it. */
static enum result profile_keep_of(struct session *session, uint32_t account, enum leaf_term term, struct pool *pool,
				   struct span *out, struct err *err)
{
	const struct profile *profile;
	const char *plan;
	enum result r = settings_profile(session, account, pool, &profile, &plan, err);

	if (r == OK && profile != NULL && profile->terms[in_profile(term)].set)
		*out = profile->terms[in_profile(term)].span;
	return r;
}

static enum result read_keep(struct session *session, uint32_t account, const struct log_term *term, struct span *out,
			     struct err *err)
{
	const char *text = NULL;
	struct pool pool;
	enum result r;

	*out = term->keep;
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	r = setting_get(session->data, account, term->setting, &pool, &text, err);
	if (r == OK && text == NULL)
		r = profile_keep_of(session, account, term->term, &pool, out, err);
	else if (r == OK && span_parse(text, out, err) != OK)
		r = err_set(err, ERR_CORRUPT, "the setting %s of an account is no span of time", term->setting);
	pool_free(&pool);
	return r;
}

enum result logs_terms(struct session *session, uint32_t account, struct instant now, struct logs_plan *out,
		       struct err *err)
{
	struct logs_term *terms = out->terms;
	enum result r = OK;

	*out = (struct logs_plan){.due = 0};
	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT && r == OK; term++) {
		const struct log_term *rule = log_term(term);

		if (rule->setting != NULL)
			r = read_keep(session, account, rule, &terms[term].keep, err);
		else if (shorter(terms[LEAF_ACTIVITY].keep, rule->least))
			terms[term].keep = rule->least;
		else
			terms[term].keep = terms[LEAF_ACTIVITY].keep;
		if (r == OK)
			terms[term].cutoff = span_cutoff(terms[term].keep, instant_date(now));
	}
	return r;
}

static struct instant due_before(const struct logs_term *term)
{
	return date_start(date_add_days(term->cutoff, 1));
}

enum result logs_plan(struct session *session, uint32_t account, struct instant now, struct logs_plan *out,
		      struct err *err)
{
	enum result r = logs_terms(session, account, now, out, err);

	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT && r == OK; term++) {
		r = leaf_count_due(session->data, account, term, due_before(&out->terms[term]), &out->terms[term].due,
				   err);
		out->due += out->terms[term].due;
	}
	return r;
}

/* ---- pruning ---- */

struct pruning {
	uint32_t account;
	struct instant now;
	struct logs_plan *out;
	struct leaf leaves[BATCH];
	size_t count;
};

static enum result prune_leaf(struct session *session, struct pruning *pruning, const struct leaf *leaf,
			      int64_t *pruned, struct err *err)
{
	bool done;
	enum result r = leaf_prune(session->data, leaf, &done, err);

	*pruned += done;
	pruning->out->damaged += r == ERR_CORRUPT;
	return r == ERR_CORRUPT ? OK : r;
}

static enum result prune_op(struct session *session, void *arg, struct err *err)
{
	struct pruning *pruning = arg;
	enum leaf_term term = pruning->leaves[0].term;
	int64_t pruned = 0;
	struct act act;
	enum result r = OK;

	for (size_t i = 0; i < pruning->count && r == OK; i++)
		r = prune_leaf(session, pruning, &pruning->leaves[i], &pruned, err);
	if (r != OK || pruned == 0)
		return r;
	pruning->out->terms[term].due += pruned;
	pruning->out->due += pruned;
	act_begin(&act, "audit.prune", pruning->account, pruning->now);
	act_int(&act, "term", term);
	act_int(&act, "leaves", pruned);
	act_int(&act, "first", (int64_t)pruning->leaves[0].seq);
	act_int(&act, "last", (int64_t)pruning->leaves[pruning->count - 1].seq);
	return act_append(&act, session->data, NULL, err);
}

static enum result prune_term(struct vault *vault, struct pruning *pruning, enum leaf_term term, struct instant before,
			      struct err *err)
{
	struct leaf after = {.at = {INT64_MIN}};
	struct pool pool;
	enum result r;

	pool_init(&pool, (size_t)BATCH * ACT_LEAF_MAX * 2);
	do {
		pool_reset(&pool);
		r = leaf_list_due(vault->read.data, pruning->account, term, before, &after, &pool, pruning->leaves,
				  BATCH, &pruning->count, err);
		if (r == OK && pruning->count > 0) {
			after = pruning->leaves[pruning->count - 1];
			r = vault_write(vault, prune_op, pruning, err);
		}
	} while (r == OK && pruning->count == BATCH);
	pool_free(&pool);
	return r;
}

/* Events are kept as what went to a webhook is, and that with them: a delivery is never older than its event. */
struct forgetting { uint32_t account; struct instant before; int64_t events, deliveries; bool more; };

static enum result forget_op(struct session *session, void *arg, struct err *err)
{
	struct forgetting *f = arg;

	int64_t deliveries, mails = 0;
	enum result r = delivery_delete_before(session->data, f->account, f->before, BATCH, &deliveries, err);

	f->deliveries += r == OK ? deliveries : 0;
	if (r == OK)
		r = mail_delete_before(session->data, f->account, f->before, BATCH, &mails, err);
	f->more = r == OK && (deliveries == BATCH || mails == BATCH);
	if (r == OK)
		r = event_delete_before(session->data, f->account, f->before, BATCH, &f->events, err);
	f->more = f->more || (r == OK && f->events == BATCH);
	return r;
}

/* A mail may be listed long after its event, when a daemon runs again, and goes later than that. */
static enum result is_any_to_forget(struct db *data, uint32_t account, struct instant before, bool *any, struct err *err)
{
	struct mail_row oldest;
	size_t count;
	enum result r = event_any_before(data, account, before, any, err);

	if (r != OK || *any)
		return r;
	r = mail_list(data, account, (struct id){{0}}, &oldest, 1, &count, err);
	*any = r == OK && count > 0 && id_time(oldest.id).ms < before.ms;
	return r;
}

static enum result forget_events(struct vault *vault, uint32_t account, struct instant before, int64_t *events,
				 struct err *err)
{
	struct forgetting f = {.account = account, .before = before};
	bool any;
	enum result r = is_any_to_forget(vault->read.data, account, before, &any, err);

	while (r == OK && any) {
		r = vault_write(vault, forget_op, &f, err);
		*events += r == OK ? f.events : 0;
		any = f.more;
	}
	return r;
}

static enum result prune_account(struct vault *vault, uint32_t account, struct instant now, struct logs_plan *out,
				 struct err *err)
{
	struct pruning pruning = {.account = account, .now = now, .out = out};
	struct logs_plan rules;
	enum result r = logs_terms(&vault->read, account, now, &rules, err);

	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT && r == OK; term++) {
		if (account != VAULT_ACCOUNT) {
			out->terms[term].keep = rules.terms[term].keep;
			out->terms[term].cutoff = rules.terms[term].cutoff;
		}
		r = prune_term(vault, &pruning, term, due_before(&rules.terms[term]), err);
	}
	if (r == OK && account != VAULT_ACCOUNT)
		r = forget_events(vault, account, due_before(&rules.terms[LEAF_DELIVERY]), &out->events, err);
	return r;
}

/* What the log says of an account that ended goes as the vault's own: the account has no settings any more. */
static enum result prune_ended(struct vault *vault, struct id id, struct instant now, struct logs_plan *out,
			       struct err *err)
{
	const struct json *args;
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, (size_t)4 * 1024 * 1024);
	r = job_get(vault->read.data, VAULT_ACCOUNT, id, &pool, &job, err);
	if (r == OK)
		r = json_parse_once(job.args, strlen(job.args), &pool, &args, err);
	if (r == OK)
		r = prune_account(vault, (uint32_t)json_get_int(args, "account", VAULT_ACCOUNT), now, out, err);
	pool_free(&pool);
	return r;
}

static enum result prune_all_ended(struct vault *vault, struct instant now, struct logs_plan *out, struct err *err)
{
	struct id jobs[JOBS], after = {{0}};
	size_t count;
	enum result r;

	do {
		r = job_list_of_type(vault->read.data, VAULT_ACCOUNT, JOB_ACCOUNT, after, jobs, JOBS, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = prune_ended(vault, after = jobs[i], now, out, err);
	} while (r == OK && count == JOBS);
	return r;
}

enum result logs_prune(struct vault *vault, uint32_t account, struct instant now, struct logs_plan *out,
		       struct err *err)
{
	enum result r;

	*out = (struct logs_plan){.due = 0};
	r = prune_account(vault, VAULT_ACCOUNT, now, out, err);
	if (r == OK)
		r = prune_all_ended(vault, now, out, err);
	return r == OK && account != VAULT_ACCOUNT ? prune_account(vault, account, now, out, err) : r;
}

/* ---- setting ---- */

struct change { uint32_t account; const struct log_term *term; struct span keep; struct instant now; };

static enum result set_op(struct session *session, void *arg, struct err *err)
{
	const struct change *change = arg;
	char text[TIME_TEXT_MAX];
	struct act act;
	enum result r = setting_put(session->data, change->account, change->term->setting,
				    span_format(change->keep, text), err);

	if (r != OK)
		return r;
	act_begin(&act, "audit.keep", change->account, change->now);
	act_int(&act, "term", change->term->term);
	act_int(&act, "months", change->keep.months);
	act_int(&act, "days", change->keep.days);
	return act_append(&act, session->data, NULL, err);
}

enum result logs_set(struct vault *vault, uint32_t account, const struct log_term *term, struct span keep,
		     struct instant now, struct err *err)
{
	struct change change = {account, term, keep, now};
	char given[TIME_TEXT_MAX], least[TIME_TEXT_MAX], most[TIME_TEXT_MAX];

	if (!keep.unlimited && !shorter(keep, term->least) && !shorter(term->most, keep))
		return vault_write(vault, set_op, &change, err);
	err_set(err, ERR_INPUT, "the log of %s cannot be kept %s", term->name, span_format(keep, given));
	return err_mend(err, "give at least %s and at most %s", span_format(term->least, least),
			span_format(term->most, most));
}
