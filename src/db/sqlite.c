/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite driver.
 *
 * "$1" is a *named* parameter to SQLite, whose index follows the order of first
 * appearance; `number` maps that index back to n, once per statement.
 */
#include "db/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "db/checkpointer.h"
#include "db/gather.h"
#include "db/pagemem.h"

#define PARAMETERS_MAX 255
#define STATEMENTS_START 64 /* a power of two */
#define COPY_PAGES 1024     /* a step of db_copy_to */
#define LOG_PAGES 20000     /* of the log, before it is moved into the file */
#define CHECKPOINT_FIRST_MS 50   /* that a checkpoint waits for readers the first time, then twice as long .. */
#define CHECKPOINT_LONGEST_MS 1000 /* .. up to this, */
#define CHECKPOINT_PAUSE_MS 150  /* and in between leaves the lock to who writes, who looks for it each 100 ms */
#define RUNS_A_LOOK 64      /* statements between two looks at how much was read */
#define CACHE_DEFAULT ((size_t)2000 * 1024) /* SQLite's own */

struct statement {
	const char *sql; /* borrowed for ever: a literal */
	size_t length;   /* of the text, as it was prepared */
	sqlite3_stmt *handle;
	bool running;
	int parameters;       /* distinct ones */
	size_t values_wanted; /* the highest n of $n */
	unsigned char number[PARAMETERS_MAX + 1]; /* SQLite's index -> n */
};

struct sqlite_db {
	struct db db; /* first: struct db * is what callers hold */
	sqlite3 *handle;
	char *path;
	struct statement **table; /* open addressing by address of the text */
	size_t slots, used;
	struct checkpointer *checkpointer; /* NULL: what is committed is moved out of the log by the commits */
	int busy_timeout_ms;
	int map_after; /* pages; 0: never, or done */
	unsigned runs; /* of statements */
	size_t cache_bytes; /* as it was opened */
};

static struct sqlite_db *self(struct db *db)
{
	return (struct sqlite_db *)db;
}

/* --- errors ------------------------------------------------------------- */

struct failure {
	int primary;
	enum result result;
	const char *what, *mend;
};

static const struct failure failures[] = {
    {SQLITE_FULL, ERR_FULL, "no space is left for the database",
     "free some space and run the same command again; nothing acknowledged is lost"},
    {SQLITE_BUSY, ERR_BUSY, "another process is using the database", "wait until it is done, then run this again"},
    {SQLITE_LOCKED, ERR_BUSY, "a query that is still running needs the database",
     "wait until it is done, then run this again"},
    {SQLITE_CORRUPT, ERR_CORRUPT, "the database is damaged",
     "stop writing to it, keep a copy, and restore the last backup"},
    {SQLITE_NOTADB, ERR_CORRUPT, "the file is not a database, or its beginning is damaged",
     "check the path; if it is right, restore the last backup"},
    {SQLITE_IOERR, ERR_IO, "the system refused to read or write the database",
     "look whether the disk has space left, and for disk errors in the system log (dmesg); then run this again"},
    {SQLITE_READONLY, ERR_DENIED, "the database may not be written",
     "run as the user who owns the vault, on a file system that is mounted for writing"},
    {SQLITE_PERM, ERR_DENIED, "the database may not be opened", "run as the user who owns the vault"},
    {SQLITE_AUTH, ERR_DENIED, "the database refused the statement", "run as the user who owns the vault"},
    {SQLITE_CANTOPEN, ERR_IO, "the database, or its log beside it, cannot be opened",
     "check that its disk has space left, and that the file and its folder belong to the user lethe runs as"},
    {SQLITE_TOOBIG, ERR_LIMIT, "a value is larger than the database takes", "split it"},
    {SQLITE_INTERRUPT, ERR_INTERRUPTED, "the statement was interrupted", "run this again"},
    {SQLITE_PROTOCOL, ERR_BUSY, "other processes keep the database's log locked", "run this again"},
};

static const struct failure *failure_of(int code)
{
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (failures[i].primary == (code & 0xff))
			return &failures[i];
	return NULL;
}

static int system_errno(sqlite3 *handle)
{
	int system = sqlite3_system_errno(handle);

	return system != 0 ? system : gather_errno();
}

/* An unwritable or full disk shows as IOERR or CANTOPEN in some places; errno knows better. */
static int refine(sqlite3 *handle, int code)
{
	int primary = code & 0xff, system;

	if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
		return code;
	if (code == SQLITE_IOERR_NOMEM)
		return SQLITE_NOMEM;
	system = handle ? system_errno(handle) : 0;
	if (system == ENOSPC || system == EDQUOT)
		return SQLITE_FULL;
	return system == EACCES || system == EPERM ? SQLITE_PERM : code;
}

/* What the system said. SQLite opens what it may not write for reading, and forgets why: asked again. 0: not known. */
static int cause_of(const struct sqlite_db *s, int code)
{
	int primary = code & 0xff;

	if (primary == SQLITE_READONLY || primary == SQLITE_PERM)
		return access(s->path, W_OK) != 0 ? errno : 0;
	if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
		return 0;
	return s->handle != NULL ? system_errno(s->handle) : 0;
}

static enum result constraint_failed(const struct sqlite_db *s, int code, struct err *err)
{
	enum result r = ERR_DENIED;

	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    code == SQLITE_CONSTRAINT_ROWID)
		r = ERR_EXISTS;
	/* SQLite names columns, or a trigger of ours its reason; never a value. */
	return err_set(err, r, "the database refused: %s", sqlite3_errmsg(s->handle));
}

/* `sql` may be NULL. SQLite's own message is used only for what cannot quote a bound value. */
static enum result fail(const struct sqlite_db *s, int code, const char *sql, struct err *err)
{
	const struct failure *known;
	int cause;

	code = refine(s->handle, code);
	known = failure_of(code);
	cause = cause_of(s, code);
	if ((code & 0xff) == SQLITE_NOMEM)
		err_no_memory(err);
	else if ((code & 0xff) == SQLITE_CONSTRAINT)
		constraint_failed(s, code, err);
	else if (known && cause != 0)
		err_set(err, known->result, "%s (%s)", known->what, strerror(cause));
	else if (known)
		err_set(err, known->result, "%s", known->what);
	else
		err_set(err, ERR_INTERNAL, "%s%s%.200s", sqlite3_errstr(code), sql ? " in: " : "", sql ? sql : "");
	err_where(err, "%s", s->path);
	if (known)
		err_mend(err, "%s", known->mend);
	return cause != 0 ? err_mend_sys(err, cause) : err->code;
}

/* While preparing, the message speaks of the text only. */
static enum result fail_prepare(const struct sqlite_db *s, int code, const char *sql, struct err *err)
{
	if ((code & 0xff) != SQLITE_ERROR)
		return fail(s, code, sql, err);
	err_set(err, ERR_INTERNAL, "%s in: %.200s", sqlite3_errmsg(s->handle), sql);
	return err_where(err, "%s", s->path);
}

/* --- statements --------------------------------------------------------- */

static size_t slot_of(const struct sqlite_db *s, const char *sql)
{
	size_t i = (size_t)(((uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (s->slots - 1);

	while (s->table[i] && s->table[i]->sql != sql)
		i = (i + 1) & (s->slots - 1);
	return i;
}

static bool table_grow(struct sqlite_db *s)
{
	struct sqlite_db bigger = *s;

	bigger.slots = s->slots ? s->slots * 2 : STATEMENTS_START;
	bigger.table = calloc(bigger.slots, sizeof *bigger.table);
	if (!bigger.table)
		return false;
	for (size_t i = 0; i < s->slots; i++)
		if (s->table[i])
			bigger.table[slot_of(&bigger, s->table[i]->sql)] = s->table[i];
	free(s->table);
	*s = bigger;
	return true;
}

static enum result map_parameters(const struct sqlite_db *s, struct statement *st, struct err *err)
{
	st->parameters = sqlite3_bind_parameter_count(st->handle);
	for (int i = 1; i <= st->parameters; i++) {
		const char *name = sqlite3_bind_parameter_name(st->handle, i);
		char *end = NULL;
		long n = name && name[0] == '$' ? strtol(name + 1, &end, 10) : 0;

		if (i > PARAMETERS_MAX || n < 1 || n > PARAMETERS_MAX || *end) {
			err_set(err, ERR_INTERNAL, "parameters are $1 to $%d in: %.200s", PARAMETERS_MAX, st->sql);
			return err_where(err, "%s", s->path);
		}
		st->number[i] = (unsigned char)n;
		if ((size_t)n > st->values_wanted)
			st->values_wanted = (size_t)n;
	}
	return OK;
}

static void statement_free(struct statement *st)
{
	if (st)
		sqlite3_finalize(st->handle);
	free(st);
}

static enum result statement_new(struct sqlite_db *s, const char *sql, struct statement **out, struct err *err)
{
	struct statement *st = calloc(1, sizeof *st);
	const char *tail;
	enum result r;
	int code;

	if (!st)
		return err_no_memory(err);
	st->sql = sql;
	code = sqlite3_prepare_v3(s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->handle, &tail);
	r = code == SQLITE_OK ? map_parameters(s, st, err) : fail_prepare(s, code, sql, err);
	if (r == OK && (!st->handle || tail[strspn(tail, " \t\n")]))
		r = err_set(err, ERR_INTERNAL, "one statement is wanted: %.200s", sql);
	st->length = r ? 0 : (size_t)(tail - sql);
	if (r) {
		statement_free(st);
		return r;
	}
	*out = st;
	return OK;
}

static enum result statement_find(struct sqlite_db *s, const char *sql, struct statement **out, struct err *err)
{
	size_t i;
	enum result r;

	if (s->used * 2 >= s->slots && !table_grow(s))
		return err_no_memory(err);
	i = slot_of(s, sql);
	if (!s->table[i]) {
		r = statement_new(s, sql, &s->table[i], err);
		if (r)
			return r;
		s->used++;
	}
	*out = s->table[i];
	/* A buffer reused for another text would run the wrong statement. */
	INVARIANT(strncmp(sqlite3_sql((*out)->handle), sql, (*out)->length) == 0);
	return OK;
}

/* Values are not copied: they outlive the run. A zero-length value is empty, not NULL. */
static int bind_value(sqlite3_stmt *handle, int index, const struct db_value *value)
{
	const void *data = value->data ? value->data : "";

	switch (value->type) {
	case DB_T_INT:
		return sqlite3_bind_int64(handle, index, value->integer);
	case DB_T_BLOB:
		return sqlite3_bind_blob64(handle, index, data, value->len, SQLITE_STATIC);
	case DB_T_TEXT:
		return sqlite3_bind_text64(handle, index, data, value->len, SQLITE_STATIC, SQLITE_UTF8);
	case DB_T_NULL:
		break;
	}
	return sqlite3_bind_null(handle, index);
}

/* Mapping a page that is met for the first time costs more than reading it, and finding it again costs nothing: so it is
 * for who has read more than a command does. */
static void map_when_warm(struct sqlite_db *s)
{
	int pages = 0, highest;

	if (s->map_after == 0 || ++s->runs % RUNS_A_LOOK != 0 ||
	    sqlite3_db_status(s->handle, SQLITE_DBSTATUS_CACHE_MISS, &pages, &highest, 0) != SQLITE_OK ||
	    pages < s->map_after)
		return;
	s->map_after = 0;
	(void)sqlite3_exec(s->handle, "PRAGMA mmap_size = 1073741824", NULL, NULL, NULL); /* else it is read as before */
}

static enum result sqlite_start(struct db *db, const char *sql, const struct db_value *values, size_t count,
				void **stmt, struct err *err)
{
	struct sqlite_db *s = self(db);
	struct statement *st = NULL;
	enum result r;

	map_when_warm(s);
	r = statement_find(s, sql, &st, err);
	if (r)
		return r;
	if (st->running)
		return err_set(err, ERR_INTERNAL, "this statement is running already: %.200s", sql);
	if (count != st->values_wanted)
		return err_set(err, ERR_INTERNAL, "%zu values for %zu parameters in: %.200s", count,
			       st->values_wanted, sql);
	for (int i = 1; i <= st->parameters; i++) {
		int code = bind_value(st->handle, i, &values[st->number[i] - 1]);

		if (code != SQLITE_OK)
			return fail(s, code, sql, err);
	}
	st->running = true;
	*stmt = st;
	return OK;
}

static enum result sqlite_step(struct db *db, void *stmt, bool *more, struct err *err)
{
	struct statement *st = stmt;
	int code = sqlite3_step(st->handle);

	*more = code == SQLITE_ROW;
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : fail(self(db), code, st->sql, err);
}

static void sqlite_finish(struct db *db, void *stmt)
{
	struct statement *st = stmt;

	(void)db;
	sqlite3_reset(st->handle); /* repeats the step's error, which is known already */
	st->running = false;
}

static bool sqlite_is_null(void *stmt, int column)
{
	return sqlite3_column_type(((struct statement *)stmt)->handle, column) == SQLITE_NULL;
}

static int64_t sqlite_integer(void *stmt, int column)
{
	return sqlite3_column_int64(((struct statement *)stmt)->handle, column);
}

static const void *sqlite_blob(void *stmt, int column, size_t *len)
{
	sqlite3_stmt *handle = ((struct statement *)stmt)->handle;
	const void *data = sqlite3_column_blob(handle, column);

	*len = data ? (size_t)sqlite3_column_bytes(handle, column) : 0;
	return data ? data : "";
}

static const char *sqlite_text(void *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(((struct statement *)stmt)->handle, column);

	return text ? (const char *)text : "";
}

static int64_t sqlite_changes(struct db *db)
{
	return sqlite3_changes64(self(db)->handle);
}

static enum result sqlite_script(struct db *db, const char *sql, struct err *err)
{
	struct sqlite_db *s = self(db);
	int code = sqlite3_exec(s->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? OK : fail_prepare(s, code, sql, err);
}

/* The first column of the first row as an integer. */
static enum result read_int(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r;

	*out = 0;
	r = db_query_n(db, sql, &rows, NULL, 0, err);
	if (r == OK)
		r = db_next(&rows, &more, err);
	if (r == OK && more)
		*out = db_int(&rows, 0);
	db_end(&rows);
	return r;
}

/* --- transactions, versions -------------------------------------------- */

/* SQLite itself would begin, and refuse the first write. */
static enum result need_writable(const struct sqlite_db *s, struct err *err)
{
	return sqlite3_db_readonly(s->handle, "main") == 1 ? fail(s, SQLITE_READONLY, NULL, err) : OK;
}

static enum result sqlite_begin(struct db *db, bool write, struct err *err)
{
	int64_t ignored;
	enum result r;

	r = write ? need_writable(self(db), err) : OK;
	if (r)
		return r;
	r = db_run_n(db, write ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED", NULL, 0, err);
	if (r || write)
		return r;
	/* The snapshot is fixed by the first read. */
	r = read_int(db, "SELECT 1 FROM sqlite_schema LIMIT 1", &ignored, err);
	if (r)
		db_rollback(db);
	return r;
}

static bool sqlite_in_transaction(struct db *db)
{
	return !sqlite3_get_autocommit(self(db)->handle);
}

static enum result sqlite_version(struct db *db, int *out, struct err *err)
{
	int64_t version;
	enum result r = read_int(db, "PRAGMA user_version", &version, err);

	*out = (int)version;
	return r;
}

static enum result sqlite_set_version(struct db *db, int version, struct err *err)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
	return sqlite_script(db, sql, err);
}

/* --- looking after the file -------------------------------------------- */

static size_t kib_of(size_t cache_bytes)
{
	return cache_bytes > 1024 ? cache_bytes / 1024 : 1;
}

/* Once, waiting for readers, but not for another checkpoint. Meanwhile nobody can write. */
static int checkpoint_once(struct sqlite_db *s, int64_t wait_ms)
{
	sqlite3_busy_timeout(s->handle, (int)wait_ms);
	return sqlite3_wal_checkpoint_v2(s->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* A reader may be long, and may itself wait for somebody who writes: so in turns with those. */
static enum result sqlite_checkpoint(struct db *db, int wait_ms, struct err *err)
{
	struct sqlite_db *s = self(db);
	enum result r = need_writable(s, err);
	int64_t until = monotonic_ms() + (wait_ms < 0 ? s->busy_timeout_ms : wait_ms), turn = CHECKPOINT_FIRST_MS;
	int code;

	if (r)
		return r;
	do {
		int64_t left = until - monotonic_ms();

		code = checkpoint_once(s, left < 0 ? 0 : left < turn ? left : turn);
		turn = turn < CHECKPOINT_LONGEST_MS / 2 ? turn * 2 : CHECKPOINT_LONGEST_MS;
	} while (code == SQLITE_BUSY && monotonic_ms() < until && sqlite3_sleep(CHECKPOINT_PAUSE_MS) > 0);
	sqlite3_busy_timeout(s->handle, s->busy_timeout_ms);
	return code == SQLITE_OK ? OK : fail(s, code, NULL, err);
}

static enum result first_fault(struct db *db, char problem[200], struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r;

	r = db_query_n(db, "PRAGMA integrity_check(1)", &rows, NULL, 0, err);
	if (r == OK)
		r = db_next(&rows, &more, err);
	if (r == OK && more && strcmp(db_text(&rows, 0), "ok"))
		snprintf(problem, 200, "%s", db_text(&rows, 0));
	db_end(&rows);
	return r;
}

static enum result first_orphan(struct db *db, char problem[200], struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r;

	r = db_query_n(db, "PRAGMA foreign_key_check", &rows, NULL, 0, err);
	if (r == OK)
		r = db_next(&rows, &more, err);
	if (r == OK && more)
		snprintf(problem, 200, "a row of table %s names one of table %s that does not exist",
			 db_text(&rows, 0), db_text(&rows, 2));
	db_end(&rows);
	return r;
}

static enum result sqlite_integrity(struct db *db, char problem[200], struct err *err)
{
	enum result r;

	r = first_fault(db, problem, err);
	if (r == OK && !problem[0])
		r = first_orphan(db, problem, err);
	if (r == ERR_CORRUPT && !problem[0])
		snprintf(problem, 200, "%.199s", err->what);
	if (r || !problem[0])
		return r;
	err_set(err, ERR_CORRUPT, "the database is damaged: %s", problem);
	err_where(err, "%s", self(db)->path);
	return err_mend(err, "stop writing to it, keep a copy, and restore the last backup");
}

static enum result sqlite_limit_cache(struct db *db, size_t bytes, struct err *err)
{
	size_t own = self(db)->cache_bytes;
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA cache_size = -%zu", kib_of(bytes == 0 || bytes > own ? own : bytes));
	return sqlite_script(db, sql, err);
}

/* --- opening ------------------------------------------------------------ */

static enum result sync_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!slash)
		return file_sync_dir(".", err);
	snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return file_sync_dir(dir, err);
}

/* SQLite would create 0644 less umask; its -wal and -shm take the mode of the main file. An existing file is not even
 * opened: closing it would drop the locks that other connections of this process hold on it. */
static enum result create_private(const char *path, bool must_be_new, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST) {
		if (!must_be_new)
			return OK;
		err_set(err, ERR_EXISTS, "there is a file already");
		err_where(err, "%s", path);
		return err_mend(err, "choose another name, or remove it first");
	}
	if (fd < 0)
		return err_sys(err, "cannot create the database %s", path);
	close(fd);
	return sync_parent(path, err);
}

static enum result open_handle(struct sqlite_db *s, enum db_mode mode, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
	sqlite3 *handle = NULL;
	enum result r = OK;
	int code;

	if (mode == DB_CREATE)
		r = create_private(s->path, false, err);
	else if (!file_exists(s->path)) {
		r = err_set(err, ERR_NOT_FOUND, "there is no database here");
		err_where(err, "%s", s->path);
	}
	if (r)
		return r;
	flags |= mode == DB_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	code = sqlite3_open_v2(s->path, &handle, flags, gather_vfs());
	s->handle = handle; /* to be closed even when that failed */
	return code == SQLITE_OK ? OK : fail(s, code, NULL, err);
}

/* Rows of pragmas are not wanted, so they go through script. */
static enum result set_pragmas(struct sqlite_db *s, const struct db_options *o, struct err *err)
{
	char sql[600];

	snprintf(sql, sizeof sql,
		 "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
		 "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA synchronous = FULL;"
		 "PRAGMA secure_delete = %s; PRAGMA wal_autocheckpoint = %d;"
		 "PRAGMA journal_size_limit = 100663296;",
		 o->secure_delete ? "ON" : "OFF", LOG_PAGES);
	if (o->cache_bytes)
		snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "PRAGMA cache_size = -%zu;",
			 kib_of(o->cache_bytes));
	return sqlite_script(&s->db, sql, err);
}

/* Also the first look into the file: what is not a database shows here. */
static enum result use_wal(struct sqlite_db *s, enum db_mode mode, struct err *err)
{
	struct db_rows rows;
	int64_t ignored;
	bool more;
	enum result r;

	if (mode == DB_READ_ONLY)
		return read_int(&s->db, "PRAGMA schema_version", &ignored, err);
	r = db_query_n(&s->db, "PRAGMA journal_mode = WAL", &rows, NULL, 0, err);
	if (r == OK)
		r = db_next(&rows, &more, err);
	if (r == OK && (!more || strcmp(db_text(&rows, 0), "wal"))) {
		r = err_set(err, ERR_UNSUPPORTED, "the file system cannot hold a database with a write-ahead log");
		err_where(err, "%s", s->path);
		err_mend(err, "keep the vault on a local file system, not a network share");
	}
	db_end(&rows);
	return r;
}

static void harden(sqlite3 *handle)
{
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	/* "text" in double quotes is a column or an error, never a string. */
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
}

static void sqlite_close(struct db *db)
{
	struct sqlite_db *s = self(db);

	checkpointer_free(s->checkpointer);
	for (size_t i = 0; i < s->slots; i++)
		statement_free(s->table[i]);
	free(s->table);
	sqlite3_close(s->handle);
	free(s->path);
	free(s);
}

/* --- copying ------------------------------------------------------------ */

static void remove_copy(const char *path)
{
	static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
	char name[PATH_MAX];

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, endings[i]);
		unlink(name);
	}
}

static enum result copy_pages(const struct sqlite_db *from, struct sqlite_db *to,
			      void (*progress)(void *arg, int64_t done, int64_t all), void *arg, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int code = SQLITE_OK;

	if (!backup)
		return fail(to, sqlite3_extended_errcode(to->handle), NULL, err);
	while (code == SQLITE_OK) {
		code = sqlite3_backup_step(backup, COPY_PAGES);
		if (progress && (code == SQLITE_OK || code == SQLITE_DONE))
			progress(arg, sqlite3_backup_pagecount(backup) - sqlite3_backup_remaining(backup),
				 sqlite3_backup_pagecount(backup));
	}
	sqlite3_backup_finish(backup);
	return code == SQLITE_DONE ? OK : fail(to, code, NULL, err);
}

/* No journal and no syncs while copying: a copy that fails is removed, and the finished one is synced whole. Leaving
 * WAL mode makes it one self-contained file. */
static enum result copy_into(const struct sqlite_db *from, const char *path,
			     void (*progress)(void *arg, int64_t done, int64_t all), void *arg, struct err *err)
{
	struct sqlite_db to = {.path = strdup(path)};
	enum result r;

	if (!to.path)
		return err_no_memory(err);
	r = open_handle(&to, DB_READ_WRITE, err);
	if (r == OK)
		r = sqlite_script(&to.db, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF", err);
	if (r == OK)
		r = copy_pages(from, &to, progress, arg, err);
	if (r == OK)
		r = sqlite_script(&to.db, "PRAGMA journal_mode = DELETE", err);
	sqlite3_close(to.handle);
	free(to.path);
	return r;
}

static enum result sync_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum result r = OK;

	if (fd < 0 || fsync(fd))
		r = err_sys(err, "cannot sync %s", path);
	if (fd >= 0)
		close(fd);
	return r;
}

/* Within one read transaction the copy is of one moment and never has to start again, however busy the writer is. */
static enum result sqlite_copy_to(struct db *db, const char *path,
				  void (*progress)(void *arg, int64_t done, int64_t all), void *arg, struct err *err)
{
	bool own_snapshot = !sqlite_in_transaction(db);
	enum result r;

	r = create_private(path, true, err);
	if (r)
		return r;
	if (own_snapshot)
		r = sqlite_begin(db, false, err);
	if (r == OK) {
		r = copy_into(self(db), path, progress, arg, err);
		if (own_snapshot)
			db_rollback(db);
	}
	if (r == OK)
		r = sync_file(path, err);
	if (r)
		remove_copy(path);
	return r;
}

static const struct db_driver sqlite_driver = {
    .name = "SQLite",
    .close = sqlite_close,
    .script = sqlite_script,
    .start = sqlite_start,
    .step = sqlite_step,
    .finish = sqlite_finish,
    .is_null = sqlite_is_null,
    .integer = sqlite_integer,
    .blob = sqlite_blob,
    .text = sqlite_text,
    .changes = sqlite_changes,
    .begin = sqlite_begin,
    .in_transaction = sqlite_in_transaction,
    .version = sqlite_version,
    .set_version = sqlite_set_version,
    .checkpoint = sqlite_checkpoint,
    .copy_to = sqlite_copy_to,
    .integrity = sqlite_integrity,
    .limit_cache = sqlite_limit_cache,
};

enum result db_open_sqlite(const char *path, const struct db_options *options, struct db **out, struct err *err)
{
	struct sqlite_db *s = calloc(1, sizeof *s);
	enum result r;

	if (!s)
		return err_no_memory(err);
	pagemem_install();
	s->db.driver = &sqlite_driver;
	s->path = strdup(path);
	r = s->path ? open_handle(s, options->mode, err) : err_no_memory(err);
	if (r == OK) {
		s->busy_timeout_ms = options->busy_timeout_ms;
		s->map_after = options->map_after;
		s->cache_bytes = options->cache_bytes != 0 ? options->cache_bytes : CACHE_DEFAULT;
		sqlite3_busy_timeout(s->handle, options->busy_timeout_ms);
		r = set_pragmas(s, options, err);
	}
	if (r == OK)
		r = use_wal(s, options->mode, err);
	if (r == OK && options->checkpoint_pages > 0)
		r = checkpointer_new(s->handle, s->path, options->checkpoint_pages, &s->checkpointer, err);
	if (r == OK)
		r = db_prepare_ends(&s->db, err);
	if (r) {
		sqlite_close(&s->db);
		return r;
	}
	harden(s->handle);
	*out = &s->db;
	return OK;
}
