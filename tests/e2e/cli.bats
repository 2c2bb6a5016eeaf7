#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The command line as people and programs meet it: what it prints, where, and with which exit code.

bats_require_minimum_version 1.5.0
load story

# shellcheck disable=SC2034 # lethe reads it
NOW= # the computer's, unless a test says when

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# A vault with one account and three records of two people; $call, $rec, $other are their ids.
make_vault() {
	"$LETHE" init >/dev/null
	"$LETHE" account create Contoso --country DK >/dev/null
	printf 'RIFF\044\0\0\0WAVEfmt \020\0\0\0\001\0\001\0\100\037\0\0\100\037\0\0\001\0\010\0data\0\0\0\0' >a.wav
	cat >in.jsonl <<-'END'
		{"type":"contact","id":"c1","source":"t","name":"Astrid Holst \u009b31m","phones":["+4520000289"],"emails":["astrid@example.com"]}
		{"type":"call","id":"1","source":"t","time":"2026-01-05T10:00:00Z","from":"+4520000289","to":"+4570101010","number":"+4570101010","direction":"inbound","duration":61}
		{"type":"recording","id":"2","source":"t","time":"2026-01-05T10:02:00Z","from":"+4520000289","media":"a.wav"}
		{"type":"message","id":"3","source":"t","time":"2026-01-06T09:00:00Z","from":"+4520000111","to":"+4520000289","text":"on my way"}
	END
	"$LETHE" import in.jsonl >/dev/null
}

# record_id PREFIX: the id of the record of that kind, from outside: the data are opaque, ids are not.
record_id() {
	local db=lethe-data/regions/default/vault.db hex prefix=$1 kind=$2
	hex=$(sqlite3 "$db" "SELECT lower(hex(id)) FROM record WHERE kind = $kind")
	python3 - "$prefix" "$hex" <<-'END'
		import sys
		n = int(sys.argv[2], 16)
		digits = "0123456789abcdefghjkmnpqrstvwxyz"
		print(sys.argv[1] + "_" + "".join(digits[n >> 5 * i & 31] for i in range(25, -1, -1)))
	END
}

# ---- help and mistakes ----

@test "help is of 28 lines of 80 columns at most" {
	lethe help
	said 0
	[ "$(wc -l <<<"$output")" -le 28 ]
	for line in "${lines[@]}"; do [ "${#line}" -le 80 ]; done
	[ -z "$stderr" ]
}

@test "every command answers --help and help, and the two are the same" {
	for command in init "account create" import "person show" "person erase" "record media" why "policy set" \
		"retention run" "hold add" "audit prove" verify "keys rotate" backup restore check bench; do
		# shellcheck disable=SC2086
		lethe $command --help
		said 0
		[[ $output == "usage: lethe $command"* ]]
		local first=$output
		# shellcheck disable=SC2086
		lethe help $command
		said 0
		[ "$output" = "$first" ]
	done
}

@test "the version is printed" {
	lethe --version
	said 0
	[[ $output =~ ^lethe\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "no command, an unknown one and an unknown option are usage errors on standard error" {
	for words in "" "persn show x" "person shwo x" "check --jsno" "keys"; do
		# shellcheck disable=SC2086
		lethe $words
		said 2
		[ -z "$output" ]
		[[ $stderr == "lethe: "* ]]
		[[ $stderr == *"  mend: "* ]]
	done
}

@test "under --json an error is one JSON object on standard error" {
	lethe person shwo x --json
	said 2
	[ -z "$output" ]
	[ "$(jq -r .error <<<"$stderr")" = input ]
	[ "$(jq -r .exit <<<"$stderr")" = 2 ]
	[ "$(jq -r .mend <<<"$stderr")" = 'did you mean `lethe person show`?' ]
}

@test "control characters in what was typed do not reach the terminal" {
	lethe $'\e[31mred' x
	said 2
	[[ $stderr != *$'\e'* ]]
}

# ---- init and accounts ----

@test "init puts the root beside the data folder, not in it, with mode 0600" {
	lethe init
	said 0
	[ "$(stat -c %a lethe-data.default.root)" = 600 ]
	[ "$(stat -c %a lethe-data/regions/default)" = 700 ]
	[ -z "$(find lethe-data -name '*.root')" ]
	[[ $output == *"outside every backup"* ]]
}

@test "init refuses to overwrite a vault" {
	"$LETHE" init >/dev/null
	before=$(sha256sum lethe-data.default.root)
	lethe init
	said 4
	[ "$(sha256sum lethe-data.default.root)" = "$before" ]
}

# both_init REGION REGION: two inits started together; their exit codes, the lower first, in $both. One that waits for
# longer than it will ends with 6, and is run again.
both_init() {
	local one=0 two=0
	"$LETHE" init --region "$1" >one 2>&1 3>&- &
	"$LETHE" init --region "$2" >two 2>&1 3>&- || two=$?
	wait $! || one=$?
	if ((one == 6)); then one=0; "$LETHE" init --region "$1" >one 2>&1 || one=$?; fi
	if ((two == 6)); then two=0; "$LETHE" init --region "$2" >two 2>&1 || two=$?; fi
	both=$(printf '%s\n' "$one" "$two" | sort -n | tr '\n' ' ')
}

@test "of two inits at once one makes the vault, the other says that it is there, and nothing is spoilt" {
	for ((n = 0; n < 25; n++)); do
		rm -rf lethe-data lethe-data.default.root
		both_init default default
		[ "$both" = "0 4 " ] || { echo "round $n: $both"; cat one two; return 1; }
		grep -q "there is a vault here already" one two
		"$LETHE" account create Nordlys --country DK >/dev/null
		lethe check
		said 0
		[ "$(ls lethe-data/regions)" = default ]
		[ "$(grep -c '^epoch ' lethe-data.default.root)" -eq 1 ]
	done
}

@test "two inits at once of two regions make both" {
	for ((n = 0; n < 10; n++)); do
		rm -rf lethe-data lethe-data.*.root
		both_init eu us
		[ "$both" = "0 0 " ] || { echo "round $n: $both"; cat one two; return 1; }
		for region in eu us; do "$LETHE" check --region $region >/dev/null; done
	done
}

@test "init with a passphrase takes it from a file, and opens with it only" {
	echo "correct horse battery staple" >secret
	echo "incorrect horse battery staple" >wrong
	lethe init --root passphrase --secret-file secret
	said 0
	lethe keys status --json --secret-file secret
	said 0
	[ "$(jq -r .root.forgets <<<"$output")" = here ]
	lethe keys status --secret-file wrong
	said 4
	lethe keys status
	said 4
	run ! grep -rq "correct horse" lethe-data
}

@test "init refuses a root it does not know, and a region that is no name" {
	lethe init --root usbstick
	said 2
	lethe init --root pkcs11:/x.so
	said 2
	lethe init --region ../up
	said 2
	[ ! -e lethe-data ]
}

@test "without a vault every command says where it looked and how to make one" {
	for command in "account list" "keys status" "audit list" "audit verify" "person show x" "record get call_x" check; do
		# shellcheck disable=SC2086
		lethe $command --data nowhere
		said 3
		[[ $stderr == *nowhere* ]]
		[[ $stderr == *"lethe init"* ]]
	done
	[ ! -e nowhere ]
}

@test "an account is made, listed, and not made twice" {
	"$LETHE" init >/dev/null
	lethe account create "Nørrebro Tele" --country dk --json
	said 0
	id=$(jq -r .id <<<"$output")
	lethe account list --json
	[ "$(jq -r '.accounts[0].id' <<<"$output")" = "$id" ]
	[ "$(jq -r '.accounts[0].country' <<<"$output")" = DK ]
	lethe account create "NØRREBRO  tele" --country DK
	said 4
	lethe account create Other --country XX
	said 2
	lethe account create Other
	said 2
}

@test "with several accounts a command asks which; with one it needs no asking" {
	make_vault
	lethe person find +4520000289
	said 0
	"$LETHE" account create Second --country DK >/dev/null
	lethe person find +4520000289
	said 2
	lethe person find +4520000289 --account Contoso
	said 0
	lethe person find +4520000289 --account Second
	said 3
	LETHE_ACCOUNT=Contoso lethe person find +4520000289
	said 0
}

@test "with several regions the account leads to its own" {
	"$LETHE" init --region eu >/dev/null
	"$LETHE" init --region us >/dev/null
	"$LETHE" account create Alpha --country DK --region eu >/dev/null
	"$LETHE" account create Beta --country US --region us >/dev/null
	lethe account list
	said 2
	lethe person find nobody --account Beta
	said 3
	[[ $stderr != *"no account"* ]]
	lethe person find nobody --account Gamma
	said 3
	[[ $stderr == *"no account"* ]]
}

# ---- persons ----

@test "a person is found by number in any spelling, by address and by name" {
	make_vault
	first=$("$LETHE" person find +4520000289 --json | jq -r '.persons[0].id')
	for who in "20 00 02 89" "0045 20000289" "ASTRID@example.com" "holst astrid" "$first"; do
		lethe person find "$who" --json
		said 0
		[ "$(jq -r '.persons[0].id' <<<"$output")" = "$first" ]
	done
	lethe person find +4599999999
	said 3
}

@test "P26: a name with an escape sequence in it is shown without" {
	make_vault
	lethe person show +4520000289
	said 0
	[[ $output == *"Astrid Holst ?31m"* ]]
	[[ $output != *$'\u009b'* ]]
}

@test "P12: showing a person counts their records and leaves an audit leaf" {
	make_vault
	lethe person show +4520000289 --json
	said 0
	[ "$(jq .records.call <<<"$output")" = 1 ]
	[ "$(jq .records.recording <<<"$output")" = 1 ]
	[ "$(jq .records.message <<<"$output")" = 1 ]
	person=$(jq -r .id <<<"$output")
	lethe audit list --json
	[ "$(jq -r '.leaves[-1].leaf.act' <<<"$output")" = person.show ]
	[ "$(jq -r '.leaves[-1].leaf.person' <<<"$output")" = "$person" ]
	[[ $output != *20000289* ]]
}

@test "a person who is a user of the account is shown as such, and no line ends with a blank" {
	make_vault
	printf '%s\n' '{"type":"call","id":"9","source":"t","time":"2026-01-07T10:00:00Z","from":"+4520000777","agent":"a7"}' >agent.jsonl
	"$LETHE" import agent.jsonl >/dev/null
	"$LETHE" user add cy@example.com --agent a7 --now 2026-01-08T00:00:00Z >/dev/null
	lethe person show a7
	said 0
	[[ $output == *"  is the user usr_"*", agent, who signs in as cy@example.com; last signed in: never"* ]]
	"$LETHE" user signed-in cy@example.com --at 2026-01-09T00:00:00Z --now 2026-01-09T00:00:00Z >/dev/null
	lethe person show a7
	[[ $output == *"last signed in: 2026-01-09"* ]]
	lethe person show a7 --json
	jq -e '.users | length == 1 and .[0].name == "cy@example.com" and .[0].role == "agent"' <<<"$output"
	lethe person show +4520000777
	said 0
	[[ $output != *cy@example.com* && $output != *" "$'\n'* ]]
	lethe person find +4520000777
	said 0
	[[ $output != *" "$'\n'* ]]
}

@test "persons are linked and unlinked" {
	make_vault
	lethe person link +4520000289 +4520000111 --json
	said 0
	[ "$(jq .changed <<<"$output")" = true ]
	lethe person link +4520000289 +4520000111 --json
	[ "$(jq .changed <<<"$output")" = false ]
	lethe person unlink +4520000289 +4520000111
	said 0
	lethe person unlink +4520000289 +4520000111
	said 3
	lethe person unlink +4520000111 +4520000111
	said 2
}

@test "erasing needs --yes where there is nobody to ask" {
	make_vault
	lethe person erase +4520000289
	said 4
	[[ $stderr == *"add --yes"* ]]
	lethe person find +4520000289
	said 0
}

@test "identities are listed, found, shown, linked and unlinked one by one, and who looked is in the log" {
	local id person other
	make_vault
	id=$("$LETHE" identity find '2000 0289' --json | jq '.identities[0].id')
	person=$("$LETHE" identity show "$id" --json | jq -r .person)
	lethe identity list --person "$person" --kind phone
	said 0
	[[ "$output" == *"$id"*phone*"$person"*+4520000289 ]]
	lethe identity list --limit 2
	said 0
	[[ "$output" == *"There are more: add --cursor "* ]]
	lethe identity unlink "$id"
	said 0
	other=${output##* }
	[ "$other" != "$person" ]
	lethe identity unlink "$id"
	said 4
	lethe identity link "$id" "$person"
	said 0
	[[ "$output" == "It is this person's now: $person" ]]
	lethe identity link "$id" "$person"
	said 0
	[[ "$output" == *already* ]]
	lethe identity find +4599999999
	said 3
	lethe identity show 999999
	said 3
	lethe identity show x
	said 2
	lethe identity list --kind people
	said 2
	lethe identity list --person +4520000289
	said 2
	lethe audit list --json --limit 1000
	for act in identity.find identity.show identity.list person.link person.unlink; do
		jq -e --arg act "$act" 'any(.leaves[]; .leaf.act == $act)' <<<"$output" || { echo "no $act"; return 1; }
	done
	[[ "$output" != *20000289* ]]
}

@test "of several identities that fit, one that is damaged keeps the other back from nobody" {
	local id
	make_vault
	cat >two.jsonl <<-'END'
		{"type":"call","id":"k1","source":"s","time":"2025-10-17T14:03:00Z","from":"+4520000778","to":"+4520000777","number":"+4520000777"}
		{"type":"call","id":"k2","source":"s","time":"2025-10-17T15:03:00Z","from":"+4520000777","to":"+4520000779","number":"+4520000779"}
	END
	"$LETHE" import two.jsonl >/dev/null
	id=$("$LETHE" identity find +4520000777 --json | jq '.identities | if length == 2 then .[] else empty end | select(.kind == "phone").id')
	sqlite3 lethe-data/regions/default/vault.db "UPDATE identity SET value = zeroblob(length(value)) WHERE identity_id = $id"
	lethe identity find +4520000777
	said 5
	[[ "$output" == *"cannot be opened"*number*+4520000777* ]]
	lethe identity find +4520000777 --json
	said 5
	jq -e '.identities | [.[] | [.kind, .value]] == [["phone", null], ["number", "+4520000777"]]' <<<"$output"
	lethe identity list --json --limit 200
	said 5
	jq -e --argjson id "$id" '.identities | map(select(.value == null)) | length == 1 and .[0].id == $id' <<<"$output"
}

@test "a page of a kind that few identities are of ends after many rows, and the next goes on" {
	local next
	"$LETHE" init >/dev/null
	"$LETHE" account create Many --country DK >/dev/null
	seq 20000001 20010300 | sed 's/.*/{"type":"contact","id":"c&","source":"s","name":"N","phones":["+45&"]}/' >many.jsonl
	echo '{"type":"contact","id":"last","source":"s","name":"L","emails":["last@example.com"]}' >last.jsonl
	"$LETHE" import many.jsonl >/dev/null
	"$LETHE" import last.jsonl >/dev/null # by itself: those of one batch are numbered in any order
	lethe identity list --kind email --json
	said 0
	jq -e '.identities == [] and .next != null' <<<"$output"
	next=$(jq -r .next <<<"$output")
	lethe identity list --kind email --cursor "$next" --json
	said 0
	jq -e '.identities[0].value == "last@example.com" and .next == null' <<<"$output"
}

@test "P3, P11: an erased person is not found, their records are gone, and the receipt verifies without the vault" {
	make_vault
	lethe person erase +4520000289 --yes --receipt r.json --reference REQ-7 --json
	said 0
	jq -e '.left == 0 and .records.call == 1 and .records.recording == 1 and .media == 1' <<<"$output"
	lethe person find +4520000289
	said 3
	cp lethe-data/regions/default/lethe.pub key
	rm -r lethe-data lethe-data.default.root
	lethe verify r.json --key key
	said 0
	[[ $output == *REQ-7* ]]
	sed -i 's/REQ-7/REQ-8/' r.json
	lethe verify r.json --key key
	said 7
	lethe verify - --key key <r.json
	said 7
	lethe verify nothing --key key
	said 3
	lethe verify r.json
	said 2
}

@test "the receipt of an erasure can be had again, by a job that the list shows" {
	make_vault
	lethe person receipt
	said 0
	[[ $output == "Nobody has been erased"* ]]
	"$LETHE" person erase +4520000289 --yes --receipt r.json --reference REQ-7 >/dev/null
	lethe person receipt
	said 0
	[[ $output =~ ^(job_[0-9a-z]+)' '.*' done '.*' per_'[0-9a-z]+'  REQ-7'$ ]]
	job=${BASH_REMATCH[1]}
	lethe person receipt "$job" --out again.json
	said 0
	lethe verify again.json --key lethe-data/regions/default/lethe.pub
	said 0
	[ "$(jq -S .statement r.json)" = "$(jq -S .statement again.json)" ]
	lethe person receipt "$job"
	said 0
	diff <(jq -S . <<<"$output") <(jq -S . again.json)
	lethe person receipt "$job" --json
	[ "$(jq -r .job <<<"$output")" = "$job" ]
	diff <(jq -S .receipt <<<"$output") <(jq -S . again.json)
	lethe person receipt "$job" --out nowhere/r.json
	[ "$status" -ne 0 ]
	lethe person receipt --out r.json
	said 2
	lethe person receipt per_01h455vb4pex5vsknk084sn02q
	said 2
	lethe person receipt job_01h455vb4pex5vsknk084sn02q
	said 3
	[[ $stderr == *"lists the erasures"* ]]
}

@test "a receipt that cannot be written is printed, and can be had again" {
	make_vault
	lethe person erase +4520000289 --yes --receipt nowhere/r.json
	said 8
	jq -e .statement.job <<<"$output"
	[[ $stderr == *"the person is erased"*"lethe person receipt job_"* ]]
}

# ---- records ----

@test "a record is shown with its parties and what its source said" {
	make_vault
	id=$(record_id call 1)
	lethe record get "$id" --json
	said 0
	jq -e '.kind == "call" and .duration_ms == 61000 and .direction == "inbound"' <<<"$output"
	[ "$(jq -r '.parties[0].value' <<<"$output")" = +4520000289 ]
	[ "$(jq -r .payload.id <<<"$output")" = 1 ]
	lethe record get "$id"
	said 0
	lethe record get "call_01h455vb4pex5vsknk084sn02q"
	said 3
	lethe record get "person"
	said 2
}

@test "media comes out as it went in, whole or by range, and not over a file that is there" {
	make_vault
	id=$(record_id rec 2)
	lethe record media "$id" --out b.wav
	said 0
	cmp a.wav b.wav
	lethe record media "$id" --out b.wav
	said 4
	[ "$("$LETHE" record media "$id" --out - --range 0-3)" = RIFF ]
	[ "$("$LETHE" record media "$id" --out - --range 8-11)" = WAVE ]
	"$LETHE" record media "$id" --out - | cmp - a.wav
	lethe record media "$id" --out c --range 5-2
	said 2
	lethe record media "$id" --out c --range 4000-
	said 2
	lethe record media "$id" --out c --n 1
	said 3
	lethe record media "$id"
	said 2
	[ ! -e c ]
}

@test "P16: damaged media are reported and nothing is left behind" {
	make_vault
	id=$(record_id rec 2)
	blob=$(find lethe-data/regions/default/blobs -type f -size +40c | head -1)
	printf 'X' | dd of="$blob" bs=1 seek=60 conv=notrunc status=none
	lethe record media "$id" --out c.wav
	said 7
	[ ! -e c.wav ]
}

# ---- audit ----

@test "P14: the log verifies, extends its checkpoint, and one changed leaf is found" {
	make_vault
	lethe audit verify --save cp
	said 0
	"$LETHE" person show +4520000289 >/dev/null
	lethe audit verify --checkpoint cp --json
	said 0
	jq -e '.verified and .size > 3' <<<"$output"
	sqlite3 lethe-data/regions/default/vault.db "DROP TRIGGER audit_leaf_fixed" \
		"UPDATE audit_leaf SET body = CAST(replace(body, 'account.create', 'account.cr3ate') AS BLOB) WHERE seq = 1"
	lethe audit verify
	said 7
	[[ $stderr == *"leaf 1"* ]]
}

@test "a proof is JSON that names key, leaf and path" {
	make_vault
	"$LETHE" audit verify --save cp >/dev/null
	"$LETHE" person show +4520000289 >/dev/null
	lethe audit prove 1 --since cp
	said 0
	jq -e '.index == 1 and (.inclusion | length) > 0 and (.consistency.hashes | type) == "array"' <<<"$output"
	lethe audit prove 9999
	said 3
	lethe audit prove x
	said 2
}

@test "the log of one account is its own last leaves, however many others there are after them" {
	make_vault
	"$LETHE" account create Second --country DK >/dev/null
	for i in 1 2 3 4; do "$LETHE" policy set call "$i days" --account Second >/dev/null; done
	lethe audit list --account Contoso --count 2 --json
	said 0
	jq -e '[.leaves[].leaf.act] == ["account.create", "import.batch"]' <<<"$output"
	lethe audit list --account Second --count 3 --json
	jq -e '[.leaves[].leaf.act] == ["policy.set", "policy.set", "policy.set"]' <<<"$output"
	lethe audit list --account Second --json
	jq -e '(.leaves | length) == 5' <<<"$output"
	lethe audit list --account Contoso --from 2 --json
	jq -e '[.leaves[].leaf.act] == ["import.batch"]' <<<"$output"
	lethe audit list --account Contoso --count 0 --json
	jq -e '.leaves == []' <<<"$output"
	lethe audit list --count 1 --json
	jq -e '[.leaves[].leaf.act] == ["policy.set"]' <<<"$output"
}

# on_terminal INPUT WORD..: runs lethe on a pseudo-terminal that types INPUT.
on_terminal() {
	run python3 - "$@" <<-'END'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(os.environ["LETHE"], ["lethe"] + sys.argv[2:])
		os.write(fd, sys.argv[1].encode())
		seen = b""
		try:
		    while True:
		        part = os.read(fd, 4096)
		        if not part:
		            break
		        seen += part
		except OSError:
		    pass
		sys.stdout.buffer.write(seen)
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
	END
}

@test "on a terminal erasing shows who it is, and only a yes erases" {
	make_vault
	on_terminal $'no\n' person erase +4520000289
	[ "$status" -eq 130 ]
	[[ $output == *"Astrid Holst"* ]]
	[[ $output == *"3 records"* ]]
	"$LETHE" person find +4520000289 >/dev/null
	on_terminal $'yes\n' person erase +4520000289
	[ "$status" -eq 0 ]
	lethe person find +4520000289
	said 3
}

@test "somebody in a thousand contacts is shown, exported and erased like anybody else" {
	make_vault
	for ((i = 0; i < 1000; i++)); do
		printf '{"type":"contact","id":"many-%d","source":"t","name":"Astrid %d","phones":["+4520000289"]}\n' "$i" "$i"
	done >many.jsonl
	"$LETHE" import many.jsonl >/dev/null
	lethe person show +4520000289 --json
	said 0
	jq -e '(.contacts | length) == 1001 and (.contacts | unique | length) == 1001 and .name != null' <<<"$output"
	lethe person export +4520000289 --out all.zip --json
	said 0
	jq -e '.contacts == 1001 and .left_out == 0' <<<"$output"
	[ "$(unzip -p all.zip contacts.csv | wc -l)" -eq 1002 ]
	unzip -p all.zip data.json | jq -e '.contacts | length == 1001'
	on_terminal $'yes\n' person erase +4520000289
	said 0
	[[ $output == *"1,001 contacts"*"nothing is left"* ]]
}

@test "media are not written to a terminal" {
	make_vault
	on_terminal '' record media "$(record_id rec 2)" --out -
	[ "$status" -eq 2 ]
	[[ $output != *RIFF* ]]
}

# ---- promises ----

@test "P1: no number, address, name or word of anybody's is in the clear in the data folder" {
	make_vault
	"$LETHE" policy set call '30 years' --queue Astrid >/dev/null
	"$LETHE" hold add --person +4520000289 --reason "complaint of Astrid" >/dev/null
	"$LETHE" keys rotate >/dev/null
	for text in 20000289 20000111 astrid ASTRID holst Holst Contoso contoso "on my way" complaint RIFF; do
		run grep -rlaF "$text" lethe-data lethe-data.default.root
		[ -z "$output" ] || { echo "$text is in $output"; return 1; }
	done
}

@test "P3, P13: after an erasure neither the data nor the log know the person" {
	make_vault
	"$LETHE" person erase +4520000289 --yes >/dev/null
	lethe audit list --json
	[[ $output != *20000289* && $output != *Holst* ]]
	[ "$(sqlite3 lethe-data/regions/default/vault.db 'SELECT count(*) FROM record')" -eq 0 ]
	[ "$(sqlite3 lethe-data/regions/default/vault.db 'SELECT count(*) FROM contact')" -eq 0 ]
	[ -z "$(find lethe-data/regions/default/blobs -type f)" ]
}

@test "P5: importing the same records again brings nobody back" {
	make_vault
	"$LETHE" person erase +4520000289 --yes >/dev/null
	lethe import in.jsonl
	lethe person find +4520000289
	said 3
}

@test "P8: a receipt of an overdue epoch names no date" {
	make_vault
	lethe person erase +4520000289 --yes --receipt r.json --now 2200-01-01
	said 0
	jq -e '.statement.copies | .unreadable_by == null and (.covers | contains("overdue"))' r.json
	lethe person erase +4520000111 --yes --receipt in-time.json
	said 0
	jq -e '.statement.copies.unreadable_by != null' in-time.json
}

@test "P10: what a hold covers outlives an erasure, is said, and ends with 5" {
	make_vault
	id=$(record_id call 1)
	"$LETHE" hold add --kind call --reason "case 7" >/dev/null
	lethe person erase +4520000289 --yes --json
	said 5
	jq -e '.kept.call == 1 and .left == 0' <<<"$output"
	lethe record get "$id"
	said 0
}

@test "P14: a log that was rewritten whole is found by an older checkpoint" {
	make_vault
	cp -r lethe-data before
	"$LETHE" person show +4520000289 >/dev/null
	"$LETHE" audit verify --save cp >/dev/null
	rm -r lethe-data
	mv before lethe-data
	lethe audit verify --checkpoint cp
	said 7
	"$LETHE" person find +4520000111 >/dev/null
	lethe audit verify
	said 0
	lethe audit verify --checkpoint cp
	said 7
}

@test "the public holidays of a year come with their source, and need no vault" {
	lethe law holidays GB-SCT 2027
	said 0
	[[ $output == *"2027-01-04  2nd January (substitute day)"* ]]
	[[ $output == *"2027-11-30  St Andrew's Day"* ]]
	[[ $output == *"Source: "*"St Andrew's Day Bank Holiday (Scotland) Act 2007"* ]]
	lethe law holidays de 2026 --json
	said 0
	[[ $output == *'"country": "DE"'*'"date": "2026-10-03"'*'"name": "German Unity Day"'* ]]
	[[ $output == *'"left_out": "days of single municipalities'* ]]
	lethe law holidays XX 2026
	said 2
	[[ $stderr == *"'XX'"*"AT, BE, BG"* ]]
	for year in 26 02026 1582 year; do
		lethe law holidays DE "$year"
		said 2
		[[ $stderr == *"'$year' is not a year"* ]]
	done
}

@test "a deadline of the law says its rules (C1, C2, C3, C5, C7, C8, C9), and needs no vault" {
	lethe law deadline C1 --from 2023-08-31T10:00:00Z --country DE --zone Europe/Berlin
	said 0
	[ "$output" = "2023-10-02T22:00:00Z: one month after receipt on 31 August 2023 is 30 September 2023 (C1, C2); that is a Saturday, so 2 October 2023 (C3)." ]
	lethe law deadline c1 --now 2023-08-31T10:00:00Z --country DE --json
	said 0
	[[ $output == *'"day": "2023-10-02"'*'"due": "2023-10-03T00:00:00Z"'*'"C1"'*'"C2"'*'"C3"'* ]]
	for clock in C5 C7 C8 C9; do
		lethe law deadline "$clock" --from 2023-08-31T10:00:00Z --country DE
		said 0
		[[ $output == *"($clock"* ]]
	done
	lethe law deadline C10 --country DE
	said 2
	[[ $stderr == *"'C10' is no clock"*"lethe person unrestrict"* ]]
	lethe law deadline C1
	said 2
	[[ $stderr == *"--country DK"* ]]
	lethe law deadline C1 --country DE --zone Mars/Olympus
	said 2
	lethe law deadline C1 --country DE --from yesterday
	said 2
}

@test "an extended answer keeps both dates (C4), and C4 needs that the person was told in time and why" {
	local at=(--from 2026-01-31T10:00:00Z --country DK)

	lethe law deadline C4 "${at[@]}" --told 2026-02-10T10:00:00Z --with-reasons
	said 0
	[ "${lines[0]}" = "2026-05-01T00:00:00Z: three months after receipt on 31 January 2026 is 30 April 2026 (C1, C4, C2); without the extension it was 2 March 2026." ]
	[[ ${lines[1]} == "Without the extension 2026-03-03T00:00:00Z: one month after "*"28 February 2026 (C1, C2); that is a Saturday, so 2 March 2026 (C3)." ]]
	lethe law deadline C1 "${at[@]}" --told 2026-02-10T10:00:00Z --with-reasons --json
	jq -e '.clock == "C1" and .day == "2026-04-30" and .rules == ["C1", "C4", "C2"] and .first.day == "2026-03-02"' <<<"$output"
	lethe law deadline C4 "${at[@]}" --told 2026-02-10T10:00:00Z
	said 2
	[[ $stderr == *"not told the reasons is none (C4)"* ]]
	lethe law deadline C4 "${at[@]}" --told 2026-03-03T10:00:00Z --with-reasons
	said 2
	[[ $stderr == *"after the first month, which ended on 2 March 2026 (C4)"*"the first date stands"* ]]
	lethe law deadline C4 "${at[@]}"
	said 2
	[[ $stderr == *"C4 needs the time the person was told"*"--told TIME"* ]]
	lethe law deadline C1 "${at[@]}" --with-reasons
	said 2
	for clock in C5 C7 C8 C9 C11; do
		lethe law deadline "$clock" "${at[@]}" --told 2026-02-10T10:00:00Z
		said 2
		[[ $stderr == *"$clock does not take --told"* ]]
	done
}

@test "a clock stands still while it is asked who the person is (C6)" {
	local at=(--from 2026-03-02T10:00:00Z --country DK) ask=2026-03-10T10:00:00Z

	lethe law deadline C6 "${at[@]}" --asked "$ask"
	said 0
	[[ $output == "no date yet: "*"the clock stands still since more was asked for on 10 March 2026, with 23 days left"*"(C6)." ]]
	lethe law deadline C6 "${at[@]}" --asked "$ask" --json
	jq -e '.day == null and .due == null and .days_left == 23 and .rules == ["C1", "C2", "C6"]' <<<"$output"
	lethe law deadline C6 "${at[@]}" --asked "$ask" --answered 2026-03-17T10:00:00Z
	said 0
	[[ $output == "2026-04-10T00:00:00Z: "*"from the asking on 10 March 2026 to the answer on 17 March 2026, 7 days, so 9 April 2026 (C6)." ]]
	lethe law deadline C5 "${at[@]}" --asked "$ask,2026-03-20T00:00:00Z" --answered 2026-03-17T10:00:00Z,2026-03-21T00:00:00Z --json
	jq -e '.day == "2026-04-10" and (.rules | index("C5") and index("C6"))' <<<"$output"
	lethe law deadline C6 "${at[@]}"
	said 2
	[[ $stderr == *"C6 needs the time more was asked for"*"--asked TIME"* ]]
	lethe law deadline C6 "${at[@]}" --asked "$ask,2026-03-20T00:00:00Z,2026-03-25T00:00:00Z" --answered 2026-03-17T10:00:00Z
	said 2
	[[ $stderr == *"3 times of asking and 1 of answers do not fit (C6)"* ]]
	lethe law deadline C6 "${at[@]}" --asked "$ask" --answered "2026-03-17T10:00:00Z,soon"
	said 2
	[[ $stderr == *"'soon'"*"--answered"* ]]
	lethe law deadline C6 "${at[@]}" --asked "$(printf "$ask,%.0s" {1..101})$ask"
	said 4
	[[ $stderr == *"more than 100 times"* ]]
	for clock in C7 C8 C9 C11; do
		lethe law deadline "$clock" "${at[@]}" --asked "$ask"
		said 2
		[[ $stderr == *"$clock does not take --asked"* ]]
	done
}

@test "an opt-out counts at once, and what US law would allow is said (C11)" {
	lethe law deadline C11 --from 2026-06-30T10:00:00Z
	said 0
	[ "${lines[0]}" = "2026-06-30T10:00:00Z: an opt-out counts from the moment it comes (C11)." ]
	[[ ${lines[1]} == "US law allows until 2026-07-16T00:00:00Z: 10 business days after"*"15 July 2026 (C11)." ]]
	lethe law deadline c11 --from 2026-06-30T10:00:00Z --country DE --json
	jq -e '.clock == "C11" and .due == "2026-06-30T10:00:00Z" and .latest.day == "2026-07-15"' <<<"$output"
	for clock in C2 C3; do # parts of C1
		lethe law deadline "$clock" --from 2026-01-31T10:00:00Z --country DK --json
		jq -e --arg clock "$clock" '.clock == $clock and .day == "2026-03-02" and (.rules | index($clock))' <<<"$output"
	done
}

@test "an account adds days of its own, and only those that a law makes holidays prolong a deadline (C3)" {
	"$LETHE" init >/dev/null
	"$LETHE" account create Contoso --country DE >/dev/null
	lethe law holidays list
	said 0
	[[ $output == "The account has added no days"* ]]
	lethe law holidays add 2028-08-08 "Friedensfest $(printf '\033[31m')" --law "BayFTG Art. 1(2)"
	said 0
	[[ $output == "Added 2028-08-08, a public holiday: "* ]]
	lethe law holidays add 2028-08-07 "Works outing"
	said 0
	[[ $output == "Added 2028-08-07, a day off of the account's own: no period of the law is longer for it"*"--law"* ]]
	lethe law holidays list --account Contoso
	said 0
	[ "${lines[0]}" = "2028-08-07  Works outing  (added; the account's own: no period of the law is longer for it)" ]
	[ "${lines[1]}" = "2028-08-08  Friedensfest ?[31m  (added; by BayFTG Art. 1(2))" ]
	lethe law holidays DE 2028 --account Contoso --json
	jq -e '[.holidays[] | select(.added)] | length == 2 and .[0].public == false and .[0].law == null and
		.[1].law == "BayFTG Art. 1(2)"' <<<"$output"
	jq -e '[.holidays[].date] | . == sort and length == 11' <<<"$output"
	lethe law holidays DE 2028
	said 0
	[[ $output != *Friedensfest* ]]
	lethe law deadline C1 --account Contoso --from 2028-07-08T10:00:00Z
	said 0
	[[ $output == "2028-08-10T00:00:00Z: "*"that is Friedensfest ?[31m, so 9 August 2028 (C3)." ]]
	lethe law deadline C1 --account Contoso --from 2028-07-07T10:00:00Z --json
	jq -e '.day == "2028-08-07" and .last_open_day == "2028-08-04"' <<<"$output"
	lethe law deadline C1 --account Contoso --from 2028-07-07T10:00:00Z
	[[ ${lines[1]} == "The account's own days off do not make it longer: the last day before it that is none is 2028-08-04." ]]
	lethe law deadline C1 --account Contoso --country DK --from 2028-07-08T10:00:00Z --json # another calendar's
	jq -e '.day == "2028-08-08"' <<<"$output"
	lethe account set Contoso calendar DE-XX
	said 2
	"$LETHE" account set Contoso calendar DE-BY >/dev/null
	"$LETHE" account set Contoso time_zone Europe/Berlin >/dev/null
	lethe law deadline C1 --account Contoso --from 2027-12-05T23:30:00Z # the 6th there, and Epiphany in Bavaria
	[[ ${lines[0]} == "2028-01-07T23:00:00Z: one month after receipt on 6 December 2027 is 6 January 2028"*"that is Epiphany, so 7 January 2028 (C3)." ]]
	lethe law holidays add 2028-08-08 Other
	said 4
	[[ $stderr == *"2028-08-08 is in the account's calendar"*"lethe law holidays remove 2028-08-08"* ]]
	lethe law holidays remove 2028-08-08
	said 0
	lethe law holidays remove 2028-08-08
	said 3
	lethe law deadline C1 --account Contoso --from 2028-07-08T10:00:00Z --json
	jq -e '.day == "2028-08-08"' <<<"$output"
	for bad in "add" "add 2028-08-08" "add 2028-02-30 x" "remove" "remove x" "list DE" "DE" "DE 2028 2029" "DE 2028 --law x"; do
		# shellcheck disable=SC2086
		lethe law holidays $bad
		said 2
	done
	lethe audit list
	[[ $output == *holiday.add*"public=1"*holiday.list*holiday.remove* && $output != *Frieden* ]]
	lethe check
	said 0
	run grep -rl "Works outing" lethe-data
	[ "$status" -eq 1 ]
}

# all_commands: every command by its whole name, as `lethe help` and the help of its first words have them.
all_commands() {
	local word
	"$LETHE" help | sed -n 's/^  \([a-z]*\) .*/\1/p; s/^Also: //p' | tr ' ' '\n' | while read -r word; do
		"$LETHE" help "$word" | sed -n "s/^usage: lethe \($word\)\( .*\)*\$/\1/p; s/^lethe \($word [a-z-]*\).*/\1/p"
	done
}

# in_manual COMMAND: its entry of the manual page; entries that stand together share what is said below them.
in_manual() {
	awk -v name=".It Cm $1 " '
		/^\.El/ { here = 0 }
		!/^\.It Cm / { head = 0; if (here) print; next }
		{ if (!head) here = 0; head = 1 }
		index($0 " ", name) == 1 { here = 1; print }' "$BATS_TEST_DIRNAME/../../man/lethe.1"
}

@test "the manual page and help name every command, with the same options" {
	all_commands >commands
	[ "$(wc -l <commands)" -ge 100 ]
	[ "$(sort commands | uniq -d)" = "" ]
	while read -r command; do
		in_manual "$command" >manual
		[ -s manual ] || { echo "not in the manual page: $command"; return 1; }
		# shellcheck disable=SC2086
		lethe help $command
		{
			grep -oE -- '--[a-z][a-z-]*' <<<"${lines[0]}" || true
			grep -oE 'Fl -[a-z][a-z-]*' manual | sed 's/Fl -/--/' || true
		} >said
		while read -r option; do
			grep -qw -e "$option" <<<"${output%Everywhere: *}" || { echo "$command $option: not in its help"; return 1; }
			grep -qw -e "Fl -${option#--}" manual || { echo "$command $option: not in the manual page"; return 1; }
		done <said
	done <commands
	while read -r command; do
		grep -qx "$command" commands || { echo "only in the manual page: $command"; return 1; }
	done < <(sed -n 's/^\.It Cm \([a-z-]*\( [a-z-]*\)*\).*/\1/p' "$BATS_TEST_DIRNAME/../../man/lethe.1" | sed 's/ *$//' | grep -vE '^law holidays (add|remove|list)$')
}

# ---- holds of every scope, restrictions ----

# Two calls, apart in everything that a scope can name.
make_scopes() {
	make_vault
	cat >scopes.jsonl <<-'END'
		{"type":"call","id":"s1","source":"t","time":"2026-01-08T10:00:00Z","from":"+4520000444","to":"+4570101010","number":"+4570101010","agent":"a7","queue":"Support","campaign":"spring","tags":["vip"]}
		{"type":"call","id":"s2","source":"t","time":"2026-01-09T10:00:00Z","from":"+4520000555","to":"+4570101011","number":"+4570101011","agent":"a8","queue":"Sales","tags":["vip"]}
	END
	"$LETHE" import scopes.jsonl >/dev/null
}

@test "P10: hold add and preview take every scope, and hold list shows it with custodian and matter" {
	make_scopes
	while read -r count words; do
		# shellcheck disable=SC2086
		lethe hold preview $words --json
		said 0
		[ "$(jq .records <<<"$output")" -eq "$count" ] || { echo "$words: $output"; return 1; }
		# shellcheck disable=SC2086
		lethe hold add $words --reason "case 7" --json
		said 0
	done <<-END
		1 --person +4520000444
		1 --number +4520000444
		2 --business-number +4570101010
		1 --user a7
		1 --queue support
		1 --campaign spring
		2 --tag VIP
		1 --kind message
		1 --from 2026-01-09
		2 --tag vip --until 2026-02-01
		5
	END
	lethe hold add --queue support --custodian "Carla of Legal" --matter 2026-117 --reason "case 8"
	said 0
	[[ $output == *"of queue Support"* ]]
	lethe hold list
	said 0
	[[ $output == *"by way of business number +4570101010"* && $output == *"of user a7"* && $output == *"of campaign spring"* ]]
	[[ $output == *"tagged vip"* && $output == *"custodian: Carla of Legal"* && $output == *"matter: 2026-117"* ]]
	[[ $output == *"every record of the account"* ]]
	lethe hold list --json
	[ "$(jq '[.holds[] | select(.queue == "Support" and .custodian == "Carla of Legal" and .matter == "2026-117")] | length' <<<"$output")" -eq 1 ]
	lethe audit list
	[[ $output == *hold.list* && $output != *Carla* && $output != *Support* ]]
	lethe hold preview --person +4520000444 --user a7
	lethe audit list --count 1
	[[ $output =~ hold\.preview.*agent=[0-9]+.*person=per_ ]]
}

@test "a scope that names nothing is refused, and the option is said" {
	make_scopes
	for words in "--queue nowhere" "--campaign none" "--tag none" "--user nobody" "--business-number +4520000444" "--number +4520009999"; do
		# shellcheck disable=SC2086
		lethe hold add $words --reason x
		said 3
		[[ $stderr == *"${words%% *}"* ]] || { echo "$words: $stderr"; return 1; }
		# shellcheck disable=SC2086
		lethe hold preview $words
		said 3
	done
	lethe label list --kind queue
	said 0
	[[ $output == *Support* && $output == *Sales* && $output != *vip* ]]
	lethe label list --kind queues
	said 2
	lethe label show "$("$LETHE" label list --kind queue --json | jq '.labels[] | select(.name == "Sales").id')"
	said 0
	[[ $output == "queue     Sales"*"records" ]]
	lethe label show 99999
	said 3
	lethe label show Sales
	said 2
	lethe audit list
	[[ $output == *label.list* ]]
}

@test "P10: hold release says what will go, wants --yes for it, and the next run deletes exactly that" {
	local today later hold
	today=$(date -u +%F) later=$(date -u -d '60 days' +%FT%TZ)
	"$LETHE" init >/dev/null
	"$LETHE" account create Contoso --country DK >/dev/null
	"$LETHE" policy set call "30 days" >/dev/null
	for n in 1 2 3; do
		printf '{"type":"call","id":"%s","source":"t","time":"%sT00:00:00Z","from":"+4520000444"%s}\n' "$n" "$today" \
			"$([ "$n" = 3 ] || echo ',"tags":["vip"]')"
	done >in.jsonl
	"$LETHE" import in.jsonl >/dev/null
	hold=$("$LETHE" hold add --tag vip --reason "case 7" --json | jq -r .id)
	lethe hold release "$hold" --dry-run --now "$later" --json
	said 0
	[ "$(jq -c '[.released, .records.call]' <<<"$output")" = '[false,2]' ]
	"$LETHE" retention run --now "$later" >/dev/null || [ $? -eq 5 ]
	lethe hold release "$hold" --dry-run --now "$later" --json
	[ "$(jq -c '[.released, .records.call]' <<<"$output")" = '[false,2]' ]
	lethe hold preview --now "$later" --json
	[ "$(jq -c '[.records, .kinds[0].kept, .kinds[0].due]' <<<"$output")" = '[2,2,0]' ]
	lethe hold release "$hold" --now "$later"
	said 4
	[[ $stderr == *"deletes 2 that it alone kept"* && $stderr == *--yes* ]]
	lethe hold release "$hold" --yes --now "$later"
	said 0
	[[ $output == *"2 calls"* ]]
	lethe retention run --now "$later"
	said 0
	lethe hold preview --now "$later" --json
	[ "$(jq .records <<<"$output")" -eq 0 ]
}

@test "P32: a damaged record that stays is named, and what was due beside it is gone" {
	local now=2026-06-01T12:00:00Z before=2026-05-09T00:00:00Z id
	"$LETHE" init --now "$before" >/dev/null
	"$LETHE" account create Contoso --country DK --now "$before" >/dev/null
	"$LETHE" policy set call "30 days" --direction inbound --now "$before" >/dev/null
	printf '{"type":"call","id":"%s","source":"t","time":"2026-05-0%dT10:00:00Z","from":"+4520000444","direction":"%s"}\n' \
		1 1 inbound 2 1 outbound 3 1 outbound 4 8 outbound >in.jsonl
	"$LETHE" import in.jsonl --now "$before" >/dev/null
	sqlite3 lethe-data/regions/default/vault.db "UPDATE record SET payload = zeroblob(length(payload))
		WHERE id = (SELECT min(id) FROM record WHERE direction = 2)"
	lethe retention run --now "$now"
	said 5
	[[ $output == *"Damaged and not due: 1."*"  call_"* && $output == *"Deleted 1 record."* ]]
	id=$(grep -o 'call_[0-9a-z]*' <<<"$output" | head -n 1)
	lethe record get "$id" --now "$now"
	said 7
	lethe retention run --now "$now" --json
	said 0
	[ "$(jq -c '[.carried, .damaged]' <<<"$output")" = '[0,[]]' ]
}

@test "A7, C10: a restricted person is shown as such everywhere, and it is lifted only after they were told" {
	make_vault
	lethe person restrict +4520000289
	said 2
	[[ $stderr == *accuracy* ]]
	lethe person restrict +4520000289 --ground claims --reason "her lawyer asked" --now 2026-02-01T00:00:00Z
	said 0
	lethe person restrict +4520000289 --ground accuracy --now 2026-02-01T00:00:00Z
	said 4
	id=$(record_id call 1)
	lethe record get "$id"
	[[ $output == *"restricted by hold_"* ]]
	lethe record get "$id" --json
	[ "$(jq -c '[.restricted, .held]' <<<"$output")" = '[true,false]' ]
	lethe person show +4520000289
	[[ $output == *"restricted since 2026-02-01, ground claims"* ]]
	lethe why "$id"
	[[ $output == *restriction* ]]
	lethe person export +4520000289 --out copy.zip --now 2026-02-02T00:00:00Z
	said 0
	[ "$(unzip -p copy.zip '*data.json' | jq -r .person.restricted_since)" = 2026-02-01T00:00:00Z ] ||
		{ unzip -p copy.zip '*data.json' | jq .person; return 1; }
	[ "$(unzip -p copy.zip '*data.json' | jq '[.. | .restricted? // empty] | unique == [true]')" = true ]
	unzip -p copy.zip '*index.html' | grep -q 'GDPR, Article 18'
	unzip -p copy.zip '*call.csv' | head -1 | grep -q 'under_legal_hold,restricted'
	lethe person unrestrict +4520000289
	said 4
	[[ $stderr == *"18(3)"* ]]
	lethe person unrestrict +4520000289 --told 2026-01-31 --now 2026-02-03T00:00:00Z
	said 2
	lethe person unrestrict +4520000289 --told 2026-02-02 --now 2026-02-03T00:00:00Z
	said 0
	lethe person show +4520000289
	[[ $output != *restricted* ]]
}

# ---- the other exit codes ----

@test "P20: an import with a bad line takes the rest and ends with 5" {
	make_vault
	printf '%s\n' '{"type":"call","id":"8","source":"t","time":"2026-01-07T10:00:00Z","from":"+4520000333"}' \
		'{"type":"cal"}' >bad.jsonl
	lethe import bad.jsonl
	said 5
	[[ $stderr == *"bad.jsonl:2"* ]]
	lethe person find +4520000333
	said 0
}

@test "while another process writes, a writer is told who it is and ends with 6; a reader is not kept waiting" {
	make_vault
	mkfifo feed
	"$LETHE" import - <feed >/dev/null 2>&1 3>&- &
	exec 9>feed
	until [ -s lethe-data/regions/default/lock ] && ! flock -n lethe-data/regions/default/lock true; do
		kill -0 $! || return 1
	done
	lethe account create Second --country DK
	local code=$status
	lethe account list
	exec 9>&-
	wait
	said 0
	[ "$code" -eq 6 ]
}

@test "P2: a record whose period key is destroyed is gone: 9" {
	make_vault
	id=$(record_id msg 5)
	sqlite3 lethe-data/regions/default/keys.db "DELETE FROM wrapped_key WHERE class = 2"
	lethe record get "$id"
	said 9
}

# ---- keys ----

@test "P7: rotating ends an epoch, and an older key store opens nothing" {
	make_vault
	cp lethe-data/regions/default/keys.db old.db
	lethe keys rotate --json
	said 0
	jq -e '.ended == 1 and .current == 2 and .forgets == "outside"' <<<"$output"
	lethe person show +4520000289
	said 0
	cp old.db lethe-data/regions/default/keys.db
	rm -f lethe-data/regions/default/keys.db-wal lethe-data/regions/default/keys.db-shm
	lethe person show +4520000289
	[ "$status" -eq 7 ] || [ "$status" -eq 9 ]
}

@test "an epoch lasts as many days as keys rotate --every says, and status shows it" {
	make_vault
	lethe keys status --json
	jq -e '.epoch.days == 7' <<<"$output"
	lethe keys rotate --every 14 --now 2030-01-01 --json
	said 0
	jq -e '.current == 2 and .days == 14 and .rotation_due == "2030-01-15T00:00:00Z"' <<<"$output"
	lethe keys rotate --every 14 --now 2030-01-02
	said 0
	[[ $output == *"due by 2030-01-16"* ]]
	[ "$("$LETHE" audit list --json | jq '[.leaves[] | select(.leaf.act == "keys.epoch_length")] | length')" -eq 1 ]
	lethe keys status --now 2030-01-03
	[[ $output == *"last 14 days: the next"*"is due by 2030-01-16"* ]]
	lethe keys status --now 2030-01-17 --json
	jq -e '.epoch.overdue and .epoch.days == 14' <<<"$output"
	for days in 0 367 1000 -1 x 7d "" 1.5; do
		lethe keys rotate --every="$days"
		said 2
		[[ $stderr == *"at: --every"* ]]
	done
	lethe keys status --json
	jq -e '.epoch.number == 3' <<<"$output"
}

@test "P25: a root that others may read is refused with the chmod to run" {
	"$LETHE" init >/dev/null
	chmod 644 lethe-data.default.root
	lethe keys status
	said 4
	[[ $stderr == *chmod* ]]
}

# ---- every document is JSON ----

@test "P27: every command's --json is one JSON document" {
	make_vault
	id=$(record_id call 1)
	while read -r words; do
		# shellcheck disable=SC2086
		lethe $words --json
		said 0
		jq -es 'length == 1 and (.[0] | type) == "object"' <<<"$output" || { echo "$words: $output"; return 1; }
	done <<-END
		account list
		person find +4520000289
		person show +4520000289
		record get $id
		record why $id
		why $id
		policy set form 90d
		policy list
		policy history call
		account show Contoso
		account set Contoso grace_hours 12
		profile list
		profile show callrail
		profile diff Contoso callrail
		user list
		hold list
		obligation list
		obligation show
		label list --limit 1
		identity list
		identity find +4520000289
		person receipt
		retention plan
		retention forecast
		retention warn
		retention history
		audit list
		audit verify
		audit prove 0
		law holidays DE 2026
		law holidays list --limit 1
		law deadline C7 --country DE
		audit keep
		keys status
		keys rotate
		check
	END
}

# P31
@test "an obligation keeps the fields it names of an erased person, says by which law, and ends" {
	local call db=lethe-data/regions/default
	"$LETHE" init >/dev/null
	"$LETHE" account create Roma --country IT >/dev/null
	cat >in.jsonl <<-'END'
		{"type":"call","id":"1","source":"t","time":"2026-01-05T10:00:00Z","from":{"phone":"+393331112222","name":"Anna Rossi"},"to":"+390612345678","status":"answered","duration":61,"text":"weeping"}
		{"type":"note","id":"2","source":"t","time":"2026-01-05T10:02:00Z","from":"+393331112222","text":"secret note"}
	END
	"$LETHE" import in.jsonl --now 2026-02-01T00:00:00Z >/dev/null
	call=$(record_id call 1)
	lethe obligation list --country IT
	said 0
	[[ "$output" == *it-dlgs196-132-telephone*"art. 132"*https://* ]]
	lethe obligation add it-dlgs196-132-telephone --now 2026-02-01T00:00:00Z
	said 0
	lethe obligation add it-dlgs196-132-telephone
	said 4
	lethe obligation add no-such
	said 3
	lethe person erase +393331112222 --yes --now 2026-02-01T00:00:00Z
	said 5
	[[ "$output" == *"a law forbids to delete"*"it-dlgs196-132-telephone: 1, all gone on 2028-01-06"* ]]
	lethe record get "$call" --now 2026-02-02T00:00:00Z
	said 0
	[[ "$output" == *"restricted to from, to, time, duration"*"art. 132"*"until 2028-01-06"* ]]
	[[ "$output" == *+393331112222* && "$output" != *Anna* && "$output" != *weeping* ]]
	lethe record get "$call" --json --now 2026-02-02T00:00:00Z
	said 0
	jq -e '.held == false and .cut_down.laws[0].until == "2028-01-06"' <<<"$output"
	lethe person show +393331112222
	said 3
	for text in "Anna Rossi" weeping "secret note" 393331112222; do run ! grep -rqa "$text" "$db"; done
	lethe obligation show
	said 0
	[[ "$output" == *"1 records would be gone without it"* ]]
	lethe retention run --now 2028-01-05T23:00:00Z
	lethe record get "$call"
	said 0
	lethe retention run --now 2028-01-06T00:00:00Z
	said 0
	lethe record get "$call"
	said 3
	lethe check
	said 0
	lethe obligation end it-dlgs196-132-telephone
	said 0
	lethe obligation end it-dlgs196-132-telephone
	said 3
}

@test "a full disk under the answer is an error" {
	[ -e /dev/full ] || skip "no /dev/full"
	"$LETHE" init >/dev/null
	run --separate-stderr bash -c '"$LETHE" keys status >/dev/full'
	said 8
}
