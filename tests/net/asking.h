/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A client that sends whatever bytes it is told to, and reads answers as RFC 9112 has them. What it waits for comes, or
 * the test fails after half a minute.
 */
#ifndef LETHE_TESTS_NET_ASKING_H
#define LETHE_TESTS_NET_ASKING_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/buf.h"

#define CLIENT_WAIT_S 30

struct client {
	int fd;
	struct buf in; /* received and not yet taken */
};

struct answer {
	int status; /* 0: the connection ended without one */
	char head[16384];
	struct buf body;
	bool whole; /* its end was there */
};

static inline void client_open(struct client *client, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval wait = {.tv_sec = CLIENT_WAIT_S};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	buf_init(&client->in, (size_t)256 << 20);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(client->fd >= 0);
	setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	assert_int_equal(connect(client->fd, (struct sockaddr *)&to, sizeof to), 0);
}

static inline void client_close(struct client *client)
{
	close(client->fd);
	buf_free(&client->in);
}

/* False when the other side does not take it. */
static inline bool client_send_bytes(struct client *client, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t sent = send(client->fd, at, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += sent;
		len -= (size_t)sent;
	}
	return true;
}

static inline void client_send(struct client *client, const char *text)
{
	assert_true(client_send_bytes(client, text, strlen(text)));
}

/* More of what comes; false at the end. Waiting in vain fails the test. */
static inline bool client_receive(struct client *client)
{
	char chunk[65536];
	ssize_t got = recv(client->fd, chunk, sizeof chunk, 0);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		fail_msg("nothing came for %d seconds", CLIENT_WAIT_S);
	if (got <= 0)
		return false;
	buf_add(&client->in, chunk, (size_t)got);
	return true;
}

static inline void client_take(struct client *client, size_t len)
{
	memmove(client->in.data, client->in.data + len, client->in.len - len);
	client->in.len -= len;
	client->in.data[client->in.len] = '\0';
}

/* The value of a header of the answer, in a buffer that the next call overwrites; NULL when there is none. */
static inline const char *answer_header(const struct answer *answer, const char *name)
{
	static _Thread_local char value[4096];
	size_t len = strlen(name);

	for (const char *at = strstr(answer->head, "\r\n"); at; at = strstr(at, "\r\n")) {
		at += 2;
		if (strncasecmp(at, name, len) == 0 && at[len] == ':') {
			at += len + 1;
			at += strspn(at, " ");
			snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
			return value;
		}
	}
	return NULL;
}

static inline bool client_read_until(struct client *client, size_t len)
{
	while (client->in.len < len)
		if (!client_receive(client))
			return false;
	return true;
}

static inline bool read_chunks(struct client *client, struct answer *answer)
{
	for (;;) {
		char *end;
		size_t size;

		while (client->in.len == 0 || !strstr(client->in.data, "\r\n"))
			if (!client_receive(client))
				return false;
		size = strtoul(client->in.data, &end, 16);
		assert_true(end > client->in.data && end[0] == '\r');
		client_take(client, (size_t)(end + 2 - client->in.data));
		if (!client_read_until(client, size + 2))
			return false;
		buf_add(&answer->body, client->in.data, size);
		assert_memory_equal(client->in.data + size, "\r\n", 2);
		client_take(client, size + 2);
		if (size == 0)
			return true;
	}
}

static inline void read_head(struct client *client, struct answer *answer)
{
	char *end = NULL;

	while (client->in.len == 0 || !(end = strstr(client->in.data, "\r\n\r\n")))
		if (!client_receive(client))
			return;
	assert_true((size_t)(end - client->in.data) + 3 < sizeof answer->head);
	snprintf(answer->head, sizeof answer->head, "%.*s", (int)(end - client->in.data + 2), client->in.data);
	client_take(client, (size_t)(end - client->in.data) + 4);
	assert_memory_equal(answer->head, "HTTP/1.1 ", 9);
	answer->status = (int)strtol(answer->head + 9, NULL, 10);
}

/* The next answer; `bodiless`: to HEAD. */
static inline void client_answer(struct client *client, struct answer *answer, bool bodiless)
{
	const char *length;

	memset(answer, 0, sizeof *answer);
	buf_init(&answer->body, (size_t)256 << 20);
	read_head(client, answer);
	if (answer->status == 0)
		return;
	answer->whole = true;
	length = answer_header(answer, "Content-Length");
	if (bodiless || answer->status == 204 || answer->status == 304 || answer->status < 200)
		return;
	if (answer_header(answer, "Transfer-Encoding")) {
		answer->whole = read_chunks(client, answer);
	} else if (length) {
		size_t len = strtoul(length, NULL, 10);

		answer->whole = client_read_until(client, len);
		if (!answer->whole)
			len = client->in.len;
		if (len > 0) {
			buf_add(&answer->body, client->in.data, len);
			client_take(client, len);
		}
	} else {
		while (client_receive(client))
			;
		if (client->in.len > 0)
			buf_add(&answer->body, client->in.data, client->in.len);
	}
}

static inline void answer_free(struct answer *answer)
{
	buf_free(&answer->body);
}

/* Sends a whole request on a connection of its own and reads one answer. */
static inline void ask(int port, const char *request, struct answer *answer)
{
	struct client client;

	client_open(&client, port);
	client_send(&client, request);
	client_answer(&client, answer, strncmp(request, "HEAD ", 5) == 0);
	client_close(&client);
}

#endif
