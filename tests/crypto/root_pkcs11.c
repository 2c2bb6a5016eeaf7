/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Against SoftHSM, in a token made here.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <p11-kit/pkcs11.h>

#include "crypto/region.h"
#include "softhsm.h"

static char tokens[256];
static const char *module_path;

static void region_with_token(struct region *r, const char *label)
{
	region_make(r, "pkcs11");
	write_text(r->secret, SOFTHSM_PIN "\n", 0600);
	r->options.module = module_path;
	r->options.token = "lethe";
	r->options.label = label;
}

static void an_hsm_root_makes_wraps_and_destroys(void **state)
{
	struct region r;
	struct root *root;

	(void)state;
	region_with_token(&r, "lethe-1");
	root = region_create(&r);
	assert_string_equal(root_provider(root), "pkcs11");
	check_epochs(root);
	destroy_epoch(root, 3);
	check_limit(root);
	root_close(root);
	region_remove(&r);
}

static void softhsm_is_not_sold_as_hardware(void **state)
{
	struct region r;
	struct root *root;

	(void)state;
	region_with_token(&r, "lethe-promise");
	root = region_create(&r);
	assert_int_equal(root_promise(root), ROOT_FORGETS_OUTSIDE);
	assert_non_null(strstr(root_promise_text(root), "SoftHSM"));
	root_close(root);
	region_remove(&r);
}

static void what_the_hsm_wrapped_opens_after_closing(void **state)
{
	struct region r;

	(void)state;
	region_with_token(&r, "lethe-2");
	check_reopening(&r);
	region_remove(&r);
}

static void two_regions_share_a_token_and_do_not_see_each_other(void **state)
{
	struct region r, s;
	struct root *one, *two;
	struct key key = key_random(), got;
	struct wrapped w;
	char list[200];

	(void)state;
	region_with_token(&r, "lethe-a");
	region_with_token(&s, "lethe-a-epoch-1"); /* a label that looks like a key of the other */
	one = region_create(&r);
	two = region_create(&s);
	make_epoch(one, 1);
	make_epoch(two, 2);
	assert_string_equal(epochs_of(one, list), "1 ");
	assert_string_equal(epochs_of(two, list), "2 ");
	w = wrap(two, 2, &key);
	destroy_epoch(one, 1);
	root_close(one); /* must not finalise the module under the other */
	assert_int_equal(unwrap(two, 2, &w, &got), OK);
	one = region_open(&r);
	assert_string_equal(epochs_of(one, list), "");
	root_close(one);
	destroy_epoch(two, 2);
	root_close(two);
	region_remove(&r);
	region_remove(&s);
}

static void a_wrong_pin_is_denied_and_told_by_name(void **state)
{
	struct region r;
	struct err err;

	(void)state;
	region_with_token(&r, "lethe-3");
	root_close(region_create(&r));
	write_text(r.secret, "999999\n", 0600);
	assert_int_equal(open_fails(&r, &err), ERR_DENIED);
	assert_string_equal(err.what, "C_Login failed: CKR_PIN_INCORRECT");
	assert_non_null(strstr(err.mend, "locks itself"));
	write_text(r.secret, SOFTHSM_PIN "\n", 0600);
	root_close(region_open(&r));
	region_remove(&r);
}

static void keys_left_under_the_label_stop_a_new_region(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_with_token(&r, "lethe-4");
	root = region_create(&r);
	make_epoch(root, 1);
	root_close(root);
	assert_int_equal(unlink(r.config), 0);
	assert_int_equal(root_create(&r.options, &root, &err), ERR_EXISTS);
	assert_non_null(strstr(err.what, "lethe-4-epoch-"));
	assert_false(file_exists(r.config));
	region_remove(&r);
}

static enum result create_fails(struct region *r, struct err *err)
{
	struct root *root;
	enum result rc = root_create(&r->options, &root, err);

	assert_int_not_equal(rc, OK);
	assert_false(file_exists(r->config));
	return rc;
}

static void a_token_or_module_that_is_not_there_is_told(void **state)
{
	struct region r;
	struct err err;
	char label[70];

	(void)state;
	region_with_token(&r, "lethe-5");
	r.options.token = "leth";
	assert_int_equal(create_fails(&r, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "the module shows no token labelled \"leth\"");
	r.options.token = "twin";
	assert_int_equal(create_fails(&r, &err), ERR_INPUT);
	assert_string_equal(err.what, "the module shows 2 tokens labelled \"twin\"");
	r.options.token = "lethe";
	r.options.module = "/no/such/module.so";
	assert_int_equal(create_fails(&r, &err), ERR_NOT_FOUND);
	r.options.module = "libsofthsm2.so";
	assert_int_equal(create_fails(&r, &err), ERR_INPUT);
	r.options.module = NULL;
	assert_int_equal(create_fails(&r, &err), ERR_INPUT);
	r.options.module = module_path;
	memset(label, 'x', 65);
	label[65] = '\0';
	r.options.label = label;
	assert_int_equal(create_fails(&r, &err), ERR_INPUT);
	region_remove(&r);
}

static void a_library_that_is_no_module_is_told(void **state)
{
	struct region r;
	struct err err;
	Dl_info info;
	char path[PATH_MAX];

	(void)state;
	region_with_token(&r, "lethe-6");
	assert_int_not_equal(dladdr((const void *)&getpid, &info), 0);
	assert_non_null(realpath(info.dli_fname, path));
	r.options.module = strstr(path, ".so") != NULL ? path : "/lib/x86_64-linux-gnu/libc.so.6";
	assert_int_equal(create_fails(&r, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "C_GetFunctionList"));
	region_remove(&r);
}

/* Reads an attribute of the key of an epoch through the module itself, in the session's process. */
static CK_RV read_attribute(const char *label, CK_ATTRIBUTE_TYPE type, void *out, CK_ULONG len)
{
	void *library = dlopen(module_path, RTLD_NOW);
	CK_C_GetFunctionList get;
	CK_FUNCTION_LIST *calls;
	CK_SLOT_ID slots[8];
	CK_ULONG count = 8;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	char name[64];
	CK_ATTRIBUTE find = {CKA_LABEL, name, strlen(label)}, want = {type, out, len};
	CK_RV rv = CKR_GENERAL_ERROR;

	assert_non_null(library);
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	assert_int_equal(get(&calls), CKR_OK);
	assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	snprintf(name, sizeof name, "%s", label);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_ULONG found = 0;

		if (calls->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
			continue; /* a slot whose token is not initialised */
		assert_int_equal(calls->C_FindObjectsInit(session, &find, 1), CKR_OK);
		assert_int_equal(calls->C_FindObjects(session, &object, 1, &found), CKR_OK);
		assert_int_equal(calls->C_FindObjectsFinal(session), CKR_OK);
		if (found == 1)
			rv = calls->C_GetAttributeValue(session, object, &want, 1);
		calls->C_CloseSession(session);
	}
	dlclose(library);
	return rv;
}

static void the_key_cannot_leave_the_module(void **state)
{
	struct region r;
	struct root *root;
	unsigned char value[KEY_LEN];
	CK_BBOOL flag = 7;

	(void)state;
	region_with_token(&r, "lethe-7");
	root = region_create(&r);
	make_epoch(root, 1);
	assert_int_equal(read_attribute("lethe-7-epoch-1", CKA_EXTRACTABLE, &flag, sizeof flag), CKR_OK);
	assert_int_equal(flag, CK_FALSE);
	assert_int_equal(read_attribute("lethe-7-epoch-1", CKA_SENSITIVE, &flag, sizeof flag), CKR_OK);
	assert_int_equal(flag, CK_TRUE);
	assert_int_equal(read_attribute("lethe-7-epoch-1", CKA_TOKEN, &flag, sizeof flag), CKR_OK);
	assert_int_equal(flag, CK_TRUE);
	assert_int_equal(read_attribute("lethe-7-epoch-1", CKA_VALUE, value, sizeof value), CKR_ATTRIBUTE_SENSITIVE);
	destroy_epoch(root, 1);
	root_close(root);
	region_remove(&r);
}

static int init(void **state)
{
	struct err err;

	(void)state;
	module_path = softhsm_module();
	if (crypto_init(&err) != OK || module_path == NULL)
		return -1;
	if (folder_make(tokens, sizeof tokens, "softhsm") != 0)
		return -1;
	softhsm_use(tokens);
	softhsm_make_token("lethe");
	softhsm_make_token("twin");
	softhsm_make_token("twin");
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	return folder_remove(tokens);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_hsm_root_makes_wraps_and_destroys),
	    cmocka_unit_test(softhsm_is_not_sold_as_hardware),
	    cmocka_unit_test(what_the_hsm_wrapped_opens_after_closing),
	    cmocka_unit_test(two_regions_share_a_token_and_do_not_see_each_other),
	    cmocka_unit_test(a_wrong_pin_is_denied_and_told_by_name),
	    cmocka_unit_test(keys_left_under_the_label_stop_a_new_region),
	    cmocka_unit_test(a_token_or_module_that_is_not_there_is_told),
	    cmocka_unit_test(a_library_that_is_no_module_is_told),
	    cmocka_unit_test(the_key_cannot_leave_the_module),
	};

	return cmocka_run_group_tests(tests, init, clean_up);
}
