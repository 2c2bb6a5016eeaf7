/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "export/html.h"

/* ---- which page ---- */

static int year_of(const struct job *job, size_t index)
{
	return instant_civil(id_time(job->items[index].id)).year;
}

bool page_next(const struct job *job, struct page *page)
{
	size_t least = job->first[page->kind];
	size_t above = page->part == 0 ? job->first[page->kind + 1] : page->first;
	int year;

	if (above == least)
		return false;
	year = year_of(job, above - 1);
	page->part = page->part > 0 && year == page->year ? page->part + 1 : 1;
	page->year = year;
	page->last = above - 1;
	for (page->first = page->last; page->first > least && year_of(job, page->first - 1) == year &&
				       page->last - page->first + 1 < PAGE_RECORDS_MAX;)
		page->first--;
	return true;
}

const char *page_kind_file(enum record_kind kind)
{
	return kind == KIND_CAMPAIGN_RESULT ? "campaign_results" : kind_plural(kind);
}

char *page_path(const struct page *page, char out[ZIP_NAME_MAX])
{
	int len = snprintf(out, ZIP_NAME_MAX, "html/%s-%d", page_kind_file(page->kind), page->year);

	if (page->part > 1)
		len += snprintf(out + len, ZIP_NAME_MAX - (size_t)len, "-%d", page->part);
	snprintf(out + len, ZIP_NAME_MAX - (size_t)len, ".html");
	return out;
}

char *page_anchor(enum record_kind kind, struct instant at, char out[ZIP_NAME_MAX])
{
	struct civil civil = instant_civil(at);

	snprintf(out, ZIP_NAME_MAX, "%s-%d-%02d", page_kind_file(kind), civil.year, civil.month);
	return out;
}

bool page_is_inline(const struct job *job, enum record_kind kind)
{
	return job->first[kind + 1] - job->first[kind] <= PAGE_INLINE_MAX;
}

/* ---- parts of a record ---- */

static size_t begin_list(struct buf *out)
{
	buf_add_str(out, "<dl>");
	return out->len;
}

/* A list that has nothing in it is taken back: it would be no valid HTML. */
static void end_list(struct buf *out, size_t began)
{
	if (out->len > began) {
		buf_add_str(out, "</dl>");
	} else if (!out->failed) {
		out->len -= strlen("<dl>");
		out->data[out->len] = '\0';
	}
}

static bool is_table(enum record_kind kind)
{
	return kind == KIND_CALL || kind == KIND_SESSION || kind == KIND_DELIVERY || kind == KIND_CAMPAIGN_RESULT;
}

static void put_shown(struct buf *out, const struct shown *shown)
{
	if (shown->name != NULL && *shown->name != '\0' && strcmp(shown->name, shown->value) != 0) {
		html_text(out, shown->name);
		buf_add_str(out, ", ");
	}
	html_text(out, shown->value);
	if (shown->self)
		buf_add_str(out, " (you)");
	else if (shown->ours)
		buf_add_str(out, " (our number)");
}

static void put_parties(struct buf *out, const struct view *view)
{
	static const char *const words[] = {
	    [ROLE_FROM] = "From", [ROLE_TO] = "To", [ROLE_PARTICIPANT] = "With", [ROLE_MENTIONED] = "Mentioned"};

	size_t began = begin_list(out);

	for (size_t i = 0; i < view->party_count; i++) {
		buf_printf(out, "<dt>%s</dt><dd>", words[view->parties[i].role]);
		put_shown(out, &view->parties[i].shown);
		buf_add_str(out, "</dd>");
	}
	if (view->has_agent) {
		buf_add_str(out, "<dt>Agent</dt><dd>");
		put_shown(out, &view->agent);
		buf_add_str(out, "</dd>");
	}
	end_list(out, began);
}

static void put_fact(struct buf *out, const char *label, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(out, "<dt>%s</dt><dd>", label);
	html_text(out, text);
	buf_add_str(out, "</dd>");
}

static void put_tree(struct buf *out, const char *label, const struct json *tree)
{
	if (tree == NULL || tree->first == NULL)
		return;
	buf_printf(out, "<dt>%s</dt><dd>", label);
	html_tree(out, tree);
	buf_add_str(out, "</dd>");
}

static void put_facts(struct buf *out, const struct view *view)
{
	size_t began = begin_list(out);

	put_fact(out, "Our number", view->number);
	put_fact(out, "Queue", view->queue);
	put_fact(out, "Campaign", view->campaign);
	put_fact(out, "Language", view->language);
	put_fact(out, "Page", view->url);
	put_fact(out, "Came from", view->referrer);
	put_fact(out, "Belongs to call", view->call);
	put_tree(out, "Filled in", view->fields);
	put_tree(out, "Tags", view->tags);
	if (view->held && view->row->hold != 0)
		put_fact(out, "Kept because", "of a legal hold: it would be deleted otherwise");
	else if (view->held)
		put_fact(out, "Held", "by a legal hold: nothing deletes it until that is released");
	put_fact(out, "Kept", view->by_law);
	if (view->restricted)
		put_fact(out, "Restricted", "it is stored and not otherwise used (GDPR, Article 18)");
	end_list(out, began);
}

/* What few readers need, folded away. */
static void put_details(struct buf *out, const struct view *view)
{
	char id[ID_TEXT_MAX];

	buf_add_str(out, "<details><summary>More details</summary><dl>");
	put_fact(out, "Record", id_format(kind_prefix(view->row->kind), view->row->id, id));
	put_fact(out, "Comes from", view->source);
	put_fact(out, "Known there as", view->source_id);
	put_tree(out, "Other fields", view->custom);
	for (size_t i = 0; i < view->rest_count; i++) {
		buf_add_str(out, "<dt>");
		html_text(out, view->rest[i]->name);
		buf_add_str(out, "</dt><dd>");
		html_tree(out, view->rest[i]);
		buf_add_str(out, "</dd>");
	}
	buf_add_str(out, "</dl></details>");
}

static void put_turns(struct buf *out, const struct json *turns)
{
	if (turns == NULL || turns->first == NULL)
		return;
	buf_add_str(out, "<ol class=\"turns\">");
	for (const struct json *turn = turns->first; turn != NULL; turn = turn->next) {
		const char *speaker = json_get_text(turn, "speaker");
		bool agent = speaker != NULL && strncasecmp(speaker, "agent", 5) == 0;

		buf_add_str(out, agent || speaker == NULL ? "<li>" : "<li class=\"mine\">");
		if (speaker != NULL) {
			buf_add_str(out, "<b>");
			html_text(out, speaker);
			buf_add_str(out, "</b> ");
		}
		buf_add_str(out, "<span class=\"said\">");
		html_text(out, json_get_text(turn, "text"));
		buf_add_str(out, "</span></li>");
	}
	buf_add_str(out, "</ol>");
}

static bool is_sound(const char *ext)
{
	static const char *const sounds[] = {"wav", "mp3", "ogg", "flac"};

	for (size_t i = 0; i < sizeof sounds / sizeof sounds[0]; i++) {
		if (strcmp(ext, sounds[i]) == 0)
			return true;
	}
	return false;
}

static void put_medium(struct buf *out, const struct job *job, const struct medium *medium, const struct view *view,
		       const char *up)
{
	char path[ZIP_NAME_MAX];
	const char *name = view_media_name(view, medium->n);

	if (!medium_is_in(medium->state)) {
		buf_add_str(out, "<p>File ");
		html_text(out, name);
		buf_printf(out, " is %s.</p>", medium_text(medium->state));
		return;
	}
	medium_path(job, medium, path);
	if (is_sound(medium->ext)) {
		buf_printf(out, "<audio controls preload=\"none\" src=\"%s%s\" aria-label=\"Sound of ", up, path);
		html_escape(out, *name != '\0' ? name : path);
		buf_add_str(out, "\"></audio>");
	} else if (medium->format == MEDIA_IMAGE && strcmp(medium->ext, "bin") != 0) {
		buf_printf(out, "<p><img loading=\"lazy\" src=\"%s%s\" alt=\"", up, path);
		html_escape(out, *name != '\0' ? name : "Picture");
		buf_add_str(out, "\"></p>");
	}
	buf_printf(out, "<p><a href=\"%s%s\">", up, path);
	html_text(out, *name != '\0' ? name : path);
	buf_printf(out, "</a> <span class=\"dim\">(%s)</span></p>", medium_text(medium->state));
}

static void put_content(struct buf *out, const struct job *job, size_t index, const struct view *view,
			const char *up)
{
	size_t count;
	const struct medium *media = job_media_of(job, index, &count);

	if (view->subject != NULL) {
		buf_add_str(out, "<p><b>");
		html_text(out, view->subject);
		buf_add_str(out, "</b></p>");
	}
	if (view->text != NULL) {
		buf_add_str(out, "<p class=\"said\" dir=\"auto\">");
		html_text(out, view->text);
		buf_add_str(out, "</p>");
	}
	put_turns(out, view->turns);
	for (size_t i = 0; i < count; i++)
		put_medium(out, job, &media[i], view, up);
	put_facts(out, view);
	put_details(out, view);
}

/* ---- a record ---- */

static void put_state(struct buf *out, const struct record_row *row)
{
	const char *direction = direction_name(row->direction), *status = status_name(row->status);

	buf_printf(out, "%s%s%s", direction, *direction != '\0' && *status != '\0' ? ", " : "", status);
}

static void put_row(struct buf *out, const struct job *job, size_t index, const struct view *view, const char *up)
{
	buf_add_str(out, "<tr><td>");
	html_time(out, view->at);
	buf_add_str(out, "</td><td>");
	put_parties(out, view);
	buf_add_str(out, "</td><td>");
	put_state(out, view->row);
	buf_add_str(out, "</td><td class=\"n\">");
	if (view->row->duration_ms >= 0)
		html_duration(out, view->row->duration_ms);
	buf_add_str(out, "</td><td>");
	put_content(out, job, index, view, up);
	buf_add_str(out, "</td></tr>\n");
}

static void put_card(struct buf *out, const struct job *job, size_t index, const struct view *view, const char *up)
{
	bool mine = view->row->kind == KIND_MESSAGE && view_from_self(view);

	buf_printf(out, "<article%s><h4>", mine ? " class=\"mine\"" : "");
	html_time(out, view->at);
	if (view->row->direction != DIRECTION_NONE || view->row->status != STATUS_NONE) {
		buf_add_str(out, " \xe2\x80\x93 ");
		put_state(out, view->row);
	}
	if (view->row->duration_ms >= 0) {
		buf_add_str(out, ", ");
		html_duration(out, view->row->duration_ms);
	}
	buf_add_str(out, "</h4>");
	put_parties(out, view);
	put_content(out, job, index, view, up);
	buf_add_str(out, "</article>\n");
}

/* ---- a page ---- */

static void end_month(struct buf *out, bool table, bool any)
{
	if (any && table)
		buf_add_str(out, "</tbody></table></div>\n");
}

static void begin_month(struct buf *out, enum record_kind kind, struct instant at)
{
	struct civil civil = instant_civil(at);
	char anchor[ZIP_NAME_MAX];

	buf_printf(out, "<h3 id=\"%s\">", page_anchor(kind, at, anchor));
	html_month(out, civil.year, civil.month);
	buf_add_str(out, "</h3>\n");
	if (is_table(kind))
		buf_add_str(out, "<div class=\"wide\"><table><thead><tr><th scope=\"col\">When</th><th scope=\"col\">Who"
				 "</th><th scope=\"col\">What happened</th><th scope=\"col\">Length</th>"
				 "<th scope=\"col\">Content</th></tr></thead><tbody>\n");
}

enum result page_records(struct job *job, const struct page *page, const char *up, struct err *err)
{
	bool table = is_table(page->kind), there, any = false;
	int32_t month = 0;
	struct view view;
	enum result r = OK;

	for (size_t at = page->last + 1; at > page->first && r == OK; at--) {
		r = job_view(job, at - 1, &view, &there, err);
		if (r != OK || !there)
			continue;
		if (!any || date_month_index(instant_date(view.at)) != month) {
			end_month(&job->out, table, any);
			begin_month(&job->out, page->kind, view.at);
		}
		month = date_month_index(instant_date(view.at));
		any = true;
		(table ? put_row : put_card)(&job->out, job, at - 1, &view, up);
		r = job_text_flush(job, err);
	}
	end_month(&job->out, table, any);
	return r;
}

static enum result write_page(struct job *job, const struct page *page, struct err *err)
{
	char path[ZIP_NAME_MAX], title[80];
	enum result r = job_text_begin(job, page_path(page, path), err);

	snprintf(title, sizeof title, "%s, %d", kind_plural(page->kind), page->year);
	title[0] = (char)toupper((unsigned char)title[0]);
	if (page->part > 1)
		snprintf(title + strlen(title), sizeof title - strlen(title), ", part %d", page->part);
	html_begin(&job->out, title, job->account->name, "../");
	if (r == OK)
		r = page_records(job, page, "../", err);
	html_end(&job->out);
	return r == OK ? job_text_end(job, err) : r;
}

enum result page_export(struct job *job, struct err *err)
{
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		struct page page = {.kind = (enum record_kind)kind};

		if (page_is_inline(job, page.kind))
			continue;
		while (r == OK && page_next(job, &page))
			r = write_page(job, &page, err);
	}
	return r;
}
