/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/why.h"

#include <string.h>

#include "retention/erasing.h"
#include "retention/scope.h"
#include "retention/settings.h"
#include "retention/verdict.h"

static enum result not_there(const char *text, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, "there is no record %.60s in this account", text);
	return err_mend(err, "if there was, the audit log tells when its day or its person went: `lethe audit list`");
}

/* It is not there. Anonymised alone it left a job that names it, and totals. */
static enum result why_gone(struct session *session, uint32_t account, const char *text, struct instant now,
			    struct why *out, struct err *err)
{
	struct disposition_facts *facts = &out->facts;
	bool was;
	enum result r = erasing_was_anonymised(session, account, out->kind, out->id, &was, &facts->anonymised_at, err);

	if (r == OK && !was)
		return not_there(text, err);
	facts->kind = out->kind;
	facts->occurred = id_time(out->id);
	facts->anonymised = true;
	if (r == OK)
		out->disposition = disposition(facts, now);
	return r;
}

/* ---- the facts that go by rules ---- */

struct asking {
	struct session *session;
	const struct record_row *row;
	struct policy_set policies;
	struct keepers keepers;
	struct held_row held;
	struct verdict_facts found;
	struct pool *pool;
};

static enum result load_rules(struct asking *a, struct instant now, struct verdict_rules *out, struct err *err)
{
	enum result r = policies_load(a->session, a->row->account, now, a->pool, &a->policies, err);

	if (r == OK)
		r = keepers_load(a->session, a->row->account, now, a->pool, &a->keepers, err);
	*out = (struct verdict_rules){
	    .policies = &a->policies, .holds = &a->keepers.holds, .duties = &a->keepers.duties, .now = now};
	return r;
}

/* One that is done already was somebody else's in it, and stands. */
static enum result find_erasing(struct asking *a, struct err *err)
{
	struct disposition_facts *facts = &a->found.facts;
	struct erasing erasing;
	enum result r = erasing_find(a->session, a->row, &erasing, err);

	if (r != OK || !erasing.found || facts->erasure == ERASURE_DONE)
		return r;
	facts->erasure = ERASURE_UNDER_WAY;
	facts->erasure_at = erasing.since;
	facts->anonymising = erasing.anonymise;
	facts->alone = erasing.alone;
	return OK;
}

static enum result find_facts(struct asking *a, struct instant now, struct err *err)
{
	struct verdict_rules rules;
	struct verdict_case c;
	enum result r = load_rules(a, now, &rules, err);

	if (r == OK)
		r = verdict_case_of(a->session, &rules, a->row, a->pool, &a->held, &c, err);
	if (r == OK)
		verdict_facts(&rules, &c, &a->found);
	return r == OK ? find_erasing(a, err) : r;
}

/* ---- the texts that go with them ---- */

static enum result name_matter(struct asking *a, struct disposition_facts *facts, struct err *err)
{
	struct hold_texts texts;
	enum result r;

	if (facts->hold == NULL || facts->hold->matter_len == 0)
		return OK;
	r = holds_open_texts(a->session, facts->hold, a->pool, &texts, err);
	facts->hold_matter = r == OK ? texts.matter : NULL;
	return r;
}

static enum result cite_laws(struct asking *a, struct err *err)
{
	for (size_t i = 0; i < a->found.cover.count; i++) {
		const struct obligation *law = a->found.cover.laws[i];

		a->found.laws[i].citation = pool_printf(a->pool, "%s, %s", law->law, law->article);
		if (a->found.laws[i].citation == NULL)
			return err_no_memory(err);
	}
	return OK;
}

static enum result name_scope(struct asking *a, struct disposition_facts *facts, struct err *err)
{
	if (facts->policy.version == 0)
		return OK;
	return scope_words(a->session, a->row->account, &facts->policy.scope, a->pool, &facts->scope, err);
}

/* A plan bounds what may be set; by itself it ends nothing. */
static enum result add_bound(struct session *session, const struct record_row *row, struct pool *pool,
			     struct disposition_facts *facts, struct err *err)
{
	char text[BOUND_TEXT_MAX];
	struct bound bound;
	enum result r = settings_bound(session, row->account, row->kind, pool, &bound, err);

	if (r != OK || bound.type == BOUND_NONE)
		return r;
	facts->bound.set = true;
	facts->bound.keep = (struct span){.unlimited = true};
	facts->bound.text = pool_printf(pool, "%s", bound_text(&bound, text));
	facts->bound.source = bound.source;
	return facts->bound.text != NULL ? OK : err_no_memory(err);
}

static enum result explain(struct asking *a, struct disposition_facts *facts, struct err *err)
{
	enum result r = name_matter(a, facts, err);

	if (r == OK)
		r = cite_laws(a, err);
	if (r == OK)
		r = name_scope(a, facts, err);
	return r == OK ? add_bound(a->session, a->row, a->pool, facts, err) : r;
}

enum result why_record(struct session *session, uint32_t account, const char *text, struct instant now,
		       struct pool *pool, struct why *out, struct err *err)
{
	struct asking *a = pool_alloc(pool, sizeof *a);
	struct record_row row;
	enum result r = a != NULL ? OK : err_no_memory(err);

	*out = (struct why){.facts = {.kind = 0}};
	if (r == OK)
		r = kind_read_id(text, &out->kind, &out->id, err);
	if (r == OK)
		r = record_get(session->data, account, out->kind, out->id, pool, &row, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? why_gone(session, account, text, now, out, err) : r;
	*a = (struct asking){.session = session, .row = &row, .pool = pool};
	r = find_facts(a, now, err);
	if (r == OK)
		r = explain(a, &a->found.facts, err);
	*out = (struct why){.kind = row.kind, .id = row.id, .facts = a->found.facts};
	if (r == OK)
		out->disposition = disposition(&out->facts, now);
	keepers_free(&a->keepers);
	return r;
}

/* ---- contacts ---- */

#define CONTACT_START CONTACT_PREFIX "_"

bool why_is_contact(const char *text)
{
	return strncmp(text, CONTACT_START, sizeof CONTACT_START - 1) == 0;
}

const char *why_prefix(const struct why *why)
{
	return why->kind == (enum record_kind)HELD_CONTACT ? CONTACT_PREFIX : kind_prefix(why->kind);
}

static enum result find_contact(struct session *session, uint32_t account, const char *text, struct pool *pool,
				struct contact_row *out, struct err *err)
{
	struct id id;
	enum result r = id_parse(CONTACT_PREFIX, text, &id, err);

	if (r == OK)
		r = contact_get(session->data, account, id, pool, out, err);
	if (r == ERR_NOT_FOUND) {
		err_set(err, r, "there is no contact %.60s in this account", text);
		r = err_mend(err, "if there was, the audit log tells when it or its person went: `lethe audit list`");
	}
	return r;
}

static enum result find_contact_facts(struct asking *a, const struct contact_row *row, struct instant now,
				      struct err *err)
{
	struct verdict_rules rules = {.holds = &a->keepers.holds, .now = now};
	struct verdict_contact c = {.row = row};
	struct key key;
	enum result r = holds_load(a->session, row->account, a->pool, &a->keepers.holds, err);

	if (r == OK && row->hold != 0) {
		r = held_get(a->session->data, row->account, row->hold, (enum record_kind)HELD_CONTACT, row->id,
			     &a->held, err);
		c.held = &a->held;
	}
	if (r != OK)
		return r;
	r = seal_contact_key(a->session->ring, row, &key, err);
	key_wipe(&key);
	c.key_gone = r == ERR_GONE;
	verdict_contact_facts(&rules, &c, &a->found);
	return r == ERR_GONE ? OK : r;
}

enum result why_contact(struct session *session, uint32_t account, const char *text, struct instant now,
			struct pool *pool, struct why *out, struct err *err)
{
	struct asking *a = pool_alloc(pool, sizeof *a);
	struct contact_row row;
	enum result r = a != NULL ? find_contact(session, account, text, pool, &row, err) : err_no_memory(err);

	if (r != OK)
		return r;
	*a = (struct asking){.session = session, .pool = pool};
	r = find_contact_facts(a, &row, now, err);
	if (r == OK)
		r = name_matter(a, &a->found.facts, err);
	*out = (struct why){.kind = (enum record_kind)HELD_CONTACT, .id = row.id, .facts = a->found.facts};
	if (r == OK)
		out->disposition = disposition(&out->facts, now);
	return r;
}
