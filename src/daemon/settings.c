/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/quote.h"
#include "ingest/field.h"
#include "net/address.h"
#include "net/listen.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define CERTIFICATES_MAX ((size_t)16 * 1024 * 1024)

/* clang-format off */
const struct setting_row setting_rows[SETTING_COUNT] = {
    [SET_LISTEN] = {"listen", SETTING_LISTEN, "127.0.0.1:7411", 0, 16, NULL, "addresses for plain HTTP, commas between; loopback or behind a proxy"},
    [SET_LISTEN_TLS] = {"listen-tls", SETTING_LISTEN, "", 0, 16, NULL, "addresses for HTTPS, commas between: 0.0.0.0:443, [::]:443"},
    [SET_CERTIFICATE] = {"certificate", SETTING_TEXT, "", 0, 0, NULL, "file of the certificate chain, PEM; read again on SIGHUP"},
    [SET_KEY] = {"key", SETTING_TEXT, "", 0, 0, NULL, "file of the certificate's private key, PEM"},
    [SET_PROXIES] = {"proxies", SETTING_BLOCKS, "", 0, 64, NULL, "addresses whose X-Forwarded-For is believed: 10.0.0.0/8, ::1"},
    [SET_BASE_URL] = {"base-url", SETTING_URL, "", 0, 0, NULL, "how clients reach it: https://lethe.example"},
    [SET_IO_THREADS] = {"io-threads", SETTING_NUMBER, "0", 0, 64, NULL, "threads for connections; 0: as many as processors"},
    [SET_WORKERS] = {"workers", SETTING_NUMBER, "32", 1, 256, NULL, "requests being answered at once"},
    [SET_STREAM_WORKERS] = {"stream-workers", SETTING_NUMBER, "8", 1, 256, NULL, "uploads, downloads and event streams at once"},
    [SET_QUEUE] = {"queue", SETTING_NUMBER, "1024", 1, 100000, NULL, "requests that may wait for a worker"},
    [SET_CONNECTIONS] = {"connections", SETTING_NUMBER, "12000", 1, 1000000, NULL, "open at once"},
    [SET_CONNECTIONS_PER_ADDRESS] = {"connections-per-address", SETTING_NUMBER, "0", 0, 1000000, NULL, "from one address; 0: seven eighths of all, so that none has them all"},
    [SET_BODY] = {"body", SETTING_NUMBER, "1048576", 1024, 67108864, NULL, "bytes of a request's body, where it is no stream"},
    [SET_IMPORT_MAX] = {"import-max", SETTING_NUMBER, "4294967296", 1024, INT64_C(1) << 50, NULL, "bytes of a file that is sent to be imported"},
    [SET_KEPT_MAX] = {"kept-max", SETTING_NUMBER, "17179869184", 1024, INT64_C(1) << 50, NULL, "bytes that the files of an account's jobs may take together"},
    [SET_HEAD_TIMEOUT] = {"head-timeout", SETTING_NUMBER, "10", 1, 3600, NULL, "seconds until the first head has come"},
    [SET_IDLE_TIMEOUT] = {"idle-timeout", SETTING_NUMBER, "75", 1, 86400, NULL, "seconds a connection may be idle"},
    [SET_STREAM_TIMEOUT] = {"stream-timeout", SETTING_NUMBER, "3600", 1, 86400, NULL, "seconds a body or an answer may take"},
    [SET_LEAST_RATE] = {"least-rate", SETTING_NUMBER, "256", 1, 1000000, NULL, "bytes a second, over ten seconds, below which a client is cut off"},
    [SET_STOP_DELAY] = {"stop-delay", SETTING_NUMBER, "0", 0, 3600, NULL, "seconds to go on while /readyz says that it stops, for load balancers to see it"},
    [SET_STOP_WITHIN] = {"stop-within", SETTING_NUMBER, "30", 1, 3600, NULL, "seconds to finish what was accepted, when it is told to stop"},
    [SET_TOKEN_RATE] = {"token-rate", SETTING_NUMBER, "600", 1, 1000000, NULL, "requests a minute with one token, or of one user"},
    [SET_ADDRESS_RATE] = {"address-rate", SETTING_NUMBER, "60", 1, 1000000, NULL, "requests a minute from one address that is not signed in"},
    [SET_IDEMPOTENCY_KEEP] = {"idempotency-keep", SETTING_NUMBER, "24", 1, 720, NULL, "hours that it is known what was asked with an Idempotency-Key, and its answer"},
    [SET_SESSION_IDLE] = {"session-idle", SETTING_NUMBER, "60", 1, 60, NULL, "minutes without a request after which a session ends"},
    [SET_SESSION_LASTS] = {"session-lasts", SETTING_NUMBER, "24", 1, 24, NULL, "hours after which a session ends whatever happens"},
    [SET_WEBHOOK_PLAIN] = {"webhook-plain", SETTING_WORD, "no", 0, 0, "yes|no", "whether webhooks may be at http: URLs"},
    [SET_WEBHOOK_INSIDE] = {"webhook-inside", SETTING_BLOCKS, "", 0, 32, NULL, "private addresses that webhooks may be at: 10.1.0.0/16, ::1"},
    [SET_WEBHOOK_CA] = {"webhook-ca", SETTING_CERTIFICATES, "", 0, 0, NULL, "file of certificates that webhooks' are verified by, PEM; the system's unless set"},
    [SET_DELIVERERS] = {"deliverers", SETTING_NUMBER, "4", 0, 64, NULL, "threads that deliver to webhooks; 0: nothing is delivered"},
    [SET_OIDC_INSIDE] = {"oidc-inside", SETTING_WORD, "no", 0, 0, "no|yes", "whether OpenID providers may be at private and loopback addresses"},
    [SET_OIDC_CA] = {"oidc-ca", SETTING_CERTIFICATES, "", 0, 0, NULL, "file of the certificates by which they are trusted, instead of the system's; PEM"},
    [SET_JOB_WORKERS] = {"job-workers", SETTING_NUMBER, "2", 1, 64, NULL, "jobs being carried out at once"},
    [SET_RESULT_KEEP] = {"result-keep", SETTING_NUMBER, "24", 1, 168, NULL, "hours for which the file of a job, such as somebody's copy, can be fetched"},
    [SET_READS_SYNC] = {"reads-sync", SETTING_WORD, "second", 0, 0, "second|answer", "when who looked is surely on disk: within a second, or before they are answered"},
    [SET_MAIL_SERVER] = {"mail-server", SETTING_TEXT, "", 0, 0, NULL, "smtp://host:587 (STARTTLS) or smtps://host; without one no mail is sent"},
    [SET_MAIL_PLAIN] = {"mail-plain", SETTING_WORD, "no", 0, 0, "yes|no", "whether the mail server may do without TLS: one on this machine"},
    [SET_MAIL_USER] = {"mail-user", SETTING_TEXT, "", 0, 0, NULL, "who signs in at the mail server"},
    [SET_MAIL_PASSWORD_FILE] = {"mail-password-file", SETTING_TEXT, "", 0, 0, NULL, "file of their password; credential:NAME is one of systemd's"},
    [SET_MAIL_FROM] = {"mail-from", SETTING_TEXT, "", 0, 0, NULL, "whose mails they are: lethe@example.com"},
    [SET_MAIL_CA] = {"mail-ca", SETTING_CERTIFICATES, "", 0, 0, NULL, "file of certificates that the mail server's is verified by, PEM"},
    [SET_LOG_LEVEL] = {"log-level", SETTING_WORD, "info", 0, 0, "debug|info|warning|error", "least that is logged"},
};
/* clang-format on */

const char *setting_source_name(enum setting_source source)
{
	static const char *const names[] = {"default", "file", "environment", "option"};

	return names[source];
}

char *setting_variable(enum setting setting, char out[SETTING_VARIABLE_MAX])
{
	snprintf(out, SETTING_VARIABLE_MAX, "LETHE_%s", setting_rows[setting].name);
	for (char *at = out; *at != '\0'; at++)
		*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
	return out;
}

/* ---- one value ---- */

enum result settings_where(const struct settings *settings, enum setting setting, struct err *err)
{
	char variable[SETTING_VARIABLE_MAX];

	switch (settings->source[setting]) {
	case SETTING_FILE:
		return err_where(err, "%s:%d", settings->file, settings->line[setting]);
	case SETTING_ENVIRONMENT:
		return err_where(err, "%s", setting_variable(setting, variable));
	case SETTING_OPTION:
	case SETTING_DEFAULT:
		break;
	}
	return err_where(err, "--%s", setting_rows[setting].name);
}

enum result settings_unread(const struct settings *settings, enum setting setting, const char *path, struct err *err)
{
	const struct err why = *err;

	err_set(err, why.code, "%s cannot be read: %s", path, why.what);
	if (why.mend[0] != '\0')
		err_mend(err, "%s", why.mend);
	else
		err_mend(err, "name a file that is there for the user whom this runs as");
	return settings_where(settings, setting, err);
}

static enum result read_number(struct settings *settings, enum setting setting, struct err *err)
{
	const struct setting_row *row = &setting_rows[setting];
	const char *text = settings->text[setting];
	char *end, shown[QUOTE_MAX];
	long long value = strtoll(text, &end, 10);

	if (isdigit((unsigned char)*text) && *end == '\0' && value >= row->least && value <= row->most) {
		settings->number[setting] = value;
		return OK;
	}
	err_set(err, ERR_INPUT, "%s cannot be %s", row->name, quote(text, strlen(text), shown));
	err_mend(err, "a whole number from %" PRId64 " to %" PRId64 ": %s", row->least, row->most, row->about);
	return settings_where(settings, setting, err);
}

static enum result read_word(struct settings *settings, enum setting setting, struct err *err)
{
	const struct setting_row *row = &setting_rows[setting];
	const char *text = settings->text[setting];
	size_t len = strlen(text);
	char shown[QUOTE_MAX];

	for (const char *at = row->words; *at != '\0'; at += *at == '|') {
		size_t word = strcspn(at, "|");

		if (word == len && memcmp(at, text, len) == 0)
			return OK;
		at += word;
	}
	err_set(err, ERR_INPUT, "%s cannot be %s", row->name, quote(text, len, shown));
	err_mend(err, "one of %s", row->words);
	return settings_where(settings, setting, err);
}

static enum result read_listen(const char *text, struct err *err)
{
	struct sockaddr_storage where;
	socklen_t len;

	return listen_parse(text, &where, &len, err);
}

static enum result read_block(const char *text, struct err *err)
{
	struct address_block block;

	return address_block_parse(text, &block, err);
}

#define LIST_SEPARATORS ", "
static enum result read_list(const struct settings *settings, enum setting setting,
			     enum result (*read)(const char *text, struct err *err), struct err *err)
{
	const char *at = settings->text[setting];
	enum result r = OK;

	for (int64_t n = 1; r == OK && *(at += strspn(at, LIST_SEPARATORS)) != '\0'; n++) {
		size_t len = strcspn(at, LIST_SEPARATORS);
		char *one = strndup(at, len);

		r = one != NULL ? read(one, err) : err_no_memory(err);
		if (r == OK && n > setting_rows[setting].most) {
			r = err_set(err, ERR_INPUT, "%s has more than %" PRId64, setting_rows[setting].name, setting_rows[setting].most);
			err_mend(err, "leave some out");
		}
		free(one);
		at += len;
	}
	return r == OK ? OK : settings_where(settings, setting, err);
}

static bool is_url(const char *text)
{
	const char *host = NULL;
	size_t len;

	if (strncmp(text, "https://", strlen("https://")) == 0)
		host = text + strlen("https://");
	else if (strncmp(text, "http://", strlen("http://")) == 0)
		host = text + strlen("http://");
	if (host == NULL || (!isalnum((unsigned char)*host) && (*host != '[' || strchr(host, ']') == NULL)))
		return false;
	len = strlen(host);
	return host[len - 1] != '/' && strpbrk(host, "?#@\\ \"<>") == NULL;
}

/* What links and redirects begin with. */
static enum result read_url(const struct settings *settings, enum setting setting, struct err *err)
{
	const char *text = settings->text[setting];
	char shown[QUOTE_MAX];

	if (*text == '\0' || is_url(text))
		return OK;
	err_set(err, ERR_INPUT, "%s cannot be %s", setting_rows[setting].name, quote(text, strlen(text), shown));
	err_mend(err, "give it without a slash at its end: https://lethe.example");
	return settings_where(settings, setting, err);
}

static enum result refuse_control(const struct settings *settings, enum setting setting, struct err *err)
{
	for (const char *at = settings->text[setting]; *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x20 && *at != 0x7f)
			continue;
		err_set(err, ERR_INPUT, "%s has a control character in it", setting_rows[setting].name);
		err_mend(err, "write it without: %s", setting_rows[setting].about);
		return settings_where(settings, setting, err);
	}
	return OK;
}

static enum result check(struct settings *settings, enum setting setting, struct err *err)
{
	enum result r = refuse_control(settings, setting, err);

	if (r != OK)
		return r;
	switch (setting_rows[setting].type) {
	case SETTING_NUMBER:
		return read_number(settings, setting, err);
	case SETTING_WORD:
		return read_word(settings, setting, err);
	case SETTING_LISTEN:
		return read_list(settings, setting, read_listen, err);
	case SETTING_BLOCKS:
		return read_list(settings, setting, read_block, err);
	case SETTING_URL:
		return read_url(settings, setting, err);
	case SETTING_CERTIFICATES:
	case SETTING_TEXT:
		break;
	}
	return OK;
}

static enum result check_certificates(const struct settings *settings, enum setting setting, struct err *err)
{
	const char *path = settings->text[setting];
	struct buf text;
	enum result r = file_read(path, CERTIFICATES_MAX, &text, err);

	if (r != OK)
		return settings_unread(settings, setting, path, err);
	if (text.len == 0 || strstr(text.data, "-----BEGIN CERTIFICATE-----") == NULL) {
		r = err_set(err, ERR_INPUT, "there is no certificate in %s", path);
		err_mend(err, "name a file of certificates in PEM, or leave %s out", setting_rows[setting].name);
		settings_where(settings, setting, err);
	}
	buf_free(&text);
	return r;
}

enum result settings_check_files(const struct settings *settings, struct err *err)
{
	enum result r = OK;

	for (int i = 0; i < SETTING_COUNT && r == OK; i++)
		if (setting_rows[i].type == SETTING_CERTIFICATES && *settings->text[i] != '\0')
			r = check_certificates(settings, (enum setting)i, err);
	return r;
}

/* ---- the file ---- */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

static enum result unknown(const struct settings *settings, const char *name, int line, struct err *err)
{
	const char *names[SETTING_COUNT], *nearest;
	char shown[QUOTE_MAX];

	for (int i = 0; i < SETTING_COUNT; i++)
		names[i] = setting_rows[i].name;
	nearest = field_nearest(name, names, SETTING_COUNT);
	err_set(err, ERR_INPUT, "there is no setting %s", quote(name, strlen(name), shown));
	err_where(err, "%s:%d", settings->file, line);
	return nearest != NULL ? err_mend(err, "did you mean %s?", nearest)
			       : err_mend(err, "`lethe config show` lists those there are");
}

static enum result take_line(struct settings *settings, char *text, int line, struct err *err)
{
	char *equals = strchr(text, '='), *name;

	name = trim(text);
	if (*name == '\0' || *name == '#')
		return OK;
	if (equals == NULL) {
		err_set(err, ERR_INPUT, "this line is no setting");
		err_where(err, "%s:%d", settings->file, line);
		return err_mend(err, "write it as name = value, or begin it with #");
	}
	*equals = '\0';
	name = trim(text);
	for (int i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(setting_rows[i].name, name) != 0)
			continue;
		if (settings->source[i] == SETTING_FILE) {
			err_set(err, ERR_INPUT, "%s is there twice, first in line %d", name, settings->line[i]);
			err_where(err, "%s:%d", settings->file, line);
			return err_mend(err, "leave one of the two out");
		}
		settings->text[i] = trim(equals + 1);
		settings->source[i] = SETTING_FILE;
		settings->line[i] = line;
		return OK;
	}
	return unknown(settings, name, line, err);
}

static enum result take_lines(struct settings *settings, char *text, struct err *err)
{
	char *rest = text, *line;
	enum result r = OK;

	for (int n = 1; r == OK && (line = strsep(&rest, "\n")) != NULL; n++)
		r = take_line(settings, line, n, err);
	return r;
}

static enum result take_text(const char *text, size_t len, struct pool *pool, struct settings *out, struct err *err)
{
	char *copy = pool_strndup(pool, text, len);

	if (copy == NULL)
		return err_no_memory(err);
	if (strlen(copy) != len) {
		err_set(err, ERR_INPUT, "this is no text");
		err_where(err, "%s", out->file);
		return err_mend(err, "a file of settings has lines of name = value");
	}
	return take_lines(out, copy, err);
}

static enum result read_file(const struct settings_from *from, struct pool *pool, struct settings *out, struct err *err)
{
	struct buf text;
	enum result r;

	out->file = from->file != NULL ? from->file : SETTINGS_PATH;
	if (from->text != NULL)
		return take_text(from->text, strlen(from->text), pool, out, err);
	if (from->file == NULL && !file_exists(SETTINGS_PATH)) {
		out->file = NULL;
		return OK;
	}
	r = file_read(out->file, FILE_MAX, &text, err);
	if (r != OK)
		return r;
	r = take_text(text.data != NULL ? text.data : "", text.len, pool, out, err);
	buf_free(&text);
	return r;
}

/* ---- all of them ---- */

static void take(struct settings *out, int setting, const char *value, enum setting_source source)
{
	if (value == NULL)
		return;
	out->text[setting] = value;
	out->source[setting] = source;
}

enum result settings_read(const struct settings_from *from, struct pool *pool, struct settings *out, struct err *err)
{
	char variable[SETTING_VARIABLE_MAX];
	enum result r;

	*out = (struct settings){.file = NULL};
	for (int i = 0; i < SETTING_COUNT; i++)
		take(out, i, setting_rows[i].fallback, SETTING_DEFAULT);
	r = read_file(from, pool, out, err);
	for (int i = 0; i < SETTING_COUNT && r == OK; i++) {
		take(out, i, from->environment(setting_variable((enum setting)i, variable)), SETTING_ENVIRONMENT);
		take(out, i, from->options[i], SETTING_OPTION);
		r = check(out, (enum setting)i, err);
	}
	return r;
}
