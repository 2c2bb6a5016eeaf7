/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What arrives past its time is stored as a sweep would have left it, had it
 * arrived in time.  LATE_SEED=n begins there, LATE_WORLDS=n plays so many; LONG=1: many.
 */
#include "checking.h"
#include "ingest/taking.h"

#include "retention/model.h"
#include "retention/obliging.h"
#include "retention/sweep.h"
#include "store/media.h"
#include "vault/labels.h"

#define TELEPHONE "it-dlgs196-132-telephone"   /* answered calls, 24 months: from, to, time, duration */
#define UNANSWERED "it-dlgs196-132-unanswered" /* missed calls, 30 days: from, to, time */
#define FRANCE "fr-cpce-l34-1-source"          /* calls and messages, 1 year: from */
#define INVOICES "de-ustg-14b-invoice"         /* documents tagged invoice, 8 years: all */

#define BENT "+4520222222" /* a hold may be on him */
#define CARL "+4520333333" /* and a restriction on him */

/* ---- what there is ---- */

static void oblige(const char *code)
{
	assert_ok(obliging_add(world.vault, &world.account, code, "os:0", world.now, &err), &err);
}

struct rule { enum record_kind kind; struct policy_scope scope; struct span keep; };

static enum result put_rule(struct session *session, void *arg, struct err *e)
{
	const struct rule *rule = arg;
	struct policy policy = {.kind = rule->kind, .scope = rule->scope, .keep = rule->keep, .set_at = world.now,
				.begins_at = world.now, .set_by = "os:0"};

	return policy_put(session->data, world.account.number, &policy, e);
}

static void keep_for(enum record_kind kind, struct policy_scope scope, struct span keep)
{
	struct rule rule = {kind, scope, keep};

	assert_ok(vault_write(world.vault, put_rule, &rule, &err), &err);
}

static void hold_bent(void)
{
	struct hold_request request = {.reason = "a lawsuit"};
	struct identity_row row;
	struct id hold;

	assert_true(find(IDENTITY_PHONE, BENT, &row));
	request.identity = row.identity;
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
}

static void restrict_carl(void)
{
	struct id id;

	assert_ok(holds_restrict(world.vault, &world.account, person_of(IDENTITY_PHONE, CARL), GROUND_CLAIMS, NULL,
				 world.now, &id, &err), &err);
}

static struct sweep_result sweep(void)
{
	struct sweep_result swept;

	assert_ok(sweep_run(world.vault, &world.account, world.now, NULL, NULL, &world.pool, &swept, &err), &err);
	assert_false(sweep_left_any(&swept.left));
	return swept;
}

static struct record_row only_call(void)
{
	struct record_row rows[2];

	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 2), 1);
	return rows[0];
}

static const char *payload_of(const struct record_row *row)
{
	const char *text;
	size_t len;

	assert_ok(open_record(world.vault->read.ring, row, &world.pool, &text, &len, &err), &err);
	return text;
}

static bool has_period_key(void)
{
	struct wrapped_key key;
	enum result r = key_get(world.vault->read.keys, world.account.number, KEY_PERIOD,
				key_period_number(KIND_CALL, instant_date(world_time("2024-05-17T00:00:00Z")), 0), &key,
				&err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

static void assert_sound(void)
{
	assert_int_equal(checks_out_but(&world, false, 0).keys_without_data, 0);
}

/* ---- one at a time ---- */

#define LATE CALL("1", ",\"status\":\"answered\",\"duration\":12,\"direction\":\"inbound\",\"text\":\"she wept\"," \
		       "\"tags\":[\"grief\"],\"agent\":\"a7\",\"media\":\"s.bin\"")
#define CUT "{\"obliged_by\":[\"" TELEPHONE "\"],\"from\":\"+4520000578\",\"to\":\"+4520000300\",\"time\":\"2024-05-17T14:03:00Z\",\"duration\":12}"

/* P31 */
static void what_an_obligation_covers_comes_in_cut_down_to_its_fields(void **state)
{
	struct record_row row;

	(void)state;
	put_file("s.bin", "sound");
	oblige(TELEPHONE);
	keep_calls_for_days(1);
	take_in(LATE);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.cut, 1);
	assert_int_equal(result.expired, 0);
	assert_int_equal(result.media, 0);
	assert_int_equal(result.identities, 2);
	row = only_call();
	assert_int_not_equal(row.hold, 0);
	assert_int_equal(row.duration_ms, 12000);
	assert_int_equal(row.direction, DIRECTION_NONE);
	assert_int_equal(row.status, STATUS_NONE);
	assert_int_equal(row.agent, 0);
	assert_int_equal(row.label_count, 0);
	assert_int_equal(row.media, 0);
	assert_string_equal(payload_of(&row), CUT);
	assert_false(has_period_key());
	assert_sound();
}

/* Nothing is made of what is cut away: the other end, the agent, a label. */
static void nobody_is_made_for_what_is_cut_away(void **state)
{
	struct identity_row row;
	int64_t label;

	(void)state;
	put_file("s.bin", "sound");
	oblige(FRANCE);
	keep_calls_for_days(1);
	take_in(LATE);
	assert_int_equal(result.identities, 1);
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	assert_false(find(IDENTITY_PHONE, "+4520000300", &row));
	assert_false(find(IDENTITY_AGENT, "a7", &row));
	assert_ok(labels_find(&world.vault->read, world.account.number, LABEL_TAG, "grief", &world.pool, &label, &err), &err);
	assert_int_equal(label, 0);
	assert_sound();
}

static void what_is_there_cut_down_is_there_already_and_not_compared(void **state)
{
	(void)state;
	put_file("s.bin", "sound");
	oblige(TELEPHONE);
	keep_calls_for_days(1);
	take_in(LATE LATE);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.differs, 0);
	for (int i = 0; i < 2; i++) {
		take_in(LATE);
		assert_int_equal(result.records[KIND_CALL], 0);
		assert_int_equal(result.duplicates, 1);
		assert_int_equal(result.differs, 0);
		assert_int_equal(result.cut, 0);
		sweep();
	}
	assert_sound();
}

static void what_no_law_covers_any_more_is_left_out(void **state)
{
	(void)state;
	oblige(UNANSWERED); /* 30 days: it happened 15 days ago */
	keep_calls_for_days(1);
	take_in(CALL("1", ",\"status\":\"missed\"") "{\"type\":\"call\",\"id\":\"2\",\"time\":\"2024-04-17T00:00:00Z\",\"from\":\"+4520000578\",\"status\":\"missed\"}\n"
		CALL("3", ",\"status\":\"answered\""));
	assert_int_equal(result.cut, 1);
	assert_int_equal(result.expired, 2);
}

/* Which no record of the account has had. */
static void a_law_that_goes_by_a_tag_knows_it_in_the_first_record_that_has_it(void **state)
{
	struct record_row rows[2];

	(void)state;
	put_file("s.bin", "sound");
	oblige(INVOICES);
	keep_for(KIND_DOCUMENT, (struct policy_scope){.number = 0}, (struct span){.days = 1});
	take_in("{\"type\":\"document\",\"id\":\"1\",\"time\":\"2024-05-17T00:00:00Z\",\"to\":\"+4520000578\",\"tags\":[\"Invoice\"],\"media\":\"s.bin\"}\n");
	assert_int_equal(result.cut, 1);
	assert_int_equal(result.media, 1);
	assert_int_equal(list_day(KIND_DOCUMENT, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_int_equal(rows[0].media, 1);
	assert_int_equal(rows[0].label_count, 1);
	assert_sound();
}

static void what_a_hold_covers_comes_in_whole_under_its_key(void **state)
{
	struct record_row row;
	int64_t hold;

	(void)state;
	put_file("s.bin", "sound");
	take_in("{\"type\":\"note\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"" BENT "\"}\n");
	hold_bent();
	oblige(TELEPHONE);
	keep_calls_for_days(1);
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" BENT "\",\"status\":\"answered\",\"text\":\"x\",\"media\":\"s.bin\"}\n");
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.cut, 0);
	row = only_call();
	hold = row.hold;
	assert_int_not_equal(hold, 0);
	assert_int_equal(row.media, 1);
	assert_non_null(strstr(payload_of(&row), "\"text\":\"x\""));
	assert_false(has_period_key());
	sweep();
	row = only_call();
	assert_int_equal(row.hold, hold);
	assert_sound();
}

/* ---- before or after: the same ---- */

static const char *const phones[] = {"+4520111111", BENT, CARL, "+4520444444"};
static const char *const statuses[] = {"answered", "missed", "busy"};

static void add_person(struct model_random *random, struct buf *out, const char *name)
{
	const char *phone = phones[model_pick(random, 4)];

	if (model_chance(random, 2))
		buf_printf(out, ",\"%s\":{\"phone\":\"%s\",\"name\":\"Somebody\"}", name, phone);
	else
		buf_printf(out, ",\"%s\":\"%s\"", name, phone);
}

/* Each at a time of its own, by which it is known in both worlds. */
static void add_line(struct model_random *random, struct buf *out, int nth)
{
	static const char *const types[] = {"call", "message", "document"};
	int type = model_pick(random, 3);
	struct date day = date_add_days(instant_date(world_time(NOW)), -(1 + 20 * model_pick(random, 5) + model_pick(random, 3)));
	char at[TIME_TEXT_MAX];

	instant_format((struct instant){date_start(day).ms + 43200000 + nth * 1000}, at);
	buf_printf(out, "{\"type\":\"%s\",\"id\":\"r%d\",\"time\":\"%s\"", types[type], nth, at);
	add_person(random, out, "from");
	if (!model_chance(random, 4))
		add_person(random, out, "to");
	if (type == 0)
		buf_printf(out, ",\"status\":\"%s\",\"duration\":%d", statuses[model_pick(random, 3)], model_pick(random, 90));
	buf_printf(out, ",\"direction\":\"%s\"", model_chance(random, 2) ? "inbound" : "outbound");
	if (model_chance(random, 3))
		buf_printf(out, ",\"agent\":{\"id\":\"a%d\",\"name\":\"Bo\"}", model_pick(random, 2));
	if (model_chance(random, 3))
		buf_printf(out, ",\"number\":\"+457030%04d\"", model_pick(random, 2));
	if (model_chance(random, 2))
		buf_printf(out, ",\"tags\":[\"%s\"]", model_chance(random, 2) ? "invoice" : "grief");
	if (model_chance(random, 5))
		buf_printf(out, ",\"media\":\"s.bin\"");
	buf_printf(out, ",\"text\":\"words %d\"}\n", nth);
}

/* The same rules for the same seed. */
static void set_rules(uint64_t seed)
{
	static const enum record_kind kinds[] = {KIND_CALL, KIND_MESSAGE, KIND_DOCUMENT};
	struct model_random random = {seed};

	for (size_t i = 0; i < 3; i++) {
		keep_for(kinds[i], (struct policy_scope){.number = 0}, (struct span){.days = model_pick(&random, 90)});
		if (model_chance(&random, 2))
			keep_for(kinds[i], (struct policy_scope){.direction = DIRECTION_INBOUND},
				 (struct span){.days = model_pick(&random, 90), .unlimited = model_chance(&random, 4)});
	}
}

static void set_keepers(uint64_t seed)
{
	static const char *const codes[] = {TELEPHONE, UNANSWERED, FRANCE, INVOICES};
	struct model_random random = {seed + 1};

	take_in("{\"type\":\"note\",\"id\":\"b\",\"time\":\"2024-06-01T00:00:00Z\",\"from\":\"" BENT "\"}\n"
		"{\"type\":\"note\",\"id\":\"c\",\"time\":\"2024-06-01T00:00:01Z\",\"from\":\"" CARL "\"}\n");
	for (size_t i = 0; i < 4; i++) {
		if (model_chance(&random, 2))
			oblige(codes[i]);
	}
	if (model_chance(&random, 3))
		hold_bent();
	if (model_chance(&random, 3))
		restrict_carl();
}

/* ---- all that is stored, in words ---- */

static void describe_keeper(struct buf *out, const struct record_row *row)
{
	struct held_row held;
	struct duty_row duty;
	char at[TIME_TEXT_MAX], ends[TIME_TEXT_MAX];
	enum result r;

	if (row->hold == 0)
		return;
	assert_ok(held_get(world.vault->read.data, row->account, row->hold, row->kind, row->id, &held, &err), &err);
	r = duty_get(world.vault->read.data, row->account, row->hold, &world.pool, &duty, &err);
	assert_true(r == OK || r == ERR_NOT_FOUND);
	buf_printf(out, " listed %d since %s", held.cause, instant_format(held.due, at));
	if (r == OK)
		buf_printf(out, " duty %s fields %u ends %s", duty.codes, duty.fields, date_format(duty.ends, ends));
	else
		buf_printf(out, " hold");
}

static void describe_media(struct buf *out, const struct record_row *row)
{
	struct media_row media;
	struct key key, medium;
	size_t count;

	if (row->media == 0)
		return;
	assert_ok(seal_record_key(world.vault->read.ring, row, &key, &err), &err);
	assert_ok(media_list(world.vault->read.data, row->account, row->kind, row->id, &media, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(open_media_key(&key, &media, &medium, &err), &err);
	buf_printf(out, " media %d", row->media);
}

static void describe(struct buf *out, const struct record_row *row)
{
	char at[TIME_TEXT_MAX];

	buf_printf(out, "%s %s: %d %d %lld%s%s labels %zu", kind_name(row->kind), instant_format(id_time(row->id), at),
		   row->direction, row->status, (long long)row->duration_ms, row->agent != 0 ? " agent" : "",
		   row->number != 0 ? " number" : "", row->label_count);
	for (unsigned roles = 1; roles < 256; roles++) {
		for (size_t i = 0; i < row->party_count; i++) {
			if (row->parties[i].roles == roles)
				buf_printf(out, " role %u", roles);
		}
	}
	describe_keeper(out, row);
	describe_media(out, row);
	buf_printf(out, " %s\n", payload_of(row));
}

static void describe_day(struct buf *out, enum record_kind kind, struct date day)
{
	struct record_row *rows = test_malloc(64 * sizeof *rows);
	char text[TIME_TEXT_MAX];
	struct period period;
	size_t count;

	instant_format(date_start(day), text);
	count = list_day(kind, text, rows, 64);
	for (size_t i = 0; i < count; i++)
		describe(out, &rows[i]);
	period = period_of(kind, text);
	if (count > 0 || period.records > 0)
		buf_printf(out, "day %s %s: %lld records, %lld bytes, %lld media\n", kind_name(kind), text,
			   (long long)period.records, (long long)period.bytes, (long long)period.media);
	test_free(rows);
}

static char *portrait(void)
{
	struct date today = instant_date(world_time(NOW));
	struct buf out;
	char *copy;

	buf_init(&out, 1 << 22);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		for (int back = 120; back >= 0; back--)
			describe_day(&out, (enum record_kind)kind, date_add_days(today, -back));
	}
	buf_printf(&out, "%lld parties\n", (long long)count_rows("party"));
	copy = strndup(out.data, out.len); /* it outlives its world */
	buf_free(&out);
	return copy;
}

static int64_t cut_down; /* by imports, in all worlds */

/* `before`: the rules are there before the records. */
static char *play(uint64_t seed, const char *lines, bool before)
{
	char *first, *second;

	assert_int_equal(set_up(NULL), 0);
	put_file("s.bin", "sound");
	set_keepers(seed);
	if (before)
		set_rules(seed);
	take_in(lines);
	cut_down += result.cut;
	if (!before) {
		set_rules(seed);
		sweep();
	}
	first = portrait();
	sweep();
	second = portrait();
	assert_string_equal(first, second); /* nothing is left to be done */
	assert_sound();
	assert_int_equal(tear_down(NULL), 0);
	free(second);
	return first;
}

static void importing_what_is_past_its_time_is_importing_it_in_time_and_sweeping(void **state)
{
	const char *from = getenv("LATE_SEED"), *many = getenv("LATE_WORLDS");
	uint64_t seed = from != NULL ? strtoull(from, NULL, 10) : 1;
	long worlds = many != NULL ? strtol(many, NULL, 10) : getenv("LONG") != NULL ? 1000 : 12;
	(void)state;

	for (long i = 0; i < worlds; i++, seed++) {
		struct model_random random = {seed};
		char *in_time, *late;
		struct buf lines;

		buf_init(&lines, 1 << 20);
		for (int nth = 0; nth < 24; nth++)
			add_line(&random, &lines, nth);
		buf_add(&lines, "", 1);
		in_time = play(seed, lines.data, false);
		late = play(seed, lines.data, true);
		if (strcmp(in_time, late) != 0) {
			fprintf(stderr, "LATE_SEED=%llu LATE_WORLDS=1\n%s\nin time:\n%s\nlate:\n%s", (unsigned long long)seed,
				lines.data, in_time, late);
			fail_msg("imported late it is not what it would have become");
		}
		buf_free(&lines);
		free(in_time);
		free(late);
	}
	assert_true(cut_down > 0 || worlds < 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_an_obligation_covers_comes_in_cut_down_to_its_fields),
	    TEST(nobody_is_made_for_what_is_cut_away),
	    TEST(what_is_there_cut_down_is_there_already_and_not_compared),
	    TEST(what_no_law_covers_any_more_is_left_out),
	    TEST(a_law_that_goes_by_a_tag_knows_it_in_the_first_record_that_has_it),
	    TEST(what_a_hold_covers_comes_in_whole_under_its_key),
	    cmocka_unit_test(importing_what_is_past_its_time_is_importing_it_in_time_and_sweeping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
