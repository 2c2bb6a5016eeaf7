/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"

#define BACKLOG 1024
#define INHERITED_MAX 64

static enum result bad_address(const char *text, struct err *err)
{
	char quoted[QUOTE_MAX];

	err_set(err, ERR_INPUT, "%s is not an address to listen on", quote(text, strlen(text), quoted));
	return err_mend(err, "write it as 127.0.0.1:8080 or [::1]:8080");
}

/* Digits up to `max`; -1 when it is something else. */
static long parse_number(const char *text, long max)
{
	char *end;
	long number;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return *end != '\0' || errno != 0 || number > max ? -1 : number;
}

static bool parse_host(const char *host, uint16_t port, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		*len = sizeof *four;
		return true;
	}
	if (host[0] != '[' || inet_pton(AF_INET6, host + 1, &six->sin6_addr) != 1)
		return false;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	*len = sizeof *six;
	return true;
}

enum result listen_parse(const char *text, struct sockaddr_storage *out, socklen_t *len, struct err *err)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t host_len;
	long port;

	if (!colon)
		return bad_address(text, err);
	host_len = (size_t)(colon - text);
	port = parse_number(colon + 1, 65535);
	if (host_len == 0 || host_len >= sizeof host || port < 0)
		return bad_address(text, err);
	memcpy(host, text, host_len);
	if (host[0] == '[' && host[host_len - 1] == ']')
		host_len--;
	else if (host[0] == '[')
		return bad_address(text, err);
	host[host_len] = '\0';
	return parse_host(host, (uint16_t)port, out, len) ? OK : bad_address(text, err);
}

bool listen_is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	if (address->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static enum result cannot_listen(const char *text, struct err *err)
{
	int system = errno;

	err_sys(err, "cannot listen on %s", text);
	if (system == EADDRINUSE) {
		err->code = ERR_BUSY;
		return err_mend(err, "another program listens there: stop it, or choose another port");
	}
	if (system == EADDRNOTAVAIL || system == EAFNOSUPPORT)
		return err_mend(err, "this machine has no such address: choose one that `ip address` shows");
	if (system == EACCES)
		return err_mend(err, "ports below 1024 need CAP_NET_BIND_SERVICE, or a socket from systemd");
	return err->code;
}

enum result listen_open(const char *text, int *fd, struct err *err)
{
	struct sockaddr_storage address;
	socklen_t len;
	int on = 1;
	enum result r = listen_parse(text, &address, &len, err);

	if (r)
		return r;
	*fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return cannot_listen(text, err);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (address.ss_family == AF_INET6)
		setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(*fd, (struct sockaddr *)&address, len) == 0 && listen(*fd, BACKLOG) == 0)
		return OK;
	r = cannot_listen(text, err);
	close(*fd);
	*fd = -1;
	return r;
}

static bool option_is(int fd, int option, int wanted)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

enum result listen_adopt(int fd, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (!option_is(fd, SO_TYPE, SOCK_STREAM) || !option_is(fd, SO_ACCEPTCONN, 1) ||
	    !option_is(fd, SO_PROTOCOL, IPPROTO_TCP)) {
		err_set(err, ERR_INPUT, "descriptor %d, handed over to listen on, is no listening TCP socket", fd);
		return err_mend(err, "the .socket unit must have ListenStream= with an address and a port");
	}
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return err_sys(err, "cannot use descriptor %d, handed over to listen on", fd);
	return OK;
}

enum result listen_inherited(const char *listen_pid, const char *listen_fds, long pid, int *count, struct err *err)
{
	long number;

	*count = 0;
	if (!listen_pid || !listen_fds || parse_number(listen_pid, INT32_MAX) != pid)
		return OK;
	number = parse_number(listen_fds, INHERITED_MAX);
	if (number < 0)
		return err_set(err, ERR_INPUT, "LISTEN_FDS in the environment is not a number up to %d", INHERITED_MAX);
	*count = (int)number;
	return OK;
}

int listen_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port);
	return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port) : -1;
}
