#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What a vault really prints, checked by Go's own transparency-log library (golang.org/x/mod/sumdb), where Go and that
# library can be had.

# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

setup() {
	load story
	command -v go >/dev/null || skip "no go"
	(cd "$TOP/tests/foreign/tlog" && go mod download) >/dev/null 2>&1 || skip "golang.org/x/mod cannot be had"
	cd "$BATS_TEST_TMPDIR" || return
}

foreign() { run "$TOP/scripts/foreign" -vkey "$(<"$REGION/lethe.pub")" "${@/#/$PWD/}"; }

# A log of some thirty acts, with a checkpoint of its middle.
make_log() {
	new_vault
	head -50 "$SAMPLES/contacts.jsonl" >contacts.jsonl
	ok import contacts.jsonl "$SAMPLES/notes.jsonl"
	# Each at a time of its own: equal leaves would have equal proofs.
	for n in {10..20}; do ok person find +4520000000 --now "2025-12-01T12:00:$n"Z; done
	ok audit verify --save middle
	for n in {30..40}; do ok person show +4520000000 --now "2025-12-01T12:00:$n"Z; done
	ok person erase +4520000000 --yes --receipt receipt.json
	ok keys rotate
	ok audit list --json --count 1000
	leaves=$(jq '.leaves | length' <<<"$output")
	[ "$leaves" -gt 20 ]
}

@test "P15: Go verifies the proof of every leaf of a log, and that the log extends an older checkpoint" {
	make_log
	for ((n = 0; n < leaves; n++)); do
		ok audit prove "$n" --since middle
		echo "$output" >"proof-$n.json"
	done
	foreign proof-*.json
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	same "verified" "$leaves passed, 0 failed" "${lines[-1]}"
}

@test "P15: Go verifies the receipt of an erasure" {
	make_log
	foreign receipt.json
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	same "verified" "1 passed, 0 failed" "${lines[-1]}"
}

@test "P15: Go refuses them when a leaf, a hash, the size or the signature is another" {
	make_log
	ok audit prove 5 --since middle
	echo "$output" >good.json
	jq '.leaf |= sub("person.find"; "person.show")' good.json >leaf.json
	jq '.index += 1' good.json >index.json
	jq '.inclusion[0] = .inclusion[1]' good.json >hash.json
	jq '.consistency.hashes[0] = .inclusion[0]' good.json >consistency.json
	jq '.checkpoint |= sub("\n(?<n>[0-9]+)\n"; "\n1\(.n)\n")' good.json >size.json
	jq '.statement.destroyed.contacts += 1' receipt.json >statement.json
	foreign {good,leaf,index,hash,consistency,size,statement}.json
	[ "$status" -ne 0 ]
	same "refused" "1 passed, 6 failed" "${lines[-1]}" || { echo "$output"; return 1; }
	grep -q "^ok $PWD/good.json" <<<"$output"
}
