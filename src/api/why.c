/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "api/operations.h"
#include "retention/why.h"

static void print_why(struct call *call, const struct why *why)
{
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_id(w, "id", why_prefix(why), why->id);
	if (why->kind == (enum record_kind)HELD_CONTACT) {
		json_string(w, "kind", "contact");
		json_instant(w, "updated", why->facts.occurred);
	} else {
		json_string(w, "kind", kind_name(why->kind));
		json_instant(w, "occurred", why->facts.occurred);
	}
	disposition_write(w, &why->disposition);
	json_end_object(w);
}

static const char *kept_why(const char *rule)
{
	static const struct {
		const char *rule, *why;
	} whys[] = {
	    {"hold", "Kept until its legal hold is released"},
	    {"unbilled", "Kept until it is billed"},
	    {"restriction", "Kept until its restriction is lifted"},
	    {"anonymised", "Kept as part of totals"},
	};

	for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++) {
		if (strcmp(whys[i].rule, rule) == 0)
			return whys[i].why;
	}
	return "Kept, with no end in sight";
}

static void say_verdict(struct call *call, const struct disposition *d)
{
	char kept[KEEPS_TEXT_MAX], at[TIME_TEXT_MAX], next[TIME_TEXT_MAX];
	bool partly = strcmp(keeps_name(d->keeps), "fields") == 0;

	date_format(d->until, at);
	if (d->verdict == VERDICT_DELETE)
		call_say(call, "To be deleted by the next `lethe retention run`:\n");
	else if (d->verdict == VERDICT_KEEP)
		call_say(call, "%s:\n", kept_why(d->reasons[d->decides].rule));
	else if (partly)
		call_say(call, "Kept until %s, but only %s:\n", at, keeps_text(d->keeps, kept));
	else if (d->next.days != d->until.days)
		call_say(call, "Kept until %s, and part of it until %s:\n", date_format(d->next, next), at);
	else
		call_say(call, "Kept until %s:\n", at);
}

static void say_why(struct call *call, const struct why *why)
{
	const struct disposition *d = &why->disposition;
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX], sentence[DISPOSITION_TEXT_MAX];

	call_say(call, "%s, %s %s\n", id_format(why_prefix(why), why->id, id),
		 why->kind == (enum record_kind)HELD_CONTACT ? "changed last on" : "of",
		 instant_format(why->facts.occurred, at));
	say_verdict(call, d);
	for (size_t i = 0; i < d->count; i++)
		call_say(call, "  %zu. %s%s\n", i + 1, disposition_text(&d->reasons[i], sentence),
			 i == d->decides && d->count > 1 ? " (this decides)" : "");
}

enum result op_why(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct why why;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK && why_is_contact(argv[0]))
		r = why_contact(&call->vault->read, account.number, argv[0], call->now, &call->pool, &why, err);
	else if (r == OK)
		r = why_record(&call->vault->read, account.number, argv[0], call->now, &call->pool, &why, err);
	if (r == OK && why.facts.hold_matter != NULL)
		r = holds_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	say_why(call, &why);
	print_why(call, &why);
	return OK;
}

enum result op_record_why(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	return op_why(call, argc, argv, partly, err);
}
