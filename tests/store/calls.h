/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function of the store as a call: tests/store/every.c refuses one that is not in this table.
 */
#ifndef LETHE_TESTS_STORE_CALLS_H
#define LETHE_TESTS_STORE_CALLS_H

#include "store/calls_access.h"
#include "store/calls_notify.h"
#include "store/calls_people.h"
#include "store/calls_records.h"
#include "store/calls_keys.h"

enum what { READS, WRITES, SYSTEM };

static const struct call {
	const char *name;
	enum result (*run)(uint32_t account, int64_t *seen);
	enum what what;
} calls[] = {
#define READ(name) {#name, call_##name, READS}
#define WRITE(name) {#name, call_##name, WRITES}
#define WHOLE(name) {#name, call_##name, SYSTEM}
    READ(account_get), READ(contact_get), READ(contact_of_identity), READ(contact_list_identity),
    READ(contact_has_identity), READ(contact_find_name), READ(contact_list), READ(contact_count),
    READ(contact_has_name), READ(contact_key_of), READ(contact_has_key), READ(contact_list_there), READ(contact_list_deleted), READ(contact_in_deleted), READ(contact_list_gone), READ(hold_find),
    READ(hold_get), READ(hold_list), READ(hold_names_person), READ(hold_identity_list), READ(held_get), READ(held_list), READ(held_walk),
    READ(held_count), READ(identity_get), READ(identity_find), READ(identity_find_number), READ(identity_of_person), READ(identity_list), READ(identity_count),
    READ(identity_walk), READ(job_get), READ(job_list), READ(job_list_running), READ(job_list_of_type), READ(job_back_of_type), READ(job_count_running_of), READ(key_get), READ(key_list_numbers),
    READ(account_key_get), READ(tombstone_get), READ(party_newest), READ(leaf_list), READ(key_count_account), READ(ending_count), READ(ending_count_trash), READ(leaf_back), READ(leaf_has_deed), READ(leaf_list_due), READ(leaf_count_due),
    READ(media_list), READ(media_list_day), READ(media_walk), READ(media_names_blob), READ(trash_has), READ(party_list), READ(party_list_until),
    READ(party_exists), READ(party_walk), READ(party_month_next), READ(party_month_get), READ(party_count), READ(period_get),
    READ(period_list), READ(period_walk), READ(period_sum), READ(policy_walk), READ(label_find), READ(label_list), READ(label_get), READ(label_tally), READ(label_list_unused),
    READ(user_get), READ(user_find), READ(user_find_id), READ(user_find_agent), READ(user_list), READ(user_each), READ(setting_get), READ(setting_list), READ(holiday_get), READ(holiday_list), READ(holiday_count),
    READ(obligation_list_rows), READ(duty_find), READ(duty_get), READ(duty_list), READ(aggregate_walk), READ(aggregate_list), READ(aggregate_walk_waiting), READ(record_get),
    READ(record_exists), READ(record_list_day), READ(record_look_day), READ(record_count_day), READ(record_has_part), READ(record_has_unheld), READ(record_has_held), READ(record_next_day),

    READ(user_secret_get), READ(user_secret_list), READ(user_secret_each), READ(user_subject_find), READ(user_subject_list), READ(user_session_list), READ(token_get), READ(token_list), READ(token_each), READ(invite_list), READ(request_key_get), READ(request_key_list), READ(work_get), READ(work_list), READ(work_each), READ(work_list_open), READ(work_has_key), READ(work_count), READ(work_file_bytes),

    READ(mail_get), READ(mail_list), READ(mail_due), WRITE(mail_put), WRITE(mail_delete_before), WRITE(mail_clear),
    READ(webhook_get), READ(webhook_list), READ(delivery_get), READ(delivery_back), READ(delivery_list), READ(delivery_due),
    WRITE(webhook_put), WRITE(webhook_delete), WRITE(webhook_clear), WRITE(delivery_put), WRITE(delivery_delete_webhook),
    WRITE(delivery_delete_before), WRITE(delivery_clear),
    READ(event_get), READ(event_at), READ(event_list), READ(event_any_before),
    WRITE(event_insert), WRITE(event_delete_before), WRITE(event_clear),

    WRITE(user_secret_put), WRITE(user_secret_use), WRITE(user_secret_delete), WRITE(user_secret_delete_user), WRITE(user_secret_clear),
    WRITE(user_subject_insert), WRITE(user_subject_delete), WRITE(user_subject_clear),
    WRITE(user_session_insert), WRITE(user_session_touch), WRITE(user_session_delete), WRITE(user_session_delete_user), WRITE(user_session_clear),
    WRITE(token_insert), WRITE(token_use), WRITE(token_revoke), WRITE(token_delete), WRITE(token_clear),
    WRITE(invite_put), WRITE(invite_delete), WRITE(invite_clear),
    WRITE(request_key_put), WRITE(request_key_delete_due), WRITE(request_key_clear),
    WRITE(work_put), WRITE(work_set_running), WRITE(work_set_begun), WRITE(work_set_progress), WRITE(work_set_cancel), WRITE(work_end), WRITE(work_set_file), WRITE(work_delete_ended),
    WRITE(contact_put), WRITE(contact_delete), WRITE(hold_insert), WRITE(hold_follow),
    WRITE(hold_set_person), WRITE(hold_set_released), WRITE(hold_keep_identity), WRITE(hold_identity_insert), WRITE(held_insert), WRITE(held_set_erased),
    WRITE(held_delete), WRITE(identity_insert), WRITE(identity_move), WRITE(identity_unname), WRITE(identity_delete),
    WRITE(job_insert),
    WRITE(job_update), WRITE(key_insert), WRITE(key_delete), WRITE(key_delete_account), WRITE(key_rewrap),
    WRITE(account_key_insert), WRITE(counter_next), WRITE(tombstone_put), WRITE(tombstone_delete), WRITE(tombstone_delete_account),
    WRITE(leaf_append), WRITE(leaf_run_append), WRITE(leaf_run_end), WRITE(counter_delete_account), WRITE(ending_account), WRITE(ending_delete), WRITE(leaf_append_pruned), WRITE(leaf_prune), WRITE(media_insert), WRITE(media_reseal), WRITE(media_delete), WRITE(media_trash_day),
    WRITE(trash_add), WRITE(trash_remove), WRITE(party_insert), WRITE(party_delete), WRITE(party_delete_days), WRITE(period_add), WRITE(period_set_looked), WRITE(period_look_again), WRITE(label_insert), WRITE(label_use), WRITE(label_leave_day), WRITE(label_recount), WRITE(label_exchange), WRITE(label_delete), WRITE(user_put), WRITE(user_delete), WRITE(setting_put), WRITE(holiday_put), WRITE(holiday_delete), WRITE(obligation_put),
    WRITE(obligation_end_row), WRITE(duty_insert), WRITE(duty_delete),
    WRITE(aggregate_add), WRITE(aggregate_add_waiting), WRITE(aggregate_clear), WRITE(aggregate_clear_waiting),
    WRITE(policy_put), WRITE(policy_put_back), WRITE(record_insert), WRITE(record_insert_many), WRITE(record_delete), WRITE(record_reseal),
    WRITE(record_delete_day),

    WHOLE(account_insert), WHOLE(account_find_by_id), WHOLE(account_find_by_name), WHOLE(account_list), WHOLE(meta_get),
    WHOLE(meta_set), WHOLE(leaf_run_begin), WHOLE(job_next_running), WHOLE(job_count_running), WHOLE(key_list_older), WHOLE(key_next_identity), WHOLE(key_count),
    WHOLE(account_key_delete_epoch), WHOLE(account_key_list), WHOLE(epoch_insert), WHOLE(epoch_set_state),
    WHOLE(epoch_find), WHOLE(epoch_list), WHOLE(leaf_tree_size), WHOLE(leaf_list_pruned), WHOLE(leaf_hash), WHOLE(leaf_newest), WHOLE(leaf_get), WHOLE(leaf_count_hashes),
    WHOLE(trash_list), WHOLE(user_elsewhere),
    WHOLE(user_session_find), WHOLE(token_find), WHOLE(webhook_next), WHOLE(invite_find), WHOLE(request_key_break), WHOLE(work_next_account), WHOLE(work_list_files),
};
#define CALLS (sizeof calls / sizeof calls[0])

#endif
