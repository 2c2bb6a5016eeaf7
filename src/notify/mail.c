/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/mail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/message.h"
#include "notify/schedule.h"
#include "notify/stopping.h"
#include "notify/template.h"
#include "retention/settings.h"
#include "shim/json_parse.h"
#include "store/event.h"
#include "vault/accounts.h"
#include "vault/outbox.h"

#define BATCH 64
#define DUE 16
#define POOL_MAX ((size_t)64 * 1024 * 1024)
#define LINES_MAX ((size_t)64 * 1024)
#define MARK "mailed" /* the setting that says how far the list has got: "seq n" */

/* ---- what is new ---- */

struct group { enum mail_template template; struct id first, last; };

struct listing {
	uint32_t account;
	struct instant now;
	uint64_t seq;
	int n;
	bool on;                /* does the account want mails? */
	struct group groups[BATCH];
	size_t count;
	int64_t listed;
	struct pool pool;
};

static bool template_of(enum event_type type, enum mail_template *out)
{
	switch (type) {
	case EVENT_RETENTION_EXPIRING:
		*out = MAIL_RETENTION_EXPIRING;
		return true;
	case EVENT_PERSON_ERASED:
		*out = MAIL_PERSON_ERASED;
		return true;
	case EVENT_WEBHOOK_DISABLED:
		*out = MAIL_WEBHOOK_DISABLED;
		return true;
	default:
		return false;
	}
}

/* Warnings that were given together are one mail. */
static void group_event(struct listing *l, const struct event_row *event)
{
	struct group *last = l->count > 0 ? &l->groups[l->count - 1] : NULL;
	enum mail_template template;

	if (!template_of(event->type, &template))
		return;
	if (last != NULL && template == MAIL_RETENTION_EXPIRING && last->template == template)
		last->last = event->id;
	else
		l->groups[l->count++] = (struct group){template, event->id, event->id};
}

static enum result list_for(struct session *session, struct listing *l, int64_t user, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < l->count && r == OK; i++) {
		const struct mail_row row = {.account = l->account, .id = id_new(l->now), .user = user,
					     .template = (int)l->groups[i].template, .first = l->groups[i].first,
					     .last = l->groups[i].last, .state = MAIL_WAITING, .next = l->now};

		r = mail_put(session->data, &row, err);
		l->listed += r == OK;
	}
	return r;
}

/* Who it is for is looked at again as it is sent. */
static bool is_told(const struct user_row *user)
{
	return user->state == USER_ACTIVE && (user->role == USER_OWNER || user->role == USER_ADMIN);
}

struct telling { struct session *session; struct listing *l; };

static enum result list_if_told(void *arg, const struct user_row *user, struct err *err)
{
	const struct telling *telling = arg;

	return is_told(user) ? list_for(telling->session, telling->l, user->user, err) : OK;
}

static enum result list_op(struct session *session, void *arg, struct err *err)
{
	struct listing *l = arg;
	struct telling telling = {session, l};
	char mark[64];
	enum result r = OK;

	l->listed = 0;
	if (l->on && l->count > 0)
		r = user_each(session->data, l->account, &l->pool, list_if_told, &telling, err);
	snprintf(mark, sizeof mark, "%" PRIu64 " %d", l->seq, l->n);
	return r == OK ? setting_put(session->data, l->account, MARK, mark, err) : r;
}

static enum result read_mark(struct vault *vault, struct listing *l, struct pool *pool, bool *there, struct err *err)
{
	const char *text, *wanted = NULL;
	char *end;
	enum result r = setting_get(vault->read.data, l->account, MARK, pool, &text, err);

	*there = r == OK && text != NULL;
	if (*there) {
		l->seq = strtoull(text, &end, 10);
		l->n = (int)strtol(end, NULL, 10);
	}
	if (r == OK)
		r = settings_get(&vault->read, l->account, "mail", pool, &wanted, err);
	l->on = r == OK && strcmp(wanted, "on") == 0;
	return r;
}

/* One page; `*more` when it was full. */
static enum result list_page(struct vault *vault, struct listing *l, bool tell, struct pool *pool, bool *more,
			     struct err *err)
{
	struct event_row events[BATCH];
	size_t count;
	enum result r = event_list(vault->read.data, l->account, l->seq, l->n, pool, events, BATCH, &count, err);

	*more = r == OK && count == BATCH;
	if (r != OK || count == 0)
		return r;
	l->count = 0;
	for (size_t i = 0; i < count && tell; i++)
		group_event(l, &events[i]);
	l->seq = events[count - 1].seq;
	l->n = events[count - 1].n;
	return vault_write(vault, list_op, l, err);
}

static enum result list_new(struct vault *vault, uint32_t account, struct instant now, struct mailed *out,
			    struct err *err)
{
	struct listing l = {.account = account, .now = now, .n = -1};
	struct pool pool;
	bool there, more = true;
	enum result r;

	pool_init(&pool, POOL_MAX);
	pool_init(&l.pool, POOL_MAX);
	r = read_mark(vault, &l, &pool, &there, err);
	while (r == OK && more) {
		pool_reset(&pool);
		r = list_page(vault, &l, there, &pool, &more, err);
		out->listed += r == OK ? l.listed : 0;
		l.listed = 0;
	}
	pool_free(&l.pool);
	pool_free(&pool);
	return r;
}

/* ---- what it says ---- */

struct saying { struct buf lines; const char *job; struct pool *pool; };

static void say_warning(struct saying *s, const struct json *data)
{
	const char *kind = json_get_text(data, "kind"), *first = json_get_text(data, "first_day");
	int64_t cut = json_get_int(data, "cut_down", 0);

	buf_printf(&s->lines, "%s: %" PRId64 " go from %.10s on, within %" PRId64 " days", kind != NULL ? kind : "?",
		   json_get_int(data, "records", 0), first != NULL ? first : "?", json_get_int(data, "lead_days", 0));
	if (cut > 0)
		buf_printf(&s->lines, "; %" PRId64 " are cut down to what obligations name", cut);
	buf_add_char(&s->lines, '\n');
}

static void say_member(struct saying *s, const struct json *data, const char *name)
{
	const char *text = json_get_text(data, name);

	if (text != NULL)
		buf_printf(&s->lines, "%s: %s\n", name, text);
}

static void say_event(struct saying *s, enum event_type type, const struct json *data)
{
	switch (type) {
	case EVENT_RETENTION_EXPIRING:
		say_warning(s, data);
		break;
	case EVENT_PERSON_ERASED:
		say_member(s, data, "act");
		say_member(s, data, "person");
		say_member(s, data, "job");
		s->job = json_get_text(data, "job") != NULL ? json_get_text(data, "job") : "";
		break;
	default:
		say_member(s, data, "webhook");
		say_member(s, data, "why");
		say_member(s, data, "failing_since");
	}
}

static enum result say_one(struct vault *vault, struct saying *s, const struct event_row *row, struct err *err)
{
	const struct json *event;
	struct buf text;
	enum result r;

	buf_init(&text, EVENT_BODY_MAX);
	r = outbox_write(vault->read.data, row, (struct id){{0}}, s->pool, &text, err);
	if (r == OK)
		r = json_parse_once(text.data, text.len, s->pool, &event, err);
	if (r == OK)
		say_event(s, row->type, json_get(event, "data"));
	buf_free(&text);
	return r;
}

/* ERR_NOT_FOUND when it is past its time. */
static enum result say_all(struct vault *vault, const struct mail_row *mail, struct saying *s, struct err *err)
{
	struct event_row row, first;
	enum mail_template template;
	size_t count = 1;
	enum result r = event_get(vault->read.data, mail->account, mail->first, s->pool, &first, err);

	row = first;
	while (r == OK && count > 0) {
		if (template_of(row.type, &template) && (int)template == mail->template)
			r = say_one(vault, s, &row, err);
		if (r != OK || id_compare(row.id, mail->last) == 0)
			break;
		r = event_list(vault->read.data, mail->account, row.seq, row.n, s->pool, &row, 1, &count, err);
	}
	return r;
}

/* ---- one attempt ---- */

struct attempt {
	struct vault *vault;
	const struct smtp_server *server;
	struct mail_row mail;
	struct instant now;
	struct pool pool;
	bool asked, sent, for_nobody;
	struct smtp_answer answer;
};

/* Their name, where it is an address. ERR_NOT_FOUND: there is nobody to tell any more. */
static enum result find_address(struct attempt *a, const char **out, struct err *err)
{
	struct session *session = &a->vault->read;
	struct user_row user;
	enum result r = user_get(session->data, a->mail.account, a->mail.user, &a->pool, &user, err);

	if (r == OK)
		r = is_told(&user) ? open_user(session->ring, &user, &a->pool, out, err) : ERR_NOT_FOUND;
	if (r == ERR_GONE || (r == OK && !message_address_ok(*out)))
		r = ERR_NOT_FOUND;
	return r == ERR_NOT_FOUND ? err_set(err, r, "there is nobody to send it to") : r;
}

static enum result write_mail(struct attempt *a, const char *to, struct buf *out, struct err *err)
{
	struct saying s = {.job = "", .pool = &a->pool};
	struct template_filled filled;
	struct account account;
	char id[ID_TEXT_MAX];
	enum result r = accounts_get(&a->vault->read, a->mail.account, &a->pool, &account, err);

	buf_init(&s.lines, LINES_MAX);
	if (r == OK)
		r = say_all(a->vault, &a->mail, &s, err);
	if (r == OK)
		r = buf_ok(&s.lines, "a mail", err);
	if (r == OK) {
		const struct template_value values[] = {
		    {"account", account.name}, {"lines", s.lines.data != NULL ? s.lines.data : ""}, {"job", s.job}, {NULL, NULL}};

		r = template_fill((enum mail_template)a->mail.template, values, &a->pool, &filled, err);
	}
	if (r == OK) {
		const struct message_out m = {.from = a->server->from, .to = to,
					      .id = id_format(MAIL_PREFIX, a->mail.id, id), .subject = filled.subject,
					      .list = a->mail.template == MAIL_RETENTION_EXPIRING ? "retention" : NULL,
					      .text = filled.text, .html = filled.html, .date = a->now};

		r = message_write(&m, out, err);
	}
	buf_free(&s.lines);
	return r;
}

/* The leaf says to whom by their number, never by name. */
static enum result record_op(struct session *session, void *arg, struct err *err)
{
	struct attempt *a = arg;
	struct mail_row row;
	struct act act;
	enum result r = mail_get(session->data, a->mail.account, a->mail.id, &row, err);

	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	row.attempts++;
	row.status = a->answer.status;
	if (a->sent)
		row.state = MAIL_SENT;
	else if (a->for_nobody || a->answer.fault == SMTP_REFUSED || !schedule_next(row.attempts, row.id, a->now, 0, &row.next))
		row.state = MAIL_FAILED;
	r = mail_put(session->data, &row, err);
	if (r != OK)
		return r;
	if (a->sent)
		act_begin(&act, "delivery.mail.done", row.account, a->now);
	else
		act_begin(&act, "delivery.mail.failed", row.account, a->now);
	act_id(&act, "mail", MAIL_PREFIX, row.id);
	act_int(&act, "user", row.user);
	act_int(&act, "template", row.template);
	act_int(&act, "attempt", row.attempts);
	act_int(&act, "status", row.status);
	return act_append(&act, session->data, NULL, err);
}

static enum result try_once(struct attempt *a, struct err *err)
{
	const char *to;
	struct buf mail;
	enum result r = find_address(a, &to, err);

	buf_init(&mail, MESSAGE_MAX);
	if (r == OK)
		r = write_mail(a, to, &mail, err);
	a->for_nobody = r == ERR_NOT_FOUND;
	a->asked = r == OK;
	if (r == OK) {
		r = smtp_send(a->server, to, &mail, &a->answer, err);
		a->sent = r == OK;
	}
	buf_free(&mail);
	/* What is damaged keeps no other mail waiting: `check` finds it. */
	if (r != OK && r != ERR_NOT_FOUND && r != ERR_IO && r != ERR_CORRUPT)
		return r;
	return vault_write(a->vault, record_op, a, err);
}

/* False: it did not answer, and the others would wait as long. */
static bool count_attempt(const struct attempt *a, struct mailed *out)
{
	out->sent += a->sent;
	out->failed += !a->sent;
	if (a->sent || !a->asked)
		return true;
	out->last = a->answer;
	out->nobody = !a->answer.named;
	return a->answer.status != 0;
}

static enum result list_due(struct vault *vault, uint32_t account, struct instant now, struct mail_row *due, size_t max,
			    size_t *count, struct err *err)
{
	struct instant ahead = {now.ms + SCHEDULE_LONGEST_MS + 1};
	enum result r = mail_due(vault->read.data, account, (struct instant){0}, now, due, max, count, err);

	if (r != OK || *count > 0)
		return r;
	return mail_due(vault->read.data, account, ahead, (struct instant){INT64_MAX}, due, max, count, err);
}

static enum result send_due(struct vault *vault, const struct mail_how *how, uint32_t account, struct instant now,
			    size_t max, struct mailed *out, struct err *err)
{
	struct mail_row due[DUE];
	size_t count;
	bool on = !out->nobody;
	enum result r = list_due(vault, account, now, due, max < DUE ? max : DUE, &count, err);

	for (size_t i = 0; i < count && r == OK && on && !is_stopping(how->stopping); i++) {
		struct attempt a = {.vault = vault, .server = how->server, .mail = due[i], .now = now};

		pool_init(&a.pool, POOL_MAX);
		r = try_once(&a, err);
		pool_free(&a.pool);
		if (r == OK)
			on = count_attempt(&a, out) && !out->nobody;
	}
	return r;
}

enum result mail_account(struct vault *vault, const struct mail_how *how, uint32_t account, struct instant now, size_t max,
			 struct mailed *out, struct err *err)
{
	enum result r = list_new(vault, account, now, out, err);

	return r == OK ? send_due(vault, how, account, now, max, out, err) : r;
}
