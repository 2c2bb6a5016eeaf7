/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/obligation.h"

#include <ctype.h>
#include <string.h>

#include "base/quote.h"
#include "law/embed.h"
#include "law/read.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const fields[OBLIGATION_FIELDS] = {
    "from", "to", "time", "duration", "direction", "status", "number", "agent", "all",
};
static const char *const froms[] = {
    [OBLIGATION_FROM_RECORD] = "record",
    [OBLIGATION_FROM_YEAR_END] = "year_end",
    [OBLIGATION_FROM_GST_RETURN] = "gst_return",
};
static const char *const subjects[OBLIGATION_SUBJECTS] = {
    [OBLIGATION_TELECOM_OPERATOR] = "telecom_operator",
    [OBLIGATION_ANY_BUSINESS] = "any_business",
    [OBLIGATION_PRIVATE_COMPANY] = "private_company",
    [OBLIGATION_PUBLIC_COMPANY] = "public_company",
};

const char *obligation_field_name(enum obligation_field field)
{
	for (size_t i = 0; i < OBLIGATION_FIELDS; i++) {
		if ((unsigned)field == 1U << i)
			return fields[i];
	}
	INVARIANT(!"one bit of enum obligation_field");
}

const char *obligation_from_name(enum obligation_from from)
{
	INVARIANT((size_t)from < COUNT(froms));
	return froms[from];
}

const char *obligation_subject_name(enum obligation_subject subject)
{
	INVARIANT((size_t)subject < COUNT(subjects));
	return subjects[subject];
}

/* ---- what it says of a record ---- */

struct date obligation_end(const struct obligation *o, struct date day)
{
	struct civil civil = date_civil(day);

	switch (o->from) {
	case OBLIGATION_FROM_RECORD:
		break;
	case OBLIGATION_FROM_YEAR_END:
		day = date_from_civil(civil.year, 12, 31);
		break;
	case OBLIGATION_FROM_GST_RETURN:
		day = date_from_civil(civil.month >= 4 ? civil.year + 1 : civil.year, 12, 31);
		break;
	}
	return date_add_days(date_add_span(day, o->period), 1);
}

static bool has_tag(const struct obligation *o, const char *const *tags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < o->tag_count; j++) {
			if (strcmp(tags[i], o->tags[j]) == 0)
				return true;
		}
	}
	return false;
}

bool obligation_covers(const struct obligation *o, enum record_kind kind, enum record_status status,
		       const char *const *tags, size_t tag_count)
{
	if (!(o->kinds & UINT32_C(1) << kind))
		return false;
	if (o->statuses && !(o->statuses & UINT32_C(1) << status))
		return false;
	return o->tag_count == 0 || has_tag(o, tags, tag_count);
}

const struct obligation *obligation_find(const struct obligations *all, const char *code)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->list[i].code, code) == 0)
			return &all->list[i];
	}
	return NULL;
}

/* ---- reading ---- */

static enum result read_code(struct law_reader *r, const struct law_at *at, const struct obligations *all,
			     struct obligation *out)
{
	char shown[QUOTE_MAX];

	if (law_text(r, at, &out->code) != OK)
		return r->err->code;
	if (tolower((unsigned char)out->country[0]) != out->code[0] ||
	    tolower((unsigned char)out->country[1]) != out->code[1] || out->code[2] != '-') {
		err_set(r->err, ERR_INPUT, "the code %s does not begin with its country",
			quote(out->code, strlen(out->code), shown));
		err_mend(r->err, "begin it with '%c%c-'", tolower((unsigned char)out->country[0]),
			 tolower((unsigned char)out->country[1]));
		return law_fault(r, at);
	}
	if (obligation_find(all, out->code)) {
		err_set(r->err, ERR_INPUT, "there are two obligations of the code %s",
			quote(out->code, strlen(out->code), shown));
		return law_fault(r, at);
	}
	return OK;
}

static enum result read_statuses(struct law_reader *r, const struct law_at *at, uint32_t *out)
{
	const char *words[STATUS_CONGESTION + 1] = {[STATUS_NONE] = "unknown"};

	*out = 0;
	if (!at->value)
		return OK;
	for (int status = STATUS_NONE + 1; status <= STATUS_CONGESTION; status++)
		words[status] = status_name((enum record_status)status);
	return law_words(r, at, "status", words, COUNT(words), out);
}

static enum result read_fields(struct law_reader *r, const struct law_at *at, uint32_t *out)
{
	if (law_words(r, at, "field", fields, OBLIGATION_FIELDS, out) != OK)
		return r->err->code;
	if (!(*out & OBLIGATION_ALL) || *out == OBLIGATION_ALL)
		return OK;
	err_set(r->err, ERR_INPUT, "'all' stands beside other fields");
	err_mend(r->err, "'all' is the whole record: name it alone, or name the fields");
	return law_fault(r, at);
}

static enum result read_period(struct law_reader *r, const struct law_at *at, struct span *out)
{
	if (law_span(r, at, out) != OK)
		return r->err->code;
	if (!out->unlimited && (out->months > 0 || out->days > 0))
		return OK;
	err_set(r->err, ERR_INPUT, "an obligation lasts neither for ever nor no time at all");
	err_mend(r->err, "give the period as its article does, such as '24 months'");
	return law_fault(r, at);
}

static enum result read_checked(struct law_reader *r, const struct law_at *at, struct obligation *out)
{
	static const char *const names[] = {"by", "on", "against"};
	struct law_at by, on, against;

	if (law_object(r, at, names, COUNT(names)) != OK)
		return r->err->code;
	by = law_member(at, "by");
	on = law_member(at, "on");
	against = law_member(at, "against");
	if (law_text(r, &by, &out->checked_by) != OK)
		return r->err->code;
	if (law_text_if(r, &against, &out->checked_against) != OK)
		return r->err->code;
	return law_date(r, &on, &out->checked_on);
}

static enum result read_citation(struct law_reader *r, const struct law_at *at, struct obligation *out)
{
	const struct {
		const char *name;
		const char **text;
	} texts[] = {
	    {"law", &out->law}, {"article", &out->article}, {"text", &out->text}, {"url", &out->url},
	};
	struct law_at note = law_member(at, "note"), url = law_member(at, "url");

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct law_at member = law_member(at, texts[i].name);

		if (law_text(r, &member, texts[i].text) != OK)
			return r->err->code;
	}
	if (strncmp(out->url, "https://", 8) != 0) {
		err_set(r->err, ERR_INPUT, "the source is not an https address");
		err_mend(r->err, "give the address of the article at its official publisher");
		return law_fault(r, &url);
	}
	return law_text_if(r, &note, &out->note);
}

/* Whom and what it binds. */
static enum result read_scope(struct law_reader *r, const struct law_at *at, struct obligation *out)
{
	struct law_at applies = law_member(at, "applies_to"), kinds = law_member(at, "kinds");
	struct law_at statuses = law_member(at, "statuses"), tags = law_member(at, "tags");
	size_t subject = 0;

	if (law_word(r, &applies, "subject", subjects, COUNT(subjects), &subject) != OK ||
	    law_kinds(r, &kinds, &out->kinds) != OK || read_statuses(r, &statuses, &out->statuses) != OK)
		return r->err->code;
	out->applies_to = (enum obligation_subject)subject;
	return tags.value ? law_texts(r, &tags, &out->tags, &out->tag_count) : OK;
}

/* What must stay, and how long. */
static enum result read_demand(struct law_reader *r, const struct law_at *at, struct obligation *out)
{
	struct law_at kept = law_member(at, "fields"), period = law_member(at, "period");
	struct law_at from = law_member(at, "from"), checked = law_member(at, "checked");
	size_t word = 0;

	if (read_fields(r, &kept, &out->fields) != OK || read_period(r, &period, &out->period) != OK ||
	    law_word(r, &from, "start", froms, COUNT(froms), &word) != OK)
		return r->err->code;
	out->from = (enum obligation_from)word;
	return read_checked(r, &checked, out);
}

static enum result read_obligation(struct law_reader *r, const struct law_at *at, const struct obligations *all,
				   struct obligation *out)
{
	static const char *const names[] = {"code", "applies_to", "law", "article", "text", "url", "note", "kinds",
					    "statuses", "tags", "fields", "period", "from", "checked"};
	struct law_at code = law_member(at, "code");

	if (law_object(r, at, names, COUNT(names)) != OK || read_code(r, &code, all, out) != OK ||
	    read_citation(r, at, out) != OK || read_scope(r, at, out) != OK)
		return r->err->code;
	return read_demand(r, at, out);
}

/* Room for so many more behind those that are there. */
static void *grown(struct pool *pool, const void *old, size_t count, size_t more, size_t size)
{
	void *list = pool_alloc(pool, (count + more) * size);

	if (list && count > 0)
		memcpy(list, old, count * size);
	return list;
}

static enum result read_list(struct law_reader *r, const struct law_at *at, const char *country,
			     struct obligations *all)
{
	struct obligation *list;
	size_t i = 0;

	if (law_array(r, at) != OK)
		return r->err->code;
	list = grown(r->pool, all->list, all->count, at->value->len, sizeof *list);
	if (!list)
		return err_no_memory(r->err);
	all->list = list;
	for (const struct json *value = at->value->first; value; value = value->next) {
		struct law_at element = law_element(at, i++, value);

		list[all->count] = (struct obligation){.country = country};
		if (read_obligation(r, &element, all, &list[all->count]) != OK)
			return r->err->code;
		all->count++;
	}
	return OK;
}

static enum result read_notes(struct law_reader *r, const struct law_at *at, const char *country,
			      struct obligations *all)
{
	struct obligation_note *notes;
	const char *const *texts;
	size_t count = 0;

	if (!at->value)
		return OK;
	if (law_texts(r, at, &texts, &count) != OK)
		return r->err->code;
	notes = grown(r->pool, all->notes, all->note_count, count, sizeof *notes);
	if (!notes)
		return err_no_memory(r->err);
	for (size_t i = 0; i < count; i++)
		notes[all->note_count + i] = (struct obligation_note){country, texts[i]};
	all->notes = notes;
	all->note_count += count;
	return OK;
}

static enum result read_country(struct law_reader *r, const struct law_at *at, const char **out)
{
	char shown[QUOTE_MAX];

	if (law_text(r, at, out) != OK)
		return r->err->code;
	if (at->value->len == 2 && isupper((unsigned char)(*out)[0]) && isupper((unsigned char)(*out)[1]))
		return OK;
	err_set(r->err, ERR_INPUT, "%s is not a country", quote(*out, at->value->len, shown));
	err_mend(r->err, "give its two capital letters of ISO 3166-1, such as 'IT'");
	return law_fault(r, at);
}

enum result obligations_parse(const char *file, const char *text, size_t len, struct pool *pool,
			      struct obligations *all, struct err *err)
{
	static const char *const names[] = {"country", "notes", "obligations"};
	struct law_reader r = {.file = file, .text = text, .len = len, .pool = pool, .err = err};
	struct obligations with = *all;
	struct law_at top, country, notes, list;
	const char *name;

	if (law_read(&r, &top) != OK || law_object(&r, &top, names, COUNT(names)) != OK)
		return err->code;
	country = law_member(&top, "country");
	notes = law_member(&top, "notes");
	list = law_member(&top, "obligations");
	if (read_country(&r, &country, &name) != OK || read_notes(&r, &notes, name, &with) != OK ||
	    read_list(&r, &list, name, &with) != OK)
		return err->code;
	*all = with;
	return OK;
}

enum result obligations_load(struct pool *pool, struct obligations *out, struct err *err)
{
	*out = (struct obligations){0};
	for (size_t i = 0; i < LAW_OBLIGATION_FILES; i++) {
		const struct law_file *file = &law_obligation_files[i];

		if (obligations_parse(file->path, file->text, (size_t)(file->end - file->text), pool, out, err) != OK)
			return err->code;
	}
	return OK;
}
