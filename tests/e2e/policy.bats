#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Policies as somebody new would change them: profiles, bounds, dry runs, digests, graces, undoing.

# What is loaded sets $stderr and reads $NOW.
# shellcheck disable=SC2034,SC2154

bats_require_minimum_version 1.5.0
load story

setup() { cd "$BATS_TEST_TMPDIR" || return; }

# An account with CallRail's rules and two weeks of calls and messages, all of them billed: what is not would stay.
callrail() {
	ok init
	ok account create Nordlys --country DK --profile callrail
	ok account set Nordlys billed_until 2025-11-30
	ok import "$SAMPLES/copenhagen-calls.jsonl" "$SAMPLES/notes.jsonl"
}

kept() { jq -r --arg kind "$1" '[.policies[] | select(.kind == $kind and .scope == {})][0].keep'; }

@test "an account that begins with callrail has its rules as first versions, and its bounds" {
	callrail
	ok policy list --json
	same calls '25 months' "$(kept call <<<"$output")"
	same "the others" 7 "$(jq '[.policies[] | select(.keep == "25 months" and .version == 1 and .set_by == "profile:callrail")] | length' <<<"$output")"
	same notes unlimited "$(kept note <<<"$output")"
	jq -e '[.bounds[] | select(.kind == "call" and .bound == "at most 25 months" and (.source | length > 0))] | length == 1' <<<"$output"
	ok profile diff Nordlys callrail --json
	jq -e '.different == 0 and .outside == 0' <<<"$output"
	ok account show Nordlys --json
	same profile callrail "$(jq -r .settings.profile <<<"$output")"
	ok audit list --json
	same leaves 7 "$(jq '[.leaves[].leaf | select(.act == "policy.set")] | length' <<<"$output")"
}

@test "a period longer than callrail's is refused with the bound and its source, and nothing is stored" {
	callrail
	lethe policy set call '26 months'
	said 2
	[[ $stderr == *"at most 25 months"*CallRail* ]]
	lethe policy set call unlimited
	said 2
	lethe policy remove call
	said 2
	ok policy history call --json
	same versions 1 "$(jq '.versions | length' <<<"$output")"
	lethe account create Other --country DK --profile callrale
	said 3
	lethe account create Other --country DK --plan growth
	said 2
	lethe account create Other --country DK --profile exotel --plan gold
	said 3
	ok account list --json
	same accounts 1 "$(jq '.accounts | length' <<<"$output")"
}

@test "a shortening is refused without its digest, begins after its grace, and the run does what the plan said" {
	callrail
	ok hold add --person +4520000289 --reason 'a dispute'
	lethe policy set call '20 days'
	said 4
	[[ $stderr == *"would delete"*"calls of"*"--plan"* ]]
	ok retention plan --policy 'call=20 days' --json
	plan=$output
	same "sum of the days" "$(jq .records <<<"$plan")" "$(jq '[.days[].records] | add' <<<"$plan")"
	same "held of the days" "$(jq .held <<<"$plan")" "$(jq '[.days[].held] | add' <<<"$plan")"
	[ "$(jq .held <<<"$plan")" -gt 0 ]
	same begins 2025-12-02T12:00:00Z "$(jq -r .would_begin <<<"$plan")"
	same "nothing set" 1 "$(rows 'policy WHERE kind = 1')"
	lethe policy set call '20 days' --plan 0123456789abcdef
	said 4
	[[ $stderr == *"does not fit"* ]]
	ok policy set call '20 days' --plan "$(jq -r .digest <<<"$plan")"
	[[ $output == "From 2025-12-02T12:00:00Z on calls are kept 20 days (version 2)."* ]]
	ok retention run --now 2025-12-02T11:59:59.999Z --json
	same "before it begins" 0 "$(jq '[.kinds[].records] | add // 0' <<<"$output")"
	lethe retention run --now 2025-12-02T12:00:00Z --json
	said 5
	same deleted "$(jq .records <<<"$plan")" "$(jq '.kinds[] | select(.kind == "call") | .records' <<<"$output")"
	same held "$(jq .held <<<"$plan")" "$(jq '.kinds[] | select(.kind == "call") | .held' <<<"$output")"
	same days "$(jq '.days | length' <<<"$plan")" "$(jq '.kinds[] | select(.kind == "call") | .periods' <<<"$output")"
	same bytes "$(jq .bytes <<<"$plan")" "$(jq '.kinds[] | select(.kind == "call") | .bytes' <<<"$output")"
	NOW=2025-12-02T13:00:00Z
	check_clean
}

@test "a digest fits no more after an import, on another day, and for another scope" {
	callrail
	ok retention plan --policy 'call=20 days' --json
	digest=$(jq -r .digest <<<"$output")
	lethe policy set call '20 days' --plan "$digest" --direction inbound
	said 4
	lethe policy set call '20 days' --plan "$digest" --now 2025-12-02T12:00:00Z
	said 4
	echo '{"type":"call","id":"x","source":"t","time":"2025-11-05T10:00:00Z","from":"+4520000333"}' >one.jsonl
	ok import one.jsonl
	lethe policy set call '20 days' --plan "$digest"
	said 4
	[[ $stderr == *"does not fit"* ]]
}

@test "a change is undone until it begins, and then no more" {
	callrail
	ok retention plan --policy 'call=20 days' --grace 2 --json
	ok policy set call '20 days' --grace 2 --plan "$(jq -r .digest <<<"$output")"
	ok policy list
	[[ $output == *"until then it can be undone"* ]]
	lethe policy undo call --now 2025-12-01T14:00:00Z
	said 4
	[[ $stderr == *"can be undone no more"* ]]
	ok policy undo call --now 2025-12-01T13:59:59.999Z
	ok policy list --now 2025-12-05 --json
	same calls '25 months' "$(kept call <<<"$output")"
	ok policy history call --json
	jq -e '[.versions[].keep] == ["25 months", "20 days", "25 months"]' <<<"$output"
	jq -e --arg me "os:$(id -u)" '.versions[2].set_by == $me' <<<"$output"
	lethe policy undo note
	said 3
	ok audit list --json
	jq -e '[.leaves[].leaf | select(.act == "policy.undo" and .undone == 2)] | length == 1' <<<"$output"
}

@test "narrower rules are set, listed in words, and removed" {
	callrail
	ok policy set call '1 month' --queue Sales --tag 'did not buy' --direction inbound --min-duration 90s
	[[ $output == "From now on calls of the queue Sales, the tag did not buy, inbound, of at least 90 s are kept 1 month"* ]]
	ok policy list --json
	jq -e '[.policies[] | select(.scope.queue == "Sales" and .scope.tag == "did not buy" and .scope.min_duration_ms == 90000)] | length == 1' <<<"$output"
	ok policy remove call --queue sales --tag 'Did not buy' --direction inbound --min-duration '90 seconds'
	ok policy list
	[[ $output != *Sales* ]]
	lethe policy remove call --queue sales
	said 3
	lethe policy set call '1 month' --number +4570999999
	said 3
	lethe policy set call '1 month' --direction sideways
	said 2
	lethe retention plan --queue Sales
	said 2
	lethe retention plan --policy call
	said 2
	check_clean
}

@test "settings are checked, stored, unset, and kept by a restore" {
	callrail
	ok backup --out saved
	ok account set Nordlys grace_hours 48
	ok account set Nordlys billed_until 2025-11-30
	ok retention plan --policy 'call=20 days' --json
	same begins 2025-12-03T12:00:00Z "$(jq -r .would_begin <<<"$output")"
	for bad in 'grace_hours -1' 'grace_hours 8761' 'grace_hours 1x' 'warn_days 7,30' 'warn_days 0' 'warn_days 7,' 'billed_until soon' \
		'plan gold' 'speed 7'; do
		# shellcheck disable=SC2086
		lethe account set Nordlys $bad
		[[ $status == [23] ]] || { echo "$bad: exit $status"; return 1; }
		[[ $stderr == *mend:* ]]
	done
	lethe account set Nordlys profile nobodys
	said 3
	ok restore saved
	ok account show Nordlys --json
	jq -e '.settings.grace_hours == "48" and .settings.billed_until == "2025-11-30"' <<<"$output"
	ok account set Nordlys grace_hours none --json
	jq -e '.settings.grace_hours == "24"' <<<"$output"
	ok account set Nordlys billed_until none --json
	jq -e '.settings.billed_until == null' <<<"$output"
	check_clean
}
