# shellcheck shell=bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of crashes and full disks share: a vault to begin from, one operation at a time that goes wrong at a
# given moment (see faults.c), and what the vault then holds. `load story` first.

# Variables go to and fro between this, the story and who loads both.
# shellcheck disable=SC2034,SC2154

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

# fill_rules: 2,900 messages of one day and others of more, some with the tag promo, some with vip; after 15 days those with promo
# are due, and recordings of that tag; vip are held, +4520000370 is restricted. So days go in part, and one is sealed anew in two steps.
fill_rules() {
	jq -c '(.id[4:] | tonumber) as $n | select($n <= 3100) | . + {tags: [(if $n % 4 == 0 then "promo" else empty end), (if $n % 7 == 0 then "vip" else empty end)],
		time: (if $n <= 2900 then "2025-11-04" + .time[10:] else .time end), mentioned: (if $n % 50 == 0 then ["+4520000289"] else [] end)}' \
		messages.jsonl >tagged.jsonl
	jq -c 'if (.id | test("[135]$")) then . + {tags: ["promo"]} else . end' recordings.jsonl >tagged-recordings.jsonl
	ok import contacts.jsonl tagged.jsonl notes.jsonl tagged-recordings.jsonl --media-root "$SAMPLES"
	ok hold add --tag vip --reason 'case 2025-118' --json
	hold=$(jq -r .id <<<"$output")
	ok person restrict +4520000370 --ground accuracy
	shorten message '15 days' --tag promo
	shorten recording '15 days' --tag promo
	watching=yes # see watch
}

# fill_days: messages of a hundred days, all due, and of ten of them a few of +4520000289, who is held. So the keys of ninety days go
# before any row does, and ten days are opened.
fill_days() {
	jq -c '(.id[4:] | tonumber) as $n | . + {time: (1743508800 + $n % 100 * 86400 + $n | todate),
		mentioned: (if $n % 110 == 0 then ["+4520000289"] else [] end)}' messages.jsonl >days.jsonl
	ok import contacts.jsonl days.jsonl notes.jsonl recordings.jsonl --media-root "$SAMPLES"
	ok hold add --person +4520000289 --reason 'case 2025-119'
	shorten message '30 days'
	watching=yes # see watch
}

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

# holds_now: what the vault holds, in one line: every count that must agree, every record's id, and what keeps it.
holds_now() {
	local db=$REGION/vault.db
	{
		sqlite3 "$db" "SELECT 'identity', COUNT(*) FROM identity UNION ALL SELECT 'contact', COUNT(*) FROM contact
			UNION ALL SELECT 'deleted', COUNT(*) FROM contact WHERE deleted_at > 0
			UNION ALL SELECT 'kind ' || kind, COUNT(*) FROM record GROUP BY kind
			UNION ALL SELECT 'party', COUNT(*) FROM party UNION ALL SELECT 'media', COUNT(*) FROM media
			UNION ALL SELECT 'trash', COUNT(*) FROM blob_trash UNION ALL SELECT 'held', COUNT(*) FROM held
			UNION ALL SELECT 'erasures', COUNT(*) FROM audit_leaf WHERE CAST(body AS TEXT) LIKE '%\"person.erase\"%'
			UNION ALL SELECT 'running', COUNT(*) FROM job WHERE state <> 2
			UNION ALL SELECT 'rules', COUNT(*) FROM policy WHERE kind <> 7
			UNION ALL SELECT 'holds', COUNT(*) FROM hold WHERE kinds <> 256 AND released_at IS NULL
			UNION ALL SELECT 'obligations', COUNT(*) FROM obligation WHERE ended_at IS NULL
			UNION ALL SELECT 'duties', COUNT(*) FROM duty"
		[ -z "${watching:-}" ] || sqlite3 "$REGION/keys.db" "SELECT 'keys ' || class, COUNT(*) FROM wrapped_key
			WHERE account_id = 1 AND class IN (2, 3) GROUP BY class"
		sqlite3 "$db" "SELECT hex(id), hold_id > 0, hold_id IN (SELECT duty_id FROM duty) FROM record ORDER BY 1" | sha256sum
		find "$REGION/blobs" -type f | wc -l
	} | tr -s '\n ' ' '
}

# measure WORD..: what the vault holds before and after the operation, and how many changes it makes.
measure() {
	fresh
	before=$(holds_now)
	[ -z "${watching:-}" ] || listed >"$BATS_TEST_TMPDIR/was"
	fresh
	fault "count:$BATS_TEST_TMPDIR/count" "$@"
	[[ $status == [05] ]] || { echo "lethe $*: exit $status"; echo "$stderr"; return 1; }
	changes=$(<"$BATS_TEST_TMPDIR/count")
	after=$(holds_now)
	[ -z "${watching:-}" ] || watch
}

# listed: the kind and id of every record, those that share a fate one after the other.
listed() { sqlite3 "$REGION/vault.db" "SELECT kind, lower(hex(id)) FROM record ORDER BY kind, hold_id, part, id"; }

# as_ids: ids as they are written, of lines as `listed` makes them.
as_ids() {
	local digits=0123456789abcdefghjkmnpqrstvwxyz prefixes=(. call rec vm trans msg chat form sess note) kind hex text n i
	while IFS='|' read -r kind hex; do
		hex=000$hex text=
		for ((i = 0; i < 35; i += 5)); do
			n=$((16#${hex:i:5}))
			text+=${digits:n >> 15:1}${digits:n >> 10 & 31:1}${digits:n >> 5 & 31:1}${digits:n & 31:1}
		done
		echo "${prefixes[kind]}_${text:2}"
	done
}

# spread N: about N of the lines, from first to last.
spread() { awk -v n="$1" '{ line[NR] = $0 } END { for (i = 1; i <= NR; i += NR > n ? NR / n : 1) print line[int(i)] }'; }

# watch: of what the operation leaves some records, and how each reads; of what goes some, by their ids.
watch() {
	listed >"$BATS_TEST_TMPDIR/is"
	mapfile -t stayed < <(spread 12 <"$BATS_TEST_TMPDIR/is" | as_ids)
	mapfile -t went < <(grep -vxFf "$BATS_TEST_TMPDIR/is" "$BATS_TEST_TMPDIR/was" | spread 4 | as_ids)
	told=$(tell)
}

# tell: how the records of the sample read.
tell() {
	for id in "${stayed[@]}"; do
		"$LETHE" --now "$NOW" record get "$id" --json || return
	done
}

# as_watched: what stayed reads as it should, what went is gone, and nothing is due.
as_watched() {
	same "what stayed reads" "$told" "$(tell)"
	for id in "${went[@]}"; do
		lethe record get "$id"
		[ "$status" -eq 3 ] || { echo "$id: exit $status"; return 1; }
	done
	ok retention plan --json
	same due 0 "$(jq '[.kinds[].due] | add' <<<"$output")"
}

# decided WORD..: ends the case; a decision is made or it is not.
decided() {
	[ "$now" = "$after" ] || [ "$now" = "$before" ] || same "neither as before nor as after" "$after" "$now" || return 1
	[ -z "$acknowledged" ] || same "acknowledged" "$after" "$now"
}

# whole_or_absent WORD..: ends the case; a repeated operation leads to the end.
whole_or_absent() {
	decided && { [ "$now" = "$after" ] || leads_to_the_end "$@"; }
}

# as_ruled WORD..: ends the case; what is kept reads, what went is gone, nothing is due.
as_ruled() {
	whole_or_absent "$@" && as_watched
}

leads_to_the_end() {
	lethe "$@"
	[[ $status == [05] ]] || { echo "again: exit $status"; echo "$stderr"; return 1; }
	same "after the same command again" "$after" "$(holds_now)"
	check_clean
}
