/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Obligations against a slow model: every record asked by itself, straight from
 * the law. After any sequence of runs, erasures and endings nothing that is
 * obliged is lost before its end, and exactly the named fields remain.
 */
#include "obliged.h"

#include "privacy/erase.h"
#include "shim/json_parse.h"

#define RECORDS 14
#define PEOPLE 5
#define STEPS 10
#define SEEDS 12

static const char *const codes[] = {TELEPHONE, UNANSWERED, SPAIN, FRANCE, LONG_ITALY};
#define CODES (sizeof codes / sizeof codes[0])

struct model {
	struct world *world;
	uint64_t seed;
	struct obligations laws;
	bool applies[CODES];
	bool erased[PEOPLE];
	struct {
		struct id id;
		int from, to;
		enum record_status status;
		struct date day;
		uint32_t left;       /* fields that are still there; OBLIGATION_ALL: it is whole */
		uint32_t by;         /* bit set: for which of `codes` it was cut */
		bool gone;
	} records[RECORDS];
};

static uint32_t dice(struct model *m, uint32_t sides)
{
	m->seed = m->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(m->seed >> 33) % sides;
}

static const char *phone(struct model *m, int person)
{
	return pool_printf(&m->world->pool, "+45201111%02d", person);
}

static void put_records(struct model *m)
{
	static const enum record_status statuses[] = {STATUS_ANSWERED, STATUS_MISSED, STATUS_BUSY, STATUS_VOICEMAIL};
	char day[TIME_TEXT_MAX];

	for (int i = 0; i < RECORDS; i++) {
		struct call_spec spec;

		m->records[i].from = (int)dice(m, PEOPLE);
		m->records[i].to = (m->records[i].from + 1 + (int)dice(m, PEOPLE - 1)) % PEOPLE;
		m->records[i].status = statuses[dice(m, 4)];
		m->records[i].day = date_add_days(date_from_civil(2024, 1, 20), (int)dice(m, 60));
		m->records[i].left = OBLIGATION_ALL;
		spec = (struct call_spec){.status = m->records[i].status, .from = phone(m, m->records[i].from),
					  .to = phone(m, m->records[i].to), .agent = "101", .number = "+4570707070",
					  .at = pool_printf(&m->world->pool, "%sT12:00:00Z",
							    date_format(m->records[i].day, day))};
		m->records[i].id = put_call(m->world, &spec);
	}
}

static bool covers(const struct model *m, int i, size_t code, struct date today)
{
	const struct obligation *law = obligation_find(&m->laws, codes[code]);
	bool whole = m->records[i].left == OBLIGATION_ALL;
	bool fits = law->statuses == 0 || (law->statuses & 1u << m->records[i].status) != 0;

	if (!whole && law->statuses != 0 && (m->records[i].left & OBLIGATION_STATUS) == 0)
		fits = false;
	return m->applies[code] && obligation_end(law, m->records[i].day).days > today.days &&
	       (fits || (m->records[i].by & 1u << code) != 0);
}

/* Its policy or its person does not keep it: what does? */
static void cut(struct model *m, int i, struct date today)
{
	uint32_t fields = 0, by = 0, left = m->records[i].left;

	for (size_t code = 0; code < CODES; code++) {
		uint32_t named = obligation_find(&m->laws, codes[code])->fields;

		if (covers(m, i, code, today) && (left == OBLIGATION_ALL || (named & left) != 0)) {
			fields |= named;
			by |= 1u << code;
		}
	}
	m->records[i].left = left == OBLIGATION_ALL ? fields : fields & left;
	m->records[i].by = by;
	m->records[i].gone |= m->records[i].left == 0;
}

static void assert_exactly(struct model *m, int i)
{
	static const struct { uint32_t field; const char *name; } members[] = {
	    {OBLIGATION_FROM, "from"},		 {OBLIGATION_TO, "to"},
	    {OBLIGATION_TIME, "time"},		 {OBLIGATION_DURATION, "duration"},
	    {OBLIGATION_DIRECTION, "direction"}, {OBLIGATION_STATUS, "status"},
	};
	const char *text = payload_of(m->world, KIND_CALL, m->records[i].id);
	uint32_t left = m->records[i].left;
	const struct json *tree;
	size_t wanted = 1; /* the mark */
	struct err err;

	assert_ok(json_parse_once(text, strlen(text), &m->world->pool, &tree, &err), &err);
	if (left == OBLIGATION_ALL) {
		assert_non_null(json_get(tree, "custom"));
		return;
	}
	for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
		bool there = json_get(tree, members[k].name) != NULL;

		if (there != ((left & members[k].field) != 0))
			fail_msg("seed %d: %s of record %d: %s", (int)m->seed, members[k].name, i, text);
		wanted += there;
	}
	assert_int_equal(tree->len, wanted);
	assert_null(strstr(text, NAME));
}

static void compare(struct model *m)
{
	for (int i = 0; i < RECORDS; i++) {
		if (m->records[i].gone == is_there(m->world, KIND_CALL, m->records[i].id))
			fail_msg("record %d is %s", i, m->records[i].gone ? "still there" : "lost");
		if (!m->records[i].gone)
			assert_exactly(m, i);
	}
	assert_sound(m->world);
}

static void erase_one(struct model *m)
{
	const struct erase_options options = {.now = m->world->now};
	struct date today = instant_date(m->world->now);
	int person = (int)dice(m, PEOPLE);
	struct erase_result result;
	struct id id;
	struct err err;

	if (m->erased[person] || identity_of(m->world, IDENTITY_PHONE, phone(m, person), &id) == 0)
		return;
	assert_ok(erase_person(m->world->vault, &m->world->account, id, &options, &m->world->pool, &result, &err), &err);
	m->erased[person] = true;
	/* Cut down before, it leads to them no more than it must; the next run cuts again what is due. */
	for (int i = 0; i < RECORDS; i++) {
		if (!m->records[i].gone && (m->records[i].from == person || m->records[i].to == person) &&
		    (m->records[i].left == OBLIGATION_ALL))
			cut(m, i, today);
	}
}

static void run(struct model *m)
{
	struct date today = instant_date(m->world->now);
	struct sweep_result result;

	run_sweep(m->world, &result);
	for (int i = 0; i < RECORDS; i++) {
		bool expired = date_add_days(m->records[i].day, 90).days <= today.days;

		if (!m->records[i].gone && (expired || m->records[i].left != OBLIGATION_ALL))
			cut(m, i, today);
	}
	compare(m);
}

static void step(struct model *m)
{
	size_t code = dice(m, CODES);
	int64_t due, cut_down;
	struct err err;

	m->world->now = instant_add(m->world->now, (struct duration){(int64_t)dice(m, 120) * 86400000});
	switch (dice(m, 4)) {
	case 0:
		erase_one(m);
		break;
	case 1:
		if (m->applies[code])
			assert_ok(obliging_end(m->world->vault, &m->world->account, codes[code], m->world->now, &due,
					       &cut_down, &err), &err);
		else
			oblige(m->world, codes[code]);
		m->applies[code] = !m->applies[code];
		break;
	default:
		break;
	}
	run(m);
}

/* P31 */
static void nothing_obliged_is_lost_before_its_end_and_exactly_the_named_fields_remain(void **state)
{
	struct world *world = *state;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct model m = {.world = world, .seed = seed};
		struct err err;

		world_end(world);
		world_begin(world, "2024-03-25T12:00:00Z");
		assert_ok(obligations_load(&world->pool, &m.laws, &err), &err);
		put_records(&m);
		for (size_t code = 0; code < CODES; code++) {
			m.applies[code] = dice(&m, 2) == 0;
			if (m.applies[code])
				oblige(world, codes[code]);
		}
		set_policy(world, KIND_CALL, "90 days");
		for (int i = 0; i < STEPS; i++)
			step(&m);
		world->now = world_time("2031-01-01T00:00:00Z");
		run(&m);
		for (int i = 0; i < RECORDS; i++)
			assert_true(m.records[i].gone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(nothing_obliged_is_lost_before_its_end_and_exactly_the_named_fields_remain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
