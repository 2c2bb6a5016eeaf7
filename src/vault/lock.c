/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 20

static enum result busy(int fd, const char *path, struct err *err)
{
	char holder[120] = "another process";
	ssize_t len = pread(fd, holder, sizeof holder - 1, 0);

	if (len > 0) {
		holder[len] = '\0';
		holder[strcspn(holder, "\n")] = '\0';
	}
	err_set(err, ERR_BUSY, "the vault is being written by %s", holder);
	err_where(err, "%s", path);
	return err_mend(err, "wait until it has finished, or stop it: what it has done is whole");
}

static enum result wait_for(int fd, int how, int wait_ms, const char *path, struct err *err)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	for (int waited = 0; flock(fd, how | LOCK_NB) != 0; waited += POLL_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, "cannot lock %s", path);
		if (waited >= wait_ms)
			return err_set(err, ERR_BUSY, "%s is locked", path);
		nanosleep(&pause, NULL);
	}
	return OK;
}

static enum result close_on(enum result r, int *fd)
{
	if (r != OK) {
		close(*fd);
		*fd = -1;
	}
	return r;
}

static enum result restoring(const char *path, struct err *err)
{
	err_set(err, ERR_BUSY, "a restore is putting its data in place");
	err_where(err, "%s", path);
	return err_mend(err, "run this again in a moment");
}

static enum result being_read(const char *path, struct err *err)
{
	err_set(err, ERR_BUSY, "another process is reading the vault");
	err_where(err, "%s", path);
	return err_mend(err, "stop every other lethe on this vault and run this again; nothing was changed");
}

enum result lock_readers(const char *path, bool alone, int wait_ms, int *fd, struct err *err)
{
	enum result r;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_sys(err, "cannot open %s", path);
	r = wait_for(*fd, alone ? LOCK_EX : LOCK_SH, wait_ms, path, err);
	if (r == ERR_BUSY)
		r = alone ? being_read(path, err) : restoring(path, err);
	return close_on(r, fd);
}

static enum result being_made(const char *folder, struct err *err)
{
	err_set(err, ERR_BUSY, "another `lethe init` is making a vault here");
	err_where(err, "%s", folder);
	return err_mend(err, "wait until it has finished; if it fails, run this again");
}

enum result lock_making(const char *folder, int wait_ms, int *fd, struct err *err)
{
	struct stat st;
	enum result r;

	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "the folder %s is gone", folder);
	if (*fd < 0)
		return err_sys(err, "cannot open %s", folder);
	r = wait_for(*fd, LOCK_EX, wait_ms, folder, err);
	if (r == ERR_BUSY)
		r = being_made(folder, err);
	if (r == OK && fstat(*fd, &st) == 0 && st.st_nlink == 0)
		r = err_set(err, ERR_NOT_FOUND, "the folder %s is gone", folder);
	return close_on(r, fd);
}

enum result lock_in_place(int fd, const char *path, struct err *err)
{
	struct stat mine, there;

	if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
		return OK;
	err_set(err, ERR_IO, "the vault's folder was moved, removed or replaced while it was open");
	err_where(err, "%s", path);
	return err_mend(err, "put it back where it was, or end what has it open: until then nothing is written");
}

enum result lock_take(const char *path, const char *command, int wait_ms, int *fd, struct err *err)
{
	char holder[120];
	enum result r;
	int len;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_sys(err, "cannot open %s", path);
	r = wait_for(*fd, LOCK_EX, wait_ms, path, err);
	if (r == ERR_BUSY)
		r = busy(*fd, path, err);
	if (close_on(r, fd) != OK)
		return r;
	/* Only for the reader of an error message: failing to write it changes nothing. */
	len = snprintf(holder, sizeof holder, "lethe %s (process %ld)\n", command, (long)getpid());
	if (ftruncate(*fd, 0) != 0 || pwrite(*fd, holder, (size_t)len, 0) != len)
		return OK;
	return OK;
}
