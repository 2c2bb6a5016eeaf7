/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every subcommand: one function each, in src/cli/cmd_<first word>.c (the two
 * `why` commands in cmd_why.c, restore and check in cmd_backup.c).
 *
 * argv holds what follows the command's name: after `lethe person show +45..`
 * argv[0] is "+45..".  First call cli_parse, then cli_open or cli_open_account.
 * Everything in cli->pool and cli->vault is freed by main.  Results go to
 * cli_say, or to cli->w under --json: one object, begun and ended by the
 * command.  `*partly` true makes the exit code EXIT_PARTLY.
 */
#ifndef LETHE_CLI_COMMANDS_H
#define LETHE_CLI_COMMANDS_H

#include "cli/cli.h"

cli_run cmd_init;
cli_run cmd_account_create;
cli_run cmd_account_list;
cli_run cmd_account_set;
cli_run cmd_account_show;
cli_run cmd_profile_list;
cli_run cmd_profile_show;
cli_run cmd_profile_diff;
cli_run cmd_account_status; /* this and those below in cmd_account_life.c */
cli_run cmd_account_cancel;
cli_run cmd_account_reopen;
cli_run cmd_account_delete;
cli_run cmd_account_assert;
cli_run cmd_account_receipt;
/* Ends it and says so: what `account delete` and `retention run` share. */
enum result account_end_now(struct cli *cli, const struct account *account, const char *receipt, bool *partly,
			    struct err *err);

cli_run cmd_import;

cli_run cmd_person_find;
cli_run cmd_person_show;
cli_run cmd_person_link;
cli_run cmd_person_unlink;
cli_run cmd_person_export; /* cmd_export.c */
cli_run cmd_person_erase;
cli_run cmd_person_anonymise;
cli_run cmd_person_restrict; /* cmd_restrict.c, with the next */
cli_run cmd_person_unrestrict;
cli_run cmd_person_receipt; /* cmd_receipt.c */

cli_run cmd_record_get;
cli_run cmd_record_media;
cli_run cmd_record_anonymise; /* cmd_aggregate.c */
cli_run cmd_aggregate_list;
cli_run cmd_record_why;    /* cmd_why.c */
cli_run cmd_why;

cli_run cmd_policy_set;
cli_run cmd_policy_remove;
cli_run cmd_policy_undo;
cli_run cmd_policy_list;    /* cmd_policy_list.c */
cli_run cmd_policy_history; /* cmd_policy_list.c */
cli_run cmd_retention_plan;
cli_run cmd_retention_forecast; /* cmd_forecast.c */
cli_run cmd_retention_warn;     /* cmd_warn.c */
cli_run cmd_retention_history;  /* cmd_history.c */
cli_run cmd_retention_receipt;  /* cmd_receipt.c */
cli_run cmd_retention_run;
cli_run cmd_hold_add;
cli_run cmd_hold_preview;
cli_run cmd_hold_list;
cli_run cmd_hold_release;
cli_run cmd_obligation_list;
cli_run cmd_obligation_add;
cli_run cmd_obligation_end;
cli_run cmd_obligation_show;

cli_run cmd_label_list;

cli_run cmd_user_add;
cli_run cmd_user_list;
cli_run cmd_user_signed_in;
cli_run cmd_user_remove;

cli_run cmd_audit_list;
cli_run cmd_audit_verify;
cli_run cmd_audit_prove;
cli_run cmd_audit_keep;
cli_run cmd_verify;

cli_run cmd_law_holidays;
cli_run cmd_law_deadline; /* cmd_deadline.c */

cli_run cmd_keys_status;
cli_run cmd_keys_rotate;
cli_run cmd_backup;
cli_run cmd_restore;       /* cmd_backup.c */
cli_run cmd_check;         /* cmd_backup.c */
cli_run cmd_bench;

#endif
