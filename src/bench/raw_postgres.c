/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/raw_postgres.h"

#include <glob.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/raw.h"
#include "crypto/primitives.h"

#define PROGRAMS "/usr/lib/postgresql/*/bin/initdb"
#define SOCKET_MAX 90 /* of 107 for the socket's path, whose name is up to 14 */
#define START_TRIES 600
#define SAID_MAX 4096
#define NOISE_LEN 65536

/* ---- the server ---- */

/* The highest version there is. */
static enum result find_programs(struct postgres *out, struct err *err)
{
	glob_t found = {0};

	if (glob(PROGRAMS, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			int version = (int)strtol(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"), NULL, 10);

			if (version > out->version) {
				out->version = version;
				snprintf(out->bin, sizeof out->bin, "/usr/lib/postgresql/%d/bin", version);
			}
		}
	}
	globfree(&found);
	if (out->version > 0)
		return OK;
	return err_set(err, ERR_NOT_FOUND, "PostgreSQL is not installed: Debian has it as postgresql");
}

/* PostgreSQL refuses to run as root. */
static const char *user_of_server(void)
{
	return getpwnam("postgres") != NULL ? "postgres" : "nobody";
}

static enum result make_dir(const struct postgres *postgres, struct err *err)
{
	const struct passwd *user = getpwnam(user_of_server());

	if (mkdir(postgres->dir, 0700) != 0)
		return err_sys(err, "cannot make %s", postgres->dir);
	if (geteuid() != 0)
		return OK;
	if (user == NULL)
		return err_set(err, ERR_NOT_FOUND, "PostgreSQL does not run as root, and there is no user 'nobody'");
	if (chown(postgres->dir, user->pw_uid, user->pw_gid) != 0)
		return err_sys(err, "cannot give %s to %s", postgres->dir, user->pw_name);
	return OK;
}

static const char *program_of(const struct postgres *postgres, const char *name, char out[POSTGRES_DIR_MAX + 16])
{
	snprintf(out, POSTGRES_DIR_MAX + 16, "%s/%s", postgres->bin, name);
	return out;
}

static enum result make_cluster(const struct postgres *postgres, struct err *err)
{
	char initdb[POSTGRES_DIR_MAX + 16], data[POSTGRES_DIR_MAX + 16];
	const char *argv[] = {program_of(postgres, "initdb", initdb), "-D", data, "-U", "bench", "-A", "trust",
			      "-E", "UTF8", "--locale=C", NULL};
	enum result r = make_dir(postgres, err);

	snprintf(data, sizeof data, "%s/data", postgres->dir);
	return r == OK ? program_run(argv, user_of_server(), NULL, 0, err) : r;
}

static bool answers(const struct postgres *postgres)
{
	char ready[POSTGRES_DIR_MAX + 16];
	const char *argv[] = {program_of(postgres, "pg_isready", ready), "-q", "-h", postgres->dir, NULL};
	struct err ignored;

	return program_run(argv, NULL, NULL, 0, &ignored) == OK;
}

static enum result wait_until_ready(struct postgres *postgres, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	enum result r;

	for (int i = 0; i < START_TRIES && !program_has_ended(&postgres->server); i++) {
		if (answers(postgres))
			return OK;
		nanosleep(&pause, NULL);
	}
	if (!program_has_ended(&postgres->server))
		return err_set(err, ERR_INTERNAL, "the PostgreSQL server does not answer");
	r = program_end(&postgres->server, NULL, 0, err);
	return r == OK ? err_set(err, ERR_INTERNAL, "the PostgreSQL server ended at once") : r;
}

enum result postgres_start(const char *dir, struct postgres *out, struct err *err)
{
	char server[POSTGRES_DIR_MAX + 16], data[POSTGRES_DIR_MAX + 16], log[POSTGRES_DIR_MAX + 16];
	/* Its log goes to a file: nobody reads a pipe while it serves. */
	const char *argv[] = {server, "-D", data, "-k", out->dir, "-c",
			      "listen_addresses=", "-c", "logging_collector=on", "-c", log, NULL};
	enum result r;

	*out = (struct postgres){.version = 0};
	if (strlen(dir) > SOCKET_MAX)
		return err_set(err, ERR_INPUT, "the path of the folder is too long for PostgreSQL's socket");
	snprintf(out->dir, sizeof out->dir, "%s", dir);
	snprintf(data, sizeof data, "%s/data", dir);
	snprintf(log, sizeof log, "log_directory=%s", dir);
	r = find_programs(out, err);
	if (r == OK)
		r = make_cluster(out, err);
	program_of(out, "postgres", server);
	if (r == OK)
		r = program_start(argv, user_of_server(), true, &out->server, err);
	return r == OK ? wait_until_ready(out, err) : r;
}

/* At once: nobody needs the data any more. */
void postgres_stop(struct postgres *postgres)
{
	program_stop(&postgres->server, SIGQUIT);
}

/* ---- speaking to it ---- */

/* Each statement by itself, so that each is a transaction; `said` has what psql printed. */
static enum result tell(const struct postgres *postgres, const char *first, const char *second, char said[SAID_MAX],
			struct err *err)
{
	char psql[POSTGRES_DIR_MAX + 16];
	const char *argv[] = {program_of(postgres, "psql", psql), "-X", "-h", postgres->dir, "-U", "bench", "-d",
			      "postgres", "-v", "ON_ERROR_STOP=1", "-c", first, second != NULL ? "-c" : NULL, second,
			      NULL};

	return program_run(argv, NULL, said, SAID_MAX, err);
}

/* "DELETE 83334\nTime: 412.345 ms\n" */
static enum result read_time(const char *said, double *ms, struct err *err)
{
	const char *time = strstr(said, "Time: ");

	*ms = time != NULL ? strtod(time + strlen("Time: "), NULL) : 0;
	return *ms > 0 ? OK : err_set(err, ERR_INTERNAL, "psql does not say how long it took");
}

/* ---- filling ---- */

#define MAKE_TABLE \
	"DROP TABLE IF EXISTS record;" \
	"CREATE TABLE record(account_id integer NOT NULL, kind smallint NOT NULL, id bytea NOT NULL," \
	" at timestamptz NOT NULL, direction smallint NOT NULL, status smallint NOT NULL, duration bigint NOT NULL," \
	" agent_id bigint NOT NULL, number_id bigint NOT NULL, hold_id bigint NOT NULL, media integer NOT NULL," \
	" part integer NOT NULL, labels bytea NOT NULL, parties bytea NOT NULL, payload bytea NOT NULL," \
	" PRIMARY KEY (account_id, kind, id));" \
	"CREATE INDEX record_at ON record(at)"

static void write_hex(FILE *to, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * CALL_LINE_MAX + 256];

	INVARIANT(2 * len <= sizeof text);
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	fwrite("\\\\x", 1, 3, to);
	fwrite(text, 1, 2 * len, to);
}

static void write_row(FILE *to, const struct calls *calls, const struct call *call, const unsigned char *noise)
{
	char at[TIME_TEXT_MAX];
	struct raw_row row;

	raw_row_of(calls, call, &row);
	fputs("1\t1\t", to);
	write_hex(to, row.id.bytes, sizeof row.id.bytes);
	fprintf(to, "\t%s\t1\t1\t%" PRId64 "\t0\t0\t0\t0\t0\t\\\\x\t", instant_format(call->at, at), row.duration);
	write_hex(to, row.parties, row.parties_len);
	fputc('\t', to);
	write_hex(to, noise + (size_t)row.duration % (NOISE_LEN - CALL_LINE_MAX), row.payload_len);
	fputc('\n', to);
}

static enum result copy_rows(const struct postgres *postgres, const struct calls *calls, const unsigned char *noise,
			     struct err *err)
{
	char psql[POSTGRES_DIR_MAX + 16];
	const char *argv[] = {program_of(postgres, "psql", psql), "-X", "-q", "-h", postgres->dir, "-U", "bench", "-d",
			      "postgres", "-v", "ON_ERROR_STOP=1", "-c", "COPY record FROM STDIN", NULL};
	struct program program;
	enum result r = program_start(argv, NULL, false, &program, err);

	for (int64_t n = 0; n < calls->total && r == OK && !ferror(program.to); n++) {
		struct call call = call_make(calls, n);

		write_row(program.to, calls, &call, noise);
	}
	return r == OK ? program_end(&program, NULL, 0, err) : r;
}

enum result postgres_fill(const struct postgres *postgres, const struct calls *calls, struct err *err)
{
	unsigned char *noise = malloc(NOISE_LEN);
	char said[SAID_MAX];
	enum result r;

	if (noise == NULL)
		return err_no_memory(err);
	random_bytes(noise, NOISE_LEN);
	r = tell(postgres, MAKE_TABLE, NULL, said, err);
	if (r == OK)
		r = copy_rows(postgres, calls, noise, err);
	if (r == OK)
		r = tell(postgres, "VACUUM ANALYZE record", "CHECKPOINT", said, err);
	free(noise);
	return r;
}

/* ---- deleting ---- */

enum result postgres_delete(const struct postgres *postgres, struct instant before, int64_t *deleted, double *ms,
			    struct err *err)
{
	char said[SAID_MAX], text[120], at[TIME_TEXT_MAX];
	const char *count;
	enum result r;

	/* psql has no parameters for statements; this is our own instant. */
	snprintf(text, sizeof text, "DELETE FROM record WHERE at < '%s'", instant_format(before, at));
	r = tell(postgres, "\\timing on", text, said, err);
	if (r != OK)
		return r;
	count = strstr(said, "DELETE ");
	*deleted = count != NULL ? strtoll(count + strlen("DELETE "), NULL, 10) : -1;
	return read_time(said, ms, err);
}

enum result postgres_vacuum(const struct postgres *postgres, double *ms, struct err *err)
{
	char said[SAID_MAX];
	enum result r = tell(postgres, "\\timing on", "VACUUM record", said, err);

	return r == OK ? read_time(said, ms, err) : r;
}
