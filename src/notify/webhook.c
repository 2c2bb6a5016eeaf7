/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/webhook.h"

#include <string.h>

#include "base/quote.h"
#include "store/leaf.h"

#define BATCH 64
#define POOL_MAX ((size_t)1024 * 1024)
/* What each text is sealed as. */
#define AS_URL "hook-url"
#define AS_SECRET "hook-key"

static const struct id nothing;

/* ---- types ---- */

static bool is_group(const char *word, size_t len)
{
	bool found = false;

	if (len < 3 || word[len - 1] != '*' || word[len - 2] != '.')
		return false;
	for (int type = 1; type < EVENT_TYPE_COUNT && !found; type++)
		found = strncmp(event_type_name((enum event_type)type), word, len - 1) == 0;
	return found;
}

static enum result check_type(const char *word, size_t len, struct err *err)
{
	enum event_type type;
	char shown[QUOTE_MAX];

	if (is_group(word, len) || (event_type_parse(word, len, &type) && type != EVENT_WEBHOOK_TEST))
		return OK;
	err_set(err, ERR_INPUT, "there is no type of event %s", quote(word, len, shown));
	return err_mend(err, "docs/webhooks.md lists those there are; \"person.*\" is all that begin so");
}

enum result webhook_types_check(const char *types, struct err *err)
{
	enum result r = OK;

	if (strlen(types) > WEBHOOK_TYPES_MAX)
		return err_set(err, ERR_INPUT, "the list of types has more than %d bytes", WEBHOOK_TYPES_MAX);
	for (const char *at = types; *at != '\0' && r == OK;) {
		size_t len = strcspn(at, ",");

		r = check_type(at, len, err);
		at += len + (at[len] == ',' && at[len + 1] != '\0');
		if (r == OK && *at == ',')
			r = err_set(err, ERR_INPUT, "the list of types ends with a comma");
	}
	return r;
}

static bool fits(const char *word, size_t len, const char *name)
{
	if (word[len - 1] == '*')
		return strncmp(word, name, len - 1) == 0;
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

bool webhook_wants(const char *types, enum event_type type)
{
	const char *name = event_type_name(type);

	if (type == EVENT_WEBHOOK_TEST)
		return false; /* it is for one alone */
	if (*types == '\0')
		return true;
	while (*types != '\0') {
		size_t len = strcspn(types, ",");

		if (len > 0 && fits(types, len, name))
			return true;
		types += len + (types[len] == ',');
	}
	return false;
}

/* ---- what is sealed ---- */

static enum result open_text(struct session *session, const struct webhook_row *row, const char *as,
			     const unsigned char *sealed, size_t len, struct pool *pool, const char **out,
			     struct err *err)
{
	return open_data(session->ring, row->account, as, row->id, sealed, len, pool, out, err);
}

enum result webhook_url(struct session *session, const struct webhook_row *row, struct pool *pool, const char **out,
			struct err *err)
{
	return open_text(session, row, AS_URL, row->url, row->url_len, pool, out, err);
}

enum result webhook_secrets(struct session *session, const struct webhook_row *row, struct instant now,
			    struct pool *pool, const char **secret, const char **old, struct err *err)
{
	enum result r = open_text(session, row, AS_SECRET, row->secret, row->secret_len, pool, secret, err);

	*old = NULL;
	if (r != OK || row->old_secret_len == 0 || now.ms >= row->old_until.ms)
		return r;
	return open_text(session, row, AS_SECRET, row->old_secret, row->old_secret_len, pool, old, err);
}

enum result webhook_note_read(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "webhook.list", account, now);
	return vault_note(session, &act, err);
}

/* ---- changing one ---- */

struct changing {
	uint32_t account;
	struct id id;
	struct instant now;
	struct pool pool;
	struct webhook_row row;
	/* What each change takes or gives. */
	const struct webhook_new *new;
	const char *secret;
	const struct id *event;
	struct id made;
	int64_t count;
	bool flag;
};

static enum result change(struct vault *vault, vault_op *op, struct changing *c, struct err *err)
{
	enum result r;

	pool_init(&c->pool, POOL_MAX);
	r = vault_write(vault, op, c, err);
	pool_free(&c->pool);
	return r;
}

static enum result find(struct session *session, struct changing *c, struct err *err)
{
	enum result r = webhook_get(session->data, c->account, c->id, &c->pool, &c->row, err);

	return r == ERR_NOT_FOUND ? err_mend(err, "`lethe webhook list` shows those there are") : r;
}

static enum result note(struct session *session, struct changing *c, struct act *act, uint64_t *seq, struct err *err)
{
	act_id(act, "webhook", WEBHOOK_PREFIX, c->id);
	return act_append(act, session->data, seq, err);
}

/* ---- adding, removing ---- */

static enum result refuse_too_many(struct session *session, struct changing *c, struct err *err)
{
	struct webhook_row rows[WEBHOOKS_AN_ACCOUNT];
	size_t count;
	enum result r = webhook_list(session->data, c->account, nothing, &c->pool, rows, WEBHOOKS_AN_ACCOUNT, &count, err);

	if (r != OK || count < WEBHOOKS_AN_ACCOUNT)
		return r;
	err_set(err, ERR_LIMIT, "the account has %d webhooks", WEBHOOKS_AN_ACCOUNT);
	return err_mend(err, "remove those that are not used: `lethe webhook list` shows them");
}

static enum result seal_all(struct session *session, struct changing *c, struct err *err)
{
	struct webhook_row *row = &c->row;
	enum result r = seal_data(session->ring, c->account, AS_URL, c->id, c->new->url, &c->pool, &row->url, &row->url_len, err);

	row->old_secret = (const unsigned char *)"";
	return r == OK ? seal_data(session->ring, c->account, AS_SECRET, c->id, c->secret, &c->pool, &row->secret,
				   &row->secret_len, err)
		       : r;
}

static enum result add_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	enum result r = refuse_too_many(session, c, err);

	c->row = (struct webhook_row){.account = c->account, .id = c->id, .types = c->new->types, .state = WEBHOOK_ENABLED,
				      .made_by = c->new->made_by, .created = c->now};
	if (r == OK)
		r = seal_all(session, c, err);
	act_begin(&act, "webhook.add", c->account, c->now);
	/* What is told begins behind this leaf. */
	if (r == OK)
		r = note(session, c, &act, &c->row.seq, err);
	c->row.n = INT32_MAX;
	return r == OK ? webhook_put(session->data, &c->row, err) : r;
}

enum result webhook_add(struct vault *vault, uint32_t account, const struct client_reach *reach,
			const struct webhook_new *new, struct instant now, struct id *id, char secret[WEBHOOK_SECRET_MAX],
			struct err *err)
{
	struct changing c = {.account = account, .id = id_new(now), .now = now, .new = new, .secret = secret};
	enum result r = client_check_url(reach, new->url, err);

	if (r == OK)
		r = webhook_types_check(new->types, err);
	if (r != OK)
		return r;
	webhook_secret_make(secret);
	*id = c.id;
	r = change(vault, add_op, &c, err);
	if (r != OK)
		webhook_secret_wipe(secret);
	return r;
}

static enum result remove_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	enum result r = find(session, c, err);

	if (r == OK)
		r = delivery_delete_webhook(session->data, c->account, c->id, err);
	if (r == OK)
		r = webhook_delete(session->data, c->account, c->id, err);
	if (r != OK)
		return r;
	act_begin(&act, "webhook.remove", c->account, c->now);
	return note(session, c, &act, NULL, err);
}

enum result webhook_remove(struct vault *vault, uint32_t account, struct id id, struct instant now, struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now};

	return change(vault, remove_op, &c, err);
}

/* ---- secrets ---- */

static enum result rotate_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	enum result r = find(session, c, err);

	c->row.old_secret = c->flag ? (const unsigned char *)"" : c->row.secret;
	c->row.old_secret_len = c->flag ? 0 : c->row.secret_len;
	c->row.old_until = (struct instant){c->flag ? 0 : c->now.ms + WEBHOOK_OVERLAP_MS};
	if (r == OK)
		r = seal_data(session->ring, c->account, AS_SECRET, c->id, c->secret, &c->pool, &c->row.secret,
			      &c->row.secret_len, err);
	if (r == OK)
		r = webhook_put(session->data, &c->row, err);
	if (r != OK)
		return r;
	act_begin(&act, "webhook.rotate", c->account, c->now);
	act_int(&act, "at_once", c->flag);
	return note(session, c, &act, NULL, err);
}

enum result webhook_rotate(struct vault *vault, uint32_t account, struct id id, bool at_once, struct instant now,
			   char secret[WEBHOOK_SECRET_MAX], struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now, .secret = secret, .flag = at_once};
	enum result r;

	webhook_secret_make(secret);
	r = change(vault, rotate_op, &c, err);
	if (r != OK)
		webhook_secret_wipe(secret);
	return r;
}

/* ---- stopping, going on ---- */

static enum result enable_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	enum result r = find(session, c, err);

	if (r != OK || (c->row.state == WEBHOOK_ENABLED) == c->flag)
		return r;
	c->row.state = c->flag ? WEBHOOK_ENABLED : WEBHOOK_STOPPED;
	c->row.failing_since = (struct instant){0};
	c->row.rest_until = (struct instant){0};
	r = webhook_put(session->data, &c->row, err);
	if (r != OK)
		return r;
	if (c->flag)
		act_begin(&act, "webhook.enable", c->account, c->now);
	else
		act_begin(&act, "webhook.stop", c->account, c->now);
	return note(session, c, &act, NULL, err);
}

enum result webhook_enable(struct vault *vault, uint32_t account, struct id id, bool enable, struct instant now,
			   struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now, .flag = enable};

	return change(vault, enable_op, &c, err);
}

/* ---- by hand ---- */

/* Who asks for it now sees what comes of it now. */
static enum result end_rest(struct session *session, struct changing *c, struct err *err)
{
	if (c->row.rest_until.ms == 0)
		return OK;
	c->row.rest_until = (struct instant){0};
	return webhook_put(session->data, &c->row, err);
}

static enum result deliver_anew(struct session *session, struct changing *c, struct id event, struct err *err)
{
	const struct delivery_row row = {.account = c->account, .webhook = c->id, .event = event,
					 .state = DELIVERY_WAITING, .next = c->now};
	enum result r = delivery_put(session->data, &row, err);

	c->count += r == OK;
	return r;
}

static enum result test_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct event_row event = {.account = c->account, .type = EVENT_WEBHOOK_TEST, .id = c->made,
				  .ids = (const unsigned char *)""};
	struct act act;
	enum result r = find(session, c, err);

	if (r != OK)
		return r;
	act_begin(&act, "webhook.test", c->account, c->now);
	r = note(session, c, &act, &event.seq, err);
	if (r == OK)
		r = event_insert(session->data, &event, err);
	if (r == OK)
		r = deliver_anew(session, c, event.id, err);
	return r == OK ? end_rest(session, c, err) : r;
}

enum result webhook_test(struct vault *vault, uint32_t account, struct id id, struct instant now, struct id *event,
			 struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now, .made = id_new(now)};

	*event = c.made;
	return change(vault, test_op, &c, err);
}

static enum result replay_one(struct session *session, struct changing *c, struct err *err)
{
	struct event_row event;
	enum result r = event_get(session->data, c->account, *c->event, &c->pool, &event, err);

	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe event list` shows those there are: they are kept as long as the log of deliveries");
	return r == OK ? deliver_anew(session, c, *c->event, err) : r;
}

/* Goes back in time, so what it changes is not met again. */
static enum result replay_failed(struct session *session, struct changing *c, struct err *err)
{
	struct delivery_row rows[BATCH];
	struct id before;
	size_t count;
	enum result r;

	memset(before.bytes, 0xff, sizeof before.bytes);
	do {
		r = delivery_back(session->data, c->account, c->id, before, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			before = rows[i].event;
			if (rows[i].state == DELIVERY_FAILED)
				r = deliver_anew(session, c, rows[i].event, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result replay_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	enum result r = find(session, c, err);

	if (r == OK)
		r = c->event != NULL ? replay_one(session, c, err) : replay_failed(session, c, err);
	if (r == OK)
		r = end_rest(session, c, err);
	if (r != OK)
		return r;
	act_begin(&act, "webhook.replay", c->account, c->now);
	act_int(&act, "events", c->count);
	return note(session, c, &act, NULL, err);
}

enum result webhook_replay(struct vault *vault, uint32_t account, struct id id, const struct id *event,
			   struct instant now, int64_t *count, struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now, .event = event};
	enum result r = change(vault, replay_op, &c, err);

	*count = c.count;
	return r;
}
