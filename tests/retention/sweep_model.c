/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps of random worlds, against a slow model that looks at every record.
 */
#include "keeping.h"

#define RECORDS 160
#define PHONES 5
#define HOLDS 12

struct model_hold { struct hold_request request; struct id id; int phone; bool active; };
struct model_record {
	enum record_kind kind;
	struct instant at;
	struct id id;
	int phones[2];     /* -1: none */
	bool ours, present;
	int under;         /* a hold, or -1 */
	char text[32];
};
struct model {
	struct world *world;
	unsigned seed;
	struct span keep[KIND_COUNT];
	struct model_hold holds[HOLDS];
	int hold_count;
	struct model_record records[RECORDS];
	int record_count;
};

static const enum record_kind model_kinds[] = {KIND_CALL, KIND_MESSAGE, KIND_NOTE};
static const char *const model_phones[PHONES] = {"+4520000001", "+4520000002", "+4520000003", "+4520000004",
						 "+4520000005"};

/* A linear congruential generator: the same worlds on every machine. */
static int pick(struct model *model, int below)
{
	model->seed = model->seed * 1664525u + 1013904223u;
	return (int)((model->seed >> 8) % (unsigned)below);
}

static bool model_covers(const struct model_hold *hold, const struct model_record *record)
{
	const struct hold_request *r = &hold->request;

	if (!hold->active || (r->kinds != 0 && !(r->kinds & 1u << record->kind)))
		return false;
	if ((r->has_from && record->at.ms < r->from.ms) || (r->has_until && record->at.ms >= r->until.ms))
		return false;
	if (r->has_person && record->phones[0] != hold->phone && record->phones[1] != hold->phone)
		return false;
	return r->identity == 0 || record->ours;
}

static int model_cover(const struct model *model, const struct model_record *record)
{
	for (int i = 0; i < model->hold_count; i++) {
		if (model->holds[i].active && (record->under == i || model_covers(&model->holds[i], record)))
			return i;
	}
	return -1;
}

static bool model_is_past(const struct model *model, const struct model_record *record)
{
	struct span keep = model->keep[record->kind];

	return !keep.unlimited &&
	       date_add_span(instant_date(record->at), keep).days <= instant_date(model->world->now).days;
}

static bool model_was_released(const struct model *model, const struct model_record *record)
{
	return record->under >= 0 && !model->holds[record->under].active;
}

static void model_put(struct model *model)
{
	struct model_record *record = &model->records[model->record_count];
	struct world_record spec = {.world = model->world};
	struct err err;
	int days = pick(model, 900);

	if (model->record_count == RECORDS)
		return;
	*record = (struct model_record){.kind = model_kinds[pick(model, 3)], .present = true, .under = -1,
					.phones = {pick(model, PHONES), pick(model, PHONES + 1) - 1},
					.ours = pick(model, 4) == 0};
	/* Days in clumps, so that periods hold several. */
	record->at = (struct instant){world_time("2026-03-01T00:00:00Z").ms - (int64_t)(days / 9 * 9) * 86400000 +
				      pick(model, 86400) * 1000LL};
	snprintf(record->text, sizeof record->text, "{\"n\":%d}", model->record_count);
	spec.kind = record->kind;
	spec.at = record->at;
	spec.text = record->text;
	spec.number = record->ours ? "+4570707070" : NULL;
	spec.phones[0] = model_phones[record->phones[0]];
	if (record->phones[1] >= 0 && record->phones[1] != record->phones[0])
		spec.phones[1] = model_phones[record->phones[1]];
	spec.id = record->id = id_new(record->at);
	assert_ok(vault_write(model->world->vault, world_put_op, &spec, &err), &err);
	model->record_count++;
}

static void model_hold(struct model *model)
{
	struct model_hold *hold = &model->holds[model->hold_count];

	if (model->hold_count == HOLDS)
		return;
	*hold = (struct model_hold){.phone = pick(model, PHONES), .active = true};
	if (pick(model, 2))
		hold->request.has_person =
		    identity_of(model->world, IDENTITY_PHONE, model_phones[hold->phone], &hold->request.person) != 0;
	if (!hold->request.has_person && pick(model, 2))
		hold->request.identity = identity_of(model->world, IDENTITY_NUMBER, "+4570707070", NULL);
	if (pick(model, 3) == 0)
		hold->request.kinds = 1u << model_kinds[pick(model, 3)];
	if (pick(model, 2)) {
		hold->request.has_from = hold->request.has_until = true;
		hold->request.from.ms = world_time("2026-03-01T00:00:00Z").ms - pick(model, 900) * 86400000LL - 43200000;
		hold->request.until.ms = hold->request.from.ms + (1 + pick(model, 400)) * 43200000LL;
	}
	hold->id = add_hold(model->world, &hold->request);
	model->hold_count++;
}

static void model_release(struct model *model)
{
	int which = model->hold_count > 0 ? pick(model, model->hold_count) : 0;
	int64_t due = 0;

	if (model->hold_count == 0 || !model->holds[which].active)
		return;
	model->holds[which].active = false;
	for (int i = 0; i < model->record_count; i++) {
		struct model_record *record = &model->records[i];
		int other = record->present && record->under == which ? model_cover(model, record) : -1;

		if (other >= 0)
			record->under = other;
		else
			due += record->present && record->under == which;
	}
	assert_int_equal(release_hold(model->world, model->holds[which].id), due);
}

static void model_policy(struct model *model)
{
	static const char *const spans[] = {"0 days", "30 days", "90 days", "1 month", "6 months", "13 months",
					    "unlimited"};
	enum record_kind kind = model_kinds[pick(model, 3)];
	const char *span = spans[pick(model, 7)];
	struct err err;

	assert_ok(span_parse(span, &model->keep[kind], &err), &err);
	set_policy(model->world, kind, span);
}

/* The plan, counted record by record. */
static void check_plan(struct model *model)
{
	struct sweep_plan plan = plan_of(model->world);

	for (size_t k = 0; k < 3; k++) {
		const struct sweep_due *due = &plan.kinds[model_kinds[k]];
		int64_t records = 0, held = 0, released = 0;

		for (int i = 0; i < model->record_count; i++) {
			struct model_record *record = &model->records[i];
			bool covered = model_cover(model, record) >= 0;

			if (!record->present || record->kind != model_kinds[k])
				continue;
			if (model_is_past(model, record)) {
				records++;
				held += covered;
			} else {
				released += model_was_released(model, record) && !covered;
			}
		}
		assert_int_equal(due->records, records);
		assert_int_equal(due->held, held);
		assert_int_equal(due->released, released);
	}
}

static void model_run(struct model *model, int64_t deleted[KIND_COUNT])
{
	memset(deleted, 0, KIND_COUNT * sizeof *deleted);
	for (int i = 0; i < model->record_count; i++) {
		struct model_record *record = &model->records[i];
		int cover = model_cover(model, record);

		if (!record->present)
			continue;
		if (record->under >= 0 && model->holds[record->under].active)
			continue;
		if (!model_was_released(model, record) && !model_is_past(model, record))
			continue;
		record->under = cover;
		record->present = cover >= 0;
		deleted[record->kind] += !record->present;
	}
}

static void check_records(struct model *model)
{
	int64_t parties = 0, rows, by_month, all = 0, days;
	struct period sum;
	struct err err;

	for (int i = 0; i < model->record_count; i++) {
		struct model_record *record = &model->records[i];

		assert_int_equal(is_there(model->world, record->kind, record->id), record->present);
		if (!record->present)
			continue;
		assert_opens(model->world, record->kind, record->id, record->text);
		assert_int_equal(row_of(model->world, record->kind, record->id).hold != 0, record->under >= 0);
		parties += record->phones[1] >= 0 && record->phones[1] != record->phones[0] ? 2 : 1;
	}
	assert_ok(party_count(model->world->vault->read.data, model->world->account.number, &rows, &by_month, &err),
		  &err);
	assert_int_equal(rows, parties);
	assert_int_equal(by_month, parties);
	for (size_t k = 0; k < 3; k++) {
		assert_ok(period_sum(model->world->vault->read.data, model->world->account.number, model_kinds[k],
				     (struct date){INT32_MAX}, &sum, &days, &err), &err);
		all += sum.records;
	}
	for (int i = 0; i < model->record_count; i++)
		all -= model->records[i].present;
	assert_int_equal(all, 0);
}

static void model_sweep(struct model *model)
{
	int64_t deleted[KIND_COUNT];
	struct sweep_result result;

	check_plan(model);
	model_run(model, deleted);
	run_sweep(model->world, &result);
	for (size_t k = 0; k < 3; k++)
		assert_int_equal(result.kinds[model_kinds[k]].records, deleted[model_kinds[k]]);
	check_records(model);
	pool_reset(&model->world->pool);
}

static void sweeps_do_what_a_look_at_every_record_would(void **state)
{
	const char *is_long = getenv("LONG");
	int rounds = is_long != NULL && *is_long != '\0' ? 60 : 8;
	(void)state;

	for (int round = 0; round < rounds; round++) {
		static struct model model;
		struct world world;

		world_begin(&world, "2026-03-01T12:00:00Z");
		model = (struct model){.world = &world, .seed = (unsigned)round * 7919u + 1};
		for (int kind = 0; kind < KIND_COUNT; kind++)
			model.keep[kind].unlimited = true;
		for (int i = 0; i < 60; i++)
			model_put(&model);
		for (int step = 0; step < 40; step++) {
			switch (pick(&model, 6)) {
			case 0:
				model_policy(&model);
				break;
			case 1:
				model_hold(&model);
				break;
			case 2:
				model_release(&model);
				break;
			case 3:
				world.now.ms += pick(&model, 20) * 86400000LL;
				break;
			case 4:
				for (int i = 0; i < 5; i++)
					model_put(&model);
				break;
			default:
				model_sweep(&model);
			}
		}
		model_sweep(&model);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweeps_do_what_a_look_at_every_record_would),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
