/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/ready.h"
#include "crypto/region.h"

#define GOOD "correct horse battery staple\n"

static void a_passphrase_root_makes_wraps_and_destroys(void **state)
{
	struct region r;
	struct root *root;

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, GOOD, 0600);
	root = region_create(&r);
	assert_string_equal(root_provider(root), "passphrase");
	assert_int_equal(root_promise(root), ROOT_CANNOT_FORGET);
	assert_non_null(strstr(root_promise_text(root), "cannot be forgotten"));
	check_epochs(root);
	destroy_epoch(root, 3);
	check_limit(root);
	root_close(root);
	region_remove(&r);
}

static void the_same_passphrase_opens_it_again_with_or_without_line_ends(void **state)
{
	static const char *const same[] = {"correct horse battery staple", "correct horse battery staple\r\n",
					   "correct horse battery staple\nsecond line"};
	struct region r;
	struct root *root;
	struct key key = key_random(), got;
	struct wrapped w;

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, GOOD, 0600);
	root = region_create(&r);
	make_epoch(root, 1);
	make_epoch(root, 2);
	w = wrap(root, 2, &key);
	root_close(root);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		write_text(r.secret, same[i], 0600);
		root = region_open(&r);
		assert_int_equal(unwrap(root, 2, &w, &got), OK);
		assert_memory_equal(&got, &key, sizeof key);
		root_close(root);
	}
	region_remove(&r);
}

static void a_wrong_passphrase_is_denied_also_before_the_first_epoch(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, GOOD, 0600);
	root = region_create(&r);
	write_text(r.secret, "correct horse battery stable\n", 0600);
	assert_int_equal(open_fails(&r, &err), ERR_DENIED);
	make_epoch(root, 1);
	root_close(root);
	assert_int_equal(open_fails(&r, &err), ERR_DENIED);
	assert_string_equal(err.what, "the passphrase is wrong, or root.json was changed");
	region_remove(&r);
}

static void a_short_passphrase_is_refused_at_creation_counting_characters(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, "elevenchars\n", 0600);
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	assert_string_equal(err.what, "the passphrase has 11 characters; it needs at least 12");
	write_text(r.secret, "\xc3\xa6\xc3\xb8\xc3\xa5\xc3\xa6\xc3\xb8\xc3\xa5\xc3\xa6\n", 0600); /* 14 bytes, 7 letters */
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	assert_false(file_exists(r.config));
	region_remove(&r);
}

static void a_missing_empty_or_endless_secret_is_refused(void **state)
{
	struct region r;
	struct root *root;
	struct err err;
	char endless[600];

	(void)state;
	region_make(&r, "passphrase");
	assert_int_equal(root_create(&r.options, &root, &err), ERR_IO);
	assert_string_equal(err.where, r.secret);
	write_text(r.secret, "\n", 0600);
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	assert_string_equal(err.what, "the secret is empty");
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	write_text(r.secret, endless, 0600);
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	region_remove(&r);
}

/* Replaces the first `old` in root.json by `new`. */
static void edit(struct region *r, const char *old, const char *new)
{
	char *text = read_text(r->config), *at = strstr(text, old), out[8192];

	assert_non_null(at);
	snprintf(out, sizeof out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	write_text(r->config, out, 0600);
	free(text);
}

static void a_root_json_that_was_changed_is_refused(void **state)
{
	static const struct { const char *old, *new; enum result code; const char *what; } edits[] = {
	    {"\"passes\": 3", "\"passes\": 0", ERR_CORRUPT, "\"passes\" is not a number from 1 to 100"},
	    {"\"passes\": 3", "\"passes\": 101", ERR_CORRUPT, "\"passes\" is not a number from 1 to 100"},
	    {"\"memory\": 67108864", "\"memory\": 99999999999999", ERR_CORRUPT, "\"memory\" is not a number"},
	    {"\"salt\": \"", "\"salt\": \"0", ERR_CORRUPT, "\"salt\" is not 32 hexadecimal digits"},
	    {"\"salt\"", "\"sold\"", ERR_CORRUPT, "\"salt\" is missing"},
	    {"\"check\": \"", "\"check\": \"z", ERR_CORRUPT, "\"check\" is not 120 hexadecimal digits"},
	    {"\"check\"", "\"czech\"", ERR_CORRUPT, "\"check\" is missing"},
	    {"\"epochs\"", "\"epics\"", ERR_CORRUPT, "\"epochs\" is missing"},
	    {"\"epoch\": 1", "\"epoch\": 0", ERR_CORRUPT, "an \"epoch\" is not a number"},
	    {"\"epoch\": 1", "\"epoch\": 2", ERR_CORRUPT, "tag does not match"},
	    {"\"wrapped\": \"", "\"wrapped\": \"0", ERR_CORRUPT, "\"wrapped\" is not 120 hexadecimal digits"},
	};
	struct region r;
	struct root *root;
	struct err err;
	char *good;

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, GOOD, 0600);
	root = region_create(&r);
	make_epoch(root, 1);
	root_close(root);
	good = read_text(r.config);
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		edit(&r, edits[i].old, edits[i].new);
		assert_int_equal(open_fails(&r, &err), edits[i].code);
		assert_non_null(strstr(err.what, edits[i].what));
		assert_string_equal(err.where, r.config);
		write_text(r.config, good, 0600);
	}
	root_close(region_open(&r));
	free(good);
	region_remove(&r);
}

static void an_epoch_that_is_there_twice_is_refused(void **state)
{
	struct region r;
	struct root *root;
	struct err err;
	char *text, *entry, twice[4096];

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, GOOD, 0600);
	root = region_create(&r);
	make_epoch(root, 1);
	root_close(root);
	text = read_text(r.config);
	entry = strstr(strstr(text, "\"epochs\""), "{");
	assert_non_null(entry);
	snprintf(twice, sizeof twice, "%.*s,%s", (int)(strchr(entry, '}') + 1 - text), text, entry);
	write_text(r.config, twice, 0600);
	assert_int_equal(open_fails(&r, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "epoch 1 is there twice"));
	free(text);
	region_remove(&r);
}

static void when_root_json_cannot_be_saved_nothing_has_changed(void **state)
{
	struct region r;
	struct root *root;
	struct err err;
	char away[360], list[200];

	(void)state;
	region_make(&r, "passphrase");
	write_text(r.secret, GOOD, 0600);
	root = region_create(&r);
	make_epoch(root, 1);
	snprintf(away, sizeof away, "%s/away", r.top);
	assert_int_equal(rename(r.data, away), 0);
	assert_int_equal(root_epoch_create(root, 2, &err), ERR_IO);
	assert_int_equal(root_epoch_destroy(root, 1, &err), ERR_IO);
	assert_int_equal(rename(away, r.data), 0);
	assert_string_equal(epochs_of(root, list), "1 ");
	make_epoch(root, 2);
	destroy_epoch(root, 1);
	root_close(root);
	root = region_open(&r);
	assert_string_equal(epochs_of(root, list), "2 ");
	root_close(root);
	region_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_passphrase_root_makes_wraps_and_destroys),
	    cmocka_unit_test(the_same_passphrase_opens_it_again_with_or_without_line_ends),
	    cmocka_unit_test(a_wrong_passphrase_is_denied_also_before_the_first_epoch),
	    cmocka_unit_test(a_short_passphrase_is_refused_at_creation_counting_characters),
	    cmocka_unit_test(a_missing_empty_or_endless_secret_is_refused),
	    cmocka_unit_test(a_root_json_that_was_changed_is_refused),
	    cmocka_unit_test(an_epoch_that_is_there_twice_is_refused),
	    cmocka_unit_test(when_root_json_cannot_be_saved_nothing_has_changed),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
