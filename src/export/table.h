/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * csv/<kind>.csv and contacts.csv: the same in tables, for spreadsheets.
 * UTF-8, RFC 4180, a header row; a field that a spreadsheet would run is led by
 * an apostrophe (base/csv.h).
 */
#ifndef LETHE_EXPORT_TABLE_H
#define LETHE_EXPORT_TABLE_H

#include "export/job.h"

/* One file for each kind that has records, and one for contacts. */
MUST_CHECK enum result table_export(struct job *job, struct err *err);

#endif
