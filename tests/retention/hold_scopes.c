/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a scope matches, against a slow model: what a record is, and what a scope asks for, as lists of facts.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "retention/holds.h"

#define ROUNDS 200000
#define FACTS 64

static uint64_t seed = 20261121;

static uint64_t below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

static struct id id_at(int64_t ms)
{
	struct id id = id_floor((struct instant){ms});

	id.bytes[15] = (unsigned char)below(256);
	return id;
}

static struct record_row random_record(void)
{
	struct record_row row = {.account = 1, .kind = (enum record_kind)(KIND_FIRST + below(4)),
				 .id = id_at((int64_t)below(20) * 21600000), .number = (int64_t)below(3),
				 .agent = below(2) ? (int64_t)(10 + below(3)) : 0, .hold = (int64_t)below(4)};

	for (int64_t identity = 1; identity < 16; identity++) {
		if (below(4) == 0)
			row.parties[row.party_count++] = (struct party){identity, ROLE_FROM};
	}
	for (int64_t label = 1; label < 8; label++) {
		if (below(3) == 0)
			row.labels[row.label_count++] = label;
	}
	return row;
}

static int64_t maybe(uint64_t max)
{
	return below(3) == 0 ? (int64_t)(1 + below(max)) : 0;
}

static void random_scope(struct hold_scope *scope, int64_t identities[3])
{
	struct hold_row *row = &scope->row;

	*row = (struct hold_row){.account = 1, .hold = 2, .type = HOLD_LEGAL, .identity = maybe(16), .number = maybe(2),
				 .agent = below(3) == 0 ? (int64_t)(10 + below(3)) : 0, .queue = maybe(7),
				 .campaign = maybe(7), .tag = maybe(7), .has_person = below(3) == 0,
				 .kinds = below(3) == 0 ? (uint32_t)below(32) & ~1u : 0,
				 .has_from = below(3) == 0, .has_until = below(3) == 0};
	row->from.ms = (int64_t)below(20) * 21600000;
	row->until.ms = row->from.ms + (int64_t)below(20) * 21600000;
	scope->identities = identities;
	scope->identity_count = row->has_person ? below(4) : 0;
	for (size_t i = 0; i < scope->identity_count; i++)
		identities[i] = (int64_t)(1 + below(15));
}

/* ---- the model ---- */

struct fact { const char *what; int64_t value; };
struct facts { struct fact list[FACTS]; size_t count; };

static void state_fact(struct facts *facts, const char *what, int64_t value)
{
	assert_true(facts->count < FACTS);
	facts->list[facts->count++] = (struct fact){what, value};
}

static bool is_stated(const struct facts *facts, const char *what, int64_t value)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (strcmp(facts->list[i].what, what) == 0 && facts->list[i].value == value)
			return true;
	}
	return false;
}

static void state_record(struct facts *facts, const struct record_row *row)
{
	state_fact(facts, "kind", row->kind);
	state_fact(facts, "involves", row->number);
	state_fact(facts, "involves", row->agent);
	state_fact(facts, "number", row->number);
	for (size_t i = 0; i < row->party_count; i++)
		state_fact(facts, "involves", row->parties[i].identity);
	for (size_t i = 0; i < row->label_count; i++)
		state_fact(facts, "label", row->labels[i]);
}

static bool model_fits(const struct hold_scope *scope, const struct record_row *record)
{
	const struct hold_row *hold = &scope->row;
	const struct fact asked[] = {{"involves", hold->identity}, {"number", hold->number}, {"involves", hold->agent},
				     {"label", hold->queue}, {"label", hold->campaign}, {"label", hold->tag}};
	struct facts facts = {.count = 0};
	bool person = !hold->has_person, kind = hold->kinds == 0;
	int64_t at = id_time(record->id).ms;

	state_record(&facts, record);
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		if (asked[i].value != 0 && !is_stated(&facts, asked[i].what, asked[i].value))
			return false;
	}
	for (size_t i = 0; i < scope->identity_count; i++)
		person |= is_stated(&facts, "involves", scope->identities[i]);
	for (int k = KIND_FIRST; k <= KIND_LAST; k++)
		kind |= (hold->kinds >> k & 1) == 1 && is_stated(&facts, "kind", k);
	if (hold->has_from && at < hold->from.ms)
		return false;
	return person && kind && !(hold->has_until && at >= hold->until.ms);
}

/* P10 */
static void a_scope_fits_what_a_slow_model_says_it_does(void **state)
{
	size_t fitting = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct record_row row = random_record();
		int64_t identities[3];
		struct hold_scope scope;
		bool fits;

		random_scope(&scope, identities);
		fits = model_fits(&scope, &row);
		fitting += fits;
		if (holds_fit(&scope, &row) != fits)
			fail_msg("round %d: the model says %d", i, fits);
	}
	assert_true(fitting > ROUNDS / 100);
}

/* Whatever fits is in a period that is touched, so that sparing the others spares nothing that is held. */
static void what_fits_is_in_a_period_that_is_touched(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct record_row row = random_record();
		int64_t identities[3];
		struct hold_scope scope;
		struct hold_set set = {.account = 1, .count = 1, .legal = 1, .scopes = &scope};

		random_scope(&scope, identities);
		if (holds_fit(&scope, &row))
			assert_true(holds_touch_period(&set, row.kind, instant_date(id_time(row.id))));
		assert_true((holds_cover(&set, &row) != NULL) == (holds_fit(&scope, &row) || row.hold == scope.row.hold));
	}
}

static void legal_holds_are_those_an_erasure_asks_for(void **state)
{
	struct hold_scope scopes[2] = {{.row = {.hold = 7, .type = HOLD_LEGAL, .tag = 1}},
				       {.row = {.hold = 3, .type = HOLD_RESTRICTION}}};
	struct hold_set all = {.account = 1, .count = 2, .legal = 1, .scopes = scopes}, legal = holds_legal(&all);
	struct record_row plain = {.kind = KIND_CALL}, tagged = {.kind = KIND_CALL, .labels = {1}, .label_count = 1};

	(void)state;
	assert_ptr_equal(holds_cover(&all, &plain), &scopes[1]);
	assert_null(holds_cover(&legal, &plain));
	assert_ptr_equal(holds_cover(&all, &tagged), &scopes[0]);
	assert_ptr_equal(holds_cover_next(&all, &tagged, &scopes[0]), &scopes[1]);
	assert_null(holds_cover_next(&all, &tagged, &scopes[1]));
	holds_leave_out(&all, 7);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.legal, 0);
	assert_ptr_equal(holds_cover(&all, &tagged), &scopes[0]); /* the restriction, moved up */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_scope_fits_what_a_slow_model_says_it_does),
	    cmocka_unit_test(what_fits_is_in_a_period_that_is_touched),
	    cmocka_unit_test(legal_holds_are_those_an_erasure_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
