#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 at any moment: before, in the middle of, and after a change to a file. The moments are drawn at random from all
# changes that the operation makes, by a seed that is printed; CRASH_SEED=N draws others, CRASH_CASES=N or LONG=1 more.
#
# After each: the vault can be read; the next command that writes, whichever it is (and it may be killed too), goes on with
# what was begun; then `lethe check` finds nothing; what was acknowledged is there; the rest is there whole or not at all; and
# the same command again leads to the same end as if nothing had happened.

# Each test is a subshell of its own, and means to be; $files, $stderr .. come from what is loaded.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

setup() {
	load story
	load faults
	seed=${CRASH_SEED:-20251103}
	RANDOM=$seed
	begin_base
}

teardown() { chmod -R u+rwX "$BATS_TEST_TMPDIR"; }

# draw N: a number from 1 to N, in $drawn. ($(draw N) would be a subshell, and draw the same each time.)
draw() { drawn=$((1 + (RANDOM << 15 | RANDOM) % $1)); }

# next_writer: some other command that writes, in $writer.
next_writer() {
	draw 5
	case $drawn in
	1) writer=(policy set form '30 years') ;;
	2) writer=(hold add --kind session --reason 'case 7') ;;
	3) writer=(keys rotate) ;;
	4) writer=(account create "Another $RANDOM" --country DE) ;;
	5) writer=(hold add --kind session --from 2020-01-01 --custodian Carla --matter "$RANDOM" --reason 'case 8') ;;
	esac
}

# crash_once WORD..: one case. $acknowledged is whether the operation said that it was done.
crash_once() {
	local spec kinds=(kill kill-after torn)
	draw "$changes"
	spec=${kinds[RANDOM % 3]}:$drawn
	case_name="case $case_number of $cases, $spec of $changes changes"
	fresh
	fault "$spec" "$@"
	[[ $status =~ ^(0|5|137)$ ]] || { echo "exit $status"; echo "$stderr"; return 1; }
	acknowledged=
	[ -z "$output" ] || acknowledged=yes
	# Reading needs no repair: it finds the person, or that they are gone.
	lethe person show crm-289
	[[ $status =~ ^(0|3|9)$ ]] || { echo "person show: exit $status"; echo "$stderr"; return 1; }
	next_writer
	draw 4
	if ((drawn == 1)); then
		draw 80
		case_name+=", then kill:$drawn of ${writer[*]}"
		fault "kill:$drawn" "${writer[@]}"
	fi
	case_name+=", then ${writer[*]}"
	lethe "${writer[@]}"
	[[ $status == 0 ]] || [[ ${writer[0]} == account && $status == 4 ]] || { echo "exit $status"; echo "$stderr"; return 1; }
	now=$(holds_now)
	check_clean
}

# cases COUNT JUDGE WORD..: so many cases of the operation.
cases() {
	local judge=$2
	cases=${CRASH_CASES:-${SANITIZE:+$(((${1} + 3) / 4))}}
	cases=${cases:-$1}
	[ -z "${LONG:-}" ] || cases=$((cases * 10))
	shift 2
	measure "$@"
	for ((case_number = 1; case_number <= cases; case_number++)); do
		if ! { crash_once "$@" && "$judge" "$@"; }; then
			printf 'lethe %s\nseed %s, %s\n' "$*" "$seed" "$case_name"
			return 1
		fi
	done
	echo "# $cases cases, seed $seed: lethe $* ($changes changes)" >&3
}

@test "P19, P21, P24: an import that is killed is there whole or not at all, and comes to the same end when run again" {
	as_base
	cases 25 whole_or_absent import "${files[@]}"
}

# Of an import of two batches the first may be there alone.
whole_batches() {
	local count
	count=$(rows record)
	[[ $count == 0 || $count == 10000 || $count == 11000 ]] || { echo "$count records"; return 1; }
	leads_to_the_end "$@"
}

@test "P19: of an import of several batches each is there whole or not at all" {
	head -11000 "$SAMPLES/copenhagen-sms.jsonl" >many.jsonl
	as_base
	cases 6 whole_batches import many.jsonl
}

# erased_with_receipt WORD..: ends the case; whichever command finished it, the receipt can be had and verifies.
erased_with_receipt() {
	local job
	whole_or_absent "$@" || return 1
	ok person receipt --json
	same "erasures that are not done" "" "$(jq -r '.erasures[] | select(.state != "done") | .job' <<<"$output")"
	job=$(jq -r '.erasures[-1].job' <<<"$output")
	ok person receipt "$job" --out receipt.json
	ok verify receipt.json --key "$REGION/lethe.pub"
	same "the receipt's job" "$job" "$(jq -r .statement.job receipt.json)"
}

@test "P9: an erasure that is killed has not begun, or comes to its end with the next command that writes" {
	fill_base
	as_base
	cases 30 erased_with_receipt person erase crm-289 --yes
}

@test "P9, P10: so does one of whom a hold keeps some, and what is kept opens" {
	fill_base
	ok hold add --person crm-289 --kind recording,note --reason 'case 2025-117'
	as_base
	cases 20 erased_with_receipt person erase crm-289 --yes
}

# until_aside: an erasure that was killed when it had put some of what the hold keeps aside, and not all.
until_aside() {
	local moment
	fault "count:$BATS_TEST_TMPDIR/count" person erase crm-289 --yes
	changes=$(<"$BATS_TEST_TMPDIR/count")
	for ((moment = 1; moment < changes; moment += 1 + changes / 60)); do
		fresh
		fault "kill:$moment" person erase crm-289 --yes
		aside=$(rows "held WHERE cause = 3")
		((aside == 0)) || break
	done
	((aside > 0 && aside < 4500)) || { echo "$aside aside at $moment of $changes"; return 1; }
}

# swap_payload HEX: gives the newest message that is not aside this payload; what it had is in $payload.
swap_payload() {
	local of="kind = 5 AND id = x'$newest'"
	payload=$(sqlite3 "$REGION/vault.db" "SELECT hex(payload) FROM record WHERE $of")
	sqlite3 "$REGION/vault.db" "UPDATE record SET payload = x'$1' WHERE $of"
}

# all_back: as if nobody had asked to erase her, and the log says that it was given up.
all_back() {
	same "held" 0 "$(rows held)"
	same "under the key of a hold" 0 "$(rows "record WHERE hold_id <> 0")"
	same "running" 0 "$(rows "job WHERE state = 1")"
	same "failed" 1 "$(rows "audit_leaf WHERE CAST(body AS TEXT) LIKE '%\"person.erase.failed\"%'")"
	swap_payload "$sound"
	check_clean
	same "what she has" "$told" "$(tell)"
}

@test "P9, P10: an erasure that can go on no more puts back what it had sealed, whenever that is killed" {
	fill_base
	ok hold add --person crm-289 --kind message --reason 'case 2025-117'
	as_base
	# shellcheck disable=SC2034 # tell reads it
	mapfile -t stayed < <(listed | spread 12 | as_ids)
	told=$(tell)
	until_aside
	newest=$(sqlite3 "$REGION/vault.db" "SELECT hex(id) FROM record WHERE kind = 5 AND hold_id = 0 ORDER BY id DESC LIMIT 1")
	swap_payload "$(printf '00%.0s' {1..200})"
	sound=$payload
	as_base
	ok hold add --kind form --reason 'case 6'
	all_back
	fresh
	fault "count:$BATS_TEST_TMPDIR/count" hold add --kind form --reason 'case 6'
	changes=$(<"$BATS_TEST_TMPDIR/count")
	for ((case_number = 1; case_number <= ${CRASH_CASES:-10}; case_number++)); do
		draw "$changes"
		fresh
		fault "kill:$drawn" hold add --kind form --reason 'case 6'
		ok hold add --kind note --reason 'case 7'
		all_back || { echo "seed $seed, kill:$drawn of $changes"; return 1; }
	done
}

@test "P29: a sweep that is killed has not begun, or comes to its end with the next command that writes" {
	fill_base
	shorten message '20 days'
	shorten recording '20 days'
	as_base
	cases 25 whole_or_absent retention run --now 2026-01-01
}

@test "P10, P29: a sweep of many days, whose keys go first, loses nothing of somebody who is held, and leaves nothing due" {
	fill_days
	as_base
	cases 20 as_ruled retention run
	[ ${#went[@]} -gt 0 ]
}

@test "P29, P32: a sweep by narrower rules, with a hold and a restriction in it, keeps what they keep and leaves nothing due" {
	fill_rules
	as_base
	cases 15 as_ruled retention run
	[ ${#went[@]} -gt 0 ]
}

@test "P29, P32: so does one that cuts down what a law keeps" {
	fill_rules
	ok obligation add it-l167-2017-24
	as_base
	cases 12 as_ruled retention run
	[[ $told == *'"cut_down"'* ]]
}

@test "P10, P29: what a released hold had kept goes or is handed to a law, whenever the sweep is killed" {
	fill_rules
	ok obligation add it-l167-2017-24
	lethe retention run
	said 5
	ok hold release "$hold" --yes
	as_base
	cases 8 as_ruled retention run
	[[ $told == *'"cut_down"'* ]]
}

@test "P10, P29: what a law had kept goes once that has ended, whenever the sweep is killed" {
	fill_rules
	ok obligation add it-l167-2017-24
	lethe retention run
	said 5
	ok hold release "$hold" --yes
	ok obligation end it-l167-2017-24
	as_base
	cases 8 as_ruled retention run
	[ ${#went[@]} -gt 0 ]
}

@test "P29: a rule, a hold, a restriction, an obligation that is killed is decided or is not, and what was acknowledged is" {
	fill_rules
	ok obligation add fr-cpce-l34-1-source
	shorten note '20 days' --tag promo
	ok retention plan --policy 'recording=20 days' --json
	ok policy set recording '20 days' --plan "$(jq -r .digest <<<"$output")" # begins tomorrow
	ok retention plan --policy 'message=20 days' --grace 0 --json
	digest=$(jq -r .digest <<<"$output")
	as_base
	unset watching
	cases 3 decided policy set message '20 days' --grace 0 --plan "$digest"
	cases 3 decided policy undo recording
	cases 3 decided policy remove note --tag promo
	cases 3 decided hold add --person crm-289 --reason 'case 9'
	cases 3 decided hold release "$hold" --yes
	cases 3 decided person restrict crm-100 --ground claims
	cases 3 decided person unrestrict +4520000370 --told 2025-12-01
	cases 3 decided obligation add it-l167-2017-24
	cases 3 decided obligation end fr-cpce-l34-1-source
}

# fill_deleted: of 201 contacts 150 are deleted, one of them is held; their grace ends on 31 December.
fill_deleted() {
	ok import contacts.jsonl
	ok contact list --limit 1000 --json
	jq -r '.contacts[].id' <<<"$output" | head -150 >deleted
	while read -r id; do "$LETHE" --now "$NOW" contact delete "$id" >>log || return; done <deleted
	ok contact show "$(head -1 deleted)" --deleted --json
	ok hold add --person "$(jq -r '.content.phones[0] // .content.ids[0]' <<<"$output")" --reason 'case 2025-120'
}

# purged WORD..: ends the case; nothing is due, what was not deleted opens, and so does what is held.
purged() {
	whole_or_absent "$@" || return 1
	ok retention plan --now 2026-01-01 --json
	same due 0 "$(jq '.deleted_contacts.due + .contacts' <<<"$output")"
	ok contact show "$(head -1 deleted)" --deleted --now 2026-01-01 --json
	same held true "$(jq '.held and .content != null' <<<"$output")"
	lethe contact show "$(tail -1 deleted)"
	said 9
}

@test "P29, P42: contacts are deleted, brought back and purged, or are not, whenever that is killed" {
	fill_deleted
	as_base
	cases 3 decided contact delete "$("$LETHE" --now "$NOW" contact list --limit 1 --json | jq -r '.contacts[0].id')"
	cases 3 decided contact undelete "$(sed -n 5p deleted)"
	cases 12 purged retention run --now 2026-01-01
}

# One epoch, one root key; when the old one has ended, the old key store opens nothing.
one_epoch() {
	whole_or_absent keys rotate
	ok keys status --json
	same "rotation under way" false "$(jq .rotation_under_way <<<"$output")"
	local epoch
	epoch=$(jq .epoch.number <<<"$output")
	same "root keys" 1 "$(grep -c '^epoch ' lethe-data.default.root)"
	[ -z "$acknowledged" ] || ((epoch > 1)) || { echo "acknowledged, but epoch $epoch"; return 1; }
	((epoch > 1)) || return 0
	cp -a "$BASE/lethe-data" old-data
	lethe person find crm-289 --data old-data
	[[ $status == [79] ]] || { echo "the old copy: exit $status"; return 1; }
}

@test "P7: a rotation that is killed comes to its end, and old copies open nothing then" {
	fill_base
	as_base
	cases 20 one_epoch keys rotate
}

@test "P5, P29: a restore that is killed leaves the old data or the restored, and nobody who was erased" {
	fill_base
	ok backup --out saved
	ok import more.jsonl chats.jsonl
	ok person erase crm-289 --yes
	as_base
	cases 15 whole_or_absent restore saved
	lethe person show crm-289
	said 3
}

# The backup is not there, or whole; the same command makes it.
backup_is_whole() {
	same "the vault" "$before" "$now"
	[ -z "$acknowledged" ] || [ -d saved ] || { echo "acknowledged, and not there"; return 1; }
	[ -d saved ] || ok backup --out saved
	same "parts left" "" "$(find . -maxdepth 1 -name 'saved.*')"
	ok restore saved
	same "after restoring it" "$before" "$(holds_now)"
}

@test "P29: a backup that is killed is not there; the next one is whole" {
	fill_base
	as_base
	cases 8 backup_is_whole backup --out saved
}

export_is_whole() {
	same "the vault" "$before" "$now"
	[ -z "$acknowledged" ] || [ -e all.zip ] || { echo "acknowledged, and not there"; return 1; }
	# What is left of it is nobody else's to remove: the same command says so, and how to mend it.
	if [ -e all.zip.part ]; then
		lethe person export crm-289 --out all.zip
		said 4
		[[ $stderr == *"all.zip.part"*"remove it"* ]]
		same "its mode" 600 "$(stat -c %a all.zip.part)"
		rm all.zip.part
	fi
	[ -e all.zip ] || ok person export crm-289 --out all.zip
	unzip -qt all.zip >/dev/null
	same "parts left" "" "$(find . -maxdepth 1 -name '*all.zip?*')"
}

@test "P29: an export that is killed leaves no file of that name, and says at the next how to go on" {
	fill_base
	as_base
	cases 8 export_is_whole person export crm-289 --out all.zip
}

@test "P29: a vault whose making was killed is made by the same command again" {
	rm -rf lethe-data lethe-data.default.root
	as_base
	fault "count:$BATS_TEST_TMPDIR/count" init
	said 0
	changes=$(<"$BATS_TEST_TMPDIR/count")
	local step=5 made=0
	[ -z "${LONG:-}" ] || step=1
	for ((n = 1; n <= changes; n += step)); do
		fresh
		fault "kill:$n" init
		[ "$status" -eq 137 ]
		lethe init
		[[ $status == 0 || $stderr == *"there is a vault here already"* ]] || { echo "kill:$n: exit $status"; echo "$stderr"; return 1; }
		ok account create Nordlys --country DK
		check_clean
		made=$((made + 1))
	done
	echo "# $made cases: lethe init ($changes changes)" >&3
}
