/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/holds.h"

#include <string.h>

#include "base/text.h"
#include "vault/reseal.h"

#define PERSON_IDENTITIES_MAX_OF_HOLD 256
#define HELD_BATCH 256
#define REASON_MAX 4000
#define SEALED_MAX ((size_t)256 * 1024 * 1024) /* of one record at work */

/* ---- what holds cover ---- */

static enum result resolve_person(struct session *session, struct hold_scope *scope, struct pool *pool,
				  struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX_OF_HOLD];
	enum result r = identity_of_person(session->data, scope->row.account, scope->row.person, pool, rows,
					   PERSON_IDENTITIES_MAX_OF_HOLD, &scope->identity_count, err);

	if (r != OK)
		return r;
	scope->identities = pool_alloc(pool, scope->identity_count * sizeof *scope->identities);
	if (scope->identities == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < scope->identity_count; i++)
		scope->identities[i] = rows[i].identity;
	return OK;
}

enum result holds_load(struct session *session, uint32_t account, struct pool *pool, struct hold_set *out,
		       struct err *err)
{
	struct hold_row *rows = pool_alloc(pool, HOLDS_MAX * sizeof *rows);
	enum result r;

	*out = (struct hold_set){.account = account};
	if (rows == NULL)
		return err_no_memory(err);
	r = hold_list(session->data, account, true, 0, pool, rows, HOLDS_MAX, &out->count, err);
	if (r != OK)
		return r;
	out->scopes = pool_alloc(pool, out->count * sizeof *out->scopes);
	if (out->scopes == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < out->count && r == OK; i++) {
		out->scopes[i].row = rows[i];
		if (rows[i].has_person)
			r = resolve_person(session, &out->scopes[i], pool, err);
	}
	return r;
}

static bool has_party(const struct party *parties, size_t count, int64_t identity)
{
	for (size_t i = 0; i < count; i++) {
		if (parties[i].identity == identity)
			return true;
	}
	return false;
}

static bool involves(const struct record_row *row, int64_t identity)
{
	return row->number == identity || row->agent == identity ||
	       has_party(row->parties, row->party_count, identity);
}

static bool fits_person(const struct hold_scope *scope, const struct record_row *row)
{
	for (size_t i = 0; i < scope->identity_count; i++) {
		if (involves(row, scope->identities[i]))
			return true;
	}
	return false;
}

static bool fits_kind(const struct hold_row *hold, enum record_kind kind)
{
	return hold->kinds == 0 || (hold->kinds & (1u << kind)) != 0;
}

static bool fits(const struct hold_scope *scope, const struct record_row *row)
{
	const struct hold_row *hold = &scope->row;
	int64_t at = id_time(row->id).ms;

	return fits_kind(hold, row->kind) && (!hold->has_from || at >= hold->from.ms) &&
	       (!hold->has_until || at < hold->until.ms) && (!hold->has_person || fits_person(scope, row)) &&
	       (hold->identity == 0 || involves(row, hold->identity));
}

/* A record under the key of an active hold is that hold's, even when its person no longer leads to it. */
const struct hold_scope *holds_cover(const struct hold_set *set, const struct record_row *row)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->scopes[i].row.hold == row->hold || fits(&set->scopes[i], row))
			return &set->scopes[i];
	}
	return NULL;
}

static bool fits_contact(const struct hold_scope *scope, const struct contact_row *row)
{
	const struct hold_row *hold = &scope->row;
	bool found = !hold->has_person;

	if (hold->kinds != 0 || hold->has_from || hold->has_until || (!hold->has_person && hold->identity == 0))
		return false;
	for (size_t i = 0; i < scope->identity_count && !found; i++)
		found = has_party(row->parties, row->party_count, scope->identities[i]);
	return found && (hold->identity == 0 || has_party(row->parties, row->party_count, hold->identity));
}

const struct hold_scope *holds_cover_contact(const struct hold_set *set, const struct contact_row *row)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->scopes[i].row.hold == row->hold || fits_contact(&set->scopes[i], row))
			return &set->scopes[i];
	}
	return NULL;
}

bool holds_touch_period(const struct hold_set *set, enum record_kind kind, struct date day)
{
	int64_t start = date_start(day).ms, end = date_start(date_add_days(day, 1)).ms;

	for (size_t i = 0; i < set->count; i++) {
		const struct hold_row *hold = &set->scopes[i].row;

		if (fits_kind(hold, kind) && (!hold->has_from || end > hold->from.ms) &&
		    (!hold->has_until || start < hold->until.ms))
			return true;
	}
	return false;
}

/* ---- keeping ---- */

/* Is it under the key of a hold that stands? Then it is kept already. A released one's key will go. */
static enum result is_kept(struct session *session, uint32_t account, int64_t hold, struct pool *pool, bool *kept,
			   struct err *err)
{
	struct hold_row row;
	enum result r;

	*kept = false;
	if (hold == 0)
		return OK;
	r = hold_get(session->data, account, hold, pool, &row, err);
	*kept = r == OK && !row.released;
	return r;
}

/* Lists it under `hold`, and no longer under the released hold it was under before. */
static enum result list_held(struct session *session, const struct held_row *held, int64_t before, struct err *err)
{
	enum result r = held_insert(session->data, held, err);

	if (r == OK && before != 0)
		r = held_delete(session->data, held->account, before, held->kind, held->id, err);
	return r;
}

enum result holds_keep(struct session *session, const struct hold_scope *scope, struct record_row *row,
		       enum held_cause cause, struct instant due, struct pool *pool, struct err *err)
{
	const struct held_row held = {.account = row->account, .hold = scope->row.hold, .kind = row->kind,
				      .id = row->id, .cause = cause, .due = due};
	int64_t before = row->hold;
	struct key from;
	bool kept;
	enum result r = is_kept(session, row->account, before, pool, &kept, err);

	if (r != OK || kept)
		return r;
	r = seal_record_key(session->ring, row, &from, err);
	if (r == OK) {
		row->hold = scope->row.hold;
		r = reseal_record(session, row, &from, pool, err);
	}
	key_wipe(&from);
	return r == OK ? list_held(session, &held, before, err) : r;
}

enum result holds_keep_contact(struct session *session, const struct hold_scope *scope, struct contact_row *row,
			       struct instant due, struct pool *pool, struct err *err)
{
	const struct held_row held = {.account = row->account, .hold = scope->row.hold,
				      .kind = (enum record_kind)HELD_CONTACT, .id = row->id, .cause = HELD_ERASED,
				      .due = due};
	int64_t before = row->hold;
	const char *plain;
	struct key key;
	size_t len;
	bool kept;
	enum result r = is_kept(session, row->account, before, pool, &kept, err);

	if (r != OK || kept)
		return r;
	r = open_contact(session->ring, row, pool, &plain, &len, err);
	if (r == OK)
		r = keyring_get_or_make(session->ring, row->account, KEY_HOLD, scope->row.hold, &key, err);
	if (r != OK)
		return r;
	key_wipe(&key);
	row->hold = scope->row.hold;
	r = seal_contact(session->ring, row, plain, len, pool, err);
	if (r == OK)
		r = contact_put(session->data, row, err);
	return r == OK ? list_held(session, &held, before, err) : r;
}

/* ---- what a released hold kept ---- */

static enum result hand_over_contact(struct session *session, const struct hold_set *set, const struct held_row *held,
				     struct pool *pool, bool *moved, struct err *err)
{
	const struct hold_scope *scope;
	struct contact_row row;
	enum result r = contact_get(session->data, held->account, held->id, pool, &row, err);

	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	scope = holds_cover_contact(set, &row);
	*moved = scope != NULL;
	return scope != NULL ? holds_keep_contact(session, scope, &row, held->due, pool, err) : OK;
}

static enum result hand_over_record(struct session *session, const struct hold_set *set, const struct held_row *held,
				    struct pool *pool, bool *moved, struct err *err)
{
	const struct hold_scope *scope;
	struct record_row row;
	enum result r = record_get(session->data, held->account, held->kind, held->id, pool, &row, err);

	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	scope = holds_cover(set, &row);
	*moved = scope != NULL;
	return scope != NULL ? holds_keep(session, scope, &row, held->cause, held->due, pool, err) : OK;
}

enum result holds_hand_over(struct session *session, const struct hold_set *set, const struct held_row *held,
			    bool *moved, struct err *err)
{
	struct pool pool;
	enum result r;

	*moved = false;
	pool_init(&pool, SEALED_MAX);
	if (held->kind == (enum record_kind)HELD_CONTACT)
		r = hand_over_contact(session, set, held, &pool, moved, err);
	else
		r = hand_over_record(session, set, held, &pool, moved, err);
	pool_free(&pool);
	/* A key that is gone leaves nothing to hand over. */
	if (r == ERR_GONE)
		*moved = false;
	return r == ERR_GONE ? OK : r;
}

enum result holds_hand_over_all(struct session *session, const struct hold_set *set, int64_t hold, int64_t *moved,
				int64_t *due, struct err *err)
{
	struct held_row rows[HELD_BATCH];
	struct held_row last = {0};
	size_t count;
	bool is_moved;
	enum result r;

	*moved = *due = 0;
	do {
		r = held_list(session->data, set->account, hold, last.kind, last.id, rows, HELD_BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			r = holds_hand_over(session, set, &rows[i], &is_moved, err);
			*moved += r == OK && is_moved;
			*due += r == OK && !is_moved;
		}
		if (r == OK && count > 0)
			last = rows[count - 1];
	} while (r == OK && count == HELD_BATCH);
	return r;
}

/* ---- adding and releasing ---- */

struct adding {
	const struct hold_request *request;
	struct hold_row row;
	struct instant now;
	struct pool *pool;
};

static enum result check_request(const struct hold_request *request, struct err *err)
{
	size_t len = request->reason != NULL ? strlen(request->reason) : 0;

	if (len == 0 || request->reason[strspn(request->reason, " \t\r\n")] == '\0') {
		err_set(err, ERR_INPUT, "a legal hold needs a reason");
		return err_mend(err, "say why these records must be kept, as a court would want to read it");
	}
	if (len > REASON_MAX || !text_is_utf8(request->reason, len))
		return err_set(err, ERR_INPUT, "a hold's reason is UTF-8 of at most %d bytes", REASON_MAX);
	if (request->has_from && request->has_until && request->from.ms >= request->until.ms)
		return err_set(err, ERR_INPUT, "the hold would end before it begins: --until must be after --from");
	return OK;
}

/* A hold on somebody who is not there would keep nothing and look as if it did. */
static enum result check_scope(struct session *session, const struct hold_row *row, struct pool *pool,
			       struct err *err)
{
	struct identity_row identities[PERSON_IDENTITIES_MAX_OF_HOLD];
	size_t count;
	enum result r = OK;

	if (row->has_person) {
		r = identity_of_person(session->data, row->account, row->person, pool, identities,
				       PERSON_IDENTITIES_MAX_OF_HOLD, &count, err);
		if (r == OK && count == 0)
			r = err_set(err, ERR_NOT_FOUND, "there is no such person in this account");
	}
	if (r == OK && row->identity != 0)
		r = identity_get(session->data, row->account, row->identity, pool, &identities[0], err);
	return r;
}

static enum result check_room(struct session *session, uint32_t account, struct pool *pool, struct err *err)
{
	struct hold_set set;
	enum result r = holds_load(session, account, pool, &set, err);

	if (r == OK && set.count == HOLDS_MAX) {
		err_set(err, ERR_LIMIT, "this account has %d active holds, which is the maximum", HOLDS_MAX);
		r = err_mend(err, "release those that are settled: `lethe hold list` shows them");
	}
	return r;
}

static enum result note_hold(struct session *session, const struct hold_row *row, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "hold.add", row->account, now);
	act_id(&act, "hold", HOLD_PREFIX, row->id);
	if (row->has_person)
		act_id(&act, "person", PERSON_PREFIX, row->person);
	if (row->identity != 0)
		act_int(&act, "identity", row->identity);
	act_int(&act, "kinds", row->kinds);
	if (row->has_from)
		act_instant(&act, "from", row->from);
	if (row->has_until)
		act_instant(&act, "until", row->until);
	return act_append(&act, session->data, NULL, err);
}

static enum result add(struct session *session, void *arg, struct err *err)
{
	struct adding *adding = arg;
	struct hold_row *row = &adding->row;
	enum result r = check_room(session, row->account, adding->pool, err);

	if (r == OK)
		r = check_scope(session, row, adding->pool, err);
	if (r == OK)
		r = counter_next(session->keys, row->account, "hold", &row->hold, err);
	if (r == OK)
		r = seal_data(session->ring, row->account, "hold", row->id, adding->request->reason, adding->pool,
			      &row->reason, &row->reason_len, err);
	if (r == OK)
		r = hold_insert(session->data, row, err);
	return r == OK ? note_hold(session, row, adding->now, err) : r;
}

enum result holds_add(struct vault *vault, const struct account *account, const struct hold_request *request,
		      struct instant now, struct id *out, struct err *err)
{
	struct adding adding = {.request = request, .now = now};
	struct pool pool;
	enum result r = check_request(request, err);

	if (r != OK)
		return r;
	adding.row = (struct hold_row){.account = account->number, .id = id_new(now), .created = now, .type = HOLD_LEGAL,
				       .has_person = request->has_person, .person = request->person,
				       .identity = request->identity, .kinds = request->kinds,
				       .has_from = request->has_from, .from = request->from,
				       .has_until = request->has_until, .until = request->until};
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	adding.pool = &pool;
	r = vault_write(vault, add, &adding, err);
	pool_free(&pool);
	if (r == OK)
		*out = adding.row.id;
	return r;
}

struct releasing {
	uint32_t account;
	struct id id;
	struct instant now;
	int64_t moved, due;
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
	if (r != OK || !out->released)
		return r;
	err_set(err, ERR_EXISTS, "%s was released already, at %s", id, instant_format(out->released_at, at));
	return err_mend(err, "there is nothing left to do: the next `lethe retention run` deletes what it alone kept");
}

static enum result note_release(struct session *session, const struct releasing *releasing, struct err *err)
{
	struct act act;

	act_begin(&act, "hold.release", releasing->account, releasing->now);
	act_id(&act, "hold", HOLD_PREFIX, releasing->id);
	act_int(&act, "moved", releasing->moved);
	act_int(&act, "due", releasing->due);
	return act_append(&act, session->data, NULL, err);
}

static enum result release_with(struct session *session, struct releasing *releasing, struct pool *pool,
				struct err *err)
{
	struct hold_row row;
	struct hold_set set;
	enum result r = find_active(session, releasing, pool, &row, err);

	if (r == OK)
		r = hold_set_released(session->data, row.account, row.hold, releasing->now, err);
	if (r == OK)
		r = holds_load(session, row.account, pool, &set, err);
	if (r == OK)
		r = holds_hand_over_all(session, &set, row.hold, &releasing->moved, &releasing->due, err);
	return r == OK ? note_release(session, releasing, err) : r;
}

static enum result release(struct session *session, void *arg, struct err *err)
{
	struct pool pool;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = release_with(session, arg, &pool, err);
	pool_free(&pool);
	return r;
}

enum result holds_release(struct vault *vault, const struct account *account, struct id hold, struct instant now,
			  int64_t *due, struct err *err)
{
	struct releasing releasing = {.account = account->number, .id = hold, .now = now};
	enum result r = vault_write(vault, release, &releasing, err);

	if (r == OK)
		*due = releasing.due;
	return r;
}
