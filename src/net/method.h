/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Request methods (RFC 9110 section 9, RFC 5789). Names are case sensitive.
 */
#ifndef LETHE_NET_METHOD_H
#define LETHE_NET_METHOD_H

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER, /* whatever else a client sends: no route has it */
};
#define METHOD_COUNT METHOD_OTHER /* how many can have a route */

enum method method_parse(const char *text);
const char *method_name(enum method method); /* "GET"; METHOD_OTHER is "OTHER" */

#endif
