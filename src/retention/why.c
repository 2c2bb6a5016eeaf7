/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/why.h"

#include "retention/policies.h"

static enum result parse(const char *text, enum record_kind *kind, struct id *id, struct err *err)
{
	if (!kind_of_prefix(text, kind)) {
		err_set(err, ERR_INPUT, "'%.60s' is not the id of a record", text);
		return err_mend(err, "a record's id begins with its kind, as call_01h455vb4pex5vsknk084sn02q");
	}
	return id_parse(kind_prefix(*kind), text, id, err);
}

static enum result find(struct session *session, uint32_t account, const char *text, struct pool *pool,
			struct record_row *out, struct err *err)
{
	enum record_kind kind;
	struct id id;
	enum result r = parse(text, &kind, &id, err);

	if (r == OK)
		r = record_get(session->data, account, kind, id, pool, out, err);
	if (r == ERR_NOT_FOUND) {
		err_set(err, r, "there is no record %.60s in this account", text);
		r = err_mend(err, "if there was, the audit log tells when its day or its person went: `lethe audit list`");
	}
	return r;
}

static enum result add_holds(struct session *session, const struct record_row *row, struct pool *pool,
			     struct disposition_facts *facts, struct err *err)
{
	const struct hold_scope *scope;
	struct hold_set set, rest;
	enum result r = holds_load(session, row->account, pool, &set, err);

	rest = set;
	while (r == OK && (scope = holds_cover(&rest, row)) != NULL) {
		if (facts->hold == NULL)
			facts->hold = &scope->row;
		facts->hold_count++;
		rest.count -= (size_t)(scope + 1 - rest.scopes);
		rest.scopes += scope + 1 - rest.scopes;
	}
	if (r == OK && row->hold != 0) {
		r = held_get(session->data, row->account, row->hold, row->kind, row->id, &facts->kept, err);
		facts->held = r == OK;
	}
	return r;
}

static enum result add_policy(struct session *session, const struct record_row *row, struct instant now,
			      struct pool *pool, struct disposition_facts *facts, struct err *err)
{
	const struct policy *policy;
	struct policy_set set;
	enum result r = policies_load(session, row->account, now, pool, &set, err);

	facts->policy = (struct policy){.kind = row->kind, .keep = {.unlimited = true}};
	policy = r == OK ? policies_pick(&set, row) : NULL;
	if (policy != NULL)
		facts->policy = *policy;
	return r;
}

static enum result add_key(struct session *session, const struct record_row *row, struct disposition_facts *facts,
			   struct err *err)
{
	struct key key;
	enum result r = seal_record_key(session->ring, row, &key, err);

	key_wipe(&key);
	facts->key_gone = r == ERR_GONE;
	return r == ERR_GONE ? OK : r;
}

enum result why_record(struct session *session, uint32_t account, const char *text, struct instant now,
		       struct pool *pool, struct why *out, struct err *err)
{
	struct record_row row;
	enum result r = find(session, account, text, pool, &row, err);

	if (r != OK)
		return r;
	*out = (struct why){.kind = row.kind, .id = row.id};
	out->facts.kind = row.kind;
	out->facts.occurred = id_time(row.id);
	r = add_policy(session, &row, now, pool, &out->facts, err);
	if (r == OK)
		r = add_holds(session, &row, pool, &out->facts, err);
	if (r == OK)
		r = add_key(session, &row, &out->facts, err);
	if (r == OK)
		out->disposition = disposition(&out->facts, now);
	return r;
}
