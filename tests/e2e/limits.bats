#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The daemon on a machine that is short of something: of what reads its log, of descriptors, threads, memory, disk.

# Each test is a subshell of its own, and means to be; `answered` reads $code.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load story
load serving

setup() { begin_serving; }
teardown() { end_serving; }

listens() { curl -sS -o answer "$URL/healthz" 2>/dev/null; }

# serve_at PORT: what of standard error is wanted, the caller says.
serve_at() {
	PORT=$1 URL=http://127.0.0.1:$1
	"$LETHE" serve --listen "127.0.0.1:$PORT" 3>&- &
	SERVING=$!
	await listens
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

@test "who closed standard error has nothing written into the vault's files instead" {
	serve_at "$(free_port)" 0<&- 1>&- 2>&-
	ask admin.token GET /v1/nowhere
	answered 404
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$SERVING/fd/$fd")" = /dev/null ]
	done
	stop
	run ! grep -l '"event"' -r lethe-data
	"$LETHE" check >/dev/null
}

@test "P45: who read its log has gone: it goes on, and stops in peace when it is told to" {
	mkfifo log
	head -n 1 log >first 3>&- &
	local reader=$!
	serve_at "$(free_port)" 2>log
	wait "$reader"
	ask admin.token POST /v1/accounts/Acme/holds '{"reason": "case 9"}'
	answered 201
	kill -HUP "$SERVING"
	kill -TERM "$SERVING"
	wait "$SERVING"
	SERVING=
	"$LETHE" check >/dev/null
}

# serve_scarce [OPTION..]: memory and threads are scarce when the file `orders` says so (scarce.c).
serve_scarce() {
	[ -z "${SANITIZE:-}${TSAN:-}" ] || skip "sanitizers bring a malloc of their own"
	head -c 4096 /dev/zero >orders
	LD_PRELOAD=$BUILD/test/scarce.so LETHE_SCARCE=$PWD/orders serve --token-rate 1000000 "$@"
}

@test "P45: without memory for a moment a request is refused, nothing acknowledged is lost, and all goes on" {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl "$SAMPLES"/copenhagen-calls.jsonl >/dev/null
	serve_scarce --workers 2 --stream-workers 2
	python3 "$TOP/tests/e2e/limits/memory.py" "$PORT" admin.token orders ${LONG:+long} >said 2>&1 3>&- || { cat said; tail serve.log; return 1; }
	echo "# $(cat said)" >&3
	stop
	"$LETHE" check >/dev/null
	"$LETHE" audit verify >/dev/null
}

# threads FORBIDDEN: 1 or 0, in `orders`.
threads() { printf '%b' "\\x0$1" | dd of=orders bs=1 seek=32 conv=notrunc status=none; }

@test "without threads it does not begin and says why; when there are no more later on, lines are taken all the same" {
	local line='{"type":"message","time":"2026-01-02T03:04:05Z","from":"+4520304050","to":"+4511111111","text":"hello"'
	[ -z "${SANITIZE:-}${TSAN:-}" ] || skip "sanitizers bring a malloc of their own"
	head -c 4096 /dev/zero >orders
	threads 1
	run -8 env LD_PRELOAD="$BUILD/test/scarce.so" LETHE_SCARCE="$PWD/orders" "$LETHE" serve --listen 127.0.0.1:0
	[[ $output == *"cannot start a thread"*"ulimit -u"* ]]
	serve_scarce
	threads 1
	ask admin.token POST /v1/accounts/Acme/ingest '' -H 'Content-Type: application/x-ndjson' --data-binary "$line,\"id\":\"m1\"}"
	answered 200
	jq -se '.[-1] | .complete and .new == 1' answer
	ask admin.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary "$line,\"id\":\"m2\"}"
	answered 202
	job=$(jq -r .id answer)
	await ended
	jq -e '.state == "done"' answer
	stop
	"$LETHE" check >/dev/null
}

ended() {
	ask admin.token GET "/v1/accounts/Acme/jobs/$job"
	jq -e '.ended != null' answer >/dev/null
}

hold() { ask admin.token POST /v1/accounts/Acme/holds "{\"reason\": \"$1\"}"; }

# holds: the reasons of those that are there.
holds() { "$LETHE" hold list --account Acme --json | jq -r '.holds[].reason' | sort | xargs; }

@test "P45: nothing is acknowledged that is written to a vault which was moved away or replaced under it" {
	serve
	hold before
	answered 201
	mv lethe-data elsewhere
	hold moved
	answered 500
	ask admin.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary '{}'
	answered 500
	grep -q '"level":"error","event":"vault.place"' serve.log
	[ ! -e lethe-data ]
	mv elsewhere lethe-data
	hold back
	answered 201
	cp -a lethe-data copy
	mv lethe-data elsewhere
	mv copy lethe-data
	hold replaced
	answered 500
	[ "$(holds)" = "back before" ]
	stop
	[ "$(holds)" = "back before" ]
	rm -rf lethe-data
	mv elsewhere lethe-data
	[ "$(holds)" = "back before" ]
	"$LETHE" check >/dev/null
}

# erasures STATE: how many there are in it.
erasures() {
	ask admin.token GET /v1/accounts/Acme/erasures
	jq --arg state "$1" '[.erasures[] | select(.state == $state)] | length' answer
}
all_are_done() { [ "$(erasures "done")" = 1 ]; }

@test "P9, P28: an erasure that the disk was too full for goes on by itself once there is room" {
	local n went_on=0 person
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl "$SAMPLES"/copenhagen-calls.jsonl >/dev/null
	person=$("$LETHE" person find +4520000256 --account Acme --json | jq -r '.persons[0].id')
	cp -a lethe-data fresh
	for n in $(seq 24 8 120); do
		rm -rf lethe-data
		cp -a fresh lethe-data
		FAULT=enospc:$n:12 serve --deliverers 0 || { SERVING=; continue; } # so full that it does not begin
		ask admin.token POST "/v1/accounts/Acme/persons/$person/erasure" '{}'
		if [ "$code" = 507 ] && [ "$(erasures unfinished)" = 1 ]; then
			await all_are_done
			went_on=$((went_on + 1))
		fi
		kill -KILL "$SERVING"
		SERVING=
		"$LETHE" check >/dev/null
		[ "$went_on" -lt 2 ] || break
	done
	[ "$went_on" -gt 0 ]
}

# half_way: somebody's erasure that was killed, while $READER reads for ever what it has to wait for.
half_way() {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl >/dev/null
	mkfifo sql
	sqlite3 "$REGION/vault.db" <sql >seen 3>&- &
	READER=$!
	exec 8>sql
	echo 'BEGIN; SELECT COUNT(*) FROM contact;' >&8
	await test -s seen
	"$LETHE" person erase +4520000256 --account Acme --yes >/dev/null 2>&1 3>&- 8>&- &
	SERVING=$!
	await is_half_way
	kill -KILL "$SERVING"
	wait "$SERVING" || true
}
is_half_way() { [ "$(rows 'job WHERE state = 1')" = 1 ]; }

@test "P9, P45: told to stop while it goes on with what was left half-way, it ends at once, and goes on the next time" {
	local code=0
	half_way
	: >serve.log
	"$LETHE" serve --listen 127.0.0.1:0 2>serve.log 3>&- 8>&- &
	SERVING=$!
	await has_the_vault
	kill -TERM "$SERVING"
	wait "$SERVING" || code=$?
	[ "$code" = 143 ] # it does not wait for who reads
	run ! grep serve.listening serve.log
	exec 8>&-
	wait "$READER"
	serve
	[ "$(erasures "done")" = 1 ]
	stop
	"$LETHE" check >/dev/null
}
has_the_vault() { grep -q "process $SERVING" "$REGION/lock"; }
