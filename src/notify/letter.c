/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/letter.h"

#include "notify/message.h"
#include "store/mail.h"

#define PATIENCE_MS 10000

static enum result write_message(const struct smtp_server *server, const struct letter *letter, struct pool *pool,
				 struct buf *out, struct err *err)
{
	struct template_filled filled;
	char id[ID_TEXT_MAX];
	struct message_out m = {.from = server->from, .to = letter->to, .date = letter->now,
				.id = id_format(MAIL_PREFIX, id_new(letter->now), id)};
	enum result r = template_fill(letter->template, letter->values, pool, &filled, err);

	if (r != OK)
		return r;
	m.subject = filled.subject;
	m.text = filled.text;
	m.html = filled.html;
	return message_write(&m, out, err);
}

/* What libcurl says of it is for the operator, and may name the server. */
static enum result explain(const struct smtp_answer *answer, struct err *err)
{
	if (answer->fault == SMTP_REFUSED) {
		err_set(err, ERR_INPUT, "the mail server takes no mail for that address (%d)", answer->status);
		return err_mend(err, "see whether the address is right");
	}
	err_set(err, ERR_BUSY, "the mail server did not take the mail");
	return err_mend(err, "try again later; the operator sees whether mail-server, mail-user and the password are right");
}

enum result letter_send(const struct smtp_server *server, const struct letter *letter, struct pool *pool,
			struct err *err)
{
	struct smtp_server patient = *server;
	struct buf mail;
	struct smtp_answer answer = {.status = 0};
	enum result r;

	if (!message_address_ok(letter->to)) {
		err_set(err, ERR_INPUT, "that is no e-mail address");
		return err_mend(err, "give one such as anna@example.org");
	}
	patient.timeout_ms = PATIENCE_MS;
	buf_init(&mail, MESSAGE_MAX);
	r = write_message(server, letter, pool, &mail, err);
	if (r == OK)
		r = smtp_send(&patient, letter->to, &mail, &answer, err);
	buf_free(&mail);
	return r == ERR_IO ? explain(&answer, err) : r;
}
