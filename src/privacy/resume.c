/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/resume.h"

#include "privacy/account_end.h"
#include "privacy/anonymise_record.h"
#include "privacy/erase.h"
#include "privacy/user_end.h"
#include "retention/sweep.h"
#include "vault/restore.h"

enum result resume_jobs(struct vault *vault, struct instant now, struct err *err)
{
	bool found = true;
	enum result r = restore_resume(vault, now, err);

	while (r == OK && found)
		r = erase_resume(vault, now, &found, err);
	found = true;
	while (r == OK && found)
		r = record_anonymise_resume(vault, now, &found, err);
	found = true;
	while (r == OK && found)
		r = user_end_resume(vault, now, &found, err);
	found = true;
	while (r == OK && found)
		r = account_end_resume(vault, now, &found, err);
	return r == OK ? sweep_resume(vault, now, err) : r;
}
