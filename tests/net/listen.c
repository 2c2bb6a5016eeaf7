/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/listen.h"

static struct err err;

static void addresses_are_read_strictly(void **state)
{
	static const char *const bad[] = {"",
					  "127.0.0.1",
					  ":80",
					  "localhost:80",
					  "127.0.0.1:",
					  "127.0.0.1:65536",
					  "::1:80",
					  "[::1",
					  "[::1]80",
					  "[127.0.0.1]:80",
					  "[::1:80",
					  "127.0.0.1:-1",
					  "127.0.0.1:8 0",
					  "1.2.3:80",
					  "127.0.0.1: 80",
					  "127.0.0.1:99999999999999999999",
					  "[xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]:80"};
	struct sockaddr_storage address;
	socklen_t len;

	(void)state;
	assert_int_equal(listen_parse("127.0.0.1:8080", &address, &len, &err), OK);
	assert_int_equal(address.ss_family, AF_INET);
	assert_true(listen_is_loopback(&address));
	assert_int_equal(listen_parse("[::1]:0", &address, &len, &err), OK);
	assert_int_equal(address.ss_family, AF_INET6);
	assert_true(listen_is_loopback(&address));
	assert_int_equal(listen_parse("0.0.0.0:443", &address, &len, &err), OK);
	assert_false(listen_is_loopback(&address));
	assert_int_equal(listen_parse("[::]:443", &address, &len, &err), OK);
	assert_false(listen_is_loopback(&address));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (listen_parse(bad[i], &address, &len, &err) != ERR_INPUT)
			fail_msg("%s was taken", bad[i]);
		assert_non_null(strstr(err.mend, "127.0.0.1:8080"));
	}
}

static void a_port_that_is_taken_is_said(void **state)
{
	char again[32];
	int fd, other;

	(void)state;
	assert_int_equal(listen_open("127.0.0.1:0", &fd, &err), OK);
	assert_true(listen_port(fd) > 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	snprintf(again, sizeof again, "127.0.0.1:%d", listen_port(fd));
	assert_int_equal(listen_open(again, &other, &err), ERR_BUSY);
	assert_int_equal(other, -1);
	assert_non_null(strstr(err.mend, "another port"));
	close(fd);
	assert_int_equal(listen_open("203.0.113.77:0", &fd, &err), ERR_IO);
	assert_non_null(strstr(err.mend, "ip address"));
	assert_int_equal(listen_port(-1), -1);
}

static void ipv6_is_listened_on_where_there_is_any(void **state)
{
	int fd;

	(void)state;
	if (listen_open("[::1]:0", &fd, &err) != OK)
		skip();
	assert_true(listen_port(fd) > 0);
	close(fd);
}

static void only_listening_tcp_sockets_are_adopted(void **state)
{
	int fd, pair[2];

	(void)state;
	assert_int_equal(listen_open("127.0.0.1:0", &fd, &err), OK);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	assert_int_equal(listen_adopt(fd, &err), OK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	assert_int_equal(listen_adopt(fd, &err), ERR_INPUT);
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(listen_adopt(pair[0], &err), ERR_INPUT);
	close(pair[0]);
	close(pair[1]);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(listen_adopt(fd, &err), ERR_INPUT);
	close(fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(listen_adopt(pair[0], &err), ERR_INPUT);
	assert_int_equal(listen_port(pair[0]), -1);
	close(pair[0]);
	close(pair[1]);
}

static void sockets_of_systemd_are_counted_when_they_are_for_us(void **state)
{
	int count;

	(void)state;
	assert_int_equal(listen_inherited("42", "2", 42, &count, &err), OK);
	assert_int_equal(count, 2);
	assert_int_equal(listen_inherited("41", "2", 42, &count, &err), OK);
	assert_int_equal(count, 0);
	assert_int_equal(listen_inherited(NULL, "2", 42, &count, &err), OK);
	assert_int_equal(count, 0);
	assert_int_equal(listen_inherited("42", NULL, 42, &count, &err), OK);
	assert_int_equal(count, 0);
	assert_int_equal(listen_inherited("42", "x", 42, &count, &err), ERR_INPUT);
	assert_int_equal(listen_inherited("42", "1000", 42, &count, &err), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_read_strictly),
	    cmocka_unit_test(a_port_that_is_taken_is_said),
	    cmocka_unit_test(ipv6_is_listened_on_where_there_is_any),
	    cmocka_unit_test(only_listening_tcp_sockets_are_adopted),
	    cmocka_unit_test(sockets_of_systemd_are_counted_when_they_are_for_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
