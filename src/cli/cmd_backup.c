/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lethe backup, restore and check.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "vault/backup.h"
#include "vault/check.h"
#include "vault/restore.h"

#define LOCK_WAIT_MS 2000

/* A bar that changes its name when another step begins. */
struct steps {
	struct cli_progress progress;
	const char *const *names;
	int step; /* -1: none yet */
};

static bool show_step(struct steps *steps, int step, int64_t done, int64_t total)
{
	if (steps->step != step) {
		if (steps->step >= 0)
			cli_progress_end(&steps->progress);
		cli_progress_begin(&steps->progress, steps->names[step]);
		steps->step = step;
	}
	cli_progress_show(&steps->progress, done, total);
	return cli_interrupted();
}

static void end_steps(struct steps *steps)
{
	if (steps->step >= 0)
		cli_progress_end(&steps->progress);
}

/* ---- backup ---- */

static bool show_backup(void *arg, enum backup_step step, int64_t done, int64_t all)
{
	return show_step(arg, (int)step, done, all);
}

static void say_backup(struct cli *cli, const struct manifest *m, const char *dir)
{
	char records[32], blobs[32], bytes[32];

	cli_say(cli, "Backed up %s records and %s blobs (%s) to %s.\n", cli_count(m->records, records),
		cli_count(m->blobs, blobs), cli_bytes(m->blob_bytes, bytes), cli_clean(cli, dir));
	if (m->blobs_removed > 0)
		cli_say(cli, "%s blobs were erased while the backup was made, and are not in it.\n",
			cli_count(m->blobs_removed, blobs));
	if (m->blobs_missing > 0)
		cli_say(cli, "%s blobs are MISSING in the vault itself: run `lethe check`.\n",
			cli_count(m->blobs_missing, blobs));
	if (m->with_keys)
		cli_say(cli, "keys.db is in it: move it elsewhere now, apart from the data. Whoever has both and the root can read\n"
			     "everything; after the next `lethe keys rotate` it opens nothing.\n");
	else
		cli_say(cli, "It holds no keys: it may be kept anywhere, and only this vault's live keys.db can open it.\n");
	cli_say(cli, "Neither the root nor root.json is in it; keep those by themselves.\n");
}

static void write_backup(struct cli *cli, const struct manifest *m, const char *dir)
{
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "dir", dir);
	json_id(&cli->w, "vault", "vault", m->vault);
	json_string(&cli->w, "region", m->region);
	json_instant(&cli->w, "created", m->created);
	json_bool(&cli->w, "with_keys", m->with_keys);
	json_int(&cli->w, "log_size", (int64_t)m->log_size);
	json_int(&cli->w, "records", m->records);
	json_int(&cli->w, "media", m->media);
	json_int(&cli->w, "blobs", m->blobs);
	json_int(&cli->w, "blob_bytes", (int64_t)m->blob_bytes);
	json_int(&cli->w, "blobs_removed", m->blobs_removed);
	json_int(&cli->w, "blobs_missing", m->blobs_missing);
	json_end_object(&cli->w);
}

enum result cmd_backup(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	static const char *const names[] = {"Copying the data", "Copying the keys", "Copying blobs"};
	struct steps steps = {.names = names, .step = -1};
	struct backup_options options = {.now = cli->now, .progress = show_backup, .progress_arg = &steps};
	const char *out = NULL;
	const struct cli_option own[] = {{"out", &out, NULL}, {"with-keys", NULL, &options.with_keys}};
	struct manifest manifest;
	enum result r = cli_parse(cli, own, 2, &argc, argv, 0, 1, err);

	if (r == OK && (out == NULL) == (argc == 0)) {
		err_set(err, ERR_INPUT, out == NULL ? "the folder of the backup is missing"
						    : "the folder of the backup is given twice");
		return err_mend(err, "write lethe backup --out DIR");
	}
	options.dir = out != NULL ? out : argc > 0 ? argv[0] : "";
	if (r == OK)
		r = cli_open(cli, false, err);
	if (r != OK)
		return r;
	r = backup_create(cli->vault, &options, &manifest, err);
	end_steps(&steps);
	if (r != OK)
		return r;
	say_backup(cli, &manifest, options.dir);
	write_backup(cli, &manifest, options.dir);
	*partly = manifest.blobs_missing > 0;
	return OK;
}

/* ---- restore ---- */

static bool show_restore(void *arg, enum restore_step step, uint64_t done, uint64_t total)
{
	return show_step(arg, (int)step, (int64_t)done, (int64_t)total);
}

/* When the live data cannot be opened, what remains is the key store: enough to restore. */
static enum result open_for_restore(struct cli *cli, const struct manifest *manifest, struct err *err)
{
	const struct vault_options options = {
	    .data_dir = cli->data_dir,
	    .region = cli->region != NULL ? cli->region : manifest->region,
	    .secret_file = cli->secret_file,
	    .command = cli->command,
	    .write = true,
	    .lock_wait_ms = LOCK_WAIT_MS,
	};
	struct err first;
	enum result r;

	if (cli->region == NULL)
		cli->region = manifest->region;
	r = cli_open(cli, true, err);
	if (r != ERR_NOT_FOUND && r != ERR_CORRUPT)
		return r;
	first = *err;
	vault_close(cli->vault);
	cli->vault = NULL;
	r = vault_open_without_data(&options, manifest->vault, &cli->vault, err);
	if (r != OK)
		return r;
	cli_say(cli, "The live data cannot be opened (%s): going back to the backup whole.\n", first.what);
	return OK;
}

static int64_t all_kinds(const struct removed *removed)
{
	int64_t sum = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		sum += removed->records[kind];
	return sum;
}

static void say_restore(struct cli *cli, const struct restore_result *out)
{
	char at[TIME_TEXT_MAX], n[32];

	cli_say(cli, "Restored the backup of %s: the vault has %s records.\n", instant_format(out->manifest.created, at),
		cli_count(out->records, n));
	cli_say(cli, "  %12s records left out, of persons erased since\n", cli_count(all_kinds(&out->dropped.erased), n));
	cli_say(cli, "  %12s records left out, expired since\n", cli_count(all_kinds(&out->dropped.expired), n));
	cli_say(cli, "  %12s records left out, whose hold has ended since\n", cli_count(out->dropped.released, n));
	cli_say(cli, "  %12s records and contacts kept as they were, by a hold\n", cli_count(out->carried.held, n));
	if (out->carried.parts > 0)
		cli_say(cli, "  %12s records kept as they were: the rest of their days has expired since\n",
			cli_count(out->carried.parts, n));
	cli_say(cli, "  %12s blobs copied back\n", cli_count(out->blobs_copied, n));
	cli_say(cli, "  %12s keys open nothing here; a newer backup may need them\n",
		cli_count(out->dropped.keys_without_data, n));
	if (out->blobs_missing > 0)
		cli_say(cli, "%s blobs are MISSING in both the vault and the backup: run `lethe check`.\n",
			cli_count(out->blobs_missing, n));
	if (out->live_lost)
		cli_say(cli, "The live data were lost or damaged: holds, policies, links and acts made after the backup are lost\n"
			     "with them, and the log goes on from the backup's. A damaged file is kept as vault.db.damaged.\n"
			     "An erasure made after the backup holds all the same. Import again what came since.\n");
	else
		cli_say(cli, "The log, accounts, holds, policies, links and identities are as they were before the restore.\n");
}

static void write_restore(struct cli *cli, const struct restore_result *out)
{
	struct json_writer *w = &cli->w;

	json_begin_object(w, NULL);
	json_id(w, "job", "job", out->job);
	json_instant(w, "backup", out->manifest.created);
	json_bool(w, "live_lost", out->live_lost);
	json_int(w, "records", out->records);
	json_int(w, "erased_since", all_kinds(&out->dropped.erased));
	json_int(w, "persons_identities_erased", out->dropped.identities);
	json_int(w, "contacts_erased", out->dropped.contacts);
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
	json_int(w, "parts", out->carried.parts);
	json_int(w, "jobs", out->carried.jobs);
	json_int(w, "leaves", out->carried.leaves);
	json_end_object(w);
	json_int(w, "blobs_copied", out->blobs_copied);
	json_int(w, "blobs_missing", out->blobs_missing);
	json_int(w, "blobs_removed", out->blobs_trashed);
	json_end_object(w);
}

enum result cmd_restore(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	static const char *const names[] = {"Verifying the backup", "Copying the data", "Looking at blobs"};
	struct steps steps = {.names = names, .step = -1};
	struct restore_options options = {.now = cli->now, .progress = show_restore, .progress_arg = &steps};
	struct manifest manifest; /* cli->region may point into it */
	struct restore_result out;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 1, 1, err);

	if (r != OK)
		return r;
	options.dir = argv[0];
	r = manifest_read(options.dir, &manifest, err);
	if (r == OK)
		r = open_for_restore(cli, &manifest, err);
	if (r == OK)
		r = restore_run(cli->vault, &options, &out, err);
	end_steps(&steps);
	cli->region = NULL;
	if (r != OK)
		return r;
	say_restore(cli, &out);
	write_restore(cli, &out);
	*partly = out.blobs_missing > 0 || out.live_lost;
	return OK;
}

/* ---- check ---- */

struct showing {
	struct cli *cli;
	struct cli_progress progress;
	const char *problems[CHECK_COUNT][CHECK_TOLD_MAX]; /* in cli->pool */
	int count[CHECK_COUNT];
};

static bool show_check(void *arg, int64_t done, int64_t total)
{
	struct showing *showing = arg;

	cli_progress_show(&showing->progress, done, total);
	return cli_interrupted();
}

static void note_problem(void *arg, enum check_id id, const char *text)
{
	struct showing *showing = arg;
	const char *copy = pool_strdup(&showing->cli->pool, text);

	if (copy != NULL && showing->count[id] < CHECK_TOLD_MAX)
		showing->problems[id][showing->count[id]++] = copy;
}

static void say_check(struct cli *cli, const struct showing *showing, const struct check_report *report, bool quick)
{
	char n[32], problems[32];

	for (int id = 0; id < CHECK_COUNT; id++) {
		bool undone = quick && id == CHECK_STREAMS;

		cli_say(cli, "  %-12s %12s looked at%s", check_name((enum check_id)id),
			cli_count(report->checks[id].looked_at, n), undone ? " (keys only)" : "");
		if (report->checks[id].problems > 0)
			cli_say(cli, ", %s PROBLEMS", cli_count(report->checks[id].problems, problems));
		cli_say(cli, "\n");
		for (int i = 0; i < showing->count[id]; i++)
			cli_say(cli, "    %s\n", cli_clean(cli, showing->problems[id][i]));
	}
	if (report->pruned > 0)
		cli_say(cli, "%s leaves of the log are past their time: their hashes are left, and hold.\n",
			cli_count(report->pruned, n));
	if (report->keys_without_data > 0)
		cli_say(cli, "%s keys have no data; that is harmless.\n", cli_count(report->keys_without_data, n));
	if (report->unsettled)
		cli_say(cli, "Something was stopped half-way; the next command that writes clears up after it.\n");
	if (report->problems == 0)
		cli_say(cli, "Nothing is wrong.\n");
}

static void write_check(struct cli *cli, const struct showing *showing, const struct check_report *report)
{
	struct json_writer *w = &cli->w;

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
static enum result fail_check(struct cli *cli, const struct check_report *report, struct err *err)
{
	if (cli->json && buf_ok(&cli->out, "the report", err) != OK)
		return err->code;
	if (cli->json)
		printf("%s\n", cli->out.data);
	buf_reset(&cli->out);
	err_set(err, ERR_CORRUPT, "the check found %lld problems", (long long)report->problems);
	err_where(err, "%s", cli->vault->dir);
	return err_mend(err, "keep a copy of the folder as it is, then restore the last good backup with `lethe restore`");
}

enum result cmd_check(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct showing *showing = pool_alloc(&cli->pool, sizeof *showing);
	struct check_options options = {
	    .problem = note_problem, .progress = show_check, .arg = showing};
	const struct cli_option own[] = {{"quick", NULL, &options.quick}, {"checkpoint", &options.checkpoint, NULL}};
	struct check_report report;
	enum result r = cli_parse(cli, own, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (showing == NULL)
		return err_no_memory(err);
	if (r == OK)
		r = cli_open(cli, false, err);
	if (r != OK)
		return r;
	showing->cli = cli;
	cli_progress_begin(&showing->progress, "Checking");
	r = check_vault(cli->vault, &options, &report, err);
	cli_progress_end(&showing->progress);
	if (r != OK)
		return r;
	say_check(cli, showing, &report, options.quick);
	write_check(cli, showing, &report);
	return report.problems > 0 ? fail_check(cli, &report, err) : OK;
}
