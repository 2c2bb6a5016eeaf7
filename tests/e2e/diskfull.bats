#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# A full disk and a broken one: at moments spread over each kind of work a change to a file fails, once or from then on, with
# ENOSPC or EIO, or writes only half. FAULT_CASES=N or LONG=1: more moments.
#
# Each time: exit code 8 and what to do about it, or the work is done all the same; nothing that was acknowledged is lost;
# with space again the next command that writes goes on, `lethe check` finds nothing, and the same command again leads to the
# same end as if nothing had happened.

# Each test is a subshell of its own, and means to be; $files, $stderr .. come from what is loaded.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

setup() {
	load story
	load faults
	begin_base
}

# said_why: a failure says what, and how to mend it.
said_why() {
	[[ $stderr == "lethe: "* && $stderr == *"  mend: "* ]] || { echo "does not say what to do: $stderr"; return 1; }
	[[ $spec != enospc* || $stderr == *space* ]] || { echo "does not say that the disk is full: $stderr"; return 1; }
}

fail_once() {
	fresh
	fault "$spec" "$@"
	acknowledged=
	case $status in
	0 | 5) acknowledged=yes ;;
	8) said_why || return 1 ;;
	*) echo "exit $status"; echo "$stderr"; return 1 ;;
	esac
	ok policy set form '30 years'
	now=$(holds_now)
	check_clean
}

# cases JUDGE WORD..: moments spread over the operation, each kind of fault in turn.
cases() {
	local judge=$1 cases=${FAULT_CASES:-${SANITIZE:+5}} kinds=('enospc:%d' 'enospc:%d:0' 'eio:%d' 'eio:%d:0' 'short:%d') n at
	cases=${cases:-15}
	[ -z "${LONG:-}" ] || cases=$((cases * 10))
	shift
	measure "$@"
	for ((n = 0; n < cases; n++)); do
		at=$((1 + n * changes / cases))
		# shellcheck disable=SC2059
		spec=$(printf "${kinds[n % 5]}" "$at")
		if ! { fail_once "$@" && "$judge" "$@"; }; then
			printf 'lethe %s\ncase %d of %d, %s of %d changes\n' "$*" "$n" "$cases" "$spec" "$changes"
			return 1
		fi
	done
	echo "# $cases cases: lethe $* ($changes changes)" >&3
}

@test "P28: when the disk fails in an import, nothing of its batch is there; again, it comes to the same end" {
	as_base
	cases whole_or_absent import "${files[@]}"
}

@test "P28: when it fails in an erasure, the person is whole or comes to be gone" {
	fill_base
	as_base
	cases whole_or_absent person erase crm-289 --yes
}

@test "P28: when it fails in an erasure that a hold touches, what is kept is kept" {
	fill_base
	ok hold add --person crm-289 --kind recording,note --reason 'case 2025-117'
	as_base
	cases whole_or_absent person erase crm-289 --yes
}

@test "P28: when it fails in a sweep, the sweep goes on later" {
	fill_base
	shorten message '20 days'
	shorten recording '20 days'
	as_base
	cases whole_or_absent retention run --now 2026-01-01
}

@test "P28, P32: when it fails in a sweep by narrower rules, with a hold and a restriction in it, these keep what they keep" {
	fill_rules
	as_base
	cases as_ruled retention run
}

@test "P28, P32: when it fails in one that cuts down what a law keeps, each record is whole or cut down" {
	fill_rules
	ok obligation add it-l167-2017-24
	as_base
	cases as_ruled retention run
}

@test "P10, P28: when it fails in a sweep of what a released hold had kept and an ended law, it goes on later" {
	fill_rules
	ok obligation add it-l167-2017-24
	lethe retention run
	said 5
	ok hold release "$hold" --yes
	ok obligation end it-l167-2017-24
	as_base
	cases as_ruled retention run
}

@test "P28: when it fails in a rule, a hold, a restriction, an obligation, that is decided or is not" {
	fill_rules
	ok obligation add fr-cpce-l34-1-source
	ok retention plan --policy 'recording=20 days' --json
	ok policy set recording '20 days' --plan "$(jq -r .digest <<<"$output")" # begins tomorrow
	ok retention plan --policy 'message=20 days' --grace 0 --json
	digest=$(jq -r .digest <<<"$output")
	as_base
	unset watching
	FAULT_CASES=${FAULT_CASES:-5}
	cases decided policy set message '20 days' --grace 0 --plan "$digest"
	cases decided policy undo recording
	cases decided hold add --person crm-289 --reason 'case 9'
	cases decided hold release "$hold" --yes
	cases decided person restrict crm-100 --ground claims
	cases decided obligation add it-l167-2017-24
	cases decided obligation end fr-cpce-l34-1-source
}

one_epoch() {
	whole_or_absent keys rotate
	ok keys status --json
	same "rotation under way" false "$(jq .rotation_under_way <<<"$output")"
	same "root keys" 1 "$(grep -c '^epoch ' lethe-data.default.root)"
	[ -z "$acknowledged" ] || [ "$(jq .epoch.number <<<"$output")" -gt 1 ]
}

@test "P28: when it fails in a rotation, the rotation goes on later" {
	fill_base
	as_base
	cases one_epoch keys rotate
}

file_is_whole() {
	same "the vault" "$before" "$now"
	if [ -n "$acknowledged" ]; then
		unzip -qt all.zip >/dev/null
		return
	fi
	# A disk that fails for good does not let it be removed either.
	[[ $spec == eio*:0 ]] || same "files left" "" "$(find . -maxdepth 1 -name 'all.zip*')"
	rm -f all.zip.part
	ok person export crm-289 --out all.zip
	unzip -qt all.zip >/dev/null
}

@test "P28: when it fails in an export, no file is left; the next one is whole" {
	fill_base
	as_base
	cases file_is_whole person export crm-289 --out all.zip
}

backup_is_whole() {
	same "the vault" "$before" "$now"
	[ -n "$acknowledged" ] || ok backup --out saved
	ok restore saved
	same "after restoring it" "$before" "$(holds_now)"
}

@test "P28: when it fails in a backup, the next one is whole" {
	fill_base
	as_base
	cases backup_is_whole backup --out saved
}

@test "P28: when it fails in a restore, the vault is the old one or the restored one" {
	fill_base
	ok backup --out saved
	ok import more.jsonl chats.jsonl
	ok person erase crm-289 --yes
	as_base
	cases whole_or_absent restore saved
}
