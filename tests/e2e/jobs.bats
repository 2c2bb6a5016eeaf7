#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P61: jobs over real HTTP, and killed in the middle of them.
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
	for ((i = 0; i < 100; i++)); do
		[ "$(grep -c '^event: progress' watched)" -lt 3 ] || break
		sleep 0.05
	done
	[ "$(grep -c '^event: progress' watched)" = 3 ]
	ask admin.token GET "$JOBS/$id"
	answered 200
	stop
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
	cp -a . ../base
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
			tail --pid="$SERVING" -f /dev/null & # it dies, or has done it
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
