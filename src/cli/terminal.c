/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/exit.h"
#include "cli/interrupt.h"

#define REDRAW_MS 100
#define BAR_WIDTH 30

/* ---- the bar ---- */

/* There is one terminal. */
static struct {
	const char *what; /* NULL: no bar is drawn */
	int64_t shown_ms;
} bar;

static void draw_bar(int64_t done, int64_t total)
{
	int filled = (int)(done >= total ? BAR_WIDTH : done * BAR_WIDTH / total);

	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, " %3d%%  ", (int)(done >= total ? 100 : done * 100 / total));
}

static void clear_bar(void)
{
	if (bar.what == NULL)
		return;
	fputs("\r\x1b[K", stderr);
	fflush(stderr);
}

static bool is_time_to_draw(const char *what)
{
	int64_t now = monotonic_ms(); /* how long ago the bar was drawn is no fact about the data */
	bool is = bar.what != what || now - bar.shown_ms >= REDRAW_MS;

	/* What is done at once needs no bar: the first one comes after a while. */
	if (is)
		bar.shown_ms = now;
	is = is && bar.what == what;
	bar.what = what;
	return is;
}

static void show_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	char count[32];

	(void)arg;
	if (!isatty(STDERR_FILENO))
		return;
	if (done < 0) {
		clear_bar();
		bar.what = NULL;
		return;
	}
	if (!is_time_to_draw(what))
		return;
	fprintf(stderr, "\r\x1b[K%s  ", what);
	if (total > 0)
		draw_bar(done, total);
	fputs(call_count(done, count), stderr);
	fflush(stderr);
}

/* ---- words ---- */

static void say(void *arg, const char *text, size_t len)
{
	(void)arg;
	fwrite(text, 1, len, stdout);
}

static void remark(void *arg, const char *text, size_t len)
{
	(void)arg;
	clear_bar();
	fwrite(text, 1, len, stderr);
}

static enum result flush(void *arg, const char *json, size_t len, struct err *err)
{
	(void)arg;
	if (len > 0) {
		fwrite(json, 1, len, stdout);
		fputc('\n', stdout);
	}
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, "cannot print the answer");
	return OK;
}

/* ---- questions ---- */

static bool can_ask(void *arg)
{
	(void)arg;
	return isatty(STDIN_FILENO) != 0;
}

/* Ctrl-C ends the program while it waits. */
static bool ask(void *arg, const char *question)
{
	char line[16];
	bool yes;

	(void)arg;
	clear_bar();
	fprintf(stderr, "%sType yes: ", question);
	fflush(stderr);
	interrupt_unwatch();
	yes = fgets(line, sizeof line, stdin) != NULL && strcmp(line, "yes\n") == 0;
	interrupt_watch();
	return yes;
}

static enum result secret(void *arg, const char *file, const char *prompt, bool confirm, struct secret *out,
			  struct err *err)
{
	(void)arg;
	clear_bar();
	return secret_read(file, prompt, confirm, out, err);
}

static bool was_interrupted(void *arg)
{
	(void)arg;
	return interrupt_asked();
}

const struct caller terminal = {
    .say = say,
    .remark = remark,
    .can_ask = can_ask,
    .ask = ask,
    .secret = secret,
    .progress = show_progress,
    .interrupted = was_interrupted,
    .flush = flush,
};

/* ---- errors ---- */

static void print_part(const char *label, const char *text)
{
	char copy[sizeof((struct err *)0)->what];

	if (text[0] == '\0')
		return;
	snprintf(copy, sizeof copy, "%s", text);
	call_harmless(copy, strlen(copy), false);
	fprintf(stderr, "%s%s\n", label, copy);
}

static void print_json(const struct err *err)
{
	struct json_writer w;
	struct buf text;

	buf_init(&text, 16384);
	json_writer_init(&w, &text, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "error", result_name(err->code));
	json_int(&w, "exit", exit_code_of(err->code));
	json_string(&w, "what", err->what);
	if (err->where[0] != '\0')
		json_string(&w, "where", err->where);
	if (err->mend[0] != '\0')
		json_string(&w, "mend", err->mend);
	json_end_object(&w);
	fprintf(stderr, "%s\n", text.data != NULL ? text.data : "{\"error\":\"no_memory\"}");
	buf_free(&text);
}

void terminal_error(bool json, const struct err *err)
{
	fflush(stdout);
	if (json) {
		print_json(err);
		return;
	}
	print_part("lethe: ", err->what);
	print_part("  at: ", err->where);
	print_part("  mend: ", err->mend);
}
