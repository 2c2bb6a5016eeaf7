/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/sound.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 4096 /* samples decoded at a time, all channels */
#define CHANNELS_MAX 32
#define WAV_DATA_MAX (UINT32_MAX - 64)

/* The input as libsndfile sees it. */
struct virtual_file {
	const struct sound_input *input;
	sf_count_t at;
	struct err *err;
	enum result failed; /* of the source; libsndfile only sees a short read */
};

static sf_count_t get_length(void *arg)
{
	const struct virtual_file *file = arg;

	return (sf_count_t)file->input->size;
}

static sf_count_t seek_to(sf_count_t offset, int whence, void *arg)
{
	struct virtual_file *file = arg;
	sf_count_t size = (sf_count_t)file->input->size;
	sf_count_t to = whence == SEEK_SET ? offset : whence == SEEK_CUR ? file->at + offset : size + offset;

	if (to < 0 || to > size)
		return -1;
	return file->at = to;
}

static sf_count_t read_some(void *out, sf_count_t len, void *arg)
{
	struct virtual_file *file = arg;
	sf_count_t left = (sf_count_t)file->input->size - file->at;

	if (len > left)
		len = left;
	if (len <= 0 || file->failed != OK)
		return 0;
	file->failed = file->input->source(file->input->arg, (uint64_t)file->at, out, (size_t)len, file->err);
	if (file->failed != OK)
		return 0;
	file->at += len;
	return len;
}

static sf_count_t write_nothing(const void *data, sf_count_t len, void *arg)
{
	(void)data, (void)len, (void)arg;
	return 0;
}

static sf_count_t tell(void *arg)
{
	const struct virtual_file *file = arg;

	return file->at;
}

static SF_VIRTUAL_IO callbacks = {get_length, seek_to, read_some, write_nothing, tell};

static enum result cannot(struct virtual_file *file, SNDFILE *sound, struct err *err)
{
	if (file->failed != OK)
		return file->failed;
	return err_set(err, ERR_UNSUPPORTED, "the sound cannot be decoded: %s", sf_strerror(sound));
}

static enum result open_sound(struct virtual_file *file, SNDFILE **out, SF_INFO *info, struct err *err)
{
	*info = (SF_INFO){0};
	if (file->input->raw_gsm)
		*info = (SF_INFO){.samplerate = 8000, .channels = 1, .format = SF_FORMAT_RAW | SF_FORMAT_GSM610};
	*out = sf_open_virtual(&callbacks, SFM_READ, info, file);
	if (*out == NULL)
		return cannot(file, NULL, err);
	if (info->channels < 1 || info->channels > CHANNELS_MAX || info->samplerate < 1)
		return err_set(err, ERR_UNSUPPORTED, "the sound has %d channels at %d Hz", info->channels,
			       info->samplerate);
	return OK;
}

enum result sound_measure(const struct sound_input *input, struct sound_shape *out, struct err *err)
{
	struct virtual_file file = {.input = input, .err = err};
	float block[BLOCK];
	SNDFILE *sound = NULL;
	SF_INFO info;
	sf_count_t got;
	enum result r = open_sound(&file, &sound, &info, err);

	*out = (struct sound_shape){.channels = info.channels, .rate = info.samplerate};
	while (r == OK && (got = sf_readf_float(sound, block, BLOCK / info.channels)) > 0)
		out->frames += (uint64_t)got;
	if (r == OK && (file.failed != OK || sf_error(sound) != SF_ERR_NO_ERROR || out->frames == 0))
		r = cannot(&file, sound, err);
	if (sound != NULL)
		sf_close(sound);
	explicit_bzero(block, sizeof block);
	if (r == OK && sound_wav_size(out) > WAV_DATA_MAX)
		r = err_set(err, ERR_UNSUPPORTED, "the sound is too long for a WAV file");
	return r;
}

uint64_t sound_wav_size(const struct sound_shape *shape)
{
	return SOUND_HEADER_LEN + shape->frames * (uint64_t)shape->channels * 2;
}

static void put_little(unsigned char *out, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

/* RIFF, one "fmt " chunk of PCM, one "data" chunk. */
static void make_header(const struct sound_shape *shape, unsigned char out[SOUND_HEADER_LEN])
{
	uint32_t data = (uint32_t)(sound_wav_size(shape) - SOUND_HEADER_LEN);
	uint32_t frame = (uint32_t)shape->channels * 2;

	memcpy(out, "RIFF....WAVEfmt ", 16);
	put_little(out + 4, data + SOUND_HEADER_LEN - 8, 4);
	put_little(out + 16, 16, 4);
	put_little(out + 20, 1, 2); /* PCM */
	put_little(out + 22, (uint32_t)shape->channels, 2);
	put_little(out + 24, (uint32_t)shape->rate, 4);
	put_little(out + 28, (uint32_t)shape->rate * frame, 4);
	put_little(out + 32, frame, 2);
	put_little(out + 34, 16, 2);
	memcpy(out + 36, "data", 4);
	put_little(out + 40, data, 4);
}

/* The factor that libsndfile divides 16-bit samples by, so those come out as they were. */
static void to_16_bit(const float *samples, size_t count, unsigned char *out)
{
	for (size_t i = 0; i < count; i++) {
		float value = samples[i] * 32768.0f;
		long sample = value >= 32767.0f ? 32767 : value <= -32768.0f ? -32768 : lrintf(value);

		put_little(out + 2 * i, (uint32_t)sample, 2);
	}
}

static enum result write_samples(struct virtual_file *file, SNDFILE *sound, const struct sound_shape *shape,
				 stream_sink *sink, void *arg, struct err *err)
{
	float block[BLOCK];
	unsigned char bytes[BLOCK * 2];
	uint64_t left = shape->frames;
	enum result r = OK;

	while (r == OK && left > 0) {
		sf_count_t most = BLOCK / shape->channels, want = left < (uint64_t)most ? (sf_count_t)left : most;
		sf_count_t got = sf_readf_float(sound, block, want);
		size_t samples = (size_t)(got > 0 ? got : 0) * (size_t)shape->channels;

		if (got <= 0) {
			r = cannot(file, sound, err);
			break;
		}
		to_16_bit(block, samples, bytes);
		r = sink(arg, bytes, samples * 2, err);
		left -= (uint64_t)got;
	}
	explicit_bzero(block, sizeof block);
	explicit_bzero(bytes, sizeof bytes);
	return r;
}

enum result sound_write_wav(const struct sound_input *input, const struct sound_shape *shape, stream_sink *sink,
			    void *arg, struct err *err)
{
	struct virtual_file file = {.input = input, .err = err};
	unsigned char header[SOUND_HEADER_LEN];
	SNDFILE *sound = NULL;
	SF_INFO info;
	enum result r = open_sound(&file, &sound, &info, err);

	make_header(shape, header);
	if (r == OK && info.channels != shape->channels)
		r = err_set(err, ERR_INTERNAL, "the sound has changed since it was measured");
	if (r == OK)
		r = sink(arg, header, sizeof header, err);
	if (r == OK)
		r = write_samples(&file, sound, shape, sink, arg, err);
	if (sound != NULL)
		sf_close(sound);
	return r;
}
