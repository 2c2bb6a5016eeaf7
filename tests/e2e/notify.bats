#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What goes out: events, webhooks, mail.

# Each test is a subshell of its own, and means to be; lethe sets $stderr.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load story

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	new_vault
}

# types: of the events there are, in order.
types() {
	ok event list --json
	jq -r '.events[].type' <<<"$output" | paste -sd ' '
}

@test "P48: what happened is told in order, by opaque ids, and from any event on" {
	printf '%s\n' '{"type":"call","id":"1","time":"2025-11-20T10:00:00Z","from":"+4520000578","to":"+4520000300"}' \
		'{"type":"contact","id":"c","name":"Astrid Holst","phones":["+4520000578"]}' >in.jsonl
	ok import in.jsonl
	ok hold add --reason "case Astrid" --json
	hold=$(jq -r .id <<<"$output")
	ok hold release "$hold" --yes
	ok person erase +4520000578 --yes
	same "types" "account.created record.created contact.created hold.added hold.released job.started person.erased job.done" \
		"$(types)"
	ok event list --json
	same "whose" "$hold" "$(jq -r '.events[] | select(.type == "hold.released").data.hold' <<<"$output")"
	[[ $output != *20000578* && $output != *Astrid* ]]
	ok event list --count 3 --json
	last=$(jq -r '.events[2].id' <<<"$output")
	ok event list --after "$last" --count 2 --json
	same "from there on" "hold.added hold.released" "$(jq -r '.events[].type' <<<"$output" | paste -sd ' ')"
	ok event list --after "$last"
	[[ $output == *"person.erased"*'"act":"person.erase"'* ]]
	lethe event list --after nothing
	said 2
	[[ $stderr == *"give the id of the last event you have, evt_.."* ]]
	lethe event list --count 0
	said 2
}

@test "P48: events go with the next sweep after their 30 days" {
	ok event list --json
	first=$(jq -r '.events[0].id' <<<"$output")
	ok retention run --account Nordlys --now 2025-12-31T12:00:00Z
	ok event list --now 2025-12-31T12:00:00Z --json
	same "what is left" "" "$(jq -r '.events[].type' <<<"$output" | grep -v 'job\|retention' || true)"
	ok event list --now 2025-12-31T12:00:00Z --after "$first" --json
	same "after one that is gone" "job.started retention.done job.done" "$(jq -r '.events[].type' <<<"$output" | paste -sd ' ')"
	ok check
}

# ---- webhooks, by the daemon, over HTTPS

MODULES=$TOP/build/npm/node_modules # scripts/deps test installs them

# receive: a receiver behind $HOOK, whose certificate is in cert.
receive() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 -out cert -keyout key 2>/dev/null
	: >requests
	mkfifo port
	python3 "$TOP/tests/e2e/notify/receiver.py" cert key >port 3>&- &
	RECEIVING=$!
	disown "$RECEIVING"
	read -r number <port
	HOOK=https://127.0.0.1:$number
}

# serve: the daemon on a port the system chooses, behind $URL.
serve() {
	: >serve.log
	"$LETHE" serve --listen 127.0.0.1:0 --webhook-inside "${INSIDE:-127.0.0.0/8}" --webhook-ca cert 2>serve.log 3>&- &
	SERVING=$!
	disown "$SERVING"
	timeout 30 grep -m 1 -q '"serve.listening"' < <(tail -n +1 -f --pid="$SERVING" serve.log) || { cat serve.log; return 1; }
	URL=http://127.0.0.1:$(sed -nE 's/.*"event":"serve.listening","port":([0-9]+).*/\1/p' serve.log)
}

stop() {
	kill "-${1:-TERM}" "$SERVING"
	tail --pid="$SERVING" -f /dev/null
	SERVING=
}

teardown() {
	[ -z "${SERVING:-}" ] || kill -KILL "$SERVING"
	[ -z "${RECEIVING:-}" ] || kill -KILL "$RECEIVING"
}

# ask METHOD PATH [BODY]: of the account, as its admin; the document is in $output.
ask() {
	local words=(-sS -X "$1" -H "Authorization: Bearer $(cat admin.token)")
	[ -z "${3-}" ] || words+=(-H 'Content-Type: application/json' --data-binary "$3")
	run curl "${words[@]}" "$URL/v1/accounts/Nordlys$2"
	[ "$status" -eq 0 ]
}

# got N: waits for N requests.
got() {
	timeout 60 head -n "$1" < <(tail -n +1 -f requests) >/dev/null || { cat requests serve.log; return 1; }
}

@test "P58: what happened is delivered over HTTPS, and the published library of Standard Webhooks verifies it" {
	[ -d "$MODULES" ] || skip "there is no $MODULES: scripts/deps test makes it"
	receive
	ok token create t --role admin --out admin.token
	serve
	ask POST /webhooks "{\"url\": \"$HOOK/204\"}"
	hook=$(jq -r .id <<<"$output") secret=$(jq -r .secret <<<"$output")
	ask POST /holds '{"reason": "case 7"}'
	got 1
	same "verified" 1 "$(node "$TOP/tests/e2e/notify/verify.cjs" "$MODULES" requests "$secret")"
	same "what" hold.added "$(jq -r '.body | fromjson | .type' requests)"
	ask POST "/webhooks/$hook/secrets"
	new=$(jq -r .secret <<<"$output")
	: >requests
	ask POST "/webhooks/$hook/tests"
	got 1
	same "verified by both" 1 "$(node "$TOP/tests/e2e/notify/verify.cjs" "$MODULES" requests "$secret" "$new")"
	ask POST "/webhooks/$hook/secrets" '{"at_once": true}'
	: >requests
	ask POST "/webhooks/$hook/replays" "{\"event\": \"$(curl -sS -H "Authorization: Bearer $(cat admin.token)" \
		"$URL/v1/accounts/Nordlys/events?count=1000" | jq -r '.events[-1].id')\"}"
	got 1
	run node "$TOP/tests/e2e/notify/verify.cjs" "$MODULES" requests "$new"
	[ "$status" -ne 0 ]
	ask GET "/webhooks/$hook"
	same "state" enabled "$(jq -r .state <<<"$output")"
	[[ $output != *whsec_* ]]
	stop
	ok check
}

@test "P58: killed in the middle of a delivery, it is delivered again under the same id" {
	receive
	ok token create t --role admin --out admin.token
	serve
	ask POST /webhooks "{\"url\": \"$HOOK/gate\"}"
	hook=$(jq -r .id <<<"$output")
	ask POST /holds '{"reason": "case 7"}'
	got 1
	stop KILL
	touch gate
	serve
	got 2
	same "ids" 1 "$(jq -r '.headers["webhook-id"]' requests | sort -u | wc -l)"
	stop
	ok webhook deliveries "$hook" --json
	same "what came of it" delivered "$(jq -r '.deliveries[0].state' <<<"$output")"
}

@test "P59: over HTTP nobody registers what is inside, or plain, unless the settings allow it" {
	ok token create t --role admin --out admin.token
	touch cert
	INSIDE=10.1.0.0/16 serve
	ask POST /webhooks '{"url": "https://127.0.0.1/x"}'
	same "inside" 403 "$(jq -r .status <<<"$output")"
	ask POST /webhooks '{"url": "http://hooks.example.com/x"}'
	same "plain" 400 "$(jq -r .status <<<"$output")"
	ask POST /webhooks '{"url": "https://10.1.2.3/x", "events": "person.*"}'
	[[ $(jq -r .secret <<<"$output") == whsec_* ]]
	stop
	run ! grep -q whsec_ serve.log
	lethe serve --webhook-inside 10.0.0.0/99
	said 2
	[[ $stderr == *--webhook-inside* ]]
}

@test "at the machine webhooks are added, looked at and removed too" {
	lethe webhook add https://hooks.example.com/a
	said 4
	ok webhook add https://hooks.example.com/a --events 'person.*,hold.added' --out secret --json
	hook=$(jq -r .id <<<"$output")
	same "mode" 600 "$(stat -c %a secret)"
	grep -q '^whsec_' secret
	ok webhook list
	[[ $output == *"$hook  enabled   https://hooks.example.com/a"*"told of: person.*,hold.added"* ]]
	ok webhook disable "$hook"
	ok webhook show "$hook" --json
	same "state" disabled "$(jq -r .state <<<"$output")"
	ok webhook enable "$hook"
	ok webhook rotate "$hook" --out secret2
	ok webhook test "$hook"
	ok webhook deliveries "$hook"
	[[ $output == *"not tried yet"* ]]
	ok webhook replay "$hook"
	[[ $output == "0 events are delivered again." ]]
	ok webhook remove "$hook"
	lethe webhook show "$hook"
	said 3
	[[ $stderr == *"webhook list"* ]]
	lethe webhook add https://hooks.example.com/a --events person.erase --out secret3
	said 2
	[ ! -e secret3 ]
	ok check
}
