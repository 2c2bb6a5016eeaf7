#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Five years of a real log under CallRail's rules, as somebody new would handle them: a hold, a law, a narrower rule, a
# shortening. Every number of a plan is what the run then does. What docs/retention.md shows of it is run here.

# Each test is a subshell of its own, and means to be; $words comes from what is loaded.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load story

NOW=2025-11-18T12:00:00Z
TOMORROW=2025-11-19T12:00:00Z
ASTRID='20 00 02 89'
SOMEBODY='20 00 05 12'

# Nordlys, filled year by year, and never swept: made once, copied for each test.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$BATS_TEST_DIRNAME/five-years" "$BATS_TEST_DIRNAME/../../samples" .
	"$LETHE" init --now 2020-11-15 >/dev/null
	"$LETHE" account create Nordlys --country DK --profile callrail --now 2020-11-15 >/dev/null
	"$LETHE" import 1.jsonl --now 2021-11-23 >/dev/null
	"$LETHE" import 2.jsonl --now 2022-11-22 >/dev/null
	"$LETHE" import 3.jsonl --now 2023-11-21 >/dev/null
	"$LETHE" import 4.jsonl --now 2024-11-19 >/dev/null
	"$LETHE" import 5.jsonl --now "$NOW" >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR"/lethe-data* .
}

# ---- the page is true ----

# as_shown GOT WANTED: a line of "..." stands for any lines, and "..." within one for any of its text.
as_shown() {
	local pattern='' line
	[ -n "$1$2" ] || return 0
	while IFS= read -r line; do
		if [ "$line" = ... ]; then
			pattern+='*'
			continue
		fi
		printf -v line '%q' "$line"
		pattern+=${line//.../'*'}$'\n'
	done <<<"$2"
	# shellcheck disable=SC2053
	[[ $1$'\n' == $pattern ]] || { diff <(echo "$2") <(echo "$1") || true; return 1; }
}

@test "the walk through the disposition engine is as docs/retention.md shows it" {
	local line command='' shown='' steps=0
	lethe() { # the commands of the page are run in this shell
		at_now "$@"
		"$LETHE" "${words[@]}"
	}
	finish() {
		[ -n "$command" ] || return 0
		eval "$command" >got 2>&1 || [[ $? == [45] ]] || { cat got; return 1; } # refused or kept something
		as_shown "$(<got)" "${shown%$'\n'}" || { echo "of: $command"; return 1; }
		command='' shown='' steps=$((steps + 1))
	}
	while IFS= read -r line; do
		case $line in
		'$ '*) finish; command=${line#'$ '} ;;
		'```'*) finish ;;
		*) shown+=${command:+$line$'\n'} ;;
		esac
	done < <(sed -n '/^<!-- walk -->$/,/^<!-- end -->$/p' "$TOP/docs/retention.md")
	[ "$steps" -gt 20 ]
}

# ---- every number ----

@test "of what is not billed nothing goes, and the plan says how much that is" {
	plan_and_run
	same due 0 "$(jq .due <<<"$plan")"
	[ "$(of call .unbilled)" -gt 0 ]
}

# told WHAT PLAN RUN: per kind, what the plan told is what the run did.
told() {
	local kind plan run
	for kind in $(jq -r '.kinds[].kind' <<<"$2"); do
		plan=$(jq -c --arg kind "$kind" '.kinds[] | select(.kind == $kind) | {due, kept: (.held + .obliged)}' <<<"$2")
		run=$(jq -c --arg kind "$kind" '[.kinds[] | select(.kind == $kind)][0] // {records: 0, held: 0}
			| {due: .records, kept: .held}' <<<"$3")
		same "$1: $kind" "$plan" "$run"
	done
	same "$1: contacts" "$(jq .contacts <<<"$2")" "$(jq .contacts <<<"$3")"
	same "$1: nothing else is left" '[false]' "$(jq -c '.left | [to_entries[] | .value] | unique | map(. != 0 and . != false) | unique' <<<"$3")"
}

# plan_and_run: the next run, told beforehand; $plan, and receipt.json.
plan_and_run() {
	local before
	before=$(rows record)
	ok retention plan --json
	plan=$output
	lethe retention run --receipt receipt.json --json
	[[ $status == [05] ]]
	told "the run" "$plan" "$output"
	same "rows that went" "$(jq .due <<<"$plan")" $((before - $(rows record)))
	ok verify receipt.json --key "$REGION/lethe.pub"
	ok retention plan --json
	same "due after the run" 0 "$(jq .due <<<"$output")"
	check_clean
}

# of KIND FILTER: a number of the last plan.
of() { jq --arg kind "$1" ".kinds[] | select(.kind == \$kind) | $2" <<<"$plan"; }

held_digest() { # what there is of somebody, without what is generated
	ok person export "$ASTRID" --out export.zip
	unzip -p export.zip data.json | jq -S '.records | map(del(.kept_for_legal_hold))' | sha256sum
	rm export.zip
}

# change [WORD..]: policy words, with the digest of their dry run; $planned.
change() {
	local kind=$1 span=$2
	shift 2
	lethe policy set "$kind" "$span" "$@"
	said 4
	ok retention plan --policy "$kind=$span" "$@" --json
	planned=$output
	same "sum of the days" "$(jq '[.records, .held, .obliged]' <<<"$planned")" \
		"$(jq '[([.days[].records] | add), ([.days[].held] | add), ([.days[].obliged] | add)]' <<<"$planned")"
	ok policy set "$kind" "$span" "$@" --plan "$(jq -r .digest <<<"$planned")"
}

# decides WANTED ID: the rule that decides, and the verdict.
decides() {
	ok why "$2" --now "$TOMORROW" --json
	same "why $2" "$1" "$(jq -r '"\(.decided_by) \(.verdict) \(.keeps)"' <<<"$output")"
}

# records_of WHO FILTER: ids of what somebody has, the oldest first.
records_of() {
	ok person export "$1" --out export.zip --now "$TOMORROW"
	unzip -p export.zip data.json | jq -r ".records[] | select($2) | .id"
	rm export.zip
}

@test "every number of a plan is what the run then does, and nothing held is lost" {
	local before
	lethe account set Nordlys billed_until 2025-11-17
	said 4
	ok account set Nordlys billed_until 2025-11-17 --dry-run --json
	planned=$output
	billed 2025-11-17
	ok retention plan --json
	same "as the dry run of the bill said" "$(jq .records <<<"$planned")" "$(jq '[.kinds[].due] | add' <<<"$output")"
	ok hold add --person "$ASTRID" --matter 'case 2025-117' --custodian Legal --reason 'a complaint'
	before=$(held_digest)

	plan_and_run # CallRail's 25 months
	[ "$(of call .due)" -gt 0 ]
	[ "$(of message .held)" -gt 0 ]
	same "held, of calls" "$(of call .held)" "$(rows 'held WHERE kind = 1')"
	same "what is held" "$before" "$(held_digest)"

	ok obligation add es-ley25-2007-5
	change call '3 months' --queue Sales
	change call '6 months'
	plan_and_run # a day too early for both
	same "within the grace" 0 "$(jq .due <<<"$plan")"
	ok policy undo call
	change call '6 months'

	NOW=$TOMORROW
	plan_and_run
	same "as the dry run said" "$(jq .in_all <<<"$planned")" "$(of call .due)"
	[ "$(of call .obliged)" -gt 0 ]
	[ "$(of call .some_records)" -gt 0 ]
	same "what is held" "$before" "$(held_digest)"
	same "under a duty" "$(of call .obliged)" "$(rows 'held WHERE hold_id IN (SELECT duty_id FROM duty)')"
	ok audit verify

	ok hold list --json
	hold=$(jq -r '.holds[0].id' <<<"$output")
	NOW=2025-11-20T12:00:00Z
	ok hold release "$hold" --dry-run --json
	planned=$output
	same "what is held" "$before" "$(held_digest)"
	ok hold release "$hold" --yes --json
	same "as its dry run said" "$(jq -c '[.due, .records, .cut]' <<<"$planned")" "$(jq -c '[.due, .records, .cut]' <<<"$output")"
	same "of these, for obligations" 128 "$(jq .cut.call <<<"$planned")"
	plan_and_run
	same "calls that only it kept" "$(jq .records.call <<<"$planned")" "$(of call .due)"
	same "messages that only it kept" "$(jq .records.message <<<"$planned")" "$(of message .due)"
	same "held" 0 "$(of call .held)"
	same "listed as held" 0 "$(rows 'held WHERE hold_id IN (SELECT hold_id FROM hold)')"

	NOW=2026-11-20T12:00:00Z # a year later the law wants none of them
	plan_and_run
	same "obliged" 0 "$(of call .obliged)"
	same "calls" 0 "$(rows 'record WHERE kind = 1')"
}

@test "why says of one record of each fate what decides, by whom, and until when" {
	local id
	billed 2025-11-17
	ok hold add --person "$ASTRID" --matter 'case 2025-117' --reason 'a complaint'
	ok obligation add es-ley25-2007-5
	change call '3 months' --queue Sales
	change call '6 months'
	lethe retention run --now "$TOMORROW"
	said 5

	id=$(records_of "$ASTRID" '.kind == "call"' | head -1)
	decides 'hold keep all' "$id"
	jq -e '.reasons[0] | .matter == "case 2025-117" and (.hold | startswith("hold_"))' <<<"$output"
	ok why "$id" --now "$TOMORROW"
	[[ $output == *"in the matter case 2025-117 keeps it until that hold is released (this decides)"* ]]

	id=$(records_of "$SOMEBODY" '.kind == "call"' | head -1)
	decides 'obligation keep_until fields' "$id"
	jq -e '.until == "2026-02-04" and (.fields | sort) == ["duration", "from", "time", "to"]' <<<"$output"
	jq -e '.reasons[0] | .code == "es-ley25-2007-5" and (.source | contains("Ley 25/2007") and contains("art. 5(1)"))' <<<"$output"

	id=$(records_of "$SOMEBODY" '.kind == "call" and .queue == null' | tail -1)
	decides 'policy keep_until all' "$id"
	jq -e '[.reasons[] | select(.rule == "policy")] | length == 1 and (.[0] | .version == 3 and .keep == "6 months" and .scope == null)' <<<"$output"

	id=$(records_of "$SOMEBODY" '.kind == "call" and .queue == "Sales"' | tail -1)
	decides 'policy keep_until all' "$id"
	jq -e '.reasons[] | select(.rule == "policy") | .version == 2 and .keep == "3 months" and (.scope | contains("Sales"))' <<<"$output"

	id=$(records_of "$SOMEBODY" '.kind == "message"' | tail -1)
	decides 'policy keep_until all' "$id"
	jq -e '.until == "2027-12-16" and (.reasons[] | select(.rule == "policy") | .set_by == "profile:callrail")' <<<"$output"
	jq -e '.reasons[] | select(.rule == "bound") | (.bound | contains("25 months")) and (.source | contains("CallRail"))' <<<"$output"
}
