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
#include "api/operations.h"
#include "api/paging.h"
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

static enum result say_leaf(struct call *call, const struct leaf *leaf, const struct json *body, struct err *err)
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
		call_say(call, "%8" PRIu64 "  %s  %s %s\n", leaf->seq, instant_format(leaf->at, at),
			 json_get_text(body, "act") != NULL ? json_get_text(body, "act") : "?",
			 line.data != NULL ? line.data : "");
	buf_free(&line);
	return r;
}

/* Past its time: when it was, whose, and its hash are left. */
static enum result show_pruned(struct call *call, const struct leaf *leaf, struct err *err)
{
	char at[TIME_TEXT_MAX];
	struct hash hash;
	enum result r = leaf_hash(call->vault->read.data, leaf, &hash, err);

	if (r != OK)
		return r;
	call_say(call, "%8" PRIu64 "  %s  (%s, past its time: only its hash is left)\n", leaf->seq,
		 instant_format(leaf->at, at), log_term_name(leaf->term));
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "seq", (int64_t)leaf->seq);
	json_bool(&call->w, "pruned", true);
	json_instant(&call->w, "at", leaf->at);
	json_int(&call->w, "account", leaf->account);
	json_string(&call->w, "term", log_term_name(leaf->term));
	print_hash(&call->w, "hash", &hash);
	json_end_object(&call->w);
	return OK;
}

static enum result show_one(struct call *call, const struct leaf *leaf, struct pool *pool, struct err *err)
{
	const struct json *body;
	enum result r;

	if (leaf->body_len == 0)
		return show_pruned(call, leaf, err);
	r = json_parse_once(leaf->body, leaf->body_len, pool, &body, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "seq", (int64_t)leaf->seq);
	json_node(&call->w, "leaf", body);
	json_end_object(&call->w);
	return call->json ? OK : say_leaf(call, leaf, body, err);
}

static enum result show_leaves(struct call *call, struct paging *page, const struct leaf *leaves, size_t count,
			       struct pool *pool, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
		page->number = (int64_t)leaves[i].seq + 1;
		r = show_one(call, &leaves[i], pool, err);
	}
	return r;
}

/* From page->number on. */
static enum result list_leaves(struct call *call, uint32_t account, struct paging *page, struct err *err)
{
	struct leaf leaves[BATCH];
	struct pool pool;
	size_t count, ask;
	enum result r;

	pool_init(&pool, BATCH_POOL);
	do {
		ask = paging_ask(page, BATCH);
		r = leaf_list(call->vault->read.data, account, (uint64_t)page->number, &pool, leaves, ask, &count, err);
		if (r == OK)
			r = show_leaves(call, page, leaves, count, &pool, err);
		pool_reset(&pool);
	} while (r == OK && count == ask && !page->more && !call_interrupted(call));
	pool_free(&pool);
	return r;
}

struct list_options {
	const char *from, *count;
};

/* Where the last `count` begin: of an account, or of all. */
static enum result last_ones(struct call *call, uint32_t account, uint64_t size, uint64_t count, uint64_t *from,
			     struct err *err)
{
	enum result r;

	*from = size > count ? size - count : 0;
	if (account == 0 || *from == 0 || count == 0)
		return OK;
	r = leaf_back(call->vault->read.data, account, size, count, from, err);
	return r == ERR_NOT_FOUND ? OK : r;
}

/* The last ones, unless --from or a cursor says where to begin. */
static enum result list_bounds(struct call *call, uint32_t account, const struct list_options *given,
			       struct paging *page, uint64_t *size, struct err *err)
{
	uint64_t count = LIST_COUNT, from = (uint64_t)page->number;
	enum result r = leaf_tree_size(call->vault->read.data, size, err);

	if (r == OK && given->count != NULL)
		r = read_number("--count", given->count, &count, err);
	if (r == OK && given->count != NULL)
		page->left = count < INT64_MAX ? (int64_t)count : PAGING_ALL;
	if (r == OK && given->from != NULL && !page->begun)
		r = read_number("--from", given->from, &from, err);
	else if (r == OK && !page->begun)
		r = last_ones(call, account, *size, (uint64_t)page->left, &from, err);
	page->number = (int64_t)(from < INT64_MAX ? from : INT64_MAX);
	return r;
}

enum result op_audit_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct list_options given = {0};
	struct paging page = {0};
	const struct call_option options[] = {
	    {"from", &given.from, NULL}, {"count", &given.count, NULL}, PAGING_OPTIONS(page)};
	struct account account = {0};
	uint64_t size;
	enum result r = call_parse(call, options, 4, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call->account != NULL ? call_open_account(call, false, &account, err) : call_open(call, false, err);
	if (r == OK)
		r = vault_fold_reads(call->vault, err);
	if (r == OK)
		r = paging_begin(call, &page, account.number, LIST_COUNT, "", err);
	if (r == OK)
		r = list_bounds(call, account.number, &given, &page, &size, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "size", (int64_t)size);
	json_begin_array(&call->w, "leaves");
	r = list_leaves(call, account.number, &page, err);
	r = paging_close(call, &page, account.number, "", r, err);
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

/* Of a pruned leaf the stored hash is all there is; the hashes above it, and the checkpoints that were signed, hold it.
 */
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

static enum result verify_leaves(struct call *call, uint64_t size, struct call_progress *progress,
				 struct pruned_leaves *pruned, struct err *err)
{
	struct merkle_store stored = leaf_hashes(call->vault->read.data);
	const struct merkle_store compare = {.arg = &stored, .read = read_stored, .write = compare_stored};
	struct leaf leaves[BATCH];
	struct pool pool;
	uint64_t at = 0;
	enum result r = OK;

	pool_init(&pool, BATCH_POOL);
	while (r == OK && at < size) {
		size_t count, ask = size - at < BATCH ? (size_t)(size - at) : BATCH;

		if (call_progress_show(progress, (int64_t)at, (int64_t)size))
			r = err_set(err, ERR_INTERRUPTED, "stopped before the end of the log");
		if (r == OK)
			r = leaf_list(call->vault->read.data, 0, at, &pool, leaves, ask, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = verify_leaf(&compare, &leaves[i], at++, &pool, err);
			pruned_see(pruned, &leaves[i]);
		}
		pool_reset(&pool);
	}
	pool_free(&pool);
	return r == OK ? refuse_early(pruned, err) : r;
}

static enum result read_checkpoint(struct call *call, const char *path, struct buf *note, struct checkpoint *out,
				   struct err *err)
{
	struct note_key key;
	enum result r = proof_key(&call->vault->read, call->vault->id, &key, err);

	if (r == OK)
		r = file_read(path, NOTE_MAX, note, err);
	if (r != OK)
		return r;
	r = checkpoint_verify(note->data != NULL ? note->data : "", note->len, &key, out, err);
	return r == OK ? OK : err_where(err, "%s", path);
}

/* The hashes have been checked against the leaves: so the root of the first leaves tells. */
static enum result compare_checkpoint(struct call *call, const char *path, uint64_t size, struct err *err)
{
	struct merkle_store stored = leaf_hashes(call->vault->read.data);
	struct buf note = {0};
	struct checkpoint old;
	struct hash root;
	enum result r = read_checkpoint(call, path, &note, &old, err);

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
static enum result show_checkpoint(struct call *call, const char *path, int64_t pruned, struct err *err)
{
	struct checkpoint at;
	struct buf note;
	char count[32];
	enum result r;

	buf_init(&note, NOTE_MAX);
	r = proof_checkpoint(&call->vault->read, call->vault->id, &at, &note, err);
	if (r == OK && path != NULL)
		r = file_write_atomic(path, note.data, note.len, 0644, err);
	if (r == OK) {
		call_say(call, "The log holds: %s leaves, every hash recomputed.\n",
			 call_count((int64_t)at.size, count));
		if (pruned > 0)
			call_say(call, "Of these %s are past their time: their hashes are left, and hold.\n",
				 call_count(pruned, count));
		call_say(call, path != NULL ? "Checkpoint: %s\n" : "%s", path != NULL ? path : note.data);
		json_begin_object(&call->w, NULL);
		json_bool(&call->w, "verified", true);
		json_int(&call->w, "size", (int64_t)at.size);
		json_int(&call->w, "pruned", pruned);
		print_hash(&call->w, "root", &at.root);
		json_string(&call->w, "checkpoint", note.data);
		json_end_object(&call->w);
	}
	buf_free(&note);
	return r;
}

enum result op_audit_verify(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *checkpoint = NULL, *save = NULL;
	const struct call_option options[] = {{"checkpoint", &checkpoint, NULL}, {"save", &save, NULL}};
	struct pruned_leaves pruned = {.count = 0};
	struct call_progress progress;
	uint64_t size = 0;
	enum result r = call_parse(call, options, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open(call, false, err);
	if (r == OK)
		r = vault_fold_reads(call->vault, err);
	if (r == OK)
		r = leaf_tree_size(call->vault->read.data, &size, err);
	if (r != OK)
		return r;
	call_progress_begin(call, &progress, "Hashing the log");
	r = verify_leaves(call, size, &progress, &pruned, err);
	call_progress_end(&progress);
	if (r == OK && checkpoint != NULL)
		r = compare_checkpoint(call, checkpoint, size, err);
	return r == OK ? show_checkpoint(call, save, pruned.count, err) : r;
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
static enum result prove_since(struct call *call, const char *path, uint64_t size, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(call->vault->read.data);
	struct buf note = {0};
	struct checkpoint old;
	struct merkle_proof proof;
	enum result r = read_checkpoint(call, path, &note, &old, err);

	if (r == OK && (old.size == 0 || old.size > size)) {
		err_set(err, ERR_CORRUPT, "the checkpoint is for %" PRIu64 " leaves, the log has %" PRIu64, old.size,
			size);
		r = err_where(err, "%s", path);
	}
	if (r == OK)
		r = merkle_prove_consistency(&hashes, old.size, size, &proof, err);
	if (r == OK) {
		json_begin_object(&call->w, "consistency");
		json_string(&call->w, "old_checkpoint", note.data);
		print_hashes(&call->w, "hashes", &proof);
		json_end_object(&call->w);
	}
	buf_free(&note);
	return r;
}

static enum result print_proof(struct call *call, const struct leaf *leaf, const struct checkpoint *at,
			       const char *note, const char *since, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(call->vault->read.data);
	char vkey[NOTE_KEY_TEXT_MAX];
	struct merkle_proof proof;
	struct note_key key;
	struct hash hash;
	enum result r = proof_key(&call->vault->read, call->vault->id, &key, err);

	if (r == OK)
		r = leaf_hash(call->vault->read.data, leaf, &hash, err);
	if (r == OK)
		r = merkle_prove_inclusion(&hashes, leaf->seq, at->size, &proof, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "vkey", note_key_format(&key, vkey));
	json_string(&call->w, "checkpoint", note);
	if (leaf->body_len > 0)
		json_string_n(&call->w, "leaf", leaf->body, leaf->body_len);
	else
		json_null(&call->w, "leaf"); /* past its time */
	print_hash(&call->w, "leaf_hash", &hash);
	json_int(&call->w, "index", (int64_t)leaf->seq);
	json_int(&call->w, "size", (int64_t)at->size);
	print_hashes(&call->w, "inclusion", &proof);
	if (since != NULL)
		r = prove_since(call, since, at->size, err);
	json_end_object(&call->w);
	return r;
}

/* Inside one snapshot, so that checkpoint and proofs are of the same tree. */
static enum result prove(struct call *call, uint64_t seq, const char *since, struct err *err)
{
	struct session *session = &call->vault->read;
	struct checkpoint at;
	struct leaf leaf;
	struct buf note;
	enum result r;

	buf_init(&note, NOTE_MAX);
	r = leaf_get(session->data, seq, &call->pool, &leaf, err);
	if (r == OK)
		r = proof_checkpoint(session, call->vault->id, &at, &note, err);
	if (r == OK)
		r = print_proof(call, &leaf, &at, note.data, since, err);
	buf_free(&note);
	return r;
}

enum result op_audit_prove(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *since = NULL;
	const struct call_option options[] = {{"since", &since, NULL}};
	uint64_t seq = 0;
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_number("SEQ", argv[0], &seq, err);
	if (r == OK)
		r = call_open(call, false, err);
	if (r == OK)
		r = vault_fold_reads(call->vault, err);
	if (r == OK)
		r = db_begin_read(call->vault->read.data, err);
	if (r != OK)
		return r;
	r = prove(call, seq, since, err);
	db_rollback(call->vault->read.data);
	if (r == OK)
		call->json = true; /* a proof is for programs: it is JSON either way */
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

static void show_term(struct call *call, const struct log_term *rule, const struct logs_term *term)
{
	char keep[TIME_TEXT_MAX], until[TIME_TEXT_MAX], count[32];

	call_say(call, "%-10s kept %s; due now: %s, of %s and before\n", rule->name, span_format(term->keep, keep),
		 call_count(term->due, count), date_format(term->cutoff, until));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "term", rule->name);
	json_string(&call->w, "keep", keep);
	json_string(&call->w, "least", span_format(rule->least, keep));
	json_string(&call->w, "most", span_format(rule->most, keep));
	json_string(&call->w, "until", until);
	json_int(&call->w, "due", term->due);
	json_end_object(&call->w);
}

static enum result show_terms(struct call *call, const struct account *account, struct err *err)
{
	struct logs_plan plan;
	enum result r = logs_plan(&call->vault->read, account->number, call->now, &plan, err);

	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "terms");
	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT; term++)
		show_term(call, log_term(term), &plan.terms[term]);
	json_end_array(&call->w);
	json_end_object(&call->w);
	return OK;
}

enum result op_audit_keep(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const struct log_term *term = NULL;
	struct account account;
	struct span keep;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 0, 2, err);

	(void)partly;
	if (r == OK && argc == 1)
		r = err_set(err, ERR_INPUT, "how long is not said: give a span too, such as \"90 days\"");
	if (r == OK && argc == 2)
		r = read_term(argv[0], &term, err);
	if (r == OK && argc == 2)
		r = span_parse(argv[1], &keep, err);
	if (r == OK)
		r = call_open_account(call, argc == 2, &account, err);
	if (r == OK && argc == 2)
		r = logs_set(call->vault, account.number, term, keep, call->now, err);
	return r == OK ? show_terms(call, &account, err) : r;
}
