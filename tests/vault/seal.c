/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#define ANNA "+4520000001"
#define BENT "+4520000002"

static struct record_row load(struct world *world, enum record_kind kind, struct id id)
{
	struct record_row row;
	struct err err;

	assert_ok(record_get(world->vault->read.data, world->account.number, kind, id, &world->pool, &row, &err), &err);
	return row;
}

static enum result open_row(struct world *world, const struct record_row *row)
{
	const char *plain;
	size_t len;
	struct err err;

	return open_record(world->vault->read.ring, row, &world->pool, &plain, &len, &err);
}

/* P2 */
static void destroying_any_one_outside_identity_makes_the_record_unreadable(void **state)
{
	static const char *const phones[] = {ANNA, BENT};
	struct world *world = *state;

	for (int i = 0; i < 2; i++) {
		struct id id = world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", "+4520000003", phones[i], NULL);
		struct record_row row = load(world, KIND_CALL, id);

		assert_int_equal(open_row(world, &row), OK);
		destroy_identity(world, phones[i]);
		assert_int_equal(open_row(world, &row), ERR_GONE);
	}
}

static void destroying_its_period_makes_the_record_unreadable_and_no_other(void **state)
{
	struct world *world = *state;
	struct record_row row, next, kind;

	row = load(world, KIND_CALL, world_put(world, KIND_CALL, "2025-05-01T23:59:59Z", "{}", ANNA, NULL));
	next = load(world, KIND_CALL, world_put(world, KIND_CALL, "2025-05-02T00:00:00Z", "{}", ANNA, NULL));
	kind = load(world, KIND_MESSAGE, world_put(world, KIND_MESSAGE, "2025-05-01T10:00:00Z", "{}", ANNA, NULL));
	destroy_period(world, KIND_CALL, "2025-05-01T00:00:00Z");
	assert_int_equal(open_row(world, &row), ERR_GONE);
	assert_int_equal(open_row(world, &next), OK);
	assert_int_equal(open_row(world, &kind), OK);
}

static void an_agent_is_no_part_of_the_key(void **state)
{
	struct world *world = *state;
	struct record_row row = load(world, KIND_CALL,
				     world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", ANNA, BENT, NULL));
	struct key with, without;
	struct err err;

	assert_int_equal(row.party_count, 2);
	row.parties[1].roles = ROLE_AGENT;
	assert_ok(seal_record_key(world->vault->read.ring, &row, &without, &err), &err);
	row.party_count = 1;
	assert_ok(seal_record_key(world->vault->read.ring, &row, &with, &err), &err);
	assert_memory_equal(&with, &without, sizeof with);
	row.party_count = 2;
	row.parties[1].roles = ROLE_AGENT | ROLE_TO;
	assert_ok(seal_record_key(world->vault->read.ring, &row, &with, &err), &err);
	assert_memory_not_equal(&with, &without, sizeof with);
}

static void a_payload_opens_in_its_own_place_only(void **state)
{
	struct world *world = *state;
	struct record_row row = load(world, KIND_CALL,
				     world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{\"x\":1}", ANNA, NULL));
	struct record_row moved = row;
	struct key key;
	const char *plain;
	size_t len;
	struct err err;

	assert_ok(seal_record_key(world->vault->read.ring, &row, &key, &err), &err);
	assert_ok(open_payload(&key, &row, &world->pool, &plain, &len, &err), &err);
	assert_string_equal(plain, "{\"x\":1}");
	assert_int_equal(len, 7);
	moved.id.bytes[15] ^= 1;
	assert_int_equal(open_payload(&key, &moved, &world->pool, &plain, &len, &err), ERR_CORRUPT);
	moved = row;
	moved.kind = KIND_MESSAGE;
	assert_int_equal(open_payload(&key, &moved, &world->pool, &plain, &len, &err), ERR_CORRUPT);
	moved = row;
	moved.account = 2;
	assert_int_equal(open_payload(&key, &moved, &world->pool, &plain, &len, &err), ERR_CORRUPT);
	moved = row;
	moved.payload_len = SEAL_OVERHEAD - 1;
	assert_int_equal(open_payload(&key, &moved, &world->pool, &plain, &len, &err), ERR_CORRUPT);
}

static void a_payload_sealed_with_a_nonce_that_was_drawn_before_opens_as_any(void **state)
{
	const unsigned char nonce[NONCE_LEN] = "twelve bytes";
	struct world *world = *state;
	struct record_row row = {.account = 1, .kind = KIND_CALL};
	struct key key = key_random();
	const char *plain;
	size_t len;
	struct err err;

	assert_ok(seal_payload_nonce(&key, nonce, &row, "payload", 7, &world->pool, &err), &err);
	assert_int_equal(row.payload_len, 7 + SEAL_OVERHEAD);
	assert_memory_equal(row.payload, nonce, sizeof nonce);
	assert_ok(open_payload(&key, &row, &world->pool, &plain, &len, &err), &err);
	assert_string_equal(plain, "payload");
}

static void a_media_key_opens_for_its_own_number_only(void **state)
{
	struct key record_key = key_random(), media_key = key_random(), got;
	struct media_row row = {.account = 1, .kind = KIND_RECORDING, .n = 0};
	unsigned char a[MEDIA_AAD_LEN], b[MEDIA_AAD_LEN];
	struct err err;

	(void)state;
	assert_ok(seal_media_key(&record_key, &media_key, &row, &err), &err);
	assert_ok(open_media_key(&record_key, &row, &got, &err), &err);
	assert_memory_equal(&got, &media_key, sizeof got);
	assert_int_equal(media_aad(&row, a), media_aad(&row, b));
	row.n = 1;
	assert_int_equal(open_media_key(&record_key, &row, &got, &err), ERR_CORRUPT);
	assert_true(media_aad(&row, b) <= MEDIA_AAD_LEN);
	assert_memory_not_equal(a, b, media_aad(&row, b));
}

static enum result contact_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct contact_row row = {.account = world->account.number, .id = id_new(world->now), .party_count = 2,
				  .parties = {{identity_of(world, ANNA), 0}, {identity_of(world, BENT), 0}}};
	const char *plain;
	int64_t own;
	size_t len;

	assert_ok(contact_key_make(session, row.account, &row.key, err), err);
	assert_ok(seal_contact(session->ring, &row, "{\"name\":\"A\"}", 12, &world->pool, err), err);
	assert_ok(open_contact(session->ring, &row, &world->pool, &plain, &len, err), err);
	assert_string_equal(plain, "{\"name\":\"A\"}");
	row.party_count = 1;
	assert_int_equal(open_contact(session->ring, &row, &world->pool, &plain, &len, err), ERR_CORRUPT);
	row.party_count = 2;
	own = row.key;
	assert_ok(contact_key_make(session, row.account, &row.key, err), err);
	assert_int_equal(open_contact(session->ring, &row, &world->pool, &plain, &len, err), ERR_CORRUPT);
	assert_int_equal(destroying_op(session, &(struct destroying){.world = world, .class = KEY_CONTACT,
								     .number = row.key}, err), OK);
	assert_int_equal(open_contact(session->ring, &row, &world->pool, &plain, &len, err), ERR_GONE);
	row.key = own;
	assert_ok(open_contact(session->ring, &row, &world->pool, &plain, &len, err), err);
	assert_int_equal(destroying_op(session, &(struct destroying){.world = world, .class = KEY_IDENTITY,
								     .number = row.parties[1].identity}, err), OK);
	assert_int_equal(open_contact(session->ring, &row, &world->pool, &plain, &len, err), ERR_GONE);
	return OK;
}

static void a_contact_needs_its_own_key_and_those_of_all_its_identities(void **state)
{
	struct world *world = *state;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", ANNA, BENT, NULL);
	assert_ok(vault_write(world->vault, contact_op, world, &err), &err);
}

static void an_identitys_value_opens_with_its_own_key_only(void **state)
{
	struct world *world = *state;
	struct identity_row row, moved;
	const char *value;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", ANNA, BENT, NULL);
	assert_ok(identity_get(world->vault->read.data, 1, identity_of(world, ANNA), &world->pool, &row, &err), &err);
	assert_ok(open_identity(world->vault->read.ring, &row, &world->pool, &value, &err), &err);
	assert_string_equal(value, ANNA);
	moved = row;
	moved.identity = identity_of(world, BENT);
	assert_int_equal(open_identity(world->vault->read.ring, &moved, &world->pool, &value, &err), ERR_CORRUPT);
	destroy_identity(world, ANNA);
	assert_int_equal(open_identity(world->vault->read.ring, &row, &world->pool, &value, &err), ERR_GONE);
}

static void texts_of_an_account_are_kept_apart_by_use_and_id(void **state)
{
	struct world *world = *state;
	struct keyring *ring = world->vault->read.ring;
	struct id id = id_new(world->now), other = id_new(world->now);
	const unsigned char *sealed;
	const char *text;
	size_t len;
	struct err err;

	assert_ok(seal_data(ring, 1, "reason", id, "because", &world->pool, &sealed, &len, &err), &err);
	assert_ok(open_data(ring, 1, "reason", id, sealed, len, &world->pool, &text, &err), &err);
	assert_string_equal(text, "because");
	assert_int_equal(open_data(ring, 1, "name", id, sealed, len, &world->pool, &text, &err), ERR_CORRUPT);
	assert_int_equal(open_data(ring, 1, "reason", other, sealed, len, &world->pool, &text, &err), ERR_CORRUPT);
	assert_int_equal(open_data(ring, VAULT_ACCOUNT, "reason", id, sealed, len, &world->pool, &text, &err), ERR_CORRUPT);
	assert_int_equal(open_data(ring, 99, "reason", id, sealed, len, &world->pool, &text, &err), ERR_GONE);
}

/* The recipe of the header, with the primitives alone. */
static void a_records_key_is_what_the_header_says(void **state)
{
	struct world *world = *state;
	struct record_row row = load(world, KIND_CALL,
				     world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", BENT, ANNA, NULL));
	struct key ikm[3], want, got;
	struct span_in in = {ikm, sizeof ikm};
	struct err err;

	assert_true(row.parties[0].identity < row.parties[1].identity);
	assert_ok(keyring_get(world->vault->read.ring, 1, KEY_PERIOD,
			      key_period_number(KIND_CALL, instant_date(id_time(row.id)), 0), &ikm[0], &err), &err);
	for (int i = 0; i < 2; i++)
		assert_ok(keyring_get(world->vault->read.ring, 1, KEY_IDENTITY, row.parties[i].identity, &ikm[1 + i], &err),
			  &err);
	hkdf_sha256(&in, 1, row.id.bytes, 16, "lethe/record/1", 14, want.bytes, sizeof want.bytes);
	assert_ok(seal_record_key(world->vault->read.ring, &row, &got, &err), &err);
	assert_memory_equal(&want, &got, sizeof got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(destroying_any_one_outside_identity_makes_the_record_unreadable),
		IN_WORLD(destroying_its_period_makes_the_record_unreadable_and_no_other),
		IN_WORLD(an_agent_is_no_part_of_the_key),
		IN_WORLD(a_payload_opens_in_its_own_place_only),
		IN_WORLD(a_payload_sealed_with_a_nonce_that_was_drawn_before_opens_as_any),
		IN_WORLD(a_media_key_opens_for_its_own_number_only),
		IN_WORLD(a_contact_needs_its_own_key_and_those_of_all_its_identities),
		IN_WORLD(an_identitys_value_opens_with_its_own_key_only),
		IN_WORLD(texts_of_an_account_are_kept_apart_by_use_and_id),
		IN_WORLD(a_records_key_is_what_the_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
