/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/contact.h"

static struct id contact_id(unsigned char n)
{
	return (struct id){{n}};
}

/* Identities and words are given as strings of small numbers: "\1\2". */
static struct contact_row row_of(uint32_t account, unsigned char n, const char *identities, const char *words)
{
	struct contact_row row = {.account = account,
				  .id = contact_id(n),
				  .payload = (const unsigned char *)"sealed",
				  .payload_len = 6,
				  .digest = {n},
				  .updated = {5000 + n}};

	for (; *identities; identities++)
		row.parties[row.party_count++].identity = (unsigned char)*identities;
	for (; *words; words++)
		row.names[row.name_count++] = blind_of((unsigned char)*words);
	return row;
}

static void put(uint32_t account, unsigned char n, const char *identities, const char *words)
{
	struct contact_row row = row_of(account, n, identities, words);

	assert_ok(contact_put(vault, &row, &err));
}

static size_t of_identity(uint32_t account, int64_t identity)
{
	struct id out[9];
	size_t count;

	assert_ok(contact_of_identity(vault, account, identity, out, 9, &count, &err));
	return count;
}

static size_t find(uint32_t account, const char *words, struct id *out, size_t max)
{
	struct blind blinds[CONTACT_NAMES_MAX];
	size_t count, word_count = strlen(words);

	for (size_t i = 0; i < word_count; i++)
		blinds[i] = blind_of((unsigned char)words[i]);
	assert_ok(contact_find_name(vault, account, blinds, word_count, out, max, &count, &err));
	return count;
}

static void a_contact_comes_back_as_it_was_put(void **state)
{
	struct contact_row row = row_of(1, 7, "\1\5", "\3\2"), back;

	(void)state;
	row.hold = 4;
	assert_ok(contact_put(vault, &row, &err));
	assert_ok(contact_get(vault, 1, row.id, &pool, &back, &err));
	assert_int_equal(back.account, 1);
	assert_memory_equal(back.id.bytes, row.id.bytes, 16);
	assert_int_equal(back.hold, 4);
	assert_int_equal(back.party_count, 2);
	assert_int_equal(back.parties[1].identity, 5);
	assert_int_equal(back.name_count, 2);
	assert_memory_equal(back.names, row.names, 2 * sizeof row.names[0]);
	assert_int_equal(back.payload_len, 6);
	assert_memory_equal(back.payload, "sealed", 6);
	assert_memory_equal(back.digest, row.digest, sizeof row.digest);
	assert_int_equal(back.updated.ms, row.updated.ms);
	assert_fails(contact_get(vault, 1, contact_id(8), &pool, &back, &err), ERR_NOT_FOUND, "no such contact");
}

static void a_contact_without_names_and_identities_is_a_contact(void **state)
{
	struct contact_row back;

	(void)state;
	put(1, 1, "", "");
	assert_ok(contact_get(vault, 1, contact_id(1), &pool, &back, &err));
	assert_int_equal(back.party_count, 0);
	assert_int_equal(back.name_count, 0);
}

static void a_contact_has_as_many_names_and_identities_as_allowed(void **state)
{
	struct contact_row row = row_of(1, 1, "", ""), back;

	(void)state;
	for (int i = 0; i < CONTACT_NAMES_MAX; i++)
		row.names[row.name_count++] = blind_of((unsigned char)i);
	for (int i = 0; i < PARTIES_MAX; i++)
		row.parties[row.party_count++].identity = INT64_MAX - PARTIES_MAX + i;
	assert_ok(contact_put(vault, &row, &err));
	assert_ok(contact_get(vault, 1, row.id, &pool, &back, &err));
	assert_int_equal(back.name_count, CONTACT_NAMES_MAX);
	assert_int_equal(back.party_count, PARTIES_MAX);
	assert_memory_equal(back.names, row.names, sizeof row.names);
}

static void replacing_a_contact_replaces_its_index(void **state)
{
	struct id out[9];

	(void)state;
	put(1, 1, "\1\2", "\1\2");
	put(1, 1, "\2\3", "\2\3");
	assert_int_equal(of_identity(1, 1), 0);
	assert_int_equal(of_identity(1, 2), 1);
	assert_int_equal(of_identity(1, 3), 1);
	assert_int_equal(find(1, "\1", out, 9), 0);
	assert_int_equal(find(1, "\2", out, 9), 1);
	assert_int_equal(find(1, "\3", out, 9), 1);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact"), 1);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact_identity"), 2);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact_name"), 2);
}

static void a_deleted_contact_leaves_no_index_row(void **state)
{
	struct contact_row row;

	(void)state;
	put(1, 1, "\1\2", "\1\2");
	put(2, 1, "\1", "\1");
	assert_ok(contact_get(vault, 1, contact_id(1), &pool, &row, &err));
	assert_ok(contact_delete(vault, &row, &err));
	assert_fails(contact_get(vault, 1, contact_id(1), &pool, &row, &err), ERR_NOT_FOUND, NULL);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact"), 1);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact_identity WHERE account_id = 2"), 1);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact_identity"), 1);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM contact_name"), 1);
}

static void an_identity_may_be_in_several_contacts(void **state)
{
	struct id out[9];
	size_t count;

	(void)state;
	put(1, 3, "\1", "");
	put(1, 2, "\1\2", "");
	put(2, 1, "\1", "");
	assert_ok(contact_of_identity(vault, 1, 1, out, 2, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(out[0].bytes[0], 2);
	assert_int_equal(out[1].bytes[0], 3);
	assert_int_equal(of_identity(1, 9), 0);
	assert_fails(contact_of_identity(vault, 1, 1, out, 1, &count, &err), ERR_LIMIT, "more than 1 contacts");
	assert_int_equal(of_identity(1, 1), 2);
}

static void the_contacts_of_an_identity_are_listed_by_pages(void **state)
{
	struct id out[9], after = {{0}};
	size_t count;

	(void)state;
	for (unsigned char n = 1; n <= 5; n++)
		put(1, n, "\1", "");
	put(2, 9, "\1", "");
	for (unsigned char n = 1; n <= 5; n += 2) {
		assert_ok(contact_list_identity(vault, 1, 1, after, out, 2, &count, &err));
		assert_int_equal(count, n == 5 ? 1 : 2);
		assert_int_equal(out[0].bytes[0], n);
		after = out[count - 1];
	}
	assert_ok(contact_list_identity(vault, 1, 1, after, out, 2, &count, &err));
	assert_int_equal(count, 0);
}

static void whether_a_contact_has_an_identity_is_known_by_account(void **state)
{
	bool has;

	(void)state;
	put(1, 1, "\1", "");
	assert_ok(contact_has_identity(vault, 1, 1, (struct id){{1}}, &has, &err));
	assert_true(has);
	assert_ok(contact_has_identity(vault, 1, 2, (struct id){{1}}, &has, &err));
	assert_false(has);
	assert_ok(contact_has_identity(vault, 2, 1, (struct id){{1}}, &has, &err));
	assert_false(has);
}

static void a_name_is_found_by_all_of_its_words(void **state)
{
	struct id out[9];

	(void)state;
	put(1, 1, "", "\1\2");
	put(1, 2, "", "\1\3");
	put(1, 3, "", "\1\2\3");
	put(2, 4, "", "\1\2");
	assert_int_equal(find(1, "\1", out, 9), 3);
	assert_int_equal(find(1, "\2", out, 9), 2);
	assert_int_equal(find(1, "\1\2", out, 9), 2);
	assert_int_equal(out[0].bytes[0], 1);
	assert_int_equal(out[1].bytes[0], 3);
	assert_int_equal(find(1, "\3\1\2", out, 9), 1);
	assert_int_equal(out[0].bytes[0], 3);
	assert_int_equal(find(1, "\1\1", out, 9), 3);
	assert_int_equal(find(1, "\1\4", out, 9), 0);
	assert_int_equal(find(1, "\4\1", out, 9), 0);
	assert_int_equal(find(1, "", out, 9), 0);
}

static void the_limit_is_on_what_is_found_and_not_on_a_common_first_word(void **state)
{
	struct blind common = blind_of(1);
	struct id out[9];
	size_t count;

	(void)state;
	for (unsigned char n = 1; n <= 20; n++)
		put(1, n, "", n == 17 ? "\1\2" : "\1");
	assert_int_equal(find(1, "\1\2", out, 1), 1);
	assert_int_equal(out[0].bytes[0], 17);
	assert_fails(contact_find_name(vault, 1, &common, 1, out, 9, &count, &err), ERR_LIMIT, "more than 9 contacts");
	assert_int_equal(find(1, "\1\2", out, 1), 1);
}

static void contacts_are_counted_and_listed_page_by_page(void **state)
{
	struct id out[9], after = {{0}};
	int64_t total;
	size_t count;

	(void)state;
	assert_ok(contact_list(vault, 1, after, out, 9, &count, &err));
	assert_int_equal(count, 0);
	put(1, 3, "", "");
	put(1, 1, "", "");
	put(2, 2, "", "");
	assert_ok(contact_count(vault, 1, &total, &err));
	assert_int_equal(total, 2);
	assert_ok(contact_list(vault, 1, after, out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].bytes[0], 1);
	assert_ok(contact_list(vault, 1, out[0], out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].bytes[0], 3);
	assert_ok(contact_list(vault, 1, out[0], out, 1, &count, &err));
	assert_int_equal(count, 0);
}

/* ---- deleted ---- */

static void put_deleted(uint32_t account, unsigned char n, int gone_on)
{
	struct contact_row row = row_of(account, n, "\1", "\1\2");

	row.key = n;
	row.deleted = (struct instant){1000};
	row.gone_on = (struct date){gone_on};
	assert_ok(contact_put(vault, &row, &err));
}

static void a_deleted_contact_is_led_to_by_its_identities_and_by_no_name(void **state)
{
	struct contact_row row;
	struct blind word = blind_of(1);
	struct id out[9];
	bool has;

	(void)state;
	put_deleted(1, 1, 20);
	assert_int_equal(of_identity(1, 1), 1);
	assert_int_equal(find(1, "\1", out, 9), 0);
	assert_ok(contact_get(vault, 1, contact_id(1), &pool, &row, &err));
	assert_true(contact_is_deleted(&row));
	assert_int_equal(row.deleted.ms, 1000);
	assert_int_equal(row.gone_on.days, 20);
	assert_int_equal(row.key, 1);
	assert_int_equal(row.name_count, 2);
	assert_ok(contact_in_deleted(vault, 1, contact_id(1), &has, &err));
	assert_true(has);
	row.deleted = (struct instant){0};
	row.gone_on = (struct date){0};
	assert_ok(contact_put(vault, &row, &err));
	assert_int_equal(find(1, "\1\2", out, 9), 1);
	assert_ok(contact_has_name(vault, 1, &word, contact_id(1), &has, &err));
	assert_true(has);
	assert_ok(contact_in_deleted(vault, 1, contact_id(1), &has, &err));
	assert_false(has);
}

static void deleted_contacts_and_those_that_are_there_are_listed_apart(void **state)
{
	struct id out[9], after = {{0}};
	size_t count;

	(void)state;
	put(1, 1, "\1", "");
	put_deleted(1, 2, 20);
	put(1, 3, "\1", "");
	put_deleted(1, 4, 10);
	put_deleted(2, 5, 10);
	assert_ok(contact_list_there(vault, 1, after, out, 9, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(out[1].bytes[0], 3);
	assert_ok(contact_list_there(vault, 1, out[0], out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_ok(contact_list_deleted(vault, 1, after, out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].bytes[0], 2);
	assert_ok(contact_list_deleted(vault, 1, out[0], out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].bytes[0], 4);
	assert_ok(contact_list(vault, 1, after, out, 9, &count, &err));
	assert_int_equal(count, 4);
}

static void what_is_due_is_listed_by_day_without_what_a_hold_keeps(void **state)
{
	struct contact_gone out[9], after = {.bytes = 0};
	struct contact_row held = row_of(1, 9, "\1", "");
	size_t count;

	(void)state;
	held.deleted = (struct instant){1000};
	held.gone_on = (struct date){5};
	held.hold = 3;
	assert_ok(contact_put(vault, &held, &err));
	put(1, 1, "\1", "");
	put_deleted(1, 2, 20);
	put_deleted(1, 3, 10);
	put_deleted(1, 4, 10);
	put_deleted(1, 5, 21);
	put_deleted(2, 6, 10);
	assert_ok(contact_list_gone(vault, 1, (struct date){20}, &after, out, 2, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(out[0].id.bytes[0], 3);
	assert_int_equal(out[0].on.days, 10);
	assert_int_equal(out[0].bytes, 6);
	assert_int_equal(out[1].id.bytes[0], 4);
	after = out[1];
	assert_ok(contact_list_gone(vault, 1, (struct date){20}, &after, out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].id.bytes[0], 2);
	assert_ok(contact_list_gone(vault, 1, (struct date){9}, &(struct contact_gone){.bytes = 0}, out, 9, &count, &err));
	assert_int_equal(count, 0);
}

static void no_two_contacts_have_one_key(void **state)
{
	struct contact_row row = row_of(1, 1, "", "");
	int64_t key;
	bool has;

	(void)state;
	row.key = 8;
	assert_ok(contact_put(vault, &row, &err));
	assert_ok(contact_key_of(vault, 1, row.id, &key, &err));
	assert_int_equal(key, 8);
	assert_ok(contact_key_of(vault, 1, contact_id(9), &key, &err));
	assert_int_equal(key, 0);
	assert_ok(contact_has_key(vault, 1, 8, &has, &err));
	assert_true(has);
	assert_ok(contact_has_key(vault, 1, 9, &has, &err));
	assert_false(has);
	row.id = contact_id(2);
	assert_int_not_equal(contact_put(vault, &row, &err), OK);
	row.account = 2;
	assert_ok(contact_put(vault, &row, &err));
}

static void damaged_columns_are_reported(void **state)
{
	static const char *const damages[] = {
	    "UPDATE contact SET identities = x'80'", "UPDATE contact SET names = x'0102'",
	    "UPDATE contact SET names = zeroblob(16 * 17)", "UPDATE contact SET digest = x''",
	};
	struct contact_row row = row_of(1, 1, "\1", "\1"), back;

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		put(1, 1, "\1", "\1");
		raw(vault, damages[i]);
		assert_fails(contact_get(vault, 1, contact_id(1), &pool, &back, &err), ERR_CORRUPT, NULL);
		/* nor is it overwritten: its index rows could not be found */
		assert_fails(contact_put(vault, &row, &err), ERR_CORRUPT, NULL);
		raw(vault, "DELETE FROM contact");
	}
}

static void a_damaged_index_is_reported(void **state)
{
	struct blind word = blind_of(1);
	struct id out[1];
	size_t count;

	(void)state;
	put(1, 1, "\1", "\1");
	raw(vault, "UPDATE contact_identity SET contact_id = x'01'; UPDATE contact_name SET contact_id = x'01';"
		   "UPDATE contact SET contact_id = x'0100'");
	assert_fails(contact_of_identity(vault, 1, 1, out, 1, &count, &err), ERR_CORRUPT, NULL);
	assert_fails(contact_find_name(vault, 1, &word, 1, out, 1, &count, &err), ERR_CORRUPT, NULL);
	assert_fails(contact_list(vault, 1, (struct id){{0}}, out, 1, &count, &err), ERR_CORRUPT, NULL);
}

static void a_payload_larger_than_the_pool_is_reported(void **state)
{
	struct contact_row back;
	struct pool small;

	(void)state;
	put(1, 1, "", "");
	pool_init(&small, 3);
	assert_fails(contact_get(vault, 1, contact_id(1), &small, &back, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(a_contact_comes_back_as_it_was_put),
	    table_test(a_contact_without_names_and_identities_is_a_contact),
	    table_test(a_contact_has_as_many_names_and_identities_as_allowed),
	    table_test(replacing_a_contact_replaces_its_index),
	    table_test(a_deleted_contact_leaves_no_index_row),
	    table_test(an_identity_may_be_in_several_contacts),
    table_test(the_contacts_of_an_identity_are_listed_by_pages),
    table_test(whether_a_contact_has_an_identity_is_known_by_account),
	    table_test(a_name_is_found_by_all_of_its_words),
	    table_test(the_limit_is_on_what_is_found_and_not_on_a_common_first_word),
	    table_test(contacts_are_counted_and_listed_page_by_page),
	    table_test(a_deleted_contact_is_led_to_by_its_identities_and_by_no_name),
	    table_test(deleted_contacts_and_those_that_are_there_are_listed_apart),
	    table_test(what_is_due_is_listed_by_day_without_what_a_hold_keeps),
	    table_test(no_two_contacts_have_one_key),
	    table_test(damaged_columns_are_reported),
	    table_test(a_damaged_index_is_reported),
	    table_test(a_payload_larger_than_the_pool_is_reported),
	};

	return cmocka_run_group_tests_name("store/contact", tests, NULL, NULL);
}
