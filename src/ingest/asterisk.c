/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/asterisk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "base/text.h"
#include "ingest/field.h"

/* A row's uniqueid starts with the time its channel was made; farther than this from the row's start it is none. */
#define UNIQUEID_DRIFT_MS (INT64_C(7) * 24 * 3600 * 1000)
#define UNIQUEID_MAX 100 /* bytes; leaves room for a digest behind it */
#define SEQUENCE_MAX 20
#define NO_COLUMN (-1)
#define CSV_SEMICOLONS_MIN 4 /* in a row without a comma: they part its columns */
#define EPOCH_DIGITS_MIN 9
#define EPOCH_DIGITS_MAX 11

/* Columns that mean something to us; all others are only kept. */
enum column {
	C_ACCOUNTCODE, C_SRC, C_DST, C_DCONTEXT, C_CLID, C_CHANNEL, C_DSTCHANNEL, C_LASTAPP, C_LASTDATA,
	C_START, C_ANSWER, C_END, C_DURATION, C_BILLSEC, C_DISPOSITION, C_AMAFLAGS, C_UNIQUEID, C_USERFIELD,
	C_PEERACCOUNT, C_LINKEDID, C_SEQUENCE, COLUMN_COUNT,
};

static const char *const names[COLUMN_COUNT] = {
    "accountcode", "src",    "dst",	 "dcontext",	"clid",	       "channel",  "dstchannel",
    "lastapp",	   "lastdata", "start",	 "answer",	"end",	       "duration", "billsec",
    "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid", "sequence",
};

/* The order of cdr_csv up to amaflags; what follows depends on cdr.conf. */
#define CSV_FIXED 16
#define CSV_MAX 21
static const enum column custom_order[] = {
    C_CLID, C_SRC, C_DST, C_DCONTEXT, C_CHANNEL, C_DSTCHANNEL, C_LASTAPP, C_LASTDATA, C_START, C_ANSWER,
    C_END, C_DURATION, C_BILLSEC, C_DISPOSITION, C_AMAFLAGS, C_ACCOUNTCODE, C_UNIQUEID, C_USERFIELD, C_SEQUENCE,
};
#define CUSTOM_MAX (sizeof custom_order / sizeof *custom_order)

struct asterisk_layout {
	size_t header_count; /* 0: no header row seen; columns are known by their place */
	int of[COLUMN_COUNT]; /* index in the row, from the header */
	char *titles[CSV_COLUMNS_MAX]; /* the header's own names, owned */
};

/* One row with its columns found. */
struct row {
	const struct asterisk_layout *layout;
	const struct csv_row *csv;
	int of[COLUMN_COUNT];
	struct intake *out;
	struct err *err;
};

enum result asterisk_layout_new(struct asterisk_layout **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? OK : err_no_memory(err);
}

static void forget_header(struct asterisk_layout *layout)
{
	for (size_t i = 0; i < layout->header_count; i++)
		free(layout->titles[i]);
	memset(layout, 0, sizeof *layout);
}

void asterisk_layout_free(struct asterisk_layout *layout)
{
	if (!layout)
		return;
	forget_header(layout);
	free(layout);
}

static enum result at_column(struct err *err, const char *column)
{
	char shown[QUOTE_MAX];

	return err_where(err, "column %s", quote(column, strlen(column), shown));
}

/* --- a header row, as database exports have --- */

static const char *skip_bom(const char *text)
{
	return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

static int find_column(const char *title)
{
	if (strcasecmp(title, "calldate") == 0) /* as cdr_mysql and FreePBX call it */
		return C_START;
	for (int column = 0; column < COLUMN_COUNT; column++) {
		if (strcasecmp(title, names[column]) == 0)
			return column;
	}
	return NO_COLUMN;
}

/* Numbers and dispositions are never called "src" and "dst". */
static bool looks_like_header(const struct csv_row *row)
{
	bool src = false, dst = false;

	for (size_t i = 0; i < row->count; i++) {
		src = src || find_column(skip_bom(row->fields[i])) == C_SRC;
		dst = dst || find_column(skip_bom(row->fields[i])) == C_DST;
	}
	return src && dst;
}

static enum result need_columns(const struct asterisk_layout *layout, struct err *err)
{
	static const enum column needed[] = {C_START, C_DURATION, C_DISPOSITION};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		if (layout->of[needed[i]] != NO_COLUMN)
			continue;
		err_set(err, ERR_INPUT, "the header has no column '%s'", names[needed[i]]);
		err_mend(err, "export the table with all its columns");
		return at_column(err, names[needed[i]]);
	}
	return OK;
}

/* Titles become member names of the payload, where each may stand but once. */
static bool is_named(const struct asterisk_layout *layout, int column, const char *title)
{
	if (column != NO_COLUMN && layout->of[column] != NO_COLUMN)
		return true;
	for (size_t i = 0; i < layout->header_count; i++) {
		if (strcmp(layout->titles[i], title) == 0)
			return true;
	}
	return false;
}

static enum result add_title(struct asterisk_layout *layout, const char *title, struct err *err)
{
	int column = find_column(title);
	size_t index = layout->header_count;

	if (is_named(layout, column, title)) {
		err_set(err, ERR_INPUT, "the header names '%.80s' twice", column == NO_COLUMN ? title : names[column]);
		err_mend(err, "export each column once");
		return at_column(err, title);
	}
	layout->titles[index] = strdup(title);
	if (!layout->titles[index])
		return err_no_memory(err);
	layout->header_count++;
	if (column != NO_COLUMN)
		layout->of[column] = (int)index;
	return OK;
}

static void find_nothing(int of[COLUMN_COUNT])
{
	for (int column = 0; column < COLUMN_COUNT; column++)
		of[column] = NO_COLUMN;
}

static enum result learn_header(struct asterisk_layout *layout, const struct csv_row *row, struct err *err)
{
	enum result result = OK;

	forget_header(layout);
	find_nothing(layout->of);
	for (size_t i = 0; i < row->count && result == OK; i++)
		result = add_title(layout, i == 0 ? skip_bom(row->fields[0]) : row->fields[i], err);
	if (result == OK)
		result = need_columns(layout, err);
	if (result != OK)
		forget_header(layout);
	return result;
}

/* --- which column is what --- */

static const struct disposition {
	const char *name;
	enum record_status status;
} dispositions[] = {
    {"ANSWERED", STATUS_ANSWERED}, {"NO ANSWER", STATUS_MISSED}, {"BUSY", STATUS_BUSY},
    {"FAILED", STATUS_FAILED},	   {"CONGESTION", STATUS_CONGESTION}, {"CANCEL", STATUS_CANCELLED},
    {"UNKNOWN", STATUS_NONE},
};
#define DISPOSITION_COUNT (sizeof dispositions / sizeof *dispositions)

static const struct disposition *find_disposition(const char *text)
{
	for (size_t i = 0; i < DISPOSITION_COUNT; i++) {
		if (strcasecmp(text, dispositions[i].name) == 0)
			return &dispositions[i];
	}
	return NULL;
}

static bool is_count(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* "[system-]1700000000.42", whose time is near the row's. */
static bool is_uniqueid(const char *text, struct instant start)
{
	const char *dash = strrchr(text, '-'), *epoch = dash ? dash + 1 : text, *dot = strchr(epoch, '.');
	size_t len = strspn(epoch, "0123456789");
	int64_t drift;

	if (!dot || epoch + len != dot || len < EPOCH_DIGITS_MIN || len > EPOCH_DIGITS_MAX || !is_count(dot + 1))
		return false;
	drift = strtoll(epoch, NULL, 10) * 1000 - start.ms;
	return drift <= UNIQUEID_DRIFT_MS && drift >= -UNIQUEID_DRIFT_MS;
}

static const char *text_of(const struct row *row, enum column column)
{
	return row->of[column] == NO_COLUMN ? "" : row->csv->fields[row->of[column]];
}

/* Told apart by the disposition, which is in the 15th column of the one and the 14th of the other. */
static bool is_custom(const struct csv_row *csv)
{
	return csv->count >= 16 && csv->count <= CUSTOM_MAX && find_disposition(csv->fields[13]) &&
	       is_count(csv->fields[12]) && !(find_disposition(csv->fields[14]) && is_count(csv->fields[13]));
}

/* 16 columns, then uniqueid and userfield as cdr.conf has them, then perhaps the three of newcdrcolumns. */
static void find_csv_columns(struct row *row)
{
	size_t count = row->csv->count;
	int next = CSV_FIXED;

	for (int column = 0; column < CSV_FIXED; column++)
		row->of[column] = column;
	if (count == 18 || count == CSV_MAX) {
		row->of[C_UNIQUEID] = next++;
		row->of[C_USERFIELD] = next++;
	} else if (count == 17 || count == 20) {
		row->of[C_USERFIELD] = next++; /* or the uniqueid: settled once the start is known */
	}
	if (count >= 19) {
		row->of[C_PEERACCOUNT] = next++;
		row->of[C_LINKEDID] = next++;
		row->of[C_SEQUENCE] = next++;
	}
}

static bool has_semicolons(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, ';')) != NULL) {
		count++;
		text++;
	}
	return count >= CSV_SEMICOLONS_MIN;
}

static enum result wrong_count(const struct row *row)
{
	if (row->csv->count == 1 && has_semicolons(row->csv->fields[0])) {
		err_set(row->err, ERR_INPUT, "the columns are parted by semicolons; commas are read");
		err_mend(row->err, "export it with commas: spreadsheets write semicolons in some languages");
	} else if (row->layout->header_count) {
		err_set(row->err, ERR_INPUT, "the row has %zu columns, its header %zu", row->csv->count,
			row->layout->header_count);
		err_mend(row->err, "the row was cut short or a comma is not quoted: export the table again");
	} else {
		err_set(row->err, ERR_INPUT, "the row has %zu columns; a call detail record has 16 to %d",
			row->csv->count, CSV_MAX);
		err_mend(row->err, "the row was cut short, or the file is no Master.csv; a table needs its header row");
	}
	return err_where(row->err, "column %zu", row->csv->count);
}

static enum result find_columns(struct row *row)
{
	find_nothing(row->of);
	if (row->layout->header_count) {
		if (row->csv->count != row->layout->header_count)
			return wrong_count(row);
		memcpy(row->of, row->layout->of, sizeof row->of);
		return OK;
	}
	if (is_custom(row->csv)) {
		for (size_t i = 0; i < row->csv->count; i++)
			row->of[custom_order[i]] = (int)i;
		return OK;
	}
	if (row->csv->count < CSV_FIXED || row->csv->count > CSV_MAX)
		return wrong_count(row);
	find_csv_columns(row);
	return OK;
}

/* A lone 17th column: loguniqueid without loguserfield, or the reverse. */
static void settle_uniqueid(struct row *row)
{
	int index = row->of[C_USERFIELD];

	if (row->layout->header_count || index != CSV_FIXED || !is_uniqueid(row->csv->fields[index], row->out->at))
		return;
	row->of[C_UNIQUEID] = index;
	row->of[C_USERFIELD] = NO_COLUMN;
}

/* --- what the columns say --- */

static enum result read_start(struct row *row, const struct intake_context *context)
{
	const char *text = text_of(row, C_START);

	if (!*text) {
		err_set(row->err, ERR_INPUT, "it is empty");
		err_mend(row->err, "every call has a start; look whether the columns are in the order of docs/import.md");
		return at_column(row->err, names[C_START]);
	}
	if (field_time(context, text, strlen(text), row->out, row->err) == OK)
		return OK;
	return at_column(row->err, names[C_START]);
}

static enum result read_duration(struct row *row)
{
	const char *text = text_of(row, C_DURATION);
	char shown[QUOTE_MAX], *end;
	double seconds;

	if (!isdigit((unsigned char)*text) || strspn(text, "0123456789.") != strlen(text) ||
	    (seconds = strtod(text, &end), *end)) {
		err_set(row->err, ERR_INPUT, "%s is no number of seconds", quote(text, strlen(text), shown));
		err_mend(row->err, "look whether the columns are in the order of docs/import.md");
		return at_column(row->err, names[C_DURATION]);
	}
	if (field_seconds(seconds, &row->out->duration_ms, row->err) == OK)
		return OK;
	return at_column(row->err, names[C_DURATION]);
}

static enum result read_disposition(struct row *row)
{
	const char *text = text_of(row, C_DISPOSITION);
	const struct disposition *found = find_disposition(text);
	char shown[QUOTE_MAX];

	if (found) {
		row->out->status = found->status;
		return OK;
	}
	err_set(row->err, ERR_INPUT, "unknown disposition %s", quote(text, strlen(text), shown));
	err_mend(row->err, "one of ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION, CANCEL, UNKNOWN is expected: are the "
			   "columns in the order of docs/import.md?");
	return at_column(row->err, names[C_DISPOSITION]);
}

static char *copy_trimmed(struct pool *pool, const char *text, size_t len)
{
	while (len > 0 && (*text == ' ' || *text == '"')) {
		text++;
		len--;
	}
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '"'))
		len--;
	return pool_strndup(pool, text, len);
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "+0123456789*#") == strlen(text);
}

/* "\"Alice\" <1000>", "Alice", "1000": either part may be empty afterwards. */
static enum result split_clid(const char *clid, struct pool *pool, const char **name, const char **number,
			      struct err *err)
{
	const char *open = strrchr(clid, '<'), *close = open ? strchr(open, '>') : NULL;

	if (close) {
		*name = copy_trimmed(pool, clid, (size_t)(open - clid));
		*number = copy_trimmed(pool, open + 1, (size_t)(close - open - 1));
		*number = *number ? field_without_scheme(*number) : NULL;
	} else if (is_number(clid)) {
		*name = "";
		*number = clid;
	} else {
		*name = copy_trimmed(pool, clid, strlen(clid));
		*number = "";
	}
	return *name && *number ? OK : err_no_memory(err);
}

/* The dialplan's own targets and feature codes are no people. */
static bool is_person(const char *text)
{
	static const char *const special[] = {"s", "i", "t", "T", "h", "o", "a", "e", "fax", "failed", "~~s~~"};

	for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
		if (strcmp(text, special[i]) == 0)
			return false;
	}
	return *text && *text != '*' && *text != '#';
}

/* A name that is no line of text stays in the column it came from. */
static const char *usable_name(const char *name)
{
	struct err ignored;

	return name && field_word(name, strlen(name), FIELD_WORD_MAX, &ignored) == OK ? name : NULL;
}

static enum result add_party(struct row *row, enum column column, enum party_role role, const char *text,
			     const char *name)
{
	struct intake_party party = {role, field_party_kind(text), text, usable_name(name)};

	if (!is_person(text))
		return OK;
	if (field_word(text, strlen(text), FIELD_WORD_MAX, row->err) != OK)
		return at_column(row->err, names[column]);
	return field_add_party(row->out, party, row->err);
}

static enum result read_parties(struct row *row, struct pool *pool)
{
	const char *src = copy_trimmed(pool, text_of(row, C_SRC), strlen(text_of(row, C_SRC)));
	const char *dst = copy_trimmed(pool, text_of(row, C_DST), strlen(text_of(row, C_DST))), *name, *number;

	if (!src || !dst)
		return err_no_memory(row->err);
	src = field_without_scheme(src);
	dst = field_without_scheme(dst);
	if (split_clid(text_of(row, C_CLID), pool, &name, &number, row->err) != OK ||
	    add_party(row, *src ? C_SRC : C_CLID, ROLE_FROM, *src ? src : number, name) != OK ||
	    add_party(row, C_DST, ROLE_TO, dst, NULL) != OK)
		return row->err->code;
	if (row->out->party_count > 0)
		return OK;
	err_set(row->err, ERR_INPUT, "neither 'src', 'dst' nor 'clid' names a caller or callee");
	err_mend(row->err, "without a person it could never be found or erased; drop the row, or fill in 'src'");
	return at_column(row->err, names[C_SRC]);
}

/* Of the Queue application the first argument: "support,tT,,,60", or with '|' as old versions had it. A name that is no
 * line of text stays in its column. */
static enum result read_queue(struct row *row, struct pool *pool)
{
	const char *data = text_of(row, C_LASTDATA), *name;

	if (strcasecmp(text_of(row, C_LASTAPP), "Queue") != 0)
		return OK;
	name = copy_trimmed(pool, data, strcspn(data, ",|"));
	if (name == NULL)
		return err_no_memory(row->err);
	return usable_name(name) != NULL ? field_add_label(row->out, LABEL_QUEUE, name, row->err) : OK;
}

/* Over the lengths too, so that no two rows can be mistaken for each other. */
static const char *digest_row(const struct csv_row *csv, struct pool *pool)
{
	const char *digest = NULL;
	struct buf buf;
	struct err err;

	buf_init(&buf, INTAKE_LINE_MAX * 2);
	for (size_t i = 0; i < csv->count; i++) {
		buf_printf(&buf, "%zu:", csv->lens[i]);
		buf_add(&buf, csv->fields[i], csv->lens[i]);
	}
	if (buf_ok(&buf, "the row", &err) == OK)
		digest = field_digest(pool, buf.data, buf.len);
	buf_free(&buf);
	return digest;
}

/* uniqueid is the caller's channel, not the row: a queue or a fork writes several rows with the same. The sequence
 * tells them apart; where there is none, the digest does. */
static enum result read_source_id(struct row *row, struct pool *pool)
{
	const char *uniqueid = text_of(row, C_UNIQUEID), *sequence = text_of(row, C_SEQUENCE);

	if (*uniqueid && field_word(uniqueid, strlen(uniqueid), UNIQUEID_MAX, row->err) != OK)
		return at_column(row->err, names[C_UNIQUEID]);
	if (*uniqueid && is_count(sequence) && strlen(sequence) <= SEQUENCE_MAX) {
		row->out->source_id = pool_printf(pool, "%s/%s", uniqueid, sequence);
	} else {
		const char *digest = digest_row(row->csv, pool);

		row->out->source_id = digest && *uniqueid ? pool_printf(pool, "%s/%s", uniqueid, digest) : digest;
	}
	return row->out->source_id ? OK : err_no_memory(row->err);
}

/* --- the payload: the row as a line of Lethe JSON Lines --- */

static void write_party(struct json_writer *w, const struct intake_party *party)
{
	static const char *const handle[] = {
	    [IDENTITY_PHONE] = "phone", [IDENTITY_EMAIL] = "email", [IDENTITY_EXTERNAL] = "id"};

	json_begin_object(w, party->role == ROLE_FROM ? "from" : "to");
	json_string(w, handle[party->kind], party->text);
	if (party->name)
		json_string(w, "name", party->name);
	json_end_object(w);
}

static void write_duration(struct json_writer *w, int64_t ms)
{
	struct json seconds = {.type = JSON_DOUBLE, .real = (double)ms / 1000};

	if (ms % 1000 == 0)
		json_int(w, "duration", ms / 1000);
	else
		json_node(w, "duration", &seconds);
}

static const char *title_of(const struct row *row, size_t index)
{
	if (row->layout->header_count)
		return row->layout->titles[index];
	for (int column = 0; column < COLUMN_COUNT; column++) {
		if (row->of[column] == (int)index)
			return names[column];
	}
	return "";
}

/* Every column that holds something, as it stood. */
static void write_columns(struct json_writer *w, const struct row *row)
{
	json_begin_object(w, "custom");
	for (size_t i = 0; i < row->csv->count; i++) {
		if (row->csv->lens[i] > 0)
			json_string_n(w, title_of(row, i), row->csv->fields[i], row->csv->lens[i]);
	}
	json_end_object(w);
}

static void write_payload(struct json_writer *w, const struct row *row)
{
	const struct intake *out = row->out;

	json_begin_object(w, NULL);
	json_string(w, "type", "call");
	json_string(w, "id", out->source_id);
	json_string(w, "source", out->source);
	json_instant(w, "time", out->at);
	for (size_t i = 0; i < out->party_count; i++)
		write_party(w, &out->parties[i]);
	if (out->status != STATUS_NONE)
		json_string(w, "status", status_name(out->status));
	write_duration(w, out->duration_ms);
	if (out->label_count > 0)
		json_string(w, "queue", out->labels[0].name);
	write_columns(w, row);
	json_end_object(w);
}

static enum result keep_payload(struct row *row, struct pool *pool)
{
	struct json_writer w;
	struct buf buf;

	buf_init(&buf, INTAKE_LINE_MAX * 8);
	json_writer_init(&w, &buf, 0);
	write_payload(&w, row);
	row->out->payload_len = buf.len;
	row->out->payload = buf_to_pool(&buf, "the payload", pool, row->err);
	return row->out->payload != NULL ? OK : row->err->code;
}

/* Old systems write names in Latin-1: what is not UTF-8 is taken for that, so that nothing is lost. */
static const char *from_latin1(struct pool *pool, const char *text, size_t len, size_t *out_len)
{
	char *out = pool_alloc(pool, 2 * len + 1);

	*out_len = 0;
	for (size_t i = 0; out && i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80)
			out[(*out_len)++] = (char)(0xc0 | c >> 6);
		out[(*out_len)++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
	}
	return out;
}

static enum result make_text(const struct csv_row *csv, struct pool *pool, struct csv_row *out, struct err *err)
{
	out->count = csv->count;
	for (size_t i = 0; i < csv->count; i++) {
		out->fields[i] = csv->fields[i];
		out->lens[i] = csv->lens[i];
		if (memchr(csv->fields[i], '\0', csv->lens[i])) {
			err_set(err, ERR_INPUT, "it holds a NUL byte");
			err_mend(err, "the file was damaged, as by a crash while it was written; drop the row");
			return err_where(err, "column %zu", i + 1);
		}
		if (!text_is_utf8(csv->fields[i], csv->lens[i]))
			out->fields[i] = from_latin1(pool, csv->fields[i], csv->lens[i], &out->lens[i]);
		if (!out->fields[i])
			return err_no_memory(err);
	}
	return OK;
}

static const char *source_name(const struct intake_context *context)
{
	return strcmp(context->default_source, "import") == 0 ? "asterisk" : context->default_source;
}

enum result asterisk_read(struct asterisk_layout *layout, const struct intake_context *context,
			  const struct csv_row *csv, struct pool *pool, bool *is_header, struct intake *out,
			  struct err *err)
{
	struct csv_row text;
	struct row row = {.layout = layout, .csv = &text, .out = out, .err = err};

	*out = (struct intake){.kind = KIND_CALL, .source = source_name(context), .duration_ms = -1};
	*is_header = false;
	if (make_text(csv, pool, &text, err) != OK)
		return err->code;
	*is_header = looks_like_header(&text);
	if (*is_header)
		return learn_header(layout, &text, err);
	if (find_columns(&row) != OK || read_start(&row, context) != OK)
		return err->code;
	settle_uniqueid(&row);
	if (read_duration(&row) != OK || read_disposition(&row) != OK || read_parties(&row, pool) != OK ||
	    read_queue(&row, pool) != OK || read_source_id(&row, pool) != OK)
		return err->code;
	return keep_payload(&row, pool);
}
