/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A6: what a law demands is kept for its time, and no more.
 */
#include "law/file.h"

#include "law/obligation.h"


static struct obligations all;

static enum result load_into(struct pool *to)
{
	return obligations_load(to, &all, &err);
}

static int load(void **state)
{
	(void)state;
	return open_files(load_into);
}

static const struct obligation *find(const char *code)
{
	const struct obligation *o = obligation_find(&all, code);

	if (!o)
		fail_msg("there is no %s", code);
	return o;
}

static void assert_end(const char *code, const char *day, const char *expected)
{
	char text[TIME_TEXT_MAX];
	struct date date;

	assert_int_equal(date_parse(day, strlen(day), &date, &err), OK);
	assert_string_equal(date_format(obligation_end(find(code), date), text), expected);
}

static void assert_period(const char *code, const char *period, enum obligation_from from)
{
	const struct obligation *o = find(code);
	struct span span;

	assert_int_equal(span_parse(period, &span, &err), OK);
	if (!span_equal(o->period, span) || o->from != from)
		fail_msg("%s is not kept for %s from its %s", code, period, obligation_from_name(from));
}

static bool covers(const char *code, enum record_kind kind, enum record_status status, const char *tag)
{
	return obligation_covers(find(code), kind, status, &tag, tag ? 1 : 0);
}

/* ---- the data ---- */

static void each_period_and_its_start_is_that_of_its_article(void **state)
{
	(void)state;
	assert_period("de-ao-147-voucher", "8 years", OBLIGATION_FROM_YEAR_END);
	assert_period("de-ao-147-letter", "6 years", OBLIGATION_FROM_YEAR_END);
	assert_period("de-hgb-257-voucher", "8 years", OBLIGATION_FROM_YEAR_END);
	assert_period("de-hgb-257-letter", "6 years", OBLIGATION_FROM_YEAR_END);
	assert_period("de-ustg-14b-invoice", "8 years", OBLIGATION_FROM_YEAR_END);
	assert_period("es-ley25-2007-5", "12 months", OBLIGATION_FROM_RECORD);
	assert_period("es-ccom-30", "6 years", OBLIGATION_FROM_YEAR_END);
	assert_period("fr-cpce-l34-1-source", "1 year", OBLIGATION_FROM_RECORD);
	assert_period("fr-lpf-l102b", "6 years", OBLIGATION_FROM_RECORD);
	assert_period("fr-ccom-l123-22", "10 years", OBLIGATION_FROM_YEAR_END);
	assert_period("gb-vata-sch11-6", "6 years", OBLIGATION_FROM_RECORD);
	assert_period("gb-ca2006-388-private", "3 years", OBLIGATION_FROM_RECORD);
	assert_period("gb-ca2006-388-public", "6 years", OBLIGATION_FROM_RECORD);
	assert_period("in-cgst-36", "72 months", OBLIGATION_FROM_GST_RETURN);
	assert_period("it-dlgs196-132-telephone", "24 months", OBLIGATION_FROM_RECORD);
	assert_period("it-dlgs196-132-telematic", "12 months", OBLIGATION_FROM_RECORD);
	assert_period("it-dlgs196-132-unanswered", "30 days", OBLIGATION_FROM_RECORD);
	assert_period("it-l167-2017-24", "72 months", OBLIGATION_FROM_RECORD);
	assert_period("it-cc-2220", "10 years", OBLIGATION_FROM_YEAR_END);
	assert_int_equal(all.count, 19);
}

static void each_cites_its_law_and_who_read_it_when(void **state)
{
	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		const struct obligation *o = &all.list[i];

		assert_true(o->law && o->article && o->text && o->checked_by);
		assert_int_equal(strncmp(o->url, "https://", 8), 0);
		assert_int_equal(o->text[strlen(o->text) - 1], '.');
		assert_int_equal(date_civil(o->checked_on).year >= 2026, 1);
		assert_ptr_equal(obligation_find(&all, o->code), o);
	}
	assert_null(find("it-cc-2220")->checked_against); /* the page at its address */
	assert_non_null(strstr(find("es-ley25-2007-5")->checked_against, "not the page itself"));
	assert_null(obligation_find(&all, "de-tkg-176"));
	assert_null(obligation_find(&all, "in-ul-39-20-cdr"));
}

static bool noted(const char *country, const char *word)
{
	for (size_t i = 0; i < all.note_count; i++) {
		if (strcmp(all.notes[i].country, country) == 0 && strstr(all.notes[i].text, word))
			return true;
	}
	return false;
}

static void what_was_left_out_on_purpose_is_said(void **state)
{
	(void)state;
	assert_true(noted("DE", "176 TKG"));
	assert_true(noted("FR", "Prime Minister"));
	assert_true(noted("GB", "s. 87"));
	assert_true(noted("IN", "clause 39.20"));
}

static void telecom_law_keeps_listed_fields_and_tax_law_the_whole_document(void **state)
{
	(void)state;
	assert_int_equal(find("it-dlgs196-132-telephone")->fields,
			 OBLIGATION_FROM | OBLIGATION_TO | OBLIGATION_TIME | OBLIGATION_DURATION);
	assert_int_equal(find("fr-cpce-l34-1-source")->fields, OBLIGATION_FROM);
	assert_int_equal(find("de-ao-147-voucher")->fields, OBLIGATION_ALL);
	for (size_t i = 0; i < all.count; i++) {
		const struct obligation *o = &all.list[i];
		bool telecom = o->applies_to == OBLIGATION_TELECOM_OPERATOR;

		assert_int_equal(o->fields != OBLIGATION_ALL, telecom);
		assert_int_equal(o->tag_count == 0, telecom);
	}
}

/* ---- covering ---- */

static void an_unanswered_call_is_kept_for_its_own_shorter_time(void **state)
{
	(void)state;
	assert_true(covers("it-dlgs196-132-unanswered", KIND_CALL, STATUS_MISSED, NULL));
	assert_false(covers("it-dlgs196-132-telephone", KIND_CALL, STATUS_MISSED, NULL));
	assert_true(covers("it-dlgs196-132-telephone", KIND_CALL, STATUS_ANSWERED, NULL));
	assert_false(covers("it-dlgs196-132-unanswered", KIND_CALL, STATUS_ANSWERED, NULL));
}

static void a_call_of_unknown_status_counts_as_answered(void **state)
{
	(void)state;
	assert_true(covers("it-dlgs196-132-telephone", KIND_CALL, STATUS_NONE, NULL));
	assert_false(covers("it-dlgs196-132-unanswered", KIND_CALL, STATUS_NONE, NULL));
}

static void every_italian_call_is_under_one_of_the_two_rules_whatever_its_status(void **state)
{
	(void)state;
	for (int status = STATUS_NONE; status <= STATUS_CONGESTION; status++) {
		bool answered = covers("it-dlgs196-132-telephone", KIND_CALL, (enum record_status)status, NULL);
		bool unanswered = covers("it-dlgs196-132-unanswered", KIND_CALL, (enum record_status)status, NULL);

		assert_int_equal(answered + unanswered, 1);
		assert_true(covers("it-l167-2017-24", KIND_CALL, (enum record_status)status, NULL));
	}
}

static void contents_are_under_no_telecom_law(void **state)
{
	static const enum record_kind contents[] = {KIND_RECORDING, KIND_VOICEMAIL, KIND_TRANSCRIPT, KIND_NOTE};

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		for (size_t k = 0; k < sizeof contents / sizeof contents[0]; k++)
			assert_false(obligation_covers(&all.list[i], contents[k], STATUS_NONE, NULL, 0));
	}
}

static void a_document_is_covered_by_its_tag_only(void **state)
{
	static const char *const both[] = {"urgent", "invoice"};

	(void)state;
	assert_false(covers("de-ao-147-voucher", KIND_DOCUMENT, STATUS_NONE, NULL));
	assert_false(covers("de-ao-147-voucher", KIND_DOCUMENT, STATUS_NONE, "contract"));
	assert_true(covers("de-ao-147-voucher", KIND_DOCUMENT, STATUS_NONE, "accounting"));
	assert_true(obligation_covers(find("de-ao-147-voucher"), KIND_DOCUMENT, STATUS_NONE, both, 2));
	assert_false(covers("de-ao-147-voucher", KIND_CALL, STATUS_NONE, "invoice"));
	assert_true(covers("de-hgb-257-letter", KIND_MESSAGE, STATUS_SENT, "business-letter"));
}

/* Ley 25/2007 art. 4(2), (3). */
static void in_spain_a_call_without_an_answer_is_covered_and_one_that_was_not_connected_is_not(void **state)
{
	(void)state;
	for (int status = STATUS_NONE; status <= STATUS_CONGESTION; status++)
		assert_int_equal(covers("es-ley25-2007-5", KIND_CALL, (enum record_status)status, NULL),
				 status != STATUS_FAILED);
}

/* ---- the end ---- */

static void a_period_of_months_includes_its_last_day(void **state)
{
	(void)state;
	assert_end("it-dlgs196-132-telephone", "2024-01-15", "2026-01-16");
	assert_end("it-dlgs196-132-telephone", "2024-02-29", "2026-03-01");
	assert_end("it-l167-2017-24", "2024-02-29", "2030-03-01");
	assert_end("es-ley25-2007-5", "2023-02-28", "2024-02-29");
	assert_end("it-l167-2017-24", "2024-08-31", "2030-09-01");
}

static void days_are_counted_after_the_day_of_the_call(void **state)
{
	(void)state;
	assert_end("it-dlgs196-132-unanswered", "2024-02-01", "2024-03-03");
	assert_end("it-dlgs196-132-unanswered", "2023-02-01", "2023-03-04");
}

static void a_period_from_the_end_of_a_year_ends_as_a_new_year_begins(void **state)
{
	(void)state;
	assert_end("de-ao-147-voucher", "2024-01-01", "2033-01-01");
	assert_end("de-ao-147-voucher", "2024-12-31", "2033-01-01");
	assert_end("de-ao-147-voucher", "2025-01-01", "2034-01-01");
	assert_end("de-ao-147-letter", "2024-07-01", "2031-01-01");
	assert_end("fr-ccom-l123-22", "2024-07-01", "2035-01-01");
}

static void an_indian_invoice_is_counted_from_the_return_of_its_financial_year(void **state)
{
	(void)state;
	assert_end("in-cgst-36", "2023-11-10", "2031-01-01"); /* of 2023-24, whose return is due on 2024-12-31 */
	assert_end("in-cgst-36", "2024-03-31", "2031-01-01");
	assert_end("in-cgst-36", "2024-04-01", "2032-01-01");
}

/* ---- refusing ---- */

#define GOOD                                                                                                           \
	"{\n"                                                                                                          \
	"  \"country\": \"XX\",\n"                                                                                     \
	"  \"obligations\": [\n"                                                                                       \
	"    {\n"                                                                                                      \
	"      \"code\": \"xx-1\",\n"                                                                                  \
	"      \"applies_to\": \"any_business\",\n"                                                                    \
	"      \"law\": \"L\", \"article\": \"1\", \"text\": \"T.\", \"url\": \"https://example.org\",\n"              \
	"      \"kinds\": [\"call\"],\n"                                                                               \
	"      \"fields\": [\"from\"],\n"                                                                              \
	"      \"period\": \"1 year\",\n"                                                                              \
	"      \"from\": \"record\",\n"                                                                                \
	"      \"checked\": {\"by\": \"A\", \"on\": \"2026-01-02\"}\n"                                                 \
	"    }\n"                                                                                                      \
	"  ]\n"                                                                                                        \
	"}\n"

static enum result parse(const char *text, struct obligations *into)
{
	return obligations_parse("XX.json", text, strlen(text), &pool, into, &err);
}

/* GOOD with `what` replaced by `with` is refused so; `where` follows the name of the file. */
static void assert_refused(const char *what, const char *with, const char *says, const char *where)
{
	struct obligations into = {0};
	char text[FILE_TEXT_MAX], place[300];

	exchange(GOOD, what, with, text);
	snprintf(place, sizeof place, "XX.json%s", where);
	assert_says(parse(text, &into), says, place);
	assert_int_equal(into.count, 0);
}

static void a_good_file_is_added_to_those_before(void **state)
{
	struct obligations into = all;

	(void)state;
	assert_int_equal(parse(GOOD, &into), OK);
	assert_int_equal(into.count, all.count + 1);
	assert_string_equal(obligation_find(&into, "xx-1")->country, "XX");
	assert_non_null(obligation_find(&into, "it-cc-2220"));
	assert_int_equal(into.note_count, all.note_count);
}

static void a_member_nobody_knows_is_refused_by_name_with_its_line(void **state)
{
	(void)state;
	assert_refused("\"period\"", "\"perod\"", "unknown member 'perod'", ", line 10, 'obligations[0].perod'");
	assert_non_null(strstr(err.mend, "period"));
	assert_refused("\"country\"", "\"state\"", "unknown member 'state'", ", line 2, 'state'");
	assert_refused("\"by\"", "\"who\"", "unknown member 'who'", ", line 12, 'obligations[0].checked.who'");
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_refused("\"period\": \"1 year\",", "", "the member 'period' is missing", ", line 4, 'obligations[0]'");
	assert_refused("\"by\": \"A\", ", "", "the member 'by' is missing", ", line 12, 'obligations[0].checked'");
	assert_refused("\"country\": \"XX\",", "", "the member 'country' is missing", ", line 1");
}

static void a_wrong_type_is_refused(void **state)
{
	(void)state;
	assert_refused("\"1 year\"", "12", "a string is expected here, not an integer",
		       ", line 10, 'obligations[0].period'");
	assert_refused("[\"call\"]", "\"call\"", "an array is expected here, not a string",
		       ", line 8, 'obligations[0].kinds'");
	assert_refused("\"A\"", "\"\"", "the text is empty", ", line 12, 'obligations[0].checked.by'");
	assert_refused("\"A\"", "\"A\\u0007\"", "the text holds a line end, a tab or another control character",
		       ", line 12, 'obligations[0].checked.by'");
}

static void a_word_nobody_knows_is_refused_with_those_that_are_known(void **state)
{
	(void)state;
	assert_refused("\"call\"", "\"fax\"", "unknown kind 'fax'", ", line 8, 'obligations[0].kinds[0]'");
	assert_non_null(strstr(err.mend, "call, recording, voicemail"));
	assert_refused("[\"from\"]", "[\"from\", \"name\"]", "unknown field 'name'",
		       ", line 9, 'obligations[0].fields[1]'");
	assert_refused("\"record\"", "\"invoice\"", "unknown start 'invoice'", ", line 11, 'obligations[0].from'");
	assert_refused("\"any_business\"", "\"all\"", "unknown subject 'all'", ", line 6, 'obligations[0].applies_to'");
	assert_refused("\"kinds\"", "\"statuses\": [\"lost\"], \"kinds\"", "unknown status 'lost'",
		       ", line 8, 'obligations[0].statuses[0]'");
}

static void lists_are_neither_empty_nor_hold_a_word_twice(void **state)
{
	(void)state;
	assert_refused("[\"call\"]", "[]", "the list is empty", ", line 8, 'obligations[0].kinds'");
	assert_refused("[\"call\"]", "[\"call\", \"call\"]", "the kind 'call' is named twice",
		       ", line 8, 'obligations[0].kinds[1]'");
	assert_refused("[\"from\"]", "[\"all\", \"from\"]", "'all' stands beside other fields",
		       ", line 9, 'obligations[0].fields'");
	assert_refused("\"kinds\"", "\"tags\": [], \"kinds\"", "the list is empty", ", line 8, 'obligations[0].tags'");
}

static void periods_dates_and_sources_are_checked(void **state)
{
	(void)state;
	assert_refused("\"1 year\"", "\"soon\"", "'soon' is not a length of time",
		       ", line 10, 'obligations[0].period'");
	assert_refused("\"1 year\"", "\"unlimited\"", "an obligation lasts neither for ever nor no time at all",
		       ", line 10, 'obligations[0].period'");
	assert_refused("\"1 year\"", "\"0 days\"", "an obligation lasts neither for ever nor no time at all",
		       ", line 10, 'obligations[0].period'");
	assert_refused("https:", "http:", "the source is not an https address", ", line 7, 'obligations[0].url'");
	assert_refused("2026-01-02", "2026-02-30", "'2026-02-30' is not a date",
		       ", line 12, 'obligations[0].checked.on'");
}

static void a_code_belongs_to_its_country_and_is_unique(void **state)
{
	struct obligations into = {0};

	(void)state;
	assert_refused("xx-1", "de-1", "the code 'de-1' does not begin with its country",
		       ", line 5, 'obligations[0].code'");
	assert_string_equal(err.mend, "begin it with 'xx-'");
	assert_refused("xx-1", "x", "the code 'x' does not begin with its country", ", line 5, 'obligations[0].code'");
	assert_refused("\"XX\"", "\"Xx\"", "'Xx' is not a country", ", line 2, 'country'");
	assert_int_equal(parse(GOOD, &into), OK);
	assert_int_equal(parse(GOOD, &into), ERR_INPUT);
	assert_string_equal(err.what, "there are two obligations of the code 'xx-1'");
	assert_int_equal(into.count, 1);
}

static void what_is_no_json_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("[\"call\"],", "[\"call\"]", "this is not JSON: ',' or '}' is missing (byte 213)", ", line 9");
	assert_refused("\"from\": \"record\"", "\"period\": \"2 years\"",
		       "the member 'period' appears twice in one object", "");
	assert_refused(GOOD, "[]", "an object is expected here, not an array", ", line 1");
	assert_refused(GOOD, "", "this is not JSON: the text ends too early (byte 1)", ", line 1");
}

static void a_file_without_end_is_refused(void **state)
{
	struct obligations into = {0};
	char *text = malloc(MB + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', MB + 1);
	assert_int_equal(obligations_parse("XX.json", text, MB + 1, &pool, &into, &err), ERR_LIMIT);
	assert_string_equal(err.where, "XX.json");
	free(text);
}

static enum result load_elsewhere(struct pool *to)
{
	struct obligations into;

	return obligations_load(to, &into, &err);
}

static void without_memory_that_is_said_wherever_it_runs_out(void **state)
{
	(void)state;
	assert_memory_is_said(load_elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_period_and_its_start_is_that_of_its_article),
	    cmocka_unit_test(each_cites_its_law_and_who_read_it_when),
	    cmocka_unit_test(what_was_left_out_on_purpose_is_said),
	    cmocka_unit_test(telecom_law_keeps_listed_fields_and_tax_law_the_whole_document),
	    cmocka_unit_test(an_unanswered_call_is_kept_for_its_own_shorter_time),
	    cmocka_unit_test(a_call_of_unknown_status_counts_as_answered),
	    cmocka_unit_test(every_italian_call_is_under_one_of_the_two_rules_whatever_its_status),
	    cmocka_unit_test(contents_are_under_no_telecom_law),
	    cmocka_unit_test(a_document_is_covered_by_its_tag_only),
	    cmocka_unit_test(in_spain_a_call_without_an_answer_is_covered_and_one_that_was_not_connected_is_not),
	    cmocka_unit_test(a_period_of_months_includes_its_last_day),
	    cmocka_unit_test(days_are_counted_after_the_day_of_the_call),
	    cmocka_unit_test(a_period_from_the_end_of_a_year_ends_as_a_new_year_begins),
	    cmocka_unit_test(an_indian_invoice_is_counted_from_the_return_of_its_financial_year),
	    cmocka_unit_test(a_good_file_is_added_to_those_before),
	    cmocka_unit_test(a_member_nobody_knows_is_refused_by_name_with_its_line),
	    cmocka_unit_test(what_is_missing_is_named),
	    cmocka_unit_test(a_wrong_type_is_refused),
	    cmocka_unit_test(a_word_nobody_knows_is_refused_with_those_that_are_known),
	    cmocka_unit_test(lists_are_neither_empty_nor_hold_a_word_twice),
	    cmocka_unit_test(periods_dates_and_sources_are_checked),
	    cmocka_unit_test(a_code_belongs_to_its_country_and_is_unique),
	    cmocka_unit_test(what_is_no_json_is_refused_with_its_line),
	    cmocka_unit_test(a_file_without_end_is_refused),
	    cmocka_unit_test(without_memory_that_is_said_wherever_it_runs_out),
	};

	return cmocka_run_group_tests(tests, load, close_files);
}
