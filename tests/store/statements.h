/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every SQL statement in src/store, as the compiler sees it: string literals that stand side by side are one, and
 * a macro that begins with a string is that string. Runs in the project's folder.
 */
#ifndef LETHE_TESTS_STORE_STATEMENTS_H
#define LETHE_TESTS_STORE_STATEMENTS_H

#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENTS_MAX 400
#define STATEMENT_LEN 2000
#define STATEMENT_MACROS 16

struct statement { char file[64]; char sql[STATEMENT_LEN]; };
struct statements {
	struct statement all[STATEMENTS_MAX];
	size_t count;
	struct { char name[32]; char text[STATEMENT_LEN]; } macros[STATEMENT_MACROS]; /* of the present file */
	size_t macro_count;
};

/* Appends what is between the quotes, `at` being on the first; returns what follows. The store's SQL has no escapes. */
static inline const char *statements_literal(const char *at, char *out)
{
	size_t len = strlen(out), n = strcspn(at + 1, "\"");

	if (len + n + 1 < STATEMENT_LEN) {
		memcpy(out + len, at + 1, n);
		out[len + n] = '\0';
	}
	return at + 1 + n + (at[1 + n] == '"');
}

static inline const char *statements_macro(const struct statements *s, const char *at, size_t len)
{
	for (size_t i = 0; i < s->macro_count; i++)
		if (strlen(s->macros[i].name) == len && strncmp(s->macros[i].name, at, len) == 0)
			return s->macros[i].text;
	return NULL;
}

static inline size_t statements_word(const char *at)
{
	size_t len = 0;

	while (isalnum((unsigned char)at[len]) || at[len] == '_')
		len++;
	return len;
}

/* A run of literals and string macros, from `at` on; returns what follows. `out` is "" when there is none. */
static inline const char *statements_run(const struct statements *s, const char *at, char *out)
{
	for (out[0] = '\0';;) {
		const char *next = at + strspn(at, " \t\n\\"), *text;
		size_t word = statements_word(next);

		if (*next == '"') {
			at = statements_literal(next, out);
		} else if (word > 0 && (text = statements_macro(s, next, word)) != NULL) {
			strncat(out, text, STATEMENT_LEN - 1 - strlen(out));
			at = next + word;
		} else {
			return at;
		}
	}
}

/* "#define NAME "text" ..": remembered; returns the end of it. */
static inline const char *statements_define(struct statements *s, const char *at)
{
	size_t len;

	at += strlen("#define");
	at += strspn(at, " ");
	len = statements_word(at);
	if (s->macro_count < STATEMENT_MACROS && len < sizeof s->macros[0].name) {
		snprintf(s->macros[s->macro_count].name, sizeof s->macros[0].name, "%.*s", (int)len, at);
		at = statements_run(s, at + len, s->macros[s->macro_count].text);
		s->macro_count += s->macros[s->macro_count].text[0] != '\0';
	}
	return at;
}

static inline bool statements_is_sql(const char *text)
{
	return strncmp(text, "SELECT ", 7) == 0 || strncmp(text, "INSERT ", 7) == 0 || strncmp(text, "UPDATE ", 7) == 0 ||
	       strncmp(text, "DELETE ", 7) == 0;
}

static inline void statements_of_text(struct statements *s, const char *file, const char *at)
{
	s->macro_count = 0;
	while (*at) {
		struct statement *next = &s->all[s->count];

		if (strncmp(at, "/*", 2) == 0) {
			const char *end = strstr(at + 2, "*/");

			at = end != NULL ? end + 2 : at + strlen(at);
		} else if (strncmp(at, "#define", 7) == 0) {
			at = statements_define(s, at);
		} else if (*at == '\'') {
			at += at[1] == '\\' ? 4 : 3;
		} else if (*at == '"') {
			at = statements_run(s, at, next->sql);
			snprintf(next->file, sizeof next->file, "%s", file);
			s->count += statements_is_sql(next->sql) && s->count + 1 < STATEMENTS_MAX;
		} else {
			at++;
		}
	}
}

/* False when a file cannot be read. `s` is large: allocate it. */
static inline bool statements_collect(struct statements *s)
{
	glob_t files;
	bool fine = glob("src/store/*.c", 0, NULL, &files) == 0;

	s->count = 0;
	for (size_t i = 0; fine && i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "r");
		char *text = calloc(1, (size_t)1 << 20);

		fine = file != NULL && text != NULL && fread(text, 1, ((size_t)1 << 20) - 1, file) > 0;
		if (fine && strstr(files.gl_pathv[i], "/schema") == NULL)
			statements_of_text(s, files.gl_pathv[i], text);
		free(text);
		if (file != NULL)
			fclose(file);
	}
	globfree(&files);
	return fine;
}

#endif
