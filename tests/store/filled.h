/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tables with one of everything in them, all of account 1.
 */
#ifndef LETHE_TESTS_STORE_FILLED_H
#define LETHE_TESTS_STORE_FILLED_H

#include "store/tables.h"

#include "store/account.h"
#include "store/aggregate.h"
#include "store/contact.h"
#include "store/duty.h"
#include "store/ending.h"
#include "store/event.h"
#include "store/hold.h"
#include "store/holiday.h"
#include "store/identity.h"
#include "store/job.h"
#include "store/label.h"
#include "store/leaf.h"
#include "store/mail.h"
#include "store/media.h"
#include "store/party.h"
#include "store/period.h"
#include "store/policy.h"
#include "store/setting.h"
#include "store/invite.h"
#include "store/request_key.h"
#include "store/token.h"
#include "store/user.h"
#include "store/user_secret.h"
#include "store/user_session.h"
#include "store/user_subject.h"
#include "store/webhook.h"
#include "store/work.h"

#define NOON INT64_C(1709208000000) /* 2024-02-29T12:00:00Z */

static const struct date day = {19782};
static const struct id person = {{1}}, con = {{2}}, hold_id = {{3}}, job_id = {{4}}, gone_con = {{5}};
static struct id record_id, lost_id, new_id; /* lost: media without a record */

static struct identity_row identity_of(uint32_t account, int64_t identity)
{
	return (struct identity_row){.account = account, .identity = identity, .kind = IDENTITY_PHONE, .person = person,
				     .blind = blind_of((unsigned char)identity), .value = (const unsigned char *)"v",
				     .value_len = 1};
}

static struct contact_row contact_of(uint32_t account, const char *payload)
{
	return (struct contact_row){.account = account, .id = con, .parties = {{7, 0}}, .party_count = 1,
				    .names = {blind_of(1), blind_of(2)}, .name_count = 2, .key = 4,
				    .payload = (const unsigned char *)payload, .payload_len = strlen(payload)};
}

static struct contact_row deleted_of(uint32_t account)
{
	struct contact_row row = contact_of(account, "d");

	row.id = gone_con;
	row.key = 5;
	row.deleted = (struct instant){NOON};
	row.gone_on = day;
	return row;
}

static struct media_row media_of(uint32_t account, struct id id, int n)
{
	return (struct media_row){.account = account, .kind = KIND_CALL, .id = id, .n = n,
				  .blob = {{(unsigned char)n, id.bytes[7]}}};
}

static struct hold_row hold_of(uint32_t account, int64_t hold)
{
	return (struct hold_row){.account = account, .hold = hold, .id = hold_id, .type = HOLD_LEGAL,
				 .has_person = true, .person = {{9}}, .custodian = (const unsigned char *)"",
				 .matter = (const unsigned char *)"", .reason = (const unsigned char *)"r", .reason_len = 1};
}

static struct holiday_row holiday_of(int32_t on)
{
	return (struct holiday_row){.day = {on}, .name = (const unsigned char *)"n", .name_len = 1,
				    .law = (const unsigned char *)"", .added_by = "os:0"};
}

static struct label_row label_of(uint32_t account, int64_t label)
{
	return (struct label_row){.account = account, .label = label, .kind = LABEL_TAG,
				  .blind = blind_of((unsigned char)label), .name = (const unsigned char *)"n", .name_len = 1, .records = label == 9 ? 0 : 3};
}

static struct user_row user_of(uint32_t account, int64_t user)
{
	return (struct user_row){.account = account, .user = user, .id = {{(unsigned char)user, 5}},
				 .blind = blind_of((unsigned char)user), .name = (const unsigned char *)"n", .name_len = 1,
				 .role = USER_ADMIN, .state = USER_ACTIVE, .agent = user};
}

static struct user_secret_row secret_of(uint32_t account, int64_t user)
{
	return (struct user_secret_row){.account = account, .user = user, .kind = SECRET_TOTP,
					.sealed = (const unsigned char *)"s", .sealed_len = 1};
}

static struct user_session_row session_of(uint32_t account, int64_t user, unsigned char n)
{
	return (struct user_session_row){.account = account, .user = user, .id = {{n}}, .hash = {{n}}, .how = SESSION_CODE, .browser = 3};
}

static struct token_row token_of(uint32_t account, unsigned char n)
{
	return (struct token_row){.account = account, .id = {{n}}, .hash = {{n}}, .name = (const unsigned char *)"n",
				  .name_len = 1, .role = 2, .made_by = "os:0"};
}

static struct event_row event_of(uint32_t account, unsigned char n)
{
	return (struct event_row){.account = account, .seq = n, .type = EVENT_HOLD_ADDED, .id = {{n}},
				  .ids = (const unsigned char *)"", .ids_len = 0};
}

static struct mail_row mail_of(uint32_t account, unsigned char n)
{
	return (struct mail_row){.account = account, .id = {{n}}, .user = 7, .template = 1, .state = MAIL_WAITING};
}

static struct webhook_row webhook_of(uint32_t account, unsigned char n)
{
	const unsigned char *sealed = (const unsigned char *)"s";

	return (struct webhook_row){.account = account, .id = {{n}}, .url = sealed, .url_len = 1, .secret = sealed,
				    .secret_len = 1, .old_secret = sealed, .types = "", .state = WEBHOOK_ENABLED,
				    .made_by = "os:0"};
}

static struct delivery_row delivery_of(uint32_t account, unsigned char n)
{
	return (struct delivery_row){.account = account, .webhook = {{7}}, .event = {{n}}, .state = DELIVERY_WAITING};
}

static struct invite_row invite_of(uint32_t account, int64_t user, unsigned char n)
{
	return (struct invite_row){.account = account, .user = user, .id = {{n}}, .hash = {{n}}, .made_by = "os:0"};
}

static struct request_key_row request_of(uint32_t account, unsigned char n)
{
	return (struct request_key_row){.account = account, .key = blind_of(n), .request = blind_of(1), .state = REQUEST_BEGUN};
}

static struct work_row work_of(uint32_t account, unsigned char n)
{
	return (struct work_row){.account = account, .id = {{n}}, .operation = "check", .made_by = "os:0", .state = WORK_DONE,
				 .asked = (const unsigned char *)"a", .asked_len = 1, .ended = {NOON}, .file_key = n, .file_bytes = 1, .file_until = {NOON},
				 .file = (const unsigned char *)"f", .file_len = 1};
}

static struct aggregate_row aggregate_of(int64_t whose)
{
	return (struct aggregate_row){.kind = KIND_CALL, .person = whose, .from = day, .direction = DIRECTION_INBOUND,
				      .status = STATUS_ANSWERED, .duration_class = DURATION_MINUTE, .queue = 7,
				      .records = 5, .duration_ms = 61000, .bytes = 6};
}

static struct duty_row duty_of(uint32_t account, int64_t duty, struct date ends)
{
	return (struct duty_row){.account = account, .duty = duty, .ends = ends, .codes = "it-1", .fields = 3};
}

static struct job job_of(uint32_t account, struct id id)
{
	return (struct job){.account = account, .id = id, .type = JOB_ERASE, .state = JOB_RUNNING, .args = "", .result = ""};
}

static struct wrapped_key key_of(uint32_t account, int64_t number)
{
	struct wrapped_key key = {.account = account, .class = KEY_IDENTITY, .number = number, .epoch = 1};

	memset(key.wrapped, 0x11, sizeof key.wrapped);
	return key;
}

static struct party_key party_of(struct id id)
{
	return (struct party_key){.month = date_month_index(day), .identity = 7, .kind = KIND_CALL, .id = id};
}

static struct trash_row trash_of(uint32_t account, unsigned char blob)
{
	return (struct trash_row){account, KIND_CALL, day, {{blob}}};
}

static void fill_contacts(void)
{
	struct account_row account = {.account = 1, .id = {{1}}, .name_blind = blind_of(1), .name = (const unsigned char *)"n",
				      .name_len = 1, .country = "DK"};
	struct identity_row identity = identity_of(1, 7);
	struct contact_row contact = contact_of(1, "p"), deleted = deleted_of(1);

	assert_ok(account_insert(vault, &account, &err));
	assert_ok(meta_set(vault, "vault", "x", &err));
	assert_ok(identity_insert(vault, &identity, &err));
	assert_ok(contact_put(vault, &contact, &err));
	assert_ok(contact_put(vault, &deleted, &err));
}

static void fill_records(void)
{
	struct record_row record = record_of(1, KIND_CALL, record_id);
	struct party_key party = party_of(record_id);
	struct media_row media = media_of(1, record_id, 0), lost = media_of(1, lost_id, 1);
	struct trash_row trash = trash_of(1, 99);
	struct record_row kept = record_of(1, KIND_NOTE, record_id);

	record.labels[0] = 7;
	record.label_count = 1;
	kept.hold = 5;
	put_record(&kept);
	put_record(&record);
	assert_ok(party_insert(vault, 1, &party, 1, &err));
	assert_ok(media_insert(vault, &media, &err));
	assert_ok(media_insert(vault, &lost, &err));
	assert_ok(trash_add(vault, &trash, &err));
	assert_ok(period_add(vault, 1, &(struct period){.kind = KIND_CALL, .day = day, .records = 1, .bytes = 6, .media = 1, .media_bytes = 1,
							.looked = day, .looked_policy = 1}, &err));
}

static void fill_access(void)
{
	struct user_secret_row secret = secret_of(1, 7);
	struct user_session_row session = session_of(1, 7, 7);
	struct user_subject_row subject = {blind_of(7), 7};
	struct token_row token = token_of(1, 7);
	struct invite_row invite = invite_of(1, 7, 7);
	struct event_row event = event_of(1, 7);
	struct request_key_row request = request_of(1, 7);
	struct webhook_row webhook = webhook_of(1, 7);
	struct mail_row mail = mail_of(1, 7);
	struct delivery_row delivery = delivery_of(1, 7);
	struct work_row work = work_of(1, 7), waits = work_of(1, 6);

	assert_ok(user_secret_put(vault, &secret, &err));
	assert_ok(user_subject_insert(vault, 1, &subject, &err));
	assert_ok(user_session_insert(vault, &session, &err));
	assert_ok(token_insert(vault, &token, &err));
	assert_ok(invite_put(vault, &invite, &err));
	assert_ok(event_insert(vault, &event, &err));
	assert_ok(request_key_put(vault, &request, &err));
	assert_ok(webhook_put(vault, &webhook, &err));
	assert_ok(mail_put(vault, &mail, &err));
	assert_ok(delivery_put(vault, &delivery, &err));
	assert_ok(work_put(vault, &work, &err));
	waits.ended.ms = 0;
	waits.created.ms = NOON;
	assert_ok(work_put(vault, &waits, &err));
}

static void fill_acts(void)
{
	struct hold_row hold = hold_of(1, 5);
	struct held_row held = {1, 5, KIND_CALL, record_id, HELD_EXPIRED, {0}};
	struct job job = job_of(1, job_id);
	struct policy policy = {.kind = KIND_CALL, .keep = {.days = 9}, .set_by = "os:0"};
	struct label_row label = label_of(1, 7);
	struct user_row user = user_of(1, 7);
	struct obligation_row obligation = {.code = "it-1", .set_by = "os:0"};
	struct duty_row duty = duty_of(1, 11, day);
	struct holiday_row holiday = holiday_of(7);
	struct aggregate_row shown = aggregate_of(0), waiting = aggregate_of(3);
	uint64_t seq;

	assert_ok(label_insert(vault, &label, &err));
	label = label_of(1, 9); /* in no record */
	assert_ok(label_insert(vault, &label, &err));
	assert_ok(user_put(vault, &user, &err));
	assert_ok(setting_put(vault, 1, "plan", "growth", &err));
	assert_ok(holiday_put(vault, 1, &holiday, &err));
	assert_ok(obligation_put(vault, 1, &obligation, &err));
	assert_ok(duty_insert(vault, &duty, &err));
	assert_ok(aggregate_add(vault, 1, &shown, &err));
	assert_ok(aggregate_add_waiting(vault, 1, &waiting, &err));
	assert_ok(hold_insert(vault, &hold, &err));
	assert_ok(hold_identity_insert(vault, 1, 5, 7, &err));
	assert_ok(held_insert(vault, &held, &err));
	assert_ok(job_insert(vault, &job, &err));
	assert_ok(policy_put(vault, 1, &policy, &err));
	assert_ok(leaf_append(vault, 1, (struct instant){0}, LEAF_ACTIVITY, "{}", 2, &seq, &err));
}

static void fill_keys(void)
{
	struct wrapped_key key = key_of(1, 7);
	struct blind blind = blind_of(7);
	int64_t number;

	assert_ok(epoch_insert(keys, 1, EPOCH_CURRENT, (struct instant){0}, &err));
	assert_ok(account_key_insert(keys, 1, 1, "wrapped", 7, &err));
	assert_ok(key_insert(keys, &key, &err));
	key.class = KEY_HOLD;
	assert_ok(key_insert(keys, &key, &err));
	assert_ok(counter_next(keys, 1, "number", &number, &err));
	assert_ok(tombstone_put(keys, 1, &blind, (struct instant){1000}, &err));
}

MAYBE_UNUSED static int open_filled(void **state)
{
	int r = open_tables(state);

	record_id = id_at((struct instant){NOON}, UINT64_C(0x1111111111111111));
	lost_id = id_at((struct instant){NOON}, UINT64_C(0x2222222222222222));
	new_id = id_at((struct instant){NOON}, UINT64_C(0x3333333333333333));
	fill_contacts();
	fill_records();
	fill_acts();
	fill_access();
	fill_keys();
	return r;
}

#endif
