/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read must be in bounds, and must read back from what is written of it. */
static void check_instant(const char *text, size_t len)
{
	char written[TIME_TEXT_MAX];
	struct instant at, back;
	struct err err;

	if (instant_parse(text, len, &at, &err) != OK)
		return;
	instant_format(at, written);
	INVARIANT(instant_parse(written, strlen(written), &back, &err) == OK);
	INVARIANT(back.ms == at.ms);
}

static void check_date(const char *text, size_t len)
{
	char written[TIME_TEXT_MAX];
	struct date date;
	struct err err;

	if (date_parse(text, len, &date, &err) != OK)
		return;
	date_format(date, written);
	INVARIANT(len == strlen(written) && memcmp(text, written, len) == 0);
}

static void check_span(const char *text, struct date today)
{
	char written[TIME_TEXT_MAX];
	struct span span, back;
	struct date cutoff;
	struct err err;

	if (span_parse(text, &span, &err) != OK)
		return;
	INVARIANT(span_parse(span_format(span, written), &back, &err) == OK);
	INVARIANT(back.months == span.months && back.days == span.days && back.unlimited == span.unlimited);
	if (span.unlimited)
		return;
	cutoff = span_cutoff(span, today);
	INVARIANT(date_add_span(cutoff, span).days <= today.days);
	INVARIANT(date_add_span(date_add_days(cutoff, 1), span).days > today.days);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[100];

	check_instant((const char *)data, size);
	check_date((const char *)data, size);
	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_span(text, (struct date){size > 0 ? 19000 + data[0] : 0});
	return 0;
}
