/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every setting of the table, said wrongly in every place: the error says what, where and how to mend it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "daemon/settings.h"
#include "folder.h"

#define FILE_NAME "lethe.conf"

static struct pool pool;
static struct settings settings;
static struct err err;
static const char *variable_name, *variable_value;

static const char *environment(const char *name)
{
	return variable_name != NULL && strcmp(name, variable_name) == 0 ? variable_value : NULL;
}

static int begin(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	variable_name = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

/* With setting `i` said as `value` in one place, and where that is in `where`. */
static enum result say(enum setting_source source, int i, const char *value, char where[256])
{
	struct settings_from from = {.file = FILE_NAME, .environment = environment, .text = ""};
	char variable[SETTING_VARIABLE_MAX], text[1024];

	variable_name = NULL;
	switch (source) {
	case SETTING_FILE:
		snprintf(text, sizeof text, "# one\n\n  %s = %s\n", setting_rows[i].name, value);
		from.text = text;
		snprintf(where, 256, "%s:3", FILE_NAME);
		break;
	case SETTING_ENVIRONMENT:
		variable_name = setting_variable((enum setting)i, variable);
		variable_value = value;
		snprintf(where, 256, "%s", variable);
		break;
	case SETTING_OPTION:
	case SETTING_DEFAULT:
		from.options[i] = value;
		snprintf(where, 256, "--%s", setting_rows[i].name);
		break;
	}
	return settings_read(&from, &pool, &settings, &err);
}

static void refused_everywhere(int i, const char *value)
{
	char where[256];

	for (enum setting_source source = SETTING_FILE; source <= SETTING_OPTION; source++) {
		if (say(source, i, value, where) != ERR_INPUT)
			fail_msg("%s may be '%s'", setting_rows[i].name, value);
		assert_string_equal(err.where, where);
		if (err.what[0] == '\0' || err.mend[0] == '\0')
			fail_msg("%s: '%s', '%s'", setting_rows[i].name, err.what, err.mend);
	}
}

static void taken_everywhere(int i, const char *value)
{
	char where[256];

	for (enum setting_source source = SETTING_FILE; source <= SETTING_OPTION; source++) {
		if (say(source, i, value, where) != OK)
			fail_msg("%s cannot be '%s': %s", setting_rows[i].name, value, err.what);
		assert_string_equal(settings.text[i], value);
		assert_int_equal(settings.source[i], source);
	}
}

static void every_setting_has_a_default_that_it_may_be_and_words_about_it(void **state)
{
	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++) {
		assert_non_null(setting_rows[i].name);
		assert_true(strlen(setting_rows[i].about) > 10);
		taken_everywhere(i, setting_rows[i].fallback);
	}
}

static void every_number_has_its_bounds(void **state)
{
	static const char *const wrong[] = {"", "x", "-1", "+1", "1x", "0x10", "1.5", "1e3", "99999999999999999999", "1 2"};
	char text[32];

	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (row->type != SETTING_NUMBER)
			continue;
		for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
			refused_everywhere(i, wrong[w]);
		for (int out = 0; out < 2; out++) {
			snprintf(text, sizeof text, "%lld", (long long)(out ? row->most + 1 : row->least - 1));
			refused_everywhere(i, text);
			snprintf(text, sizeof text, "%lld", (long long)(out ? row->most : row->least));
			taken_everywhere(i, text);
			assert_int_equal(settings.number[i], out ? row->most : row->least);
		}
	}
}

static void every_word_is_one_of_its_list(void **state)
{
	static const char *const wrong[] = {"", "x", "|", "yes|no", "Yes", "ye", "yess", "info|"};

	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++) {
		char *words, *rest, *word;

		if (setting_rows[i].type != SETTING_WORD)
			continue;
		for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
			refused_everywhere(i, wrong[w]);
		rest = words = strdup(setting_rows[i].words);
		while ((word = strsep(&rest, "|")) != NULL)
			taken_everywhere(i, word);
		free(words);
	}
}

static void every_list_has_addresses_and_not_too_many(void **state)
{
	static const char *const wrong[] = {"nowhere", "127.0.0.1:99999", "127.0.0.1:80,x", "1.2.3.4/33", "::1/129", ":", "[::1"};
	char many[4096];

	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = &setting_rows[i];
		bool listens = row->type == SETTING_LISTEN;

		if (!listens && row->type != SETTING_BLOCKS)
			continue;
		for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
			refused_everywhere(i, wrong[w]);
		taken_everywhere(i, listens ? "127.0.0.1:80, [::1]:0" : "10.0.0.0/8,::1 192.168.1.1");
		many[0] = '\0';
		for (int64_t n = 0; n <= row->most; n++) {
			if (n == row->most)
				taken_everywhere(i, many);
			snprintf(many + strlen(many), sizeof many - strlen(many), "%s%s", n > 0 ? "," : "", listens ? "0.0.0.0:1" : "::1");
		}
		if (strlen(many) < 512)
			refused_everywhere(i, many);
	}
}

static void every_url_is_one_of_a_web_server(void **state)
{
	static const char *const wrong[] = {"x", "lethe.example", "ftp://lethe.example", "https://", "https:///", "https://lethe.example/",
					    "https://lethe.example?x", "https://anna@lethe.example", "https://le the.example", "https://[::1"};

	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++) {
		if (setting_rows[i].type != SETTING_URL)
			continue;
		for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
			refused_everywhere(i, wrong[w]);
		taken_everywhere(i, "https://lethe.example");
		taken_everywhere(i, "http://127.0.0.1:7411/behind/a/proxy");
		taken_everywhere(i, "https://[::1]:8443");
	}
}

static void no_value_has_control_characters(void **state)
{
	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++) {
		refused_everywhere(i, "a\033[2Jb");
		refused_everywhere(i, "a\177b");
	}
}

static void refused_file(const char *text, const char *what, const char *where, const char *mend)
{
	const struct settings_from from = {.file = FILE_NAME, .environment = environment, .text = text};

	assert_int_equal(settings_read(&from, &pool, &settings, &err), ERR_INPUT);
	assert_string_equal(err.what, what);
	assert_string_equal(err.where, where);
	assert_string_equal(err.mend, mend);
}

static void a_line_that_is_no_setting_is_named(void **state)
{
	(void)state;
	refused_file("workers 3\n", "this line is no setting", FILE_NAME ":1", "write it as name = value, or begin it with #");
	refused_file("\r\n\nworkres = 3", "there is no setting 'workres'", FILE_NAME ":3", "did you mean workers?");
	refused_file("= 3\n", "there is no setting ''", FILE_NAME ":1", "`lethe config show` lists those there are");
	refused_file("queue = 3\n# no\nqueue = 3\n", "queue is there twice, first in line 1", FILE_NAME ":3", "leave one of the two out");
}

static void a_file_is_read_as_people_write_it(void **state)
{
	const struct settings_from from = {.file = FILE_NAME, .environment = environment,
					   .text = "# of this machine\r\n\tqueue=7\r\n  listen =  [::1]:80 , 127.0.0.1:80\t\n\nmail-user = a = b"};

	(void)state;
	assert_int_equal(settings_read(&from, &pool, &settings, &err), OK);
	assert_int_equal(settings.number[SET_QUEUE], 7);
	assert_string_equal(settings.text[SET_LISTEN], "[::1]:80 , 127.0.0.1:80");
	assert_string_equal(settings.text[SET_MAIL_USER], "a = b");
	assert_int_equal(settings.line[SET_MAIL_USER], 5);
	assert_int_equal(settings.source[SET_WORKERS], SETTING_DEFAULT);
}

static void what_a_file_cannot_be_is_said(void **state)
{
	struct settings_from from = {.environment = environment};
	char folder[PATH_MAX], path[PATH_MAX + 32];

	(void)state;
	assert_int_equal(folder_make(folder, sizeof folder, "settings"), 0);
	snprintf(path, sizeof path, "%s/missing.conf", folder);
	from.file = path;
	assert_int_equal(settings_read(&from, &pool, &settings, &err), ERR_NOT_FOUND);
	assert_string_equal(err.where, path);
	assert_int_equal(file_write_atomic(path, "queue = 3\0", 10, 0600, &err), OK);
	assert_int_equal(settings_read(&from, &pool, &settings, &err), ERR_INPUT);
	assert_string_equal(err.what, "this is no text");
	assert_string_equal(err.where, path);
	assert_int_equal(file_write_atomic(path, "", 0, 0600, &err), OK);
	assert_int_equal(settings_read(&from, &pool, &settings, &err), OK);
	assert_int_equal(folder_remove(folder), 0);
}

static void files_of_certificates_have_some(void **state)
{
	char folder[PATH_MAX], path[PATH_MAX + 32], where[256];

	(void)state;
	assert_int_equal(folder_make(folder, sizeof folder, "settings"), 0);
	snprintf(path, sizeof path, "%s/ca.pem", folder);
	for (int i = 0; i < SETTING_COUNT; i++) {
		if (setting_rows[i].type != SETTING_CERTIFICATES)
			continue;
		assert_int_equal(say(SETTING_ENVIRONMENT, i, path, where), OK);
		assert_int_equal(settings_check_files(&settings, &err), ERR_NOT_FOUND);
		assert_non_null(strstr(err.what, path));
		assert_string_equal(err.where, where);
		assert_int_equal(file_write_atomic(path, "no certificate\n", 15, 0600, &err), OK);
		assert_int_equal(settings_check_files(&settings, &err), ERR_INPUT);
		assert_string_equal(err.where, where);
		assert_non_null(strstr(err.mend, "PEM"));
		assert_int_equal(file_write_atomic(path, "-----BEGIN CERTIFICATE-----\n", 28, 0600, &err), OK);
		assert_int_equal(settings_check_files(&settings, &err), OK);
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(folder_remove(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	    T(every_setting_has_a_default_that_it_may_be_and_words_about_it),
	    T(every_number_has_its_bounds),
	    T(every_word_is_one_of_its_list),
	    T(every_list_has_addresses_and_not_too_many),
	    T(every_url_is_one_of_a_web_server),
	    T(no_value_has_control_characters),
	    T(a_line_that_is_no_setting_is_named),
	    T(a_file_is_read_as_people_write_it),
	    T(what_a_file_cannot_be_is_said),
	    T(files_of_certificates_have_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
