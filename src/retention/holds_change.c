/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Adding and ending holds and restrictions.
 */
#include <string.h>

#include "base/text.h"
#include "law/clock.h"
#include "retention/handover.h"
#include "vault/labels.h"

#define POOL_MAX ((size_t)64 * 1024 * 1024)

static const char *const grounds[] = {"none", "accuracy", "unlawful", "claims", "objection"};

const char *ground_name(enum restriction_ground ground)
{
	INVARIANT(ground >= GROUND_NONE && ground <= GROUND_OBJECTION);
	return grounds[ground];
}

bool ground_parse(const char *name, enum restriction_ground *out)
{
	for (int ground = GROUND_ACCURACY; ground <= GROUND_OBJECTION; ground++) {
		if (strcmp(grounds[ground], name) == 0) {
			*out = (enum restriction_ground)ground;
			return true;
		}
	}
	return false;
}

/* ---- is it something? ---- */

static bool is_blank(const char *text)
{
	return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

static enum result check_text(const char *text, size_t max, const char *what, struct err *err)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len > max || (len > 0 && !text_is_utf8(text, len)))
		return err_set(err, ERR_INPUT, "a hold's %s is UTF-8 of at most %zu bytes", what, max);
	return OK;
}

static enum result check_texts(const struct hold_request *request, struct err *err)
{
	enum result r = check_text(request->reason, HOLD_REASON_MAX, "reason", err);

	if (r == OK)
		r = check_text(request->custodian, HOLD_NAME_MAX, "custodian", err);
	return r == OK ? check_text(request->matter, HOLD_NAME_MAX, "matter", err) : r;
}

static enum result check_reason(const struct hold_request *request, struct err *err)
{
	if (!is_blank(request->reason))
		return OK;
	err_set(err, ERR_INPUT, "a legal hold needs a reason");
	return err_mend(err, "say why these records must be kept, as a court would want to read it");
}

static enum result check_person(const struct hold_scope *scope, struct err *err)
{
	if (scope->row.has_person && scope->identity_count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such person in this account");
	return OK;
}

/* `kind` 0: any. */
static enum result check_identity(struct session *session, uint32_t account, int64_t identity, int kind,
				  struct pool *pool, struct err *err)
{
	struct identity_row row;
	enum result r;

	if (identity == 0)
		return OK;
	r = identity_get(session->data, account, identity, pool, &row, err);
	if (r == OK && kind != 0 && (int)row.kind != kind)
		r = err_set(err, ERR_NOT_FOUND, "there is no such %s in this account",
			    kind == IDENTITY_NUMBER ? "business number" : "user");
	return r;
}

static enum result check_label(struct session *session, uint32_t account, int64_t label, enum label_kind kind,
			       struct pool *pool, struct err *err)
{
	struct label_row row = {.kind = kind};
	enum result r = OK;

	if (label != 0)
		r = label_get(session->data, account, label, pool, &row, err);
	if (r == ERR_NOT_FOUND || (r == OK && row.kind != kind))
		r = err_set(err, ERR_NOT_FOUND, "there is no such %s in this account", label_kind_name(kind));
	return r;
}

/* A hold on something that is not there would keep nothing and look as if it did. */
static enum result check_scope(struct session *session, const struct hold_scope *scope, struct pool *pool,
			       struct err *err)
{
	const struct hold_row *row = &scope->row;
	enum result r = check_person(scope, err);

	if (r == OK)
		r = check_identity(session, row->account, row->identity, 0, pool, err);
	if (r == OK)
		r = check_identity(session, row->account, row->number, IDENTITY_NUMBER, pool, err);
	if (r == OK)
		r = check_identity(session, row->account, row->agent, IDENTITY_AGENT, pool, err);
	if (r == OK)
		r = check_label(session, row->account, row->queue, LABEL_QUEUE, pool, err);
	if (r == OK)
		r = check_label(session, row->account, row->campaign, LABEL_CAMPAIGN, pool, err);
	return r == OK ? check_label(session, row->account, row->tag, LABEL_TAG, pool, err) : r;
}

static struct hold_row row_of(uint32_t account, const struct hold_request *request, enum hold_type type)
{
	return (struct hold_row){.account = account, .type = type,
				 .has_person = request->has_person, .person = request->person,
				 .identity = request->identity, .number = request->number, .agent = request->agent,
				 .queue = request->queue, .campaign = request->campaign, .tag = request->tag,
				 .kinds = request->kinds,
				 .has_from = request->has_from, .from = request->from,
				 .has_until = request->has_until, .until = request->until};
}

static enum result resolve(struct session *session, const struct hold_row *row, struct pool *pool,
			   struct hold_scope *out, struct err *err)
{
	enum result r;

	if (row->has_from && row->has_until && row->from.ms >= row->until.ms)
		return err_set(err, ERR_INPUT, "the hold would end before it begins: --until must be after --from");
	r = holds_resolve(session, row, pool, out, err);
	return r == OK ? check_scope(session, out, pool, err) : r;
}

enum result holds_scope_of(struct session *session, const struct account *account, const struct hold_request *request,
			   struct pool *pool, struct hold_scope *out, struct err *err)
{
	struct hold_row row = row_of(account->number, request, HOLD_LEGAL);

	return resolve(session, &row, pool, out, err);
}

/* ---- texts ---- */

/* Nothing said is nothing stored. `what` is a literal. */
static enum result seal_text(struct session *session, const struct hold_row *row, const char *what, const char *text,
			     struct pool *pool, const unsigned char **out, size_t *len, struct err *err)
{
	*out = (const unsigned char *)"";
	*len = 0;
	if (is_blank(text))
		return OK;
	return seal_data(session->ring, row->account, what, row->id, text, pool, out, len, err);
}

static enum result seal_texts(struct session *session, const struct hold_request *request, struct hold_row *row,
			      struct pool *pool, struct err *err)
{
	enum result r = seal_text(session, row, "hold", request->reason, pool, &row->reason, &row->reason_len, err);

	if (r == OK)
		r = seal_text(session, row, "custodian", request->custodian, pool, &row->custodian,
			      &row->custodian_len, err);
	if (r == OK)
		r = seal_text(session, row, "matter", request->matter, pool, &row->matter, &row->matter_len, err);
	return r;
}

static enum result open_text(struct session *session, const struct hold_row *row, const char *what,
			     const unsigned char *sealed, size_t len, struct pool *pool, const char **out,
			     struct err *err)
{
	*out = "";
	if (len == 0)
		return OK;
	return open_data(session->ring, row->account, what, row->id, sealed, len, pool, out, err);
}

enum result holds_open_texts(struct session *session, const struct hold_row *row, struct pool *pool,
			     struct hold_texts *out, struct err *err)
{
	enum result r = open_text(session, row, "hold", row->reason, row->reason_len, pool, &out->reason, err);

	if (r == OK)
		r = open_text(session, row, "custodian", row->custodian, row->custodian_len, pool,
			      &out->custodian, err);
	if (r == OK)
		r = open_text(session, row, "matter", row->matter, row->matter_len, pool, &out->matter, err);
	return r;
}

enum result holds_note_read(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "hold.list", account, now);
	return vault_note(session, &act, err);
}

/* ---- adding ---- */

struct adding {
	const struct hold_request *request;
	struct hold_row row;
	enum restriction_ground ground; /* of a restriction */
	struct instant now;
	struct pool pool;
};

static enum result check_room(struct session *session, uint32_t account, struct pool *pool, struct err *err)
{
	struct hold_set set;
	enum result r = holds_load(session, account, pool, &set, err);

	if (r == OK && set.count == HOLDS_MAX) {
		err_set(err, ERR_LIMIT, "this account has %d active holds and restrictions, which is the maximum",
			HOLDS_MAX);
		r = err_mend(err, "release those that are settled: `lethe hold list` shows them");
	}
	return r;
}

static void note_ground(struct act *act, enum restriction_ground ground)
{
	switch (ground) {
	case GROUND_ACCURACY:
		act_word(act, "ground", "accuracy");
		break;
	case GROUND_UNLAWFUL:
		act_word(act, "ground", "unlawful");
		break;
	case GROUND_CLAIMS:
		act_word(act, "ground", "claims");
		break;
	case GROUND_OBJECTION:
		act_word(act, "ground", "objection");
		break;
	case GROUND_NONE:
		break;
	}
}

/* Numbers of identities and labels are opaque. */
static void note_scope(struct act *act, const struct hold_row *row)
{
	if (row->identity != 0)
		act_int(act, "identity", row->identity);
	if (row->number != 0)
		act_int(act, "number", row->number);
	if (row->agent != 0)
		act_int(act, "agent", row->agent);
	if (row->queue != 0)
		act_int(act, "queue", row->queue);
	if (row->campaign != 0)
		act_int(act, "campaign", row->campaign);
	if (row->tag != 0)
		act_int(act, "tag", row->tag);
	act_int(act, "kinds", row->kinds);
	if (row->has_from)
		act_instant(act, "from", row->from);
	if (row->has_until)
		act_instant(act, "until", row->until);
}

enum result holds_note_preview(struct session *session, const struct hold_row *row, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "hold.preview", row->account, now);
	if (row->has_person)
		act_id(&act, "person", PERSON_PREFIX, row->person);
	note_scope(&act, row);
	return vault_note(session, &act, err);
}

static enum result note_added(struct session *session, const struct adding *adding, struct err *err)
{
	const struct hold_row *row = &adding->row;
	struct act act;

	if (row->type == HOLD_RESTRICTION)
		act_begin(&act, "person.restrict", row->account, adding->now);
	else
		act_begin(&act, "hold.add", row->account, adding->now);
	act_id(&act, "hold", HOLD_PREFIX, row->id);
	if (row->has_person)
		act_id(&act, "person", PERSON_PREFIX, row->person);
	if (row->type == HOLD_RESTRICTION)
		note_ground(&act, adding->ground);
	else
		note_scope(&act, row);
	return act_append(&act, session->data, NULL, err);
}

static enum result check_unrestricted(struct session *session, const struct hold_row *row, struct pool *pool,
				      struct err *err)
{
	struct hold_row have;
	char at[TIME_TEXT_MAX];
	bool found = false;
	enum result r = OK;

	if (row->type == HOLD_RESTRICTION)
		r = holds_restriction(session, row->account, row->person, 0, pool, &found, &have, err);
	if (r != OK || !found)
		return r;
	err_set(err, ERR_EXISTS, "this person is restricted already, since %s", instant_format(have.created, at));
	return err_mend(err, "for another ground, lift it first: lethe person unrestrict");
}

static enum result add(struct session *session, void *arg, struct err *err)
{
	struct adding *adding = arg;
	struct hold_row *row = &adding->row;
	struct hold_scope scope;
	enum result r = check_room(session, row->account, &adding->pool, err);

	if (r == OK)
		r = resolve(session, row, &adding->pool, &scope, err);
	if (r == OK)
		r = check_unrestricted(session, row, &adding->pool, err);
	if (r == OK)
		r = counter_next(session->keys, row->account, "hold", &row->hold, err);
	if (r == OK)
		r = seal_texts(session, adding->request, row, &adding->pool, err);
	if (r == OK)
		r = hold_insert(session->data, row, err);
	return r == OK ? note_added(session, adding, err) : r;
}

static enum result run_add(struct vault *vault, struct adding *adding, struct id *out, struct err *err)
{
	enum result r = check_texts(adding->request, err);

	if (r != OK)
		return r;
	adding->row.id = id_new(adding->now);
	adding->row.created = adding->now;
	pool_init(&adding->pool, POOL_MAX);
	r = vault_write(vault, add, adding, err);
	pool_free(&adding->pool);
	if (r == OK)
		*out = adding->row.id;
	return r;
}

enum result holds_add(struct vault *vault, const struct account *account, const struct hold_request *request,
		      struct instant now, struct id *out, struct err *err)
{
	struct adding adding = {
	    .request = request, .now = now, .row = row_of(account->number, request, HOLD_LEGAL)};
	enum result r = check_reason(request, err);

	return r == OK ? run_add(vault, &adding, out, err) : r;
}

enum result holds_restrict(struct vault *vault, const struct account *account, struct id person,
			   enum restriction_ground ground, const char *reason, struct instant now, struct id *out,
			   struct err *err)
{
	const struct hold_request request = {
	    .has_person = true, .person = person, .reason = reason, .matter = ground_name(ground)};
	struct adding adding = {.request = &request, .now = now, .ground = ground,
				.row = row_of(account->number, &request, HOLD_RESTRICTION)};

	INVARIANT(ground != GROUND_NONE);
	return run_add(vault, &adding, out, err);
}

/* ---- ending ---- */

struct releasing {
	uint32_t account;
	struct id id;      /* of a hold; or */
	struct id person;  /* of restrictions .. */
	struct date told;  /* .. of whose end they were told then */
	struct instant now;
	struct handed handed;
};

static enum result find_active(struct session *session, const struct releasing *releasing, struct pool *pool,
			       struct hold_row *out, struct err *err)
{
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX];
	enum result r = hold_find(session->data, releasing->account, releasing->id, pool, out, err);

	id_format(HOLD_PREFIX, releasing->id, id);
	if (r == ERR_NOT_FOUND) {
		err_set(err, r, "there is no hold %s in this account", id);
		return err_mend(err, "`lethe hold list` shows those there are");
	}
	if (r == OK && out->type == HOLD_RESTRICTION) {
		err_set(err, ERR_WRONG_STATE, "%s is a restriction, which ends only after the person was told", id);
		return err_mend(err, "lethe person unrestrict %s --told DATE", id_format(PERSON_PREFIX, out->person, id));
	}
	if (r != OK || !out->released)
		return r;
	err_set(err, ERR_EXISTS, "%s was released already, at %s", id, instant_format(out->released_at, at));
	return err_mend(err, "there is nothing left to do: the next `lethe retention run` deletes what it alone kept");
}

/* Of one hold or restriction; adds to what was handed over. */
static enum result end_one(struct session *session, struct releasing *releasing, const struct hold_row *row,
			   struct pool *pool, struct err *err)
{
	struct handed handed = {.due = 0};
	struct verdict_rules rules;
	struct keepers keepers;
	enum result r = hold_set_released(session->data, row->account, row->hold, releasing->now, err);

	if (r != OK)
		return r;
	r = keepers_load(session, row->account, releasing->now, pool, &keepers, err);
	rules = handover_rules(&keepers, releasing->now);
	if (r == OK)
		r = handover_all(session, &rules, row->hold, &handed, err);
	keepers_free(&keepers);
	releasing->handed.held += handed.held;
	releasing->handed.cut += handed.cut;
	releasing->handed.due += handed.due;
	return r;
}

static void note_handed(struct act *act, const struct handed *handed)
{
	act_int(act, "moved", handed->held + handed->cut);
	act_int(act, "cut", handed->cut);
	act_int(act, "due", handed->due);
}

static enum result note_release(struct session *session, const struct releasing *releasing, struct err *err)
{
	struct act act;

	act_begin(&act, "hold.release", releasing->account, releasing->now);
	act_id(&act, "hold", HOLD_PREFIX, releasing->id);
	note_handed(&act, &releasing->handed);
	return act_append(&act, session->data, NULL, err);
}

static enum result release(struct session *session, void *arg, struct err *err)
{
	struct releasing *releasing = arg;
	struct hold_row row;
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	releasing->handed = (struct handed){.due = 0};
	r = find_active(session, releasing, &pool, &row, err);
	if (r == OK)
		r = end_one(session, releasing, &row, &pool, err);
	if (r == OK)
		r = note_release(session, releasing, err);
	pool_free(&pool);
	return r;
}

enum result holds_release(struct vault *vault, const struct account *account, struct id hold, struct instant now,
			  struct handed *out, struct err *err)
{
	struct releasing releasing = {.account = account->number, .id = hold, .now = now};
	enum result r = vault_write(vault, release, &releasing, err);

	*out = releasing.handed;
	return r;
}

/* ---- restrictions ---- */

#define PAGE 64

enum result holds_restriction(struct session *session, uint32_t account, struct id person, int64_t after,
			      struct pool *pool, bool *found, struct hold_row *out, struct err *err)
{
	struct hold_row rows[PAGE];
	size_t count;
	enum result r;

	*found = false;
	do {
		r = hold_list(session->data, account, true, after, pool, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK && !*found; i++) {
			after = rows[i].hold;
			*out = rows[i];
			*found = rows[i].type == HOLD_RESTRICTION && rows[i].has_person &&
				 id_compare(rows[i].person, person) == 0;
		}
	} while (r == OK && count == PAGE && !*found);
	return r;
}

static enum result check_told(const struct releasing *releasing, const struct hold_row *row, struct err *err)
{
	char told[TIME_TEXT_MAX], made[TIME_TEXT_MAX];
	struct date since = instant_date(row->created);
	struct instant at = date_start(releasing->told);
	struct clock_reason reason;

	date_format(releasing->told, told);
	if (!clock_may_lift(&at, releasing->now, &reason))
		err_set(err, ERR_INPUT, "the person was told on %s, which is yet to come (C10)", told);
	else if (releasing->told.days < since.days)
		err_set(err, ERR_INPUT, "the person was told on %s, before the restriction was made on %s", told,
			date_format(since, made));
	else
		return OK;
	err_where(err, "--told");
	return err_mend(err, "tell the person first that it will be lifted, and give the day on which you did");
}

static enum result note_lifted(struct session *session, const struct releasing *releasing, const struct hold_row *row,
			       struct err *err)
{
	struct act act;

	act_begin(&act, "person.unrestrict", releasing->account, releasing->now);
	act_id(&act, "hold", HOLD_PREFIX, row->id);
	act_id(&act, "person", PERSON_PREFIX, releasing->person);
	act_instant(&act, "told", date_start(releasing->told));
	note_handed(&act, &releasing->handed);
	return act_append(&act, session->data, NULL, err);
}

static enum result lift_all(struct session *session, struct releasing *releasing, struct pool *pool, struct err *err)
{
	struct hold_row row = {.hold = 0};
	bool found = false;
	size_t lifted = 0;
	enum result r;

	for (;;) {
		r = holds_restriction(session, releasing->account, releasing->person, row.hold, pool, &found, &row, err);
		if (r != OK || !found)
			break;
		r = check_told(releasing, &row, err);
		if (r == OK)
			r = end_one(session, releasing, &row, pool, err);
		if (r == OK)
			r = note_lifted(session, releasing, &row, err);
		if (r != OK)
			break;
		lifted++;
	}
	if (r == OK && lifted == 0) {
		err_set(err, ERR_NOT_FOUND, "this person is not restricted");
		r = err_mend(err, "`lethe person show` says when somebody is");
	}
	return r;
}

static enum result lift(struct session *session, void *arg, struct err *err)
{
	struct releasing *releasing = arg;
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	releasing->handed = (struct handed){.due = 0};
	r = lift_all(session, releasing, &pool, err);
	pool_free(&pool);
	return r;
}

enum result holds_unrestrict(struct vault *vault, const struct account *account, struct id person, struct date told,
			     struct instant now, struct handed *out, struct err *err)
{
	struct releasing releasing = {.account = account->number, .person = person, .told = told, .now = now};
	enum result r = vault_write(vault, lift, &releasing, err);

	*out = releasing.handed;
	return r;
}

enum result holds_end_restrictions(struct session *session, uint32_t account, struct id person, struct instant now,
				   struct pool *pool, struct err *err)
{
	struct hold_row row = {.hold = 0};
	bool found;
	enum result r;

	do {
		r = holds_restriction(session, account, person, row.hold, pool, &found, &row, err);
		if (r == OK && found)
			r = hold_set_released(session->data, account, row.hold, now, err);
	} while (r == OK && found);
	return r;
}
