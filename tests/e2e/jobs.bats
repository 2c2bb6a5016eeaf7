#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P61: jobs over real HTTP, and killed in the middle of them.

# Each test is a subshell of its own, and means to be; ask sets $code.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load story
load serving

JOBS=/v1/accounts/Acme/jobs

setup() {
	begin_serving
	head -400 "$SAMPLES/copenhagen-sms.jsonl" | jq -c '. + {mentioned: ["+4520000289"]}' >in.jsonl
	"$LETHE" import in.jsonl --account Acme >/dev/null
}
teardown() { end_serving; }

# file TOKEN PATH [BODY]: $where is the job's address.
file() {
	ask "$1" POST "$2" "${3:-"{}"}" -H 'Prefer: respond-async'
	answered 202
	where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
}

# ends: waits for the job at $where; its document is in `answer`.
ends() {
	for ((i = 0; i < 400; i++)); do
		ask admin.token GET "$where"
		answered 200
		jq -e '.ended == null' answer >/dev/null || return 0
		sleep 0.05
	done
	return 1
}

# copies: a vault with somebody whose copy has sound in it; $who is their id.
copies() {
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl "$SAMPLES"/recordings.jsonl "$SAMPLES"/copenhagen-calls.jsonl --media-root "$SAMPLES" >/dev/null
	who=$("$LETHE" person show +4520000289 --account Acme --json | jq -r .id)
}

# kept: the files that jobs keep.
kept() { ls lethe-data/regions/default/kept; }

# person WHO: their id.
person() {
	ask admin.token POST /v1/accounts/Acme/persons/search "{\"who\":\"$1\"}"
	grep -o 'per_[a-z0-9]*' answer | head -n 1
}

@test "an erasure is a job that is answered later; the command line shows it too" {
	serve
	file admin.token "/v1/accounts/Acme/persons/$(person +4520000289)/erasure" '{"reference":"R-1"}'
	ends
	jq -e '.state == "done" and .status == 200 and .answer.records.message == 400 and .answer.left == 0' answer
	ask auditor.token GET $JOBS
	answered 200
	jq -e '.jobs | length == 1' answer
	ask auditor.token DELETE "$where"
	answered 403
	stop
	"$LETHE" job list --account Acme | grep -q 'done .*lethe person erase'
	"$LETHE" job show "${where##*/}" --account Acme --json | jq -e '.answer.reference == null'
	"$LETHE" check >/dev/null
}

@test "who watches a job is told how far it is, and when it has ended" {
	serve
	file admin.token "/v1/accounts/Acme/persons/$(person +4520000289)/erasure"
	ask auditor.token GET "$where/events" '' --max-time 30
	answered 200
	grep -qi '^content-type: text/event-stream' headers
	sed -n 's/^data: //p' answer | tail -n 1 | jq -e '.state == "done" and .status == 200'
	[ "$(grep -c '^event: end' answer)" = 1 ]
	ask auditor.token GET "$where/events" '' --max-time 30 # it has ended
	answered 200
	[ "$(grep -c '^event: ' answer)" = 1 ]
	ask admin.token GET "/v1/accounts/Other/jobs/${where##*/}/events"
	answered 404
	ask admin.token GET "$JOBS/job_00000000000000000000000000/events"
	answered 404
}

@test "who watches a job that does not end holds up nothing, not even the end of the daemon" {
	serve --job-workers 1 --stream-workers 1
	file admin.token /v1/accounts/Acme/retention/runs
	ends
	local id=${where##*/}
	# As if somebody were still at it; no thread takes what was asked for at no time.
	sqlite3 lethe-data/regions/default/vault.db "UPDATE work SET ended_at = 0, created_at = 0, state = 2 WHERE operation = 'retention run'"
	: >watched
	for _ in 1 2 3; do
		curl -sSN -H "Authorization: Bearer $(cat admin.token)" "$URL$where/events" >>watched 2>/dev/null &
	done
	for ((i = 0; i < 1200; i++)); do
		[ "$(grep -c '^event: progress' watched)" -lt 3 ] || break
		sleep 0.05
	done
	[ "$(grep -c '^event: progress' watched)" = 3 ]
	ask admin.token GET "$JOBS/$id"
	answered 200
	stop
}

@test "P67: one account has half of the places to watch jobs from" {
	"$LETHE" token create program --account Other --role admin --out other.token
	serve --token-rate 100000
	file other.token /v1/accounts/Other/retention/runs
	local others=$where
	file admin.token /v1/accounts/Acme/retention/runs
	ends
	others_end() { ask other.token GET "$others" && jq -e '.ended != null' answer >/dev/null; }
	await others_end
	# As if somebody were still at them; no thread takes what was asked for at no time.
	sqlite3 lethe-data/regions/default/vault.db "UPDATE work SET ended_at = 0, created_at = 0, state = 2 WHERE operation = 'retention run'"
	run python3 "$BATS_TEST_DIRNAME/jobs/watchers.py" "$PORT" admin.token "$where/events" 500 other.token "$others/events"
	[ "${lines[0]}" = '500 watch, then 503 /problems/share' ]
	[ "${lines[1]}" = 'another account: 200 watches' ]
}

@test "what waits when the daemon is told to stop is done when it begins again" {
	serve --job-workers 1
	file admin.token /v1/accounts/Acme/retention/runs
	local first=$where
	file admin.token "/v1/accounts/Acme/persons/$(person +4520000289)/erasure"
	stop
	serve
	ends
	jq -e '.state == "done"' answer
	where=$first
	ends
	jq -e '.state == "done"' answer
}

@test "P61: killed at any change of a file in an erasure that is a job, it ends once, and says so" {
	local all at step cases=0 who
	serve
	who=$(person +4520000289)
	stop
	rm -rf ../base && cp -a . ../base
	FAULT=count:$BATS_TEST_TMPDIR/../count serve
	file admin.token "/v1/accounts/Acme/persons/$who/erasure"
	ends
	stop
	all=$(<../count)
	[ "$all" -gt 20 ]
	step=$((all / (${LONG:+100000} + 14) + 1))
	for ((at = 3; at <= all; at += step)); do
		rm -rf ./* && cp -a ../base/. .
		where=
		if FAULT=kill:$at serve >/dev/null; then
			ask admin.token POST "/v1/accounts/Acme/persons/$who/erasure" '{}' -H 'Prefer: respond-async' 2>/dev/null || code=
			[ "$code" != 202 ] || where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
			tail -s 0.05 --pid="$SERVING" -f /dev/null & # it dies, or has done it
			local waiting=$!
			for ((i = 0; i < 40; i++)); do
				kill -0 "$SERVING" 2>/dev/null || break
				sleep 0.05
			done
			kill "$waiting" 2>/dev/null || true
		fi
		kill -KILL "$SERVING" 2>/dev/null || true
		serve
		if [ -n "$where" ]; then
			ends
			jq -e '.state == "done" and .status == 200' answer >/dev/null || { echo "killed at change $at of $all"; cat answer; return 1; }
			jq -e '[.. | .person? // empty] | index("'"$who"'") != null' answer >/dev/null || { echo "killed at change $at of $all"; cat answer; return 1; }
		fi
		ask admin.token GET "/v1/accounts/Acme/audit?from=0&limit=1000"
		jq -e --argjson asked "$([ -n "$where" ] && echo true || echo false)" '[.leaves[].leaf.act | select(. == "person.erase")] | length | . == 1 or (. == 0 and ($asked | not))' answer >/dev/null ||
			{ echo "killed at change $at of $all: not erased once"; return 1; }
		stop
		"$LETHE" check >/dev/null
		cases=$((cases + 1))
	done
	echo "# $cases cases" >&3
}

@test "P64: the copy of what there is on a person is a job, fetched whole, as the command line writes it" {
	local result
	copies
	serve --result-keep 2
	ask admin.token POST "/v1/accounts/Acme/persons/$who/export" '{"others":"some"}'
	answered 400
	ask operator.token POST "/v1/accounts/Acme/persons/$who/export" '{}'
	answered 403
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	jq -e '.state == "done" and .answer.left_out == 0 and .answer.others == "mask"' answer
	result=$(jq -r .answer.result answer)
	[ "$result" = "$where/result" ]
	[ "$(jq '(.answer.kept_until[:19] + "Z" | fromdate) - (.started[:19] + "Z" | fromdate) | . >= 7198 and . <= 7202' answer)" = true ]
	[ "$(kept | wc -l)" = 1 ]
	head -c 4 lethe-data/regions/default/kept/* | grep -qv PK
	ask admin.token GET "$result"
	answered 200
	grep -q '^Content-Type: application/zip' headers
	grep -q "^Content-Disposition: attachment; filename=\"$who.zip\"" headers
	mv answer over_http.zip
	ask auditor.token GET "$result"
	answered 403
	ask admin.token GET "/v1/accounts/Other/jobs/${where##*/}/result"
	answered 404
	file admin.token "/v1/accounts/Acme/persons/$who/export" '{"others":"show"}'
	ends
	ask admin.token GET "$(jq -r .answer.result answer)"
	mv answer shown.zip
	ask admin.token POST /v1/accounts/Acme/persons/per_01h455vb4pex5vsknk084sn02q/export '{}'
	answered 404
	stop
	"$LETHE" person export "$who" --account Acme --out local.zip >/dev/null
	unzip -tqq over_http.zip
	unzip -Z1 over_http.zip | cmp - <(unzip -Z1 local.zip)
	unzip -p over_http.zip data.json | jq 'del(.generated)' | cmp - <(unzip -p local.zip data.json | jq 'del(.generated)')
	[ "$(unzip -p shown.zip manifest.json | jq -r .options.others)" = show ]
	"$LETHE" job fetch "$(basename "$(dirname "$result")")" --account Acme --out fetched.zip >/dev/null
	cmp fetched.zip over_http.zip
	"$LETHE" audit list --account Acme --count 1000 --json |
		jq -e --arg w "$who" '[.leaves[].leaf | select(.act == "job.fetch" and .person == $w)] | length == 3'
	"$LETHE" check >/dev/null
}

@test "P64: a fetch that is broken off goes on where it was, with Range and If-Range" {
	local etag size
	copies
	serve
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	size=$(jq .answer.bytes answer)
	ask admin.token GET "$where/result"
	etag=$(sed -nE 's/^ETag: (.*)\r$/\1/p' headers)
	[ "$(stat -c %s answer)" = "$size" ]
	mv answer whole.zip
	ask admin.token GET "$where/result" '' -H 'Range: bytes=0-9999'
	answered 206
	mv answer part.zip
	stop
	serve
	ask admin.token GET "$where/result" '' -H 'Range: bytes=10000-' -H "If-Range: $etag"
	answered 206
	cat answer >>part.zip
	cmp part.zip whole.zip
	ask admin.token GET "$where/result" '' -H 'Range: bytes=10000-' -H 'If-Range: "another"'
	answered 200
	cmp answer whole.zip
	ask admin.token GET "$where/result" '' -H "If-None-Match: $etag"
	answered 304
	ask admin.token GET "$where/result" '' -H "Range: bytes=$size-"
	answered 416
}

@test "P64: what was kept cannot be opened once somebody is erased, and is gone when its time is over" {
	copies
	serve
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	local first=$where
	ask admin.token POST "/v1/accounts/Acme/persons/$who/erasure" '{}'
	answered 200
	ask admin.token GET "$first/result"
	answered 410
	who=$(person +4520000300)
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	stop
	serve
	stop
	"$LETHE" check >/dev/null
	"$LETHE" backup --out copy >/dev/null
	[ ! -e copy/kept ]
	[ "$(kept | wc -l)" = 1 ] # the other was of no use to anybody
	"$LETHE" retention run --account Acme --now "$(date -ud '+1 day +1 minute' +%FT%TZ)" >/dev/null
	"$LETHE" retention run --all --now "$(date -ud '+1 day +1 minute' +%FT%TZ)" >/dev/null
	[ -z "$(kept)" ]
	"$LETHE" check >/dev/null
}

# killed_at N PATH BODY [CURL..]: posts that to a daemon which dies at its Nth change of a file; another serves then. $where is the
# job that it began, or empty.
killed_at() {
	where=
	if FAULT=kill:$1 serve >/dev/null; then
		ask admin.token POST "${@:2}" 2>/dev/null || code=
		[ "$code" != 202 ] || where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
		for ((i = 0; i < 40; i++)); do
			kill -0 "$SERVING" 2>/dev/null || break
			sleep 0.05
		done
	fi
	kill -KILL "$SERVING" 2>/dev/null || true
	serve
}

@test "P64: killed at any change of a file while a copy is made, it is made anew, whole, and nothing else is kept" {
	local all step at cases=0
	copies
	rm -rf ../base && cp -a . ../base
	FAULT=count:$BATS_TEST_TMPDIR/../count serve
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	stop
	all=$(<../count)
	step=$((all / (${LONG:+100000} + 10) + 1))
	for ((at = 3; at <= all; at += step)); do
		rm -rf ./* && cp -a ../base/. .
		killed_at "$at" "/v1/accounts/Acme/persons/$who/export" '{}'
		if [ -n "$where" ]; then
			ends
			jq -e '.state == "done" and .status == 200' answer >/dev/null || { echo "killed at change $at of $all"; cat answer; return 1; }
			ask admin.token GET "$where/result"
			unzip -tqq answer || { echo "killed at change $at of $all"; return 1; }
			[ "$(kept | wc -l)" = 1 ]
		fi
		stop
		"$LETHE" check >/dev/null
		cases=$((cases + 1))
	done
	echo "# $cases cases" >&3
}

@test "P64: with the disk full a copy is refused, and nothing of it stays" {
	local n
	copies
	rm -rf ../fresh && cp -a lethe-data ../fresh
	for n in 24 30 36; do
		rm -rf lethe-data
		cp -a ../fresh lethe-data
		FAULT=enospc:$n:0 serve || { SERVING=; continue; } # so full that it does not begin
		ask admin.token POST "/v1/accounts/Acme/persons/$who/export" '{}'
		[ "$code" = 202 ] || [ "$code" = 507 ]
		for ((i = 0; i < 100; i++)); do # it is tried again as long as there is no room for its end
			! grep -q '"event":"job.end"' serve.log || break
			[ "$code" = 202 ] || break
			sleep 0.05
		done
		kill -KILL "$SERVING"
		SERVING=
		"$LETHE" check >/dev/null
	done
}

# send FILE TYPE [QUERY]: to be imported; $where is the job's address.
send() {
	ask admin.token POST "/v1/accounts/Acme/imports${3-}" '' -H "Content-Type: $2" --data-binary "@$1"
	answered 202
	where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
}

@test "P66: lines that were sent are imported as a job, which goes on without who sent them" {
	"$LETHE" token create narrow --account Acme --role admin --scopes record.write --out narrow.token >/dev/null
	serve
	{
		grep -h '"call"' "$SAMPLES/copenhagen-calls.jsonl" | head -300
		echo '{"type":"call","id":"x","time":"2025-11-17T14:03:00Z","from":"+4520000578","too":"+4520000300"}'
		echo '{"type":"recording","id":"r-1","time":"2025-11-17T14:03:00Z","from":"+4520000578","media":"a.wav"}'
		echo '{"type":"contact","id":"k-1","source":"sent","name":"Ann Holst","phones":["+4520000578"]}'
	} >lines
	send lines application/x-ndjson '?source=sent&tz=Europe/Copenhagen'
	stop # nobody waits for it
	serve
	ends
	jq -e '.state == "done" and .status == 200 and .operation == "import"' answer
	jq -e '.answer.sums | .lines == 303 and .rejected == 2 and .contacts_new == 1' answer
	jq -e '.answer.refused | map(.line) == [301, 302] and (.[0].where | contains("too")) and (.[1].where | contains("media"))' answer
	[ -z "$(kept)" ]
	ask admin.token GET "$where/result"
	answered 404
	send lines application/x-ndjson '?source=sent&tz=Europe/Copenhagen' # again: it is there
	ends
	jq -e '.answer.sums | .rejected == 2 and .contacts_unchanged == 1 and .records == {} and .duplicates == 300' answer
	tail -1 lines >contact
	ask narrow.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary @contact
	answered 202
	where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
	ends
	jq -e '.answer.refused[0].mend | contains("contact.write")' answer
	ask auditor.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary @contact
	answered 403
	ask admin.token POST '/v1/accounts/Acme/imports?tz=No/Where' '' -H 'Content-Type: application/x-ndjson' --data-binary @contact
	answered 400
	jq -e '.field == "tz"' answer
	: >none
	ask admin.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: text/csv' --data-binary @none
	answered 400
	[ -z "$(kept)" ]
	stop
	"$LETHE" check >/dev/null
}

@test "a file that is longer than is taken, or than there is room for, is refused, and nothing of it is kept" {
	local copy
	serve --import-max 5000
	head -c 5001 /dev/zero >long
	for how in 'Content-Length: 5001' 'Transfer-Encoding: chunked'; do
		ask admin.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' -H "$how" --data-binary @long
		answered 413
		jq -e '.type == "/problems/too-large" and (.detail | contains("5000 bytes"))' answer
	done
	[ -z "$(kept)" ]
	stop
	head -3 "$SAMPLES/copenhagen-calls.jsonl" >lines
	serve --kept-max 1024
	file admin.token "/v1/accounts/Acme/persons/$(person +4520000289)/export"
	ends
	jq -e '.state == "done"' answer
	copy=$where
	for how in 'X-None: 1' 'Transfer-Encoding: chunked'; do
		ask admin.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' -H "$how" --data-binary @lines
		answered 422
		jq -e '.type == "/problems/limit" and (.detail | contains("may take 1024 bytes"))' answer
	done
	ask admin.token POST "/v1/accounts/Acme/persons/$(person +4520000289)/export" '{}'
	answered 422
	[ "$(kept | wc -l)" = 1 ]
	ask admin.token DELETE "$copy/result"
	answered 200
	head -c 900 /dev/zero | tr '\\0' ' ' >short
	send short application/x-ndjson
	ends
}

@test "P57: what stands in refused lines is told to who sent them and who may read records, and the look is in the log" {
	"$LETHE" token create dialler --account Acme --role admin --scopes record.write,job.read --out dialler.token >/dev/null
	"$LETHE" token create other --account Acme --role admin --scopes record.write,job.read --out other.token >/dev/null
	serve
	{
		echo '{"type":"message","id":"m-1","time":"2025-11-17T14:03:00Z","from":{"email":"ann.holst(at)x"},"to":"+4520000300"}'
		echo '{"type":"message","id":"m-2","time":"2025-11-17T14:03:00Z","ann.holst":"+4520000300"}'
	} >lines
	ask dialler.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary @lines
	answered 202
	where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
	await sh -c "curl -sS -H 'Authorization: Bearer $(cat other.token)' '$URL$where' | jq -e .ended"
	for token in auditor operator other; do
		ask $token.token GET "$where"
		answered 200
		run ! grep -q holst answer
		jq -e '.answer.refused == [{line: 1, code: "input", where: null, reason: null, mend: null},
			{line: 2, code: "input", where: null, reason: null, mend: null}] and .answer.sums.rejected == 2' answer
	done
	for token in dialler admin; do
		ask $token.token GET "$where" '' -H "Lethe-Reason: $token"
		answered 200
		jq -e '.answer.refused[0].reason | contains("ann.holst(at)x")' answer
		jq -e '.answer.refused[1].where | contains("ann.holst")' answer
	done
	ask admin.token GET "$JOBS"
	run ! grep -q holst answer
	stop
	"$LETHE" job show "$(basename "$where")" --account Acme --json | grep -q holst
	"$LETHE" audit list --account Acme --from 0 --count 1000 --json |
		jq -e --arg j "$(basename "$where")" '[.leaves[].leaf | select(.act == "job.show") | [.job, .reason]] == [[$j, "dialler"], [$j, "admin"], [$j, null]]'
}

@test "P66: call records of Asterisk are sent as they are, and come out as the command line imports them" {
	local csv
	csv=$(find "$SAMPLES" -name 'Master.csv' | head -n 1)
	serve
	send "$csv" text/csv '?tz=Europe/Copenhagen&source=pbx'
	ends
	jq -e '.state == "done" and .answer.sums.records.call > 0' answer
	stop
	"$LETHE" import --account Acme --json --tz Europe/Copenhagen --source pbx "$csv" >imported || [ $? = 5 ]
	jq -e '.records == {} and .duplicates > 0' imported
}

@test "P66: an import that waits is cancelled, and nothing of what was sent stays" {
	serve
	head -5 "$SAMPLES/copenhagen-calls.jsonl" >lines
	send lines application/x-ndjson
	ask admin.token DELETE "$where"
	[ "$code" = 200 ] || [ "$code" = 409 ] # or it was done already
	ends
	[ -z "$(kept)" ]
}

@test "P66: killed at any change of a file while lines are sent and imported, what was acknowledged is imported" {
	local all step at cases=0
	head -200 "$SAMPLES/copenhagen-calls.jsonl" >lines
	rm -rf ../base && cp -a . ../base
	FAULT=count:$BATS_TEST_TMPDIR/../count serve
	send lines application/x-ndjson
	ends
	stop
	all=$(<../count)
	step=$((all / (${LONG:+100000} + 8) + 1))
	for ((at = 3; at <= all; at += step)); do
		rm -rf ./* && cp -a ../base/. .
		killed_at "$at" /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary @lines
		if [ -n "$where" ]; then
			ends
			jq -e '.state == "done" and .answer.sums.lines == 200' answer >/dev/null || { echo "killed at change $at of $all"; cat answer; return 1; }
		fi
		stop
		[ -z "$(kept 2>/dev/null)" ]
		[ -z "$where" ] || "$LETHE" import lines --account Acme --json | jq -e '.duplicates == 200' >/dev/null
		"$LETHE" check >/dev/null
		cases=$((cases + 1))
	done
	echo "# $cases cases" >&3
}

@test "the end of an account is a job of the vault, with its receipt when that was interrupted" {
	local item
	"$LETHE" token create owner --account Other --role owner --out owner.token >/dev/null
	serve
	ask owner.token DELETE /v1/accounts/Other
	answered 200
	jq -e '.state == "deleting"' answer
	for item in exports numbers campaigns invoices; do
		ask owner.token PUT "/v1/accounts/Other/checklist/$item" '{}'
		answered 200
	done
	ask owner.token DELETE /v1/accounts/Other '' -H 'Prefer: respond-async'
	answered 202
	where=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
	[[ $where == /v1/jobs/job_* ]]
	for ((i = 0; i < 400; i++)); do
		ask operator.token GET "$where"
		answered 200
		jq -e '.ended == null' answer >/dev/null || break
		sleep 0.05
	done
	jq -e '.state == "done" and .answer.ended and (.answer.left | not)' answer
	ask owner.token GET /v1/accounts/Other
	answered 401
	ask operator.token GET /v1/accounts/Other
	answered 404
	ask operator.token GET "/v1/ended/$(jq -r .answer.account <(curl -s -H "Authorization: Bearer $(cat operator.token)" "$URL$where"))/receipt"
	answered 200
	jq -e 'tostring | contains("account.end")' answer
	ask operator.token GET /v1/ended/acc_01h455vb4pex5vsknk084sn02q/receipt
	answered 404
	stop
	# As if the daemon had died between the end and the answer.
	sqlite3 lethe-data/regions/default/vault.db "UPDATE work SET ended_at = 0, state = 2, begun = 1, result = x''"
	serve
	for ((i = 0; i < 400; i++)); do
		ask operator.token GET "$where"
		jq -e '.ended == null' answer >/dev/null || break
		sleep 0.05
	done
	jq -e '.state == "done" and .answer.statement.act == "account.end"' answer || jq -e '.answer | tostring | contains("account.end")' answer
	stop
	"$LETHE" check >/dev/null
}

@test "P64: a restore keeps what was made since, and what it made go stays gone" {
	local first later
	copies
	serve
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	first=${where##*/}
	stop
	"$LETHE" backup --out copy >/dev/null
	serve
	ask admin.token DELETE "/v1/accounts/Acme/jobs/$first/result"
	answered 200
	file admin.token "/v1/accounts/Acme/persons/$who/export"
	ends
	later=${where##*/}
	stop
	"$LETHE" restore copy --yes >/dev/null || "$LETHE" restore copy >/dev/null
	"$LETHE" job fetch "$later" --account Acme --out later.zip >/dev/null
	unzip -tqq later.zip
	run -3 "$LETHE" job fetch "$first" --account Acme --out first.zip
	[ "$(kept | wc -l)" = 1 ]
	"$LETHE" check >/dev/null
	# Without the live data: the backup knows of a file that is nowhere.
	rm lethe-data/regions/default/kept/*
	serve
	ask admin.token GET "/v1/accounts/Acme/jobs/$later/result"
	answered 404
	stop
	"$LETHE" check >/dev/null
}

@test "P66: with the disk full what is sent is refused, and nothing of it stays" {
	local n
	head -3000 "$SAMPLES/copenhagen-calls.jsonl" >lines
	rm -rf ../fresh && cp -a lethe-data ../fresh
	for n in 24 28 32 36; do
		rm -rf lethe-data
		cp -a ../fresh lethe-data
		FAULT=enospc:$n:0 serve || { SERVING=; continue; } # so full that it does not begin
		ask admin.token POST /v1/accounts/Acme/imports '' -H 'Content-Type: application/x-ndjson' --data-binary @lines
		[ "$code" = 202 ] || [ "$code" = 507 ] || { cat answer; return 1; }
		kill -KILL "$SERVING"
		SERVING=
		if [ "$code" = 507 ]; then
			serve
			stop
			[ -z "$(kept 2>/dev/null)" ]
		fi
		"$LETHE" check >/dev/null
	done
}

@test "accounts take turns: one with many jobs does not hold up another" {
	local i db=lethe-data/regions/default/vault.db
	"$LETHE" token create other --account Other --role admin --out other.token >/dev/null
	serve
	for ((i = 0; i < 6; i++)); do
		file admin.token /v1/accounts/Acme/retention/runs
	done
	ends
	ask other.token POST /v1/accounts/Other/retention/runs '{}' -H 'Prefer: respond-async'
	answered 202
	stop
	# As if all of them had waited since before the daemon began.
	sqlite3 $db "UPDATE work SET ended_at = 0, started_at = 0, state = 1, begun = 0, status = 0, result = x''"
	serve --job-workers 1
	for ((i = 0; i < 400; i++)); do
		[ "$(sqlite3 $db 'SELECT COUNT(*) FROM work WHERE ended_at = 0')" != 0 ] || break
		sleep 0.05
	done
	stop
	# No more than one of Acme's, and one at the same moment, was begun before it.
	sqlite3 $db "SELECT COUNT(*) FROM work WHERE account_id <> (SELECT MAX(account_id) FROM work) AND
		started_at < (SELECT started_at FROM work ORDER BY account_id DESC LIMIT 1)" >before
	[ "$(<before)" -le 1 ] || { sqlite3 $db 'SELECT account_id, started_at FROM work ORDER BY 2'; return 1; }
}

@test "P39: a job whose token is revoked before it begins is refused, and does nothing" {
	local db=lethe-data/regions/default/vault.db token
	"$LETHE" token create passing --account Acme --role admin --out passing.token --json >made
	serve
	for token in passing admin; do
		file $token.token /v1/accounts/Acme/retention/runs
		echo "$where" >$token.job
		ends
	done
	stop
	# As if both had waited since before the daemon began.
	sqlite3 $db "UPDATE work SET ended_at = 0, started_at = 0, state = 1, begun = 0, status = 0, result = x''"
	"$LETHE" token revoke "$(jq -r .id made)" --account Acme >/dev/null
	serve
	for ((i = 0; i < 400; i++)); do
		[ "$(sqlite3 $db 'SELECT COUNT(*) FROM work WHERE ended_at = 0')" != 0 ] || break
		sleep 0.05
	done
	ask admin.token GET "$(cat passing.job)"
	jq -e '.state == "failed" and .status == 403' answer
	ask admin.token GET "$(cat admin.job)"
	jq -e '.state == "done"' answer
	"$LETHE" audit list --account Acme --json >acts
	[ "$(grep -c '"act": *"retention.run"' acts)" = 3 ]
}
