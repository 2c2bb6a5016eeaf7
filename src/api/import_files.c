/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "api/operations.h"
#include "ingest/field.h"
#include "ingest/import.h"

#define SHOWN_MAX 20 /* lines told of, of each sort; all are counted and kept */

struct importing {
	struct call *call;
	struct call_progress progress;
	int rejected, differing;
};

/* ---- while it runs ---- */

static bool asked_to_stop(void *arg)
{
	const struct importing *importing = arg;

	return call_interrupted(importing->call);
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	struct importing *importing = arg;

	(void)call_progress_show(&importing->progress, (int64_t)done, (int64_t)total); /* asked by asked_to_stop */
}

static void show_bad_line(void *arg, const char *file, uint64_t line, const struct err *why)
{
	struct importing *importing = arg;
	struct call *call = importing->call;
	int *shown = why->code == ERR_EXISTS ? &importing->differing : &importing->rejected;

	if ((*shown)++ >= SHOWN_MAX)
		return;
	call_remark(call, "%s:%" PRIu64 ": %s%s%s%s%s\n", call_clean(call, file), line, call_clean(call, why->where),
		    why->where[0] ? ": " : "", call_clean(call, why->what), why->mend[0] ? "\n    " : "",
		    call_clean(call, why->mend));
}

/* ---- the outcome ---- */

static const struct row {
	const char *name;       /* in JSON */
	const char *one, *many; /* for people */
	size_t offset;
} rows[] = {
#define ROW(member, one, many)                                                                                         \
	{                                                                                                              \
#member, one, many, offsetof(struct import_result, member)                                             \
	}
    ROW(contacts_new, "new contact", "new contacts"),
    ROW(contacts_updated, "contact updated", "contacts updated"),
    ROW(contacts_unchanged, "contact unchanged", "contacts unchanged"),
    ROW(identities, "new identity", "new identities"),
    ROW(linked, "person linked with another by a contact", "persons linked with another by a contact"),
    ROW(shared, "identifier not linked: a contact of another name has it too",
	"identifiers not linked: a contact of another name has them too"),
    ROW(media, "media file", "media files"),
    ROW(duplicates, "record that was there already", "records that were there already"),
    ROW(differs, "record that is here already with other content; it was left as it was",
	"records that are here already with other content; they were left as they were"),
    ROW(refused_erased, "refused: the person was erased after that time",
	"refused: the person was erased after that time"),
    ROW(expired, "left out: the policy in force would delete it at once",
	"left out: the policy in force would delete them at once"),
    ROW(cut, "of the new ones past its time, and cut down to what obligations name",
	"of the new ones past their time, and cut down to what obligations name"),
    ROW(contacts_held, "contact not updated: a legal hold keeps it as it is",
	"contacts not updated: a legal hold keeps them as they are"),
    ROW(contacts_deleted, "contact not taken: it was deleted here (`lethe help contact readmit`)",
	"contacts not taken: they were deleted here (`lethe help contact readmit`)"),
    ROW(fell_back, "identifier that is neither phone number nor e-mail address: kept as an external id",
	"identifiers that are neither phone number nor e-mail address: kept as external ids"),
    ROW(doubtful_times, "local time that its zone skips or repeats", "local times that their zone skips or repeats"),
#undef ROW
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static int64_t value_of(const struct import_result *result, const struct row *row)
{
	int64_t value;

	memcpy(&value, (const char *)result + row->offset, sizeof value);
	return value;
}

static void say_count(struct call *call, int64_t count, const char *text)
{
	char number[32];

	if (count > 0)
		call_say(call, "%12s  %s\n", call_count(count, number), text);
}

static void say_result(struct call *call, const struct import_result *result)
{
	char lines[32], bytes[32];

	call_say(call, "Read %s line%s, %s.\n", call_count(result->lines, lines), result->lines == 1 ? "" : "s",
		 call_bytes((uint64_t)result->input_bytes, bytes));
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		say_count(call, result->records[kind], call_kind((enum record_kind)kind, result->records[kind]));
	for (size_t i = 0; i < ROW_COUNT; i++)
		say_count(call, value_of(result, &rows[i]),
			  value_of(result, &rows[i]) == 1 ? rows[i].one : rows[i].many);
	say_count(call, result->rejected, result->rejected == 1 ? "line rejected" : "lines rejected");
	if (result->rejects[0] == '\0')
		return;
	call_say(call, "The lines that were not taken are in %s, the reasons in %s.txt.\n",
		 call_clean(call, result->rejects), call_clean(call, result->rejects));
	if (result->rejects_files > 1)
		call_say(call, "So are those of %zu more file%s.\n", result->rejects_files - 1,
			 result->rejects_files == 2 ? ", under its name" : "s, under their names");
	call_say(call, "Mend them and import that file; then delete both, for they are not encrypted.\n");
}

static void write_result(struct json_writer *w, const struct import_result *result)
{
	json_begin_object(w, NULL);
	json_int(w, "lines", result->lines);
	json_int(w, "input_bytes", result->input_bytes);
	json_begin_object(w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (result->records[kind] > 0)
			json_int(w, kind_name((enum record_kind)kind), result->records[kind]);
	}
	json_end_object(w);
	for (size_t i = 0; i < ROW_COUNT; i++)
		json_int(w, rows[i].name, value_of(result, &rows[i]));
	json_int(w, "media_bytes", result->media_bytes);
	json_int(w, "payload_bytes", result->payload_bytes);
	json_int(w, "rejected", result->rejected);
	json_string(w, "rejects", result->rejects[0] ? result->rejects : NULL);
	json_end_object(w);
}

/* What is in the vault is said also when the import ended early, before the error is. */
static void report(struct call *call, const struct import_result *result, enum result r)
{
	struct err ignored;

	if (r != OK)
		call_say(call, "The import ended early; this much is in the vault, whole. Run it again to go on: "
			       "what is there already is passed over.\n");
	say_result(call, result);
	write_result(&call->w, result);
	if (r != OK && call_flush(call, &ignored) != OK)
		call->out.failed = true; /* the error that ended it is the one to tell */
}

/* ---- the command ---- */

struct given {
	const char *format, *source, *zone;
	struct import_options options;
};

/* As a line's own source is checked. */
static enum result check_source(const char *source, struct err *err)
{
	if (text_is_utf8(source, strlen(source)) && field_word(source, strlen(source), FIELD_SOURCE_MAX, err) == OK)
		return OK;
	err_set(err, ERR_INPUT, "a source has 1 to %d printable characters", FIELD_SOURCE_MAX);
	err_where(err, "--source");
	return err_mend(err, "give the name of the system that the records come from, such as pbx-2");
}

static void say_more(struct call *call, int told, const char *what)
{
	if (told > SHOWN_MAX)
		call_remark(call, ".. and %d more %s\n", told - SHOWN_MAX, what);
}

static enum result read_given(struct given *given, struct err *err)
{
	if (given->format != NULL && !import_format_parse(given->format, &given->options.format)) {
		err_set(err, ERR_INPUT, "there is no format '%.40s'", given->format);
		err_where(err, "--format");
		return err_mend(err, "give jsonl or asterisk-csv; unless given, files whose names end in .csv are "
				     "asterisk-csv");
	}
	if (given->source != NULL && check_source(given->source, err) != OK)
		return err->code;
	given->options.source = given->source;
	if (given->zone != NULL && zone_open(given->zone, &given->options.zone, err) != OK)
		return err_where(err, "--tz");
	return OK;
}

static enum result run_import(struct call *call, struct given *given, int count, char **paths, bool *partly,
			      struct err *err)
{
	struct importing importing = {.call = call};
	struct import_result result;
	struct account account;
	enum result r = call_open_account(call, true, &account, err);

	if (r != OK)
		return r;
	given->options.account = &account;
	given->options.now = call->now;
	given->options.arg = &importing;
	given->options.stop = asked_to_stop;
	given->options.progress = show_progress;
	given->options.bad_line = show_bad_line;
	call_progress_begin(call, &importing.progress, "Importing");
	r = import_files(call->vault, &given->options, (const char *const *)paths, (size_t)count, &result, err);
	call_progress_end(&importing.progress);
	say_more(call, importing.rejected, importing.rejected == SHOWN_MAX + 1 ? "rejected line" : "rejected lines");
	say_more(call, importing.differing,
		 importing.differing == SHOWN_MAX + 1 ? "record with other content" : "records with other content");
	if (r == OK || result.lines > 0)
		report(call, &result, r);
	*partly = result.rejected > 0 || result.differs > 0;
	return r;
}

enum result op_import(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct given given = {.options = {.format = IMPORT_AUTO}};
	const struct call_option options[] = {
	    {"format", &given.format, NULL},
	    {"source", &given.source, NULL},
	    {"tz", &given.zone, NULL},
	    {"media-root", &given.options.media_root, NULL},
	    {"rejects", &given.options.rejects, NULL},
	    {"strict", NULL, &given.options.strict},
	};
	enum result r = call_parse(call, options, sizeof options / sizeof *options, &argc, argv, 1, -1, err);

	if (r == OK)
		r = read_given(&given, err);
	if (r == OK)
		r = run_import(call, &given, argc, argv, partly, err);
	zone_close(given.options.zone);
	return r;
}
