/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Users with passwords in a world, and what tests of access ask of it.
 */
#ifndef LETHE_TESTS_ACCESS_PEOPLE_H
#define LETHE_TESTS_ACCESS_PEOPLE_H

#include "checking.h"
#include "world.h"

#include <arpa/inet.h>

#include "access/actor.h"
#include "access/signin.h"
#include "access/user_password.h"
#include "privacy/user_end.h"
#include "store/leaf.h"

#define PASSWORD "correct horse battery"
#define OTHER "wrong donkey capacitor"

struct people { struct world world; struct doors doors; struct actor local; };

WORLD_UNUSED static int people_set_up(void **state)
{
	struct people *p = test_calloc(1, sizeof *p);
	struct err err;

	world_begin(&p->world, "2026-03-01T12:00:00Z");
	assert_ok(doors_new(&doors_default, &p->doors, &err), &err);
	p->local = actor_local(1000);
	*state = p;
	return 0;
}

WORLD_UNUSED static int people_tear_down(void **state)
{
	struct people *p = *state;

	doors_free(&p->doors);
	world_end(&p->world);
	test_free(p);
	return 0;
}

#define AMONG_PEOPLE(test) cmocka_unit_test_setup_teardown(test, people_set_up, people_tear_down)

WORLD_UNUSED static struct user_row user_named(struct people *p, const char *name)
{
	struct user_row row;
	struct err err;

	assert_ok(user_lookup(&p->world.vault->read, &p->world.account, name, &p->world.pool, &row, &err), &err);
	return row;
}

WORLD_UNUSED static struct user_row add_user(struct people *p, const char *name, enum user_role role)
{
	const struct user_new new = {.name = name, .role = role};
	struct err err;
	struct id id;

	assert_ok(user_add(p->world.vault, &p->world.account, &new, p->world.now, &p->world.pool, &id, &err), &err);
	return user_named(p, name);
}

WORLD_UNUSED static void set_password(struct people *p, const struct user_row *user, const char *password)
{
	struct err err;

	assert_ok(user_password_set(p->world.vault, p->doors.gate, &p->world.account, user, password, strlen(password),
				    PASSWORD_BY_SOMEBODY, p->world.now, &err), &err);
}

WORLD_UNUSED static struct user_row add_with_password(struct people *p, const char *name, enum user_role role)
{
	struct user_row user = add_user(p, name, role);

	set_password(p, &user, PASSWORD);
	return user;
}

WORLD_UNUSED static struct sockaddr_in place(const char *text)
{
	struct sockaddr_in at = {.sin_family = AF_INET};

	assert_int_equal(inet_pton(AF_INET, text, &at.sin_addr), 1);
	return at;
}

struct try { const char *name, *password, *code, *device, *from; };

WORLD_UNUSED static struct signin try_in(struct people *p, const struct account *account, struct try try)
{
	struct sockaddr_in from = place(try.from != NULL ? try.from : "203.0.113.1");
	const struct signing in = {.account = account, .name = try.name, .password = try.password,
				   .password_len = strlen(try.password), .code = try.code, .device = try.device,
				   .address = &from, .now = p->world.now};
	struct signin out;
	struct err err;

	assert_ok(signin(&p->doors, p->world.vault, &in, &out, &err), &err);
	return out;
}

WORLD_UNUSED static struct signin sign_in(struct people *p, const char *name, const char *password)
{
	return try_in(p, &p->world.account, (struct try){.name = name, .password = password});
}

WORLD_UNUSED static enum result find_session(struct people *p, const struct session_new *session, struct signed_in *out,
					     struct err *err)
{
	return sessions_find(p->world.vault, session->opaque.text, OPAQUE_LEN, &p->doors.sessions, p->world.now,
			     &p->world.pool, out, err);
}

WORLD_UNUSED static bool is_let_in(struct people *p, const struct session_new *session)
{
	struct signed_in who;
	struct err err;
	enum result r = find_session(p, session, &who, &err);

	assert_true(r == OK || r == ERR_DENIED);
	return r == OK;
}

/* How many leaves have that act, and the last of them. */
WORLD_UNUSED static int leaves_of(struct people *p, const char *act, const char **last)
{
	struct leaf rows[64];
	char wanted[80];
	uint64_t from = 0;
	size_t count;
	int found = 0;
	struct err err;

	snprintf(wanted, sizeof wanted, "\"act\":\"%s\"", act);
	do {
		assert_ok(leaf_list(p->world.vault->read.data, 0, from, &p->world.pool, rows, 64, &count, &err), &err);
		for (size_t i = 0; i < count; i++) {
			if (strstr(rows[i].body, wanted) == NULL)
				continue;
			found++;
			if (last != NULL)
				*last = rows[i].body;
		}
		from += count;
	} while (count == 64);
	return found;
}

WORLD_UNUSED static void sound(const struct people *p)
{
	checks_out(&p->world, true);
}

WORLD_UNUSED static void later(struct people *p, int64_t seconds)
{
	p->world.now.ms += seconds * 1000;
}

WORLD_UNUSED static void remove_user(struct people *p, const struct user_row *user)
{
	struct user_end end;
	struct err err;

	assert_ok(user_end(p->world.vault, &p->world.account, user, USER_REMOVED, p->world.now, NULL, NULL, &end, &err), &err);
	assert_int_equal(end.left, 0);
}

#endif
