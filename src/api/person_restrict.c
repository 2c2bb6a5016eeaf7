/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "law/clock.h"
#include "privacy/person.h"
#include "retention/holds.h"

static enum result read_ground(const char *text, enum restriction_ground *out, struct err *err)
{
	char shown[QUOTE_MAX];

	if (text != NULL && ground_parse(text, out))
		return OK;
	if (text == NULL)
		err_set(err, ERR_INPUT, "a restriction needs its ground");
	else
		err_set(err, ERR_INPUT, "%s is no ground", quote(text, strlen(text), shown));
	err_where(err, "--ground");
	return err_mend(
	    err, "give accuracy (it is contested), unlawful (and they want no erasure), claims (they need it for "
		 "legal claims) or objection (it is being decided): GDPR, art. 18(1)");
}

enum result op_person_restrict(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *ground_text = NULL, *reason = NULL;
	const struct call_option options[] = {{"ground", &ground_text, NULL}, {"reason", &reason, NULL}};
	enum restriction_ground ground = GROUND_NONE;
	struct account account;
	struct id person, id;
	char text[ID_TEXT_MAX], hold[ID_TEXT_MAX];
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_ground(ground_text, &ground, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[0], &call->pool, &person, err);
	if (r == OK)
		r = holds_restrict(call->vault, &account, person, ground, reason, call->now, &id, err);
	if (r != OK)
		return r;
	call_say(call,
		 "%s is restricted: no policy deletes what is here of them, and whoever reads it is told.\n"
		 "Before you lift it, tell them (GDPR, art. 18(3)): lethe person unrestrict %s --told DATE\n",
		 id_format(PERSON_PREFIX, person, text), text);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "person", text);
	json_string(&call->w, "id", id_format(HOLD_PREFIX, id, hold));
	json_string(&call->w, "ground", ground_name(ground));
	json_end_object(&call->w);
	return OK;
}

static enum result read_told(struct call *call, const char *text, struct date *out, struct err *err)
{
	struct clock_reason reason;
	enum result r;

	if (text == NULL) {
		(void)clock_may_lift(NULL, call->now, &reason); /* it may not: that is why */
		err_set(err, ERR_DENIED, "%s", reason.text);
		return err_mend(err, "tell them (GDPR, art. 18(3)), and say when you did: --told 2026-02-28");
	}
	r = date_parse(text, strlen(text), out, err);
	return r == OK ? OK : err_where(err, "--told");
}

enum result op_person_unrestrict(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *told_text = NULL;
	const struct call_option options[] = {{"told", &told_text, NULL}};
	struct account account;
	struct date told = {0};
	struct id person;
	char text[ID_TEXT_MAX], count[32];
	struct handed handed = {.due = 0};
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_told(call, told_text, &told, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[0], &call->pool, &person, err);
	if (r == OK)
		r = holds_unrestrict(call->vault, &account, person, told, call->now, &handed, err);
	if (r != OK)
		return r;
	call_say(call, "%s is not restricted any more.\n", id_format(PERSON_PREFIX, person, text));
	if (handed.cut > 0)
		call_say(call, "Of what it kept, obligations keep %s on, cut down to the fields they name.\n",
			 call_count(handed.cut, count));
	if (handed.due > 0)
		call_say(call, "It alone kept %s; the next `lethe retention run` deletes them.\n",
			 call_count(handed.due, count));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "person", text);
	json_date(&call->w, "told", told);
	json_int(&call->w, "due", handed.due);
	json_int(&call->w, "cut", handed.cut);
	json_end_object(&call->w);
	return OK;
}
