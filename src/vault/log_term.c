/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/log_term.h"

#include <string.h>

#include "vault/rotate.h"

#define PROOF_MONTHS 24

_Static_assert(PROOF_MONTHS * 28 > EPOCH_DAYS_MAX, "a receipt's promise has come true before its leaf is pruned");

static const struct log_term terms[] = {
    {LEAF_ACTIVITY, "activity", "log_activity", {.months = 24}, {.months = 6}, {.months = 120}},
    {LEAF_ACCESS, "access", "log_access", {.days = 90}, {.days = 30}, {.months = 24}},
    {LEAF_DELIVERY, "delivery", "log_delivery", {.days = 30}, {.days = 7}, {.months = 12}},
    {LEAF_PROOF, "proof", NULL, {.months = PROOF_MONTHS}, {.months = PROOF_MONTHS}, {.months = 120}},
};

/* What is not here is activity. */
static const struct { const char *act; enum leaf_term term; } acts[] = {
    {"contact.list", LEAF_ACCESS},
    {"contact.show", LEAF_ACCESS},
    {"hold.list", LEAF_ACCESS},
    {"hold.preview", LEAF_ACCESS},
    {"holiday.list", LEAF_ACCESS},
    {"job.show", LEAF_ACCESS},
    {"identity.", LEAF_ACCESS},
    {"label.list", LEAF_ACCESS},
    {"person.find", LEAF_ACCESS},
    {"person.show", LEAF_ACCESS},
    {"record.get", LEAF_ACCESS},
    {"record.list", LEAF_ACCESS},
    {"record.media", LEAF_ACCESS},
    {"token.list", LEAF_ACCESS},
    {"user.list", LEAF_ACCESS},
    {"user.sessions", LEAF_ACCESS},
    {"delivery.", LEAF_DELIVERY},
    {"webhook.", LEAF_DELIVERY},

    {"webhook.add", LEAF_ACTIVITY},
    {"webhook.disable", LEAF_ACTIVITY},
    {"webhook.enable", LEAF_ACTIVITY},
    {"webhook.list", LEAF_ACCESS},
    {"webhook.remove", LEAF_ACTIVITY},
    {"webhook.rotate", LEAF_ACTIVITY},
    {"webhook.stop", LEAF_ACTIVITY},

    {"account.", LEAF_PROOF},
    {"audit.", LEAF_PROOF},
    {"backup", LEAF_PROOF},
    {"contact.delete", LEAF_PROOF},
    {"contact.purge", LEAF_PROOF},
    {"contact.readmit", LEAF_PROOF},
    {"contact.undelete", LEAF_PROOF},
    {"duty.", LEAF_PROOF},
    {"hold.", LEAF_PROOF},
    {"holiday.", LEAF_PROOF},
    {"keys.", LEAF_PROOF},
    {"obligation.", LEAF_PROOF},
    {"person.anonymise", LEAF_PROOF},
    {"person.erase", LEAF_PROOF},
    {"person.restrict", LEAF_PROOF},
    {"person.unrestrict", LEAF_PROOF},
    {"policy.", LEAF_PROOF},
    {"record.anonymise", LEAF_PROOF},
    {"restore", LEAF_PROOF},
    {"retention.", LEAF_PROOF},
    {"setting.", LEAF_PROOF},
    {"user.remove", LEAF_PROOF},
    {"vault.", LEAF_PROOF},
};

enum leaf_term log_term_of(const char *act)
{
	enum leaf_term found = LEAF_ACTIVITY;
	size_t longest = 0;

	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		size_t len = *acts[i].act == *act ? strlen(acts[i].act) : 0; /* most are none, by their first letter */

		if (len > longest && strncmp(act, acts[i].act, len) == 0) {
			longest = len;
			found = acts[i].term;
		}
	}
	return found;
}

const struct log_term *log_term(enum leaf_term term)
{
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		if (terms[i].term == term)
			return &terms[i];
	}
	return NULL;
}

const char *log_term_name(enum leaf_term term)
{
	const struct log_term *rule = log_term(term);

	return rule != NULL ? rule->name : "?";
}

const struct log_term *log_term_find(const char *name)
{
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		if (terms[i].setting != NULL && strcmp(terms[i].name, name) == 0)
			return &terms[i];
	}
	return NULL;
}

void pruned_see(struct pruned_leaves *seen, const struct leaf *leaf)
{
	int term = log_term(leaf->term) != NULL ? (int)leaf->term : 0;

	if (seen->newest.ms < leaf->at.ms)
		seen->newest = leaf->at;
	if (leaf->body_len > 0)
		return;
	seen->count++;
	if (seen->any[term] && seen->last[term].at.ms >= leaf->at.ms)
		return;
	seen->any[term] = true;
	seen->last[term] = *leaf;
}

const struct leaf *pruned_early(const struct pruned_leaves *seen)
{
	struct date today = instant_date(seen->newest);

	if (seen->any[0])
		return &seen->last[0];
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		const struct leaf *last = &seen->last[terms[i].term];

		if (seen->any[terms[i].term] && instant_date(last->at).days > span_cutoff(terms[i].least, today).days)
			return last;
	}
	return NULL;
}
