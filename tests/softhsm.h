/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * SoftHSM with its tokens in a folder of the test's; their PIN is SOFTHSM_PIN. After cmocka.h.
 */
#ifndef LETHE_TESTS_SOFTHSM_H
#define LETHE_TESTS_SOFTHSM_H

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOFTHSM_PIN "123456"

/* The module's full path; NULL: it is not installed. */
static inline const char *softhsm_module(void)
{
	static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
					     "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
					     "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

/* From now on the tokens of this process lie in `folder`. */
static inline void softhsm_use(const char *folder)
{
	char path[300];
	FILE *config;

	snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
	config = fopen(path, "we");
	assert_non_null(config);
	assert_true(fprintf(config, "directories.tokendir = %s\nlog.level = ERROR\n", folder) > 0);
	assert_int_equal(fclose(config), 0);
	assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
}

static inline void softhsm_make_token(const char *label)
{
	const char *argv[] = {"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", SOFTHSM_PIN,
			      "--so-pin", "654321", NULL};
	char *args[sizeof argv / sizeof *argv];
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	memcpy(args, argv, sizeof args);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0), 0);
	assert_int_equal(posix_spawnp(&pid, "softhsm2-util", &actions, NULL, args, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#endif
