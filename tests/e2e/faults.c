/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload (LD_PRELOAD) that counts the calls which change files
 * below $LETHE_FAULT_DIR and makes one of them go wrong, as $LETHE_FAULT says:
 *
 *	kill:N         SIGKILL instead of the Nth call
 *	kill-after:N   SIGKILL right after it
 *	torn:N         if it writes: half of it, then SIGKILL; else as kill
 *	short:N        the first write at or after the Nth call writes half, once
 *	enospc:N[:M]   from the Nth on, M calls (default 1; 0: for ever) fail with ENOSPC; removing never does
 *	eio:N[:M]      likewise with EIO, removing included
 *	hide:PATH      a file, wherever it is, that is not there for who opens it
 *	count:FILE     nothing goes wrong; the number of calls is written to FILE when the program ends
 *
 * Calls are made with syscall(2), not through dlsym, so that nothing recurses
 * and sanitised programs work (ASAN_OPTIONS=verify_asan_link_order=0).  Where a
 * descriptor leads is asked of /proc each time: nothing is kept that dup, fork
 * or a close inside libc could make wrong.  Writes of stdio are not seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum fault { NONE, KILL, KILL_AFTER, TORN, SHORT, ENOSPC_FAULT, EIO_FAULT, COUNT, HIDE };
enum effect { WRITES, MAKES, REMOVES };

static struct {
	enum fault fault;
	long from, times;
	char dir[PATH_MAX];
	size_t dir_len;
	char count_file[PATH_MAX], hidden[PATH_MAX];
	pid_t pid;
} plan;
static atomic_int ready; /* 0 not yet, 1 being read, 2 read */
static atomic_long calls;
static atomic_flag shortened = ATOMIC_FLAG_INIT;

/* --- the plan ----------------------------------------------------------- */

static void read_fault(const char *text)
{
	static const struct { const char *name; enum fault fault; } names[] = {
	    {"kill:", KILL}, {"kill-after:", KILL_AFTER}, {"torn:", TORN}, {"short:", SHORT},
	    {"enospc:", ENOSPC_FAULT}, {"eio:", EIO_FAULT}, {"count:", COUNT}, {"hide:", HIDE},
	};
	char *end;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t len = strlen(names[i].name);

		if (strncmp(text, names[i].name, len))
			continue;
		plan.fault = names[i].fault;
		if (plan.fault == COUNT) {
			snprintf(plan.count_file, sizeof plan.count_file, "%s", text + len);
			return;
		}
		if (plan.fault == HIDE) {
			snprintf(plan.hidden, sizeof plan.hidden, "%s", text + len);
			return;
		}
		plan.from = strtol(text + len, &end, 10);
		plan.times = *end == ':' ? strtol(end + 1, NULL, 10) : 1;
		return;
	}
}

static void read_plan(void)
{
	const char *fault = getenv("LETHE_FAULT"), *dir = getenv("LETHE_FAULT_DIR");

	if (!fault || !dir || !realpath(dir, plan.dir))
		return;
	plan.dir_len = strlen(plan.dir);
	plan.pid = getpid();
	read_fault(fault);
}

/* Other threads, and calls made while reading it, see no plan yet. */
static bool have_plan(void)
{
	int expected = 0;

	if (atomic_load(&ready) == 0 && environ && atomic_compare_exchange_strong(&ready, &expected, 1)) {
		read_plan();
		atomic_store(&ready, 2);
	}
	return atomic_load(&ready) == 2 && plan.fault != NONE;
}

static void write_count(void)
{
	static atomic_flag written = ATOMIC_FLAG_INIT;
	char text[32];
	long fd;
	int len;

	if (!have_plan() || plan.fault != COUNT || getpid() != plan.pid || atomic_flag_test_and_set(&written))
		return;
	len = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
	fd = syscall(SYS_openat, AT_FDCWD, plan.count_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (syscall(SYS_write, fd, text, len) != len)
		syscall(SYS_unlinkat, AT_FDCWD, plan.count_file, 0);
	syscall(SYS_close, fd);
}

__attribute__((constructor)) static void begin(void)
{
	have_plan();
}

__attribute__((destructor)) static void end(void)
{
	write_count();
}

/* --- where a call leads ------------------------------------------------- */

static bool is_below(const char *path)
{
	return strncmp(path, plan.dir, plan.dir_len) == 0 &&
	       (path[plan.dir_len] == '/' || path[plan.dir_len] == '\0' || path[plan.dir_len] == ' ');
}

/* What a descriptor leads to; AT_FDCWD is the working folder. */
static bool fd_path(int fd, char out[PATH_MAX])
{
	char link[64] = "/proc/self/cwd";
	long len;

	if (fd != AT_FDCWD)
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
	if (len < 0)
		return false;
	out[len] = '\0';
	return true;
}

static bool fd_is_watched(int fd)
{
	int saved = errno;
	char path[PATH_MAX];
	bool watched = fd > 2 && have_plan() && fd_path(fd, path) && is_below(path);

	errno = saved;
	return watched;
}

/* Removes "//", "." and ".." by the letter. */
static void tidy(char *path)
{
	char *out = path;

	for (const char *at = path; *at;) {
		size_t len = strcspn(at + 1, "/") + 1; /* with the leading '/' */

		if (len == 3 && at[1] == '.' && at[2] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (len > 1 && !(len == 2 && at[1] == '.')) {
			memmove(out, at, len);
			out += len;
		}
		at += len;
	}
	*out = '\0';
}

static bool path_is_watched(int dirfd, const char *path)
{
	char whole[2 * PATH_MAX], folder[PATH_MAX];
	int saved = errno;
	bool watched = false;

	if (!have_plan() || !path)
		return false;
	if (path[0] == '/')
		snprintf(whole, sizeof whole, "%s", path);
	else if (fd_path(dirfd, folder))
		snprintf(whole, sizeof whole, "%s/%s", folder, path);
	else
		whole[0] = '\0';
	if (whole[0] == '/') {
		tidy(whole);
		watched = is_below(whole);
	}
	errno = saved;
	return watched;
}

/* --- what happens ------------------------------------------------------- */

_Noreturn static void die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		syscall(SYS_pause);
}

static bool in_window(long number)
{
	return number >= plan.from && (plan.times == 0 || number - plan.from < plan.times);
}

/* Counts a call; 0, or the error it is to fail with. `number` is then its number. */
static int count_call(enum effect effect, long *number)
{
	*number = atomic_fetch_add(&calls, 1) + 1;
	if (*number == plan.from && (plan.fault == KILL || (plan.fault == TORN && effect != WRITES)))
		die();
	if (plan.fault == ENOSPC_FAULT && effect != REMOVES && in_window(*number))
		return ENOSPC;
	return plan.fault == EIO_FAULT && in_window(*number) ? EIO : 0;
}

static void after_call(long number)
{
	if (plan.fault == KILL_AFTER && number == plan.from)
		die();
}

/* How much of a write of `len` is to happen. */
static size_t allowed(long number, size_t len)
{
	if (plan.fault == TORN && number == plan.from)
		return len / 2;
	if (plan.fault == SHORT && number >= plan.from && len > 1 && !atomic_flag_test_and_set(&shortened))
		return len / 2;
	return len;
}

static void after_write(long number)
{
	if (plan.fault == TORN && number == plan.from)
		die();
	after_call(number);
}

/* A call that does not write: WATCHED tells whether it counts, CALL does it. */
#define INTERPOSE(watched, effect, call) \
	do { \
		long number_ = 0, result_; \
		bool watched_ = (watched); \
		int failure_ = watched_ ? count_call((effect), &number_) : 0; \
		if (failure_) { \
			errno = failure_; \
			return -1; \
		} \
		result_ = (call); \
		if (watched_) \
			after_call(number_); \
		return (int)result_; \
	} while (0)

/* A write of LEN bytes, of which `len_` are let through. */
#define INTERPOSE_WRITE(fd, len, call) \
	do { \
		long number_ = 0; \
		size_t len_ = (len); \
		ssize_t result_; \
		bool watched_ = fd_is_watched(fd); \
		int failure_ = watched_ ? count_call(WRITES, &number_) : 0; \
		if (failure_) { \
			errno = failure_; \
			return -1; \
		} \
		if (watched_) \
			len_ = allowed(number_, len_); \
		result_ = (call); \
		if (watched_) \
			after_write(number_); \
		return result_; \
	} while (0)

/* --- the calls ---------------------------------------------------------- */

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
	INTERPOSE_WRITE(fd, len, syscall(SYS_write, fd, data, len_));
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	INTERPOSE_WRITE(fd, len, syscall(SYS_pwrite64, fd, data, len_, at));
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	INTERPOSE_WRITE(fd, len, syscall(SYS_pwrite64, fd, data, len_, at));
}

/* Shortened to whole parts; a single part counts as a plain write. */
static ssize_t write_parts(int fd, const struct iovec *parts, size_t count, size_t let)
{
	size_t total = 0, fit = 0;

	for (size_t i = 0; i < count; i++)
		total += parts[i].iov_len;
	if (let >= total)
		return syscall(SYS_writev, fd, parts, count);
	for (total = 0; fit < count && total + parts[fit].iov_len <= let; fit++)
		total += parts[fit].iov_len;
	if (fit == 0)
		return syscall(SYS_write, fd, parts[0].iov_base, let);
	return syscall(SYS_writev, fd, parts, fit);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	size_t total = 0;

	for (int i = 0; i < count; i++)
		total += parts[i].iov_len;
	INTERPOSE_WRITE(fd, total, write_parts(fd, parts, (size_t)count, len_));
}

EXPORT int fsync(int fd)
{
	INTERPOSE(fd_is_watched(fd), MAKES, syscall(SYS_fsync, fd));
}

EXPORT int fdatasync(int fd)
{
	INTERPOSE(fd_is_watched(fd), MAKES, syscall(SYS_fdatasync, fd));
}

EXPORT int syncfs(int fd)
{
	INTERPOSE(fd_is_watched(fd), MAKES, syscall(SYS_syncfs, fd));
}

EXPORT int ftruncate(int fd, off_t len)
{
	INTERPOSE(fd_is_watched(fd), MAKES, syscall(SYS_ftruncate, fd, len));
}

EXPORT int ftruncate64(int fd, off64_t len)
{
	INTERPOSE(fd_is_watched(fd), MAKES, syscall(SYS_ftruncate, fd, len));
}

EXPORT int fallocate(int fd, int mode, off_t at, off_t len)
{
	INTERPOSE(fd_is_watched(fd), MAKES, syscall(SYS_fallocate, fd, mode, at, len));
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	INTERPOSE(path_is_watched(from_dir, from) || path_is_watched(to_dir, to), MAKES,
		  syscall(SYS_renameat2, from_dir, from, to_dir, to, flags));
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, 0);
}

EXPORT int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	INTERPOSE(path_is_watched(to_dir, to), MAKES, syscall(SYS_linkat, from_dir, from, to_dir, to, flags));
}

EXPORT int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int unlinkat(int dir, const char *path, int flags)
{
	INTERPOSE(path_is_watched(dir, path), REMOVES, syscall(SYS_unlinkat, dir, path, flags));
}

EXPORT int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

EXPORT int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

EXPORT int mkdirat(int dir, const char *path, mode_t mode)
{
	INTERPOSE(path_is_watched(dir, path), MAKES, syscall(SYS_mkdirat, dir, path, mode));
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

static bool exists(int dir, const char *path)
{
	int saved = errno;
	bool there = syscall(SYS_faccessat, dir, path, F_OK) == 0;

	errno = saved;
	return there;
}

/* Only opening that creates or empties a file changes anything. */
static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	bool changes = (flags & O_TRUNC) || ((flags & O_CREAT) && !exists(dir, path));

	if (have_plan() && plan.fault == HIDE && strcmp(path, plan.hidden) == 0) {
		errno = ENOENT;
		return -1;
	}
	INTERPOSE(changes && path_is_watched(dir, path), MAKES, syscall(SYS_openat, dir, path, flags, mode));
}

#define MODE_OF(flags) \
	__extension__({ \
		mode_t mode_ = 0; \
		va_list ap_; \
		va_start(ap_, flags); \
		if ((flags) & (O_CREAT | __O_TMPFILE)) \
			mode_ = va_arg(ap_, mode_t); \
		va_end(ap_); \
		mode_; \
	})

EXPORT int open(const char *path, int flags, ...)
{
	return open_any(AT_FDCWD, path, flags, MODE_OF(flags));
}

EXPORT int open64(const char *path, int flags, ...)
{
	return open_any(AT_FDCWD, path, flags, MODE_OF(flags));
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	return open_any(dir, path, flags, MODE_OF(flags));
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
	return open_any(dir, path, flags, MODE_OF(flags));
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* Ends the program past destructors. */
EXPORT _Noreturn void _exit(int status)
{
	write_count();
	for (;;)
		syscall(SYS_exit_group, status);
}

EXPORT _Noreturn void _Exit(int status)
{
	_exit(status);
}
