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
	ok event list --limit 3 --json
	last=$(jq -r '.events[2].id' <<<"$output")
	ok event list --after "$last" --limit 2 --json
	same "from there on" "hold.added hold.released" "$(jq -r '.events[].type' <<<"$output" | paste -sd ' ')"
	ok event list --after "$last"
	[[ $output == *"person.erased"*'"act":"person.erase"'* ]]
	lethe event list --after nothing
	said 2
	[[ $stderr == *"give the id of the last event you have, evt_.."* ]]
	lethe event list --limit 0
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

# certify: a certificate for this machine in cert, its key in key.
certify() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 -out cert -keyout key 2>/dev/null
}

# receive: a receiver behind $HOOK, whose certificate is in cert.
receive() {
	certify
	: >requests
	mkfifo port
	python3 "$TOP/tests/e2e/notify/receiver.py" cert key >port 3>&- &
	RECEIVING=$!
	disown "$RECEIVING"
	read -r number <port
	HOOK=https://127.0.0.1:$number
}

# serve [WORD..]: the daemon on a port the system chooses, behind $URL.
serve() {
	: >serve.log
	"$LETHE" serve --listen 127.0.0.1:0 --webhook-inside "${INSIDE:-127.0.0.0/8}" --webhook-ca cert "$@" 2>serve.log 3>&- &
	SERVING=$!
	disown "$SERVING"
	timeout 30 grep -m 1 -q '"serve.listening"' < <(tail -n +1 -f --pid="$SERVING" serve.log) || { cat serve.log; return 1; }
	URL=http://127.0.0.1:$(sed -nE 's/.*"event":"serve.listening","port":([0-9]+).*/\1/p' serve.log)
}

stop() {
	kill "-${1:-TERM}" "$SERVING"
	tail -s 0.05 --pid="$SERVING" -f /dev/null
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
		"$URL/v1/accounts/Nordlys/events?limit=1000" | jq -r '.events[-1].id')\"}"
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
	certify
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

# ---- mail, to a real server

# certificate: of this machine, in cert.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 -out cert -keyout key 2>/dev/null
}

# mailbox: a mail server behind $SMTP, whose certificate is in cert.
mailbox() {
	certificate
	mkfifo port
	/usr/bin/python3 "$TOP/tests/e2e/notify/mailbox.py" cert key >port 3>&- & # the one whose packages scripts/deps installs
	RECEIVING=$!
	disown "$RECEIVING"
	read -r number <port
	SMTP=smtp://127.0.0.1:$number
	echo 'correct horse' >password
}

# mailing: the daemon, which sends mails.
mailing() {
	serve --mail-server "$SMTP" --mail-user lethe --mail-password-file password --mail-from lethe@example.com --mail-ca cert
}

# told N: waits until N mails were taken.
told() {
	timeout 60 head -n "$1" < <(tail -n +1 -f told) >/dev/null || { cat serve.log; return 1; }
}

# logged PATTERN: waits for a line of the daemon's log.
logged() {
	timeout 60 grep -m 1 -qE "$1" < <(tail -n +1 -f serve.log) || { cat serve.log; return 1; }
}

# begun: waits until the daemon has noted that from now on mails are sent.
begun() {
	for ((i = 0; i < 600; i++)); do
		[ "$(sqlite3 "$REGION/vault.db" "SELECT COUNT(*) FROM setting WHERE name = 'mailed'")" -lt "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

mail() { /usr/bin/python3 "$TOP/tests/e2e/notify/read.py" "mails/$1"; }

@test "P62: owners and admins get mails over STARTTLS, which other programs read" {
	mailbox
	ok account create 'Blåbær & Søn' --country DK
	export LETHE_ACCOUNT='Blåbær & Søn'
	ok user add owner@example.com --role owner
	ok user add agent@example.com
	printf '%s\n' '{"type":"call","id":"1","time":"2025-11-20T10:00:00Z","from":"+4520000578","to":"+4520000300"}' >in.jsonl
	ok import in.jsonl
	ok token create t --role admin --out admin.token --account 'Blåbær & Søn'
	mailing
	begun 2
	account=$(curl -sS -H "Authorization: Bearer $(cat admin.token)" "$URL/v1/accounts/Bl%C3%A5b%C3%A6r%20%26%20S%C3%B8n" | jq -r .id)
	person=$(curl -sS -H "Authorization: Bearer $(cat admin.token)" -H 'Content-Type: application/json' -d '{"who": "+4520000578"}' \
		"$URL/v1/accounts/$account/persons/search" | jq -r '.persons[0].id')
	job=$(curl -sS -X POST -H "Authorization: Bearer $(cat admin.token)" "$URL/v1/accounts/$account/persons/$person/erasure" | jq -r .job)
	told 1
	same "to whom" "lethe@example.com owner@example.com" "$(cat told)"
	mail 0 >mail.json
	same "subject" 'Blåbær & Søn: a person was erased' "$(jq -r .headers.subject mail.json)"
	same "parts" 'text/plain text/html' "$(jq -r '.parts | join(" ")' mail.json)"
	same "sender" 'Lethe <lethe@example.com>' "$(jq -r .headers.from mail.json)"
	same "automatic" auto-generated "$(jq -r '.headers["auto-submitted"]' mail.json)"
	[[ $(jq -r .text mail.json) == *"person: $person"*"lethe person receipt $job"* ]]
	[[ $(jq -r .html mail.json) == *'Blåbær &amp; Søn'*"$person"* ]]
	[[ $(jq -r '.headers["message-id"]' mail.json) == '<mail_'*'@example.com>' ]]
	run ! grep -q 20000578 mails/0
	stop
	run ! grep -qE 'owner@|correct horse|Bl' serve.log
}

@test "P62: with a wrong password or for a refused address nothing is sent, and what can be is tried again" {
	mailbox
	ok user add refused@example.com --role owner
	echo '{"type":"contact","id":"c","name":"Astrid Holst","phones":["+4520000578"]}' >in.jsonl
	ok import in.jsonl
	ok token create t --role admin --out admin.token
	echo wrong >password
	mailing
	begun 1
	ask POST /persons/search '{"who": "+4520000578"}'
	ask POST "/persons/$(jq -r '.persons[0].id' <<<"$output")/erasure"
	logged '"event":"mail","sent":0,"failed":1,"fault":"login","status":535'
	same "waits" 1 "$(sqlite3 "$REGION/vault.db" "SELECT state FROM mail")"
	stop
	echo 'correct horse' >password
	sqlite3 "$REGION/vault.db" "UPDATE mail SET next_at = 0"
	mailing
	logged '"event":"mail","sent":0,"failed":1,"fault":"refused","status":550'
	run ! grep -qr 'correct horse' serve.log lethe-data
	for file in environ cmdline; do run ! grep -qa 'correct horse' "/proc/$SERVING/$file"; done
	same "refused for good" "3 550" "$(sqlite3 -separator ' ' "$REGION/vault.db" "SELECT state, status FROM mail")"
	same "taken" 0 "$(wc -l <told)"
	stop
}

# invite USER [BODY]: asks for a link of a user; $status is 0, $output the answer.
invite() { ask POST "/users/$1/invitations" "${2-}"; }

@test "P65: a link is mailed where there is a mail server, and then shown to nobody; a wrong address is said" {
	local to=() link name
	for name in anna@example.com refused@example.com bob; do
		ok user add "$name" --role agent --json
		to+=("$(jq -r .id <<<"$output")")
	done
	ok token create t --role admin --out admin.token
	ok token create o --operator --out operator.token
	mailbox
	serve --mail-server "$SMTP" --mail-user lethe --mail-password-file password --mail-from lethe@example.com --mail-ca cert \
		--base-url https://lethe.example.org
	invite "${to[0]}"
	same "mailed" true "$(jq -r .mailed <<<"$output")"
	[[ $output != *invite* && $output != *link* ]]
	told 1
	mail 0 >mail.json
	same "to" anna@example.com "$(jq -r .headers.to mail.json | tr -d '<>')"
	same "parts" 'text/plain text/html' "$(jq -r '.parts | join(" ")' mail.json)"
	same "subject" 'Nordlys: choose a password, and sign in' "$(jq -r .headers.subject mail.json)"
	link=$(jq -r .text mail.json | grep -o 'https://lethe.example.org/invite#lethe_i[0-9A-Za-z]*')
	[[ $(jq -r .html mail.json) == *"href=\"$link\""* ]]
	run curl -sS -H 'Content-Type: application/json' -d "{\"link\": \"$link\", \"password\": \"wrong donkey capacitor\"}" "$URL/v1/links/use"
	[[ $output == *csrf* ]]
	invite "${to[0]}"
	told 2
	mail 1 >mail.json
	same "who has a password" 'Nordlys: choose a new password' "$(jq -r .headers.subject mail.json)"
	invite "${to[1]}"
	same "a refused address" "400 /problems/input" "$(jq -r '"\(.status) \(.type)"' <<<"$output")"
	[[ $output == *"takes no mail for that address (550)"* ]]
	invite "${to[2]}"
	[[ $(jq -r .link <<<"$output") == *lethe_i* ]]
	invite "${to[2]}" '{"by": "mail"}'
	same "no address" "400 by" "$(jq -r '"\(.status) \(.field)"' <<<"$output")"
	invite "${to[0]}" '{"by": "answer"}'
	[[ $(jq -r .link <<<"$output") == *lethe_i* ]]
	cp operator.token admin.token
	ask POST /invitations '{"to": "olga@example.com"}'
	same "the first owner's" true "$(jq -r .mailed <<<"$output")"
	told 3
	same "to whom" "lethe@example.com olga@example.com" "$(tail -n 1 told)"
	ask POST /invitations '{"to": "olga"}'
	same "no address" "400 to" "$(jq -r '"\(.status) \(.field)"' <<<"$output")"
	stop
	run ! grep -qE 'lethe_i[0-9A-Za-z]{40}|anna@|olga@' serve.log
	run ! grep -qrE 'lethe_i[0-9A-Za-z]{40}' lethe-data
	ok audit list --json --limit 100
	same "leaves" 3 "$(jq '[.leaves[].leaf | select(.act == "delivery.mail.done")] | length' <<<"$output")"
}

@test "P65: a link is in the answer where there is no mail server, and lost nowhere when it does not answer" {
	ok user add anna@example.com --json
	user=$(jq -r .id <<<"$output")
	ok token create t --role admin --out admin.token
	certificate
	serve
	invite "$user"
	[[ $(jq -r .link <<<"$output") == *lethe_i* ]]
	invite "$user" '{"by": "mail"}'
	same "none is set up" "501 /problems/unsupported" "$(jq -r '"\(.status) \(.type)"' <<<"$output")"
	stop
	serve --mail-server smtp://127.0.0.1:1 --mail-from lethe@example.com --mail-plain yes
	invite "$user"
	same "where it leads" "400 url" "$(jq -r '"\(.status) \(.field)"' <<<"$output")"
	invite "$user" '{"url": "https://lethe.example.org"}'
	same "nobody answers" 503 "$(jq -r .status <<<"$output")"
	invite "$user" '{"by": "answer"}'
	[[ $(jq -r .link <<<"$output") == *lethe_i* ]]
	stop
	lethe user invite anna@example.com --by mail
	said 4
	[[ $stderr == *"only a daemon sends mails"* ]]
	lethe user invite anna@example.com --by pigeon
	said 2
	lethe user invite anna@example.com --to olga@example.com
	said 2
}

@test "settings of mail that cannot be are refused before anything begins" {
	lethe config check --mail-server mail.example.com --mail-from lethe@example.com
	said 2
	[[ $stderr == *--mail-server* ]]
	lethe config check --mail-server smtp://mail.example.com --mail-from nobody
	said 2
	lethe config check --mail-server smtp://mail.example.com --mail-from lethe@example.com --mail-user x
	said 2
	[[ $stderr == *"set both mail-user and mail-password-file"* ]]
	lethe config check --mail-server smtp://mail.example.com --mail-from lethe@example.com --mail-user x --mail-password-file none
	[ "$status" -ne 0 ]
	mkdir credentials
	echo secret >credentials/mail
	CREDENTIALS_DIRECTORY=$PWD/credentials ok config check --mail-server smtp://mail.example.com --mail-from lethe@example.com \
		--mail-user x --mail-password-file credential:mail
	lethe config check --mail-server smtp://mail.example.com --mail-from lethe@example.com --mail-user x --mail-password-file credential:mail
	said 2
	[[ $stderr == *LoadCredential=mail:* ]]
}
