/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef err_set
#undef err_sys
#undef err_where
#undef err_mend
#undef err_no_memory
#undef err_no_thread

enum result err_set(struct err *err, enum result code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->system = 0;
	err->where[0] = err->mend[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->what, sizeof err->what, fmt, ap);
	va_end(ap);
	return code;
}

/* What to do about a system error, where there is something that holds for every call; else NULL. */
static const char *mend_of(int system)
{
	switch (system) {
	case ENOSPC:
	case EDQUOT:
		return "free some space and run the same command again; nothing acknowledged is lost";
	case EIO:
		return "look for disk errors in the system log (dmesg), then run the same command again";
	case EROFS:
		return "its file system is mounted read-only: mount it for writing, then run the same command again";
	case EMFILE:
		return "this process may not open more files: raise its limit (`ulimit -n`), then run the same command again";
	case ENFILE:
		return "the system has no more open files to give: close some programs, or raise fs.file-max";
	case EACCES:
	case EPERM:
		return "run as the user it belongs to, or change its owner or mode";
	default:
		return NULL;
	}
}

enum result err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	size_t used;
	va_list ap;

	err->where[0] = err->mend[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->what, sizeof err->what, fmt, ap);
	va_end(ap);
	used = strlen(err->what);
	snprintf(err->what + used, sizeof err->what - used, ": %s", strerror(saved));
	if (saved == ENOSPC || saved == EDQUOT)
		err->code = ERR_FULL;
	else if (saved == ENOMEM)
		err->code = ERR_NO_MEMORY;
	else
		err->code = ERR_IO;
	return err_mend_sys(err, saved);
}

enum result err_mend_sys(struct err *err, int system)
{
	const char *mend = mend_of(system);

	err->system = system;
	return mend != NULL ? err_mend(err, "%s", mend) : err->code;
}

enum result err_where(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->where, sizeof err->where, fmt, ap);
	va_end(ap);
	return err->code;
}

enum result err_mend(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->mend, sizeof err->mend, fmt, ap);
	va_end(ap);
	return err->code;
}

enum result err_no_thread(struct err *err, int system)
{
	errno = system;
	err_sys(err, "cannot start a thread");
	return err_mend(err, "raise the number of threads this user or service may have (`ulimit -u`, TasksMax=)");
}

enum result err_no_memory(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, "out of memory");
}

const char *result_name(enum result code)
{
	static const char *const names[] = {
	    [OK] = "ok",
	    [ERR_INPUT] = "input",
	    [ERR_NOT_FOUND] = "not_found",
	    [ERR_EXISTS] = "exists",
	    [ERR_DENIED] = "denied",
	    [ERR_WRONG_STATE] = "state",
	    [ERR_HELD] = "held",
	    [ERR_UNSEEN] = "unseen",
	    [ERR_CHANGED] = "changed",
	    [ERR_GONE] = "gone",
	    [ERR_CORRUPT] = "corrupt",
	    [ERR_IO] = "io",
	    [ERR_FULL] = "full",
	    [ERR_BUSY] = "busy",
	    [ERR_LIMIT] = "limit",
	    [ERR_NO_MEMORY] = "no_memory",
	    [ERR_INTERRUPTED] = "interrupted",
	    [ERR_UNSUPPORTED] = "unsupported",
	    [ERR_INTERNAL] = "internal",
	};

	return names[code];
}

void invariant_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "lethe: broken invariant: %s (%s:%d)\n", cond, file, line);
	abort();
}
