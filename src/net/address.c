/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/quote.h"

#define PORT_DIGITS 5

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_ipv4(const struct address *address)
{
	return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static struct address from_ipv4(const void *four)
{
	struct address out;

	memcpy(out.bytes, mapped, sizeof mapped);
	memcpy(out.bytes + sizeof mapped, four, 4);
	return out;
}

struct address address_of(const struct sockaddr *from)
{
	struct address out = {{0}};

	if (from->sa_family == AF_INET)
		return from_ipv4(&((const struct sockaddr_in *)(const void *)from)->sin_addr);
	if (from->sa_family == AF_INET6)
		memcpy(out.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, sizeof out.bytes);
	return out;
}

static bool read_address(const char *text, struct address *out)
{
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1) {
		*out = from_ipv4(&four);
		return true;
	}
	return inet_pton(AF_INET6, text, out->bytes) == 1;
}

/* ---- inside ---- */

static const struct { uint32_t net; int bits; } inside4[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  {0xac100000, 12}, {0xc0a80000, 16}, /* private: RFC 1918 */
    {0x64400000, 10}, /* shared: RFC 6598 */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local, where clouds keep their secrets */
    {0xc0000000, 24}, {0xc0000200, 24}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, /* special, tests */
    {0xc0586300, 24}, /* 6to4 relays: RFC 7526 */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool is_inside4(const unsigned char four[4])
{
	uint32_t address = (uint32_t)four[0] << 24 | (uint32_t)four[1] << 16 | (uint32_t)four[2] << 8 | four[3];

	for (size_t i = 0; i < sizeof inside4 / sizeof inside4[0]; i++) {
		if ((address ^ inside4[i].net) >> (32 - inside4[i].bits) == 0)
			return true;
	}
	return false;
}

bool address_is_inside(const struct address *address)
{
	const unsigned char *a = address->bytes;

	if (is_ipv4(address))
		return is_inside4(a + sizeof mapped);
	if ((a[0] & 0xe0) != 0x20) /* 2000::/3 alone is routed to everywhere */
		return true;
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return true;
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02) /* 2001::/23: Teredo, benchmarks, ORCHID */
		return true;
	if (a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10) /* 3fff::/20: documentation, RFC 9637 */
		return true;
	return a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8; /* documentation */
}

enum result address_parse(const char *text, struct address *out, struct err *err)
{
	char quoted[QUOTE_MAX];

	if (read_address(text, out))
		return OK;
	err_set(err, ERR_INPUT, "%s is not an address", quote(text, strlen(text), quoted));
	return err_mend(err, "write an IPv4 or IPv6 address, as 127.0.0.1 or ::1");
}

char *address_format(const struct address *address, char out[ADDRESS_TEXT_MAX])
{
	if (is_ipv4(address))
		inet_ntop(AF_INET, address->bytes + sizeof mapped, out, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_MAX);
	return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct address address_group(const struct address *address)
{
	struct address out = *address;

	if (!is_ipv4(address))
		memset(out.bytes + 8, 0, 8);
	return out;
}

static enum result bad_block(const char *text, struct err *err)
{
	char quoted[QUOTE_MAX];

	err_set(err, ERR_INPUT, "%s is not an address or a block of addresses", quote(text, strlen(text), quoted));
	return err_mend(err, "write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
}

/* The digits after the slash; -1 when they are no number up to `max`. */
static int parse_bits(const char *text, int max)
{
	int bits = 0;

	if (*text == '\0' || strlen(text) > 3)
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		bits = bits * 10 + (*text - '0');
	}
	return bits > max ? -1 : bits;
}

enum result address_block_parse(const char *text, struct address_block *out, struct err *err)
{
	size_t len = strcspn(text, "/");
	char address[ADDRESS_TEXT_MAX];
	int bits;

	if (len >= sizeof address)
		return bad_block(text, err);
	memcpy(address, text, len);
	address[len] = '\0';
	if (!read_address(address, &out->address))
		return bad_block(text, err);
	out->bits = 128;
	if (text[len] == '\0')
		return OK;
	bits = parse_bits(text + len + 1, is_ipv4(&out->address) ? 32 : 128);
	if (bits < 0)
		return bad_block(text, err);
	out->bits = is_ipv4(&out->address) ? 96 + bits : bits;
	return OK;
}

bool address_in(const struct address *address, const struct address_block *block)
{
	size_t whole = (size_t)block->bits / 8;
	int rest = block->bits % 8;

	if (memcmp(address->bytes, block->address.bytes, whole) != 0)
		return false;
	return rest == 0 || (address->bytes[whole] ^ block->address.bytes[whole]) >> (8 - rest) == 0;
}

static bool is_trusted(const struct address *address, const struct address_block *trusted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (address_in(address, &trusted[i]))
			return true;
	return false;
}

/* Nothing, or ":" and a number. */
static bool is_port(const char *text)
{
	size_t digits = *text == ':' ? strspn(text + 1, "0123456789") : 0;

	return *text == '\0' || (digits > 0 && digits <= PORT_DIGITS && text[1 + digits] == '\0');
}

/* Some proxies write "1.2.3.4:5678", "[2001:db8::1]:5678" or "[2001:db8::1]". */
static const char *without_port(char *text)
{
	char *dot = strchr(text, '.'), *end = *text == '[' ? strchr(text, ']') : strchr(text, ':');

	if (end == NULL || !is_port(*text == '[' ? end + 1 : end))
		return text;
	if (*text != '[' && (dot == NULL || dot > end))
		return text;
	*end = '\0';
	return text + (*text == '[');
}

/* The entry that ends at `end`, trimmed, as an address. */
static bool last_entry(const char *list, const char *end, const char **start, struct address *out)
{
	char text[ADDRESS_TEXT_MAX + sizeof "[]:" + PORT_DIGITS];
	size_t len;

	*start = end;
	while (*start > list && (*start)[-1] != ',')
		(*start)--;
	list = *start;
	while (list < end && (*list == ' ' || *list == '\t'))
		list++;
	while (end > list && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	len = (size_t)(end - list);
	if (len >= sizeof text)
		return false;
	memcpy(text, list, len);
	text[len] = '\0';
	return read_address(without_port(text), out);
}

struct address address_behind(const struct address *peer, const char *forwarded, const struct address_block *trusted,
			      size_t count)
{
	struct address at = *peer, next;
	const char *end, *start;

	if (!forwarded)
		return at;
	end = forwarded + strlen(forwarded);
	while (is_trusted(&at, trusted, count) && last_entry(forwarded, end, &start, &next)) {
		at = next;
		if (start == forwarded)
			break;
		end = start - 1;
	}
	return at;
}
