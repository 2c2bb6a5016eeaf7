/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/quote.h"
#include "cli/commands.h"
#include "retention/policies.h"
#include "retention/sweep.h"
#include "store/policy.h"

static enum result read_kind(const char *name, enum record_kind *out, struct err *err)
{
	char shown[QUOTE_MAX];

	if (kind_parse(name, out))
		return OK;
	err_set(err, ERR_INPUT, "%s is no kind of record", quote(name, strlen(name), shown));
	return err_mend(err, "one of: call, recording, voicemail, transcript, message, chat, form, session, note, "
			     "document, delivery, campaign_result");
}

/* ---- set ---- */

struct setting {
	uint32_t account;
	enum record_kind kind;
	struct span keep;
	struct instant now;
	int version;
};

static enum result set_op(struct session *session, void *arg, struct err *err)
{
	struct setting *setting = arg;
	struct act act;
	struct policy policy = {.kind = setting->kind, .keep = setting->keep, .set_at = setting->now,
				.begins_at = setting->now, .set_by = ""};
	enum result r = policy_put(session->data, setting->account, &policy, err);

	if (r != OK)
		return r;
	setting->version = policy.version;
	act_begin(&act, "policy.set", setting->account, setting->now);
	act_int_of_kind(&act, "version", setting->kind, setting->version);
	act_int(&act, "months", setting->keep.months);
	act_int(&act, "days", setting->keep.days);
	act_int(&act, "unlimited", setting->keep.unlimited);
	return act_append(&act, session->data, NULL, err);
}

static enum result read_base(struct cli *cli, const struct account *account, enum record_kind kind, struct policy *out,
			     struct err *err)
{
	const struct policy *base;
	struct policy_set set;
	enum result r = policies_load(&cli->vault->read, account->number, cli->now, &cli->pool, &set, err);

	base = r == OK ? policies_base(&set, kind) : NULL;
	*out = base != NULL ? *base : (struct policy){.kind = kind, .keep = {.unlimited = true}};
	return r;
}

static void print_policy(struct cli *cli, const struct policy *policy)
{
	char text[TIME_TEXT_MAX];

	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "kind", kind_name(policy->kind));
	json_int(&cli->w, "version", policy->version);
	json_string(&cli->w, "keep", span_format(policy->keep, text));
	json_string(&cli->w, "set", policy->version > 0 ? instant_format(policy->set_at, text) : NULL);
	json_end_object(&cli->w);
}

/* What this very policy makes due, so that a slip is seen before a run. */
static enum result say_due(struct cli *cli, const struct account *account, enum record_kind kind, struct err *err)
{
	struct sweep_plan plan;
	char count[32];
	int64_t due;
	enum result r = sweep_plan(&cli->vault->read, account->number, cli->now, &plan, err);

	if (r != OK)
		return r;
	due = sweep_plan_records(&plan.kinds[kind]);
	if (due > 0)
		cli_say(cli, "That makes %s of them due now; nothing is deleted before `lethe retention run`.\n",
			cli_count(due, count));
	return OK;
}

enum result cmd_policy_set(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct setting setting = {.now = cli->now};
	struct account account;
	struct policy policy;
	char text[TIME_TEXT_MAX];
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = read_kind(argv[0], &setting.kind, err);
	if (r == OK)
		r = span_parse(argv[1], &setting.keep, err);
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r != OK)
		return r;
	setting.account = account.number;
	r = vault_write(cli->vault, set_op, &setting, err);
	if (r == OK)
		r = read_base(cli, &account, setting.kind, &policy, err);
	if (r != OK)
		return r;
	cli_say(cli, "From now on %s are kept %s (version %d).\n", kind_plural(policy.kind),
		policy.keep.unlimited ? "without end" : span_format(policy.keep, text), policy.version);
	print_policy(cli, &policy);
	return say_due(cli, &account, policy.kind, err);
}

/* ---- list ---- */

static void say_policy(struct cli *cli, const struct policy *policy)
{
	char keep[TIME_TEXT_MAX], at[TIME_TEXT_MAX];

	if (policy->version == 0)
		cli_say(cli, "%-17s without end       no policy was set\n", kind_name(policy->kind));
	else
		cli_say(cli, "%-17s %-17s version %d, set %s\n", kind_name(policy->kind),
			policy->keep.unlimited ? "without end" : span_format(policy->keep, keep), policy->version,
			date_format(instant_date(policy->set_at), at));
}

enum result cmd_policy_list(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct policy policy;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "policies");
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		r = read_base(cli, &account, (enum record_kind)kind, &policy, err);
		if (r != OK)
			return r;
		say_policy(cli, &policy);
		print_policy(cli, &policy);
	}
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	return OK;
}
