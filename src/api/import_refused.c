/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/import_refused.h"

#include <string.h>

void import_refused_add(struct json_writer *w, int64_t line, const struct err *why)
{
	json_begin_object(w, NULL);
	json_int(w, "line", line);
	json_string(w, "code", why->code == ERR_EXISTS ? "differs" : "input");
	json_string(w, "where", why->where[0] != '\0' ? why->where : NULL);
	json_string(w, "reason", why->what);
	json_string(w, "mend", why->mend[0] != '\0' ? why->mend : NULL);
	json_end_object(w);
}

bool import_refused_any(const struct json *answer)
{
	const struct json *refused = json_get(answer, "refused");

	return refused != NULL && refused->first != NULL;
}

static void print_bare(struct json_writer *w, const struct json *line)
{
	json_begin_object(w, NULL);
	json_int(w, "line", json_get_int(line, "line", 0));
	json_string(w, "code", json_get_text(line, "code"));
	json_null(w, "where");
	json_null(w, "reason");
	json_null(w, "mend");
	json_end_object(w);
}

void import_refused_bare(struct json_writer *w, const char *name, const struct json *answer)
{
	json_begin_object(w, name);
	for (const struct json *at = answer->first; at != NULL; at = at->next) {
		if (strcmp(at->name, "refused") != 0) {
			json_node(w, at->name, at);
			continue;
		}
		json_begin_array(w, "refused");
		for (const struct json *line = at->first; line != NULL; line = line->next)
			print_bare(w, line);
		json_end_array(w);
	}
	json_end_object(w);
}
