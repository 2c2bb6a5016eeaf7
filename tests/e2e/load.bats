#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P67: the daemon under load and attack, in short and without a clock: everybody else is answered. `make load` measures it.

# Each test is a subshell of its own, and means to be; `answered` reads $code.
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

load story
load serving
load ../load/load

setup() { begin_load; }
teardown() {
	touch enough # no export begins any more
	[ -z "${SLOW:-}" ] || kill "$SLOW" 2>/dev/null || true
	[ -z "${HOLDER:-}" ] || kill "$HOLDER" 2>/dev/null || true
	end_serving
}

@test "P67: two thousand idle connections cost who asks nothing, and stay" {
	serve_load
	hold 2000
	busy with 3
	well with
	let_go 2000
	nothing_refused
}

@test "P67: no address has all connections: another one is let in" {
	serve_load --connections 40
	hold 35
	code=$(curl -sS -o answer -w '%{http_code}' "$URL/healthz")
	answered 503
	[ "$(curl -sS --interface 127.0.0.2 "$URL/healthz")" = alive ]
	let_go 35
}

@test "P67: slow heads, slow bodies and slow readers stop nobody else, and are cut off" {
	serve_load --head-timeout 2
	for kind in headers body read; do
		slow $kind 300 5
		busy "$kind" 4
		well "$kind"
		wait "$SLOW" || true
		nothing_refused
	done
	SLOW=
	[ "$(figure lethe_http_timeouts_total)" -ge 300 ]
}

@test "P67: one account's slow uploads and downloads leave everybody else's, and event streams, going" {
	begin_streams
	serve_load
	hog 24
	await half_of_the_streams_are_taken
	for _ in 1 2 3; do
		others_stream
	done
	ask owner.token GET "$MINE/0"
	answered 503
	grep -qi '^retry-after: ' headers
	jq -e '.type == "/problems/share"' answer
	[ "$(figure lethe_http_streams_busy)" = 4 ]
	let_go 24
	await nobody_streams
	ask owner.token GET "$MINE/0"
	answered 200
}

@test "P67: long work that is waited for leaves half of the workers to others" {
	begin_old 100000
	serve_load --workers 2
	curl -sS -o swept -X POST -H "Authorization: Bearer $(cat old.token)" -H 'Content-Type: application/json' -d '{}' "$URL/v1/accounts/Old/retention/runs" 3>&- &
	local sweeping=$!
	refused_a_plan() {
		ask old.token GET /v1/accounts/Old/retention/plan
		[ "$code" = 503 ]
	}
	await refused_a_plan
	jq -e '.type == "/problems/share"' answer
	kill -0 "$sweeping"
	ask admin.token GET /v1/accounts/Acme/retention/plan
	answered 200
	wait "$sweeping"
	jq -e '.left.records == 0' swept
	ask old.token GET /v1/accounts/Old/retention/plan
	answered 200
}

half_of_the_streams_are_taken() { [ "$(figure lethe_http_streams_busy)" = 4 ]; }
nobody_streams() { [ "$(figure lethe_http_streams_busy)" = 0 ]; }

@test "P67: while a sweep and a person's copy are made, who reads is answered" {
	begin_old 20000
	serve_load
	export_again 3>&- &
	local exporting=$!
	sweep
	busy with 3
	well with
	swept
	touch enough
	wait "$exporting"
	[ -s exports ]
	run ! grep -v '^200$' exports
	unzip -tq export.zip
	nothing_refused
}
