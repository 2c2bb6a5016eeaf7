/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P57: of lines that were refused nothing that stands in them is shown to who may not read them.
 */
#include "api/asking.h"

#include "api/import_refused.h"

static const char *sealed_answer(struct buf *out)
{
	struct json_writer w;
	struct err why;

	buf_init(out, 4096);
	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_begin_object(&w, "sums");
	json_int(&w, "rejected", 2);
	json_end_object(&w);
	json_begin_array(&w, "refused");
	err_set(&why, ERR_INPUT, "'ann.holst' is not an e-mail address");
	err_where(&why, "field 'from.ann.holst'");
	err_mend(&why, "write it as ann.holst@example.com");
	import_refused_add(&w, 17, &why);
	err_set(&why, ERR_EXISTS, "'ann.holst' is here already");
	import_refused_add(&w, 18, &why);
	json_end_array(&w);
	json_end_object(&w);
	buf_add(out, "", 1);
	return out->data;
}

static void a_line_is_told_of_with_where_and_why(void **state)
{
	struct buf out;

	(void)state;
	assert_string_equal(sealed_answer(&out),
			    "{\"sums\":{\"rejected\":2},\"refused\":[{\"line\":17,\"code\":\"input\",\"where\":\"field 'from.ann.holst'\","
			    "\"reason\":\"'ann.holst' is not an e-mail address\",\"mend\":\"write it as ann.holst@example.com\"},"
			    "{\"line\":18,\"code\":\"differs\",\"where\":null,\"reason\":\"'ann.holst' is here already\",\"mend\":null}]}");
	buf_free(&out);
}

static const struct json *parsed(struct world *world, const char *text)
{
	const struct json *tree;
	struct err err;

	assert_ok(json_parse_once(text, strlen(text), &world->pool, &tree, &err), &err);
	return tree;
}

static void bare_it_says_which_line_and_nothing_that_stands_in_it(void **state)
{
	struct json_writer w;
	struct buf sealed, out;

	buf_init(&out, 4096);
	json_writer_init(&w, &out, 0);
	json_begin_object(&w, NULL);
	import_refused_bare(&w, "answer", parsed(*state, sealed_answer(&sealed)));
	json_end_object(&w);
	buf_add(&out, "", 1);
	assert_string_equal(out.data,
			    "{\"answer\":{\"sums\":{\"rejected\":2},\"refused\":["
			    "{\"line\":17,\"code\":\"input\",\"where\":null,\"reason\":null,\"mend\":null},"
			    "{\"line\":18,\"code\":\"differs\",\"where\":null,\"reason\":null,\"mend\":null}]}}");
	buf_free(&sealed);
	buf_free(&out);
}

static void an_answer_without_refused_lines_quotes_nothing(void **state)
{
	struct buf sealed;

	assert_true(import_refused_any(parsed(*state, sealed_answer(&sealed))));
	assert_false(import_refused_any(NULL));
	assert_false(import_refused_any(parsed(*state, "{\"sums\":{},\"refused\":[]}")));
	assert_false(import_refused_any(parsed(*state, "{\"type\":\"/problems/full\"}")));
	buf_free(&sealed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_line_is_told_of_with_where_and_why),
	    IN_WORLD(bare_it_says_which_line_and_nothing_that_stands_in_it),
	    IN_WORLD(an_answer_without_refused_lines_quotes_nothing),
	};

	return cmocka_run_group_tests_name("api/import_refused", tests, NULL, NULL);
}
