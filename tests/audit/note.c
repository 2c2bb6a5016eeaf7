/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signed notes, against the example Go publishes with golang.org/x/mod/sumdb/note, and checkpoints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit/base64.h"
#include "audit/note.h"

#define DASH "\xe2\x80\x94 "
#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_PRIVATE "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETER_SIGNATURE \
	DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static struct err err;
static struct note_key key, other;
static unsigned char seed[SIGN_SEED_LEN], other_seed[SIGN_SEED_LEN];
static struct checkpoint point = {.origin = "lethe.example.org/audit", .size = 1234567};
static struct buf note;

static int init(void **state)
{
	unsigned char public_key[SIGN_PUBLIC_LEN];

	(void)state;
	memset(seed, 7, sizeof seed);
	memset(other_seed, 8, sizeof other_seed);
	if (crypto_init(&err) != OK)
		return 1;
	sign_keypair(seed, public_key);
	if (note_key_make("lethe.example.org/audit", public_key, &key, &err) != OK)
		return 1;
	sign_keypair(other_seed, public_key);
	if (note_key_make("witness.example.org", public_key, &other, &err) != OK)
		return 1;
	memset(point.root.bytes, 0xab, HASH_LEN);
	buf_init(&note, NOTE_MAX);
	return 0;
}

static int done(void **state)
{
	(void)state;
	buf_free(&note);
	return 0;
}

static void sign(void)
{
	buf_reset(&note);
	assert_int_equal(checkpoint_sign(&point, &key, seed, &note, &err), OK);
}

static enum result verify(const char *text, const struct note_key *by)
{
	struct checkpoint got;

	return checkpoint_verify(text, strlen(text), by, &got, &err);
}

/* A note over any text, signed by `by`; in a static buffer. */
static const char *signed_text(const char *text, const struct note_key *by, const unsigned char *with)
{
	static char out[3 * NOTE_MAX];
	unsigned char blob[4 + SIGNATURE_LEN];
	struct buf sig;

	for (int i = 0; i < 4; i++)
		blob[i] = (unsigned char)(by->hash >> (24 - 8 * i));
	sign_detached(with, text, strlen(text), blob + 4);
	buf_init(&sig, 200);
	base64_add(&sig, blob, sizeof blob);
	snprintf(out, sizeof out, "%s\n" DASH "%s %s\n", text, by->name, sig.data);
	buf_free(&sig);
	return out;
}

static void the_published_key_is_read_and_written_again(void **state)
{
	struct note_key peter;
	char text[NOTE_KEY_TEXT_MAX];

	(void)state;
	assert_int_equal(note_key_parse(PETER, &peter, &err), OK);
	assert_string_equal(peter.name, "PeterNeumann");
	assert_int_equal(peter.hash, 0xc74f20a3);
	assert_string_equal(note_key_format(&peter, text), PETER);
	assert_int_equal(note_key_parse(PETER "\n", &peter, &err), OK);
}

static void the_published_private_key_signs_the_published_signature(void **state)
{
	unsigned char blob[33];
	struct note_key peter;

	(void)state;
	assert_int_equal(note_key_parse(PETER, &peter, &err), OK);
	assert_true(base64_read_exactly(PETER_PRIVATE, strlen(PETER_PRIVATE), blob, sizeof blob));
	assert_string_equal(signed_text(PETER_TEXT, &peter, blob + 1), PETER_TEXT "\n" PETER_SIGNATURE);
}

static void the_published_note_verifies_though_it_is_no_checkpoint(void **state)
{
	struct note_key peter;

	(void)state;
	assert_int_equal(note_key_parse(PETER, &peter, &err), OK);
	assert_int_equal(verify(PETER_TEXT "\n" PETER_SIGNATURE, &peter), ERR_CORRUPT);
	assert_string_equal(err.what, "the checkpoint is malformed: its second line is not a number of leaves");
	assert_int_equal(verify("X" PETER_TEXT "\n" PETER_SIGNATURE, &peter), ERR_CORRUPT);
	assert_string_equal(err.what, "the signature by PeterNeumann on the checkpoint does not verify");
}

static void a_signed_checkpoint_is_read_back(void **state)
{
	struct checkpoint got;

	(void)state;
	sign();
	assert_int_equal(checkpoint_verify(note.data, note.len, &key, &got, &err), OK);
	assert_string_equal(got.origin, point.origin);
	assert_int_equal(got.size, 1234567);
	assert_memory_equal(&got.root, &point.root, sizeof got.root);
}

static void a_checkpoint_has_the_form_of_the_specification(void **state)
{
	static const char text[] = "lethe.example.org/audit\n1234567\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n" DASH
				   "lethe.example.org/audit ";

	(void)state;
	sign();
	assert_memory_equal(note.data, text, sizeof text - 1);
	assert_int_equal(note.len, sizeof text - 1 + 92 + 1);
	assert_int_equal(note.data[note.len - 1], '\n');
}

static void signing_appends_and_signs_only_its_own_text(void **state)
{
	struct checkpoint got;

	(void)state;
	buf_reset(&note);
	buf_add_str(&note, "before");
	assert_int_equal(checkpoint_sign(&point, &key, seed, &note, &err), OK);
	assert_int_equal(checkpoint_verify(note.data + 6, note.len - 6, &key, &got, &err), OK);
}

static void every_flipped_bit_of_a_checkpoint_is_refused(void **state)
{
	struct checkpoint got;

	(void)state;
	sign();
	for (size_t bit = 0; bit < 8 * note.len; bit++) {
		note.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(checkpoint_verify(note.data, note.len, &key, &got, &err), ERR_CORRUPT);
		note.data[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void every_shortened_checkpoint_is_refused(void **state)
{
	struct checkpoint got;

	(void)state;
	sign();
	for (size_t len = 0; len < note.len; len++)
		assert_int_equal(checkpoint_verify(note.data, len, &key, &got, &err), ERR_CORRUPT);
}

static void signatures_of_others_are_passed_over(void **state)
{
	char text[3 * NOTE_MAX];
	const char *line;

	(void)state;
	sign();
	line = strstr(signed_text("witnessed\n", &other, other_seed), DASH);
	snprintf(text, sizeof text, "%s%s", note.data, line);
	assert_int_equal(verify(text, &key), OK);
	/* theirs first */
	snprintf(text, sizeof text, "%.*s%s%s", (int)(strstr(note.data, DASH) - note.data), note.data, line,
		 strstr(note.data, DASH));
	assert_int_equal(verify(text, &key), OK);
}

static void a_checkpoint_without_our_signature_is_refused(void **state)
{
	(void)state;
	assert_int_equal(verify(signed_text("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", &other, other_seed),
				&key),
			 ERR_CORRUPT);
	assert_non_null(strstr(err.what, "the checkpoint is not signed by lethe.example.org/audit+"));
}

static void a_forged_signature_beside_a_good_one_is_refused(void **state)
{
	char text[3 * NOTE_MAX];

	(void)state;
	sign();
	snprintf(text, sizeof text, "%s%s", note.data, strstr(signed_text("other text\n", &key, seed), DASH));
	assert_int_equal(verify(text, &key), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "does not verify"));
}

static void extension_lines_are_allowed_and_empty_ones_are_not(void **state)
{
	struct checkpoint got;
	const char *text;

	(void)state;
	text = signed_text("o\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\nand more\n", &key, seed);
	assert_int_equal(checkpoint_verify(text, strlen(text), &key, &got, &err), OK);
	assert_int_equal(got.size, 3);
	text = signed_text("o\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nmore\n", &key, seed);
	assert_int_equal(verify(text, &key), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "empty line among its extensions"));
}

static void malformed_checkpoints_are_refused_though_they_are_signed(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its first line"},
	    {"o\n", "its second line"},
	    {"o\n\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its second line"},
	    {"o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its second line"},
	    {"o\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its second line"},
	    {"o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its second line"},
	    {"o\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its second line"},
	    {"o\n18446744073709551617\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its second line"},
	    {"o\n1\n", "its third line"},
	    {"o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", "its third line"},
	    {"o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", "its third line"},
	    {"o\n1\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n", "its third line"},
	    {"o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= \n", "its third line"},
	    {"o\n1\nAAAA\n", "its third line"},
	    {"tab\there\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "not plain UTF-8"},
	    {"\xff\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "not plain UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(verify(signed_text(cases[i].text, &key, seed), &key), ERR_CORRUPT);
		assert_non_null(strstr(err.what, cases[i].why));
	}
}

static void the_largest_size_is_read(void **state)
{
	struct checkpoint got;
	const char *text = signed_text("o\n9223372036854775807\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", &key,
				       seed);

	(void)state;
	assert_int_equal(checkpoint_verify(text, strlen(text), &key, &got, &err), OK);
	assert_int_equal(got.size, INT64_MAX);
}

static void malformed_signature_lines_are_refused(void **state)
{
	static const char *const lines[] = {
	    "- lethe.example.org/audit AAAAAAAA\n", DASH "name\n", DASH "name AAAA\n", DASH "na+me AAAAAAAA\n",
	    DASH " AAAAAAAA\n", DASH "name  AAAAAAAA\n", DASH "name AAAAAAA\n", DASH "na\xc2\xa0me AAAAAAAA\n",
	    DASH "name AAAAAAAA \n", DASH "name \n", "x\n", DASH "\n",
	};
	char text[3 * NOTE_MAX];

	(void)state;
	sign();
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		snprintf(text, sizeof text, "%s%s", note.data, lines[i]);
		assert_int_equal(verify(text, &key), ERR_CORRUPT);
		assert_non_null(strstr(err.what, "a signature line is not of the form"));
	}
}

static void too_many_signatures_and_too_long_notes_are_refused(void **state)
{
	char text[3 * NOTE_MAX];
	size_t len;

	(void)state;
	sign();
	len = (size_t)snprintf(text, sizeof text, "%s", note.data);
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, DASH "w AAAAAAAA\n");
	assert_int_equal(verify(text, &key), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "too many signatures"));
	while (len <= NOTE_MAX)
		len += (size_t)snprintf(text + len, sizeof text - len, DASH "w AAAAAAAA\n");
	assert_int_equal(verify(text, &key), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "too long"));
}

static void malformed_keys_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "three parts"},
	    {"\n", "three parts"},
	    {"PeterNeumann+c74f20a3", "three parts"},
	    {"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "cannot be the name"},
	    {"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "cannot be the name"},
	    {"PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "8 hex digits"},
	    {"PeterNeumann+c74f20ag+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "8 hex digits"},
	    {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "hash does not match"},
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", "33 bytes"},
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n\n", "33 bytes"},
	    {"PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not an Ed25519 key"},
	};
	struct note_key got;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(note_key_parse(cases[i].text, &got, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, cases[i].why));
	}
}

static void names_are_utf8_without_spaces_and_plus(void **state)
{
	static const char *const bad[] = {"", " ", "a b", "a+b", "a\tb", "a\nb", "\xff", "a\xc2\xa0", "a\xe3\x80\x80z"};
	char long_name[NOTE_NAME_MAX + 1];
	struct note_key got;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(note_key_make(bad[i], key.public_key, &got, &err), ERR_INPUT);
	assert_int_equal(note_key_make("z\xc3\xbcrich.example/\xe2\x82\xac", key.public_key, &got, &err), OK);
	memset(long_name, 'n', sizeof long_name);
	long_name[NOTE_NAME_MAX] = '\0';
	assert_int_equal(note_key_make(long_name, key.public_key, &got, &err), ERR_INPUT);
	long_name[NOTE_NAME_MAX - 1] = '\0';
	assert_int_equal(note_key_make(long_name, key.public_key, &got, &err), OK);
}

static void the_longest_key_is_written_whole(void **state)
{
	char name[NOTE_NAME_MAX], text[NOTE_KEY_TEXT_MAX];
	struct note_key long_key, again;

	(void)state;
	memset(name, 'n', sizeof name);
	name[NOTE_NAME_MAX - 1] = '\0';
	assert_int_equal(note_key_make(name, key.public_key, &long_key, &err), OK);
	assert_int_equal(note_key_parse(note_key_format(&long_key, text), &again, &err), OK);
	assert_memory_equal(&long_key, &again, sizeof again);
}

static void what_cannot_be_a_checkpoint_is_not_signed(void **state)
{
	struct checkpoint bad = point;
	struct buf small;

	(void)state;
	buf_reset(&note);
	assert_int_equal(checkpoint_sign(&point, &key, other_seed, &note, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "does not belong to the key"));
	bad.size = (uint64_t)INT64_MAX + 1;
	assert_int_equal(checkpoint_sign(&bad, &key, seed, &note, &err), ERR_LIMIT);
	bad = point;
	bad.origin[0] = '\0';
	assert_int_equal(checkpoint_sign(&bad, &key, seed, &note, &err), ERR_INPUT);
	bad.origin[0] = '\n';
	assert_int_equal(checkpoint_sign(&bad, &key, seed, &note, &err), ERR_INPUT);
	memset(bad.origin, 'o', sizeof bad.origin);
	assert_int_equal(checkpoint_sign(&bad, &key, seed, &note, &err), ERR_INPUT);
	for (size_t max = 1; max < 200; max += 40) {
		buf_init(&small, max);
		assert_int_equal(checkpoint_sign(&point, &key, seed, &small, &err), ERR_LIMIT);
		buf_free(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_published_key_is_read_and_written_again),
	    cmocka_unit_test(the_published_private_key_signs_the_published_signature),
	    cmocka_unit_test(the_published_note_verifies_though_it_is_no_checkpoint),
	    cmocka_unit_test(a_signed_checkpoint_is_read_back),
	    cmocka_unit_test(a_checkpoint_has_the_form_of_the_specification),
	    cmocka_unit_test(signing_appends_and_signs_only_its_own_text),
	    cmocka_unit_test(every_flipped_bit_of_a_checkpoint_is_refused),
	    cmocka_unit_test(every_shortened_checkpoint_is_refused),
	    cmocka_unit_test(signatures_of_others_are_passed_over),
	    cmocka_unit_test(a_checkpoint_without_our_signature_is_refused),
	    cmocka_unit_test(a_forged_signature_beside_a_good_one_is_refused),
	    cmocka_unit_test(extension_lines_are_allowed_and_empty_ones_are_not),
	    cmocka_unit_test(malformed_checkpoints_are_refused_though_they_are_signed),
	    cmocka_unit_test(the_largest_size_is_read),
	    cmocka_unit_test(malformed_signature_lines_are_refused),
	    cmocka_unit_test(too_many_signatures_and_too_long_notes_are_refused),
	    cmocka_unit_test(malformed_keys_are_refused_with_a_reason),
	    cmocka_unit_test(names_are_utf8_without_spaces_and_plus),
	    cmocka_unit_test(the_longest_key_is_written_whole),
	    cmocka_unit_test(what_cannot_be_a_checkpoint_is_not_signed),
	};

	return cmocka_run_group_tests(tests, init, done);
}
