#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What a hostile client, a broken disk or an unlucky moment does to the daemon.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a shell of its own; `ask` sets $code

bats_require_minimum_version 1.5.0

load story
load serving

setup() { begin_serving; }
teardown() { end_serving; }

# logged ID: what the log says of the request of the last answer.
logged() { grep "\"$(sed -n 's/^X-Request-Id: \(req_[0-9a-z]*\).*/\1/Ip' headers)\"" serve.log; }

# numbers N: an array of N of them.
numbers() { printf '['; yes 1, | head -n "$1" | tr -d '\n'; printf '1]'; }

@test "P52: JSON with more values than are held at once is too much, however often it is sent" {
	serve
	{ printf '{"reason": "x", "matters": '; numbers 300000; printf '}'; } >body
	ask admin.token POST /v1/accounts/Acme/holds @body
	answered 422
	jq -e '.type == "/problems/limit" and (.detail | test("^the JSON document has [0-9]+ values")) and (.mend | contains("fewer"))' answer
	{ printf '{"reason": "x", "kind": ["call"'; yes ',"call"' | head -n 10000 | tr -d '\n'; printf ']}'; } >body
	ask admin.token POST /v1/accounts/Acme/holds @body
	answered 201
}

@test "what the server is at fault for has its reason in the log, and nothing but that" {
	serve
	ask admin.token POST /v1/accounts/Acme/records '{"type": "recording", "id": "r1", "time": "2025-11-20T10:00:00Z", "from": "+4520304050"}'
	answered 201
	local media
	media=/v1/accounts/Acme/records/$(jq -r .id answer)/media/0
	head -c 3000000 /dev/zero >sent
	ask admin.token PUT "$media" '' -H 'Content-Type: audio/wav' --data-binary @sent
	answered 201
	local blob
	blob=$(find lethe-data/regions/default/blobs -type f)
	chmod u+w "$blob"

	printf 'x' | dd of="$blob" bs=1 seek=2500000 conv=notrunc status=none # far behind the head of the answer
	run ! ask admin.token GET "$media"
	await logged >line
	jq -se '.[-1] | .level == "warning" and .why == "corrupt"' line

	mv "$blob" blob
	ask admin.token GET "$media"
	answered 500
	await logged >line
	jq -se '.[-1] | .status == 500 and .why == "corrupt"' line
	ln -s "$(basename "$blob")" "$blob" # leads to itself
	ask admin.token GET "$media"
	answered 500
	await logged >line
	jq -se '.[-1] | .status == 500 and .why == "io" and .errno == 40' line
	run ! grep -e blob -e 20304050 serve.log
	stop
	rm "$blob"
	run --separate-stderr "$LETHE" record media "$(cut -d/ -f6 <<<"$media")" --account Acme --out file
	[ "$status" -eq 7 ]
	[[ $stderr == *"the record's file is not in storage"* ]]
}
