/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Storing the contacts of a batch.
 *
 * The identities of one contact are one person's, so the persons they were
 * become one.  An identifier that a contact of another name has too (a
 * switchboard, a family's line) says nothing about who somebody is: it is left
 * where it is, or the data of the one would be handed to the other.
 */
#ifndef LETHE_INGEST_ENROL_H
#define LETHE_INGEST_ENROL_H

#include "ingest/commit.h"

MUST_CHECK enum result enrol_contacts(struct commit *c, struct err *err);

#endif
