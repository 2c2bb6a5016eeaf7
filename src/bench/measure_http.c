/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The daemon: bringing calls in, against the command line's import of the same
 * file; and reading contacts, their leaves in the log included, against "hello,
 * world" on the same HTTP library. What the daemon takes of that to say that it
 * is alive, without looking at anything, is a figure of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/daemon.h"
#include "bench/hello.h"
#include "bench/measure.h"

#define SAID_MAX 8192
#define AT_ONCE "64" /* connections */

static const char *const import_url = "http://127.0.0.1:%d/v1/accounts/bench/ingest?results=all";

/* What cannot be measured here is no fault of what is measured. */
static void leave_out(struct measure *m, const char *name, const char *why)
{
	struct figure figure = {.name = name, .unit = "requests", .sense = FIGURE_RATE, .what = "the daemon",
				.against = "the same without it"};

	snprintf(figure.note, sizeof figure.note, "%.190s", why);
	measure_figure(m, &figure);
}

/* ---- bringing in ---- */

struct bringing {
	struct measure *m;
	struct calls calls;
	char file[GROUND_PATH_MAX], answer[GROUND_PATH_MAX];
};

static enum result import_file(const struct bringing *bringing, const struct daemon *daemon, struct sample *out,
			       struct err *err)
{
	const char *const words[] = {"import", bringing->file, NULL};
	char said[SAID_MAX];
	struct moment started = child_now();
	enum result r = daemon_command(daemon, words, said, sizeof said, err);

	*out = (struct sample){.ns = child_now().ns - started.ns, .units = bringing->calls.total};
	return r;
}

static enum result check_answer(const struct bringing *bringing, struct err *err)
{
	char wanted[64];
	struct buf text;
	enum result r = file_read(bringing->answer, (size_t)1 << 32, &text, err);

	if (r != OK)
		return r;
	snprintf(wanted, sizeof wanted, "\"complete\":true,\"new\":%lld,", (long long)bringing->calls.total);
	if (text.len == 0 || strstr(text.data, wanted) == NULL)
		r = err_set(err, ERR_INTERNAL, "the daemon did not take every call in");
	buf_free(&text);
	return r;
}

static enum result send_file(const struct bringing *bringing, struct daemon *daemon, struct sample *out, struct err *err)
{
	char who[GROUND_PATH_MAX + 1], url[128];
	const char *const argv[] = {"curl", "-sS", "-X", "POST", "-H", who, "-H", "Content-Type: application/x-ndjson",
				    "-T", bringing->file, "-o", bringing->answer, url, NULL};
	struct moment started;
	enum result r = daemon_start(daemon, err);

	if (r != OK)
		return r;
	snprintf(who, sizeof who, "@%s", daemon->header);
	snprintf(url, sizeof url, import_url, daemon->port);
	started = child_now();
	r = program_run(argv, NULL, NULL, 0, err);
	*out = (struct sample){.ns = child_now().ns - started.ns, .units = bringing->calls.total};
	daemon_stop(daemon);
	return r == OK ? check_answer(bringing, err) : r;
}

static enum result in_a_new_vault(struct bringing *bringing, bool over_http, struct sample *out, struct err *err)
{
	struct daemon daemon;
	enum result r = daemon_found(&bringing->m->ground, bringing->m->options->lethe, over_http ? "by-http" : "by-import",
				     &daemon, err);

	if (r == OK)
		r = over_http ? send_file(bringing, &daemon, out, err) : import_file(bringing, &daemon, out, err);
	daemon_remove(&daemon);
	return r;
}

static enum result bring_in(struct bringing *bringing, struct rounds *rounds, struct err *err)
{
	long long records = (long long)bringing->calls.total;
	struct sample theirs, ours;
	enum result r = measure_step(bringing->m, err, "importing %lld calls from a file", records);

	if (r == OK)
		r = in_a_new_vault(bringing, false, &theirs, err);
	if (r == OK)
		r = measure_step(bringing->m, err, "sending %lld calls to the daemon", records);
	if (r == OK)
		r = in_a_new_vault(bringing, true, &ours, err);
	if (r == OK)
		rounds_add(rounds, &theirs, &ours);
	return r;
}

enum result measure_ingest_http(struct measure *m, struct err *err)
{
	int64_t records = m->options->records;
	struct bringing bringing = {
	    .m = m, .calls = {.seed = 3, .total = records, .people = records / 10, .first = calls_epoch(), .days = 730}};
	struct figure figure = {.name = "ingest-http", .against = "the command line's import of the same file",
				.unit = "records", .sense = FIGURE_RATE, .target = 0.6};
	struct rounds rounds = {.count = 0};
	enum result r;

	if (m->options->lethe == NULL) {
		leave_out(m, "ingest-http", "which program is to serve is not known");
		return OK;
	}
	ground_path(&m->ground, "calls.jsonl", bringing.file);
	ground_path(&m->ground, "answer", bringing.answer);
	r = calls_write(&bringing.calls, 0, records, bringing.file, err);
	for (int i = 0; i < m->options->rounds && r == OK; i++)
		r = bring_in(&bringing, &rounds, err);
	unlink(bringing.file);
	unlink(bringing.answer);
	if (r == ERR_NOT_FOUND) {
		leave_out(m, "ingest-http", "there is no curl");
		return OK;
	}
	if (r != OK)
		return r;
	snprintf(figure.what, sizeof figure.what, "sending %lld calls to the daemon", (long long)records);
	figure_of(&figure, &rounds);
	measure_figure(m, &figure);
	return OK;
}

/* ---- reading ---- */

#define CONTACTS 1000
#define LIST_MAX ((size_t)4 * 1024 * 1024)

struct reading {
	struct measure *m;
	const char *sync; /* "second" or "answer", as `lethe serve --reads-sync` takes it */
	struct daemon daemon;
	struct hello hello;
	char greet[GROUND_PATH_MAX], alive[GROUND_PATH_MAX], contacts[GROUND_PATH_MAX]; /* scripts of wrk */
};

static enum result import_contacts(const struct reading *reading, struct err *err)
{
	char path[GROUND_PATH_MAX];
	const char *const import[] = {"import", path, NULL};
	struct buf text;
	enum result r;

	ground_path(&reading->m->ground, "contacts.jsonl", path);
	buf_init(&text, LIST_MAX);
	for (int i = 0; i < CONTACTS; i++)
		buf_printf(&text, "{\"type\":\"contact\",\"id\":\"%d\",\"name\":\"Ann Holst\",\"phones\":[\"+4520%06d\"],"
				  "\"emails\":[\"ann%d@example.com\"],\"company\":\"Holst ApS\",\"tags\":[\"vip\"]}\n", i, i, i);
	r = buf_ok(&text, "the contacts", err);
	if (r == OK)
		r = file_write_atomic(path, text.data, text.len, 0600, err);
	if (r == OK)
		r = daemon_command(&reading->daemon, import, NULL, 0, err);
	unlink(path);
	buf_free(&text);
	return r;
}

/* The lines of a list begin with ids. How many there were. */
static int add_contacts(struct buf *out, const char *listed)
{
	int count = 0;

	for (const char *at = listed; (at = strstr(at, "con_")) != NULL; count++) {
		size_t len = strcspn(at, " \n");

		buf_printf(out, "\"/v1/accounts/bench/contacts/%.*s\",\n", (int)len, at);
		at += len;
	}
	return count;
}

static int add_same(struct buf *out, const char *path)
{
	for (int i = 0; i < CONTACTS; i++)
		buf_printf(out, "\"%s\",\n", path);
	return CONTACTS;
}

/* Asks for those that are listed, one after the other; or (NULL) in the same way for one path. */
static enum result write_script(const struct reading *reading, const char *to, const char *listed, const char *path,
				struct err *err)
{
	struct buf text, who;
	int count;
	enum result r = file_read(reading->daemon.script, LIST_MAX, &who, err);

	if (r != OK)
		return r;
	buf_init(&text, LIST_MAX);
	buf_add(&text, who.data, who.len);
	buf_add_str(&text, "local asked, n = {}, 0\nlocal paths = {\n");
	count = listed != NULL ? add_contacts(&text, listed) : add_same(&text, path);
	buf_add_str(&text, "}\nfunction init(args)\n for i, path in ipairs(paths) do asked[i] = wrk.format(\"GET\", path) end\nend\n"
			   "function request()\n n = n % #asked + 1\n return asked[n]\nend\n");
	r = buf_ok(&text, "a script", err);
	if (r == OK && count != CONTACTS)
		r = err_set(err, ERR_INTERNAL, "there are %d contacts to read, not %d", count, CONTACTS);
	if (r == OK)
		r = file_write_atomic(to, text.data, text.len, 0600, err);
	buf_free(&text);
	buf_free(&who);
	return r;
}

static enum result write_scripts(struct reading *reading, struct err *err)
{
	const char *const list[] = {"contact", "list", "--limit", "1000", NULL};
	char *said = calloc(1, LIST_MAX);
	enum result r = said != NULL ? OK : err_no_memory(err);

	ground_path(&reading->m->ground, "greet.lua", reading->greet);
	ground_path(&reading->m->ground, "alive.lua", reading->alive);
	ground_path(&reading->m->ground, "contacts.lua", reading->contacts);
	if (r == OK)
		r = daemon_command(&reading->daemon, list, said, LIST_MAX, err);
	if (r == OK)
		r = write_script(reading, reading->contacts, said, NULL, err);
	if (r == OK)
		r = write_script(reading, reading->alive, NULL, "/healthz", err);
	if (r == OK)
		r = write_script(reading, reading->greet, NULL, "/", err);
	free(said);
	return r;
}

/* "Requests/sec:  1234.56", and no answer that was not 200. */
static enum result read_rate(const char *said, struct sample *out, struct err *err)
{
	const char *at = strstr(said, "Requests/sec:");
	double rate = at != NULL ? strtod(at + strlen("Requests/sec:"), NULL) : 0;

	if (rate <= 0 || strstr(said, "Non-2xx") != NULL || strstr(said, "Socket errors") != NULL)
		return err_set(err, ERR_INTERNAL, "not every request was answered");
	*out = (struct sample){.ns = 1000000000, .units = (int64_t)(rate + 0.5)};
	return OK;
}

static enum result ask(const struct reading *reading, int port, const char *script, struct sample *out, struct err *err)
{
	char url[64], duration[32], said[SAID_MAX] = "";
	const char *const argv[] = {"wrk", "-t1", "-c" AT_ONCE, duration, "-s", script, url, NULL};
	enum result r;

	snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
	snprintf(duration, sizeof duration, "-d%ds", reading->m->options->seconds < 1 ? 1 : (int)reading->m->options->seconds);
	r = program_run(argv, NULL, said, sizeof said, err);
	return r == OK ? read_rate(said, out, err) : r;
}

/* What is asked in turns with "hello, world". */
struct asked { struct figure figure; struct rounds rounds; const char *script; };

static enum result ask_each(struct reading *reading, struct asked *asked, size_t count, struct err *err)
{
	struct sample theirs, ours;
	enum result r = measure_step(reading->m, err, "asking for \"hello, world\"");

	if (r == OK)
		r = ask(reading, reading->hello.port, reading->greet, &theirs, err);
	for (size_t i = 0; i < count && r == OK; i++) {
		r = measure_step(reading->m, err, "%s", asked[i].figure.what);
		if (r == OK)
			r = ask(reading, reading->daemon.port, asked[i].script, &ours, err);
		if (r == OK)
			rounds_add(&asked[i].rounds, &theirs, &ours);
	}
	return r;
}

static enum result ask_in_rounds(struct reading *reading, struct asked *asked, size_t count, struct err *err)
{
	enum result r = OK;

	for (int i = 0; i < reading->m->options->rounds && r == OK; i++)
		r = ask_each(reading, asked, count, err);
	for (size_t i = 0; i < count && r == OK; i++) {
		figure_of(&asked[i].figure, &asked[i].rounds);
		measure_figure(reading->m, &asked[i].figure);
	}
	return r;
}

static enum result prepare_reading(struct reading *reading, struct err *err)
{
	const char *const options[] = {"--reads-sync", reading->sync, NULL};
	enum result r = daemon_found(&reading->m->ground, reading->m->options->lethe, "read", &reading->daemon, err);

	if (r == OK)
		r = import_contacts(reading, err);
	if (r == OK)
		r = write_scripts(reading, err);
	if (r == OK)
		r = hello_start(&reading->hello, err);
	return r == OK ? daemon_start_with(&reading->daemon, options, err) : r;
}

static void end_reading(struct reading *reading)
{
	daemon_remove(&reading->daemon);
	hello_stop(&reading->hello);
	unlink(reading->greet);
	unlink(reading->alive);
	unlink(reading->contacts);
}

static enum result measure_reads(struct reading *reading, struct asked *asked, size_t count, struct err *err)
{
	const char *name = asked[0].figure.name;
	enum result r;

	if (reading->m->options->lethe == NULL) {
		leave_out(reading->m, name, "which program is to serve is not known");
		return OK;
	}
	r = prepare_reading(reading, err);
	if (r == OK)
		r = ask_in_rounds(reading, asked, count, err);
	end_reading(reading);
	if (r == ERR_NOT_FOUND) {
		leave_out(reading->m, name, "there is no wrk");
		return OK;
	}
	return r;
}

#define HELLO "\"hello, world\" on the same HTTP library"

enum result measure_http(struct measure *m, struct err *err)
{
	struct reading reading = {.m = m, .sync = "second"};
	struct asked asked[] = {
	    {.figure = {.name = "http", .what = "asking the daemon whether it is alive", .against = HELLO, .unit = "requests", .sense = FIGURE_RATE},
	     .script = reading.alive},
	    {.figure = {.name = "http", .what = "reading contacts, " AT_ONCE " at a time, who looked on disk within a second", .against = HELLO,
			.unit = "requests", .sense = FIGURE_RATE, .target = 0.6},
	     .script = reading.contacts}};

	return measure_reads(&reading, asked, 2, err);
}

enum result measure_http_synced(struct measure *m, struct err *err)
{
	struct reading reading = {.m = m, .sync = "answer"};
	struct asked asked[] = {
	    {.figure = {.name = "http-synced", .what = "reading contacts, " AT_ONCE " at a time, who looked on disk before each answer",
			.against = HELLO, .unit = "requests", .sense = FIGURE_RATE},
	     .script = reading.contacts}};

	return measure_reads(&reading, asked, 1, err);
}
