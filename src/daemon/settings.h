/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What `lethe serve` is set to: one table of settings, each with a default,
 * and three places that may say otherwise, the later ones winning:
 *
 *     a file            "name = value", a line each; # begins a comment
 *     the environment   LETHE_NAME (LETHE_STREAM_WORKERS)
 *     the command line  --name VALUE
 *
 * There is no secret among them: those that are needed stand in files of
 * their own, which settings name.
 */
#ifndef LETHE_DAEMON_SETTINGS_H
#define LETHE_DAEMON_SETTINGS_H

#include "base/pool.h"
#include "base/time.h"

#define SETTINGS_PATH "/etc/lethe/lethe.conf" /* unless another is named; need not be there */

enum setting {
	SET_LISTEN, SET_LISTEN_TLS, SET_CERTIFICATE, SET_KEY, SET_PROXIES, SET_BASE_URL,
	SET_IO_THREADS, SET_WORKERS, SET_STREAM_WORKERS, SET_QUEUE, SET_CONNECTIONS, SET_CONNECTIONS_PER_ADDRESS,
	SET_BODY, SET_IMPORT_MAX, SET_KEPT_MAX, SET_HEAD_TIMEOUT, SET_IDLE_TIMEOUT, SET_STREAM_TIMEOUT, SET_LEAST_RATE, SET_STOP_DELAY, SET_STOP_WITHIN,
	SET_TOKEN_RATE, SET_ADDRESS_RATE, SET_IDEMPOTENCY_KEEP, SET_JOB_WORKERS, SET_RESULT_KEEP, SET_READS_SYNC, SET_SESSION_IDLE, SET_SESSION_LASTS, SET_WEBHOOK_PLAIN,
	SET_WEBHOOK_INSIDE, SET_WEBHOOK_CA, SET_DELIVERERS, SET_OIDC_INSIDE, SET_OIDC_CA, SET_MAIL_SERVER, SET_MAIL_PLAIN,
	SET_MAIL_USER, SET_MAIL_PASSWORD_FILE, SET_MAIL_FROM, SET_MAIL_CA, SET_LOG_LEVEL,
	SETTING_COUNT
};

enum setting_type {
	SETTING_TEXT,         /* a name, a file: anything but control characters, as in all of them */
	SETTING_NUMBER,
	SETTING_WORD,
	SETTING_LISTEN,       /* addresses to listen on, commas or spaces between, at most `most` of them */
	SETTING_BLOCKS,       /* addresses or blocks of them, the same */
	SETTING_URL,          /* "https://host", or http, with a port and a path perhaps */
	SETTING_CERTIFICATES, /* a file of certificates, PEM; settings_check_files looks */
};

struct setting_row {
	const char *name;     /* "stream-workers" */
	enum setting_type type;
	const char *fallback; /* as text; "" : not set */
	int64_t least, most;  /* of a number; most: also of a list */
	const char *words;    /* "debug|info|..", of a word */
	const char *about;    /* half a line, with the unit */
};
extern const struct setting_row setting_rows[SETTING_COUNT];

enum setting_source { SETTING_DEFAULT, SETTING_FILE, SETTING_ENVIRONMENT, SETTING_OPTION };
const char *setting_source_name(enum setting_source source);

struct settings {
	const char *text[SETTING_COUNT];  /* never NULL */
	int64_t number[SETTING_COUNT];    /* of numbers */
	enum setting_source source[SETTING_COUNT];
	int line[SETTING_COUNT];          /* in the file */
	const char *file;                 /* that was read; NULL: none */
};

struct settings_from {
	const char *file;                                    /* NULL: SETTINGS_PATH, if it is there */
	const char *(*environment)(const char *name);        /* getenv, or a test's */
	const char *options[SETTING_COUNT];                  /* NULL: not given */
	const char *text;                                    /* what the file says, so that it need not be read; for tests */
};

/* Everything lives in `pool`. ERR_INPUT says which setting is wrong, and where it was said; an unknown name in the file is
 * refused, the nearest one named. */
MUST_CHECK enum result settings_read(const struct settings_from *from, struct pool *pool, struct settings *out,
				     struct err *err);
/* Whether the files of certificates that are named have any. */
MUST_CHECK enum result settings_check_files(const struct settings *settings, struct err *err);
/* Says where a setting was said: "lethe.conf:7", "LETHE_LISTEN", "--listen"; returns err->code. */
enum result settings_where(const struct settings *settings, enum setting setting, struct err *err);
/* The same of a file that a setting names, and that could not be read, as `err` says. */
enum result settings_unread(const struct settings *settings, enum setting setting, const char *path, struct err *err);
/* "LETHE_STREAM_WORKERS"; returns `out`. */
#define SETTING_VARIABLE_MAX 64
char *setting_variable(enum setting setting, char out[SETTING_VARIABLE_MAX]);

#endif
