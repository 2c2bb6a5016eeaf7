/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every operation: one function each, in src/api/<first word>.c or <first>_<second>.c.
 *
 * argv holds what follows the operation's name: after `lethe person show +45..`
 * argv[0] is "+45..".  First call call_parse, then call_open or call_open_account.
 * Everything in call->pool and call->vault is freed by main.  Results go to
 * call_say, or to call->w under --json: one object, begun and ended by the
 * command.  `*partly` true makes the exit code EXIT_PARTLY.
 */
#ifndef LETHE_API_OPERATIONS_H
#define LETHE_API_OPERATIONS_H

#include "api/call.h"

call_run op_init;
call_run op_account_create;
call_run op_account_list;
call_run op_account_set;
call_run op_account_show;
call_run op_profile_list;
call_run op_profile_show;
call_run op_profile_diff;
call_run op_account_status; /* this and those below in op_account_life.c */
call_run op_account_cancel;
call_run op_account_reopen;
call_run op_account_delete;
call_run op_account_assert;
call_run op_account_receipt;
/* Ends it and says so: what `account delete` and `retention run` share. */
enum result account_end_now(struct call *call, const struct account *account, const char *receipt, bool *partly,
			    struct err *err);

call_run op_import;

call_run op_person_find;
call_run op_person_show;
call_run op_person_link;
call_run op_person_unlink;
call_run op_person_export; /* op_export.c */
call_run op_person_erase;
call_run op_person_anonymise;
call_run op_person_restrict; /* op_restrict.c, with the next */
call_run op_person_unrestrict;
call_run op_person_receipt; /* op_receipt.c */

call_run op_record_get;
call_run op_record_media;
call_run op_record_anonymise; /* op_aggregate.c */
call_run op_aggregate_list;
call_run op_record_why;    /* op_why.c */
call_run op_why;

call_run op_policy_set;
call_run op_policy_remove;
call_run op_policy_undo;
call_run op_policy_list;    /* op_policy_list.c */
call_run op_policy_history; /* op_policy_list.c */
call_run op_retention_plan;
call_run op_retention_forecast; /* op_forecast.c */
call_run op_retention_warn;     /* op_warn.c */
call_run op_retention_history;  /* op_history.c */
call_run op_retention_receipt;  /* op_receipt.c */
call_run op_retention_run;
call_run op_hold_add;
call_run op_hold_preview;
call_run op_hold_list;
call_run op_hold_release;
call_run op_obligation_list;
call_run op_obligation_add;
call_run op_obligation_end;
call_run op_obligation_show;

call_run op_label_list;

call_run op_user_add;
call_run op_user_list;
call_run op_user_signed_in;
call_run op_user_remove;

call_run op_audit_list;
call_run op_audit_verify;
call_run op_audit_prove;
call_run op_audit_keep;
call_run op_verify;

call_run op_law_holidays;
call_run op_law_deadline; /* op_deadline.c */

call_run op_keys_status;
call_run op_keys_rotate;
call_run op_backup;
call_run op_restore;       /* op_backup.c */
call_run op_check;         /* op_backup.c */
call_run op_bench;

#endif
