#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# All that a daemon does, at once, and told to stop in the middle of it. Under TSAN=1 this is where races are found.
bats_require_minimum_version 1.5.0

load story
load serving

setup() {
	begin_serving
	printf 'correct horse battery' >password
	chmod 600 password
	"$LETHE" user add anna --role owner --account Acme >/dev/null
	"$LETHE" user password anna --password-file password --account Acme >/dev/null
	"$LETHE" import --account Acme "$SAMPLES"/contacts.jsonl "$SAMPLES"/copenhagen-calls.jsonl >/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -out cert -keyout key 2>/dev/null
	chmod 600 key
	: >acknowledged
	: >requests
	mkfifo port
	python3 "$TOP/tests/e2e/notify/receiver.py" cert key >port 3>&- &
	RECEIVING=$!
	disown "$RECEIVING"
	read -r HOOK <port
}

teardown() {
	end_serving
	[ -z "${ASKING:-}" ] || kill -KILL "$ASKING" || true
	[ -z "${RECEIVING:-}" ] || kill -KILL "$RECEIVING" || true
}

# ended: what of the daemon is left when it has gone wrong.
ended() {
	printf 'the daemon ended with %s\n' "$1"
	grep -v '"level":"info"' serve.log | head -n 100
	return 1
}

@test "P45: asked everything at once it answers, takes new certificates, and told to stop keeps all that it acknowledged" {
	local code=0 tls
	: >serve.log
	"$LETHE" serve --listen 127.0.0.1:0 --listen-tls 127.0.0.1:0 --certificate cert --key key --webhook-ca cert \
		--webhook-inside 127.0.0.0/8 --token-rate 1000000 --address-rate 1000000 2>serve.log 3>&- &
	SERVING=$!
	timeout 60 grep -m 1 -q '"serve.listening".*"tls":1' < <(tail -n +1 -f --pid="$SERVING" serve.log) || ended early
	PORT=$(sed -nE 's/.*"serve.listening","port":([0-9]+),"tls":0.*/\1/p' serve.log)
	tls=$(sed -nE 's/.*"serve.listening","port":([0-9]+),"tls":1.*/\1/p' serve.log)
	python3 "$TOP/tests/e2e/together/askers.py" "$PORT" "$tls" "https://127.0.0.1:$HOOK" >rounds 2>wrong 3>&- &
	ASKING=$!
	for ((i = 0; i < 6000; i++)); do
		[ ! -e warm ] || break
		kill -0 "$SERVING" || break
		((i % 10)) || kill -HUP "$SERVING"
		sleep 0.05
	done
	kill -TERM "$SERVING" || true
	wait "$SERVING" || code=$?
	SERVING=
	[ "$code" = 0 ] || ended "$code"
	code=0
	wait "$ASKING" || code=$?
	ASKING=
	[ "$code" = 0 ] || { cat rounds wrong; ended "what the askers did not expect"; }
	[ -s requests ]
	run ! grep -E '"level":"error"|ThreadSanitizer|AddressSanitizer|runtime error' serve.log
	"$LETHE" check >/dev/null
	"$LETHE" audit verify >/dev/null
	"$LETHE" import acknowledged --account Acme --json >said
	jq -e --argjson n "$(wc -l <acknowledged)" '.duplicates == $n and .lines == $n' said
}
