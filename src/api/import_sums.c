/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/import_sums.h"

#include <stddef.h>
#include <string.h>

static const struct row {
	const char *name;       /* in JSON */
	const char *one, *many; /* for people */
	size_t offset;
} rows[] = {
#define ROW(member, one, many)                                                                                         \
	{                                                                                                              \
#member, one, many, offsetof(struct import_result, member)                                             \
	}
    ROW(contacts_new, "new contact", "new contacts"),
    ROW(contacts_updated, "contact updated", "contacts updated"),
    ROW(contacts_unchanged, "contact unchanged", "contacts unchanged"),
    ROW(identities, "new identity", "new identities"),
    ROW(linked, "person linked with another by a contact", "persons linked with another by a contact"),
    ROW(shared, "identifier not linked: a contact of another name has it too",
	"identifiers not linked: a contact of another name has them too"),
    ROW(media, "media file", "media files"),
    ROW(duplicates, "record that was there already", "records that were there already"),
    ROW(differs, "record that is here already with other content; it was left as it was",
	"records that are here already with other content; they were left as they were"),
    ROW(refused_erased, "refused: the person was erased after that time",
	"refused: the person was erased after that time"),
    ROW(expired, "left out: the policy in force would delete it at once",
	"left out: the policy in force would delete them at once"),
    ROW(cut, "of the new ones past its time, and cut down to what obligations name",
	"of the new ones past their time, and cut down to what obligations name"),
    ROW(contacts_held, "contact not updated: a legal hold keeps it as it is",
	"contacts not updated: a legal hold keeps them as they are"),
    ROW(contacts_deleted, "contact not taken: it was deleted here (`lethe help contact readmit`)",
	"contacts not taken: they were deleted here (`lethe help contact readmit`)"),
    ROW(fell_back, "identifier that is neither phone number nor e-mail address: kept as an external id",
	"identifiers that are neither phone number nor e-mail address: kept as external ids"),
    ROW(doubtful_times, "local time that its zone skips or repeats", "local times that their zone skips or repeats"),
#undef ROW
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static int64_t value_of(const struct import_result *result, const struct row *row)
{
	int64_t value;

	memcpy(&value, (const char *)result + row->offset, sizeof value);
	return value;
}

static void say_count(struct call *call, int64_t count, const char *text)
{
	char number[32];

	if (count > 0)
		call_say(call, "%12s  %s\n", call_count(count, number), text);
}

void import_sums_say(struct call *call, const struct import_result *result)
{
	char lines[32], bytes[32];

	call_say(call, "Read %s line%s, %s.\n", call_count(result->lines, lines), result->lines == 1 ? "" : "s",
		 call_bytes((uint64_t)result->input_bytes, bytes));
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		say_count(call, result->records[kind], call_kind((enum record_kind)kind, result->records[kind]));
	for (size_t i = 0; i < ROW_COUNT; i++)
		say_count(call, value_of(result, &rows[i]),
			  value_of(result, &rows[i]) == 1 ? rows[i].one : rows[i].many);
	say_count(call, result->rejected, result->rejected == 1 ? "line rejected" : "lines rejected");
	if (result->rejects[0] == '\0')
		return;
	call_say(call, "The lines that were not taken are in %s, the reasons in %s.txt.\n",
		 call_clean(call, result->rejects), call_clean(call, result->rejects));
	if (result->rejects_files > 1)
		call_say(call, "So are those of %zu more file%s.\n", result->rejects_files - 1,
			 result->rejects_files == 2 ? ", under its name" : "s, under their names");
	call_say(call, "Mend them and import that file; then delete both, for they are not encrypted.\n");
}

static void add_to(struct import_result *result, const struct row *row, int64_t more)
{
	int64_t value = value_of(result, row) + more;

	memcpy((char *)result + row->offset, &value, sizeof value);
}

void import_sums_add(struct import_result *result, const struct json *sums)
{
	const struct json *records = json_get(sums, "records");

	result->lines += json_get_int(sums, "lines", 0);
	result->input_bytes += json_get_int(sums, "input_bytes", 0);
	result->media_bytes += json_get_int(sums, "media_bytes", 0);
	result->payload_bytes += json_get_int(sums, "payload_bytes", 0);
	result->rejected += json_get_int(sums, "rejected", 0);
	for (size_t i = 0; i < ROW_COUNT; i++)
		add_to(result, &rows[i], json_get_int(sums, rows[i].name, 0));
	for (int kind = KIND_FIRST; kind <= KIND_LAST && records != NULL; kind++)
		result->records[kind] += json_get_int(records, kind_name((enum record_kind)kind), 0);
}

void import_sums_write(struct json_writer *w, const struct import_result *result)
{
	json_int(w, "lines", result->lines);
	json_int(w, "input_bytes", result->input_bytes);
	json_begin_object(w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (result->records[kind] > 0)
			json_int(w, kind_name((enum record_kind)kind), result->records[kind]);
	}
	json_end_object(w);
	for (size_t i = 0; i < ROW_COUNT; i++)
		json_int(w, rows[i].name, value_of(result, &rows[i]));
	json_int(w, "media_bytes", result->media_bytes);
	json_int(w, "payload_bytes", result->payload_bytes);
	json_int(w, "rejected", result->rejected);
	json_string(w, "rejects", result->rejects[0] ? result->rejects : NULL);
}
