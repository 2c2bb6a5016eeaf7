#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P45: the daemon is told to stop, while it has much to do.

# shellcheck disable=SC2030,SC2031,SC2034 # each test is a shell of its own; `answered` reads $code

bats_require_minimum_version 1.5.0

load story
load serving

setup() { begin_serving; }
teardown() {
	[ -z "${CLIENT:-}" ] || kill "$CLIENT" 2>/dev/null || true
	end_serving
}

# until_there FILE PATTERN [COUNT]
until_there() {
	for ((i = 0; i < 1200; i++)); do
		[ "$(grep -c -- "$2" "$1")" -lt "${3:-1}" ] || return 0
		sleep 0.05
	done
	echo "no '$2' in $1"
	cat "$1"
	return 1
}

ends() { tail -s 0.05 --pid="$SERVING" -f /dev/null; }

# hang: a request that is accepted and goes on until the client ends it, in $CLIENT.
hang() {
	mkfifo body
	exec 7<>body
	printf '{"type":"message","id":"m1","time":"2026-01-02T03:04:05Z","from":"+4520304050","to":"+4511111111","text":"hello"}\n' >&7
	curl -sS -o hung -D hung.head -X POST -T body -H "Authorization: Bearer $(cat admin.token)" \
		-H 'Content-Type: application/x-ndjson' "$URL/v1/accounts/Acme/ingest" 3>&- 7>&- 2>/dev/null &
	CLIENT=$!
	for ((i = 0; i < 400; i++)); do
		[ "$(curl -sS "$URL/metrics" | sed -n 's/^lethe_http_streams_busy //p')" != 1 ] || return 0
		sleep 0.05
	done
	return 1
}

@test "P45: under load all that was heard is done and answered, and what is not answered was not done" {
	serve --token-rate 1000000
	for round in 1 2 3; do
		[ "$round" = 1 ] || serve --token-rate 1000000
		python3 "$TOP/tests/load/writers.py" "$PORT" admin.token Acme 24 >"said$round" 3>&- &
		CLIENT=$!
		until_there "said$round" added 60
		kill -TERM "$SERVING"
		ends
		SERVING=
		wait "$CLIENT"
		CLIENT=
		run ! grep -v '^added \|^unheard ' "said$round"
	done
	cat said? | sed -n 's/^added //p' | sort >added
	"$LETHE" hold list --account Acme --json --limit 1000 >holds
	jq -e '.next == null' holds
	jq -r '.holds[].reason' holds | sort | diff - added
	"$LETHE" check >/dev/null
}

@test "what is under way is waited for, and who is told twice does not wait" {
	serve --stop-within 600 --least-rate 1
	hang
	kill -TERM "$SERVING"
	until_there serve.log serve.stopping
	for ((i = 0; i < 400; i++)); do # it listens no more
		curl -sS -o answer "$URL/healthz" 2>/dev/null || break
		sleep 0.05
	done
	run ! curl -sS "$URL/healthz"
	kill -0 "$SERVING"
	run ! grep " 200" hung.head
	kill -TERM "$SERVING"
	ends
	grep -q '"event":"serve.hurry"' serve.log
	SERVING=
	"$LETHE" check >/dev/null
}

@test "P45: what is under way when it is told to stop is answered when it ends" {
	serve --stop-within 600
	hang
	kill -TERM "$SERVING"
	until_there serve.log serve.stopping
	printf '{"type":"message","id":"m2","time":"2026-01-02T03:04:05Z","from":"+4520304051","to":"+4511111111","text":"hello"}\n' >&7
	exec 7>&-
	wait "$CLIENT"
	CLIENT=
	ends
	SERVING=
	grep -q '^HTTP/1.1 200' hung.head
	jq -se '.[-1] | .complete and .new == 2' hung
	"$LETHE" check >/dev/null
}

@test "load balancers see that it is about to stop, as long as stop-delay says; who is told twice does not wait" {
	serve --stop-delay 600
	[ "$(curl -sS "$URL/readyz")" = ready ]
	kill -TERM "$SERVING"
	until_there serve.log serve.stopping
	code=$(curl -sS -o answer -D headers -w '%{http_code}' "$URL/readyz")
	answered 503
	ask admin.token GET /v1/accounts/Acme/holds # it goes on all the same
	answered 200
	kill -TERM "$SERVING"
	ends
	SERVING=
}
