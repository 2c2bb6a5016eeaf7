/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <stdatomic.h>

#include "base/file.h"
#include "base/json.h"

#define LINE_MAX_BYTES 4096

static _Atomic int least_level = LOG_WARNING;
static _Atomic int log_fd = 2;

void log_set_level(enum log_level least)
{
	least_level = (int)least;
}

void log_set_fd(int fd)
{
	log_fd = fd;
}

static void add_field(struct json_writer *w, const struct log_field *field)
{
	switch (field->type) {
	case LOG_F_INT:
		json_int(w, field->name, field->integer);
		return;
	case LOG_F_ID:
		json_id(w, field->name, field->word, field->id);
		return;
	case LOG_F_INSTANT:
		json_instant(w, field->name, (struct instant){field->integer});
		return;
	case LOG_F_RESULT:
		json_string(w, field->name, result_name((enum result)field->integer));
		return;
	case LOG_F_WORD:
		json_string(w, field->name, field->word);
		return;
	}
}

/* One write a line, so that lines of several threads do not mix. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	static const char *const levels[] = {"debug", "info", "warning", "error"};
	struct json_writer w;
	struct buf line;
	struct err err;

	if ((int)level < least_level)
		return;
	buf_init(&line, LINE_MAX_BYTES);
	json_writer_init(&w, &line, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "level", levels[level]);
	json_string(&w, "event", event);
	for (size_t i = 0; i < count; i++)
		add_field(&w, &fields[i]);
	json_end_object(&w);
	buf_add_char(&line, '\n');
	/* A log that cannot be written is no reason to stop the work. */
	if (buf_ok(&line, "a log line", &err) == OK) {
		enum result ignored = file_write_all(log_fd, line.data, line.len, &err);

		(void)ignored;
	}
	buf_free(&line);
}
