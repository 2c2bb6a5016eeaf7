/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "api/call.h"

#define REDRAW_MS 100
#define BAR_WIDTH 30

/* How long ago the bar was drawn is no fact about the data: the monotonic clock, not `now`. */
static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void call_progress_begin(struct call_progress *progress, const char *what)
{
	*progress = (struct call_progress){.what = what, .shown_ms = monotonic_ms(), .on = isatty(STDERR_FILENO)};
}

static void draw_bar(int64_t done, int64_t total)
{
	int filled = (int)(done >= total ? BAR_WIDTH : done * BAR_WIDTH / total);

	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, " %3d%%  ", (int)(done >= total ? 100 : done * 100 / total));
}

void call_progress_show(struct call_progress *progress, int64_t done, int64_t total)
{
	char count[32];
	int64_t now;

	if (!progress->on)
		return;
	now = monotonic_ms();
	if (now - progress->shown_ms < REDRAW_MS)
		return;
	progress->shown_ms = now;
	fprintf(stderr, "\r\x1b[K%s  ", progress->what);
	if (total > 0 && done >= 0)
		draw_bar(done, total);
	fputs(call_count(done, count), stderr);
	fflush(stderr);
}

void call_progress_end(struct call_progress *progress)
{
	if (!progress->on)
		return;
	fputs("\r\x1b[K", stderr);
	fflush(stderr);
	progress->on = false;
}
