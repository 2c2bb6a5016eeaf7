/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `lethe serve`: opens every region, listens, and waits to be told to stop.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "api/keyed.h"
#include "api/operations.h"
#include "base/log.h"
#include "daemon/deliver.h"
#include "daemon/first_owner.h"
#include "daemon/http.h"
#include "net/listen.h"
#include "net/tls.h"
#include "privacy/resume.h"
#include "vault/read_recover.h"
#include "vault/region.h"

#define LISTEN_MAX 16

struct serving {
	struct call *call;
	struct settings settings;
	struct http http;
	struct server_listen listen[LISTEN_MAX];
	size_t listen_count;
	struct server *server;
	struct outbound outbound;
	struct deliverer *deliverer;
};

/* ---- settings ---- */

static enum result read_settings(struct call *call, int argc, char **argv, struct settings *out, struct err *err)
{
	struct settings_from from = {.environment = (const char *(*)(const char *))getenv};
	struct call_option options[SETTING_COUNT + 1];
	enum result r;

	for (int i = 0; i < SETTING_COUNT; i++)
		options[i] = (struct call_option){setting_rows[i].name, &from.options[i], NULL};
	options[SETTING_COUNT] = (struct call_option){"config", &from.file, NULL};
	from.file = getenv("LETHE_CONFIG");
	r = call_parse(call, options, SETTING_COUNT + 1, &argc, argv, 0, 0, err);
	return r == OK ? settings_read(&from, &call->pool, out, err) : r;
}

static void show_settings(struct call *call, const struct settings *settings)
{
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "settings");
	for (int i = 0; i < SETTING_COUNT; i++) {
		const char *source = setting_source_name(settings->source[i]);

		call_say(call, "%-24s %-24s %-11s  %s\n", setting_rows[i].name,
			 *settings->text[i] != '\0' ? call_clean(call, settings->text[i]) : "-", source, setting_rows[i].about);
		json_begin_object(&call->w, NULL);
		json_string(&call->w, "name", setting_rows[i].name);
		json_string(&call->w, "value", settings->text[i]);
		json_string(&call->w, "source", source);
		json_string(&call->w, "about", setting_rows[i].about);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
	json_end_object(&call->w);
}

enum result op_config_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct settings settings;
	enum result r = read_settings(call, argc, argv, &settings, err);

	(void)partly;
	if (r == OK)
		show_settings(call, &settings);
	return r;
}

/* ---- where it listens ---- */

static enum result add_listen(struct serving *serving, const char *address, bool tls, struct err *err)
{
	struct sockaddr_storage where;
	socklen_t len;
	enum result r = listen_parse(address, &where, &len, err);

	if (r != OK)
		return r;
	if (serving->listen_count == LISTEN_MAX)
		return err_set(err, ERR_LIMIT, "more than %d addresses to listen on", LISTEN_MAX);
	if (!tls && !listen_is_loopback(&where))
		log_event(LOG_WARNING, "serve.plain", LOG_INT("addresses", 1)); /* others can read what passes */
	serving->listen[serving->listen_count++] = (struct server_listen){.address = address, .fd = -1, .tls = tls};
	return OK;
}

static enum result add_list(struct serving *serving, enum setting setting, bool tls, struct err *err)
{
	char *rest = pool_strdup(&serving->call->pool, serving->settings.text[setting]), *address;
	enum result r = rest != NULL ? OK : err_no_memory(err);

	while (r == OK && (address = strsep(&rest, ", ")) != NULL) {
		if (*address != '\0')
			r = add_listen(serving, address, tls, err);
		if (r != OK)
			settings_where(&serving->settings, setting, err);
	}
	return r;
}

static enum result check_listen(struct serving *serving, struct err *err)
{
	const struct settings *settings = &serving->settings;
	enum result r = settings_check_files(settings, err);

	if (r != OK)
		return r;
	r = add_list(serving, SET_LISTEN, false, err);

	if (r == OK)
		r = add_list(serving, SET_LISTEN_TLS, true, err);
	if (r != OK)
		return r;
	if (serving->listen_count == 0) {
		err_set(err, ERR_INPUT, "it would listen nowhere");
		settings_where(settings, SET_LISTEN, err);
		return err_mend(err, "set listen or listen-tls");
	}
	if (*settings->text[SET_LISTEN_TLS] != '\0' &&
	    (*settings->text[SET_CERTIFICATE] == '\0' || *settings->text[SET_KEY] == '\0')) {
		err_set(err, ERR_INPUT, "listen-tls needs a certificate and its key");
		settings_where(settings, SET_LISTEN_TLS, err);
		return err_mend(err, "set certificate and key to files in PEM");
	}
	return OK;
}

/* As it is read on SIGHUP. At the start one that is not valid is taken all the same: there is none before it. */
static enum result check_certificate(const struct settings *settings, struct instant now, struct err *err)
{
	enum result r;

	if (*settings->text[SET_LISTEN_TLS] == '\0')
		return OK;
	r = tls_check(settings->text[SET_CERTIFICATE], settings->text[SET_KEY], now, err);
	if ((r == ERR_NOT_FOUND || r == ERR_IO) && err->mend[0] == '\0')
		err_mend(err, "name files that are there for the user whom this runs as");
	return r;
}

enum result op_config_check(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct serving *serving = pool_alloc(&call->pool, sizeof *serving);
	enum result r;

	(void)partly;
	if (serving == NULL)
		return err_no_memory(err);
	serving->call = call;
	r = read_settings(call, argc, argv, &serving->settings, err);
	if (r == OK)
		r = check_listen(serving, err);
	if (r == OK)
		r = check_certificate(&serving->settings, call->now, err);
	if (r == OK)
		r = outbound_read(&serving->settings, &serving->outbound, err);
	outbound_wipe(&serving->outbound);
	if (r != OK)
		return r;
	call_say(call, "The settings are fine.\n");
	json_begin_object(&call->w, NULL);
	json_bool(&call->w, "fine", true);
	json_string(&call->w, "file", serving->settings.file);
	json_end_object(&call->w);
	return OK;
}

/* ---- vaults ---- */

static void end_signals(sigset_t *out)
{
	sigemptyset(out);
	sigaddset(out, SIGTERM);
	sigaddset(out, SIGINT);
}

/* From here on being told to stop ends this process at once. */
static void end_when_told(void)
{
	sigset_t signals;

	end_signals(&signals);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/* What was left half-way may take long, and can always be gone on with again. The threads that there are have these
 * signals blocked. */
static enum result resume(struct vault *vault, struct instant now, struct err *err)
{
	sigset_t signals;
	enum result r;

	end_signals(&signals);
	end_when_told();
	r = resume_jobs(vault, now, err);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return r;
}

static enum reads_sync reads_sync(const struct serving *serving)
{
	return strcmp(serving->settings.text[SET_READS_SYNC], "answer") == 0 ? READS_SYNC_ANSWER : READS_SYNC_SECOND;
}

/* Without space for the file reads are answered all the same, but slower. */
static enum result keep_reads(struct vault *vault, enum reads_sync sync, struct err *err)
{
	enum result r = vault_keep_reads(vault, sync, err);

	if (r == ERR_FULL)
		log_event(LOG_WARNING, "serve.reads", LOG_RESULT("why", r));
	if (r == OK && sync == READS_SYNC_SECOND && !read_boot_known())
		log_event(LOG_WARNING, "serve.boot", LOG_RESULT("why", ERR_NOT_FOUND)); /* docs/operating.md, "Who looked" */
	return r == ERR_FULL ? OK : r;
}

static enum result open_vaults(struct serving *serving, struct err *err)
{
	char regions[HTTP_VAULTS_MAX][VAULT_REGION_MAX + 1];
	struct call *call = serving->call;
	struct http *http = &serving->http;
	size_t count;
	enum result r = region_list(call->data_dir, regions, HTTP_VAULTS_MAX, &count, err);

	if (r == OK && count == 0) {
		err_set(err, ERR_NOT_FOUND, "there is no vault here");
		err_where(err, "%s", call->data_dir);
		r = err_mend(err, "make one with `lethe init`, or name its folder with --data or LETHE_DATA");
	}
	for (size_t i = 0; r == OK && i < count; i++) {
		const struct vault_options options = {.data_dir = call->data_dir, .region = regions[i],
						      .secret_file = call->secret_file, .command = "serve", .write = true,
						      .lock_wait_ms = CALL_LOCK_WAIT_MS};

		r = vault_open(&options, call->now, &http->vaults[i], err);
		if (r != OK)
			break;
		http->vault_count++;
		r = resume(http->vaults[i], call->now, err);
		if (r == OK)
			r = keyed_break(http->vaults[i], err);
		if (r == OK)
			r = keep_reads(http->vaults[i], reads_sync(serving), err);
	}
	return r;
}

static void close_vaults(struct http *http)
{
	for (size_t i = 0; i < http->vault_count; i++)
		vault_close(http->vaults[i]);
}

/* ---- until it is told to stop ---- */

/* What `systemctl status` shows of it: the log takes no words that come from outside. */
static void tell_status(enum result r, const struct err *err)
{
	if (r == OK)
		sd_notify(0, "STATUS=The certificate was read again and is in use.");
	else
		sd_notifyf(0, "STATUS=The new certificate is not used, the one before is: %s%s%s%s%s", err->what,
			   err->where[0] != '\0' ? ", " : "", err->where, err->mend[0] != '\0' ? "; " : "", err->mend);
}

/* With the setting whose file it is about, and what the system said. */
static void log_certificate(const struct settings *settings, enum result r, const struct err *err)
{
	bool key = r != OK && strcmp(err->where, settings->text[SET_KEY]) == 0;
	const struct log_field fields[] = {LOG_RESULT("result", r),
					   key ? LOG_WORD("setting", "key") : LOG_WORD("setting", "certificate"),
					   LOG_INT("errno", err->system)};

	if (r == OK)
		log_write(LOG_INFO, "serve.certificate", fields, 1);
	else
		log_write(LOG_ERROR, "serve.certificate", fields, err->system != 0 ? 3 : 2);
}

static void reload(struct serving *serving)
{
	struct err err;
	enum result r;

	if (*serving->settings.text[SET_LISTEN_TLS] == '\0')
		return;
	sd_notify(0, "RELOADING=1");
	r = server_reload_certificate(serving->server, instant_now(), &err);
	log_certificate(&serving->settings, r, &err);
	tell_status(r, &err);
	sd_notify(0, "READY=1");
}

static void wait_for_the_end(struct serving *serving, const sigset_t *signals)
{
	int number;

	while (sigwait(signals, &number) == 0 && number == SIGHUP)
		reload(serving);
}

/* Whether it is told to stop once more within that time. */
static bool told_again(int64_t seconds)
{
	const struct timespec wait = {.tv_sec = seconds};
	sigset_t signals;

	end_signals(&signals);
	return sigtimedwait(&signals, NULL, &wait) > 0;
}

static bool hurry(void *arg)
{
	(void)arg;
	if (!told_again(0))
		return false;
	log_event(LOG_WARNING, "serve.hurry", LOG_INT("told", 2));
	return true;
}

static enum result start(struct serving *serving, struct err *err)
{
	struct server_settings out;
	const struct settings *settings = &serving->settings;
	enum result r;

	server_defaults(&out);
	out.listen = serving->listen;
	out.listen_count = serving->listen_count;
	out.certificate_file = settings->text[SET_CERTIFICATE];
	out.key_file = settings->text[SET_KEY];
	http_serve(&serving->http, settings, &out);
	out.hurry = hurry;
	r = server_start(&out, &serving->server, err);
	if (r != OK)
		return r;
	for (size_t i = 0; i < serving->listen_count; i++)
		log_event(LOG_INFO, "serve.listening", LOG_INT("port", server_port(serving->server, i)),
			  LOG_INT("tls", serving->listen[i].tls));
	return OK;
}

/* Where it is reached by a browser on this machine, unless base-url says better. */
static enum result offer(struct serving *serving, struct err *err)
{
	const char *url = serving->settings.text[SET_BASE_URL];

	if (*url == '\0')
		url = pool_printf(&serving->call->pool, "%s://localhost:%d", serving->listen[0].tls ? "https" : "http",
				  server_port(serving->server, 0));
	if (url == NULL)
		return err_no_memory(err);
	return first_owner_offer(serving->call, serving->http.vaults, serving->http.vault_count, url, err);
}

static void be_ready(struct serving *serving, const sigset_t *signals)
{
	atomic_store(&serving->http.ready, true);
	sd_notify(0, "READY=1");
	wait_for_the_end(serving, signals);
	atomic_store(&serving->http.ready, false);
	sd_notify(0, "STOPPING=1");
	log_event(LOG_INFO, "serve.stopping", LOG_INT("delay_s", serving->settings.number[SET_STOP_DELAY]),
		  LOG_INT("within_s", serving->settings.number[SET_STOP_WITHIN]));
	told_again(serving->settings.number[SET_STOP_DELAY]);
}

static enum result serve(struct serving *serving, const sigset_t *signals, struct err *err)
{
	enum result r = open_vaults(serving, err);

	serving->http.reach = &serving->outbound.reach;
	serving->http.outside.mail = serving->outbound.mails ? &serving->outbound.smtp : NULL;
	if (r == OK)
		r = http_open(&serving->http, &serving->settings, err);
	if (r == OK)
		r = deliverer_start(serving->http.vaults, serving->http.vault_count, &serving->outbound,
				    (size_t)serving->settings.number[SET_DELIVERERS], serving->http.clock_ms,
				    &serving->deliverer, err);
	if (r == OK)
		r = start(serving, err);
	if (r == OK) {
		r = offer(serving, err);
		if (r == OK)
			be_ready(serving, signals);
		server_stop(serving->server, serving->settings.number[SET_STOP_WITHIN] * 1000);
		end_when_told(); /* nobody is connected any more, and what is under way goes on after a restart */
	}
	deliverer_stop(serving->deliverer);
	outbound_wipe(&serving->outbound);
	http_close(&serving->http);
	close_vaults(&serving->http);
	return r;
}

static enum log_level level_of(const char *word)
{
	static const char *const words[] = {"debug", "info", "warning", "error"};
	int i = 0;

	while (i < 3 && strcmp(words[i], word) != 0)
		i++;
	return (enum log_level)i;
}

/* What a second does not show is no --now, but the time it took to get here. */
static int64_t clock_ahead(struct instant now)
{
	int64_t ahead = now.ms - instant_now().ms;

	return ahead > -1000 && ahead < 1000 ? 0 : ahead;
}

enum result op_serve(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct serving *serving = calloc(1, sizeof *serving);
	sigset_t signals;
	enum result r;

	(void)partly;
	if (serving == NULL)
		return err_no_memory(err);
	serving->call = call;
	r = read_settings(call, argc, argv, &serving->settings, err);
	serving->http.data_dir = call->data_dir;
	serving->http.clock_ms = clock_ahead(call->now);
	if (r == OK)
		r = check_listen(serving, err);
	if (r == OK)
		r = outbound_read(&serving->settings, &serving->outbound, err);
	if (r == OK) {
		log_set_level(level_of(serving->settings.text[SET_LOG_LEVEL]));
		end_signals(&signals);
		sigaddset(&signals, SIGHUP);
		pthread_sigmask(SIG_BLOCK, &signals, NULL); /* for the threads that are begun, too */
		signal(SIGPIPE, SIG_IGN); /* whoever read the log has gone: that is no reason to go too */
		r = serve(serving, &signals, err);
	}
	free(serving);
	return r;
}
