#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Data going in and out of the daemon over real HTTP: lines, records, contacts.

# Each test is a subshell of its own, and means to be; ask sets $code.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load story
load serving

setup() {
	begin_serving
	"$LETHE" token create pbx --account Acme --role admin --scopes record.write --out pbx.token >/dev/null
}

teardown() { end_serving; }

# send TOKEN FILE [QUERY] [CURL..]: as lines.
send() {
	local token=$1 file=$2 query=${3-}
	shift $(($# < 3 ? 2 : 3))
	ask "$token" POST "/v1/accounts/Acme/ingest$query" '' -H 'Content-Type: application/x-ndjson' --data-binary "@$file" "$@"
}

# says JQ: of one of the lines of the answer it is true.
says() {
	jq -es "any(.[]; $1)" answer >/dev/null || { echo "not in the answer: $1"; head -c 3000 answer; return 1; }
}

# calls N [FROM]: N lines of calls.
calls() {
	jq -cn --argjson n "$1" --argjson from "${2:-0}" 'range($from; $from + $n) | {type: "call", id: "c-\(.)", source: "pbx",
		time: "2025-11-\(10 + . % 9)T14:03:00Z", from: "+45200\(10000 + . % 1000)", to: "+4520000300"}'
}

@test "each line is answered by a line, in order, in the words of an import" {
	serve
	{
		calls 1
		calls 1
		calls 1 | sed 's/+4520000300/+4520000301/'
		echo
		echo '{"type":"contact","id":"k-1","name":"Ann Holst","phones":["+4520000578"]}'
		echo '{"type":"call","id":"c-2","time":"2025-11-17T14:03:00Z","from":"+4520000578","too":"+4520000300"}'
		printf '{"type":"note","text":"\xff"}\n'
		echo '{"type":"recording","id":"r-1","time":"2025-11-17T14:03:00Z","from":"+4520000578","media":"a.wav"}'
	} >lines
	send admin.token lines
	answered 200
	[ "$(jq -r .line answer | tr '\n' ' ')" = '1 2 3 5 6 7 8 null ' ]
	[ "$(jq -r .result answer | tr '\n' ' ')" = 'new known refused new refused refused refused null ' ]
	[ "$(jq -r 'select(.line == 3) | .code' answer)" = differs ]
	says '.line == 6 and (.field == "too" and (.reason | contains("did you mean '\''to'\''")))'
	says '.line == 7 and (.code == "input")'
	says '.line == 8 and (.field == "media")'
	says '.end and (.complete and .new == 2 and .known == 1 and .refused == 4 and .sums.contacts_new == 1)'
	send admin.token lines '?results=refused'
	[ "$(jq -r .line answer | tr '\n' ' ')" = '3 6 7 8 null ' ]
	says '.end and (.new == 0 and .known == 3)'
}

@test "what came over HTTP is what the command line's import makes of it" {
	serve
	calls 2500 >lines
	send admin.token lines '?source=x&tz=Europe/Copenhagen'
	answered 200
	[ "$(grep -c '"result":"new"' answer)" = 2500 ]
	stop
	"$LETHE" import --account Acme --json lines >imported
	jq -e '.duplicates == 2500 and .records == {}' imported
	"$LETHE" check >/dev/null
}

@test "a body of any size goes in with little memory, and a line that is too long is refused alone" {
	serve
	calls 60000 >lines
	{ printf '{"type":"note","text":"'; head -c 5000000 /dev/zero | tr '\0' x; echo '"}'; } >>lines
	calls 10 60000 >>lines
	send admin.token lines '?results=refused' -H 'Transfer-Encoding: chunked'
	answered 200
	says '.line == 60001 and (.reason | contains("longer than 4194304 bytes"))'
	says '.end and (.new == 60010 and .refused == 1)'
	# Two batches and what is remembered of people, however long the body is.
	[ -n "${SANITIZE:-}" ] || [ "$(awk '/VmHWM/ {print $2}' "/proc/$SERVING/status")" -lt 250000 ]
}

@test "who may not bring records in does not, and a token for records brings no contacts" {
	serve
	calls 1 >lines
	send auditor.token lines
	answered 403
	ask admin.token POST /v1/accounts/Other/ingest '' -H 'Content-Type: application/x-ndjson' --data-binary @lines
	answered 404
	sed -E 's/req_[a-z0-9]+//' answer >other
	ask admin.token POST /v1/accounts/Nobody/ingest '' -H 'Content-Type: application/x-ndjson' --data-binary @lines
	sed -E 's/req_[a-z0-9]+//' answer | cmp - other
	echo '{"type":"contact","id":"k-1","name":"Ann Holst","phones":["+4520000578"]}' >>lines
	send pbx.token lines
	answered 200
	says '.line == 1 and (.result == "new")'
	says '.line == 2 and (.field == "type" and (.mend | contains("contact.write")))'
	ask pbx.token POST /v1/accounts/Acme/contacts "$(tail -1 lines)"
	answered 403
}

@test "what is asked wrongly is refused before anything is read" {
	serve
	calls 1 >lines
	send admin.token lines '?tz=Nowhere/Else'
	answered 400
	jq -e '.field == "tz"' answer
	send admin.token lines '?strict=true'
	answered 400
	jq -e '.field == "strict"' answer
	send admin.token lines '?results=some'
	answered 400
	ask admin.token POST /v1/accounts/Acme/ingest "$(cat lines)"
	answered 415
}

@test "P50: every line that was acknowledged is there after the daemon was killed" {
	serve --token-rate 100000
	: >acknowledged
	(for ((i = 0; i < 200; i++)); do
		calls 300 $((i * 300)) >"lines.$i"
		send admin.token "lines.$i" || exit 0
		[ "$code" = 200 ] && grep -c '"result":"new"' answer | grep -qx 300 && cat "lines.$i" >>acknowledged
	done) &
	local asking=$!
	timeout 60 head -n 3000 < <(tail -n +1 -f acknowledged) >/dev/null # ten were answered, and it is at the next
	kill -KILL "$SERVING"
	wait "$asking" || true
	SERVING=
	[ -s acknowledged ]
	"$LETHE" check >/dev/null
	"$LETHE" import --account Acme --json acknowledged >again
	jq -e --argjson n "$(wc -l <acknowledged)" '.duplicates == $n and .records == {}' again
}

@test "P50: with the disk full nothing is acknowledged that is not there, and the same sent again goes on" {
	local at n all=0
	calls 25000 >lines
	cp -a lethe-data fresh
	for at in 30 60 72 80 88 104 120; do
		rm -rf lethe-data
		cp -a fresh lethe-data
		FAULT=enospc:$at:0 serve
		send admin.token lines '?results=refused'
		stop
		answered 507
		says '(.end and .complete == false and .problem.type == "/problems/full") or .type == "/problems/full"'
		n=$(jq -s '.[-1].new // 0' answer)
		all=$((all + n))
		"$LETHE" check >/dev/null
		[ "$n" = 0 ] || head -n "$n" lines | "$LETHE" import --account Acme --json - | jq -e --argjson n "$n" '.duplicates == $n'
	done
	[ "$all" -gt 0 ]
	serve
	send admin.token lines
	answered 200
	says '.end and .new + .known == 25000'
	stop
	"$LETHE" check >/dev/null
}

# has_records: is there any in the vault?
has_records() { [ "$(sqlite3 "$REGION/vault.db" 'SELECT COUNT(*) FROM record')" -gt 0 ]; }

# has_incoming, has_none: is a file being taken in?
has_incoming() { [ -n "$(find lethe-data -path '*incoming*' -type f -size +0)" ]; }
has_none() { [ -z "$(find lethe-data -path '*incoming*' -type f)" ]; }

@test "a client that goes away leaves whole batches and nothing else" {
	serve
	calls 12500 >lines
	mkfifo body
	curl -sS -o answer -X POST -H "Authorization: Bearer $(cat admin.token)" -H 'Content-Type: application/x-ndjson' -T - \
		"$URL/v1/accounts/Acme/ingest" <body 3>&- &
	local client=$!
	exec 9>body # as long as this is open, there may be more of it
	cat lines >&9
	await has_records
	kill "$client"
	exec 9>&-
	stop
	"$LETHE" check >/dev/null
	"$LETHE" import --account Acme --json lines >again
	jq -e '.duplicates > 0 and .duplicates % 1000 == 0 and .duplicates + .records.call == 12500' again
}

@test "a record alone: made, known, refused" {
	serve
	ask admin.token POST /v1/accounts/Acme/records "$(calls 1)"
	answered 201
	jq -e '.result == "new" and .type == "call"' answer
	id=$(jq -r .id answer)
	ask admin.token POST /v1/accounts/Acme/records "$(calls 1)"
	answered 200
	jq -e '.result == "known"' answer
	ask admin.token POST /v1/accounts/Acme/records "$(calls 1 | sed 's/+4520000300/+4520000301/')"
	answered 409
	ask admin.token POST /v1/accounts/Acme/records '{"type":"call","tme":"2025-11-17T14:03:00Z","from":"+4520000578"}'
	answered 400
	jq -e '.field == "tme"' answer
	ask admin.token POST /v1/accounts/Acme/records 'nonsense'
	answered 400
	ask admin.token POST /v1/accounts/Acme/records '{"type":"contact","id":"k","phones":["+4520000578"]}'
	answered 400
	ask admin.token GET "/v1/accounts/Acme/records/$id"
	answered 200
	jq -e '.payload.id == "c-0"' answer
}

@test "a contact is made, corrected, deleted and stays deleted" {
	serve
	ask admin.token POST /v1/accounts/Acme/contacts '{"id":"k-9","name":"Bo","phones":["+4520000579"]}'
	answered 201
	id=$(jq -r .id answer)
	grep -qi "^Location: /v1/accounts/acc_[a-z0-9]*/contacts/$id" headers
	ask admin.token PUT "/v1/accounts/Acme/contacts/$id" '{"name":"Bo Holst","phones":["+4520000580"]}'
	answered 200
	jq -e --arg id "$id" '.result == "updated" and .id == $id' answer
	ask admin.token GET "/v1/accounts/Acme/contacts/$id"
	jq -e '.content.name == "Bo Holst" and .content.phones == ["+4520000580"]' answer
	ask admin.token POST /v1/accounts/Acme/persons/search '{"who":"Bo Holst"}'
	answered 200
	ask admin.token PUT /v1/accounts/Acme/contacts/con_0000000000es2921qxjq5edadc '{"name":"No","phones":["+4520000580"]}'
	answered 404
	ask admin.token PUT "/v1/accounts/Acme/contacts/$id" '{"name":"Nobody"}'
	answered 400
	jq -e '.field == "phones"' answer
	ask admin.token DELETE "/v1/accounts/Acme/contacts/$id"
	answered 200
	ask admin.token PUT "/v1/accounts/Acme/contacts/$id" '{"name":"Bo Holst","phones":["+4520000580"]}'
	answered 409
	ask admin.token POST /v1/accounts/Acme/contacts '{"id":"k-9","name":"Bo","phones":["+4520000579"]}'
	answered 409
}

# recording: the id of a new one.
recording() {
	ask admin.token POST /v1/accounts/Acme/records '{"type":"recording","id":"r-1","time":"2025-11-17T14:03:00Z","from":"+4520000578"}'
	jq -r .id answer
}

# put FILE PATH [CURL..]: sends it.
put() {
	local file=$1 path=$2
	shift 2
	ask admin.token PUT "$path" '' -H 'Content-Type: application/octet-stream' --data-binary "@$file" "$@"
}

# digest FILE: as Content-Digest has it.
digest() { printf 'sha-256=:%s:' "$(openssl dgst -sha256 -binary "$1" | base64 -w 0)"; }

@test "media go up in a stream and come down whole, in part, and only when they are not had yet" {
	serve
	local at etag
	at=/v1/accounts/Acme/records/$(recording)/media/0
	head -c 3000000 /dev/urandom >file
	put file "$at" -H "Content-Digest: $(digest file)"
	answered 201
	jq -e --arg d "$(digest file)" '.bytes == 3000000 and .digest == $d' answer
	ask admin.token GET "$at"
	answered 200
	cmp answer file
	etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' headers)
	ask admin.token GET "$at" '' -r 1000000-1999999
	answered 206
	grep -q '^Content-Range: bytes 1000000-1999999/3000000' headers
	cmp answer <(tail -c +1000001 file | head -c 1000000)
	ask admin.token GET "$at" '' -r -7
	cmp answer <(tail -c 7 file)
	ask admin.token GET "$at" '' -r 3000000-
	answered 416
	ask admin.token GET "$at" '' -r 0-9 -H 'If-Range: "another"'
	answered 200
	cmp answer file
	ask admin.token GET "$at" '' -r 0-9 -H "If-Range: $etag"
	answered 206
	ask admin.token GET "$at" '' -H "If-None-Match: $etag"
	answered 304
	ask admin.token HEAD "$at" '' -I
	grep -q '^Content-Length: 3000000' headers
	grep -q '^Content-Type: application/octet-stream' headers
	ask auditor.token GET "$at"
	answered 403
	stop
	"$LETHE" check >/dev/null
	"$LETHE" audit list --account Acme --json | jq -e '[.leaves[].leaf.act] | map(select(. == "record.media")) | length >= 8'
}

@test "P53: a file that is sent is there whole, with its record, or nothing of it is" {
	serve
	local at
	at=/v1/accounts/Acme/records/$(recording)/media
	head -c 3000000 /dev/urandom >file
	head -c 2999999 file >short
	put short "$at/0" -H "Repr-Digest: $(digest file)"
	answered 400
	jq -e '.field == "Repr-Digest"' answer
	put file "$at/0" -H 'Content-Digest: sha-256=:AAAA:'
	answered 400
	mkfifo body
	curl -sS -o answer -X PUT -H "Authorization: Bearer $(cat admin.token)" -T - "$URL$at/0" <body 3>&- &
	local client=$!
	exec 9>body
	cat short >&9
	await has_incoming
	kill "$client"
	exec 9>&-
	await has_none
	ask admin.token GET "$at/0"
	answered 404
	put file "$at/0"
	answered 201
	put file "$at/0"
	answered 200
	put short "$at/0"
	answered 409
	put file "$at/2"
	answered 400
	put /dev/null "$at/1"
	answered 400
	ask admin.token PUT /v1/accounts/Other/records/rec_01krv3ymh0e8v8jwew4hv5526x/media/0 '' --data-binary @file
	answered 404
	stop
	"$LETHE" check >/dev/null
}

@test "P53: killed while files come in it has those that it acknowledged, whole" {
	serve --token-rate 100000
	local at asking i
	at=/v1/accounts/Acme/records/$(recording)/media
	(for ((i = 0; i < 16; i++)); do
		head -c 400000 /dev/urandom >"file.$i"
		put "file.$i" "$at/$i" || exit 0
		[ "$code" = 201 ] && echo "$i" >>acknowledged
	done) &
	asking=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -s acknowledged ] || [ "$(wc -l <acknowledged)" -lt 3 ] || break
		sleep 0.05
	done
	kill -KILL "$SERVING"
	wait "$asking" || true
	serve
	while read -r i; do
		ask admin.token GET "$at/$i"
		answered 200
		cmp answer "file.$i"
	done <acknowledged
	stop
	"$LETHE" check >/dev/null
}

@test "P53: with the disk full no part of a file stays" {
	local at n
	serve
	at=/v1/accounts/Acme/records/$(recording)/media/0
	stop
	head -c 3000000 /dev/urandom >file
	cp -a lethe-data fresh
	for n in 26 32 38 44 50 58; do
		rm -rf lethe-data
		cp -a fresh lethe-data
		FAULT=enospc:$n:0 serve || { SERVING=; continue; } # so full that it does not begin
		put file "$at"
		stop
		[ "$code" = 201 ] || [ "$code" = 507 ]
		"$LETHE" check >/dev/null
		serve
		put file "$at"
		stop
		[ "$code" = 201 ] || [ "$code" = 200 ]
		"$LETHE" check >/dev/null
	done
}

@test "P57: what is read over HTTP is in the log before it is answered: by whom, what, and why if that was said" {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl "$SAMPLES"/copenhagen-calls.jsonl >/dev/null
	local person contact token
	person=$("$LETHE" person show +4520000289 --account Acme --json | jq -r .id)
	contact=$("$LETHE" person show +4520000289 --account Acme --json | jq -r '.contacts[0]')
	serve
	ask admin.token GET "/v1/accounts/Acme/contacts/$contact" '' -H 'Lethe-Reason: CASE-2026.17'
	answered 200
	ask admin.token GET "/v1/accounts/Acme/persons/$person" '' -H 'Lethe-Reason: CASE-2026.17'
	answered 200
	ask admin.token GET "/v1/accounts/Acme/contacts/$contact" '' -H 'Lethe-Reason: Mrs Holst asked'
	answered 400
	jq -e '.field == "Lethe-Reason"' answer
	ask admin.token GET "/v1/accounts/Acme/contacts/$contact"
	answered 200
	token=$("$LETHE" token list --account Acme --json | jq -r '.tokens[] | select(.name == "program") | .id')
	kill -KILL "$SERVING" # what was answered is there
	SERVING=
	"$LETHE" audit list --account Acme --count 100 --json >log
	jq -e --arg c "$contact" --arg t "$token" '[.leaves[].leaf | select(.act == "contact.show" and .contact == $c and .by == $t)] |
		length == 2 and .[0].reason == "CASE-2026.17" and (.[1] | has("reason") | not)' log
	jq -e --arg p "$person" '[.leaves[].leaf | select(.act == "person.show" and .person == $p and .reason == "CASE-2026.17")] | length == 1' log
}

@test "P57: many readers at once each leave their leaf, and share its way to the disk" {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl >/dev/null
	local contact
	contact=$("$LETHE" contact list --account Acme --limit 1 --json | jq -r '.contacts[0].id')
	serve --token-rate 1000000
	seq 400 | xargs -P 16 -I{} curl -sS -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $(cat admin.token)" \
		"$URL/v1/accounts/Acme/contacts/$contact" | sort | uniq -c | grep -qx ' *400 200'
	stop
	"$LETHE" audit list --account Acme --count 1000 --json | jq -e '[.leaves[].leaf | select(.act == "contact.show")] | length == 400'
}

@test "P57: killed under many readers, each read that was answered is in the log, and the log beside it is that of now" {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl >/dev/null
	local contact round reading answered all=0
	contact=$("$LETHE" contact list --account Acme --limit 1 --json | jq -r '.contacts[0].id')
	for round in 1 2 3; do
		serve --token-rate 1000000 --reads-sync "$([ "$round" = 2 ] && echo answer || echo second)"
		printf 'Authorization: Bearer %s\n' "$(cat admin.token)" >asker
		: >codes
		(seq 3000 | xargs -P 8 -n 20 sh -c 'for i; do curl -sS -o /dev/null -w "%{http_code}\n" -H @asker "$0" || true; done' \
			"$URL/v1/accounts/Acme/contacts/$contact" >>codes 2>/dev/null) &
		reading=$!
		until [ "$(grep -c 200 codes)" -ge $((round * 40)) ]; do :; done
		# Another process sees what was answered before it began.
		answered=$(grep -c 200 codes)
		[ "$("$LETHE" audit list --account Acme --count 100000 --json | jq '[.leaves[].leaf | select(.act == "contact.show")] | length')" -ge $((all + answered)) ]
		kill -KILL "$SERVING"
		SERVING=
		wait "$reading" || true
		all=$((all + $(grep -c 200 codes)))
		"$LETHE" audit verify >/dev/null
		answered=$("$LETHE" audit list --account Acme --count 100000 --json | jq '[.leaves[].leaf | select(.act == "contact.show")] | length')
		[ "$answered" -ge "$all" ]
		[ "$answered" -le $((all + round * 9)) ] # those that were asked, and not answered
		all=$answered
	done
	"$LETHE" check >/dev/null
}

# gaps WORD..: how many leaves say that reads may be missing.
gaps() { "$LETHE" audit list --count 1000 --json "$@" | jq '[.leaves[].leaf | select(.act == "audit.gap")] | length'; }

# go_down: what a power cut leaves: the processes are gone, another boot, and of the file of reads what was never synced is as it was.
go_down() {
	kill -KILL "$SERVING"
	SERVING=
	dd if=/dev/zero of="$REGION/reads" bs=4096 count=1 conv=notrunc 2>/dev/null
	sqlite3 "$REGION/vault.db" "UPDATE meta SET value = 'before' WHERE name = 'reads_loose' AND value <> ''"
}

@test "P69: after the machine went down each account's log says between when reads may be missing; after a kill, a stop, or with reads synced before answers, nothing" {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl >/dev/null
	local contact
	contact=$("$LETHE" contact list --account Acme --limit 1 --json | jq -r '.contacts[0].id')
	serve
	ask admin.token GET "/v1/accounts/Acme/contacts/$contact"
	answered 200
	kill -KILL "$SERVING"
	serve
	stop
	[ "$(gaps)" = 0 ]
	serve --reads-sync answer
	go_down
	[ "$(gaps)" = 0 ]

	serve
	ask admin.token GET "/v1/accounts/Acme/contacts/$contact"
	answered 200
	go_down
	serve
	ask auditor.token GET '/v1/accounts/Acme/audit?limit=1000'
	answered 200
	jq -e '[.leaves[].leaf | select(.act == "audit.gap")] | length == 1 and (.[0].from < .[0].until)' answer
	stop
	[ "$(gaps --account Other)" = 1 ]
	[ "$(gaps)" = 3 ] # and of the vault's own
	"$LETHE" audit verify >/dev/null
	"$LETHE" check >/dev/null
}

@test "P69: nothing is said beside a daemon that keeps reads, nor by who cannot know; a daemon that cannot tell one boot from another warns, and says too much rather than too little" {
	local boot=/proc/sys/kernel/random/boot_id marked
	blind() { env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT=hide:$boot "$@"; }
	mark() { sqlite3 "$REGION/vault.db" "SELECT value FROM meta WHERE name = 'reads_loose'"; }
	serve
	run ! grep serve.boot serve.log
	marked=$(mark)
	[ "$marked" = "$(cat $boot)" ]
	blind "$LETHE" audit list --json >/dev/null
	kill -KILL "$SERVING"
	SERVING=
	blind "$LETHE" audit list --json >/dev/null
	[ "$(mark)" = "$marked" ]
	serve
	stop
	[ "$(gaps)" = 0 ]
	FAULT=hide:$boot serve
	grep -q '"level":"warning".*"event":"serve.boot"' serve.log
	[ "$(mark)" = unknown ]
	[ "$(gaps)" = 0 ]
	[ "$(mark)" = unknown ]
	stop
	[ "$(gaps)" = 0 ]
	FAULT=hide:$boot serve --reads-sync answer
	run ! grep serve.boot serve.log
	stop
	FAULT=hide:$boot serve
	kill -KILL "$SERVING"
	FAULT=hide:$boot serve
	[ "$(gaps)" = 3 ] # of each account, and of the vault's own
	stop
	[ "$(gaps)" = 3 ]
}

@test "P57, P28: on a full disk no read is answered that is not in the log" {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl >/dev/null
	local contact n all before=0 refused=0
	contact=$("$LETHE" contact list --account Acme --limit 1 --json | jq -r '.contacts[0].id')
	serve # which makes the file of reads
	ask admin.token GET "/v1/accounts/Acme/contacts/$contact"
	answered 200
	stop
	all=1
	FAULT=count:$BATS_TEST_TMPDIR/../count serve
	stop
	n=$(cat "$BATS_TEST_TMPDIR/../count")
	for before in -16 -12 -8 -4 0 5; do
		FAULT=enospc:$((n + before - 4)):0 serve || { SERVING=; continue; } # so full that it does not begin
		for _ in {1..40}; do # more writes than it makes as it ends, which were counted too
			ask admin.token GET "/v1/accounts/Acme/contacts/$contact"
			case $code in
			200) all=$((all + 1)) ;;
			507 | 503 | 500) refused=$((refused + 1)) ;;
			*) false ;;
			esac
		done
		kill -KILL "$SERVING"
		SERVING=
		[ "$("$LETHE" audit list --account Acme --count 1000 --json | jq '[.leaves[].leaf | select(.act == "contact.show")] | length')" -ge "$all" ]
		"$LETHE" audit verify >/dev/null
	done
	[ "$refused" -gt 0 ]
}

@test "a record or contact alone is taken once for one Idempotency-Key, and a contact corrected only if it is as it was" {
	serve
	local id old
	ask admin.token POST /v1/accounts/Acme/records "$(calls 1)" -H 'Idempotency-Key: "one"'
	answered 201
	id=$(jq -r .id answer)
	ask admin.token POST /v1/accounts/Acme/records "$(calls 1)" -H 'Idempotency-Key: "one"'
	answered 201
	grep -qi '^Idempotency-Replayed: true' headers
	[ "$(jq -r .id answer)" = "$id" ]
	ask admin.token POST /v1/accounts/Acme/contacts '{"id":"k-9","name":"Bo","phones":["+4520000579"]}'
	id=$(jq -r .id answer)
	ask admin.token GET "/v1/accounts/Acme/contacts/$id"
	old=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' headers)
	ask admin.token PUT "/v1/accounts/Acme/contacts/$id" '{"name":"Bo Holst","phones":["+4520000579"]}' -H "If-Match: $old"
	answered 200
	ask admin.token PUT "/v1/accounts/Acme/contacts/$id" '{"name":"Bob","phones":["+4520000579"]}' -H "If-Match: $old"
	answered 412
	ask admin.token GET "/v1/accounts/Acme/contacts/$id"
	jq -e '.content.name == "Bo Holst"' answer
}
