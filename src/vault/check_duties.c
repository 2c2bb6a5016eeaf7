/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Duties: each has its key, each record that it lists is under it, and holds no
 * more than the fields it was made for.
 */
#include "store/duty.h"
#include "store/hold.h"
#include "vault/check_run.h"
#include "vault/cut.h"

/* That it opens, and is listed, is told with the records. */
static enum result check_fields(struct check_run *run, const struct duty_row *duty, const struct record_row *row,
				const char *id, struct err *err)
{
	const char *payload, *what = NULL;
	size_t len;
	enum result r = open_record(run->session->ring, row, &run->pool, &payload, &len, err);

	if (r == OK)
		r = cut_check(row, duty->fields, payload, len, &run->pool, &what, err);
	if (r == OK && what != NULL)
		check_found(run, CHECK_DUTIES, "account %u: %s: more of it is kept than duty %lld may: %s", run->account,
			    id, (long long)duty->duty, what);
	return check_is_problem(r) ? OK : r;
}

static enum result check_kept(struct check_run *run, const void *arg, const struct held_row *held, struct err *err)
{
	const struct duty_row *duty = arg;
	struct record_row row = {.hold = 0};
	char id[ID_TEXT_MAX];
	enum result r = record_get(run->session->data, run->account, held->kind, held->id, &run->pool, &row, err);

	run->report->checks[CHECK_DUTIES].looked_at++;
	id_format(kind_prefix(held->kind), held->id, id);
	if (r == OK && row.hold == held->hold)
		return check_fields(run, duty, &row, id, err);
	if (r == OK || r == ERR_NOT_FOUND)
		check_found(run, CHECK_DUTIES, "account %u: %s: it is listed under duty %lld and is not under its key",
			    run->account, id, (long long)duty->duty);
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result check_key(struct check_run *run, const struct duty_row *duty, struct err *err)
{
	struct wrapped_key key;
	bool covered = false;
	enum result r = key_get(run->session->keys, run->account, KEY_HOLD, duty->duty, &key, err);

	if (r != ERR_NOT_FOUND)
		return r;
	r = check_covered(run, run->account, &covered, err);
	if (r == OK && !covered)
		check_found(run, CHECK_DUTIES, "account %u: duty %lld has no key: nothing that it lists can be read",
			    run->account, (long long)duty->duty);
	return r;
}

enum result check_duties(struct check_run *run, struct err *err)
{
	struct duty_row duty;
	struct pool pool;
	int64_t after = 0;
	size_t count = 0;
	enum result r;

	pool_init(&pool, (size_t)1024 * 1024);
	do {
		pool_reset(&pool);
		r = duty_list(run->session->data, run->account, (struct date){INT32_MAX}, after, &pool, &duty, 1, &count,
			      err);
		if (r == OK && count > 0) {
			after = duty.duty;
			r = check_key(run, &duty, err);
		}
		if (r == OK && count > 0)
			r = check_walk_held(run, duty.duty, check_kept, &duty, err);
	} while (r == OK && count > 0);
	pool_free(&pool);
	return r;
}
