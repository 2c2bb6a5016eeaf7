/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Media: the published Tink streaming AEAD format, AES256_GCM_HKDF
 * (developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming;
 * Hoang, Reyhanitabar, Rogaway, Vizar, "Online Authenticated-Encryption",
 * CRYPTO 2015), so that an independent library can open it.  Any range can be
 * read without the rest; no byte is released before its segment's tag is checked.
 */
#ifndef LETHE_CRYPTO_STREAM_H
#define LETHE_CRYPTO_STREAM_H

#include <stdbool.h>
#include <sys/types.h>
#include "crypto/primitives.h"

#define STREAM_SEGMENT_MIN ((size_t)64 * 1024)
#define STREAM_SEGMENT_MAX ((size_t)1024 * 1024)
#define STREAM_HEADER_LEN 40 /* length byte, 32 of salt, 7 of nonce prefix */

/* Size of the ciphertext of `plain` bytes. */
uint64_t stream_sealed_size(uint64_t plain, size_t segment);
/* Size of the plaintext; ERR_CORRUPT when no plaintext has that size. */
MUST_CHECK enum result stream_plain_size(uint64_t sealed, size_t segment, uint64_t *plain, struct err *err);

/* Where sealed or opened bytes go. Returns OK or fails with err set, which stops the stream. */
typedef enum result stream_sink(void *arg, const void *data, size_t len, struct err *err);

struct stream_writer;
/* `segment` is the ciphertext segment size, tag included. Writes the header to the sink at the first output. */
MUST_CHECK enum result stream_writer_new(const struct key *ikm, const void *aad, size_t aad_len, size_t segment,
					 stream_sink *sink, void *arg, struct stream_writer **out, struct err *err);
MUST_CHECK enum result stream_write(struct stream_writer *w, const void *data, size_t len, struct err *err);
/* Writes the last segment. Must be called once for a whole stream; then free. */
MUST_CHECK enum result stream_finish(struct stream_writer *w, struct err *err);
void stream_writer_free(struct stream_writer *w); /* NULL is fine */

/* Reads sealed bytes at an offset: fills `len` bytes exactly or fails. */
typedef enum result stream_source(void *arg, uint64_t offset, void *out, size_t len, struct err *err);

struct stream_reader;
MUST_CHECK enum result stream_reader_new(const struct key *ikm, const void *aad, size_t aad_len, size_t segment,
					 uint64_t sealed_size, stream_source *source, void *arg,
					 struct stream_reader **out, struct err *err);
uint64_t stream_reader_size(const struct stream_reader *r); /* plaintext bytes */
/* Plaintext [offset, offset+len) to the sink, len clipped at the end; ERR_CORRUPT before a bad segment's bytes. */
MUST_CHECK enum result stream_read(struct stream_reader *r, uint64_t offset, uint64_t len, stream_sink *sink,
				   void *arg, struct err *err);
void stream_reader_free(struct stream_reader *r);

#endif
