/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/duties.h"

#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "store/job.h"
#include "store/label.h"
#include "store/media.h"
#include "store/party.h"
#include "store/period.h"
#include "vault/cut.h"
#include "vault/labels.h"

#define MEDIA_MAX 64
#define LAWS_POOL_MAX ((size_t)16 * 1024 * 1024)

/* ---- what an account is under ---- */

/* Where the books are kept by the day: of countries with several zones, that of the capital. */
static const struct { const char *country, *zone; } country_zones[] = {
    {"DE", "Europe/Berlin"}, {"ES", "Europe/Madrid"}, {"FR", "Europe/Paris"},
    {"GB", "Europe/London"}, {"IN", "Asia/Kolkata"},  {"IT", "Europe/Rome"},
};

const char *duties_zone_of(const char *country)
{
	for (size_t i = 0; i < sizeof country_zones / sizeof country_zones[0]; i++) {
		if (strcmp(country_zones[i].country, country) == 0)
			return country_zones[i].zone;
	}
	return NULL;
}

static enum result take_zone(struct duty_set *set, const char *country, struct zone **out, struct err *err)
{
	const char *name = duties_zone_of(country);
	enum result r = OK;

	*out = NULL;
	for (size_t i = 0; i < set->zone_count; i++) {
		if (strcmp(set->zones[i].country, country) == 0) {
			*out = set->zones[i].zone;
			return OK;
		}
	}
	if (name == NULL || set->zone_count == DUTY_ZONES_MAX)
		return OK;
	r = zone_open(name, out, err);
	if (r != OK)
		return r;
	set->zones[set->zone_count].country = country;
	set->zones[set->zone_count++].zone = *out;
	return OK;
}

static enum result take_tags(struct session *session, uint32_t account, struct duty_law *law, struct pool *pool,
			     struct err *err)
{
	int64_t *tags = pool_alloc(pool, law->law->tag_count * sizeof *tags);
	enum result r = tags != NULL ? OK : err_no_memory(err);

	law->tags = tags;
	for (size_t i = 0; i < law->law->tag_count && r == OK; i++) {
		r = labels_find(session, account, LABEL_TAG, law->law->tags[i], pool, &tags[law->tag_count], err);
		law->tag_count += r == OK && tags[law->tag_count] != 0;
	}
	return r;
}

static enum result unknown(const char *code, struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, "the account is under the obligation %s, which this program does not know", code);
	return err_mend(err, "use the version that it was added with; or end it, and what it alone keeps becomes due: "
			     "`lethe obligation end %s`", code);
}

static enum result take_law(struct session *session, const struct obligations *all, const char *code,
			    struct pool *pool, struct duty_set *out, struct err *err)
{
	struct duty_law *law = &out->laws[out->count];
	enum result r;

	*law = (struct duty_law){.law = obligation_find(all, code)};
	if (law->law == NULL)
		return unknown(code, err);
	r = take_zone(out, law->law->country, &law->zone, err);
	if (r == OK)
		r = take_tags(session, out->account, law, pool, err);
	out->count += r == OK;
	return r;
}

enum result duties_load(struct session *session, uint32_t account, struct instant now, struct pool *pool,
			struct duty_set *out, struct err *err)
{
	struct obligation_row rows[DUTIES_MAX];
	struct obligations all = {.count = 0};
	const char *after = "";
	size_t count;
	enum result r;

	*out = (struct duty_set){.account = account, .now = now, .today = instant_date(now)};
	out->laws = pool_alloc(pool, DUTIES_MAX * sizeof *out->laws);
	if (out->laws == NULL)
		return err_no_memory(err);
	do {
		r = obligation_list_rows(session->data, account, after, pool, rows, DUTIES_MAX, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].code;
			if (rows[i].ended)
				continue;
			if (all.count == 0)
				r = obligations_load(pool, &all, err);
			if (r == OK && out->count == DUTIES_MAX)
				r = err_set(err, ERR_LIMIT, "the account is under more than %d obligations", DUTIES_MAX);
			if (r == OK)
				r = take_law(session, &all, after, pool, out, err);
		}
	} while (r == OK && count == DUTIES_MAX);
	return r;
}

void duties_free(struct duty_set *set)
{
	for (size_t i = 0; i < set->zone_count; i++)
		zone_close(set->zones[i].zone);
	set->zone_count = 0;
}

enum result duties_known(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct duty_set set;
	struct pool pool;
	enum result r;

	pool_init(&pool, LAWS_POOL_MAX);
	r = duties_load(session, account, now, &pool, &set, err);
	duties_free(&set);
	pool_free(&pool);
	return r;
}

/* ---- what they cover ---- */

static struct date day_of(const struct duty_law *law, struct instant at)
{
	struct civil local;
	struct err err;

	if (law->zone == NULL || zone_local(law->zone, at, &local, &err) != OK)
		return instant_date(at);
	return date_from_civil(local.year, local.month, local.day);
}

static bool has_tag(const struct duty_law *law, const struct record_row *row)
{
	for (size_t i = 0; i < law->tag_count; i++) {
		for (size_t k = 0; k < row->label_count; k++) {
			if (row->labels[k] == law->tags[i])
				return true;
		}
	}
	return law->law->tag_count == 0;
}

/* "a b" has a and b. */
static bool has_code(const char *codes, const char *code)
{
	size_t len = strlen(code);

	for (const char *at = codes; *at != '\0'; at += *at == ' ') {
		size_t word = strcspn(at, " ");

		if (word == len && memcmp(at, code, len) == 0)
			return true;
		at += word;
	}
	return false;
}

static bool fits(const struct duty_law *law, const struct record_row *row, const char *codes, uint32_t left)
{
	const struct obligation *o = law->law;
	bool whole = (left & OBLIGATION_ALL) != 0;

	if (codes != NULL && has_code(codes, o->code))
		return true;
	if ((o->kinds & 1u << row->kind) == 0)
		return false;
	if (o->statuses != 0 && ((!whole && (left & OBLIGATION_STATUS) == 0) || (o->statuses & 1u << row->status) == 0))
		return false;
	return whole ? has_tag(law, row) : o->tag_count == 0;
}

/* What is not there any more cannot be kept. */
static uint32_t still_there(uint32_t fields, uint32_t left)
{
	if (left & OBLIGATION_ALL)
		return fields;
	return fields & OBLIGATION_ALL ? left : fields & left;
}

static void add_cover(struct duty_cover *out, const struct obligation *law, struct date ends, uint32_t fields)
{
	if (out->count == 0 || ends.days < out->changes.days)
		out->changes = ends;
	if (out->count == 0 || ends.days > out->over.days)
		out->over = ends;
	out->laws[out->count] = law;
	out->ends[out->count++] = ends;
	out->fields |= fields;
	if (out->fields & OBLIGATION_ALL)
		out->fields = OBLIGATION_ALL;
}

void duties_cover(const struct duty_set *set, const struct record_row *row, const char *codes, uint32_t left,
		  struct duty_cover *out)
{
	struct instant at = id_time(row->id);

	out->count = 0;
	out->fields = 0;
	if (codes == NULL)
		left = OBLIGATION_ALL;
	for (size_t i = 0; i < set->count; i++) {
		const struct duty_law *law = &set->laws[i];
		uint32_t fields = still_there(law->law->fields, left);
		struct date ends;

		if (fields == 0 || !fits(law, row, codes, left))
			continue;
		ends = obligation_end(law->law, day_of(law, at));
		if (ends.days > set->today.days)
			add_cover(out, law->law, ends, fields);
	}
}

/* Under a hold's key it may have been cut before: its payload tells. */
static enum result read_cut(struct session *session, const struct record_row *row, struct pool *pool,
			    const char **codes, uint32_t *left, struct err *err)
{
	const char *payload;
	size_t len;
	enum result r = open_record(session->ring, row, pool, &payload, &len, err);

	return r == OK ? cut_read(payload, len, pool, codes, left, err) : r;
}

enum result duties_cut_of(struct session *session, const struct duty_set *set, const struct record_row *row,
			  struct pool *pool, const char **codes, uint32_t *left, struct duty_row *duty, struct err *err)
{
	enum result r;

	*duty = (struct duty_row){.duty = 0};
	*codes = NULL;
	*left = OBLIGATION_ALL;
	if (row->hold == 0)
		return OK;
	r = duty_get(session->data, row->account, row->hold, pool, duty, err);
	if (r == ERR_NOT_FOUND)
		return set->count > 0 ? read_cut(session, row, pool, codes, left, err) : OK;
	*codes = duty->codes;
	*left = duty->fields;
	return r;
}

enum result duties_cover_row(struct session *session, const struct duty_set *set, const struct record_row *row,
			     struct pool *pool, struct duty_cover *out, struct duty_row *duty, struct err *err)
{
	const char *codes;
	uint32_t left;
	enum result r = duties_cut_of(session, set, row, pool, &codes, &left, duty, err);

	out->count = 0;
	out->fields = 0;
	if (r == OK)
		duties_cover(set, row, codes, left, out);
	return r;
}

bool duties_touch_period(const struct duty_set *set, enum record_kind kind, struct date day)
{
	struct date latest = date_add_days(day, 1); /* by any clock */

	for (size_t i = 0; i < set->count; i++) {
		const struct obligation *law = set->laws[i].law;

		if ((law->kinds & 1u << kind) != 0 && obligation_end(law, latest).days > set->today.days)
			return true;
	}
	return false;
}

bool duties_names(const struct duty_row *duty, const char *code)
{
	return has_code(duty->codes, code);
}

bool duties_due(const struct duty_set *set, const struct duty_row *duty)
{
	size_t met = 0, words = 1;

	if (duty->ends.days <= set->today.days)
		return true;
	for (const char *at = duty->codes; *at != '\0'; at++)
		words += *at == ' ';
	for (size_t i = 0; i < set->count; i++)
		met += has_code(duty->codes, set->laws[i].law->code);
	return met < words;
}

/* ---- keeping ---- */

enum result duties_codes(const struct duty_cover *cover, struct pool *pool, const char **out, struct err *err)
{
	*out = "";
	for (size_t i = 0; i < cover->count && *out != NULL; i++)
		*out = pool_printf(pool, "%s%s%s", *out, i > 0 ? " " : "", cover->laws[i]->code);
	return *out != NULL ? OK : err_no_memory(err);
}

enum result duties_take(struct session *session, const struct duty_set *set, const struct duty_cover *cover,
			struct pool *pool, struct duty_row *out, struct err *err)
{
	enum result r;

	*out = (struct duty_row){.account = set->account, .ends = cover->changes, .fields = cover->fields,
				 .made = set->now};
	r = duties_codes(cover, pool, &out->codes, err);
	if (r == OK)
		r = duty_find(session->data, out->account, out->ends, out->codes, out->fields, &out->duty, err);
	if (r != OK || out->duty != 0)
		return r;
	r = counter_next(session->keys, out->account, "hold", &out->duty, err);
	return r == OK ? duty_insert(session->data, out, err) : r;
}

struct keeping {
	struct session *session;
	struct record_row *row;
	struct record_row was;
	struct duty_row duty;
	const char *payload;
	size_t len;
	struct media_row media[MEDIA_MAX];
	size_t media_count;
	struct key from, to;
	struct pool *pool;
};

/* All that can fail for what is stored, before anything is written. */
static enum result open_old(struct keeping *k, struct err *err)
{
	enum result r = seal_record_key(k->session->ring, k->row, &k->from, err);

	if (r == OK)
		r = open_payload(&k->from, k->row, k->pool, &k->payload, &k->len, err);
	if (r == OK && k->row->media > 0)
		r = media_list(k->session->data, k->row->account, k->row->kind, k->row->id, k->media, MEDIA_MAX,
			       &k->media_count, err);
	if (r == OK)
		r = cut_record(k->row, k->duty.fields, k->duty.codes, &k->payload, &k->len, k->pool, err);
	return r;
}

static enum result seal_new(struct keeping *k, struct err *err)
{
	struct key media;
	enum result r = keyring_get_or_make(k->session->ring, k->row->account, KEY_HOLD, k->duty.duty, &k->to, err);

	k->row->hold = k->duty.duty;
	if (r == OK)
		r = seal_record_key(k->session->ring, k->row, &k->to, err);
	if (r == OK)
		r = seal_payload(&k->to, k->row, k->payload, k->len, k->pool, err);
	for (size_t i = 0; i < k->media_count && r == OK && (k->duty.fields & OBLIGATION_ALL) != 0; i++) {
		r = open_media_key(&k->from, &k->media[i], &media, err);
		if (r == OK)
			r = seal_media_key(&k->to, &media, &k->media[i], err);
		key_wipe(&media);
	}
	return r;
}

static bool is_leaving(const struct duty_leaving *leaving, int64_t identity)
{
	for (size_t i = 0; leaving != NULL && i < leaving->count; i++) {
		if (leaving->identities[i] == identity)
			return true;
	}
	return false;
}

static enum result stays(struct keeping *k, int64_t identity, const struct duty_leaving *leaving, bool *out,
			 struct err *err)
{
	struct identity_row row;
	enum result r = ERR_NOT_FOUND;

	if (!is_leaving(leaving, identity))
		r = identity_get(k->session->data, k->row->account, identity, k->pool, &row, err);
	*out = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

/* Nothing leads to who is gone. */
static enum result drop_gone(struct keeping *k, const struct duty_leaving *leaving, struct err *err)
{
	struct record_row *row = k->row;
	bool there = true;
	size_t kept = 0;
	enum result r = OK;

	for (size_t i = 0; i < row->party_count && r == OK; i++) {
		r = stays(k, row->parties[i].identity, leaving, &there, err);
		if (there)
			row->parties[kept++] = row->parties[i];
	}
	row->party_count = kept;
	if (r == OK && row->agent != 0)
		r = stays(k, row->agent, leaving, &there, err);
	row->agent = row->agent != 0 && there ? row->agent : 0;
	there = true;
	if (r == OK && row->number != 0)
		r = stays(k, row->number, leaving, &there, err);
	row->number = row->number != 0 && there ? row->number : 0;
	return r;
}

static enum result unlist_parties(struct session *session, const struct record_row *was, const struct record_row *row,
				  struct err *err)
{
	struct party_key gone[PARTIES_MAX];
	size_t count = 0;
	int64_t deleted;

	for (size_t i = 0; i < was->party_count; i++) {
		if (!parties_have(row->parties, row->party_count, was->parties[i].identity))
			gone[count++] = (struct party_key){.month = date_month_index(instant_date(id_time(row->id))),
							   .identity = was->parties[i].identity,
							   .kind = row->kind,
							   .id = row->id};
	}
	return count > 0 ? party_delete(session->data, row->account, gone, count, &deleted, err) : OK;
}

static enum result store_media(struct keeping *k, struct period *delta, struct err *err)
{
	struct record_row *row = k->row;
	enum result r = OK;

	for (size_t i = 0; i < k->media_count && r == OK; i++) {
		const struct trash_row trash = {row->account, row->kind, delta->day, k->media[i].blob};

		if (k->duty.fields & OBLIGATION_ALL) {
			r = media_reseal(k->session->data, &k->media[i], err);
			continue;
		}
		r = trash_add(k->session->data, &trash, err);
		delta->media--;
		delta->media_bytes -= (int64_t)k->media[i].bytes;
	}
	if (r != OK || k->media_count == 0 || (k->duty.fields & OBLIGATION_ALL) != 0)
		return r;
	row->media = 0;
	return media_delete(k->session->data, row->account, row->kind, row->id, err);
}

/* All of them stay, or none does. */
static enum result unlabel(struct keeping *k, struct err *err)
{
	if (k->row->label_count > 0)
		return OK;
	return label_use(k->session->data, k->row->account, k->was.labels, k->was.label_count, -1, err);
}

static enum result store(struct keeping *k, struct err *err)
{
	struct record_row *row = k->row;
	struct period delta = {.kind = row->kind, .day = instant_date(id_time(row->id))};
	enum result r = store_media(k, &delta, err);

	if (r == OK)
		r = unlist_parties(k->session, &k->was, row, err);
	if (r == OK)
		r = unlabel(k, err);
	if (r == OK)
		r = record_reseal(k->session->data, row, err);
	delta.bytes = (int64_t)row->payload_len - (int64_t)k->was.payload_len;
	return r == OK ? period_add(k->session->data, row->account, &delta, err) : r;
}

static enum result list(struct keeping *k, enum held_cause cause, struct instant due, struct err *err)
{
	const struct held_row held = {.account = k->row->account, .hold = k->row->hold, .kind = k->row->kind,
				      .id = k->row->id, .cause = cause, .due = due};
	enum result r = held_insert(k->session->data, &held, err);

	if (r == OK && k->was.hold != 0)
		r = held_delete(k->session->data, held.account, k->was.hold, held.kind, held.id, err);
	return r;
}

static enum result keep(struct keeping *k, enum held_cause cause, struct instant due,
			const struct duty_leaving *leaving, struct err *err)
{
	enum result r = open_old(k, err);

	if (r == OK)
		r = drop_gone(k, leaving, err);
	if (r == OK)
		r = seal_new(k, err);
	if (r == OK)
		r = store(k, err);
	return r == OK ? list(k, cause, due, err) : r;
}

enum result duties_keep(struct session *session, const struct duty_set *set, const struct duty_cover *cover,
			struct record_row *row, enum held_cause cause, struct instant due,
			const struct duty_leaving *leaving, struct pool *pool, struct err *err)
{
	struct keeping k = {.session = session, .row = row, .was = *row, .pool = pool};
	enum result r;

	INVARIANT(cover->count > 0);
	r = duties_take(session, set, cover, pool, &k.duty, err);
	if (r == OK && k.duty.duty == row->hold)
		return duties_leave(session, row, leaving, err);
	if (r == OK)
		r = keep(&k, cause, due, leaving, err);
	if (r != OK)
		*row = k.was;
	key_wipe(&k.from);
	key_wipe(&k.to);
	return r;
}

enum result duties_leave(struct session *session, struct record_row *row, const struct duty_leaving *leaving,
			 struct err *err)
{
	struct record_row was = *row;
	size_t kept = 0;
	enum result r;

	for (size_t i = 0; i < row->party_count; i++) {
		if (!is_leaving(leaving, row->parties[i].identity))
			row->parties[kept++] = row->parties[i];
	}
	row->party_count = kept;
	if (is_leaving(leaving, row->agent))
		row->agent = 0;
	if (is_leaving(leaving, row->number))
		row->number = 0;
	if (kept == was.party_count && row->agent == was.agent && row->number == was.number)
		return OK;
	r = unlist_parties(session, &was, row, err);
	return r == OK ? record_reseal(session->data, row, err) : r;
}

enum result duties_end(struct session *session, const struct duty_row *duty, struct id job, struct instant now,
		       struct err *err)
{
	struct act act;
	bool existed;
	enum result r = keyring_destroy(session->ring, duty->account, KEY_HOLD, duty->duty, &existed, err);

	if (r == OK)
		r = duty_delete(session->data, duty->account, duty->duty, err);
	if (r != OK)
		return r;
	act_begin(&act, "duty.end", duty->account, now);
	act_id(&act, "job", JOB_PREFIX, job);
	act_int(&act, "duty", duty->duty);
	act_instant(&act, "ends", date_start(duty->ends));
	act_int(&act, "fields", duty->fields);
	return act_append(&act, session->data, NULL, err);
}
