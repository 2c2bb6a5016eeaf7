/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rotation, stopped behind each of its steps; under a file and under an HSM (SoftHSM).
 */
#include "checking.h"
#include "vault/recording.h"

#include "softhsm.h"
#include "store/leaf.h"
#include "vault/init.h"
#include "vault/rotate.h"

struct place { struct world world; bool hsm; char secret[300], old[400]; struct id call; };

static void open_vault(struct place *p)
{
	struct vault_options options = {.data_dir = p->world.data, .command = "test", .write = true,
					.secret_file = p->hsm ? p->secret : NULL};
	struct err err;

	assert_ok(vault_open(&options, p->world.now, &p->world.vault, &err), &err);
}

/* What a new process does: it goes on with what was under way. */
static void reopen(struct place *p)
{
	vault_close(p->world.vault);
	p->world.vault = NULL;
	open_vault(p);
}

static void fill(struct place *p)
{
	p->call = world_put(&p->world, KIND_CALL, "2025-05-01T10:00:00Z", "{\"a\":1}", "+4520000001", NULL);
	recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	snprintf(p->old, sizeof p->old, "%s/keys.old", p->world.base);
}

static int set_up(void **state)
{
	struct place *p = test_calloc(1, sizeof *p);

	world_begin(&p->world, "2025-06-01T00:00:00Z");
	fill(p);
	*state = p;
	return 0;
}

/* ---- SoftHSM ---- */

static void prepare_softhsm(struct place *p)
{
	struct err err;

	assert_int_equal(folder_make(p->world.base, sizeof p->world.base, "world"), 0);
	softhsm_use(p->world.base);
	softhsm_make_token("lethe");
	snprintf(p->secret, sizeof p->secret, "%s/pin", p->world.base);
	assert_ok(file_write_atomic(p->secret, SOFTHSM_PIN "\n", sizeof SOFTHSM_PIN, 0600, &err), &err);
}

static int set_up_hsm(void **state)
{
	struct place *p = test_calloc(1, sizeof *p);
	struct vault_options options = {.command = "test"};
	struct root_options root = {.provider = "pkcs11", .token = "lethe"};
	struct err err;

	assert_ok(crypto_init(&err), &err);
	p->hsm = true;
	prepare_softhsm(p);
	snprintf(p->world.data, sizeof p->world.data, "%s/data", p->world.base);
	pool_init(&p->world.pool, (size_t)256 * 1024 * 1024);
	p->world.now = world_time("2025-06-01T00:00:00Z");
	options.data_dir = p->world.data;
	root.module = softhsm_module();
	assert_non_null(root.module); /* SoftHSM is installed */
	root.secret_file = p->secret;
	assert_ok(init_vault(&options, &root, p->world.now, &err), &err);
	open_vault(p);
	assert_ok(accounts_create(p->world.vault, "Test account", "DK", p->world.now, &p->world.pool, &p->world.account,
				  &err), &err);
	fill(p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	world_end(&p->world);
	test_free(p);
	return 0;
}

/* ---- what must be true afterwards ---- */

static enum epoch_state state_of(struct place *p, uint32_t number)
{
	struct epoch epochs[16];
	size_t count;
	struct err err;

	assert_ok(epoch_list(p->world.vault->read.keys, epochs, 16, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		if (epochs[i].epoch == number)
			return epochs[i].state;
	return 0;
}

static void is_at_epoch(struct place *p, uint32_t number)
{
	uint32_t epochs[ROOT_EPOCHS_MAX];
	struct wrapped_key left;
	int64_t after = 0;
	const char *text;
	size_t count;
	struct err err;

	assert_int_equal(state_of(p, number), EPOCH_CURRENT);
	assert_int_equal(state_of(p, number - 1), EPOCH_ENDED);
	assert_ok(root_epochs(p->world.vault->shared->root, epochs, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(epochs[0], number);
	assert_ok(key_list_older(p->world.vault->read.keys, number, &after, 1, &left, &count, &err), &err);
	assert_int_equal(count, 0);
	assert_ok(world_open_record(&p->world, KIND_CALL, p->call, &text, &err), &err);
	assert_string_equal(text, "{\"a\":1}");
	checks_out(&p->world, false);
}

static void copy_keys(struct place *p)
{
	struct err err;

	assert_ok(db_copy_to(p->world.vault->read.keys, p->old, NULL, NULL, &err), &err);
}

/* Puts the copy of the key store in place of the live one. */
static void the_old_copy_opens_nothing(struct place *p)
{
	struct vault_options options = {.data_dir = p->world.data, .command = "test",
					.secret_file = p->hsm ? p->secret : NULL};
	char keys[400], saved[410];
	struct vault *vault;
	struct err err;

	snprintf(keys, sizeof keys, "%s/regions/default/keys.db", p->world.data);
	snprintf(saved, sizeof saved, "%s.saved", keys);
	vault_close(p->world.vault);
	p->world.vault = NULL;
	assert_int_equal(rename(keys, saved), 0);
	assert_int_equal(rename(p->old, keys), 0);
	assert_int_equal(vault_open(&options, p->world.now, &vault, &err), ERR_GONE);
	assert_non_null(strstr(err.mend, "an older copy opens nothing, by design"));
	assert_int_equal(rename(saved, keys), 0);
	open_vault(p);
}

static bool stop_at_once(void *arg, int64_t rewrapped)
{
	(void)arg, (void)rewrapped;
	return true;
}

static bool stop_when_all_are_wrapped(void *arg, int64_t rewrapped)
{
	int *calls = arg;

	(void)rewrapped;
	return ++*calls == 2;
}

static void begin(struct place *p, rotate_progress *progress, void *arg, enum result expected)
{
	struct rotation rotation;
	struct err err;

	assert_int_equal(rotate_begin(p->world.vault, p->world.now, progress, arg, &rotation, &err), expected);
	assert_int_equal(rotation.from, 1);
	assert_int_equal(rotation.to, 2);
	assert_int_equal(rotation.done, expected == OK);
}

/* ---- tests ---- */

/* P7 */
/* Where the root cannot forget, they are what has to go. */
static void has_no_account_key_of(struct place *p, uint32_t epoch)
{
	const uint32_t accounts[] = {VAULT_ACCOUNT, p->world.account.number};
	const unsigned char *wrapped;
	struct err err;
	size_t len;

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(account_key_get(p->world.vault->read.keys, accounts[i], epoch, &p->world.pool, &wrapped, &len, &err),
				 ERR_NOT_FOUND);
}

static void after_a_rotation_everything_opens_and_an_old_copy_of_the_keys_opens_nothing(void **state)
{
	struct place *p = *state;

	copy_keys(p);
	begin(p, NULL, NULL, OK);
	is_at_epoch(p, 2);
	has_no_account_key_of(p, 1);
	reopen(p);
	is_at_epoch(p, 2);
	the_old_copy_opens_nothing(p);
	is_at_epoch(p, 2);
}

static void stopped_while_wrapping_it_goes_on_when_next_opened(void **state)
{
	struct place *p = *state;

	copy_keys(p);
	begin(p, stop_at_once, NULL, ERR_INTERRUPTED);
	assert_int_equal(state_of(p, 1), EPOCH_LEAVING);
	assert_int_equal(state_of(p, 2), EPOCH_CURRENT);
	reopen(p);
	is_at_epoch(p, 2);
	the_old_copy_opens_nothing(p);
}

static void stopped_while_wrapping_it_goes_on_in_the_same_process(void **state)
{
	struct place *p = *state;
	struct rotation rotation;
	struct err err;

	begin(p, stop_at_once, NULL, ERR_INTERRUPTED);
	assert_ok(rotate_resume(p->world.vault, p->world.now, NULL, NULL, &rotation, &err), &err);
	assert_true(rotation.done);
	is_at_epoch(p, 2);
	assert_ok(rotate_resume(p->world.vault, p->world.now, NULL, NULL, &rotation, &err), &err);
	assert_false(rotation.done);
	assert_int_equal(rotation.to, 0);
}

static void what_is_written_between_two_halves_is_under_the_new_epoch(void **state)
{
	struct place *p = *state;
	struct id between;
	const char *text;
	struct err err;

	begin(p, stop_at_once, NULL, ERR_INTERRUPTED);
	between = world_put(&p->world, KIND_MESSAGE, "2025-05-09T10:00:00Z", "{\"b\":2}", "+4520000007", NULL);
	reopen(p);
	is_at_epoch(p, 2);
	assert_ok(world_open_record(&p->world, KIND_MESSAGE, between, &text, &err), &err);
	assert_string_equal(text, "{\"b\":2}");
}

/* A crash behind "coming": the new epoch is noted, its root key not made. */
static void stopped_before_the_new_root_key(void **state)
{
	struct place *p = *state;

	copy_keys(p);
	tamper(&p->world, "keys.db", "INSERT INTO epoch(epoch, state, started_at) VALUES(2, 1, 0)");
	reopen(p);
	is_at_epoch(p, 2);
	the_old_copy_opens_nothing(p);
}

static void stopped_behind_the_new_root_key(void **state)
{
	struct place *p = *state;
	struct err err;

	tamper(&p->world, "keys.db", "INSERT INTO epoch(epoch, state, started_at) VALUES(2, 1, 0)");
	assert_ok(root_epoch_create(p->world.vault->shared->root, 2, &err), &err);
	reopen(p);
	is_at_epoch(p, 2);
}

static void stopped_when_all_keys_are_wrapped_anew(void **state)
{
	struct place *p = *state;
	int calls = 0;

	begin(p, stop_when_all_are_wrapped, &calls, ERR_INTERRUPTED);
	assert_int_equal(calls, 2);
	reopen(p);
	is_at_epoch(p, 2);
}

static void stopped_behind_the_old_account_keys(void **state)
{
	struct place *p = *state;
	int calls = 0;

	begin(p, stop_when_all_are_wrapped, &calls, ERR_INTERRUPTED);
	tamper(&p->world, "keys.db", "DELETE FROM account_key WHERE epoch = 1");
	reopen(p);
	is_at_epoch(p, 2);
}

static void stopped_behind_the_old_root_key(void **state)
{
	struct place *p = *state;

	copy_keys(p);
	begin(p, NULL, NULL, OK);
	tamper(&p->world, "keys.db", "UPDATE epoch SET state = 3, ended_at = NULL WHERE epoch = 1");
	reopen(p);
	is_at_epoch(p, 2);
	the_old_copy_opens_nothing(p);
}

static void rotations_follow_each_other(void **state)
{
	struct place *p = *state;
	struct rotation rotation;
	struct err err;

	for (uint32_t to = 2; to <= 5; to++) {
		assert_ok(rotate_begin(p->world.vault, p->world.now, NULL, NULL, &rotation, &err), &err);
		assert_int_equal(rotation.to, to);
		assert_true(rotation.rewrapped > 0);
	}
	is_at_epoch(p, 5);
}

static int days_of(struct place *p, struct instant *due)
{
	struct err err;
	int days;

	assert_ok(rotate_due(&p->world.vault->read, due, &days, &err), &err);
	return days;
}

static void an_epoch_lasts_as_many_days_as_was_said(void **state)
{
	struct place *p = *state;
	struct instant due;
	uint64_t before, after;
	struct err err;

	assert_int_equal(days_of(p, &due), EPOCH_DAYS_DEFAULT);
	assert_ok(leaf_tree_size(p->world.vault->read.data, &before, &err), &err);
	assert_ok(rotate_set_days(p->world.vault, 30, p->world.now, &err), &err);
	assert_ok(leaf_tree_size(p->world.vault->read.data, &after, &err), &err);
	assert_int_equal(after, before + 1);
	reopen(p);
	assert_int_equal(days_of(p, &due), 30);
	assert_int_equal(due.ms, world_time("2025-07-01T00:00:00Z").ms);
	for (int days = -1; days <= EPOCH_DAYS_MAX + 1; days += days == 0 ? EPOCH_DAYS_MAX + 1 : 1)
		assert_int_equal(rotate_set_days(p->world.vault, days, p->world.now, &err), ERR_INPUT);
	assert_int_equal(days_of(p, &due), 30);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define HSM(f) {"hsm: " #f, f, set_up_hsm, tear_down, NULL}
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(after_a_rotation_everything_opens_and_an_old_copy_of_the_keys_opens_nothing),
		TEST(stopped_while_wrapping_it_goes_on_when_next_opened),
		TEST(stopped_while_wrapping_it_goes_on_in_the_same_process),
		TEST(what_is_written_between_two_halves_is_under_the_new_epoch),
		TEST(stopped_before_the_new_root_key),
		TEST(stopped_behind_the_new_root_key),
		TEST(stopped_when_all_keys_are_wrapped_anew),
		TEST(stopped_behind_the_old_account_keys),
		TEST(stopped_behind_the_old_root_key),
		TEST(rotations_follow_each_other),
		TEST(an_epoch_lasts_as_many_days_as_was_said),
		HSM(after_a_rotation_everything_opens_and_an_old_copy_of_the_keys_opens_nothing),
		HSM(stopped_while_wrapping_it_goes_on_when_next_opened),
		HSM(stopped_before_the_new_root_key),
		HSM(stopped_behind_the_old_root_key),
		HSM(rotations_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
