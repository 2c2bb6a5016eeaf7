/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/machine.h"
#include "api/operations.h"

/* How much is measured. */
static const struct level {
	int64_t records, grown, swept;
	int rounds;
	double seconds;
} quick = {100000, 1000000, 100000, 3, 1}, usual = {1000000, 1000000, 1000000, 5, 2},
  full = {1000000, 10000000, 6000000, 5, 2};

struct benching {
	struct call *call;
	bool on_terminal;
};

/* ---- while it runs ---- */

static bool asked_to_stop(void *arg)
{
	const struct benching *benching = arg;

	return call_interrupted(benching->call);
}

static void clear_line(const struct benching *benching)
{
	if (benching->on_terminal)
		fputs("\r\x1b[K", stderr);
	fflush(stderr);
}

static void show_step(void *arg, const char *what)
{
	struct benching *benching = arg;

	if (!benching->on_terminal)
		return;
	clear_line(benching);
	fprintf(stderr, "%s ..", what);
	fflush(stderr);
}

/* "41,200 records", "3.9 GB"; a rate below 100 with a digit more. */
static void format_rate(const struct figure *figure, double rate, char out[64])
{
	char number[32];

	if (strcmp(figure->unit, "bytes") == 0)
		snprintf(out, 64, "%s/s", call_bytes((uint64_t)rate, number));
	else if (rate < 100)
		snprintf(out, 64, "%.1f %s/s", rate, figure->unit);
	else
		snprintf(out, 64, "%s %s/s", call_count((int64_t)rate, number), figure->unit);
}

static void format_target(const struct figure *figure, char out[64])
{
	if (figure->target <= 0)
		snprintf(out, 64, "no target");
	else
		snprintf(out, 64, "%s %.2f: %s", figure->sense == FIGURE_RATE ? "at least" : "at most", figure->target,
			 figure_is_met(figure) ? "met" : "NOT MET");
}

static void say_memory(struct call *call, const char *who, int64_t peak, int64_t own)
{
	char a[32], b[32];

	if (peak > 0)
		call_say(call, "%s %s (%s without mapped files)", who, call_bytes((uint64_t)peak, a),
			 call_bytes((uint64_t)own, b));
}

static void say_figure(struct call *call, const struct figure *figure)
{
	char target[64], ours[64], baseline[64];

	if (figure->rounds == 0) {
		call_say(call, "%-14s     -                %-23s %s: not measured, %s\n", figure->name, "",
			 figure->what, figure->note);
		return;
	}
	format_target(figure, target);
	format_rate(figure, figure->ours, ours);
	format_rate(figure, figure->baseline, baseline);
	call_say(call, "%-14s %6.2f  %5.2f to %-6.2f %-23s %s\n", figure->name, figure->ratio, figure->lowest,
		 figure->highest, target, figure->what);
	target[0] = '\0';
	if (figure->processor_ratio > 0)
		snprintf(target, sizeof target, "%.2f by processor time", figure->processor_ratio);
	call_say(call, "%14s %-47s against %s\n", "", target, figure->against);
	call_say(call, "%63s%s against %s\n", "", ours, baseline);
	if (figure->bound_ms > 0)
		call_say(call, "%63s%.1f ms, at most %.0f ms: %s\n", "", figure_ms(figure), figure->bound_ms,
			 figure_is_within(figure) ? "met" : "NOT MET");
	if (figure->ours_peak > 0) {
		call_say(call, "%63s", "");
		say_memory(call, "at most", figure->ours_peak, figure->ours_own);
		say_memory(call, " against", figure->baseline_peak, figure->baseline_own);
		call_say(call, "\n");
	}
}

static void json_real(struct json_writer *w, const char *name, double value)
{
	const struct json node = {.type = JSON_DOUBLE, .real = value};

	json_node(w, name, &node);
}

static void write_side(struct json_writer *w, const char *name, double rate, int64_t peak, int64_t own)
{
	json_begin_object(w, name);
	json_real(w, "per_second", rate);
	if (peak > 0) {
		json_int(w, "peak_bytes", peak);
		json_int(w, "own_bytes", own);
	}
	json_end_object(w);
}

static void write_figure(struct json_writer *w, const struct figure *figure)
{
	json_begin_object(w, NULL);
	json_string(w, "name", figure->name);
	json_string(w, "what", figure->what);
	json_string(w, "against", figure->against);
	json_string(w, "unit", figure->unit);
	json_string(w, "ratio_of", figure->sense == FIGURE_RATE ? "rate" : "cost");
	json_int(w, "rounds", (int64_t)figure->rounds);
	if (figure->target > 0)
		json_real(w, figure->sense == FIGURE_RATE ? "at_least" : "at_most", figure->target);
	if (figure->rounds > 0) {
		json_real(w, "ratio", figure->ratio);
		json_real(w, "lowest", figure->lowest);
		json_real(w, "highest", figure->highest);
		if (figure->processor_ratio > 0)
			json_real(w, "by_processor_time", figure->processor_ratio);
		if (figure->target > 0)
			json_bool(w, "met", figure_is_met(figure));
		if (figure->bound_ms > 0) {
			json_real(w, "ms", figure_ms(figure));
			json_real(w, "at_most_ms", figure->bound_ms);
			json_bool(w, "within", figure_is_within(figure));
		}
		write_side(w, "ours", figure->ours, figure->ours_peak, figure->ours_own);
		write_side(w, "baseline", figure->baseline, figure->baseline_peak, figure->baseline_own);
	} else {
		json_string(w, "not_measured", figure->note);
	}
	json_end_object(w);
}

static void show_figure(void *arg, const struct figure *figure)
{
	struct benching *benching = arg;

	clear_line(benching);
	say_figure(benching->call, figure);
	fflush(stdout);
	write_figure(&benching->call->w, figure);
}

/* ---- the machine ---- */

static void say_machine(struct call *call, const struct machine *machine, const char *dir)
{
	char memory[32];

	call_say(call, "%s, %d of them, %s of memory; %s; %s in %s\n", call_clean(call, machine->processor),
		 machine->processors, call_bytes((uint64_t)machine->memory, memory), call_clean(call, machine->kernel),
		 machine->filesystem, call_clean(call, dir));
	call_say(call, "SQLite %s, OpenSSL %s; load %.2f before the first measurement\n\n", machine->sqlite,
		 machine->openssl, machine->load);
	call_say(call, "%-14s %6s  %-15s %-23s %s\n", "", "ratio", "rounds from", "target", "of what");
}

static void write_machine(struct json_writer *w, const struct machine *machine)
{
	json_begin_object(w, "machine");
	json_string(w, "processor", machine->processor);
	json_int(w, "processors", machine->processors);
	json_int(w, "memory_bytes", machine->memory);
	json_string(w, "kernel", machine->kernel);
	json_string(w, "filesystem", machine->filesystem);
	json_string(w, "sqlite", machine->sqlite);
	json_string(w, "openssl", machine->openssl);
	json_real(w, "load", machine->load);
	json_end_object(w);
}

/* ---- options ---- */

static enum result read_number(const char *option, const char *text, int64_t least, int64_t most, int64_t *out,
			       struct err *err)
{
	char *end;
	long long number;

	if (text == NULL)
		return OK;
	number = strtoll(text, &end, 10);
	if (end != text && *end == '\0' && number >= least && number <= most) {
		*out = number;
		return OK;
	}
	err_set(err, ERR_INPUT, "--%s is a number from %lld to %lld", option, (long long)least, (long long)most);
	return err_where(err, "--%s", option);
}

struct request {
	const char *dir, *records, *rounds;
	bool quick, full;
};

static enum result read_request(const struct request *request, struct bench_options *out, struct err *err)
{
	const struct level *level = request->quick ? &quick : request->full ? &full : &usual;
	const char *tmp = getenv("TMPDIR");
	int64_t records = level->records, rounds = level->rounds;
	enum result r;

	if (request->quick && request->full)
		return err_set(err, ERR_INPUT, "--quick and --full exclude each other");
	r = read_number("records", request->records, BENCH_RECORDS_MIN, BENCH_RECORDS_MAX, &records, err);
	if (r == OK)
		r = read_number("rounds", request->rounds, 1, ROUNDS_MAX, &rounds, err);
	out->dir = request->dir != NULL ? request->dir : tmp != NULL && *tmp != '\0' ? tmp : "/tmp";
	out->records = records;
	out->grown = request->records != NULL ? records : level->grown;
	out->swept = request->records != NULL ? records : level->swept;
	out->rounds = (int)rounds;
	out->seconds = level->seconds;
	return r;
}

/* Its path; NULL: it is not known. */
static const char *find_this_program(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 1);

	if (len <= 0)
		return NULL;
	out[len] = '\0';
	return out;
}

enum result op_bench(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct request request = {0};
	const struct call_option options[] = {{"dir", &request.dir, NULL},
					      {"records", &request.records, NULL},
					      {"rounds", &request.rounds, NULL},
					      {"quick", NULL, &request.quick},
					      {"full", NULL, &request.full}};
	struct benching benching = {.call = call, .on_terminal = isatty(STDERR_FILENO)};
	struct bench_options bench = {
	    .arg = &benching, .stop = asked_to_stop, .step = show_step, .figure = show_figure};
	char lethe[4096];
	const char *names[32];
	struct machine machine;
	enum result r = call_parse(call, options, sizeof options / sizeof options[0], &argc, argv, 0, 32, err);

	(void)partly;
	if (r == OK)
		r = read_request(&request, &bench, err);
	if (r != OK)
		return r;
	for (int i = 0; i < argc; i++)
		names[i] = argv[i];
	bench.lethe = find_this_program(lethe, sizeof lethe);
	machine_read(bench.dir, &machine);
	say_machine(call, &machine, bench.dir);
	json_begin_object(&call->w, NULL);
	write_machine(&call->w, &machine);
	json_begin_array(&call->w, "figures");
	r = bench_run(&bench, names, (size_t)argc, err);
	clear_line(&benching);
	json_end_array(&call->w);
	json_end_object(&call->w);
	return r;
}
