/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/job.h"
#include "store/period.h"
#include "vault/calendar.h"
#include "vault/check_run.h"

const char *check_name(enum check_id id)
{
	static const char *const names[CHECK_COUNT] = {
	    "databases", "accounts", "identities", "contacts", "records", "parties",
	    "periods",	 "media",    "streams",	   "blobs",    "holds",	  "labels",
	    "duties",	  "users",   "access",  "aggregates", "outbox",
	    "log",
	};

	return names[id];
}

/* ---- problems ---- */

static void tell(struct check_run *run, enum check_id id, const char *text)
{
	run->report->problems++;
	if (run->report->checks[id].problems++ < CHECK_TOLD_MAX && run->options->problem != NULL)
		run->options->problem(run->options->arg, id, text);
}

void check_found(struct check_run *run, enum check_id id, const char *fmt, ...)
{
	char text[CHECK_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	tell(run, id, text);
}

void check_suspect(struct check_run *run, const struct suspect *suspect, const char *fmt, ...)
{
	struct suspect copy = *suspect;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(copy.text, sizeof copy.text, fmt, ap);
	va_end(ap);
	/* So many are no accident of the moment. */
	if (run->suspect_count == SUSPECTS_MAX)
		tell(run, copy.check, copy.text);
	else
		run->suspects[run->suspect_count++] = copy;
}

static enum result look_again(struct check_run *run, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < run->suspect_count && r == OK; i++) {
		const struct suspect *suspect = &run->suspects[i];
		bool still;

		pool_reset(&run->pool);
		r = suspect->again(run, suspect, &still, err);
		if (r == OK && still)
			tell(run, suspect->check, suspect->text);
	}
	return r;
}

bool check_is_problem(enum result r)
{
	return r == ERR_CORRUPT || r == ERR_GONE || r == ERR_NOT_FOUND || r == ERR_LIMIT;
}

/* ---- the frame ---- */

enum result check_begin(struct check_run *run, struct err *err)
{
	return db_begin_read(run->session->data, err);
}

void check_end(struct check_run *run)
{
	db_rollback(run->session->data);
}

enum result check_step(struct check_run *run, int64_t n, struct err *err)
{
	const struct check_options *o = run->options;

	run->done += n;
	if (o->progress == NULL || !o->progress(o->arg, run->done, run->total))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "the check was stopped before its end");
}

enum result check_covered(struct check_run *run, uint32_t account, bool *covered, struct err *err)
{
	int64_t running = 0;
	enum result r = job_count_running_of(run->session->data, account, &running, err);

	*covered = running > 0;
	return r;
}

static bool somebody_writes(const struct vault *vault)
{
	char path[VAULT_PATH_MAX];
	int fd = open(vault_path(vault, "lock", path), O_RDONLY | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd); /* lets go at once */
	return busy;
}

static enum result check_database(struct check_run *run, struct db *db, const char *name, struct err *err)
{
	char problem[200];
	enum result r = db_integrity(db, problem, err);

	run->report->checks[CHECK_DATABASES].looked_at++;
	if (r != ERR_CORRUPT)
		return r;
	check_found(run, CHECK_DATABASES, "%s: %s", name, problem);
	return OK;
}

static enum result check_account(struct check_run *run, struct err *err)
{
	struct account account;
	enum result r = accounts_get(run->session, run->account, &run->pool, &account, err);

	run->report->checks[CHECK_ACCOUNTS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_found(run, CHECK_ACCOUNTS, "account %u: its name cannot be opened", run->account);
	return OK;
}

static enum result check_holiday(struct check_run *run, const struct holiday_row *row, struct err *err)
{
	struct calendar_day day;
	char text[TIME_TEXT_MAX];
	enum result r = calendar_open(run->session, run->account, row, &run->pool, &day, err);

	run->report->checks[CHECK_ACCOUNTS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_found(run, CHECK_ACCOUNTS, "account %u: its day off on %s cannot be opened", run->account,
		    date_format(row->day, text));
	return OK;
}

static enum result check_calendar(struct check_run *run, struct err *err)
{
	struct holiday_row rows[64];
	struct date after = {INT32_MIN};
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = holiday_list(run->session->data, run->account, after, &run->pool, rows, 64, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = check_holiday(run, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].day : after;
	} while (r == OK && count == 64);
	return r;
}

static enum result count_work(struct check_run *run, struct err *err)
{
	struct period sum;
	uint32_t account = 0;
	size_t count;
	int64_t days;
	enum result r;

	while ((r = account_list(run->session->data, account, &account, 1, &count, err)) == OK && count > 0) {
		for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
			r = period_sum(run->session->data, account, kind, (struct date){INT32_MAX}, &sum, &days, err);
			run->total += r == OK ? sum.records + sum.media : 0;
		}
		if (r != OK)
			return r;
	}
	return r;
}

static enum result check_all_of_account(struct check_run *run, struct err *err)
{
	static enum result (*const parts[])(struct check_run *run, struct err *err) = {
	    check_account, check_calendar, check_identities, check_contacts, check_records, check_parties,
	    check_media,   check_holds, check_duties,	     check_labels,
	    check_users, check_access, check_aggregates, check_outbox,
	};
	enum result r = OK;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0] && r == OK; i++) {
		pool_reset(&run->pool);
		r = parts[i](run, err);
	}
	return r;
}

static enum result check_everything(struct check_run *run, struct err *err)
{
	size_t count = 1;
	enum result r = check_database(run, run->session->data, "vault.db", err);

	if (r == OK)
		r = check_database(run, run->session->keys, "keys.db", err);
	/* Walking what is known to be damaged tells nothing more, and may not end. */
	if (r != OK || run->report->problems > 0)
		return r;
	r = count_work(run, err);
	while (r == OK && (r = account_list(run->session->data, run->account, &run->account, 1, &count, err)) == OK &&
	       count > 0)
		r = check_all_of_account(run, err);
	run->account = VAULT_ACCOUNT;
	if (r == OK)
		r = check_access(run, err); /* the operator's tokens */
	if (r == OK)
		r = check_keys(run, err);
	if (r == OK)
		r = check_blobs(run, err);
	if (r == OK)
		r = check_log(run, err);
	return r == OK ? look_again(run, err) : r;
}

/* The root was opened before; were the keys rotated since by another process, nothing would open any more. */
static enum result check_epoch(struct check_run *run, uint32_t before, struct err *err)
{
	struct epoch now;
	enum result r = epoch_find(run->session->keys, EPOCH_CURRENT, &now, err);

	if (r == OK && now.epoch != before) {
		err_set(err, ERR_BUSY, "the keys were rotated while the check was running");
		r = err_mend(err, "run the check again");
	}
	return r;
}

enum result check_vault(struct vault *vault, const struct check_options *options, struct check_report *out,
			struct err *err)
{
	struct check_run run = {.vault = vault, .session = &vault->read, .options = options, .report = out};
	struct epoch epoch;
	enum result r = epoch_find(vault->read.keys, EPOCH_CURRENT, &epoch, err);

	*out = (struct check_report){.writing = !vault->writable && somebody_writes(vault)};
	run.suspects = calloc(SUSPECTS_MAX, sizeof *run.suspects);
	if (run.suspects == NULL && r == OK)
		r = err_no_memory(err);
	pool_init(&run.pool, (size_t)1024 * 1024 * 1024);
	if (r == OK)
		r = check_everything(&run, err);
	if (r == OK)
		r = check_epoch(&run, epoch.epoch, err);
	pool_free(&run.pool);
	free(run.suspects);
	return r;
}
