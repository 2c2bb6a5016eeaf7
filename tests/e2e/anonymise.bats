#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Anonymising people and single records.

# Each test is a subshell of its own, and means to be; lethe sets $stderr.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load story

NOW=2026-03-01T12:00:00Z

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$LETHE" init --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" account create Contoso --country DK --now 2026-01-01T00:00:00Z >/dev/null
}

# take_in N: a call each of N people, all in the queue Sales on one day.
take_in() {
	local i
	for ((i = 1; i <= $1; i++)); do
		echo "{\"type\":\"call\",\"id\":\"$i\",\"source\":\"t\",\"time\":\"2026-01-05T10:0$i:00Z\",\"from\":\"+452000010$i\",\"to\":\"+4570101010\",\"number\":\"+4570101010\",\"direction\":\"inbound\",\"duration\":2$i,\"queue\":\"Sales\"}"
	done >in.jsonl
	"$LETHE" import in.jsonl --now 2026-01-07T00:00:00Z >/dev/null
}

record_ids() {
	sqlite3 "$REGION/vault.db" 'SELECT lower(hex(id)) FROM record' | sort
}

@test "P37: five people who are anonymised leave one row, and fewer leave none" {
	take_in 5
	for i in 1 2 3 4; do
		lethe person anonymise +452000010$i --yes
		said 0
		[[ $output == *"some calls wait: fewer than 5 people are in them"* ]]
	done
	lethe aggregate list --json
	said 0
	jq -e '.aggregates == [] and .waits == ["call"] and .people_at_least == 5' <<<"$output"
	lethe person anonymise +4520000105 --yes --receipt receipt.json --reference req-5 --json
	said 0
	jq -e '.anonymised.records.call == 1 and .anonymised.shown == {"day": 5} and .anonymised.waits == []' <<<"$output"
	jq -e '.statement.act == "person.anonymise" and .statement.anonymised.shown.day == 5' receipt.json
	lethe aggregate list --json
	jq -e '.waits == [] and (.aggregates | length == 1 and (.[0] | .kind == "call" and .coarsened == "day"
		and .period == "2026-01-05" and .direction == "inbound" and .queue == "Sales" and .records == 5
		and .duration_class == "up to 1 minute" and .duration_ms == 115000))' <<<"$output"
	lethe aggregate list
	[[ $output == *"5 calls, 2026-01-05, inbound, "*"up to 1 minute, queue Sales; 115 s, "*"(by day)"* ]]
	lethe aggregate list --kind message
	[[ $output == *"Nothing was anonymised."* ]]
	lethe aggregate list --kind nothing
	said 2
	lethe person find +4520000103
	said 3
	[ -z "$(record_ids)" ]
	lethe check
	said 0
	lethe import in.jsonl
	[ -z "$(record_ids)" ]
}

@test "P37: one record is anonymised, the rest of its day stays readable" {
	take_in 3
	"$LETHE" person export +4520000102 --out before.zip --now "$NOW" >/dev/null
	id=$(unzip -p before.zip data.json | grep -o 'call_[0-9a-z]\{26\}' | head -1)
	lethe record anonymise "$id"
	said 4
	[[ $stderr == *"add --yes"* ]]
	lethe record anonymise "$id" --yes
	said 0
	[[ $output == *"$id cannot be read any more, here or in a copy"* ]]
	lethe record get "$id"
	said 3
	lethe person show +4520000101
	said 0
	lethe record anonymise "$id" --yes
	said 3
	lethe why "$id"
	said 0
	[[ $output == *"Kept as part of totals"*"it was anonymised on ${NOW:0:10}: what is left of it tells of nobody"* ]]
	lethe why "$id" --json
	[ "$(jq -r '.decided_by + " " + .keeps' <<<"$output")" = "anonymised aggregate" ]
	lethe record anonymise nonsense --yes
	said 2
	[ "$(record_ids | wc -l)" -eq 2 ]
	lethe check
	said 0
}

@test "P37: killed at whatever change of a file, a record's anonymisation is finished by the next command and counted once" {
	take_in 3
	"$LETHE" person export +4520000102 --out before.zip --now "$NOW" >/dev/null
	id=$(unzip -p before.zip data.json | grep -o 'call_[0-9a-z]\{26\}' | head -1)
	cp -a lethe-data base
	cp -a lethe-data.default.root base.root
	LD_PRELOAD=$FAULTS LETHE_FAULT_DIR=$PWD LETHE_FAULT=count:$PWD/../changes "$LETHE" record anonymise "$id" --yes --now "$NOW" >/dev/null
	changes=$(<../changes)
	((changes > 5))
	for ((n = 1; n <= changes; n += 1 + changes / 25)); do
		rm -rf lethe-data
		cp -a base lethe-data
		run env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT="kill:$n" "$LETHE" record anonymise "$id" --yes --now "$NOW"
		lethe hold add --kind session --reason 'case 7'
		said 0
		lethe check
		said 0
		waiting=$(sqlite3 "$REGION/vault.db" 'SELECT COALESCE(SUM(records), 0) FROM aggregate_waiting')
		records=$(record_ids | wc -l)
		echo "kill:$n of $changes: $records records, $waiting waiting"
		((records + waiting == 3))
		lethe person show +4520000101
		said 0
	done
}

@test "P37: what is not billed yet is not anonymised" {
	take_in 1
	lethe account set Contoso profile callrail
	said 0
	lethe person anonymise +4520000101 --yes
	said 4
	[[ $stderr == *"what happened on 2026-01-05 is not billed yet"* ]]
	lethe account set Contoso billed_until 2026-01-31
	lethe person anonymise +4520000101 --yes
	said 0
}
