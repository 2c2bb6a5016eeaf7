/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- text ---- */

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? "\xef\xbf\xbd" : NULL;
	}
}

void html_escape(struct buf *out, const char *text)
{
	const char *start = text;

	if (text == NULL)
		return;
	for (; *text != '\0'; text++) {
		const char *instead = entity((unsigned char)*text);

		if (instead == NULL)
			continue;
		buf_add(out, start, (size_t)(text - start));
		buf_add_str(out, instead);
		start = text + 1;
	}
	buf_add(out, start, (size_t)(text - start));
}

void html_text(struct buf *out, const char *text)
{
	buf_add_str(out, "<bdi>");
	html_escape(out, text);
	buf_add_str(out, "</bdi>");
}

/* ---- the frame ---- */

static const char style[] =
    ":root{color-scheme:light dark;--line:#c9ccd1;--soft:#f3f4f6;--ink:#1c1e21;--back:#fff;--dim:#575c64;--mark:#0b57a4;"
    "--mine:#dcebfb}\n"
    "@media(prefers-color-scheme:dark){:root{--line:#44484f;--soft:#24272c;--ink:#e8eaed;--back:#16181b;--dim:#a9afb8;"
    "--mark:#8ab8ee;--mine:#1d3650}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--back)}\n"
    "header,main,footer{max-width:64rem;margin:0 auto;padding:1rem 1.25rem}\n"
    "h1{font-size:1.7rem;line-height:1.25}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}h3{margin-top:2rem}\n"
    "h4{margin:0 0 .4rem;font-size:1rem}a{color:var(--mark)}a:focus-visible,summary:focus-visible{outline:3px solid "
    "var(--mark);outline-offset:2px}\n"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--back);padding:.5rem}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\n"
    "thead th{background:var(--soft)}td time{white-space:nowrap}.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "article,.box{border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;margin:.8rem 0}\n"
    ".box{background:var(--soft)}.mine{background:var(--mine)}\n"
    ".said{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}.dim{color:var(--dim)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.4rem 0}dt{color:var(--dim)}\n"
    "dd{margin:0;overflow-wrap:anywhere}ol.turns{list-style:none;padding:0}\n"
    "ol.turns li{margin:.35rem 0;padding:.35rem .7rem;border-left:3px solid var(--line)}\n"
    "audio{display:block;width:100%;max-width:30rem;margin:.4rem 0}img{max-width:100%;height:auto}\n"
    "nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:0}\n"
    "@media print{a{color:inherit}article{break-inside:avoid}audio{display:none}}\n";

void html_begin(struct buf *out, const char *title, const char *account, const char *up)
{
	buf_add_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'; "
			 "frame-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'\">\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			 "<meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
			 "<title>");
	html_escape(out, title);
	buf_add_str(out, " \xe2\x80\x93 ");
	html_escape(out, account);
	buf_printf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
			"content</a>\n<header>\n",
		   style);
	if (*up != '\0')
		buf_printf(out, "<p><a href=\"%sindex.html\">Back to the overview</a></p>\n", up);
	buf_add_str(out, "<h1>");
	html_escape(out, title);
	buf_add_str(out, "</h1>\n</header>\n<main id=\"main\">\n");
}

void html_end(struct buf *out)
{
	buf_add_str(out, "</main>\n<footer>\n<p class=\"dim\">All times are in Coordinated Universal Time (UTC).</p>\n"
			 "</footer>\n</body>\n</html>\n");
}

/* ---- times and numbers ---- */

static const char *const months[] = {"January", "February", "March",	 "April",   "May",	"June",
				     "July",	"August",   "September", "October", "November", "December"};

void html_time(struct buf *out, struct instant at)
{
	struct civil civil = instant_civil(at);
	char text[TIME_TEXT_MAX];

	buf_printf(out, "<time datetime=\"%s\">%d %s %d, %02d:%02d:%02d</time>", instant_format(at, text), civil.day,
		   months[civil.month - 1], civil.year, civil.hour, civil.minute, civil.second);
}

void html_day(struct buf *out, struct instant at)
{
	struct civil civil = instant_civil(at);
	char text[TIME_TEXT_MAX];

	buf_printf(out, "<time datetime=\"%s\">%d %s %d</time>", date_format(instant_date(at), text), civil.day,
		   months[civil.month - 1], civil.year);
}

void html_month(struct buf *out, int year, int month)
{
	buf_printf(out, "%s %d", months[month - 1], year);
}

void html_duration(struct buf *out, int64_t ms)
{
	int64_t seconds = (ms + 500) / 1000;

	if (seconds >= 3600)
		buf_printf(out, "%" PRId64 " h ", seconds / 3600);
	if (seconds >= 60)
		buf_printf(out, "%" PRId64 " min ", seconds / 60 % 60);
	buf_printf(out, "%" PRId64 " s", seconds % 60);
}

void html_count(struct buf *out, int64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRId64, n);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

/* ---- trees ---- */

static void put_list(struct buf *out, const struct json *tree)
{
	buf_add_str(out, "<ul>");
	for (const struct json *item = tree->first; item != NULL; item = item->next) {
		buf_add_str(out, "<li>");
		html_tree(out, item);
		buf_add_str(out, "</li>");
	}
	buf_add_str(out, "</ul>");
}

static void put_members(struct buf *out, const struct json *tree)
{
	buf_add_str(out, "<dl>");
	for (const struct json *member = tree->first; member != NULL; member = member->next) {
		buf_add_str(out, "<dt>");
		html_text(out, member->name);
		buf_add_str(out, "</dt><dd>");
		html_tree(out, member);
		buf_add_str(out, "</dd>");
	}
	buf_add_str(out, "</dl>");
}

void html_tree(struct buf *out, const struct json *tree)
{
	switch (tree->type) {
	case JSON_ARRAY:
		put_list(out, tree);
		return;
	case JSON_OBJECT:
		put_members(out, tree);
		return;
	case JSON_STRING:
		html_text(out, tree->text);
		return;
	case JSON_BOOL:
		buf_add_str(out, tree->boolean ? "yes" : "no");
		return;
	case JSON_NULL:
		buf_add_str(out, "\xe2\x80\x93");
		return;
	case JSON_INT:
	case JSON_DOUBLE:
		json_add_tree(out, tree);
		return;
	}
}
