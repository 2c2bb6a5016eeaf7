/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lethe backup, restore and check.
 */
#include <stdio.h>
#include <string.h>

#include "api/operations.h"
#include "vault/backup.h"
#include "vault/check.h"
#include "vault/restore.h"

#define LOCK_WAIT_MS 2000

/* A bar that changes its name when another step begins. */
struct steps {
	struct call *call;
	struct call_progress progress;
	const char *const *names;
	int step; /* -1: none yet */
};

static bool show_step(struct steps *steps, int step, int64_t done, int64_t total)
{
	if (steps->step != step) {
		if (steps->step >= 0)
			call_progress_end(&steps->progress);
		call_progress_begin(steps->call, &steps->progress, steps->names[step]);
		steps->step = step;
	}
	return call_progress_show(&steps->progress, done, total);
}

static void end_steps(struct steps *steps)
{
	if (steps->step >= 0)
		call_progress_end(&steps->progress);
}

/* ---- backup ---- */

static bool show_backup(void *arg, enum backup_step step, int64_t done, int64_t all)
{
	return show_step(arg, (int)step, done, all);
}

static void say_backup(struct call *call, const struct manifest *m, const char *dir)
{
	char records[32], blobs[32], bytes[32];

	call_say(call, "Backed up %s records and %s blobs (%s) to %s.\n", call_count(m->records, records),
		 call_count(m->blobs, blobs), call_bytes(m->blob_bytes, bytes), call_clean(call, dir));
	if (m->blobs_removed > 0)
		call_say(call, "%s blobs were erased while the backup was made, and are not in it.\n",
			 call_count(m->blobs_removed, blobs));
	if (m->blobs_missing > 0)
		call_say(call, "%s blobs are MISSING in the vault itself: run `lethe check`.\n",
			 call_count(m->blobs_missing, blobs));
	if (m->with_keys)
		call_say(call, "keys.db is in it: move it elsewhere now, apart from the data. Whoever has both and the "
			       "root can read\n"
			       "everything; after the next `lethe keys rotate` it opens nothing.\n");
	else
		call_say(
		    call,
		    "It holds no keys: it may be kept anywhere, and only this vault's live keys.db can open it.\n");
	call_say(call, "Neither the root nor root.json is in it; keep those by themselves.\n");
}

static void write_backup(struct call *call, const struct manifest *m, const char *dir)
{
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "dir", dir);
	json_id(&call->w, "vault", "vault", m->vault);
	json_string(&call->w, "region", m->region);
	json_instant(&call->w, "created", m->created);
	json_bool(&call->w, "with_keys", m->with_keys);
	json_int(&call->w, "log_size", (int64_t)m->log_size);
	json_int(&call->w, "records", m->records);
	json_int(&call->w, "media", m->media);
	json_int(&call->w, "blobs", m->blobs);
	json_int(&call->w, "blob_bytes", (int64_t)m->blob_bytes);
	json_int(&call->w, "blobs_removed", m->blobs_removed);
	json_int(&call->w, "blobs_missing", m->blobs_missing);
	json_end_object(&call->w);
}

enum result op_backup(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	static const char *const names[] = {"Copying the data", "Copying the keys", "Copying blobs"};
	struct steps steps = {.call = call, .names = names, .step = -1};
	struct backup_options options = {.now = call->now, .progress = show_backup, .progress_arg = &steps};
	const char *out = NULL;
	const struct call_option own[] = {{"out", &out, NULL}, {"with-keys", NULL, &options.with_keys}};
	struct manifest manifest;
	enum result r = call_parse(call, own, 2, &argc, argv, 0, 1, err);

	if (r == OK && (out == NULL) == (argc == 0)) {
		err_set(err, ERR_INPUT,
			out == NULL ? "the folder of the backup is missing"
				    : "the folder of the backup is given twice");
		return err_mend(err, "write lethe backup --out DIR");
	}
	options.dir = out != NULL ? out : argc > 0 ? argv[0] : "";
	if (r == OK)
		r = call_open(call, false, err);
	if (r != OK)
		return r;
	r = backup_create(call->vault, &options, &manifest, err);
	end_steps(&steps);
	if (r != OK)
		return r;
	say_backup(call, &manifest, options.dir);
	write_backup(call, &manifest, options.dir);
	*partly = manifest.blobs_missing > 0;
	return OK;
}

/* ---- restore ---- */

static bool show_restore(void *arg, enum restore_step step, uint64_t done, uint64_t total)
{
	return show_step(arg, (int)step, (int64_t)done, (int64_t)total);
}

/* When the live data cannot be opened, what remains is the key store: enough to restore. */
static enum result open_for_restore(struct call *call, const struct manifest *manifest, struct err *err)
{
	const struct vault_options options = {
	    .data_dir = call->data_dir,
	    .region = call->region != NULL ? call->region : manifest->region,
	    .secret_file = call->secret_file,
	    .command = call->command,
	    .write = true,
	    .lock_wait_ms = LOCK_WAIT_MS,
	};
	struct err first;
	enum result r;

	if (call->region == NULL)
		call->region = manifest->region;
	r = call_open(call, true, err);
	if (r != ERR_NOT_FOUND && r != ERR_CORRUPT)
		return r;
	first = *err;
	vault_close(call->vault);
	call->vault = NULL;
	r = vault_open_without_data(&options, manifest->vault, &call->vault, err);
	if (r != OK)
		return r;
	call_say(call, "The live data cannot be opened (%s): going back to the backup whole.\n", first.what);
	return OK;
}

static int64_t all_kinds(const struct removed *removed)
{
	int64_t sum = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		sum += removed->records[kind];
	return sum;
}

static void say_restore(struct call *call, const struct restore_result *out)
{
	char at[TIME_TEXT_MAX], n[32];

	call_say(call, "Restored the backup of %s: the vault has %s records.\n",
		 instant_format(out->manifest.created, at), call_count(out->records, n));
	call_say(call, "  %12s records left out, of persons erased since\n",
		 call_count(all_kinds(&out->dropped.erased), n));
	call_say(call, "  %12s records left out, expired since\n", call_count(all_kinds(&out->dropped.expired), n));
	call_say(call, "  %12s records left out, whose hold has ended since\n", call_count(out->dropped.released, n));
	if (out->dropped.purged > 0)
		call_say(call, "  %12s contacts left out, deleted since and past their grace\n",
			 call_count(out->dropped.purged, n));
	call_say(call, "  %12s records and contacts kept as they were, by a hold\n", call_count(out->carried.held, n));
	if (out->carried.contacts > 0)
		call_say(call, "  %12s contacts deleted or brought back since: as that is now\n",
			 call_count(out->carried.contacts, n));
	if (out->carried.parts > 0)
		call_say(call, "  %12s records kept as they were: the rest of their days has expired since\n",
			 call_count(out->carried.parts, n));
	call_say(call, "  %12s blobs copied back\n", call_count(out->blobs_copied, n));
	call_say(call, "  %12s keys open nothing here; a newer backup may need them\n",
		 call_count(out->dropped.keys_without_data, n));
	if (out->blobs_missing > 0)
		call_say(call, "%s blobs are MISSING in both the vault and the backup: run `lethe check`.\n",
			 call_count(out->blobs_missing, n));
	if (out->live_lost)
		call_say(
		    call,
		    "The live data were lost or damaged: holds, policies, links and acts made after the backup are "
		    "lost\n"
		    "with them, and the log goes on from the backup's. A damaged file is kept as vault.db.damaged.\n"
		    "An erasure made after the backup holds all the same. Import again what came since.\n");
	else
		call_say(
		    call,
		    "The log, accounts, holds, policies, links and identities are as they were before the restore.\n");
}

static void write_restore(struct call *call, const struct restore_result *out)
{
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_id(w, "job", "job", out->job);
	json_instant(w, "backup", out->manifest.created);
	json_bool(w, "live_lost", out->live_lost);
	json_int(w, "records", out->records);
	json_int(w, "erased_since", all_kinds(&out->dropped.erased));
	json_int(w, "persons_identities_erased", out->dropped.identities);
	json_int(w, "contacts_erased", out->dropped.contacts);
	json_int(w, "contacts_purged", out->dropped.purged);
	json_int(w, "expired_since", all_kinds(&out->dropped.expired));
	json_int(w, "periods_expired", out->dropped.periods);
	json_int(w, "holds_ended_since", out->dropped.released);
	json_int(w, "keys_without_data", out->dropped.keys_without_data);
	json_begin_object(w, "carried_over");
	json_int(w, "accounts", out->carried.accounts);
	json_int(w, "identities", out->carried.identities);
	json_int(w, "labels", out->carried.labels);
	json_int(w, "users", out->carried.users);
	json_int(w, "policies", out->carried.policies);
	json_int(w, "holds", out->carried.holds);
	json_int(w, "held", out->carried.held);
	json_int(w, "contacts", out->carried.contacts);
	json_int(w, "parts", out->carried.parts);
	json_int(w, "jobs", out->carried.jobs);
	json_int(w, "leaves", out->carried.leaves);
	json_end_object(w);
	json_int(w, "blobs_copied", out->blobs_copied);
	json_int(w, "blobs_missing", out->blobs_missing);
	json_int(w, "blobs_removed", out->blobs_trashed);
	json_end_object(w);
}

enum result op_restore(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	static const char *const names[] = {"Verifying the backup", "Copying the data", "Looking at blobs"};
	struct steps steps = {.call = call, .names = names, .step = -1};
	struct restore_options options = {.now = call->now, .progress = show_restore, .progress_arg = &steps};
	struct manifest manifest; /* call->region may point into it */
	struct restore_result out;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	if (r != OK)
		return r;
	options.dir = argv[0];
	r = manifest_read(options.dir, &manifest, err);
	if (r == OK)
		r = open_for_restore(call, &manifest, err);
	if (r == OK)
		r = restore_run(call->vault, &options, &out, err);
	end_steps(&steps);
	call->region = NULL;
	if (r != OK)
		return r;
	say_restore(call, &out);
	write_restore(call, &out);
	*partly = out.blobs_missing > 0 || out.live_lost;
	return OK;
}

/* ---- check ---- */

struct showing {
	struct call *call;
	struct call_progress progress;
	const char *problems[CHECK_COUNT][CHECK_TOLD_MAX]; /* in call->pool */
	int count[CHECK_COUNT];
};

static bool show_check(void *arg, int64_t done, int64_t total)
{
	struct showing *showing = arg;

	return call_progress_show(&showing->progress, done, total);
}

static void note_problem(void *arg, enum check_id id, const char *text)
{
	struct showing *showing = arg;
	const char *copy = pool_strdup(&showing->call->pool, text);

	if (copy != NULL && showing->count[id] < CHECK_TOLD_MAX)
		showing->problems[id][showing->count[id]++] = copy;
}

static void say_check(struct call *call, const struct showing *showing, const struct check_report *report, bool quick)
{
	char n[32], problems[32];

	for (int id = 0; id < CHECK_COUNT; id++) {
		bool undone = quick && id == CHECK_STREAMS;

		call_say(call, "  %-12s %12s looked at%s", check_name((enum check_id)id),
			 call_count(report->checks[id].looked_at, n), undone ? " (keys only)" : "");
		if (report->checks[id].problems > 0)
			call_say(call, ", %s PROBLEMS", call_count(report->checks[id].problems, problems));
		call_say(call, "\n");
		for (int i = 0; i < showing->count[id]; i++)
			call_say(call, "    %s\n", call_clean(call, showing->problems[id][i]));
	}
	if (report->pruned > 0)
		call_say(call, "%s leaves of the log are past their time: their hashes are left, and hold.\n",
			 call_count(report->pruned, n));
	if (report->keys_without_data > 0)
		call_say(call, "%s keys have no data; that is harmless.\n", call_count(report->keys_without_data, n));
	if (report->unsettled)
		call_say(call, "Something was stopped half-way; the next command that writes clears up after it.\n");
	if (report->problems == 0)
		call_say(call, "Nothing is wrong.\n");
}

static void write_check(struct call *call, const struct showing *showing, const struct check_report *report)
{
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_int(w, "problems", report->problems);
	json_begin_array(w, "checks");
	for (int id = 0; id < CHECK_COUNT; id++) {
		json_begin_object(w, NULL);
		json_string(w, "name", check_name((enum check_id)id));
		json_int(w, "looked_at", report->checks[id].looked_at);
		json_int(w, "problem_count", report->checks[id].problems);
		json_begin_array(w, "problems");
		for (int i = 0; i < showing->count[id]; i++)
			json_string(w, NULL, showing->problems[id][i]);
		json_end_array(w);
		json_end_object(w);
	}
	json_end_array(w);
	json_int(w, "keys_without_data", report->keys_without_data);
	json_bool(w, "unsettled", report->unsettled);
	json_bool(w, "written_meanwhile", report->writing);
	json_int(w, "log_size", (int64_t)report->at.size);
	json_int(w, "log_pruned", report->pruned);
	json_end_object(w);
}

/* The report is the answer also when the exit code says that something is wrong, so it is printed here. */
static enum result fail_check(struct call *call, const struct check_report *report, struct err *err)
{
	if (call->json && buf_ok(&call->out, "the report", err) != OK)
		return err->code;
	if (call->json)
		printf("%s\n", call->out.data);
	buf_reset(&call->out);
	err_set(err, ERR_CORRUPT, "the check found %lld problems", (long long)report->problems);
	err_where(err, "%s", call->vault->dir);
	return err_mend(err,
			"keep a copy of the folder as it is, then restore the last good backup with `lethe restore`");
}

enum result op_check(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct showing *showing = pool_alloc(&call->pool, sizeof *showing);
	struct check_options options = {.problem = note_problem, .progress = show_check, .arg = showing};
	const struct call_option own[] = {{"quick", NULL, &options.quick}, {"checkpoint", &options.checkpoint, NULL}};
	struct check_report report;
	enum result r = call_parse(call, own, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (showing == NULL)
		return err_no_memory(err);
	if (r == OK)
		r = call_open(call, false, err);
	if (r != OK)
		return r;
	showing->call = call;
	call_progress_begin(call, &showing->progress, "Checking");
	r = check_vault(call->vault, &options, &report, err);
	call_progress_end(&showing->progress);
	if (r != OK)
		return r;
	say_check(call, showing, &report, options.quick);
	write_check(call, showing, &report);
	return report.problems > 0 ? fail_check(call, &report, err) : OK;
}
