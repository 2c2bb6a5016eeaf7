/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables of docs/profiles.md and docs/obligations.md are those of the data.
 * Where one differs, what it should be is left in $TMPDIR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "law/obligation.h"
#include "law/profile.h"

#define MB ((size_t)1 << 20)

static struct err err;
static struct pool pool;
static struct buf out;

static int open_pool(void **state)
{
	(void)state;
	pool_init(&pool, 8 * MB);
	buf_init(&out, MB);
	return 0;
}

static int close_pool(void **state)
{
	(void)state;
	buf_free(&out);
	pool_free(&pool);
	return 0;
}

/* Between "<!-- table NAME -->" and the next "<!--" of the page. */
static void assert_page_has(const char *page, const char *name)
{
	char mark[80], wanted[400];
	struct buf text;
	const char *from, *to;
	FILE *file = fopen(page, "rb");
	size_t got;

	assert_non_null(file);
	assert_int_equal(buf_ok(&out, "the table", &err), OK);
	buf_init(&text, MB);
	got = fread(buf_extend(&text, 200000), 1, 200000, file);
	fclose(file);
	assert_true(got < 200000);
	text.data[got] = '\0';
	snprintf(mark, sizeof mark, "<!-- table %s -->\n", name);
	from = strstr(text.data, mark);
	to = from ? strstr(from + strlen(mark), "<!--") : NULL;
	from = from ? from + strlen(mark) : NULL;
	if (to && (size_t)(to - from) == out.len && memcmp(from, out.data, out.len) == 0) {
		buf_free(&text);
		return;
	}
	snprintf(wanted, sizeof wanted, "%s/table-%s.md", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", name);
	file = fopen(wanted, "wb");
	assert_non_null(file);
	fwrite(out.data, 1, out.len, file);
	fclose(file);
	buf_free(&text);
	fail_msg("the table %s of %s is not that of the data; it should be as in %s", name, page, wanted);
}

static void add_words(uint32_t bits, const char *(*name)(int bit))
{
	bool first = true;

	for (int bit = 0; bit < 32; bit++) {
		if (!(bits & UINT32_C(1) << bit))
			continue;
		buf_printf(&out, "%s%s", first ? "" : ", ", name(bit));
		first = false;
	}
}

static const char *kind_word(int bit)
{
	return kind_name((enum record_kind)bit);
}

static const char *field_word(int bit)
{
	return obligation_field_name((enum obligation_field)(1 << bit));
}

static const char *status_word(int bit)
{
	return bit == STATUS_NONE ? "unknown" : status_name((enum record_status)bit);
}

static const char *thing_word(int bit)
{
	return profile_thing_name((enum profile_thing_id)bit);
}

static const char *scope_word(int bit)
{
	return switch_scope_name((enum switch_scope)(1 << bit));
}

/* ---- obligations ---- */

static void add_obligation(const struct obligation *o)
{
	char span[TIME_TEXT_MAX], date[TIME_TEXT_MAX];

	buf_printf(&out, "| `%s` | [%s, %s](%s) | %s | ", o->code, o->law, o->article, o->url,
		   obligation_subject_name(o->applies_to));
	add_words(o->kinds, kind_word);
	for (size_t i = 0; i < o->tag_count; i++)
		buf_printf(&out, "%s%s", i == 0 ? ", tagged " : " or ", o->tags[i]);
	if (o->statuses) {
		buf_add_str(&out, "; ");
		add_words(o->statuses, status_word);
	}
	buf_add_str(&out, " | ");
	add_words(o->fields, field_word);
	buf_printf(&out, " | %s from %s | %s%s%s |\n", span_format(o->period, span), obligation_from_name(o->from),
		   date_format(o->checked_on, date), o->checked_against ? ", against " : "",
		   o->checked_against ? o->checked_against : "");
}

static void the_table_of_obligations_is_that_of_the_data(void **state)
{
	struct obligations all;

	(void)state;
	buf_reset(&out);
	assert_int_equal(obligations_load(&pool, &all, &err), OK);
	buf_add_str(
	    &out,
	    "| code | law and article | binds | records | fields | for | checked |\n|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < all.count; i++)
		add_obligation(&all.list[i]);
	assert_page_has("docs/obligations.md", "obligations");
}

static void the_list_of_what_was_left_out_is_that_of_the_data(void **state)
{
	struct obligations all;

	(void)state;
	buf_reset(&out);
	assert_int_equal(obligations_load(&pool, &all, &err), OK);
	for (size_t i = 0; i < all.note_count; i++)
		buf_printf(&out, "- %s: %s\n", all.notes[i].country, all.notes[i].text);
	assert_page_has("docs/obligations.md", "notes");
}

/* ---- profiles ---- */

static bool same_rule(const struct profile_rule *a, const struct profile_rule *b)
{
	return a->set && b->set && strcmp(a->source, b->source) == 0;
}

/* The kinds of one entry of the file in one row; none when an earlier kind has it. */
static uint32_t kinds_of_rule(const struct profile *p, int kind)
{
	uint32_t bits = 0;

	for (int other = KIND_FIRST; other <= KIND_LAST; other++) {
		if (!same_rule(&p->rules[kind], &p->rules[other]))
			continue;
		if (other < kind)
			return 0;
		bits |= UINT32_C(1) << other;
	}
	return bits;
}

static void add_rule(const struct profile *p, int kind)
{
	const struct profile_rule *rule = &p->rules[kind];
	uint32_t kinds = kinds_of_rule(p, kind);
	char span[TIME_TEXT_MAX], text[BOUND_TEXT_MAX];

	if (!kinds)
		return;
	buf_printf(&out, "| %s | ", p->name);
	add_words(kinds, kind_word);
	buf_printf(&out, " | %s | %s", span_format(rule->keep, span), bound_text(&rule->bound, text));
	for (size_t i = 0; i < rule->plan_count; i++)
		buf_printf(&out, "; plan %s: %s", rule->plans[i].plan, bound_text(&rule->plans[i], text));
	buf_printf(&out, " | %s | %s |\n", profile_change_name(rule->changed_by), rule->source);
}

static void the_table_of_periods_is_that_of_the_data(void **state)
{
	struct profiles all;

	(void)state;
	buf_reset(&out);
	assert_int_equal(profiles_load(&pool, &all, &err), OK);
	buf_add_str(
	    &out, "| profile | records | default | may be chosen | changed by | source |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < all.count; i++) {
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
			if (all.list[i]->rules[kind].set)
				add_rule(all.list[i], kind);
		}
	}
	assert_page_has("docs/profiles.md", "records");
}

static void add_terms(const struct profile *p)
{
	char span[TIME_TEXT_MAX];

	for (int i = 0; i < TERM_COUNT; i++) {
		if (p->terms[i].set)
			buf_printf(&out, "| %s | %s | %s | %s |\n", p->name, profile_term_name((enum profile_term_id)i),
				   span_format(p->terms[i].span, span), p->terms[i].source);
	}
	for (int i = 0; i < DUTY_COUNT; i++) {
		if (p->duties[i].set)
			buf_printf(&out, "| %s | %s | yes | %s |\n", p->name,
				   profile_duty_name((enum profile_duty_id)i), p->duties[i].source);
	}
	for (int i = 0; i < THING_COUNT; i++) {
		if (p->things[i].life != LIFE_NOT_SET)
			buf_printf(&out, "| %s | %s | %s | %s |\n", p->name,
				   profile_thing_name((enum profile_thing_id)i), profile_life_name(p->things[i].life),
				   p->things[i].source);
	}
}

static void add_self_service(const struct profile *p)
{
	const struct profile_self_service *self = &p->self_service;

	if (!self->set)
		return;
	buf_printf(&out, "| %s | self_service | ", p->name);
	add_words(self->kinds, kind_word);
	buf_add_str(&out, self->kinds && self->things ? ", " : "");
	add_words(self->things, thing_word);
	buf_printf(&out, "; by %s%s%s | %s |\n", self->ways & WAY_HAND ? "hand" : "",
		   self->ways == (WAY_HAND | WAY_API) ? " and " : "", self->ways & WAY_API ? "API" : "", self->source);
}

static void add_switches(const struct profile *p)
{
	for (int i = 0; i < SWITCH_COUNT; i++) {
		const struct profile_switch *which = &p->switches[i];

		if (which->state == SWITCH_NOT_SET)
			continue;
		buf_printf(&out, "| %s | %s | %s", p->name, profile_switch_name((enum profile_switch_id)i),
			   switch_state_name(which->state));
		if (which->scopes)
			buf_add_str(&out, ", set by ");
		add_words(which->scopes, scope_word);
		buf_printf(&out, " | %s |\n", which->source);
	}
	if (p->consent.set)
		buf_printf(&out, "| %s | consent | \"%s\" Refused: \"%s\" | %s |\n", p->name, p->consent.ask,
			   p->consent.refused, p->consent.source);
	if (p->masks.set)
		buf_printf(&out, "| %s | masks | `%s` `%s` `%s` | %s |\n", p->name, p->masks.phone, p->masks.email,
			   p->masks.card, p->masks.source);
}

static void the_table_of_other_rules_is_that_of_the_data(void **state)
{
	struct profiles all;

	(void)state;
	buf_reset(&out);
	assert_int_equal(profiles_load(&pool, &all, &err), OK);
	buf_add_str(&out, "| profile | rule | value | source |\n|---|---|---|---|\n");
	for (size_t i = 0; i < all.count; i++) {
		add_terms(all.list[i]);
		add_self_service(all.list[i]);
		add_switches(all.list[i]);
	}
	assert_page_has("docs/profiles.md", "rules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table_of_obligations_is_that_of_the_data),
	    cmocka_unit_test(the_list_of_what_was_left_out_is_that_of_the_data),
	    cmocka_unit_test(the_table_of_periods_is_that_of_the_data),
	    cmocka_unit_test(the_table_of_other_rules_is_that_of_the_data),
	};

	return cmocka_run_group_tests(tests, open_pool, close_pool);
}
