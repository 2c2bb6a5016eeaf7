/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/ingest.h"

#include <string.h>

#include "api/condition.h"
#include "api/import_sums.h"
#include "api/translate.h"
#include "base/clock.h"
#include "ingest/feed.h"
#include "net/body_lines.h"
#include "net/problem.h"
#include "net/spool.h"
#include "privacy/contacts.h"
#include "shim/json_parse.h"
#include "store/contact.h"

#define RESULTS_MAX ((uint64_t)4 * 1024 * 1024 * 1024) /* bytes of the answer: some 40 million lines */
#define RESULT_MAX ((size_t)64 * 1024)                 /* of one line of it */
#define RIGHTS_MS 1000                                 /* for so long who may is not asked again, unless something was revoked */

/* ---- what is said of a line ---- */

static const struct {
	const char *result;             /* the word of the answer */
	const char *code, *what, *mend; /* where it was refused */
} ends[] = {
    [TAKEN_NEW] = {"new", NULL, NULL, NULL},
    [TAKEN_CUT] = {"cut", NULL, NULL, NULL},
    [TAKEN_UPDATED] = {"updated", NULL, NULL, NULL},
    [TAKEN_KNOWN] = {"known", NULL, NULL, NULL},
    [TAKEN_DIFFERS] = {"refused", "differs", "a record of this source, id and time is here already, with other content",
		       "it was left as it was: a record cannot be replaced; to keep both, give this one an id of its own"},
    [TAKEN_ERASED] = {"refused", "erased", "somebody in it was erased after that time", "it must not come back: leave it out"},
    [TAKEN_EXPIRED] = {"refused", "expired", "the policy in force would delete it at once", "leave it out"},
    [TAKEN_HELD] = {"refused", "held", "a legal hold keeps the contact as it is", "send it again when the hold is released"},
    [TAKEN_DELETED] = {"refused", "deleted", "the contact was deleted here, and stays so",
		       "`lethe contact undelete` or `lethe contact readmit` says otherwise"},
};

/* "field 'turns[3].at'" is turns[3].at. */
static const char *field_of(const struct err *why, struct pool *pool)
{
	const char *from = strchr(why->where, '\''), *to = from != NULL ? strrchr(from + 1, '\'') : NULL;

	return to != NULL ? pool_strndup(pool, from + 1, (size_t)(to - from - 1)) : NULL;
}

static const char *type_of(const struct feed_line *line)
{
	return line->type == INTAKE_CONTACT ? "contact" : kind_name(line->kind);
}

static void write_id(struct json_writer *w, const struct feed_line *line)
{
	char id[ID_TEXT_MAX];

	json_string(w, "type", type_of(line));
	json_string(w, "id", id_format(line->type == INTAKE_CONTACT ? CONTACT_PREFIX : kind_prefix(line->kind), line->id, id));
}

static void write_refusal(struct json_writer *w, const char *code, const char *field, const struct err *why)
{
	json_string(w, "code", code);
	if (field != NULL)
		json_string(w, "field", field);
	json_string(w, "reason", why->what);
	if (why->mend[0] != '\0')
		json_string(w, "mend", why->mend);
}

/* Why a line was refused that could be read. */
static void refusal_of(enum taken taken, struct err *why)
{
	err_set(why, ERR_EXISTS, "%s", ends[taken].what);
	err_mend(why, "%s", ends[taken].mend);
	translate_err(why);
}

/* ---- many ---- */

struct ingesting {
	struct direct *direct;
	struct feed *feed;
	struct spool *spool;
	struct buf text; /* one line of the answer */
	struct pool pool;
	bool all;        /* also of lines that were not refused */
	int64_t taken[sizeof ends / sizeof *ends], refused;
	int64_t begun, asked; /* monotonic_ms(): the request came, and who may was asked; 0: never */
	uint64_t generation;  /* as it was asked */
};

static void write_line(struct ingesting *ingesting, const struct feed_line *line)
{
	struct json_writer w;
	struct err why;

	json_writer_init(&w, &ingesting->text, 0);
	json_begin_object(&w, NULL);
	json_int(&w, "line", (int64_t)line->number);
	json_string(&w, "result", line->why != NULL ? "refused" : ends[line->taken].result);
	if (line->why != NULL) {
		write_refusal(&w, "input", field_of(line->why, &ingesting->pool), line->why);
	} else {
		write_id(&w, line);
		if (ends[line->taken].code != NULL) {
			refusal_of(line->taken, &why);
			write_refusal(&w, ends[line->taken].code, NULL, &why);
		}
	}
	json_end_object(&w);
	buf_add_char(&ingesting->text, '\n');
}

static enum result send(struct ingesting *ingesting, struct err *err)
{
	enum result r = buf_ok(&ingesting->text, "the answer", err);

	if (r == OK)
		r = spool_write(ingesting->spool, ingesting->text.data, ingesting->text.len, err);
	buf_reset(&ingesting->text);
	pool_reset(&ingesting->pool);
	return r;
}

static enum result told(void *arg, const struct feed_line *line, struct err *err)
{
	struct ingesting *ingesting = arg;
	bool refused = line->why != NULL || ends[line->taken].code != NULL;

	ingesting->refused += refused;
	if (!refused)
		ingesting->taken[line->taken]++;
	if (!refused && !ingesting->all)
		return OK;
	write_line(ingesting, line);
	return send(ingesting, err);
}

static enum result refuse_long(struct ingesting *ingesting, uint64_t number, struct err *err)
{
	struct err why;

	err_set(&why, ERR_LIMIT, "the line is longer than %zu bytes", INTAKE_LINE_MAX);
	err_mend(&why, "put long content into a file, and send it as the record's media");
	return feed_refuse(ingesting->feed, number, &why, err);
}

/* A stream may last for days: of who may no more nothing more is taken in. */
static enum result still_may(struct ingesting *ingesting, struct err *err)
{
	const struct direct *direct = ingesting->direct;
	uint64_t generation = atomic_load(&direct->view->shared->generation);
	int64_t at = monotonic_ms();

	if (ingesting->asked != 0 && generation == ingesting->generation && at - ingesting->asked < RIGHTS_MS)
		return OK;
	ingesting->asked = at;
	ingesting->generation = generation;
	return direct_may_still(direct, ingesting->begun, err);
}

static enum result take_lines(struct ingesting *ingesting, struct body_lines *body, struct err *err)
{
	const char *line;
	size_t len;
	enum result r = OK;

	while (r == OK) {
		r = body_lines_next(body, &line, &len, err);
		if (r == OK && line == NULL)
			return feed_finish(ingesting->feed, err);
		if (r == ERR_LIMIT)
			r = refuse_long(ingesting, body->number, err);
		else if (r == OK && (r = still_may(ingesting, err)) == OK)
			r = feed_take(ingesting->feed, body->number, line, len, err);
	}
	return r;
}

/* The last line. `problem` is that which ended it, as JSON, or NULL. */
static enum result write_end(struct ingesting *ingesting, const char *problem, struct err *err)
{
	const struct import_result *result = feed_result(ingesting->feed);
	struct json_writer w;

	json_writer_init(&w, &ingesting->text, 0);
	json_begin_object(&w, NULL);
	json_bool(&w, "end", true);
	json_bool(&w, "complete", problem == NULL);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (ends[i].code == NULL)
			json_int(&w, ends[i].result, ingesting->taken[i]);
	}
	json_int(&w, "refused", ingesting->refused);
	json_begin_object(&w, "sums");
	import_sums_write(&w, result);
	json_end_object(&w);
	if (problem != NULL)
		buf_printf(&ingesting->text, ",\"problem\":%s", problem);
	json_end_object(&w);
	buf_add_char(&ingesting->text, '\n');
	return send(ingesting, err);
}

/* Whatever ended it: what is on disk is said. */
static enum result answer(struct ingesting *ingesting, enum result r, struct err *err)
{
	struct response *response = ingesting->direct->response;
	const char *problem = NULL;

	if (r != OK) {
		translate_err(err);
		problem_from(response, ingesting->direct->request, err, NULL);
		problem = pool_strndup(ingesting->direct->request->pool, response->body.data, response->body.len);
		if (problem == NULL)
			return r;
	}
	if (write_end(ingesting, problem, err) != OK)
		return err->code;
	buf_reset(&response->body);
	response_type(response, "application/x-ndjson");
	if (ingesting->refused > 0)
		response_header(response, "Lethe-Partly", "true");
	spool_answer(ingesting->spool, response);
	ingesting->spool = NULL;
	return OK;
}

static enum result run(struct ingesting *ingesting, struct err *err)
{
	struct body_lines *body = pool_alloc(ingesting->direct->request->pool, sizeof *body);
	struct err second;
	enum result r;

	if (body == NULL)
		return err_no_memory(err);
	body_lines_init(body, ingesting->direct->request, INTAKE_LINE_MAX);
	r = take_lines(ingesting, body, err);
	body_lines_free(body);
	if (r != OK) /* the failure that ended it is the one to tell */
		(void)!feed_break_off(ingesting->feed, &second);
	return answer(ingesting, r, err);
}

static enum result read_query(struct direct *direct, struct feed_options *options, struct err *err)
{
	const char *zone = direct_query(direct, "tz");

	options->source = direct_query(direct, "source");
	direct->field = "source";
	if (options->source != NULL && import_check_source(options->source, err) != OK)
		return err->code;
	direct->field = "tz";
	if (zone != NULL && zone_open(zone, &options->zone, err) != OK)
		return err->code;
	direct->field = NULL;
	return OK;
}

static const char *no_contacts(const struct direct *direct)
{
	if (access_may(direct->actor, MAY_CONTACT_WRITE, direct->account->number) == ACCESS_YES)
		return NULL;
	return "the token may not: it needs contact.write";
}

/* A condition that is passed over in silence would be taken for one that held. */
static enum result refuse_condition(struct direct *direct, struct err *err)
{
	if (!condition_asked(direct->resource, direct->request))
		return OK;
	direct->field = request_header(direct->request, "if-match") != NULL ? "If-Match" : "If-None-Match";
	err_set(err, ERR_INPUT, "lines are compared with nothing that was read");
	return err_mend(err, "leave it out; `PUT /v1/accounts/{account}/contacts/{contact}` corrects one contact on a condition");
}

enum result ingest_lines(struct direct *direct, struct err *err)
{
	const char *results = direct_query(direct, "results");
	struct ingesting ingesting = {.direct = direct, .all = results == NULL || strcmp(results, "all") == 0,
				      .begun = monotonic_ms()};
	struct feed_options options = {.account = direct->account, .now = direct->request->now, .arg = &ingesting,
				       .told = told, .no_contacts = no_contacts(direct)};
	enum result r = refuse_condition(direct, err);

	if (r == OK)
		r = read_query(direct, &options, err);
	buf_init(&ingesting.text, RESULT_MAX);
	pool_init(&ingesting.pool, RESULT_MAX);
	if (r == OK)
		r = spool_new(direct->view->dir, RESULTS_MAX, &ingesting.spool, err);
	if (r == OK)
		r = feed_new(direct->view, &options, &ingesting.feed, err);
	if (r == OK)
		r = run(&ingesting, err);
	feed_free(ingesting.feed);
	spool_free(ingesting.spool);
	zone_close(options.zone);
	buf_free(&ingesting.text);
	pool_free(&ingesting.pool);
	return r;
}

/* ---- one ---- */

struct single {
	struct direct *direct;
	bool said;
};

static void locate(const struct direct *direct, const struct feed_line *line)
{
	char account[ID_TEXT_MAX], id[ID_TEXT_MAX];
	bool contact = line->type == INTAKE_CONTACT;

	id_format(ACCOUNT_PREFIX, direct->account->id, account);
	id_format(contact ? CONTACT_PREFIX : kind_prefix(line->kind), line->id, id);
	response_header(direct->response, "Location",
			pool_printf(direct->request->pool, "/v1/accounts/%s/%s/%s", account,
				    contact ? "contacts" : "records", id));
}

static enum result answer_one(void *arg, const struct feed_line *line, struct err *err)
{
	struct single *single = arg;
	struct response *response = single->direct->response;
	struct json_writer w;

	single->said = true;
	if (line->why != NULL) {
		single->direct->field = field_of(line->why, single->direct->request->pool);
		*err = *line->why;
		err->where[0] = '\0';
		return err->code = ERR_INPUT;
	}
	if (ends[line->taken].code != NULL) {
		refusal_of(line->taken, err);
		return err->code;
	}
	response->status = line->taken == TAKEN_NEW || line->taken == TAKEN_CUT ? 201 : 200;
	if (response->status == 201)
		locate(single->direct, line);
	response_type(response, "application/json");
	json_writer_init(&w, &response->body, 2);
	json_begin_object(&w, NULL);
	json_string(&w, "result", ends[line->taken].result);
	write_id(&w, line);
	json_end_object(&w);
	return OK;
}

/* A body that does not say what it is gets the type of its resource. */
static enum result with_type(struct direct *direct, const char *type, const char **text, size_t *len, struct err *err)
{
	struct request *request = direct->request;
	const char *brace = memchr(request->body, '{', request->body_len);
	const struct json *tree;
	const char *more;
	enum result r = json_parse_once(request->body, request->body_len, request->pool, &tree, err);

	*text = request->body;
	*len = request->body_len;
	if (r != OK || type == NULL || tree->type != JSON_OBJECT || json_get(tree, "type") != NULL)
		return r;
	more = pool_printf(request->pool, "{\"type\":\"%s\"%s%s", type, tree->first != NULL ? "," : "", brace + 1);
	if (more == NULL)
		return err_no_memory(err);
	*text = more;
	*len = strlen(more);
	return OK;
}

static enum result take_one(struct direct *direct, const struct feed_options *takes, const char *type, struct err *err)
{
	struct single single = {.direct = direct};
	struct feed_options options = *takes;
	struct feed *feed = NULL;
	struct err second;
	const char *text;
	size_t len;
	enum result r = with_type(direct, type, &text, &len, err);

	options.arg = &single;
	options.told = answer_one;
	if (r == OK)
		r = read_query(direct, &options, err);
	if (r == OK)
		r = feed_new(direct->view, &options, &feed, err);
	if (r == OK)
		r = feed_take(feed, 1, text, len, err);
	if (r == OK)
		r = feed_finish(feed, err);
	if (r != OK && feed != NULL)
		(void)!feed_break_off(feed, &second);
	feed_free(feed);
	zone_close(options.zone);
	INVARIANT(r != OK || single.said);
	return r;
}

enum result ingest_record(struct direct *direct, struct err *err)
{
	const struct feed_options options = {.account = direct->account, .now = direct->request->now,
					     .no_contacts = "send it to .../contacts"};

	return take_one(direct, &options, NULL, err);
}

enum result ingest_contact(struct direct *direct, struct err *err)
{
	const struct feed_options options = {.account = direct->account, .now = direct->request->now,
					     .no_records = "send it to .../records"};

	return take_one(direct, &options, "contact", err);
}

enum result ingest_contact_again(struct direct *direct, struct err *err)
{
	struct contact_row row;
	struct id id;
	const struct feed_options options = {.account = direct->account, .now = direct->request->now,
					     .no_records = "send it to .../records", .contact = &id};
	enum result r = id_parse(CONTACT_PREFIX, request_parameter(direct->request, "contact"), &id, err);

	if (r == OK)
		r = contact_get(direct->view->read.data, direct->account->number, id, direct->request->pool, &row, err);
	if (r == ERR_NOT_FOUND || r == ERR_INPUT)
		return err_set(err, ERR_NOT_FOUND, "there is no such contact");
	return r == OK ? take_one(direct, &options, "contact", err) : r;
}
