/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/keyed.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "vault/answer.h"

#define HEADER "Idempotency-Key"
#define WITHHELD "(shown once)"
#define FINGERPRINT_MAX ((size_t)80 * 1024 * 1024)

/* ---- the key ---- */

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x21 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\')
			return false;
	}
	return len > 0 && len <= KEYED_LEN_MAX;
}

/* A string of structured fields, "8e03978e", or as many send it: without the quotes. */
enum result keyed_read(const char *value, const char **key, size_t *len, struct err *err)
{
	size_t all = strlen(value);
	bool quoted = all >= 2 && value[0] == '"' && value[all - 1] == '"';

	*key = quoted ? value + 1 : value;
	*len = quoted ? all - 2 : all;
	if (is_plain(*key, *len))
		return OK;
	err_set(err, ERR_INPUT, "the key of the request is not 1 to %d visible ASCII characters", KEYED_LEN_MAX);
	return err_mend(err, "send a new random one, such as a UUID, and the same one whenever you ask again");
}

static void add_part(struct buf *out, const char *text)
{
	buf_printf(out, "%zu:", strlen(text));
	buf_add_str(out, text);
}

/* All that says what is asked. `digest`: of a body that came as a stream; NULL: it is there whole. */
static enum result write_request(const struct request *request, const struct hash *digest, struct buf *out,
				 struct err *err)
{
	const struct target *target = &request->target;

	add_part(out, method_name(request->method));
	for (size_t i = 0; i < target->segment_count; i++)
		add_part(out, target->segments[i]);
	buf_add_str(out, "?");
	for (size_t i = 0; i < target->param_count; i++) {
		add_part(out, target->params[i].name);
		add_part(out, target->params[i].value);
	}
	buf_add_str(out, digest != NULL ? "#sha256:" : "#");
	if (digest != NULL)
		buf_add(out, digest->bytes, HASH_LEN);
	else
		buf_add(out, request->body, request->body_len);
	return buf_ok(out, "what is asked", err);
}

static enum result blind_request(struct keyed *keyed, const struct hash *digest, struct err *err)
{
	struct buf text;
	enum result r;

	buf_init(&text, FINGERPRINT_MAX);
	r = write_request(keyed->request, digest, &text, err);
	if (r == OK)
		r = keyring_blind(keyed->view->read.ring, keyed->row.account, BLIND_REQUEST, text.data, text.len,
				  &keyed->row.request, err);
	buf_free(&text);
	return r;
}

static enum result make_row(const struct keyed_by *by, const struct request *request, const char *key, size_t len,
			    struct request_key_row *out, struct err *err)
{
	const char *name = pool_printf(request->pool, "%s %.*s", by->who, (int)len, key);

	*out = (struct request_key_row){.account = by->account, .state = REQUEST_BEGUN,
					.ends = {request->now.ms + by->keep.ms}};
	if (name == NULL)
		return err_no_memory(err);
	return keyring_blind(by->view->read.ring, by->account, BLIND_REQUEST_KEY, name, strlen(name), &out->key, err);
}

/* ---- what has ended, and could not be written ---- */

/* On a disk that is full, say: the row says that it is being done until the vault is opened again. The last ones, of any
 * region. */
#define UNWRITTEN 256
static struct { pthread_mutex_t lock; struct request_key_row rows[UNWRITTEN]; size_t next; } unwritten = {
	.lock = PTHREAD_MUTEX_INITIALIZER};

static void remember(const struct request_key_row *row)
{
	struct request_key_row bare = *row;

	bare.answer = NULL;
	bare.answer_len = 0;
	pthread_mutex_lock(&unwritten.lock);
	unwritten.rows[unwritten.next++ % UNWRITTEN] = bare;
	pthread_mutex_unlock(&unwritten.lock);
}

/* One that is known by its end too is no later request with the same key. */
static void bring_up_to_date(struct request_key_row *row)
{
	if (row->state != REQUEST_BEGUN)
		return;
	pthread_mutex_lock(&unwritten.lock);
	for (size_t i = 0; i < UNWRITTEN; i++) {
		const struct request_key_row *known = &unwritten.rows[i];

		if (known->account == row->account && known->ends.ms == row->ends.ms &&
		    memcmp(known->key.bytes, row->key.bytes, BLIND_LEN) == 0)
			*row = *known;
	}
	pthread_mutex_unlock(&unwritten.lock);
}

/* ---- who asks again ---- */

static enum result find(struct db *db, const struct request_key_row *wanted, struct instant now, struct pool *pool,
			bool *found, struct request_key_row *out, struct err *err)
{
	enum result r = request_key_get(db, wanted->account, &wanted->key, pool, found, out, err);

	*found = r == OK && *found && out->ends.ms > now.ms;
	if (*found)
		bring_up_to_date(out);
	return r;
}

static void answer_problem(const struct keyed *keyed, enum problem problem, struct err *err, struct response *response)
{
	if (problem == PROBLEM_KEY_RUNNING)
		response_header(response, "Retry-After", "1");
	problem_answer(response, keyed->request, problem, err, HEADER);
}

/* Headers of the answer that are kept with it: a line each, empty where it had none; then comes the body. */
static const char *const kept_headers[] = {"Content-Type", "Lethe-Partly", "Location"};
#define KEPT_HEADERS (sizeof kept_headers / sizeof *kept_headers)

static enum result give(const char *plain, size_t len, struct response *response, struct err *err)
{
	const char *at = plain, *end = plain + len;

	for (size_t i = 0; i < KEPT_HEADERS; i++) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *value = line != NULL ? pool_strndup(response->pool, at, (size_t)(line - at)) : NULL;

		if (line == NULL)
			return err_set(err, ERR_CORRUPT, "a kept answer is not of its form");
		if (value == NULL)
			return err_no_memory(err);
		if (*value != '\0')
			response_header(response, kept_headers[i], value);
		at = line + 1;
	}
	buf_add(&response->body, at, (size_t)(end - at));
	return OK;
}

static void say_lost(const struct keyed *keyed, const struct request_key_row *row, struct response *response)
{
	struct err err;

	if (row->state == REQUEST_BROKEN) {
		err_set(&err, ERR_EXISTS, "a request with this key was begun, and broken off before it was answered");
		err_mend(&err, "look whether what it asked for is there; if it is not, ask again with a new key");
	} else {
		err_set(&err, ERR_EXISTS, "what was asked with this key was done and answered with status %d, which is not kept any more",
			row->status);
		err_mend(&err, "look at what is there now");
	}
	answer_problem(keyed, PROBLEM_KEY_SPENT, &err, response);
}

static void replay(const struct keyed *keyed, const struct request_key_row *row, struct response *response)
{
	const char *plain;
	struct err err;
	size_t len;
	enum result r;

	if (row->state == REQUEST_BROKEN || row->answer_len == 0) {
		say_lost(keyed, row, response);
		return;
	}
	r = answer_open(keyed->view->read.ring, row->account, &row->key, row->answer, row->answer_len, response->pool,
			&plain, &len, &err);
	if (r == OK)
		r = give(plain, len, response, &err);
	if (r == ERR_GONE) {
		say_lost(keyed, row, response);
		return;
	}
	if (r != OK) {
		problem_from(response, keyed->request, &err, NULL);
		return;
	}
	response->status = row->status;
	response_header(response, "Idempotency-Replayed", "true");
}

static void answer_again(const struct keyed *keyed, const struct request_key_row *row, struct response *response)
{
	struct err err;

	if (memcmp(row->request.bytes, keyed->row.request.bytes, BLIND_LEN) != 0) {
		err_set(&err, ERR_LIMIT, "this key was sent with another request");
		err_mend(&err, "make a new key for each request, and send the same request with it whenever you ask again");
		answer_problem(keyed, PROBLEM_KEY_REUSED, &err, response);
	} else if (row->state == REQUEST_BEGUN) {
		err_set(&err, ERR_BUSY, "a request with this key is being done");
		err_mend(&err, "ask again when it may be done");
		answer_problem(keyed, PROBLEM_KEY_RUNNING, &err, response);
	} else {
		replay(keyed, row, response);
	}
}

/* ---- beginning ---- */

enum result keyed_witness(struct session *session, struct keyed *keyed, struct err *err)
{
	struct request_key_row there;
	enum result r;

	if (!keyed->active)
		return OK;
	r = find(session->data, &keyed->row, keyed->request->now, keyed->request->pool, &keyed->known, &there, err);

	keyed->known = keyed->known && !keyed->stored; /* with a write before, which shares its commit with this one */
	if (r == OK && keyed->known)
		r = err_set(err, ERR_BUSY, "a request with this key is being done");
	if (r == OK)
		r = request_key_put(session->data, &keyed->row, err);
	keyed->stored = keyed->stored || r == OK;
	return r;
}

static enum result look_up(struct keyed *keyed, const struct keyed_by *by, const char *value, bool *found,
			   struct request_key_row *there, struct err *err)
{
	const char *key;
	size_t len;
	enum result r = keyed_read(value, &key, &len, err);

	if (r == OK)
		r = make_row(by, keyed->request, key, len, &keyed->row, err);
	if (r == OK && keyed->stream == NULL)
		r = blind_request(keyed, NULL, err);
	return r == OK ? find(by->view->read.data, &keyed->row, keyed->request->now, keyed->request->pool, found, there, err)
		       : r;
}

/* The key that it is asked with; NULL: with none. */
static const char *begin(struct keyed *keyed, const struct keyed_by *by, const struct request *request)
{
	*keyed = (struct keyed){.request = request, .view = by->view};
	return request->method == METHOD_POST ? request_header(request, "idempotency-key") : NULL;
}

/* After the look: is there anything to do still? Else the response is made. */
static bool goes_on(struct keyed *keyed, enum result r, const struct err *err, const struct request_key_row *found,
		    struct response *response)
{
	if (r != OK)
		problem_from(response, keyed->request, err, r == ERR_INPUT ? HEADER : NULL);
	else if (found != NULL)
		answer_again(keyed, found, response);
	keyed->active = r == OK && found == NULL;
	return keyed->active;
}

bool keyed_begin(struct keyed *keyed, const struct keyed_by *by, const struct request *request,
		 struct response *response)
{
	const char *value = begin(keyed, by, request);
	struct request_key_row there;
	bool found = false;
	struct err err;
	enum result r;

	if (value == NULL)
		return true;
	r = look_up(keyed, by, value, &found, &there, &err);
	return goes_on(keyed, r, &err, found ? &there : NULL, response);
}

/* ---- bodies that come as streams ---- */

/* Of what was read of it, if any was: from here on nothing is added. */
static struct hash end_digest(struct keyed *keyed)
{
	struct hash digest = {{0}};

	if (keyed->stream->digest != NULL)
		digest = sha256_end(keyed->stream->digest);
	keyed->stream->digest = NULL;
	keyed->stream = NULL;
	return digest;
}

static void drop_digest(struct keyed *keyed)
{
	if (keyed->stream != NULL)
		(void)end_digest(keyed);
}

/* It has come to its end: now it is known what is asked. */
static enum result know_stream(struct keyed *keyed, struct err *err)
{
	struct hash digest;

	if (keyed->stream == NULL)
		return OK;
	digest = end_digest(keyed);
	return blind_request(keyed, &digest, err);
}

/* Was the same sent then? That is told by all of it. */
static enum result read_whole(struct keyed *keyed, struct err *err)
{
	char piece[16 * 1024];
	size_t len;
	enum result r;

	do {
		r = request_read(keyed->stream, piece, sizeof piece, &len, err);
	} while (r == OK && len > 0);
	explicit_bzero(piece, sizeof piece);
	return r == OK ? know_stream(keyed, err) : r;
}

bool keyed_stream_begin(struct keyed *keyed, const struct keyed_by *by, struct request *request,
			struct response *response)
{
	const char *value = begin(keyed, by, request);
	struct request_key_row there;
	bool found = false;
	struct err err;
	enum result r;

	if (value == NULL)
		return true;
	keyed->stream = request;
	r = look_up(keyed, by, value, &found, &there, &err);
	request->digest = r == OK ? sha256_begin() : NULL;
	if (r == OK && request->digest == NULL)
		r = err_no_memory(&err);
	if (r == OK && found)
		r = read_whole(keyed, &err);
	if (goes_on(keyed, r, &err, found ? &there : NULL, response))
		return true;
	drop_digest(keyed);
	return false;
}

static enum result guard_op(struct session *session, void *arg, struct err *err)
{
	return keyed_witness(session, arg, err);
}

enum result keyed_stream_guard(struct keyed *keyed, struct err *err)
{
	enum result r = keyed->active ? know_stream(keyed, err) : OK;

	if (r == OK && keyed->active)
		vault_witness(keyed->view, guard_op, keyed);
	return r;
}

/* ---- ending ---- */

/* Copies `body` to `out` with every line of `secret` left out; false when one is not in it as it is. */
static bool copy_without(struct buf *out, const char *body, size_t len, const char *secret)
{
	const char *end = body + len, *at;
	size_t line = secret != NULL ? strcspn(secret, "\n") : 0;
	bool found = false;

	if (line == 0) {
		buf_add(out, body, len);
		return true;
	}
	while ((at = memmem(body, (size_t)(end - body), secret, line)) != NULL) {
		buf_add(out, body, (size_t)(at - body));
		buf_add_str(out, WITHHELD);
		body = at + line;
		found = true;
	}
	buf_add(out, body, (size_t)(end - body));
	return found;
}

static bool withhold(struct buf *body, const char *secret)
{
	struct buf less;
	bool whole = true;

	for (; secret != NULL && *secret != '\0' && whole; secret += strcspn(secret, "\n"), secret += *secret == '\n') {
		buf_init(&less, 2 * KEYED_ANSWER_MAX);
		whole = copy_without(&less, body->data, body->len, secret) && !less.failed;
		buf_free(body);
		*body = less;
	}
	return whole;
}

static uint64_t size_of(const struct response *response)
{
	return response->read != NULL ? response->read_size : response->body.len;
}

static bool may_be_kept(const struct response *response)
{
	return !response->failed && !response->body.failed && size_of(response) <= KEYED_ANSWER_MAX;
}

/* What is given by a reader too. False: not all of it. */
static bool copy_body(const struct response *response, struct buf *out)
{
	char piece[16 * 1024];
	uint64_t at = 0;
	size_t got = 1;
	struct err ignored;

	if (response->read == NULL)
		buf_add(out, response->body.data, response->body.len);
	while (response->read != NULL && at < response->read_size && got > 0) {
		if (response->read(response->read_arg, at, piece, sizeof piece, &got, &ignored) != OK)
			return false;
		buf_add(out, piece, got);
		at += got;
	}
	explicit_bzero(piece, sizeof piece);
	return !out->failed && out->len == size_of(response);
}

static void write_answer(const struct response *response, const struct buf *body, struct buf *out)
{
	for (size_t i = 0; i < KEPT_HEADERS; i++) {
		const char *value = response_get_header(response, kept_headers[i]);

		buf_printf(out, "%s\n", value != NULL ? value : "");
	}
	buf_add(out, body->data, body->len);
}

/* Empty: it cannot be kept. */
static void write_without(const struct response *response, const char *secret, struct buf *out)
{
	struct buf body;

	buf_init(&body, 2 * KEYED_ANSWER_MAX);
	if (may_be_kept(response) && copy_body(response, &body) && withhold(&body, secret))
		write_answer(response, &body, out);
	buf_free(&body);
}

struct keeping { struct keyed *keyed; const struct buf *answer; bool stored; };

static enum result keep_op(struct session *session, void *arg, struct err *err)
{
	const struct keeping *keeping = arg;
	struct request_key_row *row = &keeping->keyed->row;
	enum result r = keeping->stored ? OK : keyed_witness(session, keeping->keyed, err);

	if (r == OK && keeping->answer->len > 0)
		r = answer_seal(session, row->account, &row->key, keeping->answer->data, keeping->answer->len,
				keeping->keyed->request->pool, &row->answer, &row->answer_len, err);
	return r == OK ? request_key_put(session->data, row, err) : r;
}

/* What was done is not said to be under way for ever. */
static void keep_bare(struct keyed *keyed, bool stored)
{
	struct buf none = {0};
	struct keeping keeping = {.keyed = keyed, .answer = &none, .stored = stored};
	struct err ignored;

	keyed->row.answer = NULL;
	keyed->row.answer_len = 0;
	if (vault_write(keyed->view, keep_op, &keeping, &ignored) != OK && stored)
		remember(&keyed->row);
}

/* `stored`: that it was done is known already; if the answer cannot be kept, who asks again is told so. */
static void keep(struct keyed *keyed, bool stored, const char *secret, const struct response *response)
{
	struct keeping keeping = {.keyed = keyed, .stored = stored};
	struct buf answer;
	struct err ignored;

	keyed->row.status = response->status;
	keyed->row.state = response->status < 500 ? REQUEST_ANSWERED : REQUEST_BROKEN;
	buf_init(&answer, 4 * KEYED_ANSWER_MAX);
	if (keyed->row.state == REQUEST_ANSWERED)
		write_without(response, secret, &answer);
	if (answer.failed)
		buf_reset(&answer);
	keeping.answer = &answer;
	if (vault_write(keyed->view, keep_op, &keeping, &ignored) != OK && !keyed->known)
		keep_bare(keyed, stored);
	buf_free(&answer);
}

/* Somebody else was first: their answer, if they have it. */
static void answer_known(const struct keyed *keyed, struct response *response)
{
	struct request_key_row there;
	bool found;
	struct err err;
	enum result r = find(keyed->view->read.data, &keyed->row, keyed->request->now, response->pool, &found, &there, &err);

	response_header_remove(response, "Lethe-Partly");
	response_reader(response, NULL, NULL, NULL, 0);
	buf_reset(&response->body);
	if (r != OK)
		problem_from(response, keyed->request, &err, NULL);
	else
		answer_again(keyed, found ? &there : &keyed->row, response);
}

void keyed_end(struct keyed *keyed, enum result outcome, bool done, const char *secret, struct response *response)
{
	if (!keyed->active)
		return;
	if (!keyed->known && (done || outcome == OK))
		keep(keyed, done, secret, response);
	if (keyed->known)
		answer_known(keyed, response);
}

/* What did not come to its end can be sent again with its key. */
void keyed_stream_end(struct keyed *keyed, enum result outcome, bool done, struct response *response)
{
	bool whole = done || keyed->known || (outcome == OK && response->status < 300);
	struct err ignored;

	if (keyed->active && whole && know_stream(keyed, &ignored) == OK)
		keyed_end(keyed, outcome, done, NULL, response);
	drop_digest(keyed);
}

static enum result break_op(struct session *session, void *arg, struct err *err)
{
	(void)arg;
	return request_key_break(session->data, err);
}

enum result keyed_break(struct vault *vault, struct err *err)
{
	return vault_write(vault, break_op, NULL, err);
}
