/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/pages.h"

#include <ctype.h>
#include <string.h>

#include "net/field.h"
#include "net/problem.h"
#include "shim/json_parse.h"

#define PAGE_CSP \
	"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " \
	"frame-ancestors 'none'"
#define REFUSED_CSP "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* .incbin looks from where the compiler was started, which is the top of the sources. */
#define EMBED(symbol, path)                                                                                            \
	__asm__(".pushsection .rodata\n"                                                                               \
		"page_" #symbol ":\n"                                                                                  \
		".incbin \"" path "\"\n"                                                                               \
		".byte 0\n"                                                                                            \
		".popsection\n");                                                                                      \
	extern const char page_##symbol[] __attribute__((visibility("hidden")))

EMBED(invite_html, "templates/pages/invite.html");
EMBED(invite_js, "templates/pages/invite.js");
EMBED(signed_in_html, "templates/pages/signed-in.html");
EMBED(refused_html, "templates/pages/refused.html");
EMBED(page_css, "templates/pages/page.css");

static const struct { const char *path, *type, *text; } pages[PAGE_COUNT] = {
    [PAGE_INVITE] = {"/invite", "text/html; charset=utf-8", page_invite_html},
    [PAGE_INVITE_JS] = {"/pages/invite.js", "text/javascript; charset=utf-8", page_invite_js},
    [PAGE_SIGNED_IN] = {"/signed-in", "text/html; charset=utf-8", page_signed_in_html},
    [PAGE_CSS] = {"/pages/page.css", "text/css; charset=utf-8", page_page_css},
};

const char *pages_path(enum page page)
{
	return pages[page].path;
}

void pages_answer(enum page page, struct response *response)
{
	response_type(response, pages[page].type);
	response_header(response, "Content-Security-Policy", PAGE_CSP);
	buf_add_str(&response->body, pages[page].text);
}

bool pages_wanted(const struct request *request)
{
	static const char *const offers[] = {"application/json", "text/html"};

	return field_accept(request_header(request, "accept"), offers, 2) == 1;
}

/* ---- what a problem is to a person ---- */

struct said { const char *word, *what, *mend; }; /* NULL: what the problem says itself */

static const struct said saids[] = {
    {"not-found", "There is nothing to sign in at by this address.", "Ask whoever gave it to you, or sign in with a password."},
    {"input", "The sign-in was broken off, or its address was changed on the way.", "Begin again."},
    {"rate", "There were too many attempts.", "Wait a minute, and try again."},
    {"busy", "The service that you sign in at does not answer at this moment.", "Wait a minute, and try again."},
    {"unsupported", "Signing in this way is not set up.", "Ask whoever runs this server."},
    {"denied", NULL, NULL},
};

static const struct said *said_of(const char *type)
{
	static const struct said other = {"", "Something went wrong here, and it is not your fault.", "Try again later."};
	const char *word = strrchr(type, '/');

	for (size_t i = 0; word != NULL && i < sizeof saids / sizeof *saids; i++) {
		if (strcmp(word + 1, saids[i].word) == 0)
			return &saids[i];
	}
	return &other;
}

static void add_escaped(struct buf *out, const char *text)
{
	static const struct { char c; const char *as; } special[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

	for (; *text != '\0'; text++) {
		size_t i = 0;

		while (i < sizeof special / sizeof *special && special[i].c != *text)
			i++;
		if (i < sizeof special / sizeof *special)
			buf_add_str(out, special[i].as);
		else
			buf_add_char(out, *text);
	}
}

/* A sentence of a person: it begins with a capital, and ends. */
static void add_sentence(struct buf *out, const char *text)
{
	char first[2] = {(char)toupper((unsigned char)*text), '\0'};

	if (*text == '\0')
		return;
	add_escaped(out, first);
	add_escaped(out, text + 1);
	if (strchr(".!?", text[strlen(text) - 1]) == NULL)
		buf_add_char(out, '.');
}

/* Only what is an id, or a plain word: it is in the address that they came by. */
static void add_again(struct buf *out, const struct request *request)
{
	const char *account = request_parameter(request, "account");

	for (const char *at = account; at != NULL && *at != '\0'; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return;
	}
	if (account != NULL && *account != '\0')
		buf_printf(out, "<p><a href=\"/v1/session/oidc/%s\">Begin again</a></p>\n", account);
}

struct refusal { const char *what, *mend; const struct request *request; };

static void add_value(struct buf *out, const struct refusal *refusal, const char *name, size_t len)
{
	if (len == 4 && memcmp(name, "what", len) == 0)
		add_sentence(out, refusal->what);
	else if (len == 4 && memcmp(name, "mend", len) == 0)
		add_sentence(out, refusal->mend);
	else if (len == 5 && memcmp(name, "again", len) == 0)
		add_again(out, refusal->request);
	else
		add_escaped(out, refusal->request->id_text);
}

static void fill(struct buf *out, const struct refusal *refusal)
{
	const char *at = page_refused_html, *open;

	while ((open = strstr(at, "{{")) != NULL) {
		const char *close = strstr(open, "}}");

		INVARIANT(close != NULL);
		buf_add(out, at, (size_t)(open - at));
		add_value(out, refusal, open + 2, (size_t)(close - open) - 2);
		at = close + 2;
	}
	buf_add_str(out, at);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void show_problem(const struct request *request, struct response *response)
{
	const struct json *problem = NULL;
	struct refusal refusal = {.request = request};
	const struct said *said;
	struct err err;

	if (json_parse_once(response->body.data, response->body.len, response->pool, &problem, &err) != OK)
		return; /* it is as true as a page */
	said = said_of(or_empty(json_get_text(problem, "type")));
	refusal.what = said->what != NULL ? said->what : or_empty(json_get_text(problem, "detail"));
	refusal.mend = said->what != NULL ? said->mend : or_empty(json_get_text(problem, "mend"));
	buf_reset(&response->body);
	response_type(response, "text/html; charset=utf-8");
	response_header(response, "Content-Security-Policy", REFUSED_CSP);
	fill(&response->body, &refusal);
}

void pages_show(const struct request *request, struct response *response)
{
	if (response->status >= 400) {
		show_problem(request, response);
	} else if (response->status == 200) {
		buf_reset(&response->body);
		response->status = 303;
		response_header_remove(response, "Content-Type");
		response_header(response, "Location", pages_path(PAGE_SIGNED_IN));
	}
}
