/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "crypto/ready.h"
#include "crypto/region.h"
#include "crypto/root_provider.h"

#define HEX_1 "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX_2 "FEfefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefe"

/* ---- a rename that fails or crashes on demand, in the library's place ---- */

static enum { RENAME_WORKS, CRASH_BEFORE, CRASH_AFTER, RENAME_FAILS, NO_EXCHANGE } rename_mode;

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	char third[PATH_MAX];

	if (rename_mode == CRASH_BEFORE)
		_exit(7);
	if (rename_mode == RENAME_FAILS || rename_mode == NO_EXCHANGE) {
		errno = rename_mode == NO_EXCHANGE ? EINVAL : EIO;
		return -1;
	}
	if ((flags & RENAME_NOREPLACE) != 0)
		return linkat(from_dir, from, to_dir, to, 0) == 0 ? unlink(from) : -1;
	snprintf(third, sizeof third, "%s.swap", from);
	if (rename(from, third) != 0 || rename(to, from) != 0 || rename(third, to) != 0)
		return -1;
	if (rename_mode == CRASH_AFTER)
		_exit(7);
	return 0;
}

/* Runs in a child, which must end by crashing in the rename. */
static void crash(struct root *root, enum result (*act)(struct root *, uint32_t, struct err *), uint32_t epoch, int mode)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err;

		rename_mode = mode;
		_exit(act(root, epoch, &err) == OK ? 1 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

/* ---- the provider ---- */

static void a_file_root_makes_wraps_and_destroys(void **state)
{
	struct region r;
	struct root *root;

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	assert_string_equal(root_provider(root), "file");
	check_epochs(root);
	destroy_epoch(root, 3);
	check_limit(root);
	root_close(root);
	root_close(NULL);
	region_remove(&r);
}

static void what_was_wrapped_opens_after_closing(void **state)
{
	struct region r;

	(void)state;
	region_make(&r, "file");
	check_reopening(&r);
	region_remove(&r);
}

/* P8 */
static void the_promise_depends_on_where_the_file_lies(void **state)
{
	struct region r;
	struct root *root;

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	assert_int_equal(root_promise(root), ROOT_FORGETS_OUTSIDE);
	assert_non_null(strstr(root_promise_text(root), "outside the data folder: a destroyed epoch"));
	root_close(root);
	root = region_open(&r);
	assert_int_equal(root_promise(root), ROOT_FORGETS_OUTSIDE);
	root_close(root);
	r.options.data_dir = NULL; /* not known: promise nothing */
	root = region_open(&r);
	assert_int_equal(root_promise(root), ROOT_CANNOT_FORGET);
	root_close(root);
	r.options.data_dir = "/";
	root = region_open(&r);
	assert_int_equal(root_promise(root), ROOT_CANNOT_FORGET);
	root_close(root);
	region_remove(&r);
}

static void a_root_file_inside_the_data_folder_is_refused_when_made_and_promises_nothing_when_found(void **state)
{
	struct region r;
	struct root *root;
	struct err err;
	char inside[340];

	(void)state;
	region_make(&r, "file");
	snprintf(inside, sizeof inside, "%s/../data/eu.root", r.data);
	r.options.file_path = inside;
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "inside the data folder"));
	assert_non_null(strstr(err.mend, "put it outside"));
	assert_int_not_equal(access(inside, F_OK), 0);
	assert_int_not_equal(access(r.config, F_OK), 0);
	r.options.data_dir = NULL; /* not known */
	root = region_create(&r);
	root_close(root);
	r.options.data_dir = r.data;
	root = region_open(&r);
	assert_int_equal(root_promise(root), ROOT_CANNOT_FORGET);
	assert_non_null(strstr(root_promise_text(root), "inside the data folder"));
	root_close(root);
	region_remove(&r);
}

static void a_folder_whose_name_only_begins_alike_is_outside(void **state)
{
	struct region r;
	struct root *root;
	char beside[340];

	(void)state;
	region_make(&r, "file");
	snprintf(beside, sizeof beside, "%s2", r.data);
	assert_int_equal(mkdir(beside, 0700), 0);
	strncat(beside, "/eu.root", sizeof beside - strlen(beside) - 1);
	r.options.file_path = beside;
	root = region_create(&r);
	assert_int_equal(root_promise(root), ROOT_FORGETS_OUTSIDE);
	root_close(root);
	unlink(beside);
	*strrchr(beside, '/') = '\0';
	assert_int_equal(rmdir(beside), 0);
	region_remove(&r);
}

/* P25 */
static void the_files_are_for_the_owner_alone_whatever_the_umask(void **state)
{
	struct region r;
	struct root *root;
	struct stat st;
	mode_t before = umask(0);

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	umask(0377);
	make_epoch(root, 1);
	umask(before);
	assert_int_equal(stat(r.root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(r.config, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	root_close(root);
	region_remove(&r);
}

/* P25 */
static void another_mode_is_refused_with_the_command_to_run(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0660, 0604, 0700, 0400, 04600};
	struct region r;
	struct err err;
	char mend[400];

	(void)state;
	region_make(&r, "file");
	root_close(region_create(&r));
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(chmod(r.root, modes[i]), 0);
		assert_int_equal(open_fails(&r, &err), ERR_DENIED);
		snprintf(mend, sizeof mend, "run: chmod 600 '%s'", r.root);
		assert_memory_equal(err.mend, mend, strlen(mend));
	}
	assert_int_equal(chmod(r.root, 0600), 0);
	root_close(region_open(&r));
	region_remove(&r);
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct region r;
	struct err err;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	region_make(&r, "file");
	root_close(region_create(&r));
	assert_int_equal(chown(r.root, 12345, 12345), 0);
	assert_int_equal(open_fails(&r, &err), ERR_DENIED);
	assert_non_null(strstr(err.mend, "run: chown 0 "));
	region_remove(&r);
}

static void a_link_a_folder_or_nothing_in_its_place_is_refused(void **state)
{
	struct region r;
	struct err err;
	char link[300];

	(void)state;
	region_make(&r, "file");
	root_close(region_create(&r));
	snprintf(link, sizeof link, "%s/link", r.top);
	assert_int_equal(rename(r.root, link), 0);
	assert_int_equal(open_fails(&r, &err), ERR_NOT_FOUND);
	assert_int_equal(symlink(link, r.root), 0);
	assert_int_equal(open_fails(&r, &err), ERR_DENIED);
	assert_string_equal(err.what, "the key file is a symbolic link");
	assert_int_equal(unlink(r.root), 0);
	assert_int_equal(mkdir(r.root, 0600), 0);
	assert_int_equal(open_fails(&r, &err), ERR_DENIED);
	assert_string_equal(err.what, "the key file is not a regular file");
	assert_int_equal(rmdir(r.root), 0);
	region_remove(&r);
}

static void creating_over_what_is_there_is_refused(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	assert_int_equal(root_epoch_create(root, 1, &err), OK);
	root_close(root);
	assert_int_equal(root_create(&r.options, &root, &err), ERR_EXISTS);
	assert_string_equal(err.where, r.config);
	assert_int_equal(unlink(r.config), 0);
	assert_int_equal(root_create(&r.options, &root, &err), ERR_EXISTS);
	assert_string_equal(err.where, r.root);
	assert_non_null(strstr(err.mend, "choose another file"));
	assert_false(file_exists(r.config));
	region_remove(&r);
}

static void a_root_file_without_a_key_in_it_is_taken_over(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_make(&r, "file");
	root_close(region_create(&r));
	assert_int_equal(unlink(r.config), 0);
	assert_int_equal(root_create(&r.options, &root, &err), OK);
	assert_int_equal(root_epoch_create(root, 1, &err), OK);
	root_close(root);
	region_remove(&r);
}

static void bad_options_are_refused(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_make(&r, "cloud");
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	assert_string_equal(err.what, "there is no root provider \"cloud\"");
	r.options.provider = NULL;
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	r.options.provider = "file";
	r.options.file_path = NULL;
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	r.options.file_path = "/tmp/";
	assert_int_equal(root_create(&r.options, &root, &err), ERR_INPUT);
	r.options.file_path = "/no/such/folder/eu.root";
	assert_int_equal(root_create(&r.options, &root, &err), ERR_IO);
	region_remove(&r);
}

static void when_root_json_cannot_be_written_no_root_file_is_left(void **state)
{
	struct region r;
	struct root *root;
	struct err err;

	(void)state;
	region_make(&r, "file");
	r.options.config_path = "/no/such/folder/root.json";
	assert_int_equal(root_create(&r.options, &root, &err), ERR_IO);
	assert_false(file_exists(r.root));
	region_remove(&r);
}

static void a_root_json_that_is_not_ours_is_refused(void **state)
{
	static const struct { const char *text; enum result code; } cases[] = {
	    {"", ERR_CORRUPT},
	    {"{", ERR_CORRUPT},
	    {"[]", ERR_CORRUPT},
	    {"{}", ERR_CORRUPT},
	    {"{\"provider\":7}", ERR_CORRUPT},
	    {"{\"provider\":\"cloud\"}", ERR_UNSUPPORTED},
	    {"{\"provider\":\"file\"}", ERR_CORRUPT},
	    {"{\"provider\":\"file\",\"path\":\"\"}", ERR_CORRUPT},
	    {"{\"provider\":\"pkcs11\"}", ERR_CORRUPT},
	    {"{\"provider\":\"passphrase\"}", ERR_CORRUPT},
	};
	struct region r;
	struct err err;

	(void)state;
	region_make(&r, "file");
	assert_int_equal(open_fails(&r, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "this region has no root: root.json is missing");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_text(r.config, cases[i].text, 0600);
		assert_int_equal(open_fails(&r, &err), cases[i].code);
		assert_string_equal(err.where, r.config);
	}
	region_remove(&r);
}

/* ---- replacing ---- */

static void a_crash_before_the_rename_leaves_the_old_file_whole(void **state)
{
	struct region r;
	struct root *root;
	char list[200], temp[320];

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	make_epoch(root, 1);
	crash(root, root_epoch_create, 2, CRASH_BEFORE);
	root_close(root);
	snprintf(temp, sizeof temp, "%s.new", r.root);
	assert_true(file_exists(temp));
	root = region_open(&r);
	assert_false(file_exists(temp));
	assert_string_equal(epochs_of(root, list), "1 ");
	make_epoch(root, 2);
	root_close(root);
	region_remove(&r);
}

static void a_crash_after_the_rename_leaves_the_new_file_and_the_old_is_wiped_later(void **state)
{
	struct region r;
	struct root *root;
	char list[200], temp[320], *old;
	int fd;

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	make_epoch(root, 1);
	make_epoch(root, 2);
	crash(root, root_epoch_destroy, 1, CRASH_AFTER);
	root_close(root);
	snprintf(temp, sizeof temp, "%s.new", r.root);
	fd = open(temp, O_RDONLY); /* what forensics would find */
	assert_true(fd >= 0);
	root = region_open(&r);
	assert_string_equal(epochs_of(root, list), "2 ");
	assert_false(file_exists(temp));
	old = calloc(1, 4096);
	assert_non_null(old);
	assert_true(read(fd, old, 4095) > 200);
	assert_int_equal(strlen(old), 0);
	free(old);
	close(fd);
	root_close(root);
	region_remove(&r);
}

/* Destroys epoch 1 while holding the old file open; its bytes must be gone. */
static void check_overwritten(int mode)
{
	struct region r;
	struct root *root;
	char bytes[4096] = {0};
	ssize_t len;
	int fd;

	region_make(&r, "file");
	root = region_create(&r);
	make_epoch(root, 1);
	fd = open(r.root, O_RDONLY);
	assert_true(fd >= 0);
	rename_mode = mode;
	destroy_epoch(root, 1);
	rename_mode = RENAME_WORKS;
	len = read(fd, bytes, sizeof bytes);
	assert_true(len > 64);
	for (ssize_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], 0);
	close(fd);
	root_close(root);
	root_close(region_open(&r));
	region_remove(&r);
}

static void the_bytes_of_a_destroyed_epoch_are_overwritten(void **state)
{
	(void)state;
	check_overwritten(RENAME_WORKS);
	check_overwritten(NO_EXCHANGE);
}

static void a_file_system_without_the_new_renames_works_too(void **state)
{
	struct region r;
	struct root *root;

	(void)state;
	rename_mode = NO_EXCHANGE;
	region_make(&r, "file");
	root = region_create(&r);
	check_epochs(root);
	root_close(root);
	rename_mode = RENAME_WORKS;
	region_remove(&r);
}

static void a_failed_rename_changes_nothing_and_trying_again_works(void **state)
{
	struct region r;
	struct root *root;
	struct key key = key_random(), got;
	struct wrapped w;
	struct err err;
	char list[200], temp[320];

	(void)state;
	region_make(&r, "file");
	root = region_create(&r);
	make_epoch(root, 1);
	w = wrap(root, 1, &key);
	rename_mode = RENAME_FAILS;
	assert_int_equal(root_epoch_create(root, 2, &err), ERR_IO);
	assert_int_equal(root_epoch_destroy(root, 1, &err), ERR_IO);
	rename_mode = RENAME_WORKS;
	snprintf(temp, sizeof temp, "%s.new", r.root);
	assert_false(file_exists(temp));
	assert_string_equal(epochs_of(root, list), "1 ");
	assert_int_equal(unwrap(root, 1, &w, &got), OK);
	make_epoch(root, 2);
	destroy_epoch(root, 1);
	root_close(root);
	root = region_open(&r);
	assert_string_equal(epochs_of(root, list), "2 ");
	root_close(root);
	region_remove(&r);
}

/* ---- the text ---- */

static enum result parse(const char *text, struct root_keys *keys, struct err *err)
{
	return root_file_parse(text, strlen(text), keys, err);
}

static void good_root_files_are_read(void **state)
{
	struct root_keys keys;
	struct err err;

	(void)state;
	assert_int_equal(parse("lethe-root 1\nend\n", &keys, &err), OK);
	assert_int_equal(keys.count, 0);
	assert_int_equal(parse("lethe-root 1\n# note\n\nepoch 1 " HEX_1 "\nepoch 20 " HEX_2 "\nend", &keys, &err), OK);
	assert_int_equal(keys.count, 2);
	assert_int_equal(keys.epochs[1], 20);
	assert_int_equal(keys.keys[1].bytes[0], 0xfe);
	assert_int_equal(keys.keys[0].bytes[31], 0x01);
}

static void bad_root_files_are_refused_with_the_line(void **state)
{
	static const struct { const char *text, *what; } cases[] = {
	    {"", "does not begin with the line \"lethe-root 1\""},
	    {"lethe-root 2\nend\n", "does not begin with the line \"lethe-root 1\""},
	    {"lethe-root 1\n", "no line \"end\""},
	    {"lethe-root 1\nepoch 1 " HEX_1 "\n", "no line \"end\""},
	    {"lethe-root 1\nend\nepoch 1 " HEX_1 "\n", "line 3 of the root file comes after \"end\""},
	    {"lethe-root 1\nepoch 0 " HEX_1 "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 01 " HEX_1 "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch -1 " HEX_1 "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 4294967296 " HEX_1 "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 99999999999999999999999 " HEX_1 "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 1  " HEX_1 "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 1 " HEX_1 "0\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 1 0" "\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 1\nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch \nend\n", "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 1 zz01010101010101010101010101010101010101010101010101010101010101\nend\n",
	     "line 2 of the root file is not"},
	    {"lethe-root 1\nepoch 2 " HEX_1 "\nepoch 1 " HEX_2 "\nend\n", "line 3 of the root file: epoch 1 does not follow 2"},
	    {"lethe-root 1\nepoch 2 " HEX_1 "\nepoch 2 " HEX_2 "\nend\n", "line 3 of the root file: epoch 2 does not follow 2"},
	    {"lethe-root 1\nhello\nend\n", "line 2 of the root file is not"},
	};
	struct root_keys keys, empty = {0};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(parse(cases[i].text, &keys, &err), ERR_CORRUPT);
		assert_non_null(strstr(err.what, cases[i].what));
		assert_memory_equal(&keys, &empty, sizeof keys);
	}
}

static void what_is_printed_parses_to_the_same(void **state)
{
	struct root_keys keys = {0}, got;
	struct buf text;
	struct err err;

	(void)state;
	for (uint32_t i = 0; i < ROOT_EPOCHS_MAX; i++) {
		struct key key = key_random();

		assert_int_equal(root_keys_add(&keys, 4294967295u - i, &key, &err), OK);
	}
	buf_init(&text, ROOT_FILE_MAX);
	root_file_print(&keys, &text);
	assert_int_equal(buf_ok(&text, "text", &err), OK);
	assert_int_equal(root_file_parse(text.data, text.len, &got, &err), OK);
	assert_memory_equal(&got, &keys, sizeof keys);
	buf_free(&text);
}

static void one_epoch_too_many_is_refused(void **state)
{
	struct root_keys keys;
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, ROOT_FILE_MAX);
	buf_add_str(&text, "lethe-root 1\n");
	for (int i = 1; i <= ROOT_EPOCHS_MAX + 1; i++)
		buf_printf(&text, "epoch %d " HEX_1 "\n", i);
	buf_add_str(&text, "end\n");
	assert_int_equal(parse(text.data, &keys, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "line 18 of the root file: more than 16 epochs");
	buf_free(&text);
}

static void a_damaged_or_huge_file_is_refused_with_its_path(void **state)
{
	struct region r;
	struct err err;
	char *huge = malloc(ROOT_FILE_MAX + 2);

	(void)state;
	region_make(&r, "file");
	root_close(region_create(&r));
	write_text(r.root, "lethe-root 1\n", 0600);
	assert_int_equal(open_fails(&r, &err), ERR_CORRUPT);
	assert_string_equal(err.where, r.root);
	write_text(r.root, "", 0600);
	assert_int_equal(open_fails(&r, &err), ERR_CORRUPT);
	assert_non_null(huge);
	memset(huge, '\n', ROOT_FILE_MAX + 1);
	huge[ROOT_FILE_MAX + 1] = '\0';
	write_text(r.root, huge, 0600);
	assert_int_equal(open_fails(&r, &err), ERR_LIMIT);
	assert_string_equal(err.where, r.root);
	free(huge);
	region_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_root_makes_wraps_and_destroys),
	    cmocka_unit_test(what_was_wrapped_opens_after_closing),
	    cmocka_unit_test(the_promise_depends_on_where_the_file_lies),
	    cmocka_unit_test(a_folder_whose_name_only_begins_alike_is_outside),
	    cmocka_unit_test(a_root_file_inside_the_data_folder_is_refused_when_made_and_promises_nothing_when_found),
	    cmocka_unit_test(the_files_are_for_the_owner_alone_whatever_the_umask),
	    cmocka_unit_test(another_mode_is_refused_with_the_command_to_run),
	    cmocka_unit_test(a_file_of_another_user_is_refused),
	    cmocka_unit_test(a_link_a_folder_or_nothing_in_its_place_is_refused),
	    cmocka_unit_test(creating_over_what_is_there_is_refused),
	    cmocka_unit_test(a_root_file_without_a_key_in_it_is_taken_over),
	    cmocka_unit_test(bad_options_are_refused),
	    cmocka_unit_test(when_root_json_cannot_be_written_no_root_file_is_left),
	    cmocka_unit_test(a_root_json_that_is_not_ours_is_refused),
	    cmocka_unit_test(a_crash_before_the_rename_leaves_the_old_file_whole),
	    cmocka_unit_test(a_crash_after_the_rename_leaves_the_new_file_and_the_old_is_wiped_later),
	    cmocka_unit_test(the_bytes_of_a_destroyed_epoch_are_overwritten),
	    cmocka_unit_test(a_file_system_without_the_new_renames_works_too),
	    cmocka_unit_test(a_failed_rename_changes_nothing_and_trying_again_works),
	    cmocka_unit_test(good_root_files_are_read),
	    cmocka_unit_test(bad_root_files_are_refused_with_the_line),
	    cmocka_unit_test(what_is_printed_parses_to_the_same),
	    cmocka_unit_test(one_epoch_too_many_is_refused),
	    cmocka_unit_test(a_damaged_or_huge_file_is_refused_with_its_path),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
