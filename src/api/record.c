/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/outfile.h"
#include "retention/duties.h"
#include "retention/holds.h"
#include "shim/json_parse.h"
#include "vault/cut.h"
#include "vault/media_open.h"

#define MEDIA_MAX 64

/* ---- finding one and saying that it was read ---- */

static enum result load(struct call *call, const struct account *account, const char *text, struct record_row *out,
			struct err *err)
{
	enum record_kind kind;
	struct id id;
	char shown[QUOTE_MAX];
	enum result r = kind_read_id(text, &kind, &id, err);

	if (r == OK)
		r = record_get(call->vault->read.data, account->number, kind, id, &call->pool, out, err);
	if (r == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "there is no record %s in this account", quote(text, strlen(text), shown));
		return err_mend(err, "it may have been deleted: `lethe audit list` says what was");
	}
	return r;
}

/* A read is an act: its leaf is on disk before anything is shown. */
static enum result note_read(struct call *call, const struct record_row *row, bool media, struct err *err)
{
	struct act act;

	if (media)
		act_begin(&act, "record.media", row->account, call->now);
	else
		act_begin(&act, "record.get", row->account, call->now);
	act_record(&act, "record", row->kind, row->id);
	return vault_note(&call->vault->read, &act, err);
}

/* ---- get ---- */

static void print_roles(struct call *call, unsigned roles)
{
	json_begin_array(&call->w, "roles");
	for (unsigned role = ROLE_FROM; role <= ROLE_AGENT; role <<= 1) {
		if (roles & role)
			json_string(&call->w, NULL, role_name((enum party_role)role));
	}
	json_end_array(&call->w);
}

static enum result show_party(struct call *call, const struct record_row *row, const struct party *party,
			      struct err *err)
{
	struct session *session = &call->vault->read;
	struct identity_row identity;
	const char *value = NULL;
	char person[ID_TEXT_MAX], roles[80] = "";
	enum result r = identity_get(session->data, row->account, party->identity, &call->pool, &identity, err);

	if (r == OK)
		r = open_identity(session->ring, &identity, &call->pool, &value, err);
	if (r != OK && r != ERR_NOT_FOUND && r != ERR_GONE)
		return r;
	json_begin_object(&call->w, NULL);
	print_roles(call, party->roles);
	json_string(&call->w, "value", r == OK ? value : NULL);
	json_string(&call->w, "person", r == OK ? id_format(PERSON_PREFIX, identity.person, person) : NULL);
	json_end_object(&call->w);
	for (unsigned role = ROLE_FROM; role <= ROLE_AGENT; role <<= 1) {
		if (party->roles & role)
			snprintf(roles + strlen(roles), sizeof roles - strlen(roles), "%s%s", roles[0] ? ", " : "",
				 role_name((enum party_role)role));
	}
	call_say(call, "  %-12s %s\n", roles, r == OK ? call_clean(call, value) : "(erased)");
	return OK;
}

static void show_columns(struct call *call, const struct record_row *row)
{
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX];

	id_format(kind_prefix(row->kind), row->id, id);
	instant_format(id_time(row->id), at);
	call_say(call, "%s\n  %s, %s%s%s%s%s\n", id, kind_name(row->kind), at, row->direction ? ", " : "",
		 direction_name(row->direction), row->status ? ", " : "", status_name(row->status));
	if (row->duration_ms >= 0)
		call_say(call, "  %" PRId64 " s\n", row->duration_ms / 1000);
	if (row->media > 0)
		call_say(call, "  %d file%s: lethe record media %s --out FILE\n", row->media, row->media > 1 ? "s" : "",
			 id);
	json_string(&call->w, "id", id);
	json_string(&call->w, "kind", kind_name(row->kind));
	json_string(&call->w, "at", at);
	json_string(&call->w, "direction", row->direction ? direction_name(row->direction) : NULL);
	json_string(&call->w, "status", row->status ? status_name(row->status) : NULL);
	if (row->duration_ms >= 0)
		json_int(&call->w, "duration_ms", row->duration_ms);
	json_int(&call->w, "media", row->media);
}

static void say_cut(struct call *call, const struct duty_cover *cover, uint32_t fields)
{
	char text[CUT_FIELDS_MAX], day[TIME_TEXT_MAX];

	call_say(call, "  restricted to %s\n", cut_fields_text(fields, text));
	for (size_t i = 0; i < cover->count; i++)
		call_say(call, "  by %s, %s (%s), until %s\n", cover->laws[i]->law, cover->laws[i]->article,
			 cover->laws[i]->code, date_format(cover->ends[i], day));
	if (cover->count == 0)
		call_say(call, "  by an obligation that has ended: the next `lethe retention run` deletes it\n");
}

static void print_cut(struct call *call, const struct duty_cover *cover, uint32_t fields)
{
	json_begin_object(&call->w, "cut_down");
	json_begin_array(&call->w, "fields");
	for (uint32_t bit = 1; bit <= OBLIGATION_ALL; bit <<= 1) {
		if (fields & bit)
			json_string(&call->w, NULL, obligation_field_name((enum obligation_field)bit));
	}
	json_end_array(&call->w);
	json_begin_array(&call->w, "laws");
	for (size_t i = 0; i < cover->count; i++) {
		json_begin_object(&call->w, NULL);
		json_string(&call->w, "code", cover->laws[i]->code);
		json_string(&call->w, "law", cover->laws[i]->law);
		json_string(&call->w, "article", cover->laws[i]->article);
		json_date(&call->w, "until", cover->ends[i]);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
	json_end_object(&call->w);
}

/* Under a key of its own: that of a hold or restriction, or a duty's, for which it was cut down. */
static enum result show_keeper(struct call *call, const struct record_row *row, struct err *err)
{
	struct duty_row duty = {.duty = 0};
	struct duty_cover cover;
	struct duty_set set;
	enum result r;

	r = duties_load(&call->vault->read, row->account, call->now, &call->pool, &set, err);
	if (r == OK)
		r = duties_cover_row(&call->vault->read, &set, row, &call->pool, &cover, &duty, err);
	if (r == OK && duty.duty == 0)
		call_say(call, "  kept past its time: `lethe why` says by what\n");
	if (r == OK && duty.duty != 0) {
		say_cut(call, &cover, duty.fields);
		print_cut(call, &cover, duty.fields);
	}
	duties_free(&set);
	return r;
}

/* Whoever reads it is to know that it may not be used as before, or thrown away. */
static enum result show_holds(struct call *call, const struct record_row *row, struct err *err)
{
	const struct hold_scope *scope = NULL;
	bool held = false, restricted = false;
	struct hold_set set;
	char id[ID_TEXT_MAX];
	enum result r = holds_load(&call->vault->read, row->account, &call->pool, &set, err);

	if (r != OK)
		return r;
	json_begin_array(&call->w, "holds");
	while ((scope = holds_cover_next(&set, row, scope)) != NULL) {
		bool legal = scope->row.type == HOLD_LEGAL;

		call_say(call,
			 legal ? "  under legal hold %s: nothing deletes it\n"
			       : "  restricted by %s: to be stored, and not otherwise used (GDPR, art. 18)\n",
			 id_format(HOLD_PREFIX, scope->row.id, id));
		json_string(&call->w, NULL, id);
		held |= legal;
		restricted |= !legal;
	}
	json_end_array(&call->w);
	json_bool(&call->w, "held", held);
	json_bool(&call->w, "restricted", restricted);
	json_bool(&call->w, "kept_past_its_time", row->hold != 0);
	return row->hold != 0 ? show_keeper(call, row, err) : OK;
}

/* One member of the payload a line; what is no text or number as JSON. */
static enum result say_payload(struct call *call, const struct json *tree, struct err *err)
{
	for (const struct json *member = tree->first; member != NULL; member = member->next) {
		struct buf text;
		enum result r;

		if (member->type == JSON_STRING) {
			call_say(call, "  %-12s %s\n", call_clean(call, member->name), call_clean(call, member->text));
			continue;
		}
		buf_init(&text, (size_t)64 * 1024 * 1024);
		json_add_tree(&text, member);
		r = buf_ok(&text, "the record", err);
		if (r == OK)
			call_say(call, "  %-12s %s\n", call_clean(call, member->name), call_clean(call, text.data));
		buf_free(&text);
		if (r != OK)
			return r;
	}
	return OK;
}

static enum result show_record(struct call *call, const struct record_row *row, const struct json *payload,
			       struct err *err)
{
	enum result r;

	json_begin_object(&call->w, NULL);
	show_columns(call, row);
	r = show_holds(call, row, err);
	json_begin_array(&call->w, "parties");
	for (size_t i = 0; i < row->party_count && r == OK; i++)
		r = show_party(call, row, &row->parties[i], err);
	json_end_array(&call->w);
	json_node(&call->w, "payload", payload);
	json_end_object(&call->w);
	call_say(call, "What its source said:\n");
	return r == OK && !call->json ? say_payload(call, payload, err) : r;
}

enum result op_record_get(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct record_row row;
	const struct json *payload;
	const char *text;
	size_t len;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = load(call, &account, argv[0], &row, err);
	if (r == OK)
		r = open_record(call->vault->read.ring, &row, &call->pool, &text, &len, err);
	if (r == OK)
		r = json_parse_once(text, len, &call->pool, &payload, err);
	if (r == OK)
		r = note_read(call, &row, false, err);
	return r == OK ? show_record(call, &row, payload, err) : r;
}

/* ---- media ---- */

struct range {
	uint64_t from, len;
};

/* Digits only, so that "-5" or "+5" are no numbers. */
static bool read_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0;
}

/* "A-B", both included, or "A-". */
static enum result read_range(const char *text, struct range *out, struct err *err)
{
	const char *at = text;
	uint64_t last = UINT64_MAX;

	*out = (struct range){0, UINT64_MAX};
	if (text == NULL)
		return OK;
	if (read_number(&at, &out->from) && *at == '-') {
		at++;
		if ((*at == '\0' || read_number(&at, &last)) && *at == '\0' && last >= out->from) {
			out->len = last - out->from == UINT64_MAX ? UINT64_MAX : last - out->from + 1;
			return OK;
		}
	}
	err_set(err, ERR_INPUT, "'%.40s' is no range", text);
	err_where(err, "--range");
	return err_mend(err, "write it as 0-999 for the first thousand bytes, or 1000- for the rest");
}

static enum result pick_media(struct call *call, const struct record_row *row, const char *n, struct media_row *out,
			      struct err *err)
{
	struct media_row *rows = pool_alloc(&call->pool, MEDIA_MAX * sizeof *rows);
	uint64_t wanted = 0;
	size_t count;
	enum result r;

	if (rows == NULL)
		return err_no_memory(err);
	if (n != NULL && (!read_number(&n, &wanted) || *n != '\0'))
		return err_set(err, ERR_INPUT, "--n takes a number, from 0");
	r = media_list(call->vault->read.data, row->account, row->kind, row->id, rows, MEDIA_MAX, &count, err);
	if (r != OK)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].n >= 0 && (uint64_t)rows[i].n == wanted) {
			*out = rows[i];
			return OK;
		}
	}
	err_set(err, ERR_NOT_FOUND, "this record has no file %" PRIu64, wanted);
	return err_mend(err, count == 0 ? "it has none at all" : "they are counted from 0");
}

static enum result copy_media(struct call *call, const struct record_row *row, const struct media_row *media,
			      const struct range *range, const char *path, uint64_t *written, struct err *err)
{
	struct outfile out;
	struct media_open open;
	enum result r = media_open(&call->vault->read, call->vault->blobs, row, media, &open, err);

	if (r == OK && range->from > stream_reader_size(open.reader))
		r = err_set(err, ERR_INPUT, "the file has only %" PRIu64 " bytes", stream_reader_size(open.reader));
	if (r == OK)
		r = outfile_open(call, path, &out, err);
	if (r == OK) {
		r = note_read(call, row, true, err);
		if (r == OK)
			r = stream_read(open.reader, range->from, range->len, outfile_write, &out, err);
		r = outfile_close(&out, r, err);
		*written = out.written;
	}
	media_close(&open);
	return r;
}

enum result op_record_media(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *n = NULL, *range_text = NULL, *path = NULL;
	const struct call_option options[] = {{"n", &n, NULL}, {"range", &range_text, NULL}, {"out", &path, NULL}};
	struct account account;
	struct record_row row;
	struct media_row media;
	struct range range;
	uint64_t written = 0;
	char bytes[32];
	enum result r = call_parse(call, options, 3, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_range(range_text, &range, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = load(call, &account, argv[0], &row, err);
	if (r == OK)
		r = pick_media(call, &row, n, &media, err);
	if (r == OK)
		r = copy_media(call, &row, &media, &range, path, &written, err);
	if (r != OK || strcmp(path, "-") == 0)
		return r;
	call_say(call, "%s: %s\n", path, call_bytes(written, bytes));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "file", path);
	json_int(&call->w, "bytes", (int64_t)written);
	json_end_object(&call->w);
	return OK;
}
