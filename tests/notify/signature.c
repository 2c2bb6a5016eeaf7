/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P58: against the example that the libraries of Standard Webhooks are tested with. That a published one verifies ours is in
 * tests/e2e/notify.bats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "notify/schedule.h"
#include "notify/signature.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define BODY "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct err err;
static char out[WEBHOOK_SIGNATURE_MAX];

static enum result sign(const char *secret, const char *old)
{
	return webhook_sign(secret, old, ID, 1614265330, BODY, strlen(BODY), out, &err);
}

static void the_example_is_signed_as_others_sign_it(void **state)
{
	(void)state;
	assert_int_equal(sign(SECRET, NULL), OK);
	assert_string_equal(out, SIGNATURE);
}

static void two_secrets_sign_beside_each_other(void **state)
{
	char secret[WEBHOOK_SECRET_MAX];

	(void)state;
	webhook_secret_make(secret);
	assert_int_equal(sign(secret, SECRET), OK);
	assert_string_equal(out + strlen(SIGNATURE) + 1, SIGNATURE);
	assert_memory_equal(out, "v1,", 3);
	assert_int_equal(out[strlen(SIGNATURE)], ' ');
	webhook_secret_wipe(secret);
	assert_int_equal(secret[0], 0);
}

static void secrets_are_of_32_bytes_and_no_two_alike(void **state)
{
	char a[WEBHOOK_SECRET_MAX], b[WEBHOOK_SECRET_MAX];

	(void)state;
	webhook_secret_make(a);
	webhook_secret_make(b);
	assert_int_equal(strlen(a), strlen("whsec_") + 44);
	assert_string_not_equal(a, b);
}

static void what_is_no_secret_signs_nothing(void **state)
{
	static const char *const bad[] = {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA", "whsec_!!!!9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
					  "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(sign(bad[i], NULL), ERR_CORRUPT);
		assert_int_equal(sign(SECRET, bad[i]), ERR_CORRUPT);
	}
	assert_string_equal(err.what, "the secret of a webhook is damaged");
}

static void waits_differ_by_what_is_waited_for_and_are_always_the_same(void **state)
{
	struct id a = {{1}}, b = {{2}};
	struct instant now = {1000000}, one, again, other;

	(void)state;
	assert_true(schedule_next(4, a, now, 0, &one));
	assert_true(schedule_next(4, a, now, 0, &again));
	assert_true(schedule_next(4, b, now, 0, &other));
	assert_int_equal(one.ms, again.ms);
	assert_int_not_equal(one.ms, other.ms);
	assert_true(schedule_next(1, a, now, 3600, &one));
	assert_true(one.ms >= now.ms + 3600000);
	assert_false(schedule_next(SCHEDULE_ATTEMPTS, a, now, 0, &one));
	assert_false(schedule_next(0, a, now, 0, &one));
}

/* No wait depends on what day it is, and none is longer than is said. */
static void waits_are_the_same_at_every_end_of_a_day_month_and_year(void **state)
{
	static const char *const begins[] = {"2027-12-31T23:59:59.999Z", "2028-02-28T23:59:58Z", "2028-02-29T23:59:59Z", "2027-03-28T00:59:59Z",
					     "2027-10-31T00:59:59Z", "2026-12-31T23:59:59Z"};
	int64_t waits[SCHEDULE_ATTEMPTS] = {0};
	struct id event = {{1}};
	struct instant at, next;

	(void)state;
	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		assert_int_equal(instant_parse(begins[i], strlen(begins[i]), &at, &err), OK);
		for (int n = 1; n < SCHEDULE_ATTEMPTS; n++, at = next) {
			assert_true(schedule_next(n, event, at, 0, &next));
			assert_true(next.ms - at.ms <= SCHEDULE_LONGEST_MS);
			waits[n] = i == 0 ? next.ms - at.ms : waits[n];
			assert_int_equal(next.ms - at.ms, waits[n]);
		}
	}
	assert_true(schedule_next(1, event, at, 86400, &next));
	assert_true(next.ms - at.ms <= SCHEDULE_LONGEST_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_example_is_signed_as_others_sign_it),
	    cmocka_unit_test(two_secrets_sign_beside_each_other),
	    cmocka_unit_test(secrets_are_of_32_bytes_and_no_two_alike),
	    cmocka_unit_test(what_is_no_secret_signs_nothing),
	    cmocka_unit_test(waits_differ_by_what_is_waited_for_and_are_always_the_same),
	    cmocka_unit_test(waits_are_the_same_at_every_end_of_a_day_month_and_year),
	};

	return crypto_init(&err) == OK ? cmocka_run_group_tests_name("notify/signature", tests, NULL, NULL) : 1;
}
