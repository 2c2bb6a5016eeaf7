#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Is it really gone? The search of forensic/forensic.c: raw bytes of every file, and everything that opens with any key
# that can be unwrapped from any byte of a key store. Each test first shows that the search finds what is still there.
# Each test is a subshell of its own, and means to be.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0

setup() {
	load story
	load faults
	cd "$BATS_TEST_TMPDIR" || return
	# What is known of Astrid, and nobody else: numbers, addresses, name, words, sound.
	astrid=('+4520000289' 'Astrid Holst' 'AstridKHolst@example.com' 'crm-289' 'Keflavíkurgata 48'
		'Prefers to be called after 16:00' 'the heron waits by the third lock' 'I need to return an item'
		'upgrading my current phone plan' "@$SAMPLES/audio/aws-pca/support-call.wav")
	cat >heron.jsonl <<-'END'
		{"type":"message","id":"h1","source":"own","time":"2025-11-08T07:00:00Z","from":"20 00 02 89","to":"+4520000301","text":"the heron waits by the third lock"}
	END
}

# fill: everything in, with Astrid's own words in each kind of record.
fill() {
	ok import "$SAMPLES"/{contacts,notes,forms,chats,transcripts,recordings,copenhagen-calls,copenhagen-sms}.jsonl heron.jsonl
}

# keep NAME: a copy of the region as it is now, logs included.
keep() { cp -a "$REGION" "$1"; }

# raw PATH..: the bytes of files.
raw() { run "$FORENSIC" raw "${astrid[@]}" -- "$@"; }

# opens ROWS KEYS [ROOT]: rows and blobs of a copy, with every key that is anywhere in KEYS.
opens() {
	rm -rf rows && cp -a "$1" rows
	FORENSIC_KEYS=keys run "$FORENSIC" open rows "$2" "${3:-$REGION/root.json}" "${astrid[@]}"
}

# Each of what is looked for was found.
finds_all() {
	[ "$status" -eq 1 ] || { echo "exit $status"; tail -5 <<<"$output"; return 1; }
	for item in "${astrid[@]}"; do
		grep -qF " of $item in " <<<"$output" || { echo "does not find $item"; tail -5 <<<"$output"; return 1; }
	done
}

finds_nothing() {
	[ "$status" -eq 0 ] || { echo "exit $status"; tail -20 <<<"$output"; return 1; }
}

opens_nothing() {
	finds_nothing
	[[ $output == *"opened 0 of "*" identities, 0 of "*" contacts, 0 of "*" records, 0 files" ]] || {
		tail -1 <<<"$output"
		return 1
	}
}

# The identity keys that the search found, and those that there should be: one for each row.
keys_found() { sed -n 's/^identity 1 //p' keys | sort -n; }
keys_due() { sqlite3 "$REGION/vault.db" "SELECT identity_id FROM identity ORDER BY 1"; }

# Likewise the keys of periods, and those that records still need or new ones get.
periods_found() { sed -n 's/^period 1 //p' keys | sort -n; }
periods_due() { sqlite3 "$REGION/keys.db" "SELECT number FROM wrapped_key WHERE account_id = 1 AND class = 2 ORDER BY 1"; }

@test "the search finds text in every encoding, when it is there" {
	mkdir clear
	printf 'xx+45 20 00 02 89' >clear/a
	printf 'y%s' "$(printf 'call Astrid Holst' | base64)" >clear/b
	printf 'Astrid Holst' | iconv -t UTF-16LE >clear/c
	printf '{"street":"Keflav\\u00edkurgata 48"}' >clear/d
	printf 'KEFLAV\355KURGATA 48' >clear/e
	printf 'ASTRIDKHOLST@example.com ' >clear/crm-289
	printf 'the%%20heron%%20waits%%20by%%20the%%20third%%20lock' >clear/f
	printf 'astridkholst@example.com' | od -An -v -tx1 | tr -d ' \n' >clear/g
	tail -c 50000 "$SAMPLES/audio/aws-pca/support-call.wav" >clear/h
	raw clear
	[ "$status" -eq 1 ]
	for line in 'UTF-8 of +4520000289 in clear/a' 'base64 of Astrid Holst in clear/b' 'UTF-16LE of Astrid Holst in clear/c' \
		'JSON escapes of Keflavíkurgata 48 in clear/d' "UTF-8 of crm-289 in a file's name" \
		'percent escapes of the heron waits by the third lock in clear/f' \
		'hexadecimal of AstridKHolst@example.com in clear/g' 'support-call.wav in clear/h'; do
		grep -qF "$line" <<<"$output" || { echo "not: $line"; echo "$output"; return 1; }
	done
}

@test "P1: no byte string of a person is in any file, even while they are there" {
	new_vault
	mkdir tmp
	TMPDIR=$PWD/tmp fill
	raw lethe-data lethe-data.default.root tmp
	finds_nothing
}

@test "P3, P6: after an erasure nothing of the person is found in the live vault, its key store, its logs" {
	new_vault
	fill
	keep before
	opens before "$REGION"
	finds_all
	same "identity keys" "$(keys_due)" "$(keys_found)"

	ok person erase '20 00 02 89' --yes
	keep after
	raw lethe-data
	finds_nothing
	opens after "$REGION"
	finds_nothing
	same "identity keys" "$(keys_due)" "$(keys_found)"
}

@test "P2: rows and sound that somebody copied before an erasure do not open with the live key store" {
	new_vault
	fill
	keep before
	ok person erase astridkholst@example.com --yes
	opens before "$REGION"
	finds_nothing
	# What does not open is hers and what she shared; the rest does, so the search did look.
	[[ $output == *"opened 1633 of 1636 identities, 542 of 543 contacts"* ]]
}

@test "P3: a data backup from before an erasure opens nothing of the person with the live keys" {
	new_vault
	fill
	ok backup --out saved
	run ! grep -rq '^lethe-root' saved
	opens saved "$REGION"
	finds_all
	ok person erase '+45 20 00 02 89' --yes
	opens saved "$REGION"
	finds_nothing
	raw saved lethe-data
	finds_nothing
}

@test "P7: a backup with its keys opens until the next rotation, and nothing after it" {
	new_vault
	fill
	ok backup --out saved --with-keys
	opens saved saved
	finds_all
	ok keys rotate
	opens saved saved
	opens_nothing
}

@test "P6: of many persons erased in any order no key is left anywhere in the key store" {
	new_vault
	ok import "$SAMPLES/contacts.jsonl"
	# Seeded: the same persons each time.
	local count=40
	[ -z "${LONG:-}" ] || count=500
	for who in $(jq -r '.ids[0]' "$SAMPLES/contacts.jsonl" | shuf -n "$count" --random-source=<(yes 20251103)); do
		ok person erase "$who" --yes
	done
	keep after
	opens after "$REGION"
	same "erased identities" $((count * 3)) $((1629 - $(keys_due | wc -l)))
	same "identity keys" "$(keys_due)" "$(keys_found)"
}

@test "P6: keys in the log of an import that was killed are gone after an erasure too" {
	new_vault
	fault "count:$PWD/count" import "$SAMPLES"/{contacts,notes,forms}.jsonl
	said 0
	rm -r lethe-data lethe-data.default.root
	new_vault
	# Killed before the databases are closed: what was committed is still in the logs.
	fault "kill:$(($(<count) - 12))" import "$SAMPLES"/{contacts,notes,forms}.jsonl
	said 137
	[ -s "$REGION/keys.db-wal" ]
	astrid=('+4520000289' 'Astrid Holst' 'crm-289')
	keep before
	opens before before
	finds_all
	ok person erase crm-289 --yes
	keep after
	opens before "$REGION"
	finds_nothing
	opens after after
	finds_nothing
}

@test "P6, P9: after an erasure that was killed at any moment, and the next command, no key of the person is left" {
	new_vault
	grep -E '"crm-2[89][0-9]"' "$SAMPLES/contacts.jsonl" >some.jsonl
	ok import some.jsonl "$SAMPLES/notes.jsonl" heron.jsonl
	astrid=('+4520000289' 'Astrid Holst' 'the heron waits by the third lock')
	cp -a lethe-data full
	fault "count:$PWD/count" person erase crm-289 --yes
	said 0
	local step=12
	[ -z "${LONG:-}" ] || step=1
	for ((n = 1; n <= $(<count); n += step)); do
		rm -rf lethe-data && cp -a full lethe-data
		fault "kill-after:$n" person erase crm-289 --yes
		ok policy set form '30 years'
		lethe person find crm-289
		[ "$status" -eq 3 ] || continue # it had not begun
		keep after
		opens full/regions/default after
		finds_nothing || { echo "killed after $n"; return 1; }
		same "identity keys, killed after $n" "$(keys_due)" "$(keys_found)"
		rm -r after
	done
}

@test "P6: an erasure waits for a reader who still needs the log, and is not done before nothing is left in it" {
	[ -n "${LONG:-}" ] || skip "LONG=1: waits for half a minute"
	new_vault
	ok import "$SAMPLES/notes.jsonl" heron.jsonl
	astrid=('+4520000289' 'the heron waits by the third lock')
	keep before
	mkfifo commands
	sqlite3 "$REGION/keys.db" <commands >reader &
	exec 9>commands
	echo 'BEGIN; SELECT COUNT(*) FROM wrapped_key;' >&9
	until [ -s reader ]; do :; done
	lethe person erase +4520000289 --yes --receipt receipt.json
	said 6
	[ ! -e receipt.json ]
	# shellcheck disable=SC2154
	[[ $stderr =~ 'next command that writes finishes the erasure; then `lethe person receipt '(job_[0-9a-z]+)'`' ]]
	job=${BASH_REMATCH[1]}
	lethe person receipt "$job"
	said 3
	exec 9>&-
	wait
	ok policy set form '30 years'
	ok person receipt "$job" --out receipt.json
	ok verify receipt.json --key "$REGION/lethe.pub"
	opens before "$REGION"
	finds_nothing
}

@test "P7: after a rotation a copy of everything but the root file opens nothing at all" {
	new_vault --root "file:$PWD/elsewhere.root"
	fill
	keep before
	opens before before
	finds_all
	ok keys rotate
	keep now
	# What lives still opens: with the new epoch.
	opens now "$REGION"
	finds_all
	opens before before
	opens_nothing
	# Nor does the old key store when the new data are at hand, nor the new one with the old rows beside it.
	opens now before
	opens_nothing
}

@test "P7: after a rotation a copy of everything opens nothing when the root is in a module" {
	command -v softhsm2-util >/dev/null || skip "no SoftHSM"
	module=$(find /usr/lib -name libsofthsm2.so | head -1)
	mkdir tokens
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$PWD/tokens" >softhsm2.conf
	export SOFTHSM2_CONF=$PWD/softhsm2.conf
	softhsm2-util --init-token --free --label lethe --pin 4711 --so-pin 0815 >/dev/null
	echo 4711 >pin
	export LETHE_SECRET_FILE=$PWD/pin
	new_vault --root "pkcs11:$module" --token lethe
	astrid=('+4520000289' 'Astrid Holst' 'Prefers to be called after 16:00')
	ok import "$SAMPLES/notes.jsonl" heron.jsonl
	grep -E '"crm-2[89][0-9]"' "$SAMPLES/contacts.jsonl" >some.jsonl
	ok import some.jsonl
	keep before
	opens before before
	finds_all
	ok keys status --json
	[ "$(jq -r .root.provider <<<"$output")" = pkcs11 ]
	ok keys rotate
	opens before before
	opens_nothing
}

@test "P8: with a passphrase root an old copy still opens after a rotation, and keys status says so" {
	echo 'seven herons by the lock' >secret
	export LETHE_SECRET_FILE=$PWD/secret
	new_vault --root passphrase
	fill
	keep before
	ok backup --out saved --with-keys
	[ ! -e saved/root.json ] # which wraps the epoch keys
	ok person erase '+4520000289' --yes --receipt receipt.json --json
	same "the receipt's date" null "$(jq '.unreadable_by' <<<"$output")"
	ok keys rotate
	opens before before before/root.json
	finds_all
	# Here, it is gone.
	opens before "$REGION"
	finds_nothing
	ok keys status
	[[ $output == *"cannot"*"forg"* ]]
	ok keys status --json
	[ "$(jq -r .root.forgets <<<"$output")" = here ]
}

@test "P8: a copy that holds the root file too opens, as the receipt and keys status say it may" {
	new_vault
	fill
	keep before
	cp lethe-data.default.root old.root
	ok person erase '+4520000289' --yes --receipt receipt.json
	ok keys rotate
	[[ $(jq -r .statement.copies.covers receipt.json) == *"does not include the root"* ]]
	jq --arg path "$PWD/old.root" '.path = $path' before/root.json >old.json
	opens before before old.json
	finds_all
}

@test "P2: a day that has expired does not open from a copy, whoever is in it" {
	new_vault
	fill
	keep before
	shorten message '30 days'
	ok retention run --now 2026-01-01
	astrid=('the heron waits by the third lock')
	opens before before
	finds_all
	opens before "$REGION"
	finds_nothing
	[[ $output == *"opened 1636 of 1636 identities, 543 of 543 contacts, "* ]]
}

@test "P10: what a hold keeps opens under the hold's key only, and is gone when it is released and swept" {
	new_vault
	fill
	keep before
	ok hold add --person '+4520000289' --kind note --reason 'case 2025-117' --json
	hold=$(jq -r .id <<<"$output")
	lethe person erase '+4520000289' --yes
	said 5
	keep after
	kept=('Prefers to be called after 16:00')
	gone=('Keflavíkurgata 48' 'the heron waits by the third lock' 'I need to return an item'
		"@$SAMPLES/audio/aws-pca/support-call.wav")
	astrid=("${gone[@]}")
	opens before "$REGION"
	finds_nothing
	opens after "$REGION"
	finds_nothing
	astrid=("${kept[@]}")
	opens before "$REGION" # the note as it was sealed first
	finds_nothing
	opens after "$REGION"
	finds_all
	ok hold release "$hold" --yes
	ok retention run
	opens after "$REGION"
	finds_nothing
}

@test "P3, P42: a contact whose grace is over opens from no copy, while the person is there" {
	new_vault
	fill
	keep before
	ok backup --out saved
	ok contact delete crm-289
	keep deleted
	astrid=('Kennel attendant' 'Carrols Restaurant Group')
	opens before "$REGION"
	finds_all
	opens deleted "$REGION"
	finds_all
	ok retention run --now 2025-12-31T00:00:00Z
	raw lethe-data
	finds_nothing
	for copy in before saved deleted "$REGION"; do
		opens "$copy" "$REGION"
		finds_nothing
	done
	[[ $output == *"opened 1636 of 1636 identities, 542 of 542 contacts, "* ]]
	# An older copy of the key store has its key still, until the keys are rotated.
	opens before before
	finds_all
	ok keys rotate --now 2025-12-31T01:00:00Z
	opens before before
	opens_nothing
	ok restore saved --now 2025-12-31T02:00:00Z
	[[ $output == *"1 contacts left out, deleted since and past their grace"* ]]
	opens "$REGION" "$REGION"
	finds_nothing
	check_clean
}

# fill_tagged: as fill, and of the messages of the heron's day some have a tag; that tag goes after 15 days.
fill_tagged() {
	cat >tagged.jsonl <<-'END'
		{"type":"message","id":"t1","source":"own","time":"2025-11-08T07:00:00Z","from":"20 00 02 89","to":"+4520000301","text":"the heron waits by the third lock","tags":["promo"]}
		{"type":"message","id":"t2","source":"own","time":"2025-11-08T07:01:00Z","from":"20 00 02 89","to":"+4520000301","text":"the otter has left the weir"}
		{"type":"recording","id":"t3","source":"own","time":"2025-11-08T07:02:00Z","from":"+4520000289","to":"+4520000578","tags":["promo"],"media":[{"path":"audio/aws-pca/support-call.wav","content_type":"audio/wav"}]}
		{"type":"recording","id":"t4","source":"own","time":"2025-11-08T07:03:00Z","from":"+4520000289","to":"+4520000578","media":[{"path":"audio/fsdd/recording-call-443.wav","content_type":"audio/wav"}]}
		{"type":"message","id":"t5","source":"own","time":"2025-11-08T07:04:00Z","from":"20 00 02 88","to":"+4520000301","text":"a stork stands on the lock keeper's roof","tags":["promo","vip"]}
	END
	ok import "$SAMPLES"/{contacts,notes,copenhagen-calls,copenhagen-sms}.jsonl
	ok import tagged.jsonl --media-root "$SAMPLES"
	shorten message '15 days' --tag promo
	shorten recording '15 days' --tag promo
	went=('the heron waits by the third lock' "a stork stands on the lock keeper's roof" "@$SAMPLES/audio/aws-pca/support-call.wav")
	stays=('the otter has left the weir' "@$SAMPLES/audio/fsdd/recording-call-443.wav")
}

@test "P3, P32: what went of a day by a narrower rule is in no byte and opens from no copy; what stays opens here" {
	new_vault
	fill_tagged
	keep before
	ok backup --out saved
	astrid=("${went[@]}" "${stays[@]}")
	opens before "$REGION"
	finds_all
	ok retention run
	[[ $output == *"Deleted 3 records"* ]]
	keep after
	astrid=("${went[@]}")
	raw lethe-data
	finds_nothing
	opens before "$REGION"
	finds_nothing
	opens saved "$REGION"
	finds_nothing
	opens after after
	finds_nothing
	# A row that was copied before does not open either when it stays: only as it was sealed anew.
	astrid=("${stays[@]}")
	opens before "$REGION"
	finds_nothing
	opens after "$REGION"
	finds_all
	same "period keys" "$(periods_due)" "$(periods_found)"
}

@test "P9, P32: after a sweep by narrower rules that was killed at any moment, and the next command, no key of what went is left" {
	new_vault
	ok import "$SAMPLES/notes.jsonl"
	fill_tagged
	astrid=("${went[@]}")
	cp -a lethe-data full
	fault "count:$PWD/count" retention run
	said 0
	local step=29
	[ -z "${LONG:-}" ] || step=1
	for ((n = 1; n <= $(<count); n += step)); do
		rm -rf lethe-data && cp -a full lethe-data
		fault "kill-after:$n" retention run
		ok policy set form '30 years'
		ok retention plan --json
		[ "$(jq '[.kinds[].due] | add' <<<"$output")" -eq 0 ] || continue # it had not begun
		keep after
		opens full/regions/default after
		finds_nothing || { echo "killed after $n"; return 1; }
		same "period keys, killed after $n" "$(periods_due)" "$(periods_found)"
		rm -r after
	done
}

@test "P3, P31: of what a law keeps only the fields that it names open, of what a hold keeps all, of the rest nothing" {
	new_vault
	fill_tagged
	ok obligation add it-l167-2017-24
	ok hold add --tag vip --reason 'case 2025-119' --json
	hold=$(jq -r .id <<<"$output")
	keep before
	fields=('2025-11-08T07:00:00Z')
	stork=("a stork stands on the lock keeper's roof")
	astrid=("${went[@]}" "${stays[@]}" "${fields[@]}")
	opens before "$REGION"
	finds_all
	lethe retention run
	said 5
	keep after
	astrid=("${went[@]}")
	raw lethe-data
	finds_nothing
	opens before "$REGION"
	finds_nothing
	astrid=("${went[0]}" "${went[2]}")
	opens after "$REGION"
	finds_nothing
	astrid=("${stays[@]}" "${stork[@]}" "${fields[@]}")
	opens after "$REGION"
	finds_all
	# The held one, and all there was of the cut: not as they were sealed first.
	astrid=("${stork[@]}" "${fields[@]}")
	opens before "$REGION"
	finds_nothing
	# Released it is cut down too; when the law has ended nothing of either is left.
	ok hold release "$hold" --yes
	ok retention run
	astrid=("${stork[@]}")
	keep released
	opens released "$REGION"
	finds_nothing
	opens after "$REGION"
	finds_nothing
	ok obligation end it-l167-2017-24
	ok retention run
	astrid=("${fields[@]}" "${stork[@]}")
	opens after "$REGION"
	finds_nothing
	opens released "$REGION"
	finds_nothing
	same "keys of holds and laws" "" "$(sed -n 's/^hold 1 //p' keys)"
}
