#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The whole story, on the samples: in, found, handed out, forgotten, proved; and what surrounds it: accounts and regions
# apart, one writer, clocks that jump, input as it really comes.

# Each test is a subshell of its own, and means to be; $stderr and others come from what is loaded.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

setup() {
	load story
	cd "$BATS_TEST_TMPDIR" || return
}

all_samples=(contacts notes forms chats transcripts recordings copenhagen-calls copenhagen-sms)

import_samples() { ok import "${all_samples[@]/#/$SAMPLES/}" --json; }
all_samples=("${all_samples[@]/%/.jsonl}")

# A few people who call each other.
small() {
	cat >small.jsonl <<-'END'
		{"type":"contact","id":"c1","source":"t","name":"Astrid Holst","phones":["+4520000289"],"emails":["astrid@example.com"]}
		{"type":"call","id":"1","source":"t","time":"2025-11-05T10:00:00Z","from":"+4520000289","to":"+4520000111","duration":61}
		{"type":"message","id":"2","source":"t","time":"2025-11-06T09:00:00Z","from":"+4520000111","to":"+4520000289","text":"on my way"}
		{"type":"note","id":"3","source":"t","time":"2025-11-07T09:00:00Z","from":"+4520000289","text":"prefers tea"}
	END
}

# persons of QUERY: ids of who is found.
persons() { "$LETHE" --now "$NOW" person find "$1" --json | jq -r '.persons[].id'; }

# ---- in, found, out ----

@test "the samples are taken whole, and taking them again changes nothing" {
	new_vault
	import_samples
	jq -e '.lines == 15816 and .rejected == 0 and .duplicates == 0 and .contacts_new == 543 and .media == 12 and
		.records == {call: 1781, recording: 9, voicemail: 3, transcript: 24, message: 13437, chat: 3, form: 8, note: 8}' \
		<<<"$output"
	check_clean
	before=$(sqlite3 "$REGION/vault.db" "SELECT hex(id) FROM record ORDER BY 1" | sha256sum)
	identities=$(rows identity)
	import_samples # P18
	jq -e '.records == {} and .duplicates == 15273 and .contacts_unchanged == 543 and .identities == 0' <<<"$output"
	same records "$before" "$(sqlite3 "$REGION/vault.db" "SELECT hex(id) FROM record ORDER BY 1" | sha256sum)"
	same identities "$identities" "$(rows identity)"
	check_clean
}

@test "a CDR of Asterisk is taken beside them, and twice is once" {
	new_vault
	ok import "$SAMPLES/Master.csv" --tz Europe/Copenhagen --json
	jq -e '.lines == 300 and .records == {call: 300}' <<<"$output"
	ok import "$SAMPLES/Master.csv" --tz Europe/Copenhagen --json
	jq -e '.records == {} and .duplicates == 300' <<<"$output"
	check_clean
}

@test "one person is found by every spelling of every identifier, and by name in any order and case" {
	new_vault
	import_samples
	astrid=$(persons +4520000289)
	[[ $astrid == per_* ]]
	for who in '20000289' '20 00 02 89' '20-00-02-89' '+45 20 00 02 89' '0045 20 00 02 89' '(+45) 2000 0289' 'tel:+4520000289' \
		AstridKHolst@example.com 'ASTRIDKHOLST@EXAMPLE.COM' crm-289 'Astrid Holst' 'holst astrid' 'ASTRID HOLST' "$astrid"; do
		same "$who" "$astrid" "$(persons "$who")"
	done
	lethe person find 'Astrid Nobody'
	said 3
	ok person show 'Astrid Holst' --json
	jq -e '.records == {call: 64, recording: 4, voicemail: 1, transcript: 1, message: 115, chat: 1, form: 1, note: 1} and
		(.contacts | length) == 1 and (.identities | map(.kind)) == ["phone", "email", "external"]' <<<"$output"
}

@test "an export is a ZIP that unzip, jq and a player of sound can read, with everything of the person and nothing of others" {
	new_vault
	import_samples
	ok person export 'Astrid Holst' --out astrid.zip
	same mode 600 "$(stat -c %a astrid.zip)"
	unzip -qt astrid.zip
	unzip -q astrid.zip -d astrid
	jq -e '.records | group_by(.kind) | map({(.[0].kind): length}) | add ==
		{call: 64, recording: 4, voicemail: 1, transcript: 1, message: 115, chat: 1, form: 1, note: 1}' astrid/data.json
	jq -e '.person.identities | map(.value) == ["+4520000289", "astridkholst@example.com", "crm-289"]' astrid/data.json
	jq -e '.records[] | select(.kind == "note") | .text == "Prefers to be called after 16:00. Does not want calls at work."' \
		astrid/data.json
	for path in $(jq -r '.records[].media[]?.file' astrid/data.json); do
		[[ $(head -c 4 "astrid/$path") == RIFF ]] || { echo "$path is no WAV"; return 1; }
	done
	same "sound files" 5 "$(find astrid/media -type f | wc -l)"
	# Whom she called is somebody else's: of their numbers two digits are left.
	run ! grep -rlE '\+45200[0-9]{5}' --include=data.json --include='*.csv' --include='*.html' \
		<(grep -rohE '\+45[0-9]{8}' astrid | grep -v 4520000289)
	run grep -rohE '\+4520[0-9]{6}' astrid/data.json
	same "numbers in the clear" +4520000289 "$(sort -u <<<"$output")"
	# What was there stays: an export is no erasure, and is not written over.
	lethe person export 'Astrid Holst' --out astrid.zip
	said 4
	ok person show 'Astrid Holst'
}

# ---- forgotten ----

@test "P3: erasing leaves nothing of one person and everything of the others" {
	new_vault
	import_samples
	total=$(rows record)
	ok person erase 'Astrid Holst' --yes --receipt receipt.json --json
	jq -e '.left == 0 and .identities == 3 and .contacts == 1 and .media == 5 and (.records | add) == 188' <<<"$output"
	same records $((total - 188)) "$(rows record)"
	for who in '20 00 02 89' astridkholst@example.com crm-289 'Astrid Holst'; do
		for command in 'person find' 'person show' 'person export --out x.zip'; do
			# shellcheck disable=SC2086
			lethe $command "$who"
			said 3
		done
	done
	ok person show crm-0
	check_clean
	ok audit verify
}

@test "P5: records of an erased person from before are refused and counted; their calls from then on are a new person's" {
	new_vault
	import_samples
	astrid=$(persons crm-289)
	ok person erase crm-289 --yes
	import_samples
	jq -e '.records == {} and .contacts_new == 0 and .refused_erased == 189' <<<"$output" || { echo "$output"; return 1; }
	lethe person find crm-289
	said 3
	# Tomorrow she calls again.
	cat >tomorrow.jsonl <<-'END'
		{"type":"call","id":"t1","source":"own","time":"2025-12-02T09:00:00Z","from":"20 00 02 89","to":"+4520000301","duration":30}
		{"type":"call","id":"t0","source":"own","time":"2025-11-30T09:00:00Z","from":"20 00 02 89","to":"+4520000301","duration":30}
	END
	NOW=2025-12-02T10:00:00Z
	ok import tomorrow.jsonl --json
	jq -e '.records == {call: 1} and .refused_erased == 1' <<<"$output"
	again=$(persons +4520000289)
	[[ $again == per_* && $again != "$astrid" ]]
	ok person show +4520000289 --json
	jq -e '.records == {call: 1} and .name == null and (.identities | length) == 1' <<<"$output"
	check_clean
}

@test "P11: a receipt verifies with the public key alone, and with any part of it altered it does not" {
	new_vault
	small
	ok import small.jsonl
	ok person erase +4520000289 --yes --receipt receipt.json --reference REQ-2025-0042
	cp "$REGION/lethe.pub" .
	mv lethe-data elsewhere
	ok verify receipt.json --key lethe.pub
	[[ $output == *REQ-2025-0042* ]]
	altered=0
	while read -r path; do
		jq -c --argjson path "$path" 'getpath($path) as $old | setpath($path;
			if ($old | type) == "string" then (if $old == "" then "x" else $old[:-1] + (if $old[-1:] == "A" then "B" else "A" end) end)
			elif ($old | type) == "number" then $old + 1 elif ($old | type) == "boolean" then ($old | not) else "x" end)' \
			receipt.json >altered.json
		lethe verify altered.json --key lethe.pub
		[[ $status == [247] ]] || { echo "altered at $path: exit $status"; return 1; }
		altered=$((altered + 1))
		jq -c --argjson path "$path" 'delpaths([$path])' receipt.json >altered.json
		lethe verify altered.json --key lethe.pub
		[[ $status == [247] ]] || { echo "without $path: exit $status"; return 1; }
	done < <(jq -c 'paths(type != "object" and type != "array")' receipt.json)
	[ "$altered" -gt 25 ]
	# Another vault's key does not do.
	ok init --data other
	lethe verify receipt.json --key other/regions/default/lethe.pub
	said 7
}

# ---- apart ----

@test "P22: what another account has is answered like what does not exist" {
	new_vault
	small
	ok import small.jsonl
	ok hold add --person +4520000289 --kind note --reason 'case 1' --json
	hold=$(jq -r .id <<<"$output")
	astrid=$(persons +4520000289)
	ok person export +4520000289 --out all.zip
	call=$(unzip -p all.zip data.json | jq -r '.records[] | select(.kind == "call") | .id')
	[[ $call == call_* && $astrid == per_* && $hold == hold_* ]]
	ok account create Other --country DK
	export LETHE_ACCOUNT=Other
	before=$(rows record)
	# answer ID WORD..: what is said, with the id taken out.
	answer() {
		local id=$1
		shift
		lethe "${@/ID/$id}"
		echo "$status ${output//$id/ID} ${stderr//$id/ID}"
	}
	# The same shape, another id: its last characters but for the check that ids carry none.
	for id in "$astrid" "$call" "$hold"; do
		other=${id:0:-4}0000
		case $id in
		per_*) asks=('person show ID' 'person find ID' 'person erase ID --yes' 'person export ID --out no.zip'
			'hold add --person ID --reason x') ;;
		call_*) asks=('record get ID' 'why ID' 'record media ID --out no.wav') ;;
		hold_*) asks=('hold release ID') ;;
		esac
		for ask in "${asks[@]}"; do
			read -ra asked <<<"$ask"
			same "$ask" "$(answer "$other" "${asked[@]}")" "$(answer "$id" "${asked[@]}")"
			[[ $(answer "$id" "${asked[@]}") == '3 '* ]] || { echo "$ask: does not end with 3"; return 1; }
		done
	done
	for who in +4520000289 'Astrid Holst' astrid@example.com; do
		lethe person find "$who"
		said 3
	done
	same records "$before" "$(rows record)"
	# The same number is another person here, with other records and another end.
	ok import small.jsonl
	[ "$(persons +4520000289)" != "$astrid" ]
	ok person erase +4520000289 --yes
	LETHE_ACCOUNT=Nordlys ok person show +4520000289
	ok audit list --json
	run ! grep -q "$astrid" <<<"$output"
	check_clean
}

@test "two regions share nothing: not a key, a root, a lock or a person" {
	ok init --region eu
	ok init --region us
	ok account create Alpha --country DK --region eu
	ok account create Beta --country US --region us
	small
	ok import small.jsonl --account Alpha
	ok import small.jsonl --account Beta
	cmp lethe-data.eu.root lethe-data.us.root && return 1
	cmp lethe-data/regions/{eu,us}/lethe.pub && return 1
	# What one writes hinders the other as little as losing one hurts the other.
	exec 9>>lethe-data/regions/us/lock
	flock 9
	ok person erase +4520000289 --account Alpha --yes --receipt receipt.json
	exec 9>&-
	ok person show +4520000289 --account Beta
	lethe verify receipt.json --key lethe-data/regions/us/lethe.pub
	said 7
	ok verify receipt.json --key lethe-data/regions/eu/lethe.pub
	mv lethe-data.eu.root gone
	ok person show +4520000289 --account Beta --region us
	lethe check --region eu
	[ "$status" -ne 0 ]
	ok check --region us
	# One region's key store and root do not open the other's data.
	cp lethe-data/regions/us/keys.db lethe-data/regions/eu/keys.db
	mv gone lethe-data.eu.root
	lethe person find +4520000289 --account Alpha --region eu
	[[ $status == [79] ]]
}

@test "a second writer is told who writes, and readers go on" {
	new_vault
	small
	ok import small.jsonl
	echo 'lethe import (process 4711)' >"$REGION/lock"
	exec 9>>"$REGION/lock"
	flock 9
	lethe person erase +4520000289 --yes --json
	said 6
	jq -e '.error == "busy" and (.what | contains("lethe import (process 4711)")) and (.mend | length) > 0' <<<"$stderr"
	ok person show +4520000289
	ok person export +4520000289 --out all.zip
	ok check
	exec 9>&-
	ok person erase +4520000289 --yes
}

@test "many readers and one writer at once see whole records only" {
	new_vault
	ok import "$SAMPLES/contacts.jsonl"
	"$LETHE" --now "$NOW" import "$SAMPLES"/copenhagen-{calls,sms}.jsonl >/dev/null &
	writer=$!
	for n in 1 2 3 4 5 6; do
		"$LETHE" --now "$NOW" person show crm-289 --json >"show.$n" &
	done
	wait "$writer"
	wait
	for n in 1 2 3 4 5 6; do
		jq -e '.name == "Astrid Holst"' "show.$n" >/dev/null
	done
	check_clean
}

# ---- clocks ----

@test "a clock that jumps back loses nothing, brings back nobody and stops nothing" {
	new_vault
	small
	ok import small.jsonl
	NOW=2025-11-20T00:00:00Z
	ok person show +4520000289
	ok keys rotate
	NOW=2025-11-10T00:00:00Z
	ok person erase +4520000289 --yes --receipt receipt.json
	ok verify receipt.json --key "$REGION/lethe.pub"
	NOW=2025-11-08T00:00:00Z
	ok import small.jsonl --json
	jq -e '.records == {} and .refused_erased > 0' <<<"$output"
	lethe person find +4520000289
	said 3
	ok keys rotate
	ok keys rotate
	ok audit verify
	ok retention run
	check_clean
	NOW=1971-01-01T00:00:00Z
	ok audit verify
	check_clean
	# An erasure dated before another does not shorten it.
	cat >late.jsonl <<-'END'
		{"type":"call","id":"9","source":"t","time":"2025-12-20T10:00:00Z","from":"+4520000289","to":"+4520000112"}
	END
	NOW=2025-12-21T00:00:00Z
	ok import late.jsonl
	NOW=2025-11-08T00:00:00Z
	ok person erase +4520000289 --yes
	ok import small.jsonl --json
	jq -e '.records == {} and .refused_erased > 0' <<<"$output"
	check_clean
}

@test "a clock far in the future keeps what is unlimited and says what is due before it goes" {
	new_vault
	small
	ok import small.jsonl
	ok policy set call '1 month'
	NOW=2290-01-01T00:00:00Z
	ok retention plan --json
	same due 1 "$(jq '[.kinds[] | select(.kind == "call") | .due] | add' <<<"$output")"
	ok keys status --json
	jq -e '.epoch.overdue' <<<"$output"
	check_clean
}

# ---- input as it comes ----

@test "P20: ugly input: each line is taken or refused by itself, and what is refused is kept with its reason" {
	new_vault
	ugly=$TOP/tests/data/ugly
	lethe import "$ugly/refused.jsonl" --rejects refused --json
	said 5
	jq -e '.records == {} and .contacts_new == 0 and .rejected == .lines' <<<"$output"
	same "lines kept" "$(jq .rejected <<<"$output")" "$(wc -l <refused)"
	same "reasons" "$(jq .rejected <<<"$output")" "$(grep -ac '^line [0-9]' refused.txt)"
	lethe import "$ugly/refused.csv" --rejects refused2 --json
	said 5
	jq -e '.records == {}' <<<"$output"
	for file in crlf.jsonl:2 bom.jsonl:2 empty-lines.jsonl:2 duplicates.jsonl:2 latin1.csv:1 line-end-in-field.csv:2; do
		ok import "$ugly/${file%:*}" --tz Europe/Copenhagen --json
		same "$file" "${file#*:}" "$(jq '(.records | add) // 0' <<<"$output")"
	done
	ok import "$ugly/doubtful-times.jsonl" --tz Europe/Copenhagen --json
	jq -e '.doubtful_times == 4 or .doubtful_times == .lines' <<<"$output"
	sh "$ugly/long-line" >long.jsonl
	lethe import long.jsonl --json
	said 5
	jq -e '.records == {call: 1} and .rejected == 1' <<<"$output"
	lethe import /dev/null
	said 0
	head -c 100000 /dev/urandom >noise.jsonl
	lethe import noise.jsonl
	said 5
	lethe import --format asterisk-csv noise.jsonl
	[[ $status == [25] ]]
	check_clean
}

@test "P13: nothing personal comes into the log or a receipt, whatever is done" {
	new_vault
	import_samples
	ok person find 'Astrid Holst'
	ok person show '20 00 02 89'
	ok person export crm-289 --out all.zip
	ok hold add --person crm-289 --kind note --reason 'Astrid Holst against Nordlys'
	lethe person erase crm-289 --yes --receipt receipt.json
	said 5
	ok audit list --json --count 1000
	for text in 20000289 '20 00 02 89' Astrid Holst astridkholst example.com crm-289 Nordlys; do
		run ! grep -qiF "$text" <<<"$output"
		run ! grep -qiF "$text" receipt.json
	done
}

# ---- long ----

# Two weeks of calls and messages, many times over, each time two weeks later.
repeat_cdr() {
	local times=$1 folder=$2
	awk -F, -v times="$times" 'FNR > 1 { for (n = 0; n < times; n++)
		printf "{\"type\":\"%s\",\"id\":\"%s-%d-%d\",\"source\":\"long\",\"time\":\"%s\",\"from\":\"+4520%06d\",\"to\":\"+4520%06d\"%s}\n",
			FILENAME ~ /calls/ ? "call" : "message", FILENAME ~ /calls/ ? "call" : "sms", FNR, n,
			strftime("%Y-%m-%dT%H:%M:%SZ", 1700000000 + $1 + n * 1209600, 1), $2, $3,
			FILENAME ~ /calls/ ? "" : ",\"text\":\"message number " FNR "\"" }' \
		"$folder/cdr/copenhagen/calls.csv" "$folder/cdr/copenhagen/sms.csv"
}

@test "a year of calls and messages goes in, comes out and is forgotten as a day does" {
	[ -n "${LONG:-}" ] && [ -n "${LETHE_DATA_DIR:-}" ] || skip "LONG=1 and LETHE_DATA_DIR=folder with cdr/ and transcripts/"
	new_vault
	repeat_cdr 26 "$LETHE_DATA_DIR" >year.jsonl
	jq -c '{type: "transcript", id: .ConversationId, source: "ckm", time: "2024-11-05T10:00:00Z", from: "+4520000289",
		turns: [{speaker: "both", text: .Content}]}' "$LETHE_DATA_DIR"/transcripts/ms-ckm/*/*.json >transcripts.jsonl
	ok import year.jsonl transcripts.jsonl --json
	same lines "$(cat year.jsonl transcripts.jsonl | wc -l)" "$(jq '(.records | add) + .duplicates' <<<"$output")"
	total=$(rows record)
	ok import year.jsonl transcripts.jsonl --json
	jq -e '.records == {}' <<<"$output"
	check_clean
	busiest=$(jq -r '.from, .to' year.jsonl | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
	ok person show "$busiest" --json
	theirs=$(jq '.records | add' <<<"$output")
	ok person export "$busiest" --out busiest.zip
	same "records in the export" "$theirs" "$(unzip -p busiest.zip data.json | jq '.records | length')"
	ok backup --out saved
	ok person erase "$busiest" --yes --json
	same erased "$theirs" "$(jq '.records | add' <<<"$output")"
	same left $((total - theirs)) "$(rows record)"
	ok restore saved
	same "after a restore" $((total - theirs)) "$(rows record)"
	shorten message '3 months'
	ok retention run --json
	ok keys rotate
	check_clean
	ok audit verify
}
