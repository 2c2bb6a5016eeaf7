/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The people of one line of Lethe JSON Lines: from, to, participants,
 * mentioned, a contact's phones, emails and ids, and the agent.
 */
#ifndef LETHE_INGEST_PEOPLE_H
#define LETHE_INGEST_PEOPLE_H

#include "ingest/reading.h"

/* A string, or an object {phone|email|id, name}. */
MUST_CHECK enum result people_read(struct reading *r, struct place place, enum party_role role,
				  const struct json *value);
/* An array of them. */
MUST_CHECK enum result people_read_array(struct reading *r, const char *field, enum party_role role,
					const struct json *value);
/* An array of strings that are all of one kind. */
MUST_CHECK enum result people_read_handles(struct reading *r, const char *field, enum identity_kind kind,
					  const struct json *value);
/* A string, or an object {id, name}: sets r->out->agent_id and agent_name. */
MUST_CHECK enum result people_read_agent(struct reading *r, const char *field, const struct json *value);

#endif
