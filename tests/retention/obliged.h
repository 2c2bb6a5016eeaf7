/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What tests of obligations share. After keeping.h.
 */
#ifndef LETHE_TESTS_RETENTION_OBLIGED_H
#define LETHE_TESTS_RETENTION_OBLIGED_H

#include "retention/keeping.h"

#include "retention/obliging.h"
#include "store/duty.h"
#include "store/media.h"
#include "vault/cut.h"
#include "vault/labels.h"

#define TELEPHONE "it-dlgs196-132-telephone"   /* 24 months: from, to, time, duration */
#define UNANSWERED "it-dlgs196-132-unanswered" /* 30 days: from, to, time */
#define SPAIN "es-ley25-2007-5"                /* 12 months: from, to, time, duration */
#define FRANCE "fr-cpce-l34-1-source"          /* 1 year: from */
#define LONG_ITALY "it-l167-2017-24"           /* 72 months: those of SPAIN, of any status */
#define INVOICES "de-ustg-14b-invoice"         /* 8 years from the year's end: documents tagged invoice, all */
#define INDIA "in-cgst-36"                     /* 72 months from the GST return: the same */

WORLD_UNUSED static void oblige(struct world *world, const char *code)
{
	struct err err;

	assert_ok(obliging_add(world->vault, &world->account, code, "os:1000", world->now, &err), &err);
}

/* A call as an import puts it in, with all that a cut must take. */
struct call_spec { const char *at; enum record_status status; const char *from, *to, *agent, *number; };

struct call_op { struct world *world; struct world_record record; enum record_status status; };

static enum result put_call_op(struct session *session, void *arg, struct err *err)
{
	struct call_op *op = arg;
	struct record_row row;
	enum result r = world_put_op(session, &op->record, err);

	if (r == OK)
		r = record_get(session->data, op->world->account.number, op->record.kind, op->record.id,
			       &op->world->pool, &row, err);
	row.status = op->status;
	row.direction = DIRECTION_INBOUND;
	row.duration_ms = op->status == STATUS_ANSWERED ? 61000 : -1;
	return r == OK ? record_reseal(session->data, &row, err) : r;
}

#define NAME "Annette Holst"
#define WORDS "she wept about the divorce"

WORLD_UNUSED static struct id put_call(struct world *world, const struct call_spec *spec)
{
	struct call_op op = {.world = world, .status = spec->status};
	struct err err;

	op.record = (struct world_record){.kind = KIND_CALL, .at = world_time(spec->at), .phones = {spec->from, spec->to},
					  .agent = spec->agent, .number = spec->number, .world = world,
					  .id = id_new(world_time(spec->at))};
	op.record.text = pool_printf(&world->pool,
				     "{\"type\":\"call\",\"id\":\"src-77\",\"time\":\"%s\",\"from\":{\"phone\":\"%s\",\"name\":\"" NAME
				     "\"},\"to\":\"%s\",\"direction\":\"inbound\",\"status\":\"%s\",\"duration\":61,"
				     "\"text\":\"" WORDS "\",\"tags\":[\"grief\"],\"agent\":{\"id\":\"101\",\"name\":\"Bo Lund\"},"
				     "\"custom\":{\"mood\":\"sad\"}}",
				     spec->at, spec->from, spec->to != NULL ? spec->to : "", status_name(spec->status));
	assert_ok(vault_write(world->vault, put_call_op, &op, &err), &err);
	return op.record.id;
}

WORLD_UNUSED static const char *payload_of(struct world *world, enum record_kind kind, struct id id)
{
	const char *text = "";
	struct err err;

	assert_ok(world_open_record(world, kind, id, &text, &err), &err);
	return text;
}

/* The duty a record is under. */
WORLD_UNUSED static struct duty_row duty_of(struct world *world, enum record_kind kind, struct id id)
{
	struct record_row row = row_of(world, kind, id);
	struct duty_row duty;
	struct err err;

	assert_int_not_equal(row.hold, 0);
	assert_ok(duty_get(world->vault->read.data, world->account.number, row.hold, &world->pool, &duty, &err), &err);
	return duty;
}

WORLD_UNUSED static void assert_sound(struct world *world)
{
	checks_out(world, false);
}

#endif
