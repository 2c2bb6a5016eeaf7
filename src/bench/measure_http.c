/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The daemon: bringing calls in, against the command line's import of the same
 * file; and reading a contact, its leaf in the log included, against "hello,
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

struct reading {
	struct measure *m;
	struct daemon daemon;
	struct hello hello;
	char contact[64];
};

/* A contact to read. */
static enum result put_contact(struct reading *reading, struct err *err)
{
	static const char line[] = "{\"type\":\"contact\",\"id\":\"1\",\"name\":\"Ann Holst\",\"phones\":[\"+4520000289\"],"
				   "\"emails\":[\"ann@example.com\"],\"company\":\"Holst ApS\",\"tags\":[\"vip\"]}\n";
	char path[GROUND_PATH_MAX], said[SAID_MAX] = "";
	const char *const import[] = {"import", path, NULL}, *const list[] = {"contact", "list", NULL};
	const char *at;
	enum result r;

	ground_path(&reading->m->ground, "contact.jsonl", path);
	r = file_write_atomic(path, line, strlen(line), 0600, err);
	if (r == OK)
		r = daemon_command(&reading->daemon, import, said, sizeof said, err);
	if (r == OK)
		r = daemon_command(&reading->daemon, list, said, sizeof said, err);
	at = r == OK ? strstr(said, "con_") : NULL;
	if (at != NULL)
		snprintf(reading->contact, sizeof reading->contact, "%.*s", (int)strcspn(at, " \n"), at);
	return r == OK && at == NULL ? err_set(err, ERR_INTERNAL, "there is no contact to read") : r;
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

static enum result ask(const struct reading *reading, int port, const char *path, struct sample *out, struct err *err)
{
	char url[256], duration[32], said[SAID_MAX] = "";
	const char *const argv[] = {"wrk", "-t1", "-c" AT_ONCE, duration, "-s", reading->daemon.script, url, NULL};
	enum result r;

	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
	snprintf(duration, sizeof duration, "-d%ds", reading->m->options->seconds < 1 ? 1 : (int)reading->m->options->seconds);
	r = program_run(argv, NULL, said, sizeof said, err);
	return r == OK ? read_rate(said, out, err) : r;
}

/* What is asked in turns with "hello, world". */
struct asked { struct figure figure; struct rounds rounds; char path[128]; };

static enum result ask_each(struct reading *reading, struct asked *asked, size_t count, struct err *err)
{
	struct sample theirs, ours;
	enum result r = measure_step(reading->m, err, "asking for \"hello, world\"");

	if (r == OK)
		r = ask(reading, reading->hello.port, "/", &theirs, err);
	for (size_t i = 0; i < count && r == OK; i++) {
		r = measure_step(reading->m, err, "%s", asked[i].figure.what);
		if (r == OK)
			r = ask(reading, reading->daemon.port, asked[i].path, &ours, err);
		if (r == OK)
			rounds_add(&asked[i].rounds, &theirs, &ours);
	}
	return r;
}

static enum result read_rounds(struct reading *reading, struct err *err)
{
	struct figure figure = {.against = "\"hello, world\" on the same HTTP library", .name = "http",
				.unit = "requests", .sense = FIGURE_RATE};
	struct asked asked[] = {{.figure = figure, .path = "/healthz"}, {.figure = figure}};
	enum result r = OK;

	snprintf(asked[0].figure.what, sizeof figure.what, "asking the daemon whether it is alive");
	asked[1].figure.target = 0.6;
	snprintf(asked[1].figure.what, sizeof figure.what, "reading a contact, " AT_ONCE " at a time, each in the log");
	snprintf(asked[1].path, sizeof asked[1].path, "/v1/accounts/bench/contacts/%s", reading->contact);
	for (int i = 0; i < reading->m->options->rounds && r == OK; i++)
		r = ask_each(reading, asked, sizeof asked / sizeof *asked, err);
	for (size_t i = 0; i < sizeof asked / sizeof *asked && r == OK; i++) {
		figure_of(&asked[i].figure, &asked[i].rounds);
		measure_figure(reading->m, &asked[i].figure);
	}
	return r;
}

enum result measure_http(struct measure *m, struct err *err)
{
	struct reading reading = {.m = m};
	enum result r;

	if (m->options->lethe == NULL) {
		leave_out(m, "http", "which program is to serve is not known");
		return OK;
	}
	r = daemon_found(&m->ground, m->options->lethe, "read", &reading.daemon, err);
	if (r == OK)
		r = put_contact(&reading, err);
	if (r == OK)
		r = hello_start(&reading.hello, err);
	if (r == OK)
		r = daemon_start(&reading.daemon, err);
	if (r == OK)
		r = read_rounds(&reading, err);
	daemon_remove(&reading.daemon);
	hello_stop(&reading.hello);
	if (r == ERR_NOT_FOUND) {
		leave_out(m, "http", "there is no wrk");
		return OK;
	}
	return r;
}
