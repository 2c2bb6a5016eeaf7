/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sealing and opening media, against `openssl speed` of the same cipher with
 * blocks of the same size; both by processor time.
 */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/speed.h"
#include "crypto/stream.h"

#define STREAM_BYTES ((size_t)32 * 1024 * 1024)

struct sealing {
	size_t segment;
	double seconds;
	struct key key;
	unsigned char *plain; /* one block, sealed again and again, as `openssl speed` does */
	unsigned char *sealed;
	size_t sealed_len, discarded;
	bool keep; /* else what comes out is only counted */
};

static enum result sink(void *arg, const void *data, size_t len, struct err *err)
{
	struct sealing *s = arg;

	(void)err;
	if (s->keep) {
		memcpy(s->sealed + s->sealed_len, data, len);
		s->sealed_len += len;
	}
	s->discarded += len;
	return OK;
}

static enum result source(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct sealing *s = arg;

	(void)err;
	memcpy(out, s->sealed + offset, len);
	return OK;
}

static enum result seal_one(struct sealing *s, struct err *err)
{
	struct stream_writer *w = NULL;
	enum result r = stream_writer_new(&s->key, "bench", 5, s->segment, sink, s, &w, err);

	for (size_t at = 0; at < STREAM_BYTES && r == OK; at += s->segment)
		r = stream_write(w, s->plain, s->segment, err);
	if (r == OK)
		r = stream_finish(w, err);
	stream_writer_free(w);
	return r;
}

static enum result open_one(struct sealing *s, struct err *err)
{
	struct stream_reader *reader = NULL;
	enum result r = stream_reader_new(&s->key, "bench", 5, s->segment, s->sealed_len, source, s, &reader, err);

	if (r == OK)
		r = stream_read(reader, 0, STREAM_BYTES, sink, s, err);
	stream_reader_free(reader);
	return r;
}

static enum result repeat(struct sealing *s, enum result (*one)(struct sealing *s, struct err *err),
			  struct sample *out, struct err *err)
{
	struct moment started = child_now();
	enum result r = OK;

	while (r == OK && child_now().processor_ns - started.processor_ns < (int64_t)(s->seconds * 1e9)) {
		r = one(s, err);
		out->units += (int64_t)STREAM_BYTES;
	}
	child_stop(out, started);
	out->ns = out->processor_ns;
	return r;
}

static enum result with_buffers(struct sealing *s, bool opening, struct sample *out, struct err *err)
{
	enum result r = OK;

	s->plain = calloc(1, s->segment);
	s->sealed = opening ? malloc(stream_sealed_size(STREAM_BYTES, s->segment)) : NULL;
	s->key = key_random();
	s->keep = opening;
	if (s->plain == NULL || (opening && s->sealed == NULL))
		r = err_no_memory(err);
	if (r == OK)
		r = seal_one(s, err); /* also what is opened */
	s->keep = false;
	if (r == OK)
		r = repeat(s, opening ? open_one : seal_one, out, err);
	free(s->sealed);
	free(s->plain);
	return r;
}

static enum result measure_sealing(void *arg, struct sample *out, struct err *err)
{
	return with_buffers(arg, false, out, err);
}

static enum result measure_opening(void *arg, struct sample *out, struct err *err)
{
	return with_buffers(arg, true, out, err);
}

static enum result one_round(struct measure *m, struct sealing *s, bool opening, struct rounds *rounds,
			     struct err *err)
{
	struct sample speed, ours;
	enum result r = measure_step(m, err, "openssl speed, blocks of %zu KiB", s->segment / 1024);

	if (r == OK)
		r = speed_run(s->segment, opening, s->seconds, &speed, err);
	if (r == OK)
		r = measure_step(m, err, "%s media, segments of %zu KiB", opening ? "opening" : "sealing",
				 s->segment / 1024);
	if (r == OK)
		r = child_run(opening ? measure_opening : measure_sealing, s, &ours, err);
	if (r == OK)
		rounds_add(rounds, &speed, &ours);
	return r;
}

static enum result measure_one(struct measure *m, size_t segment, bool opening, struct err *err)
{
	struct sealing sealing = {.segment = segment, .seconds = m->options->seconds};
	struct figure figure = {.name = "media", .unit = "bytes", .sense = FIGURE_RATE, .target = 0.8};
	struct rounds rounds = {.count = 0};
	enum result r = OK;

	for (int i = 0; i < m->options->rounds && r == OK; i++)
		r = one_round(m, &sealing, opening, &rounds, err);
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	snprintf(figure.what, sizeof figure.what, "%s media, segments of %zu KiB", opening ? "opening" : "sealing",
		 segment / 1024);
	snprintf(figure.against, sizeof figure.against, "openssl speed -evp aes-256-gcm");
	if (r == OK)
		figure_of(&figure, &rounds);
	else
		snprintf(figure.note, sizeof figure.note, "%.150s", err->what);
	measure_figure(m, &figure);
	return OK;
}

enum result measure_media(struct measure *m, struct err *err)
{
	static const size_t segments[] = {STREAM_SEGMENT_MIN, STREAM_SEGMENT_MAX};
	enum result r = OK;

	for (size_t i = 0; i < 4 && r == OK; i++)
		r = measure_one(m, segments[i / 2], i % 2 == 1, err);
	return r;
}
