#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What is to come and what was: forecast, warnings, the history of sweeps.

bats_require_minimum_version 1.5.0
load story

# shellcheck disable=SC2034 # lethe reads it
NOW= # the computer's, unless a test says when

setup() {
	unset COLUMNS
	cd "$BATS_TEST_TMPDIR" || return
	"$LETHE" init --now 2026-01-01 >/dev/null
	"$LETHE" account create Contoso --country DK --now 2026-01-01 >/dev/null
}

# is WANTED FILTER: what jq finds in the answer.
is() {
	local got
	got=$(jq -c "$2" <<<"$output")
	[ "$got" = "$1" ] || { echo "$2 is $got, not $1, of: $output"; return 1; }
}

# Two calls of 5 January, one of the 8th, a message of the 6th; calls stay 10 days.
fill() {
	cat >in.jsonl <<-'END'
		{"type":"call","id":"1","source":"t","time":"2026-01-05T10:00:00Z","from":"+4520000289","to":"+4570101010"}
		{"type":"call","id":"2","source":"t","time":"2026-01-05T11:00:00Z","from":"+4520000111","to":"+4570101010"}
		{"type":"call","id":"3","source":"t","time":"2026-01-08T11:00:00Z","from":"+4520000289","to":"+4570101010"}
		{"type":"message","id":"4","source":"t","time":"2026-01-06T09:00:00Z","from":"+4520000111","to":"+4520000289","text":"on my way"}
	END
	"$LETHE" import in.jsonl --now 2026-01-08T12:00:00Z >/dev/null
	"$LETHE" policy set call 10d --now 2026-01-08T12:00:00Z >/dev/null
}

# ---- forecast ----

@test "P34: the forecast says each day and kind, and the sweep of that day deletes just that" {
	fill
	lethe retention forecast --now 2026-01-10T03:00:00Z --json
	said 0
	is '"2026-01-10"' .today
	is '"2026-02-09"' .until
	is '[["2026-01-15",2],["2026-01-18",1]]' '[.days[] | [.day, .records]]'
	is '[["call",2,0]]' '[.days[0].kinds[] | [.kind, .records, .held.records]]'
	is 3 .all.records
	local bytes
	bytes=$(jq '.days[0].bytes' <<<"$output")
	lethe retention run --now 2026-01-15T03:00:00Z --json
	said 0
	is "[2,$bytes]" '.kinds[] | select(.kind == "call") | [.records, .bytes]'
	lethe retention forecast --now 2026-01-15T03:00:00Z --days 2 --json
	is '[]' .days
	lethe retention forecast --now 2026-01-15T03:00:00Z --kind message --days 3650 --json
	is 0 .all.records
}

@test "what a hold keeps is set apart" {
	fill
	"$LETHE" hold add --person +4520000289 --reason r --now 2026-01-09 >/dev/null
	lethe retention forecast --now 2026-01-10 --json
	is '[["2026-01-15",1,1],["2026-01-18",0,1]]' '[.days[] | [.day, .records, .held.records]]'
}

@test "a pipe has a table without a chart, unless it is asked for; and no colours" {
	fill
	lethe retention forecast --now 2026-01-10
	said 0
	[[ $output == *"2026-01-15  call"* ]]
	[[ $output != *"+---"* ]]
	lethe retention forecast --now 2026-01-10 --chart
	[[ $output == *"         2 |"*"#"*"         0 +---"*"2026-01-10"*"2026-02-09"* ]]
	[[ $output != *$'\e'* ]]
	for line in "${lines[@]}"; do [ "${#line}" -le 80 ]; done
	COLUMNS=50 lethe retention forecast --now 2026-01-10 --chart --days 400
	[[ $output == *"A column is 11 days."* ]]
	lethe retention forecast --now 2026-01-10 --days 1 --chart
	[ "$output" = "Nothing of what there is now goes before the end of 2026-01-11." ]
}

@test "a terminal has the chart, as wide as it is" {
	fill
	run script -qec "stty cols 61; '$LETHE' retention forecast --now 2026-01-10" /dev/null
	[[ $output == *"0 +-"* ]]
	[[ $output != *$'\e'* ]]
}

@test "days and kinds that are none are refused" {
	fill
	for days in 0 -1 3651 x 1.5 99999999999 ""; do
		lethe retention forecast --days "$days"
		said 2
		[[ $stderr == *"--days"* ]]
	done
	lethe retention forecast --kind calls
	said 2
	[[ $stderr == *"there is no kind 'calls'"* ]]
}

# ---- warnings ----

@test "P38: a warning is printed once at each lead, with exit code 5, and a pipe is silent when there is nothing new" {
	fill
	lethe retention warn --now 2026-01-10T02:00:00Z
	said 5
	[[ $output == "Contoso"$'\n'"Within 7 days, on 2026-01-15: 2 calls go ("*")."$'\n'"Within 30 days, on 2026-01-18: 1 call goes ("*")."* ]]
	lethe retention warn --now 2026-01-10T14:00:00Z
	said 0
	[ -z "$output$stderr" ]
	lethe retention warn --now 2026-01-14T02:00:00Z --json
	said 5
	is '["retention.expiring","2026-01-14T02:00:00Z"]' '.events[0] | [.type, .time]'
	is '["call",1,"2026-01-15","2026-01-15",2,0,0]' '.events[0].data | [.kind, .lead_days, .first_day, .last_day, .records, .media, .cut_down]'
	is '[7,1]' '.events[1].data | [.lead_days, .records]'
	[[ $(jq -r '.events[0].account' <<<"$output") == acc_* ]]
	lethe retention warn --now 2026-01-14T02:00:00Z --json
	said 0
	is '{"events":[],"failed":[]}' .
	lethe audit list --json
	is 4 '[.leaves[] | select(.act == "retention.warn" or .leaf.act == "retention.warn")] | length'
}

@test "P38: what could not be printed is said again" {
	fill
	run bash -c "'$LETHE' retention warn --now 2026-01-10 >/dev/full"
	said 8
	run bash -c "'$LETHE' retention warn --json --now 2026-01-10 >/dev/full"
	said 8
	lethe retention warn --now 2026-01-10
	said 5
	[[ $output == *"2 calls go"* ]]
}

@test "--all warns of every account, and the others when one is damaged" {
	fill
	"$LETHE" account create Nordlys --country DK --now 2026-01-01 >/dev/null
	sed 's/"id":"/"id":"n/' in.jsonl >more.jsonl
	"$LETHE" import more.jsonl --account Nordlys --now 2026-01-08T12:00:00Z >/dev/null
	"$LETHE" policy set call 10d --account Nordlys --now 2026-01-08T12:00:00Z >/dev/null
	sqlite3 lethe-data/regions/default/vault.db "INSERT INTO setting VALUES(1, 'warn_days', 'x')"
	lethe retention warn --all --now 2026-01-10
	said 7
	[[ $output == "Nordlys"$'\n'"Within 7 days, on 2026-01-15: 2 calls go"* ]]
	[[ $stderr == *"warn_days is damaged"* ]]
	sqlite3 lethe-data/regions/default/vault.db "DELETE FROM setting WHERE name = 'warn_days'"
	lethe retention warn --all --now 2026-01-10 --json
	said 5
	is 2 '.events | length'
	lethe retention warn --all --now 2026-01-10
	said 0
	[ -z "$output" ]
}

@test "a terminal says that there is nothing new" {
	run script -qec "'$LETHE' retention warn --now 2026-01-10" /dev/null
	[[ $output == *"Nothing goes soon that was not said before."* ]]
}

# ---- history ----

@test "P35: the history says of each sweep what it did, and its receipt can be had again" {
	fill
	lethe retention history
	said 0
	[ "$output" = "Nothing was ever swept in this account." ]
	"$LETHE" retention run --now 2026-01-15T03:00:00Z --receipt first.json >/dev/null
	"$LETHE" retention run --now 2026-01-16T03:00:00Z >/dev/null
	lethe retention history --json
	said 0
	is '["2026-01-16T03:00:00Z","2026-01-15T03:00:00Z"]' '[.sweeps[].started]'
	is '["whole","retention run",2]' '.sweeps[1] | [.state, .command, (.statement.kinds[] | select(.kind == "call") | .records)]'
	local job
	job=$(jq -r '.sweeps[1].job' <<<"$output")
	lethe retention history --limit 1
	[[ $output == *"2026-01-16T03:00:00Z  whole "*"lethe retention run  leaf "*"nothing is left of it"* ]]
	[[ $output != *"$job"* ]]
	lethe retention receipt "$job" --out again.json
	said 0
	lethe verify again.json --key lethe-data/regions/default/lethe.pub
	said 0
	lethe retention receipt "$job"
	[ "$(jq -c .statement <<<"$output")" = "$(jq -c .statement first.json)" ]
	lethe retention receipt "$job" --json
	is '"retention.run"' .receipt.statement.act
	lethe person receipt "$job"
	said 3
	lethe retention receipt job_00000000000000000000000000
	said 3
	[[ $stderr == *"lethe retention history"* ]]
	for count in 0 -1 x 1234567890 ""; do
		lethe retention history --limit "$count"
		said 2
	done
}
