/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/schedule.h"

#include <string.h>

#include "crypto/primitives.h"

#define JITTER 5 /* up to one fifth */

static const int64_t seconds[SCHEDULE_ATTEMPTS - 1] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};

static int64_t jitter_ms(int attempts, struct id what, int64_t wait_ms)
{
	unsigned char bytes[sizeof what.bytes + 1];
	struct hash hash;
	uint64_t number;

	memcpy(bytes, what.bytes, sizeof what.bytes);
	bytes[sizeof what.bytes] = (unsigned char)attempts;
	hash = sha256(bytes, sizeof bytes);
	memcpy(&number, hash.bytes, sizeof number);
	return (int64_t)(number % (uint64_t)(wait_ms / JITTER + 1));
}

bool schedule_next(int attempts, struct id what, struct instant now, int64_t least_s, struct instant *next)
{
	int64_t wait_ms;

	if (attempts < 1 || attempts >= SCHEDULE_ATTEMPTS)
		return false;
	wait_ms = seconds[attempts - 1] * 1000;
	if (wait_ms < least_s * 1000)
		wait_ms = least_s * 1000;
	next->ms = now.ms + wait_ms + jitter_ms(attempts, what, wait_ms);
	return true;
}
