/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A mail of any subject, text and address: no line of it is too long, and no value begins a header or ends a part.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const char *mail)
{
	size_t headers = 0, ends = 0;
	const char *end = strstr(mail, "\r\n\r\n");

	INVARIANT(end != NULL);
	for (const char *at = mail; *at != '\0'; at = strstr(at, "\r\n") + 2) {
		size_t len = strcspn(at, "\r\n");

		INVARIANT(len <= 998 && strncmp(at + len, "\r\n", 2) == 0);
		headers += at < end && *at != ' ';
		ends += strncmp(at, "--=_mail_1", 10) == 0;
	}
	INVARIANT(headers == 8 && ends == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct message_out m = {.from = "lethe@example.com", .to = "anna@example.org", .id = "mail_1"};
	struct buf out;
	struct err err;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	m.subject = m.text = m.html = text;
	buf_init(&out, MESSAGE_MAX * 8);
	if (message_write(&m, &out, &err) == OK)
		check_lines(out.data);
	buf_reset(&out);
	if (message_address_ok(text)) {
		INVARIANT(strpbrk(text, " \r\n\t<>\",;:\\()[]") == NULL);
		m.to = text;
		m.subject = m.text = m.html = "";
		INVARIANT(message_write(&m, &out, &err) == OK);
		check_lines(out.data);
	}
	buf_free(&out);
	free(text);
	return 0;
}
