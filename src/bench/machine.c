/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/machine.h"

#include <linux/magic.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define XFS_MAGIC 0x58465342L
#define ZFS_MAGIC 0x2fc12fc1L

static const struct {
	long magic;
	const char *name;
} filesystems[] = {
	{EXT4_SUPER_MAGIC, "ext4"}, {BTRFS_SUPER_MAGIC, "btrfs"}, {TMPFS_MAGIC, "tmpfs"}, {XFS_MAGIC, "xfs"},
	{OVERLAYFS_SUPER_MAGIC, "overlay"}, {NFS_SUPER_MAGIC, "nfs"}, {F2FS_SUPER_MAGIC, "f2fs"}, {ZFS_MAGIC, "zfs"},
};

static void read_processor(struct machine *out)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[300];

	if (file == NULL)
		return;
	while (out->processor[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
		const char *colon = strchr(line, ':');

		if (colon != NULL && strncmp(line, "model name", 10) == 0)
			snprintf(out->processor, sizeof out->processor, "%.*s", (int)strcspn(colon + 2, "\n"),
				 colon + 2);
	}
	fclose(file);
}

static void read_filesystem(const char *dir, struct machine *out)
{
	struct statfs info;

	if (statfs(dir, &info) != 0)
		return;
	snprintf(out->filesystem, sizeof out->filesystem, "0x%lx", (unsigned long)info.f_type);
	for (size_t i = 0; i < sizeof filesystems / sizeof filesystems[0]; i++) {
		if (filesystems[i].magic == (long)info.f_type)
			snprintf(out->filesystem, sizeof out->filesystem, "%s", filesystems[i].name);
	}
}

void machine_read(const char *dir, struct machine *out)
{
	struct utsname system;

	*out = (struct machine){.processors = (int)sysconf(_SC_NPROCESSORS_ONLN)};
	out->memory = (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);
	read_processor(out);
	if (uname(&system) == 0)
		snprintf(out->kernel, sizeof out->kernel, "%.40s %.50s", system.sysname, system.release);
	snprintf(out->sqlite, sizeof out->sqlite, "%s", sqlite3_libversion());
	snprintf(out->openssl, sizeof out->openssl, "%s", OpenSSL_version(OPENSSL_VERSION_STRING));
	read_filesystem(dir, out);
	if (getloadavg(&out->load, 1) != 1)
		out->load = 0;
}
