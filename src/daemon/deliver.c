/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/turns.h"
#include "net/thread.h"
#include "store/account.h"

#define TURN 4 /* attempts */
#define SLOW_MS 5000 /* of a turn, from which on its account is slow */
#define LOOK_AGAIN_MS 1000
#define MAIL_PAUSE_MS 15000 /* when the mail server took nothing from anybody */

/* ---- settings ---- */

static enum result add_inside(struct outbound *out, const char *text, size_t len, struct err *err)
{
	char block[ADDRESS_TEXT_MAX + 8];

	if (out->reach.allowed_count == OUTBOUND_INSIDE_MAX)
		return err_set(err, ERR_LIMIT, "more than %d addresses", OUTBOUND_INSIDE_MAX);
	if (len >= sizeof block)
		len = sizeof block - 1;
	memcpy(block, text, len);
	block[len] = '\0';
	return address_block_parse(block, &out->inside[out->reach.allowed_count++], err);
}

static bool is_set(const struct settings *settings, enum setting setting)
{
	return *settings->text[setting] != '\0';
}

/* "credential:mail" is what systemd put for us under that name. */
static enum result credential_path(const char *text, char *out, size_t size, struct err *err)
{
	static const char prefix[] = "credential:";
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	int len;

	if (strncmp(text, prefix, strlen(prefix)) != 0) {
		len = snprintf(out, size, "%s", text);
	} else if (folder == NULL || strchr(text, '/') != NULL) {
		err_set(err, ERR_INPUT, "there is no credential of that name");
		return err_mend(err, "give it to the unit: LoadCredential=%s:/path", text + strlen(prefix));
	} else {
		len = snprintf(out, size, "%s/%s", folder, text + strlen(prefix));
	}
	return len > 0 && (size_t)len < size ? OK : err_set(err, ERR_INPUT, "the name of the file is too long");
}

static enum result read_password(const struct settings *settings, struct outbound *out, struct err *err)
{
	char path[4096];
	enum result r = credential_path(settings->text[SET_MAIL_PASSWORD_FILE], path, sizeof path, err);

	if (r != OK)
		return settings_where(settings, SET_MAIL_PASSWORD_FILE, err);
	r = secret_read(path, NULL, false, &out->password, err);
	return r == OK ? OK : settings_unread(settings, SET_MAIL_PASSWORD_FILE, path, err);
}

static enum result read_mail(const struct settings *settings, struct outbound *out, struct err *err)
{
	enum result r;

	out->smtp = (struct smtp_server){.url = settings->text[SET_MAIL_SERVER], .from = settings->text[SET_MAIL_FROM],
					 .plain = strcmp(settings->text[SET_MAIL_PLAIN], "yes") == 0,
					 .ca_file = is_set(settings, SET_MAIL_CA) ? settings->text[SET_MAIL_CA] : NULL};
	out->mails = is_set(settings, SET_MAIL_SERVER);
	if (!out->mails)
		return OK;
	r = smtp_check(&out->smtp, err);
	if (r != OK)
		return settings_where(settings, strncmp(out->smtp.url, "smtp", 4) == 0 ? SET_MAIL_FROM : SET_MAIL_SERVER, err);
	if (is_set(settings, SET_MAIL_USER) != is_set(settings, SET_MAIL_PASSWORD_FILE)) {
		err_set(err, ERR_INPUT, "who signs in at a mail server has a name and a password");
		settings_where(settings, is_set(settings, SET_MAIL_USER) ? SET_MAIL_USER : SET_MAIL_PASSWORD_FILE, err);
		return err_mend(err, "set both mail-user and mail-password-file, or neither");
	}
	if (!is_set(settings, SET_MAIL_USER))
		return OK;
	out->smtp.user = settings->text[SET_MAIL_USER];
	out->smtp.password = out->password.text;
	return read_password(settings, out, err);
}

void outbound_wipe(struct outbound *outbound)
{
	secret_wipe(&outbound->password);
}

enum result outbound_read(const struct settings *settings, struct outbound *out, struct err *err)
{
	const char *at = settings->text[SET_WEBHOOK_INSIDE];
	enum result r = OK;

	*out = (struct outbound){.reach = {.plain = strcmp(settings->text[SET_WEBHOOK_PLAIN], "yes") == 0,
					   .ca_file = is_set(settings, SET_WEBHOOK_CA) ? settings->text[SET_WEBHOOK_CA] : NULL,
					   .allowed = out->inside}};
	while (r == OK && *(at += strspn(at, ", ")) != '\0') {
		size_t len = strcspn(at, ", ");

		r = add_inside(out, at, len, err);
		at += len;
	}
	if (r != OK)
		return settings_where(settings, SET_WEBHOOK_INSIDE, err);
	return read_mail(settings, out, err);
}

/* ---- whose turn it is ---- */

struct worker {
	struct deliverer *of;
	pthread_t thread;
	bool started;
	struct turn at;         /* while it has one */
	struct vault **views;   /* of each region */
	size_t view_count;
};

struct deliverer {
	struct vault *const *vaults;
	size_t count;
	struct deliver_how how;
	struct mail_how mails;
	const struct outbound *outbound;
	struct duration clock;  /* so much ahead of the machine's */
	pthread_mutex_t lock;   /* of all below */
	pthread_cond_t wake;
	atomic_bool stopping;   /* read without it too */
	bool worked;            /* in this round */
	bool mailing;           /* somebody is sending mails */
	int64_t mail_after_ms;  /* by monotonic_ms(): until then none is sent */
	struct turn last;       /* where the round is */
	struct turns *turns;
	struct worker *workers;
	size_t worker_count;
};

/* The next webhook of this or a later region; false at the end of a round. */
static bool step(struct deliverer *d, const struct worker *w)
{
	struct turn *at = &d->last;
	struct err err;
	bool found;

	for (; at->region < d->count; *at = (struct turn){.region = at->region + 1}) {
		enum result r = webhook_next(w->views[at->region]->read.data, at->account, at->webhook, &found, &at->account,
					     &at->webhook, &err);

		if (r == OK && found)
			return true;
		if (r != OK)
			log_event(LOG_ERROR, "deliver.look", LOG_RESULT("why", r));
	}
	return false;
}

static void wait_a_while(struct deliverer *d)
{
	const struct timespec until = monotonic_at(monotonic_ms() + LOOK_AGAIN_MS);

	pthread_cond_timedwait(&d->wake, &d->lock, &until);
}

/* One account's damage keeps no other from its mails. What is new is listed also when nothing can be sent: of an account that
 * is looked at for the first time only what comes later is told. */
static void send_of_region(const struct deliverer *d, struct vault *view, struct mailed *out)
{
	uint32_t account = 0;
	size_t found;
	struct err err;

	while (!atomic_load(&d->stopping) && account_list(view->read.data, account, &account, 1, &found, &err) == OK && found > 0) {
		enum result r = mail_account(view, &d->mails, account, instant_add(instant_now(), d->clock),
					     TURN, out, &err);

		if (r != OK)
			log_event(LOG_ERROR, "mail.failed", LOG_INT("account", account), LOG_RESULT("why", r));
	}
}

static void log_mails(const struct mailed *out)
{
	const struct log_field fields[] = {
	    LOG_INT("sent", out->sent), LOG_INT("failed", out->failed),
	    {.name = "fault", .type = LOG_F_WORD, .word = smtp_fault_name(out->last.fault)}, LOG_INT("status", out->last.status)};

	if (out->sent + out->failed > 0)
		log_write(LOG_INFO, "mail", fields, out->last.fault == SMTP_FINE ? 2 : 4);
}

/* Mails of every account, a few each. Under the lock, which is let go meanwhile. */
static void send_mails(struct deliverer *d, const struct worker *w)
{
	struct mailed out = {.nobody = monotonic_ms() < d->mail_after_ms};
	bool paused = out.nobody;

	if (!d->outbound->mails || d->mailing)
		return;
	d->mailing = true;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < d->count; i++)
		send_of_region(d, w->views[i], &out);
	log_mails(&out);
	pthread_mutex_lock(&d->lock);
	d->mailing = false;
	d->worked = d->worked || out.sent > 0;
	if (out.nobody && !paused)
		d->mail_after_ms = monotonic_ms() + MAIL_PAUSE_MS;
}

/* Under the lock. False: it is stopping. */
static bool take_turn(struct deliverer *d, struct worker *w)
{
	while (!d->stopping) {
		if (turns_begin_passed(d->turns, &w->at))
			return true;
		if (step(d, w)) {
			w->at = d->last;
			if (!turns_begin(d->turns, &w->at))
				continue;
			return true;
		}
		d->last = (struct turn){.region = 0};
		send_mails(d, w);
		if (!d->worked && !d->stopping)
			wait_a_while(d);
		d->worked = false;
	}
	return false;
}

/* ---- a turn ---- */

/* `*worked`: there was something to do, and it was done. */
static enum turn_pace deliver(const struct deliverer *d, const struct worker *w, bool *worked)
{
	struct delivered out = {.listed = 0};
	int64_t began = monotonic_ms();
	struct err err;
	enum result r = deliver_webhook(w->views[w->at.region], &d->how, w->at.account, w->at.webhook,
					instant_add(instant_now(), d->clock), TURN, &out, &err);

	if (r != OK)
		log_event(LOG_ERROR, "deliver.failed", LOG_ID("webhook", WEBHOOK_PREFIX, w->at.webhook), LOG_RESULT("why", r));
	else if (out.done + out.failed > 0)
		log_event(LOG_INFO, "deliver", LOG_ID("webhook", WEBHOOK_PREFIX, w->at.webhook), LOG_INT("done", out.done),
			  LOG_INT("failed", out.failed));
	*worked = r == OK && out.listed + out.done + out.failed > 0;
	if (monotonic_ms() - began >= SLOW_MS)
		return TURN_SLOW;
	return out.done > 0 ? TURN_QUICK : TURN_IDLE;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct deliverer *d = w->of;

	pthread_mutex_lock(&d->lock);
	while (take_turn(d, w)) {
		enum turn_pace pace;
		bool worked;

		pthread_mutex_unlock(&d->lock);
		pace = deliver(d, w, &worked);
		pthread_mutex_lock(&d->lock);
		turns_end(d->turns, &w->at, pace);
		d->worked = d->worked || worked;
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* ---- beginning and ending ---- */

static enum result start_worker(struct deliverer *d, struct worker *w, struct err *err)
{
	enum result r = OK;

	w->of = d;
	w->views = calloc(d->count, sizeof *w->views);
	if (w->views == NULL)
		return err_no_memory(err);
	for (; w->view_count < d->count && r == OK; w->view_count += r == OK)
		r = vault_view(d->vaults[w->view_count], &w->views[w->view_count], err);
	if (r == OK)
		r = thread_start(&w->thread, work, w, err);
	w->started = r == OK;
	return r;
}

static enum result make(struct vault *const *vaults, size_t count, const struct outbound *outbound, size_t threads,
			struct deliverer **out, struct err *err)
{
	struct deliverer *d = calloc(1, sizeof *d);
	pthread_condattr_t monotonic;

	*out = d;
	if (d == NULL)
		return err_no_memory(err);
	d->vaults = vaults;
	d->count = count;
	d->outbound = outbound;
	d->how = (struct deliver_how){.reach = &outbound->reach, .timeout_ms = outbound->timeout_ms, .stopping = &d->stopping};
	d->mails = (struct mail_how){.server = &outbound->smtp, .stopping = &d->stopping};
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	d->workers = calloc(threads + 1, sizeof *d->workers);
	d->turns = turns_new(threads);
	return d->workers != NULL && d->turns != NULL ? OK : err_no_memory(err);
}

/* None begins before all are counted. */
static enum result start_all(struct deliverer *d, size_t threads, struct err *err)
{
	enum result r = OK;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < threads && r == OK; i++) {
		d->worker_count++;
		r = start_worker(d, &d->workers[i], err);
	}
	pthread_mutex_unlock(&d->lock);
	return r;
}

enum result deliverer_start(struct vault *const *vaults, size_t count, const struct outbound *outbound, size_t threads,
			    int64_t clock_ms, struct deliverer **out, struct err *err)
{
	struct deliverer *d;
	enum result r = make(vaults, count, outbound, threads, &d, err);

	if (r == OK)
		r = client_init(err);
	if (r == OK) {
		d->clock = (struct duration){clock_ms};
		r = start_all(d, threads, err);
	}
	*out = r == OK ? d : NULL;
	if (r != OK)
		deliverer_stop(d);
	return r;
}

static void end_worker(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	for (size_t i = 0; i < w->view_count; i++)
		vault_close(w->views[i]);
	free(w->views);
}

void deliverer_stop(struct deliverer *deliverer)
{
	if (deliverer == NULL)
		return;
	pthread_mutex_lock(&deliverer->lock);
	atomic_store(&deliverer->stopping, true);
	pthread_cond_broadcast(&deliverer->wake);
	pthread_mutex_unlock(&deliverer->lock);
	for (size_t i = 0; i < deliverer->worker_count; i++)
		end_worker(&deliverer->workers[i]);
	pthread_cond_destroy(&deliverer->wake);
	pthread_mutex_destroy(&deliverer->lock);
	free(deliverer->workers);
	turns_free(deliverer->turns);
	free(deliverer);
}
