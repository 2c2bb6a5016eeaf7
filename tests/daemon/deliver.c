/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Its end, while servers hang: they take connections and never say a word.
 */
#include "access/people.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/deliver.h"
#include "notify/webhook.h"
#include "vault/act.h"

#define ACCOUNTS 3
#define WAIT_MS 30000
#define ATTEMPT_MS 3000 /* long enough for who asks it to stop meanwhile */

static struct err err;

static int hang(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void wait_for_somebody(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&look, 1, WAIT_MS), 1);
}

/* Closes it. */
static size_t count_who_came(int fd)
{
	size_t count = 0;
	int one;

	while ((one = accept(fd, NULL, NULL)) >= 0) {
		close(one);
		count++;
	}
	close(fd);
	return count;
}

static enum result do_op(struct session *session, void *arg, struct err *e)
{
	const struct people *p = arg;
	struct act act;

	act_begin_(&act, "person.erase", p->world.account.number, p->world.now);
	return act_append(&act, session->data, NULL, e);
}

/* An account with an owner to be mailed and a webhook to be told. */
static void add_account(struct people *p, const char *name, const struct outbound *outbound, int port)
{
	const struct webhook_new hook = {.url = pool_printf(&p->world.pool, "http://127.0.0.1:%d/", port), .types = "",
					 .made_by = "os:0"};
	const struct mail_how nobody = {.server = &outbound->smtp};
	struct mailed mailed = {.listed = 0};
	char secret[WEBHOOK_SECRET_MAX];
	struct id id;

	if (name != NULL)
		assert_ok(accounts_create(p->world.vault, name, "DK", p->world.now, &p->world.pool, &p->world.account, &err), &err);
	add_user(p, "o@example.com", USER_OWNER);
	assert_ok(webhook_add(p->world.vault, p->world.account.number, &outbound->reach, &hook, p->world.now, &id, secret, &err),
		  &err);
	assert_ok(mail_account(p->world.vault, &nobody, p->world.account.number, p->world.now, 0, &mailed, &err), &err);
	assert_ok(vault_write(p->world.vault, do_op, p, &err), &err);
}

static void it_stops_after_the_attempts_that_are_being_made(void **state)
{
	static const char *const names[ACCOUNTS] = {NULL, "Second", "Third"};
	struct people *p = *state;
	struct outbound outbound = {.timeout_ms = ATTEMPT_MS, .mails = true};
	struct deliverer *deliverer;
	int mail_port, hook_port, mails = hang(&mail_port), hooks = hang(&hook_port);

	outbound.reach = (struct client_reach){.plain = true, .inside = true};
	outbound.smtp = (struct smtp_server){.url = pool_printf(&p->world.pool, "smtp://127.0.0.1:%d", mail_port), .plain = true,
					     .from = "lethe@example.com", .timeout_ms = ATTEMPT_MS};
	for (size_t i = 0; i < ACCOUNTS; i++)
		add_account(p, names[i], &outbound, hook_port);
	/* One thread more than there are webhooks is at mails. */
	assert_ok(deliverer_start(&p->world.vault, 1, &outbound, ACCOUNTS + 1, p->world.now.ms - instant_now().ms, &deliverer, &err),
		  &err);
	wait_for_somebody(mails);
	wait_for_somebody(hooks);
	deliverer_stop(deliverer);
	assert_int_equal(count_who_came(mails), 1);
	assert_in_range(count_who_came(hooks), 1, ACCOUNTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(it_stops_after_the_attempts_that_are_being_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
