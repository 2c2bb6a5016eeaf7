/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "crypto/primitives.h"
#include "folder.h"
#include "net/spool.h"

static char folder[PATH_MAX];
static struct spool *spool;
static struct err err;

static int make(void **state)
{
	(void)state;
	if (crypto_init(&err) != OK || folder_make(folder, sizeof folder, "spool") != 0)
		return -1;
	return spool_new(folder, 10000000, &spool, &err) == OK ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	spool_free(spool);
	spool_free(NULL);
	return folder_remove(folder);
}

static char byte_at(uint64_t at)
{
	return (char)('a' + at % 23 + at / 70000 % 3);
}

static void write_bytes(uint64_t count)
{
	char part[777];

	for (uint64_t i = 0; i < count;) {
		size_t len = count - i < sizeof part ? (size_t)(count - i) : sizeof part;

		for (size_t j = 0; j < len; j++)
			part[j] = byte_at(i + j);
		assert_int_equal(spool_write(spool, part, len, &err), OK);
		i += len;
	}
	assert_int_equal(spool_size(spool), count);
}

static void check_bytes(uint64_t from, uint64_t count)
{
	char part[100000];
	size_t got;

	for (uint64_t i = from; i < count; i += got) {
		assert_int_equal(spool_read(spool, i, part, sizeof part, &got, &err), OK);
		assert_true(got > 0);
		for (size_t j = 0; j < got; j++)
			if (part[j] != byte_at(i + j))
				fail_msg("byte %llu differs", (unsigned long long)(i + j));
	}
	assert_int_equal(spool_read(spool, count, part, sizeof part, &got, &err), OK);
	assert_int_equal(got, 0);
}

static void what_was_written_is_read_whatever_its_size(void **state)
{
	static const uint64_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 1000003};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		write_bytes(sizes[i]);
		check_bytes(0, sizes[i]);
		check_bytes(sizes[i] / 2, sizes[i]);
		assert_int_equal(drop(state), 0);
		assert_int_equal(make(state), 0);
	}
}

/* The descriptor of the file without a name. */
static int find_file(void)
{
	char link[64], path[PATH_MAX];

	for (int fd = 3; fd < 256; fd++) {
		ssize_t len;

		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof path - 1);
		if (len > 0 && strncmp(path, folder, strlen(folder)) == 0)
			return fd;
	}
	return -1;
}

static void nothing_of_it_can_be_read_on_the_disk(void **state)
{
	static char file[1000000];
	ssize_t len;
	int fd;

	(void)state;
	write_bytes(65000);
	assert_int_equal(find_file(), -1); /* what is small stays in memory */
	for (int i = 0; i < 200; i++)
		assert_int_equal(spool_write(spool, "a secret that nobody may find", 29, &err), OK);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(spool_write(spool, "a secret that nobody may find", 29, &err), OK);
	fd = find_file();
	assert_true(fd >= 0);
	len = pread(fd, file, sizeof file, 0);
	assert_true(len > 200000);
	assert_null(memmem(file, (size_t)len, "secret", 6));
	assert_null(memmem(file, (size_t)len, "abcdefg", 7));
}

static void a_changed_byte_is_found(void **state)
{
	char part[10];
	size_t got;

	(void)state;
	write_bytes(200000);
	assert_int_equal(pwrite(find_file(), "x", 1, 70000), 1);
	assert_int_equal(spool_read(spool, 10, part, sizeof part, &got, &err), OK);
	assert_int_equal(spool_read(spool, 65546, part, sizeof part, &got, &err), ERR_CORRUPT);
	assert_int_equal(ftruncate(find_file(), 100), 0);
	assert_int_equal(spool_read(spool, 131072, part, sizeof part, &got, &err), ERR_IO);
}

static void there_is_a_maximum(void **state)
{
	(void)state;
	write_bytes(9999999);
	assert_int_equal(spool_write(spool, "ab", 2, &err), ERR_LIMIT);
	assert_int_equal(spool_write(spool, "a", 1, &err), OK);
	assert_int_equal(spool_size(spool), 10000000);
}

static void a_folder_that_is_not_there_and_a_full_disk_are_said(void **state)
{
	struct rlimit before, small = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
	char chunk[65536] = {0};
	struct spool *other;

	(void)state;
	assert_int_equal(spool_new("/nonexistent/folder", 1000000, &other, &err), OK);
	assert_int_equal(spool_write(other, chunk, 60000, &err), OK);
	assert_int_equal(spool_write(other, chunk, sizeof chunk, &err), ERR_IO);
	assert_string_equal(err.where, "/nonexistent/folder");
	spool_free(other);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(spool_write(spool, chunk, sizeof chunk, &err), OK);
	assert_int_equal(spool_write(spool, chunk, sizeof chunk, &err), ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(spool_size(spool), 65536); /* what is there stays */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(what_was_written_is_read_whatever_its_size),
	    T(nothing_of_it_can_be_read_on_the_disk),
	    T(a_changed_byte_is_found),
	    T(there_is_a_maximum),
	    T(a_folder_that_is_not_there_and_a_full_disk_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
