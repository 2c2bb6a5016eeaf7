/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sound of any format that libsndfile reads, as 16-bit WAV, without a file in between.
 */
#ifndef LETHE_EXPORT_SOUND_H
#define LETHE_EXPORT_SOUND_H

#include "crypto/stream.h"

struct sound_input {
	stream_source *source; /* plaintext at an offset */
	void *arg;
	uint64_t size;
	bool raw_gsm;          /* GSM 06.10 frames at 8 kHz without a header */
};
struct sound_shape { uint64_t frames; int channels, rate; };

/* Decodes it once, from end to end. ERR_UNSUPPORTED when libsndfile cannot, or the WAV would be 4 GiB or more; the
 * source's own failures (ERR_CORRUPT) as they are. */
MUST_CHECK enum result sound_measure(const struct sound_input *input, struct sound_shape *out, struct err *err);
#define SOUND_HEADER_LEN 44
uint64_t sound_wav_size(const struct sound_shape *shape);
/* Exactly sound_wav_size bytes to the sink. */
MUST_CHECK enum result sound_write_wav(const struct sound_input *input, const struct sound_shape *shape,
				       stream_sink *sink, void *arg, struct err *err);

#endif
