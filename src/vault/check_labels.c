/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Labels, and what names them.
 */
#include <stdio.h>
#include <string.h>

#include "store/hold.h"
#include "store/policy.h"
#include "vault/check_run.h"
#include "vault/labels.h"

#define BATCH 64
#define TALLY_POOL_MAX ((size_t)256 * 1024 * 1024)

static enum result check_name_opens(struct check_run *run, int64_t label, struct err *err)
{
	enum label_kind kind;
	const char *name;
	enum result r = labels_name(run->session, run->account, label, &run->pool, &kind, &name, err);

	run->report->checks[CHECK_LABELS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_found(run, CHECK_LABELS, "account %u: label %lld: its name cannot be opened", run->account,
		    (long long)label);
	return OK;
}

enum result check_label_named(struct check_run *run, int64_t label, const char *what, struct err *err)
{
	int64_t *known = &run->labels[(uint64_t)label % CHECK_LABELS_KEPT];
	struct label_row row;
	enum result r;

	if (label == 0 || *known == label)
		return OK;
	r = label_get(run->session->data, run->account, label, &run->pool, &row, err);
	if (r == OK || r == ERR_CORRUPT) {
		*known = label;
		return OK;
	}
	if (r != ERR_NOT_FOUND)
		return r;
	check_found(run, CHECK_LABELS, "account %u: %s: it names label %lld, which is not there", run->account, what,
		    (long long)label);
	return OK;
}

static enum result check_three(struct check_run *run, const int64_t labels[3], const char *what, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < 3 && r == OK; i++)
		r = check_label_named(run, labels[i], what, err);
	return r;
}

static enum result check_policies(struct check_run *run, struct err *err)
{
	struct policy rows[BATCH], after = {.version = 0};
	char what[80];
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = policy_walk(run->session->data, run->account, &after, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			const struct policy_scope *scope = &rows[i].scope;

			snprintf(what, sizeof what, "the policy for %s, version %d", kind_plural(rows[i].kind),
				 rows[i].version);
			r = check_three(run, (int64_t[3]){scope->queue, scope->campaign, scope->tag}, what, err);
		}
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result check_holds_of_labels(struct check_run *run, struct err *err)
{
	struct hold_row rows[BATCH];
	char what[ID_TEXT_MAX];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = hold_list(run->session->data, run->account, false, after, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = check_three(run, (int64_t[3]){rows[i].queue, rows[i].campaign, rows[i].tag},
					id_format(HOLD_PREFIX, rows[i].id, what), err);
		after = r == OK && count > 0 ? rows[count - 1].hold : after;
	} while (r == OK && count == BATCH);
	return r;
}

static const struct label_tally *tally_of(const struct label_tally *all, size_t count, int64_t label)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (all[mid].label == label)
			return &all[mid];
		if (all[mid].label < label)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

static void check_count(struct check_run *run, const struct label_row *row, const struct label_tally *all, size_t count)
{
	const struct label_tally *found = tally_of(all, count, row->label);
	int64_t records = found != NULL ? found->records : 0;

	if (row->records != records)
		check_found(run, CHECK_LABELS, "account %u: label %lld: %lld records have it, not %lld", run->account,
			    (long long)row->label, (long long)records, (long long)row->records);
}

static enum result check_rows(struct check_run *run, const struct label_tally *all, size_t tallied, struct err *err)
{
	struct label_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = label_list(run->session->data, run->account, after, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			check_count(run, &rows[i], all, tallied);
			r = check_name_opens(run, rows[i].label, err);
		}
		after = r == OK && count > 0 ? rows[count - 1].label : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* After the records: what they name is remembered of this account only. */
enum result check_labels(struct check_run *run, struct err *err)
{
	struct label_tally *all;
	struct pool pool;
	size_t count;
	enum result r;

	pool_init(&pool, TALLY_POOL_MAX);
	r = label_tally(run->session->data, run->account, &pool, &all, &count, err);
	if (r == ERR_CORRUPT) { /* whose, the look at records tells */
		check_found(run, CHECK_LABELS, "account %u: the labels of a record are damaged", run->account);
		count = 0;
		r = OK;
	}
	if (r == OK)
		r = check_rows(run, all, count, err);
	pool_free(&pool);
	if (r == OK)
		r = check_policies(run, err);
	if (r == OK)
		r = check_holds_of_labels(run, err);
	memset(run->labels, 0, sizeof run->labels);
	return r;
}
