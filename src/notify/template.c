/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/template.h"

#include <string.h>

#define FILLED_MAX ((size_t)256 * 1024)
#define SUBJECT "Subject: "

/* .incbin looks from where the compiler was started, which is the top of the sources. */
#define EMBED(symbol, path)                                                                                            \
	__asm__(".pushsection .rodata\n"                                                                               \
		"mail_" #symbol ":\n"                                                                                  \
		".incbin \"" path "\"\n"                                                                               \
		".byte 0\n"                                                                                            \
		".popsection\n");                                                                                      \
	extern const char mail_##symbol[] __attribute__((visibility("hidden")))

EMBED(retention_text, "templates/mail/retention-expiring.txt");
EMBED(retention_html, "templates/mail/retention-expiring.html");
EMBED(erased_text, "templates/mail/person-erased.txt");
EMBED(erased_html, "templates/mail/person-erased.html");
EMBED(webhook_text, "templates/mail/webhook-disabled.txt");
EMBED(webhook_html, "templates/mail/webhook-disabled.html");
EMBED(invitation_text, "templates/mail/invitation.txt");
EMBED(invitation_html, "templates/mail/invitation.html");
EMBED(password_text, "templates/mail/password.txt");
EMBED(password_html, "templates/mail/password.html");

static const struct { const char *text, *html; } templates[MAIL_TEMPLATE_LAST + 1] = {
    [MAIL_RETENTION_EXPIRING] = {mail_retention_text, mail_retention_html},
    [MAIL_PERSON_ERASED] = {mail_erased_text, mail_erased_html},
    [MAIL_WEBHOOK_DISABLED] = {mail_webhook_text, mail_webhook_html},
    [MAIL_INVITATION] = {mail_invitation_text, mail_invitation_html},
    [MAIL_PASSWORD] = {mail_password_text, mail_password_html},
};

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		default:
			buf_add_char(out, *text);
		}
	}
}

static const char *value_of(const struct template_value *values, const char *name, size_t len)
{
	while (values->name != NULL && (strlen(values->name) != len || memcmp(values->name, name, len) != 0))
		values++;
	INVARIANT(values->name != NULL);
	return values->text;
}

static enum result fill(const char *template, bool html, const struct template_value *values, struct pool *pool,
			char **out, struct err *err)
{
	const char *open;
	struct buf text;

	buf_init(&text, FILLED_MAX);
	while ((open = strstr(template, "{{")) != NULL) {
		const char *close = strstr(open, "}}"), *value;

		INVARIANT(close != NULL);
		value = value_of(values, open + 2, (size_t)(close - open) - 2);
		buf_add(&text, template, (size_t)(open - template));
		if (html)
			add_escaped(&text, value);
		else
			buf_add_str(&text, value);
		template = close + 2;
	}
	buf_add_str(&text, template);
	*out = buf_to_pool(&text, "a mail", pool, err);
	return *out != NULL ? OK : err->code;
}

enum result template_fill(enum mail_template template, const struct template_value *values, struct pool *pool,
			  struct template_filled *out, struct err *err)
{
	char *text, *html, *end;
	enum result r = fill(templates[template].text, false, values, pool, &text, err);

	if (r == OK)
		r = fill(templates[template].html, true, values, pool, &html, err);
	if (r != OK)
		return r;
	end = strchr(text, '\n');
	INVARIANT(strncmp(text, SUBJECT, strlen(SUBJECT)) == 0 && end != NULL);
	*end = '\0';
	*out = (struct template_filled){text + strlen(SUBJECT), end + 1, html};
	return OK;
}
