/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/index.h"

#include <string.h>

#include "export/html.h"
#include "export/page.h"
#include "store/policy.h"

#define LEFT_SHOWN_MAX 100 /* the rest is in manifest.json */

/* ---- who ---- */

static const char *identity_words(enum identity_kind kind)
{
	static const char *const words[] = {
	    [IDENTITY_PHONE] = "Telephone number", [IDENTITY_EMAIL] = "E-mail address", [IDENTITY_EXTERNAL] = "Known as",
	    [IDENTITY_AGENT] = "Agent",		   [IDENTITY_NUMBER] = "Number"};

	return words[kind];
}

static void put_user(struct job *job, const struct user_shown *user)
{
	struct buf *out = &job->out;

	buf_printf(out, "<p>You are a user of this system, in the role of %s", user_role_name(user->row.role));
	if (user->name != NULL) {
		buf_add_str(out, ", and sign in as ");
		html_text(out, user->name);
	}
	buf_add_str(out, ". You were added on ");
	html_day(out, user->row.created);
	if (user->row.signed_in) {
		buf_add_str(out, " and signed in last on ");
		html_day(out, user->row.last_sign_in);
	}
	buf_add_str(out, ".</p>\n");
}

static void put_who(struct job *job)
{
	struct buf *out = &job->out;

	buf_add_str(out, "<p>This is a copy of what ");
	html_text(out, job->account->name);
	buf_add_str(out, " keeps about you in its telephone system. It was made on ");
	html_time(out, job->request->now);
	buf_add_str(out, ". It holds personal data: keep it where nobody else can open it.</p>\n"
			 "<h2 id=\"who\">Who this is about</h2>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">Kind"
			 "</th><th scope=\"col\">Identity</th><th scope=\"col\">Known since</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < job->person.identity_count; i++) {
		const struct person_identity *identity = &job->person.identities[i];

		buf_printf(out, "<tr><td>%s</td><td>", identity_words(identity->kind));
		html_text(out, identity->value);
		buf_add_str(out, "</td><td>");
		html_day(out, identity->created);
		buf_add_str(out, "</td></tr>\n");
	}
	buf_add_str(out, "</tbody></table></div>\n");
	for (size_t i = 0; i < job->user_count; i++)
		put_user(job, &job->users[i]);
	if (job->restriction != NULL) {
		buf_add_str(out, "<p>Since ");
		html_day(out, job->restriction->created);
		buf_add_str(out, " the use of these data is restricted (GDPR, Article 18): they are stored and not otherwise used, "
				 "and you will be told before that ends.</p>\n");
	}
}

/* ---- what ---- */

static void put_kind_row(struct job *job, enum record_kind kind)
{
	struct buf *out = &job->out;
	struct instant first, last;
	struct policy policy;
	char keep[TIME_TEXT_MAX];

	if (!job_range(job, kind, &first, &last))
		return;
	job_policy(job, kind, &policy);
	buf_printf(out, "<tr><th scope=\"row\"><a href=\"#%s\">%s</a></th><td class=\"n\">", page_kind_file(kind),
		   kind_plural(kind));
	html_count(out, job_kind_count(job, kind));
	buf_add_str(out, "</td><td>");
	html_day(out, first);
	buf_add_str(out, "</td><td>");
	html_day(out, last);
	buf_printf(out, "</td><td>%s</td><td><a href=\"csv/%s.csv\">csv/%s.csv</a></td></tr>\n",
		   policy.keep.unlimited ? "no end is set" : span_format(policy.keep, keep), kind_name(kind),
		   kind_name(kind));
}

static void put_what(struct job *job)
{
	struct buf *out = &job->out;

	buf_add_str(out, "<h2 id=\"what\">What is in here</h2>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">"
			 "Kind</th><th scope=\"col\" class=\"n\">Number</th><th scope=\"col\">First</th>"
			 "<th scope=\"col\">Last</th><th scope=\"col\">Kept for</th><th scope=\"col\">As a table</th>"
			 "</tr></thead><tbody>\n");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		put_kind_row(job, (enum record_kind)kind);
	buf_add_str(out, "</tbody></table></div>\n<p>\xe2\x80\x9cKept for\xe2\x80\x9d counts from the day it happened. A "
			 "law or a legal hold can make it longer");
	if (job->held > 0) {
		buf_add_str(out, "; ");
		html_count(out, job->held);
		buf_add_str(out, " of these records are kept only because of a legal hold");
	}
	buf_add_str(out, ".</p>\n<p>For programs, all of it is in <a href=\"data.json\">data.json</a>; "
			 "<a href=\"manifest.json\">manifest.json</a> lists every file with its SHA-256.</p>\n");
}

/* ---- masked, left out ---- */

static void put_masked(struct job *job)
{
	struct buf *out = &job->out;

	buf_add_str(out, "<h2 id=\"masked\">What is masked</h2>\n");
	if (job->request->show_others) {
		buf_add_str(out, "<p>Nothing: the account chose to show the names, numbers and addresses of other people in "
				 "this copy. They have rights over them too; do not pass them on.</p>\n");
		return;
	}
	buf_add_str(out, "<p>A copy must not harm the rights of others (GDPR, Article 15(4)). So of ");
	html_count(out, mask_others(job->mask));
	buf_add_str(out, " other people and ");
	html_count(out, mask_agents(job->mask));
	buf_add_str(out, " agents the numbers, addresses and names are masked: a number keeps its country code and last two "
			 "digits, an e-mail address its first letter and domain, a name is written \xe2\x80\x9cother person "
			 "1\xe2\x80\x9d or \xe2\x80\x9c" "agent 1\xe2\x80\x9d, the same one throughout this copy. What was "
			 "written or said is not rewritten, and recordings are as they are: they can name other people.</p>\n");
}

static void put_left_row(struct job *job, const struct item *item)
{
	struct buf *out = &job->out;

	buf_printf(out, "<tr><td>%s of ", kind_name((enum record_kind)item->kind));
	html_time(out, id_time(item->id));
	buf_printf(out, "</td><td>%s</td></tr>\n", left_text(item->left));
}

static void put_left_medium(struct job *job, const struct medium *medium)
{
	const struct item *item = &job->items[medium->item];
	struct buf *out = &job->out;

	buf_printf(out, "<tr><td>file of the %s of ", kind_name((enum record_kind)item->kind));
	html_time(out, id_time(item->id));
	buf_printf(out, "</td><td>%s</td></tr>\n", medium_text(medium->state));
}

static int64_t count_left_media(const struct job *job)
{
	int64_t count = 0;

	for (size_t i = 0; i < job->media_count; i++)
		count += !medium_is_in(job->media[i].state);
	return count;
}

static void put_left_rows(struct job *job)
{
	size_t shown = 0;

	for (size_t i = 0; i < job->person.contact_count && shown < LEFT_SHOWN_MAX; i++) {
		if (job->contact_left[i] == LEFT_NOT)
			continue;
		buf_printf(&job->out, "<tr><td>contact</td><td>%s</td></tr>\n",
			   left_text((enum left)job->contact_left[i]));
		shown++;
	}
	for (size_t i = 0; i < job->count && shown < LEFT_SHOWN_MAX; i++) {
		if (job->items[i].left != LEFT_NOT) {
			put_left_row(job, &job->items[i]);
			shown++;
		}
	}
	for (size_t i = 0; i < job->media_count && shown < LEFT_SHOWN_MAX; i++) {
		if (!medium_is_in(job->media[i].state)) {
			put_left_medium(job, &job->media[i]);
			shown++;
		}
	}
}

static void put_left_out(struct job *job)
{
	int64_t left = job_left_count(job) + count_left_media(job);
	struct buf *out = &job->out;

	buf_add_str(out, "<h2 id=\"left-out\">What is left out</h2>\n");
	if (left == 0) {
		buf_add_str(out, "<p>Nothing.</p>\n");
		return;
	}
	buf_add_str(out, "<p>");
	html_count(out, left);
	buf_add_str(out, " of what is listed under your identities could not be put in here");
	if (left > LEFT_SHOWN_MAX)
		buf_printf(out, "; the first %d are shown, manifest.json lists all", LEFT_SHOWN_MAX);
	buf_add_str(out, ".</p>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Why</th>"
			 "</tr></thead><tbody>\n");
	put_left_rows(job);
	buf_add_str(out, "</tbody></table></div>\n");
}

/* ---- rights ---- */

/* What Lethe cannot know, so that nobody takes its absence for an answer. */
static void put_to_add(struct job *job)
{
	struct buf *out = &job->out;

	buf_add_str(out, "<h2 id=\"more\">What else you should be told</h2>\n<p>Where it comes from: ");
	if (job->source_count == 0)
		buf_add_str(out, "no system is recorded");
	else
		buf_add_str(out, "from you and those you spoke with, through the systems ");
	for (size_t i = 0; i < job->source_count; i++) {
		buf_add_str(out, i > 0 ? ", " : "");
		html_text(out, job->sources[i]);
	}
	buf_add_str(out, ".</p>\n<div class=\"box\"><p><b>");
	html_text(out, job->account->name);
	buf_add_str(out, " must add the following, which this program does not know</b> (GDPR, Article 15(1) and (2)):</p>"
			 "<ul><li>the purposes the data are used for</li><li>who has received or will receive them</li>"
			 "<li>whether decisions are made about you by automatic means, and by what logic</li>"
			 "<li>the safeguards, where data go to countries outside the EEA</li>"
			 "<li>how to reach it, and its data protection officer where it has one</li></ul></div>\n");
}

static void put_rights(struct job *job)
{
	buf_add_str(&job->out,
		    "<h2 id=\"rights\">Your rights</h2>\n<ul><li>to have what is wrong corrected, and what is missing added "
		    "(Article 16)</li><li>to have data erased (Article 17)</li><li>to have their use restricted (Article 18)"
		    "</li><li>to get what you provided in a form that another service can read: data.json and the tables are "
		    "that (Article 20)</li><li>to object to their use; to direct marketing at any time and without reasons "
		    "(Article 21)</li><li>to withdraw a consent you gave (Article 7)</li></ul>\n<p>Ask ");
	html_text(&job->out, job->account->name);
	buf_add_str(&job->out, ". It must answer within one month. You may also complain to the data protection authority "
			       "of the country where you live or work, or where you think the law was broken (Article 77), "
			       "and go to court (Article 79).</p>\n");
}

/* ---- contacts ---- */

static void put_texts(struct buf *out, const struct json *list)
{
	for (const struct json *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
		html_tree(out, item);
		buf_add_str(out, item->next != NULL ? ", " : "");
	}
}

static void put_deleted(struct buf *out, const struct contact_view *contact)
{
	if (contact->deleted.ms == 0)
		return;
	buf_add_str(out, "<p>It was deleted on ");
	html_day(out, contact->deleted);
	if (contact->held) {
		buf_add_str(out, " and is kept only because of a legal hold.</p>");
		return;
	}
	buf_add_str(out, "; until ");
	html_day(out, date_start(contact->gone_on));
	buf_add_str(out, " it can be brought back, and then it goes for good.</p>");
}

static void put_contact(struct buf *out, const struct contact_view *contact)
{
	buf_add_str(out, "<article><h4>");
	html_text(out, contact->name != NULL ? contact->name : "No name");
	buf_add_str(out, "</h4><dl><dt>Reached by</dt><dd>");
	for (size_t i = 0; i < contact->handle_count; i++) {
		buf_add_str(out, i > 0 ? ", " : "");
		html_text(out, contact->handles[i].value);
	}
	buf_add_str(out, "</dd><dt>Company</dt><dd>");
	html_text(out, contact->company);
	buf_add_str(out, "</dd><dt>Tags</dt><dd>");
	put_texts(out, contact->tags);
	buf_add_str(out, "</dd><dt>Lists</dt><dd>");
	put_texts(out, contact->lists);
	buf_add_str(out, "</dd><dt>Other fields</dt><dd>");
	if (contact->custom != NULL)
		html_tree(out, contact->custom);
	buf_add_str(out, "</dd><dt>Changed last</dt><dd>");
	html_time(out, contact->updated);
	buf_add_str(out, "</dd></dl>");
	put_deleted(out, contact);
	buf_add_str(out, "</article>\n");
}

static enum result put_contacts(struct job *job, struct err *err)
{
	struct contact_view contact;
	bool there;
	enum result r = OK;

	if (job->person.contact_count == 0)
		return OK;
	buf_add_str(&job->out, "<h2 id=\"contacts\">Address-book entries</h2>\n<p>As a table: <a href=\"contacts.csv\">"
			       "contacts.csv</a></p>\n");
	for (size_t i = 0; i < job->person.contact_count && r == OK; i++) {
		r = job_contact(job, i, &contact, &there, err);
		if (r == OK && there)
			put_contact(&job->out, &contact);
		if (r == OK)
			r = job_text_flush(job, err);
	}
	return r;
}

/* ---- the way to the records ---- */

/* Links to each month of a page. */
static void put_page_links(struct job *job, const struct page *page)
{
	char path[ZIP_NAME_MAX], anchor[ZIP_NAME_MAX];
	int32_t month = INT32_MIN;

	page_path(page, path);
	buf_printf(&job->out, "<li><a href=\"%s\"><b>%d", path, page->year);
	if (page->part > 1)
		buf_printf(&job->out, ", part %d", page->part);
	buf_add_str(&job->out, "</b></a>");
	for (size_t at = page->last + 1; at > page->first; at--) {
		struct instant when = id_time(job->items[at - 1].id);
		struct civil civil = instant_civil(when);

		if (job->items[at - 1].left != LEFT_NOT || date_month_index(instant_date(when)) == month)
			continue;
		month = date_month_index(instant_date(when));
		buf_printf(&job->out, " <a href=\"%s#%s\">", path, page_anchor(page->kind, when, anchor));
		html_month(&job->out, civil.year, civil.month);
		buf_add_str(&job->out, "</a>");
	}
	buf_add_str(&job->out, "</li>\n");
}

static enum result put_kind(struct job *job, enum record_kind kind, struct err *err)
{
	struct page page = {.kind = kind};
	bool inline_here = page_is_inline(job, kind);
	enum result r = OK;

	if (job_kind_count(job, kind) == 0)
		return OK;
	buf_printf(&job->out, "<h2 id=\"%s\">All %s</h2>\n", page_kind_file(kind), kind_plural(kind));
	if (!inline_here)
		buf_printf(&job->out, "<nav aria-label=\"Pages of %s\"><ul>\n", kind_plural(kind));
	while (r == OK && page_next(job, &page)) {
		if (inline_here)
			r = page_records(job, &page, "", err);
		else
			put_page_links(job, &page);
		if (r == OK)
			r = job_text_flush(job, err);
	}
	if (!inline_here)
		buf_add_str(&job->out, "</ul></nav>\n");
	return r;
}

enum result index_export(struct job *job, struct err *err)
{
	enum result r = job_text_begin(job, "index.html", err);

	html_begin(&job->out, "Your data", job->account->name, "");
	put_who(job);
	put_what(job);
	put_masked(job);
	put_left_out(job);
	put_to_add(job);
	put_rights(job);
	if (r == OK)
		r = put_contacts(job, err);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = put_kind(job, (enum record_kind)kind, err);
	html_end(&job->out);
	return r == OK ? job_text_end(job, err) : r;
}
