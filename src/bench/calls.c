/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIRST_PHONE 2000000 /* +1 212 200 0000 and on: New York, where every number below 999 9999 is a valid one */
#define DAY_MS ((int64_t)86400000)

static const char *const subjects[] = {
	"Delivery of the new desks", "Question about an invoice", "Wants to move the appointment",
	"Line is noisy since the storm", "Renewal of the maintenance contract", "Asks for a call back after lunch",
	"Lost the access card", "Offer for twelve headsets",
};
static const char *const notes[] = {
	"Was told that the parts are in stock and will be sent on Monday; wants the tracking number by text message.",
	"Called twice before. Wants to speak to the same person again, and has the papers at hand.",
	"The amount on the second page does not fit the order; we look into it and answer in writing.",
	"All is well again after restarting the router. Thanked us, and asked for the number of the night service.",
};
static const char *const queues[] = {"support", "sales", "billing", "reception"};
static const char *const statuses[] = {"answered", "answered", "answered", "missed"};

uint64_t calls_mix(uint64_t x)
{
	x += UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

struct date calls_epoch(void)
{
	return date_from_civil(2024, 1, 1);
}

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* In each run of people / 2 calls everybody takes part once; a factor without a common divisor makes the order of each
 * run another one, so that the same two seldom meet again. */
static void pick_in_turn(const struct calls *calls, struct call *call)
{
	int64_t half = calls->people / 2, run = call->n / half, place = call->n % half, factor = 7919 + 2 * run;

	while (common_divisor(calls->people, factor) != 1)
		factor += 2;
	call->from = (2 * place * factor + run) % calls->people;
	call->to = ((2 * place + 1) * factor + run) % calls->people;
}

static void pick_at_random(const struct calls *calls, struct call *call)
{
	uint64_t people = (uint64_t)calls->people, other = calls_mix(call->entropy ^ 1);

	call->from = (int64_t)(call->entropy % people);
	call->to = (int64_t)(((uint64_t)call->from + 1 + other % (people - 1)) % people);
}

struct call call_make(const struct calls *calls, int64_t n)
{
	struct call call = {.n = n, .entropy = calls_mix(calls_mix(calls->seed) ^ (uint64_t)n)};
	/* In two steps: n * span would not fit. */
	int64_t span = calls->days * DAY_MS, step = span / calls->total, rest = span % calls->total;

	call.at.ms = date_start(calls->first).ms + n * step + n * rest / calls->total;
	if (calls->same_for_all)
		pick_in_turn(calls, &call);
	else
		pick_at_random(calls, &call);
	return call;
}

char *call_phone(int64_t person, char out[CALL_PHONE_MAX])
{
	INVARIANT(person >= 0 && person <= CALL_PEOPLE_MAX);
	snprintf(out, CALL_PHONE_MAX, "+1212%07u", FIRST_PHONE + (unsigned)person);
	return out;
}

size_t call_line(const struct calls *calls, const struct call *call, char out[CALL_LINE_MAX])
{
	char at[TIME_TEXT_MAX], from[CALL_PHONE_MAX], to[CALL_PHONE_MAX];
	unsigned e = (unsigned)(call->entropy >> 32);
	int len = snprintf(out, CALL_LINE_MAX,
			   "{\"type\":\"call\",\"id\":\"%" PRIx64 "-%09" PRId64 "\",\"time\":\"%s\",\"from\":\"%s\",\"to\":\"%s\","
			   "\"direction\":\"%s\",\"status\":\"%s\",\"duration\":%u.%03u,\"queue\":\"%s\",\"subject\":\"%s\","
			   "\"text\":\"%s\",\"custom\":{\"trunk\":\"sip-%u\"}}\n",
			   calls->seed, call->n, instant_format(call->at, at), call_phone(call->from, from),
			   call_phone(call->to, to), e & 1 ? "inbound" : "outbound", statuses[e >> 1 & 3],
			   e >> 3 & 1023, (e >> 13) % 1000, queues[e >> 20 & 3], subjects[e >> 22 & 7],
			   notes[e >> 25 & 3], e >> 27 & 7);

	INVARIANT(len > 0 && len < CALL_LINE_MAX);
	return (size_t)len;
}

enum result calls_write(const struct calls *calls, int64_t from, int64_t until, const char *path, struct err *err)
{
	FILE *file = fopen(path, "we");
	bool failed = false;

	if (file == NULL)
		return err_sys(err, "cannot make %s", path);
	for (int64_t n = from; n < until && !failed; n++) {
		struct call call = call_make(calls, n);
		char line[CALL_LINE_MAX];
		size_t len = call_line(calls, &call, line);

		failed = fwrite(line, 1, len, file) != len;
	}
	if (fclose(file) != 0 || failed)
		return err_sys(err, "cannot write %s", path);
	return OK;
}
