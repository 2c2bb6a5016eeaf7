/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server's own figures.
 */
#include <stdio.h>
#include <string.h>

#include "net/exchange.h"

static int64_t ask_connections(void *arg)
{
	const struct serving *serving = arg;

	return (int64_t)connections_count(serving->connections);
}

static int64_t ask_in_flight(void *arg)
{
	const struct serving *serving = arg;

	return atomic_load(&serving->in_flight);
}

static int64_t ask_waiting(void *arg)
{
	const struct serving *serving = arg;

	return (int64_t)workers_waiting(serving->workers);
}

static int64_t ask_streams_busy(void *arg)
{
	const struct serving *serving = arg;

	return (int64_t)workers_busy(serving->streams);
}

static int64_t ask_body_memory(void *arg)
{
	const struct serving *serving = arg;

	return (int64_t)atomic_load(&serving->body_memory);
}

static int64_t ask_certificate(void *arg)
{
	const struct serving *serving = arg;

	return serving->tls ? tls_ends(serving->tls).ms : 0;
}

/* "GET /v1/accounts/{account}", for each route, and "none". */
static const char *const *route_words(const struct server_settings *settings)
{
	const char **words = metrics_alloc(settings->metrics, (settings->route_count + 1) * sizeof *words);

	if (!words)
		return NULL;
	for (size_t i = 0; i < settings->route_count; i++) {
		const struct route *route = router_route(settings->router, (int)i);
		size_t size = strlen(method_name(route->method)) + strlen(route->path) + 2;
		char *word = metrics_alloc(settings->metrics, size);

		if (!word)
			return NULL;
		snprintf(word, size, "%s %s", method_name(route->method), route->path);
		words[i] = word;
	}
	words[settings->route_count] = "none";
	return words;
}

enum result figures_declare(struct serving *serving, struct err *err)
{
	static const char *const classes[] = {"broken", "2xx", "3xx", "4xx", "5xx"};
	static const char *const cuts[] = {"head", "idle", "body", "answer", "too_long"};
	static const char *const refusals[] = {"workers", "streams", "share", "memory", "connections", "address"};
	struct metrics *metrics = serving->settings.metrics;
	struct metric_label labels[2] = {{"route", NULL, serving->settings.route_count + 1}, {"class", classes, 5}};
	struct metric_label cut = {"phase", cuts, CUT_COUNT}, refusal = {"reason", refusals, REFUSAL_COUNT};

	if (!metrics)
		return OK;
	labels[0].words = route_words(&serving->settings);
	if (!labels[0].words)
		return err_no_memory(err);
	serving->figures.requests =
	    metrics_counter(metrics, "lethe_http_requests_total", "Requests, by route and class of status", labels, 2);
	serving->figures.durations = metrics_durations(metrics, "lethe_http_request_duration_seconds",
						       "From the first line to the end of the answer", labels, 1);
	serving->figures.cuts = metrics_counter(metrics, "lethe_http_timeouts_total",
						"Connections cut because the client was too slow", &cut, 1);
	serving->figures.refused =
	    metrics_counter(metrics, "lethe_http_refused_total",
			    "Requests and connections turned away because something was full", &refusal, 1);
	if (!serving->figures.requests || !serving->figures.durations || !serving->figures.cuts ||
	    !serving->figures.refused)
		return err_no_memory(err);
	return OK;
}

enum result figures_declare_gauges(struct serving *serving, struct err *err)
{
	static const struct {
		const char *name, *help;
		int64_t (*ask)(void *arg);
		int64_t scale;
	} gauges[] = {
	    {"lethe_http_connections", "Open connections", ask_connections, 1},
	    {"lethe_http_requests_in_flight", "Requests not yet answered to their end", ask_in_flight, 1},
	    {"lethe_http_queue_length", "Requests that wait for a worker", ask_waiting, 1},
	    {"lethe_http_streams_busy", "Stream workers at work", ask_streams_busy, 1},
	    {"lethe_http_body_memory_bytes", "Memory that bodies of requests take", ask_body_memory, 1},
	    {"lethe_tls_certificate_expiry_timestamp_seconds", "When the certificate in use ends; 0 without TLS",
	     ask_certificate, 1000},
	};
	struct metrics *metrics = serving->settings.metrics;

	for (size_t i = 0; metrics && i < sizeof gauges / sizeof *gauges; i++)
		if (!metrics_asked(metrics, gauges[i].name, gauges[i].help, gauges[i].ask, serving, gauges[i].scale))
			return err_no_memory(err);
	return OK;
}
