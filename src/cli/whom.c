/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/whom.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/reply.h"

static enum result several(const struct json *persons, size_t count, struct err *err)
{
	char list[200] = "";
	size_t used = 0, shown = 0;

	for (const struct json *at = persons->first; at != NULL && used + ID_TEXT_MAX + 2 < sizeof list; at = at->next) {
		const char *id = json_get_text(at, "id");

		used += (size_t)snprintf(list + used, sizeof list - used, " %s", id != NULL ? id : "?");
		shown++;
	}
	err_set(err, ERR_INPUT, "%zu persons fit", count);
	return err_mend(err, "name one by its id:%s%s", list, shown < count ? " .." : "");
}

static enum result nobody(const char *who, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, "nobody in this account is known by '%.100s'", who);
	return err_mend(err, "try another spelling, number, e-mail address or the words of a contact's name");
}

static enum result find_person(struct asked *asked, char **word, struct err *err)
{
	const struct json *found, *persons;
	struct json_writer w;
	struct buf sent;
	size_t count = 0;
	enum result r;

	buf_init(&sent, ASKED_BODY_MAX);
	json_writer_init(&w, &sent, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "who", *word);
	json_end_object(&w);
	r = buf_ok(&sent, "the request", err);
	if (r == OK)
		r = reply_document(asked, "POST", "/persons/search", sent.data, &found, err);
	buf_free(&sent);
	if (r != OK)
		return r == ERR_NOT_FOUND ? nobody(*word, err) : r;
	persons = json_get(found, "persons");
	for (const struct json *at = persons != NULL ? persons->first : NULL; at != NULL; at = at->next)
		count++;
	if (count == 0)
		return nobody(*word, err);
	if (count > 1)
		return several(persons, count, err);
	*word = pool_strdup(&asked->call->pool, json_get_text(persons->first, "id"));
	return *word != NULL ? OK : err_no_memory(err);
}

static enum result find_user(struct asked *asked, char **word, struct err *err)
{
	const struct json *found, *users;
	enum result r = reply_document(asked, "GET", "/users", NULL, &found, err);

	if (r != OK)
		return r;
	users = json_get(found, "users");
	for (const struct json *at = users != NULL ? users->first : NULL; at != NULL; at = at->next) {
		const char *name = json_get_text(at, "name"), *id = json_get_text(at, "id");

		if (name == NULL || id == NULL || strcasecmp(name, *word) != 0)
			continue;
		*word = pool_strdup(&asked->call->pool, id);
		return *word != NULL ? OK : err_no_memory(err);
	}
	err_set(err, ERR_NOT_FOUND, "the account has no user '%.100s'", *word);
	return err_mend(err, "`lethe user list` shows those there are");
}

enum result whom_person(struct asked *asked, char **word, struct err *err)
{
	return strncmp(*word, "per_", 4) == 0 ? OK : find_person(asked, word, err);
}

enum result whom_find(struct asked *asked, struct err *err)
{
	for (size_t i = 0; i < asked->resource->word_count; i++) {
		const struct word *word = &asked->resource->words[i];
		char **operand;

		if (word->place != IN_PATH || word->operand == 0)
			continue;
		operand = &asked->argv[word->operand - 1];
		if (strcmp(word->name, "person") == 0)
			return whom_person(asked, operand, err);
		if (strcmp(word->name, "user") == 0 && strncmp(*operand, "usr_", 4) != 0)
			return find_user(asked, operand, err);
	}
	return OK;
}
