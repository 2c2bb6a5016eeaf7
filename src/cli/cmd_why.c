/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/commands.h"
#include "retention/why.h"

static void print_reason(struct cli *cli, const struct disposition_reason *reason)
{
	struct json_writer *w = &cli->w;
	char sentence[DISPOSITION_TEXT_MAX], at[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "rule", reason->rule);
	json_string(w, "says", verdict_name(reason->says));
	if (reason->until.days != 0)
		json_date(w, "until", reason->until);
	if (reason->since.ms != 0)
		json_instant(w, "since", reason->since);
	if (id_compare(reason->hold, (struct id){{0}}) != 0)
		json_id(w, "hold", HOLD_PREFIX, reason->hold);
	if (reason->version > 0) {
		json_string(w, "keep", span_format(reason->keep, at));
		json_int(w, "version", reason->version);
	}
	json_string(w, "text", disposition_text(reason, sentence));
	json_end_object(w);
}

static void print_why(struct cli *cli, const struct why *why)
{
	struct json_writer *w = &cli->w;

	json_begin_object(w, NULL);
	json_id(w, "id", kind_prefix(why->kind), why->id);
	json_string(w, "kind", kind_name(why->kind));
	json_instant(w, "occurred", why->facts.occurred);
	json_string(w, "verdict", verdict_name(why->disposition.verdict));
	if (why->disposition.verdict == VERDICT_KEEP_UNTIL)
		json_date(w, "until", why->disposition.until);
	json_begin_array(w, "reasons");
	for (size_t i = 0; i < why->disposition.count; i++)
		print_reason(cli, &why->disposition.reasons[i]);
	json_end_array(w);
	json_end_object(w);
}

static void say_why(struct cli *cli, const struct why *why)
{
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX], sentence[DISPOSITION_TEXT_MAX];

	cli_say(cli, "%s, of %s\n", id_format(kind_prefix(why->kind), why->id, id),
		instant_format(why->facts.occurred, at));
	switch (why->disposition.verdict) {
	case VERDICT_DELETE:
		cli_say(cli, "To be deleted by the next `lethe retention run`:\n");
		break;
	case VERDICT_KEEP_UNTIL:
		cli_say(cli, "Kept until %s:\n", date_format(why->disposition.until, at));
		break;
	case VERDICT_KEEP:
		cli_say(cli, "Kept, with no end in sight:\n");
		break;
	}
	for (size_t i = 0; i < why->disposition.count; i++)
		cli_say(cli, "  %zu. %s%s\n", i + 1, disposition_text(&why->disposition.reasons[i], sentence),
			i == 0 && why->disposition.count > 1 ? " (this decides)" : "");
}

enum result cmd_why(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct why why;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r == OK)
		r = why_record(&cli->vault->read, account.number, argv[0], cli->now, &cli->pool, &why, err);
	if (r != OK)
		return r;
	say_why(cli, &why);
	print_why(cli, &why);
	return OK;
}

enum result cmd_record_why(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	return cmd_why(cli, argc, argv, partly, err);
}
