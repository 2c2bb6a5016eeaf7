#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What goes out: events, webhooks, mail.

# shellcheck disable=SC2154 # lethe sets $stderr

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
