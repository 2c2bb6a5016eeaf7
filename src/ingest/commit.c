/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/commit.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/enrol.h"
#include "ingest/known.h"
#include "ingest/late.h"
#include "ingest/lookup.h"
#include "ingest/same.h"
#include "ingest/sealer.h"
#include "store/party.h"
#include "store/period.h"
#include "vault/labels.h"

#define ROW_POOL_MAX ((size_t)64 * 1024 * 1024)
#define HOLD_POOL_MAX ((size_t)64 * 1024 * 1024)

/* A day of a kind, and whose key new records of it are sealed under. */
struct day { enum record_kind kind; struct date day; int part; };

/* Records go through three hands, a chunk at a time: their people are looked up here, they are sealed by the sealer,
 * and inserted here. What is gathered over the batch is written at the end, in the cheap order. */
struct records {
	struct commit *c;
	struct policy_set policies;
	struct late late;
	bool limited[KIND_COUNT];        /* does a rule end anything of the kind? */
	struct date cutoff[KIND_COUNT];  /* then the last day of which something is past its time */
	struct lookup_labels labels;
	struct day has_key;       /* the last one whose key is known to be there; kind 0: none */
	const struct batch_record *last; /* given to the sealer; NULL: none */
	struct sealer_chunk *filling, *sealing; /* sealing: under way when it has rows */
	struct period period;     /* of the run of records of one kind and day; kind 0: none */
	struct party_key *parties;
	size_t party_count;
	int64_t *uses;            /* of labels, by the records that are stored */
	size_t use_count;
};

static int by_kind_and_id(const void *a, const void *b)
{
	const struct batch_record *x = a, *y = b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = id_compare(x->id, y->id);
	if (order != 0)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* ---- the row ---- */

static void fill_labels(const struct batch_record *record, const struct lookup *found, struct record_row *row)
{
	row->label_count = 0;
	for (size_t i = 0; i < record->label_count; i++) {
		if (found->labels[i] != 0)
			row->labels[row->label_count++] = found->labels[i];
	}
	row->label_count = labels_sort(row->labels, row->label_count);
}

/* Identities and labels that are not made yet are left out. */
static void fill_row(const struct commit *c, const struct batch_record *record, const struct lookup *found,
		     struct record_row *row)
{
	row->account = c->batch->account;
	row->kind = record->kind;
	row->id = record->id;
	row->direction = record->direction;
	row->status = record->status;
	row->duration_ms = record->duration_ms;
	row->agent = row->number = row->hold = 0;
	row->part = 0;
	row->media = (int)record->media_count;
	row->party_count = 0;
	for (size_t i = 0; i < record->handle_count; i++) {
		const struct handle *handle = &record->handles[i];
		int64_t identity = found->entries[i].identity;

		if (handle->kind == IDENTITY_NUMBER)
			row->number = identity;
		if (handle->kind == IDENTITY_AGENT)
			row->agent = identity;
		if (handle->roles != 0 && identity != 0)
			row->parties[row->party_count++] = (struct party){identity, handle->roles};
	}
	row->party_count = parties_sort(row->parties, row->party_count);
	fill_labels(record, found, row);
}

/* Spares a look at the rules for whatever no rule ends. */
static bool is_old(const struct records *w, const struct batch_record *record)
{
	return w->limited[record->kind] && instant_date(id_time(record->id)).days <= w->cutoff[record->kind].days;
}

/* Records come in order of kind and time, so a day of a kind is one run; its part is looked up and its key made at the
 * first. */
static enum result need_period_key(struct records *w, const struct batch_record *record, struct err *err)
{
	const struct session *session = w->c->session;
	struct date day = instant_date(id_time(record->id));
	struct period period;
	struct key key;
	enum result r;

	if (w->has_key.kind == record->kind && w->has_key.day.days == day.days)
		return OK;
	r = period_get(session->data, w->c->batch->account, record->kind, day, &period, err);
	if (r == OK)
		r = keyring_get_or_make(session->ring, w->c->batch->account, KEY_PERIOD,
					key_period_number(record->kind, day, period.part), &key, err);
	if (r != OK)
		return r;
	key_wipe(&key);
	w->has_key = (struct day){record->kind, day, period.part};
	return OK;
}

static enum result end_period(struct records *w, struct err *err)
{
	const struct period *period = &w->period;
	struct db *data = w->c->session->data;

	if (period->kind == 0)
		return OK;
	return period_add(data, w->c->batch->account, period, err);
}

static enum result begin_period(struct records *w, const struct record_row *row, struct err *err)
{
	struct date day = instant_date(id_time(row->id));
	enum result r = OK;

	if (w->period.kind == row->kind && w->period.day.days == day.days)
		return OK;
	r = end_period(w, err);
	w->period = (struct period){.kind = row->kind, .day = day};
	return r;
}

static enum result store_media(struct records *w, const struct batch_record *record, const struct key *key,
			       struct err *err)
{
	struct batch *batch = w->c->batch;
	enum result r = OK;

	for (size_t i = 0; i < record->media_count && r == OK; i++) {
		r = seal_media_key(key, &batch->keys[record->first_key + i], &record->media[i], err);
		if (r == OK)
			r = media_insert(w->c->session->data, &record->media[i], err);
		w->period.media++;
		w->period.media_bytes += (int64_t)record->media[i].bytes;
		w->c->counts->media++;
		w->c->counts->media_bytes += (int64_t)record->media[i].bytes;
	}
	return r;
}

static void count_stored(struct records *w, const struct record_row *row)
{
	int32_t month = date_month_index(w->period.day);

	for (size_t i = 0; i < row->party_count; i++)
		w->parties[w->party_count++] = (struct party_key){month, row->parties[i].identity, row->kind, row->id};
	for (size_t i = 0; i < row->label_count; i++)
		w->uses[w->use_count++] = row->labels[i];
	w->period.records++;
	w->period.bytes += (int64_t)row->payload_len;
	w->c->counts->records[row->kind]++;
	w->c->counts->payload_bytes += (int64_t)row->payload_len;
}

static void note(struct records *w, const struct batch_record *record, enum taken taken)
{
	w->c->batch->taken_records[record->order] = (unsigned char)taken;
}

static int64_t *count_of(struct import_result *counts, enum taken why)
{
	switch (why) {
	case TAKEN_DIFFERS:
		return &counts->differs;
	case TAKEN_ERASED:
		return &counts->refused_erased;
	case TAKEN_EXPIRED:
		return &counts->expired;
	default:
		return &counts->duplicates;
	}
}

static enum result pass_over(struct records *w, const struct batch_record *record, enum taken why, struct err *err)
{
	note(w, record, why);
	(*count_of(w->c->counts, why))++;
	return batch_drop_media(w->c->batch, record->media, record->media_count, err);
}

/* ---- records that are there already ---- */

/* The payload in the vault, or of the line before when that is on its way there. */
static enum result stored_payload(struct records *w, const struct batch_record *record, const char **out, size_t *len,
				  struct err *err)
{
	const struct session *session = w->c->session;
	struct record_row row;
	enum result r = record_get(session->data, w->c->batch->account, record->kind, record->id, &w->c->pool, &row, err);

	if (r == OK)
		return open_record(session->ring, &row, &w->c->pool, out, len, err);
	if (r == ERR_NOT_FOUND && w->last != NULL) {
		*out = w->last->payload;
		*len = w->last->payload_len;
		return OK;
	}
	return r;
}

/* What cannot be opened any more cannot be compared. */
static enum result pass_over_known(struct records *w, const struct batch_record *record, struct err *err)
{
	struct batch *batch = w->c->batch;
	const char *stored;
	size_t len;
	enum result r = stored_payload(w, record, &stored, &len, err);
	bool differs = r == OK && !same_content(stored, len, record->payload, record->payload_len, &w->c->pool);

	pool_reset(&w->c->pool);
	if (r != OK && r != ERR_GONE && r != ERR_CORRUPT)
		return r;
	if (differs)
		batch->differing[batch->differing_count++] = record;
	return pass_over(w, record, differs ? TAKEN_DIFFERS : TAKEN_KNOWN, err);
}

/* ---- after sealing ---- */

static enum result list_kept(struct records *w, const struct sealer_row *sealed, struct err *err)
{
	const struct record_row *row = &sealed->row;
	const struct held_row held = {.account = row->account, .hold = row->hold, .kind = row->kind, .id = row->id,
				      .cause = sealed->cause, .due = sealed->due};

	return row->hold != 0 ? held_insert(w->c->session->data, &held, err) : OK;
}

/* To those who want to hear of it. */
static enum result tell_of(struct commit *c, const struct record_row *row, struct err *err)
{
	enum result r = outbox_add(&c->created, row->kind, row->id, err);

	return r == OK && row->media > 0 ? outbox_add(&c->ready, row->kind, row->id, err) : r;
}

static enum result take_in(struct records *w, struct sealer_row *sealed, bool inserted, struct err *err)
{
	enum result r = begin_period(w, &sealed->row, err);

	if (r != OK)
		return r;
	if (!inserted)
		return pass_over_known(w, sealed->record, err);
	count_stored(w, &sealed->row);
	r = list_kept(w, sealed, err);
	if (r == OK)
		r = tell_of(w->c, &sealed->row, err);
	return r == OK ? store_media(w, sealed->record, sealed->key, err) : r;
}

static enum result insert_sealed(struct records *w, struct err *err)
{
	struct sealer_chunk *chunk = w->sealing;
	const struct record_row *rows[SEALER_ROWS];
	bool inserted[SEALER_ROWS];
	enum result r = OK;

	if (chunk->count > 0 && chunk->result != OK) {
		*err = chunk->err;
		r = chunk->result;
	}
	for (size_t i = 0; i < chunk->count; i++)
		rows[i] = &chunk->rows[i].row;
	if (r == OK)
		r = record_insert_many(w->c->session->data, rows, chunk->count, inserted, err);
	for (size_t i = 0; i < chunk->count && r == OK; i++)
		r = take_in(w, &chunk->rows[i], inserted[i], err);
	sealer_chunk_reset(chunk);
	return r;
}

/* The chunk that is full is sealed while the one before it is inserted. */
static enum result turn(struct records *w, struct err *err)
{
	struct sealer_chunk *full = w->filling;
	enum result r;

	sealer_wait(w->c->batch->sealer);
	if (full->count > 0)
		sealer_start(w->c->batch->sealer, full);
	r = insert_sealed(w, err);
	w->filling = w->sealing;
	w->sealing = full;
	return r;
}

/* ---- before sealing ---- */

/* Under its period's and its people's keys. */
static enum result give_keys(struct records *w, struct sealer_chunk *chunk, struct sealer_row *to, struct err *err)
{
	enum result r = need_period_key(w, to->record, err);

	if (r != OK)
		return r;
	to->ikm = &chunk->keys[chunk->key_count];
	to->row.part = w->has_key.part;
	r = seal_record_ikm(w->c->session->ring, &to->row, &chunk->keys[chunk->key_count], &to->ikm_count, err);
	chunk->key_count += to->ikm_count;
	return r;
}

/* Under its keeper's, for which its own key is made here: there are few of these. */
static enum result give_keeper(struct records *w, struct sealer_row *to, const struct ruling *ruling, struct err *err)
{
	struct date day = instant_date(id_time(to->record->id));
	struct period period;
	enum result r = period_get(w->c->session->data, w->c->batch->account, to->record->kind, day, &period, err);

	to->row.part = r == OK ? period.part : 0;
	to->cause = ruling->cause;
	to->due = ruling->due;
	if (r == OK)
		r = late_keeper(w->c, &w->late, ruling, &to->row.hold, err);
	return r == OK ? seal_record_key(w->c->session->ring, &to->row, to->key, err) : r;
}

/* `ruling` NULL: it is not past its time. */
static enum result give_to_sealer(struct records *w, const struct batch_record *record, const struct lookup *found,
				  const struct ruling *ruling, struct err *err)
{
	struct sealer_chunk *chunk = w->filling;
	struct sealer_row *to = &chunk->rows[chunk->count];
	enum result r;

	to->record = record;
	to->ikm_count = 0;
	to->key = &chunk->record_keys[chunk->count];
	fill_row(w->c, record, found, &to->row);
	r = ruling != NULL ? give_keeper(w, to, ruling, err) : give_keys(w, chunk, to, err);
	if (r != OK)
		return r;
	chunk->count++;
	w->last = record;
	return sealer_chunk_has_room(chunk) ? OK : turn(w, err);
}

/* A new identity or label must not be made for a record that is passed over. */
static enum result check_known(struct records *w, const struct batch_record *record, const struct lookup *found,
			       bool *known, struct err *err)
{
	const struct batch_record *last = w->last;

	*known = record->is_known ||
		 (last != NULL && last->kind == record->kind && id_compare(last->id, record->id) == 0);
	if (*known || found->all_found)
		return OK;
	return record_exists(w->c->session->data, w->c->batch->account, record->kind, record->id, known, err);
}

static enum result make_and_give(struct records *w, const struct batch_record *record, struct lookup *found,
				 const struct ruling *ruling, struct err *err)
{
	enum result r = OK;

	if (!found->all_found)
		r = lookup_make(w->c, &w->labels, record, found, err);
	return r == OK ? give_to_sealer(w, record, found, ruling, err) : r;
}

/* What is left of it needs nobody but those it still names. One that is there, whole or cut, is not compared with it. */
static enum result store_cut(struct records *w, const struct batch_record *record, const struct ruling *ruling,
			     struct err *err)
{
	const struct batch_record *cut;
	struct lookup found = {.all_found = false};
	bool known;
	enum result r = check_known(w, record, &found, &known, err);

	if (r != OK || known)
		return r == OK ? pass_over(w, record, TAKEN_KNOWN, err) : r;
	r = late_cut(w->c, ruling, record, &cut, err);
	if (r == OK)
		r = lookup_find(w->c, &w->labels, cut, &found, err);
	if (r == OK)
		note(w, record, TAKEN_CUT);
	w->c->counts->cut += r == OK;
	return r == OK ? make_and_give(w, cut, &found, ruling, err) : r;
}

static enum result store_known_or_new(struct records *w, const struct batch_record *record, struct lookup *found,
				      const struct ruling *ruling, struct err *err)
{
	bool known = false;
	enum result r = check_known(w, record, found, &known, err);

	if (r == OK && known)
		return pass_over_known(w, record, err);
	return r == OK ? make_and_give(w, record, found, ruling, err) : r;
}

/* One that some rule may have ended. */
static enum result store_old(struct records *w, const struct batch_record *record, struct lookup *found,
			     struct err *err)
{
	struct record_row row;
	struct ruling ruling;
	enum result r;

	fill_row(w->c, record, found, &row);
	r = late_judge(w->c, &w->late, &w->policies, &row, &ruling, err);
	if (r != OK)
		return r;
	if (ruling.fate == FATE_GOES)
		return pass_over(w, record, TAKEN_EXPIRED, err);
	if (ruling.fate == FATE_CUT)
		return store_cut(w, record, &ruling, err);
	return store_known_or_new(w, record, found, ruling.fate == FATE_HELD ? &ruling : NULL, err);
}

static enum result store_record(struct records *w, const struct batch_record *record, struct err *err)
{
	struct lookup found;
	enum result r = lookup_find(w->c, &w->labels, record, &found, err);

	if (r != OK)
		return r;
	if (lookup_is_of_erased(record, &found))
		return pass_over(w, record, TAKEN_ERASED, err);
	if (is_old(w, record))
		return store_old(w, record, &found, err);
	return store_known_or_new(w, record, &found, NULL, err);
}

/* What is remembered of people lies all over memory, and waiting for it would cost as much as the work: it is asked for
 * two steps ahead, first where somebody is remembered, then what of them. */
#define AHEAD_FAR 12
#define AHEAD_NEAR 6

static void look_ahead(const struct records *w, size_t at)
{
	const struct session *session = w->c->session;
	const struct batch *batch = w->c->batch;
	const struct batch_record *far = &batch->records[at + AHEAD_FAR], *near = &batch->records[at + AHEAD_NEAR];
	struct entry entry;

	if (at + AHEAD_FAR >= batch->record_count)
		return;
	for (size_t i = 0; i < far->handle_count; i++)
		directory_prefetch(session->directory, &far->handles[i].blind);
	for (size_t i = 0; i < near->handle_count; i++) {
		if (directory_recall(session->directory, batch->account, &near->handles[i].blind, &entry))
			keyring_prefetch(session->ring, batch->account, KEY_IDENTITY, entry.identity);
	}
}

/* Whatever happened, nothing is under way afterwards, and no key is left. */
static enum result store_each(struct records *w, struct err *err)
{
	struct batch *batch = w->c->batch;
	enum result r = OK;

	w->filling = sealer_chunk(batch->sealer, 0);
	w->sealing = sealer_chunk(batch->sealer, 1);
	for (size_t i = 0; i < batch->record_count && r == OK; i++) {
		look_ahead(w, i);
		r = store_record(w, &batch->records[i], err);
	}
	for (int i = 0; i < 2 && r == OK; i++) /* what is being filled, and what is being sealed */
		r = turn(w, err);
	sealer_wait(batch->sealer);
	sealer_chunk_reset(w->filling);
	sealer_chunk_reset(w->sealing);
	return r == OK ? end_period(w, err) : r;
}

/* Once a batch: every record asks. */
static enum result load_policies(struct records *w, struct err *err)
{
	struct batch *batch = w->c->batch;
	struct date today = instant_date(batch->now);
	enum result r = policies_load(w->c->session, batch->account, batch->now, &batch->pool, &w->policies, err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		w->limited[kind] =
		    policies_first_cutoff(&w->policies, (enum record_kind)kind, today, &w->cutoff[kind]);
	return r;
}

static size_t count_labels(const struct batch *batch)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->record_count; i++)
		count += batch->records[i].label_count;
	return count;
}

static enum result store_records(struct commit *c, struct err *err)
{
	struct batch *batch = c->batch;
	struct records w = {.c = c};
	enum result r = load_policies(&w, err);

	if (r != OK)
		return r;
	w.parties = malloc((batch->party_count + 1) * sizeof *w.parties);
	w.uses = malloc((count_labels(batch) + 1) * sizeof *w.uses);
	if (w.parties == NULL || w.uses == NULL) {
		free(w.parties);
		free(w.uses);
		return err_no_memory(err);
	}
	memset(batch->taken_records, TAKEN_NEW, batch->record_count);
	qsort(batch->records, batch->record_count, sizeof *batch->records, by_kind_and_id);
	r = known_look_up(c, err);
	if (r == OK)
		r = store_each(&w, err);
	if (r == OK) {
		qsort(w.parties, w.party_count, sizeof *w.parties, party_key_compare);
		r = party_insert(c->session->data, batch->account, w.parties, w.party_count, err);
	}
	if (r == OK)
		r = label_use(c->session->data, batch->account, w.uses, w.use_count, 1, err);
	late_free(&w.late);
	free(w.parties);
	free(w.uses);
	return r;
}

/* ---- the leaf, and who hears of it ---- */

static enum result tell(struct commit *c, uint64_t seq, struct err *err)
{
	const struct { const struct outbox_list *list; enum event_type type; } told[] = {
	    {&c->created, EVENT_RECORD_CREATED}, {&c->ready, EVENT_RECORDING_READY},
	    {&c->enrolled, EVENT_CONTACT_CREATED}, {&c->changed, EVENT_CONTACT_UPDATED}};
	enum result r = OK;
	int n = 0;

	for (size_t i = 0; i < sizeof told / sizeof told[0] && r == OK; i++)
		r = outbox_put(c->session->data, told[i].list, told[i].type, c->batch->account, seq, &n, c->batch->now, err);
	return r;
}

static enum result append_leaf(struct commit *c, struct err *err)
{
	const struct import_result *counts = c->counts;
	struct act act;
	uint64_t seq;
	enum result r;

	act_begin(&act, "import.batch", c->batch->account, c->batch->now);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (counts->records[kind] > 0)
			act_int_of_kind(&act, "records", (enum record_kind)kind, counts->records[kind]);
	}
	act_int(&act, "contacts_new", counts->contacts_new);
	act_int(&act, "contacts_updated", counts->contacts_updated);
	act_int(&act, "contacts_unchanged", counts->contacts_unchanged);
	act_int(&act, "contacts_held", counts->contacts_held);
	act_int(&act, "contacts_deleted", counts->contacts_deleted);
	act_int(&act, "duplicates", counts->duplicates);
	act_int(&act, "differs", counts->differs);
	act_int(&act, "refused_erased", counts->refused_erased);
	act_int(&act, "expired", counts->expired);
	act_int(&act, "cut", counts->cut);
	act_int(&act, "identities", counts->identities);
	act_int(&act, "link", counts->linked);
	act_int(&act, "media", counts->media);
	r = act_append(&act, c->session->data, &seq, err);
	return r == OK ? tell(c, seq, err) : r;
}

enum result commit_batch(struct session *session, void *arg, struct err *err)
{
	struct batch *batch = arg;
	struct commit c = {.session = session, .batch = batch, .counts = &batch->counts};
	enum result r;

	pool_init(&c.pool, ROW_POOL_MAX);
	pool_init(&c.hold_pool, HOLD_POOL_MAX);
	r = holds_load(session, batch->account, &c.hold_pool, &c.holds, err);
	if (r == OK)
		r = store_records(&c, err);
	if (r == OK)
		r = enrol_contacts(&c, err);
	if (r == OK && batch->blobs != NULL)
		r = blob_publish(batch->blobs, err);
	if (r == OK)
		r = append_leaf(&c, err);
	outbox_free(&c.created);
	outbox_free(&c.ready);
	outbox_free(&c.enrolled);
	outbox_free(&c.changed);
	pool_free(&c.hold_pool);
	pool_free(&c.pool);
	return r;
}
