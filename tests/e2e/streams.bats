#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Data going in and out of the daemon over real HTTP: lines, records, contacts.
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
	calls 1 >lines
	calls 1 >>lines
	calls 1 | sed 's/+4520000300/+4520000301/' >>lines
	echo >>lines
	echo '{"type":"contact","id":"k-1","name":"Ann Holst","phones":["+4520000578"]}' >>lines
	echo '{"type":"call","id":"c-2","time":"2025-11-17T14:03:00Z","from":"+4520000578","too":"+4520000300"}' >>lines
	printf '{"type":"note","text":"\xff"}\n' >>lines
	echo '{"type":"recording","id":"r-1","time":"2025-11-17T14:03:00Z","from":"+4520000578","media":"a.wav"}' >>lines
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
	(for ((i = 0; i < 200; i++)); do
		calls 300 $((i * 300)) >"lines.$i"
		send admin.token "lines.$i" || exit 0
		[ "$code" = 200 ] && grep -c '"result":"new"' answer | grep -qx 300 && cat "lines.$i" >>acknowledged
	done) &
	local asking=$!
	sleep 3
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

@test "a client that goes away leaves whole batches and nothing else" {
	serve
	calls 12000 >lines
	{ cat lines; sleep 2; } | timeout 1 curl -sS -o answer -X POST -H "Authorization: Bearer $(cat admin.token)" \
		-H 'Content-Type: application/x-ndjson' -T - "$URL/v1/accounts/Acme/ingest" || true
	stop
	"$LETHE" check >/dev/null
	"$LETHE" import --account Acme --json lines >again
	jq -e '.duplicates == 10000 and .records.call == 2000' again
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
