#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What ends by itself or by decision: our own log, accounts.

# shellcheck disable=SC2154 # lethe sets $stderr

bats_require_minimum_version 1.5.0
load story

# shellcheck disable=SC2034 # lethe reads it
NOW= # the computer's, unless a test says when

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# A vault of 2026 with one account and two records of one person.
make_vault() {
	"$LETHE" init --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" account create Contoso --country DK --now 2026-01-01T00:00:00Z >/dev/null
	cat >in.jsonl <<-'END'
		{"type":"call","id":"1","source":"t","time":"2026-01-05T10:00:00Z","from":"+4520000289","to":"+4570101010","number":"+4570101010","direction":"inbound","duration":61}
		{"type":"message","id":"3","source":"t","time":"2026-01-06T09:00:00Z","from":"+4520000111","to":"+4520000289","text":"on my way"}
	END
	"$LETHE" import in.jsonl --now 2026-01-07T00:00:00Z >/dev/null
}

# ---- our own log ----

@test "P30: after 90 days the log no longer says who looked, and verifies by the checkpoint of before" {
	make_vault
	"$LETHE" person show +4520000289 --now 2026-01-08T00:00:00Z >/dev/null
	"$LETHE" audit verify --save cp >/dev/null
	"$LETHE" audit prove 3 --json >before
	lethe retention plan --now 2026-04-08T00:00:00Z --json
	said 0
	jq -e '.log.access == 1 and .log.activity == 0' <<<"$output"
	lethe retention run --now 2026-04-08T00:00:00Z
	said 0
	[[ $output == *"Emptied 1 of the log's leaves; their hashes stay"* ]]
	lethe audit list
	[[ $output == *"(access, past its time: only its hash is left)"* ]]
	lethe audit list --json
	jq -e '[.leaves[] | select(.pruned)] | length == 1 and (.[0] | .seq == 3 and .term == "access" and (.hash | length) == 44)' <<<"$output"
	lethe audit verify --checkpoint cp
	said 0
	[[ $output == *"Of these 1 are past their time"* ]]
	lethe audit prove 3 --since cp
	said 0
	jq -e '.leaf == null' <<<"$output"
	[ "$(jq .leaf_hash <<<"$output")" = "$(jq .leaf_hash before)" ]
	lethe check --json
	said 0
	jq -e '.log_pruned == 1' <<<"$output"
}

@test "how long the log is kept is shown, set within bounds, and in the log" {
	make_vault
	lethe audit keep --json
	said 0
	jq -e '[.terms[].keep] == ["24 months", "90 days", "30 days", "24 months"]' <<<"$output"
	lethe audit keep access "60 days"
	said 0
	[[ $output == *"access     kept 60 days"* ]]
	lethe audit keep access "5 days"
	said 2
	[[ $stderr == *"at least 30 days and at most 24 months"* ]]
	lethe audit keep proof "1 year"
	said 2
	[[ $stderr == *"one of: activity, access, delivery"* ]]
	lethe audit keep access
	said 2
	"$LETHE" audit list --json | jq -e '[.leaves[] | select(.leaf.act == "audit.keep" and .leaf.days == 60)] | length == 1'
}

@test "a leaf that somebody emptied before its time is found" {
	make_vault
	sqlite3 lethe-data/regions/default/vault.db "UPDATE audit_leaf SET body = x'' WHERE seq = 2"
	lethe audit verify
	said 7
	[[ $stderr == *"emptied before its time"* && $stderr == *"leaf 2 of the audit log"* ]]
	lethe check
	said 7
}

# ---- accounts ----

assert_all() { for item in exports numbers campaigns invoices; do "$LETHE" account assert Contoso $item >/dev/null; done; }

@test "P33: a cancelled account takes nothing in, and ends after 90 days with all it has" {
	make_vault
	lethe account cancel Contoso --yes --now 2026-02-01T00:00:00Z --json
	said 0
	jq -e '.state == "cancelled" and .due == "2026-05-02"' <<<"$output"
	lethe import in.jsonl
	said 4
	[[ $stderr == *"the account is cancelled: it takes nothing in"* ]]
	lethe person show +4520000289
	said 0
	lethe retention run --now 2026-05-01T00:00:00Z --json
	said 0
	jq -e '.ended | not' <<<"$output"
	lethe retention plan --now 2026-05-01T00:00:00Z --json
	jq -e '.account_end == {due: "2026-05-02", now: false}' <<<"$output"
	lethe retention plan --now 2026-05-02T00:00:00Z
	[[ $output == *"past its time since 2026-05-02: the run ends it, with all it has"* ]]
	lethe account reopen Contoso --now 2026-05-02T00:00:00Z
	said 4
	id=$("$LETHE" account list --json | jq -r '.accounts[0].id')
	lethe retention run --now 2026-05-02T00:00:00Z --receipt r.json --json
	said 0
	jq -e '.ended and (.left | not) and .keys > 0' <<<"$output"
	lethe verify r.json --key lethe-data/regions/default/lethe.pub
	said 0
	lethe account list --json
	jq -e '.accounts == []' <<<"$output"
	lethe account receipt "$id" --out again.json
	said 0
	lethe verify again.json --key lethe-data/regions/default/lethe.pub
	said 0
	lethe check
	said 0
	lethe audit verify
	said 0
	lethe account create Contoso --country DK
	said 0
}

@test "P33: an account is deleted once each item is asserted, and a hold refuses it by name" {
	make_vault
	lethe account delete Contoso
	said 0
	[[ $output == *"[ ] exports"* && $output == *"30 days"* ]]
	lethe account delete Contoso --yes
	said 4
	[[ $stderr == *"exports were offered to the account"*"lethe account assert NAME exports"* ]]
	lethe account assert Contoso payments
	said 2
	assert_all
	lethe account delete Contoso
	said 4 # nobody to ask
	hold=$("$LETHE" hold add --reason x --json | jq -r .id)
	lethe account delete Contoso --yes
	said 4
	[[ $stderr == *"$hold"* ]]
	"$LETHE" hold release "$hold" >/dev/null
	lethe account status Contoso --json
	jq -e '[.checklist[].asserted] == [true, true, true, true] and (.checklist[0].by | startswith("os:"))' <<<"$output"
	lethe account delete Contoso --yes
	said 0
	[[ $output == *"nothing is left of it"* ]]
}

# An end that goes wrong at each of its changes to files: the next command that writes comes to the same end.
end_with() {
	local calls n
	make_vault
	"$LETHE" account delete Contoso >/dev/null
	assert_all
	cp -a lethe-data base
	env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT="count:$PWD/count" "$LETHE" account delete Contoso --yes >/dev/null
	calls=$(<count)
	[ "$calls" -gt 10 ]
	for ((n = 1; n <= calls; n += 1 + calls / ${LONG:+10}12)); do
		rm -rf lethe-data
		cp -a base lethe-data
		run env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT="$1:$n" "$LETHE" account delete Contoso --yes
		"$LETHE" account create "Other" --country DE >/dev/null
		if [ "$("$LETHE" account list --json | jq '.accounts | length')" -eq 2 ]; then
			"$LETHE" account delete Contoso --yes >/dev/null # it had not begun
		fi
		[ "$("$LETHE" account list --json | jq -r '.accounts[].name')" = Other ]
		[ "$(sqlite3 lethe-data/regions/default/vault.db 'SELECT COUNT(*) FROM record')" -eq 0 ]
		[ "$(sqlite3 lethe-data/regions/default/vault.db 'SELECT COUNT(*) FROM job WHERE state = 1')" -eq 0 ]
		"$LETHE" check >/dev/null
	done
}

@test "an end that is killed anywhere comes to its end" {
	end_with kill
}

@test "an end whose disk fails anywhere comes to its end" {
	end_with eio
}

# ---- users ----

@test "P36: an idle user goes after 13 calendar months, with the agent they are, and the call stays" {
	make_vault
	cat >agent.jsonl <<-'END'
		{"type":"call","id":"9","source":"t","time":"2026-01-06T10:00:00Z","from":"+4520000289","to":"+4570101010","direction":"inbound","duration":61,"agent":{"id":"a7","name":"Ib Hansen"}}
	END
	"$LETHE" import agent.jsonl --now 2026-01-07T00:00:00Z >/dev/null
	lethe user add Ib@Example.org --agent a7 --now 2026-01-10T00:00:00Z --json
	said 0
	id=$(jq -r .id <<<"$output")
	[[ $id == usr_* ]]
	lethe user add ib@example.ORG
	said 4
	lethe user signed-in ib@example.org --at 2026-01-31T09:00:00Z --now 2026-02-01T00:00:00Z
	said 0
	lethe user list --now 2026-02-01T00:00:00Z --json
	said 0
	jq -e '.users == [{id: "'"$id"'", name: "Ib@Example.org", role: "agent", agent: true, created: "2026-01-10T00:00:00Z",
		last_sign_in: "2026-01-31T09:00:00Z", idle_on: "2027-02-28", due: false}]' <<<"$output"
	lethe retention run --now 2027-02-27T23:59:59Z --json
	jq -e '.users.removed == 0' <<<"$output"
	lethe retention plan --now 2027-02-28T00:00:00Z
	[[ $output == *"Users without a sign-in for 13 months: 1 would be removed"* ]]
	lethe retention run --now 2027-02-28T00:00:00Z --json
	said 0
	jq -e '.users == {removed: 1, agents: 1, held: 0, left: 0}' <<<"$output"
	lethe user list
	[[ $output == *"no users yet"* ]]
	lethe person find a7
	said 3
	lethe person show +4520000289
	said 0
	[[ $output != *"Ib Hansen"* ]]
	lethe audit list --json --count 200
	jq -e '[.leaves[].leaf | select(.act == "user.remove" and .left == 0 and .why == 2)] | length == 1' <<<"$output"
	[[ $output != *xample* ]]
	lethe check
	said 0
}

@test "P36: a user of two accounts is kept, and goes once the other has gone; --all does it for every account" {
	make_vault
	"$LETHE" account create Fabrikam --country DK --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" user add anna --account Contoso --now 2026-01-10T00:00:00Z >/dev/null
	"$LETHE" user add ANNA --account Fabrikam --now 2026-01-10T00:00:00Z >/dev/null
	"$LETHE" user add bent --account Fabrikam --now 2026-01-10T00:00:00Z >/dev/null
	lethe retention plan --account Contoso --now 2027-02-10T00:00:00Z --json
	jq -e '.users == {idle: "13 months", due: 0, elsewhere: 1}' <<<"$output"
	lethe user remove anna --account Fabrikam
	said 4 # nobody to ask
	lethe user remove anna --account Fabrikam --yes --now 2026-06-01T00:00:00Z
	said 0
	[[ $output == *"nothing is left of them"* ]]
	lethe retention run --all --now 2027-02-10T00:00:00Z --json
	said 0
	jq -e '[.accounts[].users.removed] == [1, 1]' <<<"$output"
	lethe check
	said 0
}

@test "P36: a legal hold on a call of theirs keeps a user, and it is said" {
	make_vault
	echo '{"type":"call","id":"9","source":"t","time":"2026-01-06T10:00:00Z","from":"+4520000289","to":"+4570101010","agent":{"id":"a7"}}' >agent.jsonl
	"$LETHE" import agent.jsonl --now 2026-01-07T00:00:00Z >/dev/null
	"$LETHE" user add ib --agent a7 --now 2026-01-10T00:00:00Z >/dev/null
	hold=$("$LETHE" hold add --person +4520000289 --reason x --json | jq -r .id)
	lethe user remove ib --yes
	said 4
	[[ $stderr == *"a legal hold covers a record this person was the agent of"* ]]
	lethe retention run --now 2027-02-10T00:00:00Z
	said 5
	[[ $output == *"1 idle users kept by a legal hold"* ]]
	"$LETHE" hold release "$hold" --yes >/dev/null
	lethe user remove ib --yes
	said 0
	[[ $output == *"lethe person receipt job_"* ]]
	lethe user add bo --role king
	said 2
	lethe user signed-in nobody
	said 3
	lethe user signed-in ib --at 2020-01-01T00:00:00Z
	said 3
}

# A removal that goes wrong at each of its changes to files: with the next commands that write it comes to the same end.
remove_with() {
	local calls n db=lethe-data/regions/default/vault.db
	make_vault
	echo '{"type":"call","id":"9","source":"t","time":"2026-01-06T10:00:00Z","from":"+4520000289","to":"+4570101010","agent":{"id":"a7"}}' >agent.jsonl
	"$LETHE" import agent.jsonl --now 2026-01-07T00:00:00Z >/dev/null
	"$LETHE" user add ib --agent a7 >/dev/null
	cp -a lethe-data base
	env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT="count:$PWD/count" "$LETHE" user remove ib --yes >/dev/null
	calls=$(<count)
	[ "$calls" -gt 10 ]
	for ((n = 1; n <= calls; n += 1 + calls / ${LONG:+10}12)); do
		rm -rf lethe-data
		cp -a base lethe-data
		run env LD_PRELOAD="$FAULTS" LETHE_FAULT_DIR="$PWD" LETHE_FAULT="$1:$n" "$LETHE" user remove ib --yes
		"$LETHE" user add bo >/dev/null
		if "$LETHE" user list | grep -q ' ib$'; then
			"$LETHE" user remove ib --yes >/dev/null # it had not begun
		fi
		[ "$("$LETHE" user list --json | jq -r '.users[].name')" = bo ]
		[ "$(sqlite3 $db 'SELECT COUNT(*) FROM identity WHERE kind = 4')" -eq 0 ]
		[ "$(sqlite3 $db 'SELECT COUNT(*) FROM record')" -eq 3 ]
		[ "$(sqlite3 $db 'SELECT COUNT(*) FROM job WHERE state = 1')" -eq 0 ]
		"$LETHE" check >/dev/null
	done
}

@test "P36: a removal of a user that is killed anywhere comes to its end" {
	remove_with kill
}

@test "P36: a removal of a user whose disk fails anywhere comes to its end" {
	remove_with eio
}

# ---- deleted contacts ----

# Two contacts and a call of one of them, in 2026; $id is Ann's.
make_contacts() {
	make_vault
	cat >book.jsonl <<-'END'
		{"type":"contact","id":"k1","source":"crm","name":"Ann Holst","phones":["+4520000289"],"emails":["ann@example.com"],"custom":{"since":2019}}
		{"type":"contact","id":"k2","source":"crm","name":"Bo Berg","phones":["+4520000512"]}
	END
	"$LETHE" import book.jsonl --now 2026-01-08T00:00:00Z >/dev/null
	id=$("$LETHE" contact list --now 2026-01-08T00:00:00Z --json | jq -r '.contacts[] | select(.name == "Ann Holst") | .id')
}

@test "P42: a contact is deleted, brought back, deleted again, and gone when its grace is over" {
	make_contacts
	lethe contact delete 'ann holst' --now 2026-01-10T12:00:00Z
	said 0
	[[ $output == *"Until 2026-02-09 \`lethe contact undelete $id\` brings it back"* ]]
	lethe person find 'ann holst' --now 2026-01-10T13:00:00Z
	said 3
	lethe contact list --json --now 2026-01-10T13:00:00Z
	jq -e '(.contacts | length) == 1 and .contacts[0].name == "Bo Berg" and .next == null' <<<"$output"
	lethe contact list --deleted --json --now 2026-01-10T13:00:00Z
	jq -e '.contacts | length == 1 and .[0].until == "2026-02-09" and .[0].can_be_undeleted' <<<"$output"
	lethe contact show "$id" --json --now 2026-01-10T13:00:00Z
	jq -e '.content == null and .deleted == "2026-01-10T12:00:00Z" and .until == "2026-02-09"' <<<"$output"
	lethe contact show "$id" --deleted --json --now 2026-01-10T13:00:00Z
	jq -e '.content.custom.since == 2019' <<<"$output"
	lethe person show +4520000289 --json --now 2026-01-10T13:00:00Z
	jq -e --arg id "$id" '.contacts == [] and .deleted_contacts == [$id] and .name == null' <<<"$output"
	lethe why "$id" --json --now 2026-01-10T13:00:00Z
	jq -e '.kind == "contact" and .verdict == "keep_until" and .until == "2026-02-09" and .next == "2026-02-09" and .decided_by == "deleted"' <<<"$output"
	lethe contact undelete "$id" --now 2026-02-08T23:59:59Z
	said 0
	lethe person find 'ann holst' --now 2026-02-09T00:00:00Z
	said 0
	lethe contact delete "$id" --now 2026-02-10T00:00:00Z
	said 0
	lethe retention plan --json --now 2026-03-12T00:00:00Z
	jq -e '.deleted_contacts.due == 1 and .deleted_contacts.held == 0' <<<"$output"
	lethe contact undelete "$id" --now 2026-03-12T00:00:00Z
	said 9
	[[ $stderr == *"it could be brought back before 2026-03-12, and cannot any more"* ]]
	lethe retention run --json --now 2026-03-12T00:00:00Z
	said 0
	jq -e '.deleted_contacts == {"purged": 1, "kept": 0} and .left.contacts == 0' <<<"$output"
	lethe contact show "$id" --now 2026-03-12T00:00:00Z
	said 9
	lethe why "$id" --now 2026-03-12T00:00:00Z
	said 3
	lethe person show +4520000289 --json --now 2026-03-12T00:00:00Z
	jq -e '.records.call == 1 and .contacts == [] and .deleted_contacts == []' <<<"$output"
	lethe retention history --json
	jq -e '.sweeps[0].statement.purged == 1' <<<"$output"
	lethe check --json
	said 0
}

@test "P43: an import does not bring back what was deleted, until it is readmitted" {
	make_contacts
	lethe contact delete "$id" --now 2026-01-10T12:00:00Z
	said 0
	lethe import book.jsonl --json --now 2026-01-11T00:00:00Z
	said 0
	jq -e '.contacts_deleted == 1 and .contacts_unchanged == 1 and .contacts_new == 0' <<<"$output"
	lethe contact readmit "$id" --now 2026-01-11T00:00:00Z
	said 4
	lethe retention run --now 2026-02-10T00:00:00Z
	said 0
	lethe import book.jsonl --json --now 2026-02-11T00:00:00Z
	jq -e '.contacts_deleted == 1 and .contacts_new == 0' <<<"$output"
	lethe contact readmit "$id" --now 2026-02-11T00:00:00Z
	said 0
	lethe import book.jsonl --json --now 2026-02-12T00:00:00Z
	jq -e '.contacts_deleted == 0 and .contacts_new == 1' <<<"$output"
	lethe contact show "$id" --json --now 2026-02-12T00:00:00Z
	jq -e '.content.name == "Ann Holst" and .deleted == null' <<<"$output"
	lethe contact readmit con_00000000000000000000000000 --now 2026-02-12T00:00:00Z
	said 3
}

@test "P10: a hold keeps a deleted contact past its grace; an export has it; an erasure takes it" {
	make_contacts
	lethe contact delete "$id" --now 2026-01-10T12:00:00Z
	lethe contact delete +4520000512 --now 2026-01-10T12:00:00Z
	said 0
	lethe hold add --person +4520000289 --reason 'case 7' --json --now 2026-01-11T00:00:00Z
	hold=$(jq -r .id <<<"$output")
	lethe retention run --json --now 2026-02-09T00:00:00Z
	said 5
	jq -e '.deleted_contacts == {"purged": 1, "kept": 1}' <<<"$output"
	lethe person export +4520000289 --out ann.zip --now 2026-02-10T00:00:00Z
	said 0
	unzip -p ann.zip data.json | jq -e '.contacts | length == 1 and .[0].deleted != null and .[0].kept_for_legal_hold and .[0].name == "Ann Holst"'
	lethe why "$id" --now 2026-02-10T00:00:00Z
	[[ $output == *"Kept until its legal hold is released:"*"its time was over on 2026-02-09"*"it was deleted on 2026-01-10"* ]]
	lethe hold release "$hold" --dry-run --json --now 2026-02-10T00:00:00Z
	jq -e '.contacts == 1' <<<"$output"
	lethe hold release "$hold" --yes --now 2026-02-10T00:00:00Z
	said 0
	lethe person erase +4520000289 --yes --json --now 2026-02-10T00:00:00Z
	said 0
	jq -e '.contacts == 1 and .left == 0' <<<"$output"
	lethe contact list --deleted --json --now 2026-02-10T00:00:00Z
	jq -e '.contacts == []' <<<"$output"
	lethe check --json
	said 0
}

@test "the commands on contacts say what is wrong: unknown, another account's, several, none, a bad number" {
	make_contacts
	lethe contact delete nobody@example.com
	said 3
	lethe contact delete +4520000111 --now 2026-01-09T00:00:00Z
	said 3
	[[ $stderr == *"that person is in no contact that is there"* ]]
	lethe contact undelete "$id"
	said 4
	[[ $stderr == *"it is not deleted"* ]]
	lethe contact list --limit 0
	said 2
	lethe contact list --cursor call_x
	said 2
	lethe contact list --limit 1 --json
	next=$(jq -r .next <<<"$output")
	[ "$next" != null ]
	lethe contact list --limit 1 --cursor "$next" --json
	jq -e '(.contacts | length) == 1 and .next == null' <<<"$output"
	"$LETHE" account create Other --country DK --now 2026-01-09T00:00:00Z >/dev/null
	for command in show delete undelete; do
		lethe contact "$command" "$id" --account Other --now 2026-01-09T00:00:00Z
		said 3
	done
	lethe account set Contoso contact_grace_days 400
	said 2
	lethe contact delete --account Contoso
	said 2
}
