/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/policy_effect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "retention/alike.h"
#include "retention/day.h"
#include "retention/verdict.h"

#define DAYS_ROOM 256
#define STATEMENT_MAX ((size_t)64 * 1024 * 1024)

/* The rules without and with the change. */
struct pair { struct policy_set before, after; };

struct counting {
	struct session *session;
	uint32_t account;
	const struct policy *change;
	struct date until;
	struct pair pairs[2]; /* as in force now; as all will have begun */
	struct keepers keepers;
	struct alike alike;
	struct pool *pool; /* of the caller */
	struct policy_effect *out;
	size_t room;
};

/* ---- verdicts ---- */

static bool made_due(const struct counting *c, const struct record_row *row)
{
	for (size_t i = 0; i < 2; i++) {
		if (policies_expired(&c->pairs[i].after, row, c->until) &&
		    !policies_expired(&c->pairs[i].before, row, c->until))
			return true;
	}
	return false;
}

/* Is all of that day past its time with the change, and none of it without? */
static bool made_due_wholly(const struct counting *c, struct date day)
{
	enum record_kind kind = c->change->kind;

	for (size_t i = 0; i < 2; i++) {
		struct date cutoff;

		if (policies_last_cutoff(&c->pairs[i].after, kind, c->until, &cutoff) && day.days <= cutoff.days &&
		    (!policies_first_cutoff(&c->pairs[i].before, kind, c->until, &cutoff) || day.days > cutoff.days))
			return true;
	}
	return false;
}

/* The days in which something can be made due: after what is past its time anyway, and up to what the change reaches.
 * A rule that is set can only make due what it decides for; one that is removed, what any other does. */
static bool range_of(const struct counting *c, const struct pair *pair, struct date *after, struct date *until)
{
	const struct policy *change = c->change;

	if (!policies_last_cutoff(&pair->before, change->kind, c->until, after))
		after->days = INT32_MIN;
	if (change->removed)
		return policies_first_cutoff(&pair->after, change->kind, c->until, until);
	if (change->keep.unlimited)
		return false;
	*until = span_cutoff(change->keep, c->until);
	return true;
}

/* ---- counting ---- */

static enum result add_day(struct counting *c, const struct effect_day *day, struct err *err)
{
	struct policy_effect *out = c->out;
	size_t wanted = c->room == 0 ? DAYS_ROOM : c->room * 2;
	struct effect_day *days;

	if (day->records == 0)
		return OK;
	if (out->day_count == c->room) {
		days = pool_alloc(c->pool, wanted * sizeof *days);
		if (days == NULL)
			return err_no_memory(err);
		if (out->day_count > 0)
			memcpy(days, out->days, out->day_count * sizeof *days);
		out->days = days;
		c->room = wanted;
	}
	out->days[out->day_count++] = *day;
	out->records += day->records;
	out->bytes += day->bytes;
	out->held += day->held;
	out->obliged += day->obliged;
	return OK;
}

static enum result add_bytes(struct counting *c, const struct record_row *row, struct effect_day *day, struct err *err)
{
	struct day_size size;
	enum result r = day_size_of(c->session, row, &size, err);

	day->bytes += r == OK ? size.bytes : 0;
	return r;
}

/* What keeps it, were its time over? */
static enum result find_keeper(struct counting *c, const struct record_row *row, struct pool *pool, struct ruling *out,
			       struct err *err)
{
	const struct verdict_rules rules = {
	    .holds = &c->keepers.holds, .duties = &c->keepers.duties, .now = date_start(c->until), .only = &row->id};

	return verdict_look(c->session, &rules, row, pool, out, err);
}

static enum result add_record(struct counting *c, const struct record_row *row, struct effect_day *day,
			      struct pool *pool, struct err *err)
{
	struct ruling ruling;
	enum result r;

	if (!made_due(c, row))
		return OK;
	r = find_keeper(c, row, pool, &ruling, err);
	if (r != OK)
		return r;
	day->records++;
	day->held += ruling.fate == FATE_HELD;
	day->obliged += ruling.fate == FATE_CUT;
	return ruling.fate == FATE_GOES ? add_bytes(c, row, day, err) : OK;
}

struct at_day { struct counting *c; struct effect_day *day; };

static enum result add_records(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			       struct err *err)
{
	struct at_day *at = arg;
	enum result r = OK;

	(void)stop;
	for (size_t i = 0; i < count && r == OK; i++)
		r = add_record(at->c, &rows[i], at->day, pool, err);
	return r;
}

/* What the change does to those that are alike. */
enum effect { EFFECT_NONE, EFFECT_GOES, EFFECT_HELD };

static enum effect effect_on(struct counting *c, const struct record_row *row)
{
	bool known = false;
	int alone, *answer = &alone;

	if (!holds_name(&c->keepers.holds, row))
		answer = alike_find(&c->alike, row, &known);
	if (!known)
		*answer = !made_due(c, row) ? EFFECT_NONE :
			  holds_cover(&c->keepers.holds, row) != NULL ? EFFECT_HELD : EFFECT_GOES;
	return (enum effect)*answer;
}

static enum result add_sort(void *arg, const struct record_row *row, struct err *err)
{
	struct at_day *at = arg;
	enum effect effect = effect_on(at->c, row);

	if (effect == EFFECT_NONE)
		return OK;
	at->day->records++;
	at->day->held += effect == EFFECT_HELD;
	return effect == EFFECT_GOES ? add_bytes(at->c, row, at->day, err) : OK;
}

/* Where nothing else decides, one look at each sort of record is enough. */
static enum result look_at(struct at_day *at, const struct period *period, struct err *err)
{
	struct counting *c = at->c;
	const struct verdict_rules rules = {
	    .holds = &c->keepers.holds, .duties = &c->keepers.duties, .now = date_start(c->until)};
	bool held = true;
	enum result r = OK;

	if (verdict_goes_by_sort(&rules, period->kind, period->day))
		r = record_has_held(c->session->data, c->account, period->kind, period->day, period->day, &held, err);
	if (r != OK || held)
		return r == OK ? day_walk(c->session, c->account, period, (struct id){{0}}, add_records, at, err) : r;
	alike_next_day(&c->alike);
	return record_look_day(c->session->data, c->account, period->kind, period->day,
			       holds_touch_period(&c->keepers.holds, period->kind, period->day), add_sort, at, err);
}

static enum result count_period(void *arg, const struct period *period, struct err *err)
{
	struct counting *c = arg;
	struct effect_day day = {.kind = period->kind, .day = period->day};
	struct at_day at = {c, &day};
	enum result r = OK;

	if (made_due_wholly(c, period->day) && !keepers_touch_period(&c->keepers, period->kind, period->day)) {
		day.records = period->records;
		day.bytes = period->bytes + period->media_bytes;
	} else {
		r = look_at(&at, period, err);
	}
	return r == OK ? add_day(c, &day, err) : r;
}

static enum result count_all(struct counting *c, struct err *err)
{
	struct date after = {INT32_MAX}, until = {INT32_MIN};

	for (size_t i = 0; i < 2; i++) {
		struct date from, to;

		if (!range_of(c, &c->pairs[i], &from, &to))
			continue;
		after.days = from.days < after.days ? from.days : after.days;
		until.days = to.days > until.days ? to.days : until.days;
	}
	if (after.days >= until.days)
		return OK;
	alike_begin(&c->alike, &c->pairs[0].before, c->change->kind);
	alike_also(&c->alike, &c->pairs[0].after, c->change->kind);
	alike_also(&c->alike, &c->pairs[1].before, c->change->kind);
	alike_also(&c->alike, &c->pairs[1].after, c->change->kind);
	return period_walk(c->session->data, c->account, c->change->kind, after, until, count_period, c, err);
}

/* ---- does it shorten? ---- */

/* Does `a` end after `b` for some day they begin on? */
static bool longer(struct span a, struct span b)
{
	return !span_within(a, b);
}

/* The spans that may decide in place of the scope's own rule, where it has none: those of every rule of the kind that is
 * not narrower, and "for ever" when the kind has no rule of its own. */
static bool any_other(const struct policy_set *set, const struct policy *change, bool longer_than)
{
	bool found = policies_base(set, change->kind) == NULL && longer_than && !change->keep.unlimited;

	for (size_t i = 0; i < set->count && !found; i++) {
		const struct policy *rule = &set->rules[i];

		if (rule->kind == change->kind && !policy_scope_equal(&rule->scope, &change->scope) &&
		    policy_scope_compare(&change->scope, &rule->scope) <= 0)
			found = longer_than ? longer(rule->keep, change->keep) : longer(change->keep, rule->keep);
	}
	return found;
}

static const struct policy *own_rule(const struct policy_set *set, const struct policy *change)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].kind == change->kind && policy_scope_equal(&set->rules[i].scope, &change->scope))
			return &set->rules[i];
	}
	return NULL;
}

static bool may_shorten(const struct policy_set *before, const struct policy *change)
{
	const struct policy *own = own_rule(before, change);

	if (change->removed)
		return own != NULL && any_other(before, own, false);
	return own != NULL ? longer(own->keep, change->keep) : any_other(before, change, true);
}

/* ---- the digest ---- */

static void write_days(struct json_writer *w, const struct policy_effect *effect)
{
	json_begin_array(w, "days");
	for (size_t i = 0; i < effect->day_count; i++) {
		json_begin_object(w, NULL);
		json_date(w, "day", effect->days[i].day);
		json_int(w, "held", effect->days[i].held);
		json_string(w, "kind", kind_name(effect->days[i].kind));
		json_int(w, "obliged", effect->days[i].obliged);
		json_int(w, "records", effect->days[i].records);
		json_end_object(w);
	}
	json_end_array(w);
}

/* Members in the order of RFC 8785. */
static void write_statement(struct json_writer *w, const struct account *account, const struct policy *change,
			    const struct policy_effect *effect)
{
	const struct policy_scope *scope = &change->scope;
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_id(w, "account", ACCOUNT_PREFIX, account->id);
	write_days(w, effect);
	json_string(w, "keep", change->removed ? NULL : span_format(change->keep, text));
	json_string(w, "kind", kind_name(change->kind));
	json_begin_object(w, "scope");
	json_int(w, "campaign", scope->campaign);
	json_string(w, "direction", direction_name(scope->direction));
	json_int(w, "min_duration_ms", scope->min_duration_ms);
	json_int(w, "number", scope->number);
	json_int(w, "queue", scope->queue);
	json_int(w, "tag", scope->tag);
	json_end_object(w);
	json_date(w, "today", effect->today);
	json_date(w, "until", effect->until);
	json_end_object(w);
}

static enum result digest_of(const struct buf *text, struct policy_effect *effect, struct err *err)
{
	enum result r = buf_ok(text, "what a change would delete", err);
	struct hash hash;

	if (r != OK)
		return r;
	hash = sha256(text->data, text->len);
	for (size_t i = 0; i < HASH_LEN; i++)
		snprintf(effect->digest + 2 * i, 3, "%02x", hash.bytes[i]);
	return OK;
}

static enum result make_digest(const struct account *account, const struct policy *change, struct policy_effect *effect,
			       struct err *err)
{
	struct json_writer w;
	struct buf text;
	enum result r;

	buf_init(&text, STATEMENT_MAX);
	json_writer_init(&w, &text, 0);
	write_statement(&w, account, change, effect);
	r = digest_of(&text, effect, err);
	buf_free(&text);
	return r;
}

static enum result make_billing_digest(const struct account *account, const char *setting, const char *value,
				       struct policy_effect *effect, struct err *err)
{
	struct json_writer w;
	struct buf text;
	enum result r;

	buf_init(&text, STATEMENT_MAX);
	json_writer_init(&w, &text, 0);
	json_begin_object(&w, NULL);
	json_id(&w, "account", ACCOUNT_PREFIX, account->id);
	write_days(&w, effect);
	json_string(&w, "setting", setting);
	json_date(&w, "today", effect->today);
	json_string(&w, "value", value);
	json_end_object(&w);
	r = digest_of(&text, effect, err);
	buf_free(&text);
	return r;
}

int64_t policy_effect_deleted(const struct policy_effect *effect)
{
	return effect->records - effect->held - effect->obliged;
}

bool policy_effect_agreed(const struct policy_effect *effect, const char *text)
{
	size_t len = strlen(text);

	return len >= PLAN_DIGEST_SHOWN && len < PLAN_DIGEST_MAX && strncasecmp(effect->digest, text, len) == 0;
}

enum result policy_effect_agree(const struct policy_effect *effect, const char *plan, bool *agreed, struct err *err)
{
	int64_t records = policy_effect_deleted(effect);

	*agreed = plan != NULL && policy_effect_agreed(effect, plan);
	if (*agreed || plan == NULL)
		return OK;
	return err_set(err, ERR_CHANGED, "the digest does not fit: what the change would delete is not what it was, or "
					"another change was looked at (now %lld %s)",
		       (long long)records, records == 1 ? "record" : "records");
}

/* ---- all of it ---- */

/* What keeps something is asked as of the day on which the change would begin. */
static enum result load_keepers(struct counting *c, struct instant now, struct err *err)
{
	struct instant then = date_start(c->until);
	enum result r =
	    keepers_load(c->session, c->account, then.ms > now.ms ? then : now, c->pool, &c->keepers, err);

	if (r == OK)
		r = alike_init(&c->alike, c->pool, err);
	return r == OK ? holds_find_days(c->session, &c->keepers.holds, c->pool, err) : r;
}

static enum result load_rules(struct counting *c, struct instant now, struct err *err)
{
	enum result r = policies_load(c->session, c->account, now, c->pool, &c->pairs[0].before, err);

	if (r == OK)
		r = policies_load_all(c->session, c->account, c->pool, &c->pairs[1].before, err);
	for (size_t i = 0; i < 2 && r == OK; i++)
		r = policies_with(&c->pairs[i].before, c->change, c->pool, &c->pairs[i].after, err);
	return r;
}

enum result policy_effect(struct session *session, const struct account *account, const struct policy *change,
			  struct instant now, struct date until, struct pool *pool, struct policy_effect *out,
			  int *newest, struct err *err)
{
	struct counting c = {.session = session, .account = account->number, .change = change, .until = until,
			     .pool = pool, .out = out};
	enum result r;

	*out = (struct policy_effect){.today = instant_date(now), .until = until};
	r = load_keepers(&c, now, err);
	if (r == OK)
		r = load_rules(&c, now, err);
	if (r == OK)
		r = count_all(&c, err);
	if (r == OK) {
		out->shortens = may_shorten(&c.pairs[0].before, change) || may_shorten(&c.pairs[1].before, change);
		*newest = c.pairs[1].before.newest[change->kind];
		r = make_digest(account, change, out, err);
	}
	keepers_free(&c.keepers);
	return r;
}

/* ---- what is billed ---- */

static enum result load_billing(struct counting *c, const struct billing *after, struct instant now, struct err *err)
{
	enum result r = policies_load(c->session, c->account, now, c->pool, &c->pairs[0].before, err);

	if (r == OK)
		r = policies_load_all(c->session, c->account, c->pool, &c->pairs[1].before, err);
	for (size_t i = 0; i < 2 && r == OK; i++) {
		c->pairs[i].after = c->pairs[i].before;
		c->pairs[i].after.billing = *after;
	}
	return r;
}

enum result billing_effect(struct session *session, const struct account *account, const struct billing *after,
			   const char *setting, const char *value, struct instant now, struct pool *pool,
			   struct policy_effect *out, struct err *err)
{
	/* As with a rule that is removed, any other may decide. */
	struct policy any = {.removed = true};
	struct counting c = {.session = session, .account = account->number, .change = &any, .pool = pool, .out = out};
	enum result r;

	*out = (struct policy_effect){.today = instant_date(now), .until = instant_date(now)};
	c.until = out->until;
	r = load_keepers(&c, now, err);
	if (r == OK)
		r = load_billing(&c, after, now, err);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		any.kind = (enum record_kind)kind;
		r = count_all(&c, err);
	}
	if (r == OK)
		r = make_billing_digest(account, setting, value, out, err);
	out->shortens = out->records > 0;
	keepers_free(&c.keepers);
	return r;
}
