# shellcheck shell=bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of crashes and full disks share: a vault to begin from, one operation at a time that goes wrong at a
# given moment (see faults.c), and what the vault then holds. `load story` first.

# A sanitised program must not mind that another library was loaded first.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

# fault SPEC WORD..: runs lethe with that fault for all files below the working folder.
# $status, $output, $stderr are what came of it; 137 when it was killed.
fault() {
	local spec=$1
	shift
	at_now "$@"
	run --separate-stderr env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT="$spec" "$LETHE" "${words[@]}"
}

# begin_base: an empty folder to make a vault in, with files to import. A vault knows where its root is, so each case
# runs in the same folder, $CASE: `as_base` keeps what is there, `fresh` brings it back.
begin_base() {
	BASE=$BATS_TEST_TMPDIR/base CASE=$BATS_TEST_TMPDIR/case
	mkdir "$CASE"
	cd "$CASE" || return
	head -200 "$SAMPLES/contacts.jsonl" >contacts.jsonl
	grep '"crm-289"' "$SAMPLES/contacts.jsonl" >>contacts.jsonl
	head -4500 "$SAMPLES/copenhagen-sms.jsonl" | jq -c '. + {mentioned: ["+4520000289"]}' >messages.jsonl
	tail -2000 "$SAMPLES/copenhagen-sms.jsonl" >more.jsonl
	cp "$SAMPLES"/{recordings,notes,chats}.jsonl .
	files=(contacts.jsonl messages.jsonl notes.jsonl recordings.jsonl --media-root "$SAMPLES")
	new_vault
	export LETHE_ACCOUNT=Nordlys
}

# fill_base: a person, crm-289, who has very many records: several batches of each kind of work.
fill_base() { ok import "${files[@]}"; }

# fresh: the vault as it was at first.
fresh() {
	cd /
	rm -rf "$CASE"
	cp -a "$BASE" "$CASE"
	cd "$CASE" || return
}

# as_base: what is in $CASE now is what `fresh` makes from here on.
as_base() {
	cd /
	rm -rf "$BASE"
	mv "$CASE" "$BASE"
	fresh
}

# holds_now: what the vault holds, in one line: every count that must agree, and every record's id.
holds_now() {
	local db=$REGION/vault.db
	{
		sqlite3 "$db" "SELECT 'identity', COUNT(*) FROM identity UNION ALL SELECT 'contact', COUNT(*) FROM contact
			UNION ALL SELECT 'kind ' || kind, COUNT(*) FROM record GROUP BY kind
			UNION ALL SELECT 'party', COUNT(*) FROM party UNION ALL SELECT 'media', COUNT(*) FROM media
			UNION ALL SELECT 'trash', COUNT(*) FROM blob_trash UNION ALL SELECT 'held', COUNT(*) FROM held
			UNION ALL SELECT 'erasures', COUNT(*) FROM audit_leaf WHERE body LIKE '%\"person.erase\"%'
			UNION ALL SELECT 'running', COUNT(*) FROM job WHERE state <> 2"
		sqlite3 "$db" "SELECT hex(id) FROM record ORDER BY 1" | sha256sum
		find "$REGION/blobs" -type f | wc -l
	} | tr -s '\n ' ' '
}

# measure WORD..: what the vault holds before and after the operation, and how many changes it makes.
measure() {
	fresh
	before=$(holds_now)
	fresh
	fault "count:$BATS_TEST_TMPDIR/count" "$@"
	[[ $status == [05] ]] || { echo "lethe $*: exit $status"; echo "$stderr"; return 1; }
	changes=$(<"$BATS_TEST_TMPDIR/count")
	after=$(holds_now)
}

# whole_or_absent WORD..: ends the case; a repeated operation leads to the end.
whole_or_absent() {
	[ "$now" = "$after" ] || [ "$now" = "$before" ] || same "neither as before nor as after" "$after" "$now" || return 1
	[ -z "$acknowledged" ] || same "acknowledged" "$after" "$now" || return 1
	[ "$now" = "$after" ] || leads_to_the_end "$@"
}

leads_to_the_end() {
	lethe "$@"
	[[ $status == [05] ]] || { echo "again: exit $status"; echo "$stderr"; return 1; }
	same "after the same command again" "$after" "$(holds_now)"
	check_clean
}
