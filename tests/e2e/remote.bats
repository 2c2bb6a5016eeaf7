#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The command line asking a daemon: the same words, the same output, the same exit codes.
# shellcheck disable=SC2030,SC2031 # a test has a shell of its own
bats_require_minimum_version 1.5.0

load story
load serving

ASTRID='20 00 02 89'

setup() {
	begin_serving
	"$LETHE" token create owner --account Acme --role owner --out owner.token >/dev/null
	# A vault of a few people: those that Astrid spoke to, and what belongs to her.
	grep -h 20000289 "$SAMPLES"/{contacts,copenhagen-calls,notes,forms}.jsonl >few.jsonl
	# More queues than a page of the API has.
	for ((i = 0; i < 120; i++)); do
		printf '{"type":"call","id":"q%d","time":"2025-11-02T23:03:04Z","from":"+4520000300","queue":"q%d"}\n' $i $i
	done >>few.jsonl
	"$LETHE" import few.jsonl --account Acme >/dev/null
}

teardown() { end_serving; }

# at TOKEN WORD..: the words are asked of the daemon.
at() {
	local token=$1
	shift
	"$LETHE" --server "$URL" --token-file "$token" "$@"
}

# both TOKEN WORD..: what the daemon is asked comes out as what is done here, text, document and exit code.
both() {
	local token=$1 here there
	shift
	for form in '' --json; do
		here=0 there=0
		"$LETHE" "$@" $form >here 2>here.err || here=$?
		at "$token" "$@" $form >there 2>there.err || there=$?
		[ "$here" = "$there" ] || { echo "lethe $* $form: $here here, $there there"; cat there.err; return 1; }
		diff here there || { echo "of lethe $* $form"; return 1; }
		diff here.err there.err || { echo "of lethe $* $form"; return 1; }
	done
}

# plain FILE: without what differs by run: ids, times, digests, signatures.
plain() {
	sed -E 's/\b(acc|usr|tok|ses|per|con|hold|job|vault)_[0-9a-z]{26}/\1_/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g
		s/(os:[0-9]+|tok_)/WHO/g' "$1"
}

# alike TOKEN WORD..: the same of what changes something: here in a copy of the vault, there in the vault.
alike() {
	local token=$1 here=0 there=0
	shift
	"$LETHE" --data copy/lethe-data "$@" >here 2>here.err || here=$?
	at "$token" "$@" >there 2>there.err || there=$?
	[ "$here" = "$there" ] || { echo "lethe $*: $here here, $there there"; cat there.err; return 1; }
	diff <(plain here) <(plain there) || { echo "of lethe $*"; return 1; }
	diff <(plain here.err) <(plain there.err) || { echo "of lethe $*"; return 1; }
}

@test "P60: what is looked at is shown as here, byte for byte, as text and as JSON" {
	"$LETHE" hold add --account Acme --person "$ASTRID" --kind call --reason 'case 7' >/dev/null
	"$LETHE" user add somebody@example.com --account Acme >/dev/null
	"$LETHE" policy set note unlimited --account Acme >/dev/null
	"$LETHE" law holidays add 2027-12-24 'Christmas Eve' --account Acme >/dev/null
	"$LETHE" person export "$ASTRID" --account Acme --out all.zip >/dev/null
	record=$(unzip -p all.zip data.json | grep -o 'call_[0-9a-z]\{26\}' | head -n 1)
	contact=$(unzip -p all.zip data.json | grep -o 'con_[0-9a-z]\{26\}' | head -n 1)
	serve
	export LETHE_ACCOUNT=Acme
	both owner.token account show Acme
	both owner.token account status Acme
	both owner.token profile list
	both owner.token profile show aircall
	both owner.token profile diff Acme aircall
	both owner.token obligation list
	both owner.token obligation list --country DE
	both owner.token obligation show
	both owner.token obligation show --limit 1
	both owner.token label show 999999
	both owner.token law holidays list
	both owner.token law deadline C1 --country DK --from 2026-02-03T10:00:00Z
	both owner.token person find "$ASTRID"
	both owner.token person find astrid holst
	both owner.token person find 'astrid holst'
	both owner.token person show "$ASTRID"
	both owner.token person receipt
	both owner.token identity find "$ASTRID"
	both owner.token identity list --kind email --limit 3
	both owner.token contact list --limit 3
	both owner.token contact show "$contact"
	both owner.token record get "$record"
	both owner.token why "$record"
	both owner.token aggregate list --limit 2
	both owner.token label list
	[ "$(wc -l <here)" -gt 120 ]
	both owner.token policy list
	both owner.token policy history note
	both owner.token retention plan
	both owner.token retention forecast --days 10
	both owner.token retention history
	both owner.token hold list
	both owner.token hold preview --person "$ASTRID" --kind call,note
	both owner.token user list
	both owner.token user sessions somebody@example.com
	both owner.token audit list --from 0 --limit 3
	both owner.token audit keep
	unset LETHE_ACCOUNT
	both owner.token law holidays DE-BY 2027
	both operator.token account list
	both operator.token account show Other
	both operator.token keys status
	both operator.token audit prove 3
}

@test "P60: what is wrong is said as here, with the same exit code" {
	mkdir copy
	cp -a lethe-data* copy
	serve
	export LETHE_ACCOUNT=Acme
	alike owner.token person show 'nobody at all'
	alike owner.token person show
	alike owner.token persn show x
	alike owner.token person shw x
	alike owner.token hold lst
	alike owner.token hold list --frm x
	alike owner.token hold list one
	alike owner.token hold list --yes
	alike owner.token record get call_01h455vb4pex5vsknk084sn02q
	alike owner.token policy set call '5 fortnights'
	alike owner.token policy set form '30 days'
	alike owner.token obligation add XX-NONE
	alike owner.token profile show nobody
	alike owner.token person erase "$ASTRID" --yes --reference 'not an id'
	alike owner.token user sessions nobody@example.com
	alike owner.token retention plan --policy 'call'
}

@test "P60: what is done is done as here" {
	mkdir copy
	cp -a lethe-data* copy
	serve
	export LETHE_ACCOUNT=Acme
	alike owner.token hold add --person "$ASTRID" --kind call,note --reason 'case 7' --matter M-1
	alike owner.token retention plan --policy 'form=30 days' --grace 0
	alike owner.token retention plan --policy 'form=30 days' --grace 0 --json
	alike owner.token policy set note unlimited
	alike owner.token policy set chat '1 year' --direction inbound
	alike owner.token policy remove chat --direction inbound
	alike owner.token user add new@example.com --role auditor
	alike owner.token user remove new@example.com --yes
	alike owner.token law holidays add 2027-12-24 'Christmas Eve'
	alike owner.token law holidays remove 2027-12-24
	alike owner.token person restrict "$ASTRID" --ground accuracy --reason 'she says so'
	alike owner.token obligation add de-ao-147-voucher
	alike owner.token obligation end de-ao-147-voucher
	alike owner.token account set Acme warn_days 20,5
	alike owner.token audit keep access '120 days'
	alike owner.token retention run
	alike owner.token person erase "$ASTRID" --yes
	stop
	"$LETHE" check >/dev/null
}

@test "what is the machine's own is refused with its reason, and what is about it too" {
	serve
	run -4 at owner.token backup --out here
	[[ $output == *"it is written to the machine's own disk"*"without --server"* ]]
	run -4 at owner.token person erase "$ASTRID" --account Acme --receipt r.json --yes
	[[ $output == *"a daemon is not asked for --receipt"* ]]
	run -4 at owner.token import few.jsonl --account Acme --media-root .
	[[ $output == *"--media-root"*"name no files"* ]]
	run -2 at owner.token hold list --account Acme --data elsewhere
	[[ $output == *"--data is about this machine"* ]]
	run -2 at operator.token hold list
	[[ $output == *"--account"* ]]
	run -4 at owner.token person erase "$ASTRID" --account Acme
	[[ $output == *"add --yes"* ]]
	[[ $(at owner.token help) == *"usage: lethe"* ]]
}

@test "P60: who is not let in is told so, and a token never goes where it could be read" {
	serve
	run -2 "$LETHE" --server "$URL" hold list --account Acme
	[[ $output == *"--token-file"* ]]
	run -2 "$LETHE" --token-file owner.token hold list --account Acme
	[[ $output == *"--server"* ]]
	echo "lethe_a$(printf '0%.0s' {1..49})" >bad.token
	run -4 at bad.token hold list --account Acme
	run -4 at auditor.token hold add --reason x --account Acme
	[[ $output == *hold.write* ]]
	run -3 at owner.token hold list --account Other
	for url in http://localhost.example http://127.0.0.1.example http://lethe.example; do
		run -2 "$LETHE" --server "$url" --token-file owner.token hold list --account Acme
	done
	[[ $output == *"plain HTTP"* ]]
	run -2 "$LETHE" --server ftp://lethe.example --token-file owner.token hold list --account Acme
	run -8 "$LETHE" --server http://127.0.0.1:1 --token-file owner.token hold list --account Acme
	[[ $output == *"cannot be asked"* ]]
	LETHE_SERVER=$URL LETHE_TOKEN_FILE=owner.token "$LETHE" hold list --account Acme
	run -8 at missing.token hold list --account Acme
}

@test "P60: the daemon's certificate is verified, against --ca if it is given" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
	serve --listen-tls 127.0.0.1:0 --certificate cert.pem --key key.pem
	tls=$(sed -nE 's/.*"serve.listening","port":([0-9]+),"tls":1.*/\1/p' serve.log)
	run -4 "$LETHE" --server "https://localhost:$tls" --token-file owner.token hold list --account Acme
	[[ $output == *"not trusted"*"--ca"* ]]
	"$LETHE" --server "https://localhost:$tls" --ca cert.pem --token-file owner.token hold list --account Acme
	run -4 "$LETHE" --server "https://127.0.0.1:$tls" --ca cert.pem --token-file owner.token hold list --account Acme
}

@test "P60: a token of an account says which account is meant" {
	serve
	both owner.token hold list --account Acme
	at owner.token hold list >there
	diff here <(at owner.token hold list --json) || true
	at owner.token person show "$ASTRID" | diff <(at owner.token person show "$ASTRID" --account Acme) -
	at owner.token hold add --reason 'case 8' --kind call >/dev/null
	at owner.token hold list --json | jq -e '.holds | length == 1'
	"$LETHE" account show Acme --json | jq -r .id >acme
	ask owner.token GET /v1/accounts/-
	answered 200
	[ "$(jq -r .id answer)" = "$(cat acme)" ]
	ask owner.token POST /v1/accounts/-/retention/runs '{}' -H 'Prefer: respond-async'
	answered 202
	grep -qi "^location: /v1/accounts/$(cat acme)/jobs/" headers
	ask operator.token GET /v1/accounts/-/holds
	answered 400
	jq -e '.field == "account"' answer
}

@test "P60: a person's copy, a job's file and a record's sound come from a daemon as from the machine" {
	"$LETHE" import "$SAMPLES"/recordings.jsonl --account Acme --media-root "$SAMPLES" >/dev/null
	serve
	local rec
	at owner.token person export "$ASTRID" --out there.zip | sed 's/there/X/; s/audit leaf.*//; s/[0-9.]* [kM]*B$//' >there
	"$LETHE" person export "$ASTRID" --account Acme --out here.zip | sed 's/here/X/; s/audit leaf.*//; s/[0-9.]* [kM]*B$//' >here
	diff here there
	unzip -tqq there.zip
	unzip -p there.zip data.json | jq 'del(.generated)' | cmp - <(unzip -p here.zip data.json | jq 'del(.generated)')
	run -4 at owner.token person export "$ASTRID" --out there.zip
	run -2 at owner.token person export "$ASTRID"
	[[ $output == *"--out"* ]]
	run -2 at owner.token person export "$ASTRID" --out other.zip --others some
	[ ! -e other.zip ]
	run -3 at owner.token person export 'nobody at all' --out other.zip
	[ ! -e other.zip ]
	at owner.token person export "$ASTRID" --out shown.zip --others show --json | jq -e '.others == "show" and .file == "shown.zip" and .records > 0'
	at owner.token job fetch "$(at owner.token job list --json | jq -r '.jobs[0].id')" --out - | cmp - shown.zip
	rec=$(unzip -p here.zip data.json | grep -o 'rec_[0-9a-z]\{26\}' | head -n 1)
	"$LETHE" record media "$rec" --account Acme --out here.wav >here
	at owner.token record media "$rec" --out there.wav >there
	cmp here.wav there.wav
	diff <(sed 's/here/X/' here) <(sed 's/there/X/' there)
	at owner.token record media "$rec" --range 100-199 --out - | cmp - <(tail -c +101 here.wav | head -c 100)
	run -3 at owner.token record media "$rec" --n 7 --out none.wav
	[ ! -e none.wav ]
	run -4 at auditor.token job fetch job_00000000000000000000000000 --out none.zip
	[ ! -e none.zip ]
}

@test "P60: files are imported through a daemon as at the machine" {
	mkdir copy
	cp -a lethe-data* copy
	{
		grep -h '"call"' "$SAMPLES/copenhagen-calls.jsonl" | head -200
		echo '{"type":"call","id":"x","time":"2025-11-17T14:03:00Z","from":"+4520000578","too":"+4520000300"}'
	} >lines.jsonl
	serve
	local here=0 there=0
	"$LETHE" --data copy/lethe-data import lines.jsonl "$SAMPLES"/Master.csv --tz Europe/Copenhagen --source pbx --account Acme --json >here 2>here.err || here=$?
	at owner.token import lines.jsonl "$SAMPLES"/Master.csv --tz Europe/Copenhagen --source pbx --json >there 2>there.err || there=$?
	[ "$here" = 5 ]
	[ "$there" = 5 ]
	diff <(jq 'del(.rejects)' here) <(jq 'del(.rejects)' there)
	diff here.err there.err
	at owner.token import - <lines.jsonl 2>/dev/null | grep -q '200  records that were there already' || [ "${PIPESTATUS[0]}" = 5 ]
	run -3 at owner.token import nothing.jsonl
	run -2 at owner.token import lines.jsonl --tz No/Where
	run -4 at owner.token import lines.jsonl --rejects r
	run -4 at auditor.token import lines.jsonl
	stop
	"$LETHE" check >/dev/null
}

# halting: what can look like a daemon, at $URL.
halting() {
	python3 "$BATS_TEST_DIRNAME/remote/halting.py" whole >asked 3>&- &
	SERVING=$!
	disown "$SERVING"
	for ((i = 0; i < 200; i++)); do
		[ ! -s asked ] || break
		sleep 0.05
	done
	URL=http://127.0.0.1:$(head -n 1 asked)
}

@test "a download that breaks off is gone on with, unless it is of another file by then" {
	halting
	at owner.token job fetch job_00000000000000000000000000 --out fetched
	cmp fetched whole
	grep -q 'GET .* bytes=50000- "one"' asked
	run -9 at owner.token job fetch job_0000000000000000000000000c --out other
	[[ $output == *"another file"* ]]
	[ ! -e other ]
}

@test "whoever stops waiting is told which job goes on" {
	halting
	local code=0
	"$LETHE" --server "$URL" --token-file owner.token person export per_01h455vb4pex5vsknk084sn02q --out x.zip 2>said 3>&- &
	local waiting=$!
	for ((i = 0; i < 400; i++)); do
		! grep -q 'GET .*/jobs/' asked || break
		sleep 0.05
	done
	kill -INT "$waiting"
	wait "$waiting" || code=$?
	[ "$code" = 130 ]
	grep -q 'lethe job show job_0000000000000000000000000w' said
	[ ! -e x.zip ]
}
