/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every operation: one function each, in src/api/<first word>.c or <first>_<second>.c.
 *
 * argv holds what follows the operation's name: after `lethe person show +45..`
 * argv[0] is "+45..".  First call call_parse, then call_open or call_open_account.
 * Everything in call->pool and call->vault is freed by main.  Results go to
 * call_say, or to call->w under --json: one object, begun and ended by the
 * command.  `*partly` as in call.h.
 */
#ifndef LETHE_API_OPERATIONS_H
#define LETHE_API_OPERATIONS_H

#include "api/call.h"

operation_run op_init;
operation_run op_account_create;
operation_run op_account_list;
operation_run op_account_set;
operation_run op_account_show;
operation_run op_account_sso;
operation_run op_profile_list;
operation_run op_profile_show;
operation_run op_profile_diff;
operation_run op_account_status; /* this and those below in op_account_life.c */
operation_run op_account_cancel;
operation_run op_account_reopen;
operation_run op_account_delete;
operation_run op_account_assert;
operation_run op_account_receipt;
/* Ends it and says so: what `account delete` and `retention run` share. */
enum result account_end_now(struct call *call, const struct account *account, const char *receipt, bool *partly,
			    struct err *err);

operation_run op_import;

operation_run op_person_find;
operation_run op_person_show;
operation_run op_person_link;
operation_run op_person_unlink;
operation_run op_person_export; /* op_export.c */
operation_run op_person_erase;
operation_run op_person_anonymise;
operation_run op_person_restrict; /* op_restrict.c, with the next */
operation_run op_person_unrestrict;
operation_run op_person_receipt; /* op_receipt.c */

operation_run op_identity_list;
operation_run op_identity_find;
operation_run op_identity_show;
operation_run op_identity_link;
operation_run op_identity_unlink;

operation_run op_contact_list;
operation_run op_contact_show;
operation_run op_contact_delete;
operation_run op_contact_undelete;
operation_run op_contact_readmit;

operation_run op_record_list; /* record_list.c */
operation_run op_record_get;
operation_run op_record_media;
operation_run op_record_anonymise; /* op_aggregate.c */
operation_run op_aggregate_list;
operation_run op_record_why;    /* op_why.c */
operation_run op_why;

operation_run op_policy_set;
operation_run op_policy_remove;
operation_run op_policy_undo;
operation_run op_policy_list;    /* op_policy_list.c */
operation_run op_policy_history; /* op_policy_list.c */
operation_run op_retention_plan;
operation_run op_retention_forecast; /* op_forecast.c */
operation_run op_retention_warn;     /* op_warn.c */
operation_run op_retention_history;  /* op_history.c */
operation_run op_retention_receipt;  /* op_receipt.c */
operation_run op_retention_run;
operation_run op_hold_add;
operation_run op_hold_preview;
operation_run op_hold_list;
operation_run op_hold_show;
operation_run op_hold_release;
operation_run op_obligation_list;
operation_run op_obligation_law;
operation_run op_obligation_add;
operation_run op_obligation_end;
operation_run op_obligation_show;

operation_run op_label_list;
operation_run op_label_show;

operation_run op_user_add;
operation_run op_user_list;
operation_run op_user_show;
operation_run op_user_signed_in;
operation_run op_user_remove;
operation_run op_user_invite;   /* user_invite.c */
operation_run op_user_password; /* user_secret.c, with the next two */
operation_run op_user_totp;
operation_run op_user_sessions;
operation_run op_user_sso;

operation_run op_job_list; /* job.c, with the next four */
operation_run op_job_show;
operation_run op_job_cancel;
operation_run op_job_fetch;
operation_run op_job_drop;

operation_run op_token_create;
operation_run op_token_list;
operation_run op_token_show;
operation_run op_token_revoke;

operation_run op_event_list;
operation_run op_event_show;
operation_run op_webhook_add;
operation_run op_webhook_list;
operation_run op_webhook_show;
operation_run op_webhook_remove;
operation_run op_webhook_rotate;
operation_run op_webhook_enable;
operation_run op_webhook_disable;
operation_run op_webhook_test;
operation_run op_webhook_deliveries;
operation_run op_webhook_replay;

operation_run op_audit_list;
operation_run op_audit_verify;
operation_run op_audit_prove;
operation_run op_audit_keep;
operation_run op_verify;

operation_run op_law_holidays;
operation_run op_law_deadline; /* op_deadline.c */

operation_run op_keys_status;
operation_run op_keys_rotate;
operation_run op_backup;
operation_run op_restore;       /* op_backup.c */
operation_run op_check;         /* op_backup.c */
operation_run op_bench;

operation_run op_serve; /* src/daemon/serve.c, with the next two */
operation_run op_config_show;
operation_run op_config_check;

#endif
