/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks as they are kept: what is refused, what is sealed, what a restore does.
 */
#include "vault/recording.h"

#include "notify/webhook.h"
#include "vault/backup.h"
#include "vault/check.h"
#include "vault/restore.h"

#define URL "https://hooks.example.com/lethe?key=geheim"

static const struct client_reach strict;
static struct err err;

static enum result add(struct world *world, const char *url, const char *types, struct id *id, char *secret)
{
	const struct webhook_new new = {.url = url, .types = types, .made_by = "os:0"};

	return webhook_add(world->vault, world->account.number, &strict, &new, world->now, id, secret, &err);
}

static struct webhook_row row_of(struct world *world, struct id id)
{
	struct webhook_row row;

	assert_ok(webhook_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err), &err);
	return row;
}

/* The secrets that sign, "new" or "new old". */
static const char *secrets(struct world *world, struct id id)
{
	struct webhook_row row = row_of(world, id);
	const char *secret, *old;

	assert_ok(webhook_secrets(&world->vault->read, &row, world->now, &world->pool, &secret, &old, &err), &err);
	return old != NULL ? pool_printf(&world->pool, "%s %s", secret, old) : secret;
}

static void what_is_no_url_for_it_is_refused(void **state)
{
	static const struct { const char *url; enum result r; const char *what; } bad[] = {
	    {"", ERR_INPUT, "this is no URL"},
	    {"hooks.example.com", ERR_INPUT, "this is no URL"},
	    {"http://hooks.example.com/", ERR_INPUT, "the URL does not begin with https://"},
	    {"ftp://hooks.example.com/", ERR_INPUT, "the URL does not begin with https://"},
	    {"file:///etc/passwd", ERR_INPUT, "the URL does not begin with https://"},
	    {"https://a:b@hooks.example.com/", ERR_INPUT, "the URL has a user, a password or a fragment in it"},
	    {"https://hooks.example.com/#x", ERR_INPUT, "the URL has a user, a password or a fragment in it"},
	    {"https://hooks.example.com:99999/", ERR_INPUT, "this is no URL"},
	    {"https://127.0.0.1/", ERR_DENIED, "the URL is at an address inside, which accounts may not reach"},
	    {"https://2130706433/", ERR_DENIED, NULL},
	    {"https://0x7f.1/", ERR_DENIED, NULL},
	    {"https://0177.0.0.1/", ERR_DENIED, NULL},
	    {"https://0.0.0.0/", ERR_DENIED, NULL},
	    {"https://127.1:8443/", ERR_DENIED, NULL},
	    {"https://[::]/", ERR_DENIED, NULL},
	    {"https://[::127.0.0.1]/", ERR_DENIED, NULL},
	    {"https://[64:ff9b::7f00:1]/", ERR_DENIED, NULL},
	    {"https://[2002:7f00:1::]/", ERR_DENIED, NULL},
	    {"https://[fe80::1%25eth0]/", ERR_DENIED, NULL},
	    {"https://LOCALHOST/", ERR_DENIED, NULL},
	    {"gopher://hooks.example.com/", ERR_INPUT, NULL},
	    {"javascript:alert(1)", ERR_INPUT, NULL},
	    {"https://a@hooks.example.com/", ERR_INPUT, NULL},
	    {"https://hooks.example.com@127.0.0.1/", ERR_INPUT, NULL},
	    {"https://hooks.example.com:0x50/", ERR_INPUT, NULL},
	    {"https://hooks.exam ple.com/", ERR_INPUT, NULL},
	    {"https://hooks.example.com/\r\nX: y", ERR_INPUT, NULL},
	    {"https://localhost:8443/", ERR_DENIED, NULL},
	    {"https://[::1]/", ERR_DENIED, NULL},
	    {"https://[::ffff:10.0.0.1]/", ERR_DENIED, NULL},
	    {"https://[fd00::1]/", ERR_DENIED, NULL},
	    {"https://169.254.169.254/latest/meta-data", ERR_DENIED, NULL},
	    {"https://100.64.0.1/", ERR_DENIED, NULL},
	    {"https://224.0.0.1/", ERR_DENIED, NULL},
	};
	struct world *world = *state;
	char secret[WEBHOOK_SECRET_MAX];
	struct id id;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (add(world, bad[i].url, "", &id, secret) != bad[i].r)
			fail_msg("%s: %s", bad[i].url, err.what);
		if (bad[i].what != NULL)
			assert_string_equal(err.what, bad[i].what);
		assert_true(err.mend[0] != '\0');
	}
}

static void types_that_there_are_not_are_named(void **state)
{
	static const char *const bad[] = {"person", "person.erase", "*", ".*", "nobody.*", "person.erased,", ",person.erased", "webhook.test", "hold.added hold.released"};
	static const char *const good[] = {"", "person.erased", "person.*", "person.*,hold.added,retention.expiring"};
	struct world *world = *state;
	char secret[WEBHOOK_SECRET_MAX];
	struct id id;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (add(world, URL, bad[i], &id, secret) != ERR_INPUT)
			fail_msg("%s is taken", bad[i]);
	}
	assert_int_equal(add(world, URL, "person.erase", &id, secret), ERR_INPUT);
	assert_string_equal(err.what, "there is no type of event 'person.erase'");
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_ok(add(world, URL, good[i], &id, secret), &err);
	assert_true(webhook_wants("person.*,hold.added", EVENT_PERSON_ERASED));
	assert_true(webhook_wants("person.*,hold.added", EVENT_HOLD_ADDED));
	assert_false(webhook_wants("person.*,hold.added", EVENT_HOLD_RELEASED));
	assert_true(webhook_wants("", EVENT_HOLD_RELEASED));
	assert_false(webhook_wants("", EVENT_WEBHOOK_TEST));
}

static void an_account_has_a_number_of_them(void **state)
{
	struct world *world = *state;
	char secret[WEBHOOK_SECRET_MAX];
	struct id id;

	for (int i = 0; i < WEBHOOKS_AN_ACCOUNT; i++)
		assert_ok(add(world, URL, "", &id, secret), &err);
	assert_int_equal(add(world, URL, "", &id, secret), ERR_LIMIT);
	assert_string_equal(err.what, "the account has 50 webhooks");
	assert_int_equal(secret[0], 0);
}

static bool in_file(struct world *world, const char *name, const char *text)
{
	char path[400];
	struct buf bytes;
	bool found;
	enum result r;

	snprintf(path, sizeof path, "%s/regions/default/%s", world->data, name);
	r = file_read(path, (size_t)64 * 1024 * 1024, &bytes, &err);
	if (r == ERR_NOT_FOUND)
		return false;
	assert_ok(r, &err);
	found = memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
	buf_free(&bytes);
	return found;
}

/* P59 */
static void neither_url_nor_secret_is_in_any_file(void **state)
{
	struct world *world = *state;
	char secret[WEBHOOK_SECRET_MAX];
	struct webhook_row row;
	const char *url;
	struct id id;

	assert_ok(add(world, URL, "", &id, secret), &err);
	row = row_of(world, id);
	assert_ok(webhook_url(&world->vault->read, &row, &world->pool, &url, &err), &err);
	assert_string_equal(url, URL);
	assert_string_equal(secrets(world, id), secret);
	assert_ok(vault_scrub(world->vault, &err), &err);
	for (int i = 0; i < 2; i++) {
		assert_false(in_file(world, i == 0 ? "vault.db" : "vault.db-wal", "geheim"));
		assert_false(in_file(world, i == 0 ? "vault.db" : "vault.db-wal", secret + strlen("whsec_")));
	}
}

static void an_old_secret_signs_for_a_day_and_no_longer(void **state)
{
	struct world *world = *state;
	char first[WEBHOOK_SECRET_MAX], second[WEBHOOK_SECRET_MAX], third[WEBHOOK_SECRET_MAX];
	uint32_t account = world->account.number;
	struct id id;

	assert_ok(add(world, URL, "", &id, first), &err);
	assert_ok(webhook_rotate(world->vault, account, id, false, world->now, second, &err), &err);
	assert_string_equal(secrets(world, id), pool_printf(&world->pool, "%s %s", second, first));
	world->now.ms += WEBHOOK_OVERLAP_MS - 1;
	assert_string_equal(secrets(world, id), pool_printf(&world->pool, "%s %s", second, first));
	world->now.ms += 1;
	assert_string_equal(secrets(world, id), second);
	assert_ok(webhook_rotate(world->vault, account, id, true, world->now, third, &err), &err);
	assert_string_equal(secrets(world, id), third);
	assert_int_equal(webhook_rotate(world->vault, account, (struct id){{1}}, true, world->now, third, &err), ERR_NOT_FOUND);
	assert_int_equal(third[0], 0);
}

static void a_restore_brings_back_neither_a_webhook_nor_a_secret_that_is_gone(void **state)
{
	struct world *world = *state;
	const char *dir = pool_printf(&world->pool, "%s/backup", world->base);
	struct backup_options backup = {.dir = dir, .now = world->now};
	struct restore_options options = {.dir = dir, .now = world->now};
	char first[WEBHOOK_SECRET_MAX], second[WEBHOOK_SECRET_MAX], ignored[WEBHOOK_SECRET_MAX];
	uint32_t account = world->account.number;
	struct restore_result restored;
	struct webhook_row row;
	struct manifest manifest;
	struct id id, gone, later, event;

	assert_ok(add(world, URL, "", &id, first), &err);
	assert_ok(add(world, URL, "", &gone, ignored), &err);
	assert_ok(webhook_test(world->vault, account, gone, world->now, &event, &err), &err);
	assert_ok(backup_create(world->vault, &backup, &manifest, &err), &err);
	assert_ok(webhook_rotate(world->vault, account, id, true, world->now, second, &err), &err);
	assert_ok(webhook_remove(world->vault, account, gone, world->now, &err), &err);
	assert_ok(add(world, URL, "", &later, ignored), &err);
	assert_ok(webhook_test(world->vault, account, later, world->now, &event, &err), &err);
	assert_ok(restore_run(world->vault, &options, &restored, &err), &err);
	assert_string_equal(secrets(world, id), second);
	assert_int_equal(webhook_get(world->vault->read.data, account, gone, &world->pool, &row, &err), ERR_NOT_FOUND);
	assert_int_equal(row_of(world, later).state, WEBHOOK_ENABLED);
	assert_int_equal(delivery_get(world->vault->read.data, account, later, event, &(struct delivery_row){0}, &err), OK);
	assert_int_equal(delivery_get(world->vault->read.data, account, gone, event, &(struct delivery_row){0}, &err), ERR_NOT_FOUND);
}

struct finding { int count; char text[300]; };

static void tell(void *arg, enum check_id id, const char *text)
{
	struct finding *finding = arg;

	finding->count += id == CHECK_OUTBOX;
	snprintf(finding->text, sizeof finding->text, "%s", text);
}

static void assert_found(struct world *world, const char *sql, const char *text)
{
	struct finding finding = {.count = 0};
	const struct check_options options = {.quick = true, .problem = tell, .arg = &finding};
	struct check_report report;

	tamper(world, "vault.db", sql);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	if (finding.count != 1 || strstr(finding.text, text) == NULL)
		fail_msg("%s: %d: %s", sql, finding.count, finding.text);
}

static void damage_is_found(void **state)
{
	struct world *world = *state;
	char secret[WEBHOOK_SECRET_MAX];
	struct id id, event;

	assert_ok(add(world, URL, "", &id, secret), &err);
	assert_ok(webhook_test(world->vault, world->account.number, id, world->now, &event, &err), &err);
	assert_found(world, "UPDATE webhook SET secret = url", "its URL or a secret of it cannot be opened");
	assert_found(world, "DELETE FROM webhook", "which is not there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(what_is_no_url_for_it_is_refused),
	    IN_WORLD(types_that_there_are_not_are_named),
	    IN_WORLD(an_account_has_a_number_of_them),
	    IN_WORLD(neither_url_nor_secret_is_in_any_file),
	    IN_WORLD(an_old_secret_signs_for_a_day_and_no_longer),
	    IN_WORLD(a_restore_brings_back_neither_a_webhook_nor_a_secret_that_is_gone),
	    IN_WORLD(damage_is_found),
	};

	return cmocka_run_group_tests_name("notify/webhook", tests, NULL, NULL);
}
