/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/policy_words.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"

#define SCOPE_OPTIONS 6

/* ---- options ---- */

/* A scope without the policy it narrows would be passed over in silence. */
static enum result check_plan_options(const struct policy_options *out, struct err *err)
{
	const struct scope_given *scope = &out->scope;
	bool any = scope->number != NULL || scope->queue != NULL || scope->campaign != NULL || scope->tag != NULL ||
		   scope->direction != NULL || scope->min_duration != NULL || out->grace != NULL;

	if (out->policy != NULL || !any)
		return OK;
	err_set(err, ERR_INPUT, "a scope and --grace belong to a change of policy, and none is named");
	return err_mend(err, "add --policy KIND=SPAN");
}

enum result policy_options_parse(struct call *call, struct policy_options *out, enum policy_options_of of, int *argc,
				 char **argv, int operands, struct err *err)
{
	struct call_option options[SCOPE_OPTIONS + 2] = {
	    {"number", &out->scope.number, NULL},       {"queue", &out->scope.queue, NULL},
	    {"campaign", &out->scope.campaign, NULL},   {"tag", &out->scope.tag, NULL},
	    {"direction", &out->scope.direction, NULL}, {"min-duration", &out->scope.min_duration, NULL},
	};
	size_t count = SCOPE_OPTIONS;
	enum result r;

	if (of == POLICY_OPTIONS_CHANGE)
		options[count++] = (struct call_option){"plan", &out->plan, NULL};
	if (of == POLICY_OPTIONS_PLAN)
		options[count++] = (struct call_option){"policy", &out->policy, NULL};
	if (of != POLICY_OPTIONS_SCOPE)
		options[count++] = (struct call_option){"grace", &out->grace, NULL};
	r = call_parse(call, options, count, argc, argv, operands, operands, err);
	return r == OK && of == POLICY_OPTIONS_PLAN ? check_plan_options(out, err) : r;
}

enum result policy_read_kind(const char *name, enum record_kind *out, struct err *err)
{
	char shown[QUOTE_MAX];

	if (kind_parse(name, out))
		return OK;
	err_set(err, ERR_INPUT, "%s is no kind of record", quote(name, strlen(name), shown));
	return err_mend(err, "one of: call, recording, voicemail, transcript, message, chat, form, session, note, "
			     "document, delivery, campaign_result");
}

static enum result read_grace(const char *text, int64_t *out, struct err *err)
{
	size_t len = strlen(text);
	char shown[QUOTE_MAX];

	*out = 0;
	if (len == 0 || len > 4 || strspn(text, "0123456789") != len) {
		err_set(err, ERR_INPUT, "--grace cannot be %s", quote(text, len, shown));
		return err_mend(err, "give a whole number of hours, 0 to 8760");
	}
	for (size_t i = 0; i < len; i++)
		*out = *out * 10 + (text[i] - '0');
	return OK;
}

enum result policy_read_request(struct call *call, const struct policy_options *options, const char *name,
				const char *span, struct policy_request *out, struct err *err)
{
	enum result r;

	*out = (struct policy_request){.scope = options->scope,
				       .remove = span == NULL,
				       .plan = options->plan,
				       .set_by = call->who,
				       .grace_hours = GRACE_OF_ACCOUNT};
	r = policy_read_kind(name, &out->kind, err);
	if (r == OK && span != NULL)
		r = span_parse(span, &out->keep, err);
	if (r == OK && options->grace != NULL)
		r = read_grace(options->grace, &out->grace_hours, err);
	return r;
}

/* ---- words ---- */

enum result policy_what(struct call *call, const struct account *account, const struct policy *policy,
			const struct scope_given *words, const char **out, struct err *err)
{
	const char *scope;
	enum result r =
	    scope_text(&call->vault->read, account->number, &policy->scope, words, &call->pool, &scope, err);

	if (r != OK)
		return r;
	*out = pool_printf(&call->pool, "%s%s%s", kind_plural(policy->kind), *scope != '\0' ? " " : "",
			   call_clean(call, scope));
	return *out != NULL ? OK : err_no_memory(err);
}

char *policy_keep_text(const struct policy *policy, char out[TIME_TEXT_MAX])
{
	if (!policy->keep.unlimited)
		return span_format(policy->keep, out);
	snprintf(out, TIME_TEXT_MAX, "without end");
	return out;
}

enum result policy_members(struct call *call, const struct account *account, const struct policy *policy,
			   const struct scope_given *words, struct err *err)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX];
	enum result r;

	json_string(w, "kind", kind_name(policy->kind));
	json_int(w, "version", policy->version);
	r = scope_write(w, &call->vault->read, account->number, &policy->scope, words, &call->pool, err);
	json_string(w, "keep", policy->removed ? NULL : span_format(policy->keep, text));
	json_bool(w, "removed", policy->removed);
	json_string(w, "set", policy->version > 0 ? instant_format(policy->set_at, text) : NULL);
	json_string(w, "begins", policy->version > 0 ? instant_format(policy->begins_at, text) : NULL);
	json_string(w, "set_by", policy->set_by);
	return r;
}

void policy_print_days(struct json_writer *w, const struct policy_effect *effect, bool kinds)
{
	json_begin_array(w, "days");
	for (size_t i = 0; i < effect->day_count; i++) {
		const struct effect_day *day = &effect->days[i];

		json_begin_object(w, NULL);
		if (kinds)
			json_string(w, "kind", kind_name(day->kind));
		json_date(w, "day", day->day);
		json_int(w, "records", day->records - day->held - day->obliged);
		json_int(w, "bytes", day->bytes);
		json_int(w, "held", day->held);
		json_int(w, "obliged", day->obliged);
		json_end_object(w);
	}
	json_end_array(w);
}
