/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/speed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void the_rate_is_the_last_field_of_its_line(void **state)
{
	struct err err;
	double rate;

	(void)state;
	assert_int_equal(speed_parse("+H:65536\n+F:25:AES-256-GCM:4436588606.06\n", &rate, &err), OK);
	assert_float_equal(rate, 4436588606.06, 0.01);
	assert_int_equal(speed_parse("+F:25:AES-256-GCM:1.5\n+X:9\n", &rate, &err), OK);
	assert_float_equal(rate, 1.5, 1e-9);
}

static void other_output_is_refused(void **state)
{
	static const char *const texts[] = {"", "+H:65536\n", "+F:25:AES-256-GCM:\n+X:9\n", "+F:25:AES-256-GCM:none\n",
					    "version 3.0+F:1:2:3"};
	struct err err;
	double rate;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(speed_parse(texts[i], &rate, &err), ERR_CORRUPT);
}

static void without_the_program_nothing_is_measured(void **state)
{
	struct sample sample;
	struct err err;

	(void)state;
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(speed_run(65536, false, 1, &sample, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "the program openssl is not installed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_is_the_last_field_of_its_line),
		cmocka_unit_test(other_output_is_refused),
		cmocka_unit_test(without_the_program_nothing_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
