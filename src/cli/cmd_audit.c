/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/base64.h"
#include "base/file.h"
#include "base/quote.h"
#include "cli/commands.h"
#include "retention/logs.h"
#include "shim/json_parse.h"
#include "store/leaf.h"
#include "vault/proof.h"

#define BATCH 256
#define LIST_COUNT 50 /* unless --count says otherwise */
#define BATCH_POOL ((size_t)64 * 1024 * 1024)

static enum result read_number(const char *option, const char *text, uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out <= INT64_MAX)
		return OK;
	err_set(err, ERR_INPUT, "'%.40s' is no number", text);
	err_where(err, "%s", option);
	return err_mend(err, "leaves are counted from 0");
}

static void print_hash(struct json_writer *w, const char *name, const struct hash *hash)
{
	struct buf text;

	buf_init(&text, 64);
	base64_add(&text, hash->bytes, HASH_LEN);
	json_string(w, name, text.data);
	buf_free(&text);
}

/* ---- list ---- */

/* What stands in every leaf is in the columns already. */
static bool is_column(const char *name)
{
	return strcmp(name, "act") == 0 || strcmp(name, "at") == 0;
}

static enum result say_leaf(struct cli *cli, const struct leaf *leaf, const struct json *body, struct err *err)
{
	char at[TIME_TEXT_MAX];
	struct buf line;
	enum result r;

	buf_init(&line, 2 * ACT_LEAF_MAX);
	for (const struct json *member = body->first; member != NULL; member = member->next) {
		if (is_column(member->name))
			continue;
		buf_printf(&line, " %s=", member->name);
		if (member->type == JSON_STRING)
			buf_add(&line, member->text, member->len);
		else
			json_add_tree(&line, member);
	}
	r = buf_ok(&line, "an audit leaf", err);
	if (r == OK)
		cli_say(cli, "%8" PRIu64 "  %s  %s %s\n", leaf->seq, instant_format(leaf->at, at),
			json_get_text(body, "act") != NULL ? json_get_text(body, "act") : "?",
			line.data != NULL ? line.data : "");
	buf_free(&line);
	return r;
}

/* Past its time: when it was, whose, and its hash are left. */
static enum result show_pruned(struct cli *cli, const struct leaf *leaf, struct err *err)
{
	char at[TIME_TEXT_MAX];
	struct hash hash;
	enum result r = leaf_hash(cli->vault->read.data, leaf, &hash, err);

	if (r != OK)
		return r;
	cli_say(cli, "%8" PRIu64 "  %s  (%s, past its time: only its hash is left)\n", leaf->seq,
		instant_format(leaf->at, at), log_term_name(leaf->term));
	json_begin_object(&cli->w, NULL);
	json_int(&cli->w, "seq", (int64_t)leaf->seq);
	json_bool(&cli->w, "pruned", true);
	json_instant(&cli->w, "at", leaf->at);
	json_int(&cli->w, "account", leaf->account);
	json_string(&cli->w, "term", log_term_name(leaf->term));
	print_hash(&cli->w, "hash", &hash);
	json_end_object(&cli->w);
	return OK;
}

static enum result show_leaves(struct cli *cli, const struct leaf *leaves, size_t count, struct pool *pool,
			       struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct json *body;

		if (leaves[i].body_len == 0) {
			r = show_pruned(cli, &leaves[i], err);
			continue;
		}
		r = json_parse_once(leaves[i].body, leaves[i].body_len, pool, &body, err);
		if (r != OK)
			return r;
		json_begin_object(&cli->w, NULL);
		json_int(&cli->w, "seq", (int64_t)leaves[i].seq);
		json_node(&cli->w, "leaf", body);
		json_end_object(&cli->w);
		r = cli->json ? OK : say_leaf(cli, &leaves[i], body, err);
	}
	return r;
}

/* Up to `wanted` leaves from `from` on. */
static enum result list_leaves(struct cli *cli, uint32_t account, uint64_t from, uint64_t wanted, struct err *err)
{
	struct leaf leaves[BATCH];
	struct pool pool;
	size_t count = BATCH;
	enum result r = OK;

	pool_init(&pool, BATCH_POOL);
	while (r == OK && count == BATCH && wanted > 0 && !cli_interrupted()) {
		size_t ask = wanted < BATCH ? (size_t)wanted : BATCH;

		r = leaf_list(cli->vault->read.data, account, from, &pool, leaves, ask, &count, err);
		if (r == OK)
			r = show_leaves(cli, leaves, count, &pool, err);
		if (r == OK && count > 0)
			from = leaves[count - 1].seq + 1;
		wanted -= count;
		pool_reset(&pool);
	}
	pool_free(&pool);
	return r;
}

struct list_options { const char *from, *count; };

/* Where the last `count` begin: of an account, or of all. */
static enum result last_ones(struct cli *cli, uint32_t account, uint64_t size, uint64_t count, uint64_t *from,
			     struct err *err)
{
	enum result r;

	*from = size > count ? size - count : 0;
	if (account == 0 || *from == 0 || count == 0)
		return OK;
	r = leaf_back(cli->vault->read.data, account, size, count, from, err);
	return r == ERR_NOT_FOUND ? OK : r;
}

/* The last ones, unless --from says where to begin. */
static enum result list_bounds(struct cli *cli, uint32_t account, const struct list_options *given, uint64_t *from,
			       uint64_t *count, uint64_t *size, struct err *err)
{
	enum result r = leaf_tree_size(cli->vault->read.data, size, err);

	*count = LIST_COUNT;
	if (r == OK && given->count != NULL)
		r = read_number("--count", given->count, count, err);
	if (r != OK)
		return r;
	if (given->from != NULL)
		return read_number("--from", given->from, from, err);
	return last_ones(cli, account, *size, *count, from, err);
}

enum result cmd_audit_list(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct list_options given = {0};
	const struct cli_option options[] = {{"from", &given.from, NULL}, {"count", &given.count, NULL}};
	struct account account = {0};
	uint64_t from, count, size;
	enum result r = cli_parse(cli, options, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli->account != NULL ? cli_open_account(cli, false, &account, err) : cli_open(cli, false, err);
	if (r == OK)
		r = list_bounds(cli, account.number, &given, &from, &count, &size, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_int(&cli->w, "size", (int64_t)size);
	json_begin_array(&cli->w, "leaves");
	r = list_leaves(cli, account.number, from, count, err);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	return r;
}

/* ---- verify ---- */

/* A store that writes nothing: it compares what would be written with what is stored. */
static enum result read_stored(void *arg, int level, uint64_t index, struct hash *out, struct err *err)
{
	struct merkle_store *stored = arg;

	return stored->read(stored->arg, level, index, out, err);
}

static enum result compare_stored(void *arg, int level, uint64_t index, const struct hash *hash, struct err *err)
{
	struct hash found;
	enum result r = read_stored(arg, level, index, &found, err);

	if (r != OK || memcmp(found.bytes, hash->bytes, HASH_LEN) == 0)
		return r;
	return err_set(err, ERR_CORRUPT, "hash %" PRIu64 " of level %d is not that of its leaves", index, level);
}

/* The columns are for finding; what was signed is the body. */
static enum result compare_columns(const struct leaf *leaf, struct pool *pool, struct err *err)
{
	char at[TIME_TEXT_MAX];
	const struct json *body;
	const char *said;
	enum result r = json_parse_once(leaf->body, leaf->body_len, pool, &body, err);

	if (r != OK)
		return err_set(err, ERR_CORRUPT, "it is not JSON");
	said = json_get_text(body, "at");
	if (said == NULL || strcmp(said, instant_format(leaf->at, at)) != 0 ||
	    json_get_int(body, "account", -1) != (int64_t)leaf->account)
		return err_set(err, ERR_CORRUPT, "its columns say another time or account than it does");
	said = json_get_text(body, "act");
	if (said == NULL || log_term_of(said) != leaf->term)
		return err_set(err, ERR_CORRUPT, "its column says another term than its act has");
	return OK;
}

/* Of a pruned leaf the stored hash is all there is; the hashes above it, and the checkpoints that were signed, hold it. */
static enum result verify_leaf(const struct merkle_store *compare, const struct leaf *leaf, uint64_t expected,
			       struct pool *pool, struct err *err)
{
	const struct merkle_store *stored = compare->arg;
	struct hash hash;
	enum result r = OK;

	if (leaf->seq != expected)
		r = err_set(err, ERR_CORRUPT, "it is missing");
	else if (leaf->body_len > 0)
		r = compare_columns(leaf, pool, err);
	if (r == OK)
		r = leaf_hash(stored->arg, leaf, &hash, err);
	if (r == OK)
		r = merkle_append(compare, expected, &hash, err);
	return r == OK ? OK : err_where(err, "leaf %" PRIu64 " of the audit log", expected);
}

static enum result refuse_early(const struct pruned_leaves *pruned, struct err *err)
{
	const struct leaf *early = pruned_early(pruned);

	if (early == NULL)
		return OK;
	err_set(err, ERR_CORRUPT, "it was emptied before its time");
	err_where(err, "leaf %" PRIu64 " of the audit log", early->seq);
	return err_mend(err, "`retention run` does not do that: somebody else wrote to the vault");
}

static enum result verify_leaves(struct cli *cli, uint64_t size, struct cli_progress *progress,
				 struct pruned_leaves *pruned, struct err *err)
{
	struct merkle_store stored = leaf_hashes(cli->vault->read.data);
	const struct merkle_store compare = {.arg = &stored, .read = read_stored, .write = compare_stored};
	struct leaf leaves[BATCH];
	struct pool pool;
	uint64_t at = 0;
	enum result r = OK;

	pool_init(&pool, BATCH_POOL);
	while (r == OK && at < size) {
		size_t count, ask = size - at < BATCH ? (size_t)(size - at) : BATCH;

		if (cli_interrupted())
			r = err_set(err, ERR_INTERRUPTED, "stopped before the end of the log");
		if (r == OK)
			r = leaf_list(cli->vault->read.data, 0, at, &pool, leaves, ask, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = verify_leaf(&compare, &leaves[i], at++, &pool, err);
			pruned_see(pruned, &leaves[i]);
		}
		if (r == OK)
			cli_progress_show(progress, (int64_t)at, (int64_t)size);
		pool_reset(&pool);
	}
	pool_free(&pool);
	return r == OK ? refuse_early(pruned, err) : r;
}

static enum result read_checkpoint(struct cli *cli, const char *path, struct buf *note, struct checkpoint *out,
				   struct err *err)
{
	struct note_key key;
	enum result r = proof_key(&cli->vault->read, cli->vault->id, &key, err);

	if (r == OK)
		r = file_read(path, NOTE_MAX, note, err);
	if (r != OK)
		return r;
	r = checkpoint_verify(note->data != NULL ? note->data : "", note->len, &key, out, err);
	return r == OK ? OK : err_where(err, "%s", path);
}

/* The hashes have been checked against the leaves: so the root of the first leaves tells. */
static enum result compare_checkpoint(struct cli *cli, const char *path, uint64_t size, struct err *err)
{
	struct merkle_store stored = leaf_hashes(cli->vault->read.data);
	struct buf note = {0};
	struct checkpoint old;
	struct hash root;
	enum result r = read_checkpoint(cli, path, &note, &old, err);

	buf_free(&note);
	if (r == OK && old.size > size) {
		err_set(err, ERR_CORRUPT, "the log has %" PRIu64 " leaves, the checkpoint says it had %" PRIu64, size,
			old.size);
		err_where(err, "%s", path);
		return err_mend(err, "the log was cut short, or put back from an older copy");
	}
	if (r == OK)
		r = merkle_root(&stored, old.size, &root, err);
	if (r != OK || memcmp(root.bytes, old.root.bytes, HASH_LEN) == 0)
		return r;
	err_set(err, ERR_CORRUPT, "the first %" PRIu64 " leaves are not those that the checkpoint signed", old.size);
	err_where(err, "%s", path);
	return err_mend(err, "the log was rewritten since; keep this checkpoint as the evidence");
}

/* Prints, and saves to `path` if there is one, the signed checkpoint of the log as it is now. */
static enum result show_checkpoint(struct cli *cli, const char *path, int64_t pruned, struct err *err)
{
	struct checkpoint at;
	struct buf note;
	char count[32];
	enum result r;

	buf_init(&note, NOTE_MAX);
	r = proof_checkpoint(&cli->vault->read, cli->vault->id, &at, &note, err);
	if (r == OK && path != NULL)
		r = file_write_atomic(path, note.data, note.len, 0644, err);
	if (r == OK) {
		cli_say(cli, "The log holds: %s leaves, every hash recomputed.\n", cli_count((int64_t)at.size, count));
		if (pruned > 0)
			cli_say(cli, "Of these %s are past their time: their hashes are left, and hold.\n",
				cli_count(pruned, count));
		cli_say(cli, path != NULL ? "Checkpoint: %s\n" : "%s", path != NULL ? path : note.data);
		json_begin_object(&cli->w, NULL);
		json_bool(&cli->w, "verified", true);
		json_int(&cli->w, "size", (int64_t)at.size);
		json_int(&cli->w, "pruned", pruned);
		print_hash(&cli->w, "root", &at.root);
		json_string(&cli->w, "checkpoint", note.data);
		json_end_object(&cli->w);
	}
	buf_free(&note);
	return r;
}

enum result cmd_audit_verify(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *checkpoint = NULL, *save = NULL;
	const struct cli_option options[] = {{"checkpoint", &checkpoint, NULL}, {"save", &save, NULL}};
	struct pruned_leaves pruned = {.count = 0};
	struct cli_progress progress;
	uint64_t size = 0;
	enum result r = cli_parse(cli, options, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open(cli, false, err);
	if (r == OK)
		r = leaf_tree_size(cli->vault->read.data, &size, err);
	if (r != OK)
		return r;
	cli_progress_begin(&progress, "Hashing the log");
	r = verify_leaves(cli, size, &progress, &pruned, err);
	cli_progress_end(&progress);
	if (r == OK && checkpoint != NULL)
		r = compare_checkpoint(cli, checkpoint, size, err);
	return r == OK ? show_checkpoint(cli, save, pruned.count, err) : r;
}

/* ---- prove ---- */

static void print_hashes(struct json_writer *w, const char *name, const struct merkle_proof *proof)
{
	json_begin_array(w, name);
	for (size_t i = 0; i < proof->count; i++)
		print_hash(w, NULL, &proof->hashes[i]);
	json_end_array(w);
}

/* That the log extends the one of the checkpoint in `path`. */
static enum result prove_since(struct cli *cli, const char *path, uint64_t size, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(cli->vault->read.data);
	struct buf note = {0};
	struct checkpoint old;
	struct merkle_proof proof;
	enum result r = read_checkpoint(cli, path, &note, &old, err);

	if (r == OK && (old.size == 0 || old.size > size)) {
		err_set(err, ERR_CORRUPT, "the checkpoint is for %" PRIu64 " leaves, the log has %" PRIu64, old.size,
			size);
		r = err_where(err, "%s", path);
	}
	if (r == OK)
		r = merkle_prove_consistency(&hashes, old.size, size, &proof, err);
	if (r == OK) {
		json_begin_object(&cli->w, "consistency");
		json_string(&cli->w, "old_checkpoint", note.data);
		print_hashes(&cli->w, "hashes", &proof);
		json_end_object(&cli->w);
	}
	buf_free(&note);
	return r;
}

static enum result print_proof(struct cli *cli, const struct leaf *leaf, const struct checkpoint *at,
			       const char *note, const char *since, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(cli->vault->read.data);
	char vkey[NOTE_KEY_TEXT_MAX];
	struct merkle_proof proof;
	struct note_key key;
	struct hash hash;
	enum result r = proof_key(&cli->vault->read, cli->vault->id, &key, err);

	if (r == OK)
		r = leaf_hash(cli->vault->read.data, leaf, &hash, err);
	if (r == OK)
		r = merkle_prove_inclusion(&hashes, leaf->seq, at->size, &proof, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "vkey", note_key_format(&key, vkey));
	json_string(&cli->w, "checkpoint", note);
	if (leaf->body_len > 0)
		json_string_n(&cli->w, "leaf", leaf->body, leaf->body_len);
	else
		json_null(&cli->w, "leaf"); /* past its time */
	print_hash(&cli->w, "leaf_hash", &hash);
	json_int(&cli->w, "index", (int64_t)leaf->seq);
	json_int(&cli->w, "size", (int64_t)at->size);
	print_hashes(&cli->w, "inclusion", &proof);
	if (since != NULL)
		r = prove_since(cli, since, at->size, err);
	json_end_object(&cli->w);
	return r;
}

/* Inside one snapshot, so that checkpoint and proofs are of the same tree. */
static enum result prove(struct cli *cli, uint64_t seq, const char *since, struct err *err)
{
	struct session *session = &cli->vault->read;
	struct checkpoint at;
	struct leaf leaf;
	struct buf note;
	enum result r;

	buf_init(&note, NOTE_MAX);
	r = leaf_get(session->data, seq, &cli->pool, &leaf, err);
	if (r == OK)
		r = proof_checkpoint(session, cli->vault->id, &at, &note, err);
	if (r == OK)
		r = print_proof(cli, &leaf, &at, note.data, since, err);
	buf_free(&note);
	return r;
}

enum result cmd_audit_prove(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *since = NULL;
	const struct cli_option options[] = {{"since", &since, NULL}};
	uint64_t seq = 0;
	enum result r = cli_parse(cli, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_number("SEQ", argv[0], &seq, err);
	if (r == OK)
		r = cli_open(cli, false, err);
	if (r == OK)
		r = db_begin_read(cli->vault->read.data, err);
	if (r != OK)
		return r;
	r = prove(cli, seq, since, err);
	db_rollback(cli->vault->read.data);
	if (r == OK)
		cli->json = true; /* a proof is for programs: it is JSON either way */
	return r;
}

/* ---- keep ---- */

static enum result read_term(const char *name, const struct log_term **out, struct err *err)
{
	char shown[QUOTE_MAX];

	*out = log_term_find(name);
	if (*out != NULL)
		return OK;
	err_set(err, ERR_INPUT, "%s is no part of the log", quote(name, strlen(name), shown));
	return err_mend(err, "one of: activity, access, delivery");
}

static void show_term(struct cli *cli, const struct log_term *rule, const struct logs_term *term)
{
	char keep[TIME_TEXT_MAX], until[TIME_TEXT_MAX], count[32];

	cli_say(cli, "%-10s kept %s; due now: %s, of %s and before\n", rule->name, span_format(term->keep, keep),
		cli_count(term->due, count), date_format(term->cutoff, until));
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "term", rule->name);
	json_string(&cli->w, "keep", keep);
	json_string(&cli->w, "least", span_format(rule->least, keep));
	json_string(&cli->w, "most", span_format(rule->most, keep));
	json_string(&cli->w, "until", until);
	json_int(&cli->w, "due", term->due);
	json_end_object(&cli->w);
}

static enum result show_terms(struct cli *cli, const struct account *account, struct err *err)
{
	struct logs_plan plan;
	enum result r = logs_plan(&cli->vault->read, account->number, cli->now, &plan, err);

	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "terms");
	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT; term++)
		show_term(cli, log_term(term), &plan.terms[term]);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	return OK;
}

enum result cmd_audit_keep(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const struct log_term *term = NULL;
	struct account account;
	struct span keep;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 0, 2, err);

	(void)partly;
	if (r == OK && argc == 1)
		r = err_set(err, ERR_INPUT, "how long is not said: give a span too, such as \"90 days\"");
	if (r == OK && argc == 2)
		r = read_term(argv[0], &term, err);
	if (r == OK && argc == 2)
		r = span_parse(argv[1], &keep, err);
	if (r == OK)
		r = cli_open_account(cli, argc == 2, &account, err);
	if (r == OK && argc == 2)
		r = logs_set(cli->vault, account.number, term, keep, cli->now, err);
	return r == OK ? show_terms(cli, &account, err) : r;
}
