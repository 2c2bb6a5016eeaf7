/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P39: the table of permissions, cell by cell, against a second list that was written by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "access/permission.h"
#include "base/file.h"

/* By role, all that it may; with '~' only its own. */
static const char *const may[ACCESS_ROLES] = {
    [ROLE_OPERATOR] =
	"account.create account.list account.read account.manage account.end user.read user.manage token.read token.manage "
	"webhook.manage contact.write record.write policy.read policy.write obligation.read obligation.write retention.read "
	"retention.run figures.read audit.read job.read job.cancel vault.operate",
    [ROLE_OWNER] =
	"account.read account.manage account.end user.read user.manage token.read token.manage webhook.manage "
	"person.read person.link person.export person.erase contact.read contact.write record.read record.media record.write "
	"record.anonymise policy.read policy.write hold.read hold.write obligation.read obligation.write retention.read "
	"retention.run figures.read audit.read job.read job.cancel",
    [ROLE_ADMIN] =
	"account.read account.manage user.read user.manage token.read token.manage webhook.manage "
	"person.read person.link person.export person.erase contact.read contact.write record.read record.media record.write "
	"record.anonymise policy.read policy.write hold.read hold.write obligation.read obligation.write retention.read "
	"retention.run figures.read audit.read job.read job.cancel",
    [ROLE_OF_AGENT] = "~user.read contact.read ~record.read ~record.media",
    [ROLE_AUDITOR] =
	"account.read user.read token.read policy.read hold.read obligation.read retention.read figures.read audit.read job.read",
};

static enum access wanted(enum access_role role, const char *name)
{
	for (const char *at = may[role]; *at != '\0';) {
		size_t len = strcspn(at, " ");
		bool own = *at == '~';

		if (strlen(name) == len - own && strncmp(at + own, name, len - own) == 0)
			return own ? ACCESS_OWN : ACCESS_YES;
		at += len + (at[len] == ' ');
	}
	return ACCESS_NO;
}

static size_t words(const char *text)
{
	size_t count = 1;

	for (; *text != '\0'; text++)
		count += *text == ' ';
	return count;
}

static void every_cell_is_as_the_second_list_says(void **state)
{
	(void)state;
	for (int role = 0; role < ACCESS_ROLES; role++) {
		size_t allowed = 0;

		for (int p = 0; p < PERMISSION_COUNT; p++) {
			enum access got = permission_of((enum access_role)role, (enum permission)p);

			if (got != wanted((enum access_role)role, permission_name((enum permission)p)))
				fail_msg("%s %s: %s", access_role_name((enum access_role)role),
					 permission_name((enum permission)p), access_name(got));
			allowed += got != ACCESS_NO;
		}
		assert_int_equal(allowed, words(may[role])); /* no name in the list that there is not */
	}
}

/* Written out, not computed: who files what a person asks for, and who looks into records. */
static void the_promises_made_to_people_are_kept(void **state)
{
	static const enum permission theirs[] = {MAY_PERSON_ERASE, MAY_PERSON_READ, MAY_PERSON_EXPORT, MAY_RECORD_ANONYMISE};

	(void)state;
	for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
		for (int role = 0; role < ACCESS_ROLES; role++)
			assert_int_equal(permission_of((enum access_role)role, theirs[i]) != ACCESS_NO,
					 role == ROLE_OWNER || role == ROLE_ADMIN);
	assert_int_equal(permission_of(ROLE_OPERATOR, MAY_RECORD_READ), ACCESS_NO);
	assert_int_equal(permission_of(ROLE_AUDITOR, MAY_RECORD_READ), ACCESS_NO);
	assert_int_equal(permission_of(ROLE_OF_AGENT, MAY_RECORD_READ), ACCESS_OWN);
}

static void the_page_shows_the_table_and_nothing_else(void **state)
{
	struct buf page;
	struct err err;
	const char *at;
	size_t rows = 0;

	(void)state;
	if (file_read("docs/access.md", (size_t)1 << 20, &page, &err) != OK)
		fail_msg("%s", err.what);
	for (int p = 0; p < PERMISSION_COUNT; p++) {
		enum permission permission = (enum permission)p;
		char row[300];
		int len = snprintf(row, sizeof row, "\n| `%s` |", permission_name(permission));

		for (int role = 0; role < ACCESS_ROLES; role++)
			len += snprintf(row + len, sizeof row - (size_t)len, " %s |",
					access_name(permission_of((enum access_role)role, permission)));
		snprintf(row + len, sizeof row - (size_t)len, " %s |\n", permission_what(permission));
		if (strstr(page.data, row) == NULL)
			fail_msg("docs/access.md lacks:%s", row);
	}
	for (at = page.data; (at = strstr(at, "\n| `")) != NULL; at++)
		rows += strchr(at, '.') != NULL && (strstr(at, " yes |") != NULL || strstr(at, " no |") != NULL);
	assert_int_equal(rows, PERMISSION_COUNT);
	buf_free(&page);
}

static void names_are_read_back_and_others_are_not(void **state)
{
	enum permission permission;
	enum access_role role;

	(void)state;
	for (int p = 0; p < PERMISSION_COUNT; p++) {
		assert_true(permission_parse(permission_name((enum permission)p), &permission));
		assert_int_equal(permission, p);
	}
	for (int r = 0; r < ACCESS_ROLES; r++) {
		assert_true(access_role_parse(access_role_name((enum access_role)r), &role));
		assert_int_equal(role, r);
	}
	assert_false(permission_parse("person.*", &permission));
	assert_false(permission_parse("", &permission));
	assert_false(access_role_parse("root", &role));
}

/* ---- actors ---- */

static struct actor user_with(enum access_role role, uint32_t account)
{
	const struct user_row row = {.account = account, .user = 4, .id = {{1}}, .role = (enum user_role)role, .agent = 9};

	return actor_user(&row);
}

static struct actor token_with(enum access_role role, uint32_t account, int64_t scopes)
{
	const struct token_row row = {.account = account, .id = {{1}}, .role = (int)role, .scopes = scopes};

	return actor_token(&row);
}

static void nobody_acts_in_an_account_that_is_not_theirs(void **state)
{
	(void)state;
	for (int role = ROLE_OWNER; role < ACCESS_ROLES; role++) {
		struct actor user = user_with((enum access_role)role, 7);
		struct actor token = token_with((enum access_role)role, 7, -1);

		for (int p = 0; p < PERMISSION_COUNT; p++) {
			enum permission permission = (enum permission)p;
			enum access here = permission_of((enum access_role)role, permission);

			assert_int_equal(access_may(&user, permission, 7), here);
			assert_int_equal(access_may(&token, permission, 7), here);
			assert_int_equal(access_may(&user, permission, 8), ACCESS_NO);
			assert_int_equal(access_may(&token, permission, 8), ACCESS_NO);
			assert_int_equal(access_may(&user, permission, 0), ACCESS_NO);
			assert_int_equal(access_may(&token, permission, 0), ACCESS_NO);
		}
	}
}

static void a_token_of_the_operator_acts_everywhere_and_one_that_only_says_so_nowhere(void **state)
{
	struct actor operator = token_with(ROLE_OPERATOR, 0, -1), forged = token_with(ROLE_OPERATOR, 7, -1);
	struct actor lost = token_with(ROLE_OWNER, 0, -1), user = user_with(ROLE_OPERATOR, 7);

	(void)state;
	for (int p = 0; p < PERMISSION_COUNT; p++) {
		enum permission permission = (enum permission)p;

		for (uint32_t account = 0; account < 9; account++) {
			assert_int_equal(access_may(&operator, permission, account), permission_of(ROLE_OPERATOR, permission));
			assert_int_equal(access_may(&forged, permission, account), ACCESS_NO);
			assert_int_equal(access_may(&lost, permission, account), ACCESS_NO);
			assert_int_equal(access_may(&user, permission, account), ACCESS_NO);
		}
	}
}

static void a_token_may_what_both_its_role_and_its_scopes_allow(void **state)
{
	(void)state;
	for (int role = 0; role < ACCESS_ROLES; role++)
		for (int scope = 0; scope < PERMISSION_COUNT; scope++)
			for (int p = 0; p < PERMISSION_COUNT; p++) {
				uint32_t account = role == ROLE_OPERATOR ? 0 : 7;
				struct actor token = token_with((enum access_role)role, account, INT64_C(1) << scope);
				enum access want = p == scope ? permission_of((enum access_role)role, (enum permission)p) : ACCESS_NO;

				assert_int_equal(access_may(&token, (enum permission)p, 7), want);
			}
}

static void who_is_at_the_machine_may_everything_and_is_named(void **state)
{
	struct actor local = actor_local(1000);

	(void)state;
	assert_string_equal(local.who, "os:1000");
	for (int p = 0; p < PERMISSION_COUNT; p++)
		assert_int_equal(access_may(&local, (enum permission)p, 3), ACCESS_YES);
	assert_true(access_may_give(&local, ROLE_OWNER));
	assert_int_equal(strncmp(user_with(ROLE_ADMIN, 7).who, "usr_", 4), 0);
	assert_int_equal(strncmp(token_with(ROLE_ADMIN, 7, 0).who, "tok_", 4), 0);
}

static void what_is_refused_says_what_is_missing(void **state)
{
	struct actor auditor = user_with(ROLE_AUDITOR, 7), agent = user_with(ROLE_OF_AGENT, 7);
	struct actor token = token_with(ROLE_ADMIN, 7, INT64_C(1) << MAY_POLICY_READ);
	enum access access;
	struct err err;

	(void)state;
	assert_int_equal(access_require(&auditor, MAY_AUDIT_READ, 7, NULL, &err), OK);
	assert_int_equal(access_require(&auditor, MAY_PERSON_ERASE, 7, NULL, &err), ERR_DENIED);
	assert_string_equal(err.what, "this needs the permission person.erase");
	assert_string_equal(err.mend, "ask somebody whose role has it: docs/access.md has the table");
	assert_int_equal(access_require(&token, MAY_PERSON_ERASE, 7, NULL, &err), ERR_DENIED);
	assert_string_equal(err.mend, "use a token with the scope person.erase");
	assert_int_equal(access_require(&agent, MAY_RECORD_READ, 7, &access, &err), OK);
	assert_int_equal(access, ACCESS_OWN);
	assert_int_equal(access_require(&agent, MAY_RECORD_READ, 7, NULL, &err), ERR_DENIED); /* where own is not enough */
}

static void nobody_gives_a_role_that_may_more_than_they(void **state)
{
	static const char *const gives[ACCESS_ROLES] = {
	    [ROLE_OPERATOR] = "?", [ROLE_OWNER] = "owner admin agent auditor", [ROLE_ADMIN] = "admin agent auditor",
	    [ROLE_OF_AGENT] = "agent", [ROLE_AUDITOR] = "auditor",
	};
	struct actor operator = token_with(ROLE_OPERATOR, 0, -1), scoped = token_with(ROLE_OWNER, 7, INT64_C(1) << MAY_USER_MANAGE);

	(void)state;
	for (int role = ROLE_OWNER; role < ACCESS_ROLES; role++) {
		struct actor user = user_with((enum access_role)role, 7);

		for (int other = 0; other < ACCESS_ROLES; other++)
			assert_int_equal(access_may_give(&user, (enum access_role)other),
					 strstr(gives[role], access_role_name((enum access_role)other)) != NULL);
		assert_true(access_may_give(&operator, (enum access_role)role));
		assert_false(access_may_give(&scoped, (enum access_role)role));
	}
}

/* A token of the operator's, whatever its scopes, is made by the operator and at the machine. */
static void nobody_hands_out_the_operators_role_but_the_operator(void **state)
{
	const struct actor local = actor_local(0), owner = {.type = ACTOR_USER, .role = ROLE_OWNER, .account = 7},
			   operator = {.type = ACTOR_TOKEN, .role = ROLE_OPERATOR, .scopes = permission_scopes(ROLE_OPERATOR)};

	(void)state;
	assert_true(access_may_hand_out(&local, ROLE_OPERATOR, 0, 0));
	assert_true(access_may_hand_out(&operator, ROLE_OPERATOR, 0, 0));
	assert_false(access_may_hand_out(&owner, ROLE_OPERATOR, 0, 7));
	assert_true(access_may_hand_out(&owner, ROLE_OWNER, INT64_C(1) << MAY_PERSON_ERASE, 7));
	assert_false(access_may_hand_out(&owner, ROLE_OWNER, INT64_C(1) << MAY_PERSON_ERASE, 8));
	assert_false(access_may_hand_out(&operator, ROLE_OWNER, INT64_C(1) << MAY_PERSON_ERASE, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cell_is_as_the_second_list_says),
	    cmocka_unit_test(the_promises_made_to_people_are_kept),
	    cmocka_unit_test(the_page_shows_the_table_and_nothing_else),
	    cmocka_unit_test(names_are_read_back_and_others_are_not),
	    cmocka_unit_test(nobody_acts_in_an_account_that_is_not_theirs),
	    cmocka_unit_test(a_token_of_the_operator_acts_everywhere_and_one_that_only_says_so_nowhere),
	    cmocka_unit_test(a_token_may_what_both_its_role_and_its_scopes_allow),
	    cmocka_unit_test(who_is_at_the_machine_may_everything_and_is_named),
	    cmocka_unit_test(what_is_refused_says_what_is_missing),
	    cmocka_unit_test(nobody_gives_a_role_that_may_more_than_they),
	    cmocka_unit_test(nobody_hands_out_the_operators_role_but_the_operator),
	};

	return cmocka_run_group_tests_name("access/permission", tests, NULL, NULL);
}
