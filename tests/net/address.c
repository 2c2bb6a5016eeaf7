/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "net/address.h"

static struct err err;

static struct address at(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, &address, &err), OK);
	return address;
}

static bool in(const char *address, const char *block)
{
	struct address_block b;
	struct address a = at(address);

	assert_int_equal(address_block_parse(block, &b, &err), OK);
	return address_in(&a, &b);
}

static void addresses_of_both_kinds_are_read_and_written(void **state)
{
	static const char *const texts[] = {"127.0.0.1", "255.255.255.255", "::1", "2001:db8::1", "fe80::1:2"};
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		address = at(texts[i]);
		assert_string_equal(address_format(&address, text), texts[i]);
	}
	address = at("::ffff:10.1.2.3");
	assert_string_equal(address_format(&address, text), "10.1.2.3");
	assert_int_equal(address_parse("1.2.3", &address, &err), ERR_INPUT);
	assert_int_equal(address_parse("localhost", &address, &err), ERR_INPUT);
	assert_int_equal(address_parse("", &address, &err), ERR_INPUT);
}

static void the_address_of_a_peer_is_one_kind(void **state)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a010203)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr local = {.sa_family = AF_UNIX};
	struct address address = address_of((const struct sockaddr *)&four), other = at("10.1.2.3");

	(void)state;
	assert_true(address_equal(&address, &other));
	address = address_of((const struct sockaddr *)&six);
	other = at("::1");
	assert_true(address_equal(&address, &other));
	address = address_of(&local);
	other = at("::");
	assert_true(address_equal(&address, &other));
}

static void a_group_is_an_ipv4_address_or_a_64(void **state)
{
	struct address a = at("2001:db8:1:2:3:4:5:6"), b = at("2001:db8:1:2::9"), c = at("2001:db8:1:3::9");
	struct address ga = address_group(&a), gb = address_group(&b), gc = address_group(&c);

	(void)state;
	assert_true(address_equal(&ga, &gb));
	assert_false(address_equal(&ga, &gc));
	a = at("10.0.0.1");
	b = at("10.0.0.2");
	ga = address_group(&a);
	gb = address_group(&b);
	assert_false(address_equal(&ga, &gb));
}

static void blocks_hold_what_begins_as_they_do(void **state)
{
	static const char *const bad[] = {"10.0.0.0/33",
					  "::/129",
					  "10.0.0.0/",
					  "10.0.0.0/-1",
					  "10.0.0.0/8x",
					  "x/8",
					  "/8",
					  "",
					  "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/8",
					  "10.0.0.0/0008"};
	struct address_block block;

	(void)state;
	assert_true(in("10.1.2.3", "10.0.0.0/8"));
	assert_false(in("11.1.2.3", "10.0.0.0/8"));
	assert_true(in("10.0.0.129", "10.0.0.128/25"));
	assert_false(in("10.0.0.127", "10.0.0.128/25"));
	assert_true(in("1.2.3.4", "0.0.0.0/0"));
	assert_false(in("::1", "0.0.0.0/0"));
	assert_true(in("1.2.3.4", "::/0"));
	assert_true(in("::1", "::1"));
	assert_true(in("2001:db8::5", "2001:db8::/32"));
	assert_false(in("2001:db9::5", "2001:db8::/32"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(address_block_parse(bad[i], &block, &err), ERR_INPUT);
}

static const char *behind(const char *peer, const char *forwarded)
{
	static char text[ADDRESS_TEXT_MAX];
	struct address_block trusted[2];
	struct address a = at(peer);

	assert_int_equal(address_block_parse("127.0.0.0/8", &trusted[0], &err), OK);
	assert_int_equal(address_block_parse("10.0.0.0/8", &trusted[1], &err), OK);
	a = address_behind(&a, forwarded, trusted, 2);
	return address_format(&a, text);
}

static void only_trusted_proxies_are_believed_and_only_as_far_as_they_know(void **state)
{
	static const char *const bad[] = {"1.2.3.4:", "1.2.3.4:x", "1.2.3.4:5678x", "1.2.3.4:567890", "1.2.3.4:56:78", "[2001:db8::1",
					  "[2001:db8::1]5678", "[2001:db8::1]:", "[]", "[", ":5678", "2001:db8::1]"};

	(void)state;
	assert_string_equal(behind("203.0.113.7", "1.2.3.4"), "203.0.113.7");
	assert_string_equal(behind("127.0.0.1", NULL), "127.0.0.1");
	assert_string_equal(behind("127.0.0.1", "1.2.3.4"), "1.2.3.4");
	assert_string_equal(behind("127.0.0.1", "6.6.6.6, 1.2.3.4"), "1.2.3.4"); /* what a client made up comes first */
	assert_string_equal(behind("127.0.0.1", "6.6.6.6, 1.2.3.4 ,\t10.0.0.5"), "1.2.3.4");
	assert_string_equal(behind("127.0.0.1", "10.0.0.4,10.0.0.5"), "10.0.0.4");
	assert_string_equal(behind("127.0.0.1", "2001:db8::1"), "2001:db8::1");
	assert_string_equal(behind("127.0.0.1", "6.6.6.6, 1.2.3.4:5678"), "1.2.3.4");
	assert_string_equal(behind("127.0.0.1", "6.6.6.6:1, 1.2.3.4:5, 10.0.0.5:65535"), "1.2.3.4");
	assert_string_equal(behind("127.0.0.1", "[2001:db8::1]:5678"), "2001:db8::1");
	assert_string_equal(behind("127.0.0.1", "[2001:db8::1]"), "2001:db8::1");
	assert_string_equal(behind("127.0.0.1", "::ffff:1.2.3.4"), "1.2.3.4");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_string_equal(behind("127.0.0.1", bad[i]), "127.0.0.1");
	assert_string_equal(behind("127.0.0.1", "unknown"), "127.0.0.1");
	assert_string_equal(behind("127.0.0.1", "1.2.3.4, unknown"), "127.0.0.1");
	assert_string_equal(behind("127.0.0.1", ""), "127.0.0.1");
	assert_string_equal(behind("127.0.0.1", ","), "127.0.0.1");
	assert_string_equal(behind("127.0.0.1", "a-very-long-entry-that-is-longer-than-any-address-can-be-written"),
			    "127.0.0.1");
}

/* P59 */
static void what_is_not_routed_to_everywhere_is_inside(void **state)
{
	static const char *const inside[] = {"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.168.0.1",
					     "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
					     "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "fe80::1", "fd00::1", "ff02::1",
					     "64:ff9b::7f00:1", "64:ff9b::808:808", "2002:7f00:1::", "2001::1", "2001:10::1", "2001:1ff:ffff::1", "2001:db8::1", "100::1",
					     "3fff::1", "3fff:fff:ffff::1", "64:ff9b:1::1", "5f00::1"};
	static const char *const outside[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.1.1.1", "128.0.0.1", "172.15.1.1",
					      "172.32.0.0", "192.167.1.1", "223.255.255.255", "::ffff:8.8.8.8", "2606:4700::1111", "2a00::1", "2001:200::1", "3fff:1000::1", "3ffe::1"};
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		assert_int_equal(address_parse(inside[i], &address, &err), OK);
		if (!address_is_inside(&address))
			fail_msg("%s is outside", inside[i]);
	}
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
		assert_int_equal(address_parse(outside[i], &address, &err), OK);
		if (address_is_inside(&address))
			fail_msg("%s is inside", outside[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_routed_to_everywhere_is_inside),
	    cmocka_unit_test(addresses_of_both_kinds_are_read_and_written),
	    cmocka_unit_test(the_address_of_a_peer_is_one_kind),
	    cmocka_unit_test(a_group_is_an_ipv4_address_or_a_64),
	    cmocka_unit_test(blocks_hold_what_begins_as_they_do),
	    cmocka_unit_test(only_trusted_proxies_are_believed_and_only_as_far_as_they_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
