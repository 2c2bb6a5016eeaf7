#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P49: a request with an Idempotency-Key is done once, whatever is killed when, however many ask.

# shellcheck disable=SC2154 # ask sets $code

bats_require_minimum_version 1.5.0

load story
load serving

HOLDS=/v1/accounts/Acme/holds

setup() { begin_serving; }
teardown() { end_serving; }

# reasons: of the holds there are, a line each.
reasons() { "$LETHE" hold list --account Acme --json | jq -r '.holds[].reason' | sort; }

@test "who asks again with a key is told the same, and a header says so" {
	serve
	ask admin.token POST $HOLDS '{"reason":"case 7"}' -H 'Idempotency-Key: "8e03978e"'
	answered 201
	mv answer first
	run ! grep -qi '^idempotency-replayed' headers
	ask admin.token POST $HOLDS '{"reason":"case 7"}' -H 'Idempotency-Key: "8e03978e"'
	answered 201
	cmp first answer
	grep -qi '^idempotency-replayed: true' headers
	ask admin.token POST $HOLDS '{"reason":"case 8"}' -H 'Idempotency-Key: "8e03978e"'
	answered 422
	grep -q '"type":"/problems/idempotency-key-reused"' answer
	stop
	serve
	ask admin.token POST $HOLDS '{"reason":"case 7"}' -H 'Idempotency-Key: "8e03978e"'
	answered 201
	cmp first answer
	stop
	[ "$(reasons)" = "case 7" ]
}

@test "a key is not in the log, nor in the vault" {
	serve
	ask admin.token POST $HOLDS '{"reason":"case 7"}' -H 'Idempotency-Key: tell-nobody-of-it'
	answered 201
	stop
	run ! grep -q tell-nobody serve.log
	run ! grep -qr tell-nobody lethe-data
}

@test "after an erasure no answer is kept that could tell of the erased, and nothing is done again" {
	printf '%s\n' '{"type":"message","id":"m1","time":"2026-01-02T03:04:05Z","from":"+4520304050","to":"+4511111111","text":"hello"}' \
		'{"type":"message","id":"m2","time":"2026-01-02T03:04:05Z","from":"+4520304051","to":"+4511111111","text":"hello"}' >in.jsonl
	"$LETHE" import in.jsonl --account Acme >/dev/null
	serve
	ask admin.token POST /v1/accounts/Acme/persons/search '{"who":"+4520304050"}'
	one=$(grep -o 'per_[a-z0-9]*' answer | head -n 1)
	ask admin.token POST /v1/accounts/Acme/persons/search '{"who":"+4520304051"}'
	other=$(grep -o 'per_[a-z0-9]*' answer | head -n 1)
	ask admin.token POST "/v1/accounts/Acme/persons/$one/links" "{\"other\":\"$other\"}" -H 'Idempotency-Key: k1'
	answered 200
	mv answer first
	ask admin.token POST "/v1/accounts/Acme/persons/$one/links" "{\"other\":\"$other\"}" -H 'Idempotency-Key: k1'
	answered 200
	cmp first answer
	ask admin.token POST "/v1/accounts/Acme/persons/$one/erasure" '{}' -H 'Idempotency-Key: k2'
	answered 200
	mv answer first
	ask admin.token POST "/v1/accounts/Acme/persons/$one/erasure" '{}' -H 'Idempotency-Key: k2'
	answered 200
	cmp first answer
	ask admin.token POST "/v1/accounts/Acme/persons/$one/links" "{\"other\":\"$other\"}" -H 'Idempotency-Key: k1'
	answered 409
	grep -q '"type":"/problems/idempotency-key-spent"' answer
	stop
	"$LETHE" check >/dev/null
}

# ask_all WHO [LIST]: every key of the list once, two clients beside each other; who is answered is noted.
ask_all() {
	local client
	for client in 1 2; do
		(
			mkdir -p "client$client"
			cp admin.token "client$client"
			cd "client$client" || exit
			for ((k = client; k <= KEYS; k += client == 2 ? 1 : 2)); do
				ask admin.token POST $HOLDS "{\"reason\":\"case $k\"}" -H "Idempotency-Key: key-$k" 2>/dev/null || exit 0
				[ "$code" = 201 ] && echo "case $k"
			done >>../answered.$client
			exit 0
		) &
		clients[client]=$!
	done
	wait "${clients[@]}" || true
}

# ask_again: until each key has an answer, which says that it was done.
ask_again() {
	local k
	for ((k = 1; k <= KEYS; k++)); do
		ask admin.token POST $HOLDS "{\"reason\":\"case $k\"}" -H "Idempotency-Key: key-$k"
		[ "$code" = 201 ] || grep -q '"type":"/problems/idempotency-key-spent"' answer || answered 201
	done
}

@test "P49: killed at any change of a file, no key is done twice, and what was acknowledged is there" {
	local all at cases=0 step
	KEYS=6
	cp -a . ../base
	FAULT=count:$BATS_TEST_TMPDIR/../count serve --token-rate 100000
	ask_all
	stop
	all=$(<../count)
	[ "$all" -gt 20 ]
	step=$((all / (${LONG:+100000} + 16) + 1))
	seq 1 $KEYS | sed 's/^/case /' >../wanted
	for ((at = 2; at <= all; at += step)); do
		rm -rf ./* && cp -a ../base/. .
		if FAULT=kill:$at serve --token-rate 100000 >/dev/null; then
			ask_all
		fi
		kill -KILL "$SERVING" 2>/dev/null || true
		tail -s 0.05 --pid="$SERVING" -f /dev/null
		serve
		ask_again
		stop
		reasons >there
		cmp ../wanted there || { echo "killed at change $at of $all"; diff ../wanted there; return 1; }
		cat answered.* 2>/dev/null | sort -u | comm -23 - there | { ! grep .; }
		"$LETHE" check >/dev/null
		cases=$((cases + 1))
	done
	echo "# $cases cases" >&3
}

# lines FROM TO: calls.
lines() {
	local n
	for ((n = $1; n <= $2; n++)); do
		printf '{"type":"call","id":"k%d","source":"keyed","time":"2026-01-05T10:00:00Z","from":"+4520000289"}\n' "$n"
	done
}

# send KEY FILE WHERE [CURL..]: its lines as a stream.
send() {
	local key=$1 file=$2 where=$3
	shift 3
	ask admin.token POST "/v1/accounts/Acme/$where" '' -H 'Content-Type: application/x-ndjson' -H "Idempotency-Key: $key" -T "$file" "$@"
}

jobs() { "$LETHE" job list --account Acme --json | jq '.jobs | length'; }

@test "P49: lines that are sent again with their key are answered as they were, and others are refused" {
	lines 1 3 >calls.jsonl
	lines 4 5 >others.jsonl
	serve
	send k1 calls.jsonl ingest
	answered 200
	[ "$(tail -n 1 answer | jq .new)" = 3 ]
	mv answer first
	send k1 calls.jsonl ingest
	answered 200
	cmp first answer
	grep -qi '^idempotency-replayed: true' headers
	grep -qi '^content-type: application/x-ndjson' headers
	send k1 others.jsonl ingest
	answered 422
	grep -q '"type":"/problems/idempotency-key-reused"' answer
	send k1 calls.jsonl 'ingest?results=refused'
	answered 422
	stop
	serve
	send k1 calls.jsonl ingest
	answered 200
	cmp first answer
	send k2 calls.jsonl ingest
	answered 200
	[ "$(tail -n 1 answer | jq .known)" = 3 ]
	run ! grep -qi '^idempotency-replayed' headers
	stop
	run ! grep -qr 4520000289 lethe-data
	"$LETHE" check >/dev/null
}

@test "P49: an import that is sent again with its key is one job" {
	lines 1 3 >calls.jsonl
	lines 4 5 >others.jsonl
	serve
	send k1 calls.jsonl imports
	answered 202
	mv answer first
	grep -i '^location' headers >location
	send k1 calls.jsonl imports
	answered 202
	cmp first answer
	grep -i '^location' headers | cmp - location
	grep -qi '^idempotency-replayed: true' headers
	send k1 others.jsonl imports
	answered 422
	send k1 calls.jsonl ingest
	answered 422
	stop
	serve
	send k1 calls.jsonl imports
	answered 202
	cmp first answer
	stop
	[ "$(jobs)" = 1 ]
	"$LETHE" check >/dev/null
}

# broken WHERE: half of a body, and then nothing more.
broken() {
	exec 4<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'POST /v1/accounts/Acme/%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nIdempotency-Key: k1\r\nContent-Length: 1000\r\n\r\n' \
		"$1" "$(<admin.token)" >&4
	lines 1 2 >&4
	exec 4>&-
}

ended() { [ "$(grep -c '"event":"http.request"' serve.log)" -ge "$1" ]; }

@test "P49: a body that broke off leaves no key, and of an import nothing" {
	lines 1 3 >calls.jsonl
	serve
	broken ingest
	broken imports
	await ended 2
	send k1 calls.jsonl ingest
	answered 200
	run ! grep -qi '^idempotency-replayed' headers
	[ "$(tail -n 1 answer | jq '.new + .known')" = 3 ]
	send k2 calls.jsonl imports
	answered 202
	stop
	[ "$(jobs)" = 1 ]
	"$LETHE" check >/dev/null
}

@test "P49: what was refused leaves no key, and an answer that is too long is said to have been given" {
	lines 1 2 >calls.jsonl
	printf '{}%.0s\n' {1..9000} >bad.jsonl
	: >empty.jsonl
	serve
	send k1 empty.jsonl imports
	answered 400
	send k1 calls.jsonl 'imports?tz=No/Where'
	answered 400
	send k1 calls.jsonl imports
	answered 202
	send 'a b' calls.jsonl ingest
	answered 400
	grep -q '"field":"Idempotency-Key"' answer
	send k2 bad.jsonl ingest
	answered 200
	[ "$(wc -c <answer)" -gt 1048576 ]
	send k2 bad.jsonl ingest
	answered 409
	grep -q '"type":"/problems/idempotency-key-spent"' answer
	stop
}

@test "P49: many who send the same file with one key at once are told of one job" {
	local n pids=()
	lines 1 50 >calls.jsonl
	serve
	for n in 1 2 3 4; do
		(
			mkdir "sender$n" && cp admin.token calls.jsonl "sender$n" && cd "sender$n" || exit 1
			send k1 calls.jsonl imports
			until [ "$code" = 202 ]; do
				grep -q '"type":"/problems/idempotency-key-running"' answer || exit 1
				send k1 calls.jsonl imports
			done
			jq -r .id answer >id
		) 3>&- &
		pids+=($!)
	done
	for n in "${pids[@]}"; do wait "$n"; done
	[ "$(cat sender*/id | sort -u | wc -l)" = 1 ]
	stop
	[ "$(jobs)" = 1 ]
}

@test "P49: killed at any change of a file, an import with a key is one job, and its key says so" {
	local all at step
	lines 1 3 >calls.jsonl
	cp -a . ../base
	FAULT=count:$BATS_TEST_TMPDIR/../count serve
	send k1 calls.jsonl imports
	stop
	all=$(<../count)
	step=$((all / (${LONG:+100000} + 8) + 1))
	for ((at = 2; at <= all; at += step)); do
		rm -rf ./* && cp -a ../base/. .
		if FAULT=kill:$at serve >/dev/null; then
			send k1 calls.jsonl imports 2>/dev/null || true
		fi
		kill -KILL "$SERVING" 2>/dev/null || true
		tail -s 0.05 --pid="$SERVING" -f /dev/null
		serve
		send k1 calls.jsonl imports
		[ "$code" = 202 ] || grep -q '"type":"/problems/idempotency-key-spent"' answer || answered 202
		stop
		[ "$(jobs)" = 1 ] || { echo "killed at change $at of $all: $(jobs) jobs"; return 1; }
		"$LETHE" check >/dev/null
	done
}

@test "who signs in with a key is told that it takes none" {
	serve
	ask admin.token POST /v1/session '{"name":"a","password":"correct horse battery"}' -H 'Idempotency-Key: k1' -H 'Sec-Fetch-Site: same-origin'
	answered 400
	grep -q '"field":"Idempotency-Key"' answer
	stop
}

@test "P51: what was read is answered anew only if it changed, and written over only if it did not" {
	serve
	ask admin.token GET /v1/accounts/Acme
	answered 200
	local etag
	etag=$(sed -nE 's/^[Ee][Tt]ag: ("[0-9a-f]+")\r$/\1/p' headers)
	[ -n "$etag" ]
	ask admin.token GET /v1/accounts/Acme '' -H "If-None-Match: $etag"
	answered 304
	[ ! -s answer ]
	ask admin.token PUT /v1/accounts/Acme/settings/grace_hours '{"value":"5"}' -H "If-Match: $etag"
	answered 200
	ask admin.token PUT /v1/accounts/Acme/settings/grace_hours '{"value":"6"}' -H "If-Match: $etag"
	answered 412
	ask admin.token GET /v1/accounts/Acme '' -H "If-None-Match: $etag"
	answered 200
}
