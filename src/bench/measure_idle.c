/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What costs nothing to speak of, however much the vault holds: a sweep with
 * nothing due, the plan of one with much, and the forecast of those to come;
 * and the plan of one by a narrower rule, which looks at each record. Against
 * opening that vault.
 */
#include <stdio.h>

#include "bench/measure.h"
#include "retention/forecast.h"
#include "retention/sweep.h"

#define FORECAST_DAYS 150
#define TIMES 5 /* in each round, each on a vault opened for it, as a command does */

struct idling;
typedef enum result idle_work(const struct due *due, struct plot *plot, struct err *err);

struct idling {
	struct measure *m;
	struct due due;
	char name[DUE_NAME_MAX];
	idle_work *work; /* NULL: the opening itself */
};

static enum result sweep_nothing(const struct due *due, struct plot *plot, struct err *err)
{
	struct sweep_result result;
	enum result r = sweep_run(plot->vault, &plot->account, due->before, NULL, NULL, &plot->pool, &result, err);

	if (r == OK && result.kinds[KIND_CALL].records != 0)
		r = err_set(err, ERR_INTERNAL, "a sweep with nothing due deleted records");
	return r;
}

static enum result plan_all(const struct due *due, struct plot *plot, struct err *err)
{
	struct sweep_plan plan;
	enum result r = sweep_plan(&plot->vault->read, plot->account.number, due->after, &plan, err);

	if (r == OK && sweep_plan_records(&plan.kinds[KIND_CALL]) != due->expired)
		r = err_set(err, ERR_INTERNAL, "the plan is not what is due");
	return r;
}

/* What is inbound stays: of each day some goes. */
static enum result plan_narrower(const struct due *due, struct plot *plot, struct err *err)
{
	const struct policy stays = {.kind = KIND_CALL, .scope = {.direction = DIRECTION_INBOUND}, .keep = {.unlimited = true}};
	struct sweep_plan plan;
	int64_t goes;
	enum result r = sweep_plan_with(&plot->vault->read, plot->account.number, due->after, &stays, &plan, err);

	goes = r == OK ? sweep_plan_records(&plan.kinds[KIND_CALL]) : 0;
	if (r == OK && (goes == 0 || goes >= due->expired))
		r = err_set(err, ERR_INTERNAL, "the plan by a narrower rule is not of some of what is due");
	return r;
}

/* Of the days on which what is not due yet will be. */
static enum result forecast_all_days(const struct due *due, struct plot *plot, struct err *err)
{
	struct forecast forecast;
	enum result r = forecast_make(&plot->vault->read, plot->account.number, due->after, FORECAST_DAYS,
				      UINT32_C(1) << KIND_CALL, &plot->pool, &forecast, err);

	if (r == OK && forecast_all(&forecast, -1).goes.records != due->records)
		r = err_set(err, ERR_INTERNAL, "the forecast is not of all records");
	return r;
}

static const struct idle {
	const char *what;
	idle_work *work;
	double bound_ms;
} all[] = {
	{"a sweep with nothing due", sweep_nothing, 50},
	{"the plan", plan_all, 1000},
	{"the plan by a narrower rule", plan_narrower, 1000},
	{"the forecast of 150 days", forecast_all_days, 1000},
};
#define COUNT (sizeof all / sizeof all[0])

static enum result once(const struct idling *idling, struct sample *out, struct err *err)
{
	struct moment started = child_now();
	struct plot plot;
	enum result r = ground_open(&idling->m->ground, idling->name, true, &plot, err);

	if (r != OK)
		return r;
	if (idling->work != NULL) {
		started = child_now();
		r = idling->work(&idling->due, &plot, err);
	}
	child_stop(out, started);
	ground_close(&plot);
	return r;
}

static enum result some(void *arg, struct sample *out, struct err *err)
{
	enum result r = OK;

	for (int i = 0; i < TIMES && r == OK; i++)
		r = once(arg, out, err);
	out->units = TIMES;
	return r;
}

static enum result one_round(struct idling *idling, struct rounds rounds[COUNT], struct err *err)
{
	struct sample opening, ours;
	enum result r = OK;

	for (size_t i = 0; i < COUNT && r == OK; i++) {
		r = measure_step(idling->m, err, "%s, of %lld records", all[i].what, (long long)idling->due.records);
		idling->work = NULL;
		if (r == OK)
			r = child_run(some, idling, &opening, err);
		idling->work = all[i].work;
		if (r == OK)
			r = child_run(some, idling, &ours, err);
		if (r == OK)
			rounds_add(&rounds[i], &opening, &ours);
	}
	return r;
}

enum result measure_idle(struct measure *m, struct err *err)
{
	struct idling idling = {.m = m, .due = measure_due(m->options->swept)};
	struct rounds rounds[COUNT] = {{.count = 0}};
	enum result r = measure_due_vault(m, &idling.due, idling.name, err);

	for (int round = 0; round < m->options->rounds && r == OK; round++)
		r = one_round(&idling, rounds, err);
	for (size_t i = 0; i < COUNT && r == OK; i++) {
		struct figure figure = {.name = "idle", .against = "opening the same vault", .unit = "times",
					.sense = FIGURE_COST, .bound_ms = all[i].bound_ms};

		snprintf(figure.what, sizeof figure.what, "%s, of %lld records", all[i].what,
			 (long long)idling.due.records);
		figure_of(&figure, &rounds[i]);
		measure_figure(m, &figure);
	}
	return r;
}
