/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sockets that listen.
 */
#ifndef LETHE_NET_LISTEN_H
#define LETHE_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include "base/err.h"

/* "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:443", "[::]:443" (IPv6 only); port 0 lets the system choose. ERR_INPUT tells
 * how to write it. */
MUST_CHECK enum result listen_parse(const char *text, struct sockaddr_storage *out, socklen_t *len, struct err *err);
bool listen_is_loopback(const struct sockaddr_storage *address);
/* Bound, listening, not blocking, closed on exec. ERR_BUSY: something listens there. */
MUST_CHECK enum result listen_open(const char *text, int *fd, struct err *err);
/* Makes one that was handed over fit for us. ERR_INPUT: it is no listening TCP socket. */
MUST_CHECK enum result listen_adopt(int fd, struct err *err);
/* What systemd handed over (sd_listen_fds(3)): the values of LISTEN_PID and LISTEN_FDS, NULL when not set. The sockets
 * are the descriptors 3, 4 ..; writes how many there are, 0 when they are not for process `pid`. */
MUST_CHECK enum result listen_inherited(const char *listen_pid, const char *listen_fds, long pid, int *count,
					struct err *err);
#define LISTEN_INHERITED_FIRST 3
int listen_port(int fd); /* -1 when it is no socket */

#endif
