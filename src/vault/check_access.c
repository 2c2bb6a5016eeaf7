/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What users and programs are let in by.
 */
#include <string.h>

#include "store/invite.h"
#include "store/request_key.h"
#include "store/token.h"
#include "store/user_session.h"
#include "store/job.h"
#include "store/user_subject.h"
#include "store/work.h"
#include "vault/answer.h"
#include "vault/check_run.h"
#include "vault/kept.h"
#include "vault/seal.h"

#define BATCH 64

/* Changed, ended or removed meanwhile: then their rows are gone, or come right, by now. A job that removes the user
 * explains what lacks its key. */
static enum result unless_covered(struct check_run *run, const struct suspect *suspect, enum result r, bool *still,
				  struct err *err)
{
	bool covered = false;

	*still = check_is_problem(r);
	if (!*still)
		return r;
	r = check_covered(run, suspect->account, &covered, err);
	*still = !covered;
	return r;
}

static enum result user_is_there(struct check_run *run, uint32_t account, int64_t user, struct user_row *out,
				 struct err *err)
{
	return user_get(run->session->data, account, user, &run->pool, out, err);
}

/* ---- secrets ---- */

static enum result open_secret(struct check_run *run, const struct user_secret_row *row, struct err *err)
{
	struct user_row user;
	const char *plain;
	size_t len;
	enum result r = user_is_there(run, row->account, row->user, &user, err);

	return r == OK ? open_user_secret(run->session->ring, &user, row, &run->pool, &plain, &len, err) : r;
}

static enum result secret_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct user_secret_row row;
	enum result r = user_secret_get(run->session->data, suspect->account, suspect->number,
					(enum user_secret_kind)suspect->part, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	return unless_covered(run, suspect, r == OK ? open_secret(run, &row, err) : r, still, err);
}

static enum result check_secret(void *arg, const struct user_secret_row *row, struct err *err)
{
	struct check_run *run = arg;
	const struct suspect suspect = {.check = CHECK_ACCESS, .again = secret_still_wrong, .account = run->account,
					.number = row->user, .part = row->kind};
	enum result r = open_secret(run, row, err);

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: user %lld: their secret of kind %d cannot be opened", run->account,
		      (long long)row->user, row->kind);
	return OK;
}

static enum result check_secrets(struct check_run *run, struct err *err)
{
	return user_secret_each(run->session->data, run->account, &run->pool, check_secret, run, err);
}

/* ---- sessions, links, subjects: of users who are there ---- */

static enum result session_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still,
				       struct err *err)
{
	struct user_session_row row;
	struct user_row user;
	size_t count;
	enum result r = user_session_list(run->session->data, suspect->account, suspect->number, (struct id){{0}}, &row, 1,
					  &count, err);

	*still = false;
	if (r != OK || count == 0 || row.user != suspect->number)
		return r;
	return unless_covered(run, suspect, user_is_there(run, suspect->account, suspect->number, &user, err), still, err);
}

static enum result check_session(struct check_run *run, const struct user_session_row *row, struct err *err)
{
	const struct suspect suspect = {.check = CHECK_ACCESS, .again = session_still_wrong, .account = run->account,
					.number = row->user};
	char text[ID_TEXT_MAX];
	struct user_row user;
	enum result r = user_is_there(run, run->account, row->user, &user, err);

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s is of user %lld, who is not there", run->account,
		      id_format(SESSION_PREFIX, row->id, text), (long long)row->user);
	return OK;
}

static enum result check_sessions(struct check_run *run, struct err *err)
{
	struct user_session_row rows[BATCH];
	struct id after = {{0}};
	int64_t user = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = user_session_list(run->session->data, run->account, user, after, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			user = rows[i].user;
			after = rows[i].id;
			r = check_session(run, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result invite_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct invite_row row;
	struct user_row user;
	size_t count;
	enum result r = invite_list(run->session->data, suspect->account, suspect->number - 1, &run->pool, &row, 1, &count,
				    err);

	*still = false;
	if (r != OK || count == 0 || row.user != suspect->number)
		return r;
	return unless_covered(run, suspect, user_is_there(run, suspect->account, suspect->number, &user, err), still, err);
}

static enum result check_invite(struct check_run *run, const struct invite_row *row, struct err *err)
{
	const struct suspect suspect = {.check = CHECK_ACCESS, .again = invite_still_wrong, .account = run->account,
					.number = row->user};
	char text[ID_TEXT_MAX];
	struct user_row user;
	enum result r = row->user != 0 ? user_is_there(run, run->account, row->user, &user, err) : OK;

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s is for user %lld, who is not there", run->account,
		      id_format(INVITE_PREFIX, row->id, text), (long long)row->user);
	return OK;
}

static enum result check_invites(struct check_run *run, struct err *err)
{
	struct invite_row rows[BATCH];
	int64_t after = -1;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = invite_list(run->session->data, run->account, after, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].user;
			r = check_invite(run, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* The index says what the sealed secret beside it says. */
static enum result match_subject(struct check_run *run, uint32_t account, const struct user_subject_row *row,
				 struct err *err)
{
	struct user_secret_row secret;
	struct user_row user;
	enum result r = user_is_there(run, account, row->user, &user, err);

	if (r == OK)
		r = user_secret_get(run->session->data, account, row->user, SECRET_SUBJECT, &run->pool, &secret, err);
	return r;
}

static enum result subject_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct user_subject_row row = {.user = suspect->number};
	int64_t user = 0;
	enum result r;

	memcpy(row.blind.bytes, suspect->id.bytes, BLIND_LEN);
	r = user_subject_find(run->session->data, suspect->account, &row.blind, &user, err);
	*still = false;
	if (r != OK || user != suspect->number)
		return r;
	return unless_covered(run, suspect, match_subject(run, suspect->account, &row, err), still, err);
}

static enum result check_subject(struct check_run *run, const struct user_subject_row *row, struct err *err)
{
	struct suspect suspect = {.check = CHECK_ACCESS, .again = subject_still_wrong, .account = run->account,
				  .number = row->user};
	enum result r = match_subject(run, run->account, row, err);

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	memcpy(suspect.id.bytes, row->blind.bytes, BLIND_LEN);
	check_suspect(run, &suspect, "account %u: an OpenID subject is of user %lld, who does not have it", run->account,
		      (long long)row->user);
	return OK;
}

static enum result check_subjects(struct check_run *run, struct err *err)
{
	struct user_subject_row rows[BATCH];
	struct blind after;
	bool first = true;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = user_subject_list(run->session->data, run->account, first ? NULL : &after, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].blind;
			first = false;
			r = check_subject(run, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- tokens ---- */

static enum result open_token(struct check_run *run, const struct token_row *row, struct err *err)
{
	const char *name;

	return open_data(run->session->ring, row->account, "token", row->id, row->name, row->name_len, &run->pool, &name, err);
}

static enum result token_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct token_row row;
	enum result r = token_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	return unless_covered(run, suspect, r == OK ? open_token(run, &row, err) : r, still, err);
}

static enum result check_token(void *arg, const struct token_row *row, struct err *err)
{
	struct check_run *run = arg;
	const struct suspect suspect = {.check = CHECK_ACCESS, .again = token_still_wrong, .account = run->account,
					.id = row->id};
	char text[ID_TEXT_MAX];
	enum result r = open_token(run, row, err);

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s: its name cannot be opened", run->account,
		      id_format(TOKEN_PREFIX, row->id, text));
	return OK;
}

static enum result check_tokens(struct check_run *run, struct err *err)
{
	return token_each(run->session->data, run->account, &run->pool, check_token, run, err);
}

/* ---- answers that are kept ---- */

static enum result open_answer(struct check_run *run, const struct request_key_row *row, struct err *err)
{
	const char *plain;
	size_t len;
	enum result r = OK;

	if (row->answer_len > 0)
		r = answer_open(run->session->ring, row->account, &row->key, row->answer, row->answer_len, &run->pool, &plain,
				&len, err);
	return r == ERR_GONE ? OK : r; /* somebody was erased since */
}

static enum result answer_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still,
				      struct err *err)
{
	struct request_key_row row;
	struct blind key;
	bool found;
	enum result r;

	memcpy(key.bytes, suspect->id.bytes, BLIND_LEN);
	r = request_key_get(run->session->data, suspect->account, &key, &run->pool, &found, &row, err);
	*still = false;
	if (r == OK && !found)
		return OK;
	return unless_covered(run, suspect, r == OK ? open_answer(run, &row, err) : r, still, err);
}

static enum result check_answer(struct check_run *run, const struct request_key_row *row, struct err *err)
{
	struct suspect suspect = {.check = CHECK_ACCESS, .again = answer_still_wrong, .account = run->account};
	enum result r = open_answer(run, row, err);

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	memcpy(suspect.id.bytes, row->key.bytes, BLIND_LEN);
	check_suspect(run, &suspect, "account %u: an answer that is kept for who asks again cannot be opened", run->account);
	return OK;
}

static enum result check_answers(struct check_run *run, struct err *err)
{
	struct request_key_row rows[BATCH];
	struct blind after;
	bool first = true;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = request_key_list(run->session->data, run->account, first ? NULL : &after, &run->pool, rows, BATCH, &count,
				     err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].key;
			first = false;
			r = check_answer(run, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- work that was asked for ---- */

static enum result open_work(struct check_run *run, const struct work_row *row, struct err *err)
{
	struct blind name;
	const char *plain;
	size_t len;
	enum result r = open_data(run->session->ring, row->account, "work", row->id, row->asked, row->asked_len, &run->pool,
				  &plain, err);

	memcpy(name.bytes, row->id.bytes, BLIND_LEN);
	if (r == OK && row->result_len > 0)
		r = answer_open(run->session->ring, row->account, &name, row->result, row->result_len, &run->pool, &plain, &len,
				err);
	if (r != OK && r != ERR_GONE) /* somebody was erased since */
		return r;
	return kept_check(run->session, run->vault->dir, row, run->options->quick, err);
}

static enum result work_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct work_row row;
	enum result r = work_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	return unless_covered(run, suspect, r == OK ? open_work(run, &row, err) : r, still, err);
}

static enum result check_one_work(void *arg, const struct work_row *row, struct err *err)
{
	struct check_run *run = arg;
	const struct suspect suspect = {.check = CHECK_ACCESS, .again = work_still_wrong, .account = run->account,
					.id = row->id};
	char text[ID_TEXT_MAX];
	enum result r = open_work(run, row, err);

	run->report->checks[CHECK_ACCESS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s: what was asked or answered, or its file, cannot be opened", run->account,
		      id_format(JOB_PREFIX, row->id, text));
	return OK;
}

static enum result check_work(struct check_run *run, struct err *err)
{
	return work_each(run->session->data, run->account, &run->pool, check_one_work, run, err);
}

enum result check_access(struct check_run *run, struct err *err)
{
	enum result r = check_secrets(run, err);

	if (r == OK)
		r = check_sessions(run, err);
	if (r == OK)
		r = check_invites(run, err);
	if (r == OK)
		r = check_subjects(run, err);
	if (r == OK)
		r = check_tokens(run, err);
	if (r == OK)
		r = check_answers(run, err);
	return r == OK ? check_work(run, err) : r;
}
