# shellcheck shell=bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# A daemon under load: what `make load` measures and tests/e2e/load.bats looks at in short. After tests/e2e/serving.bash.

# shellcheck disable=SC2154,SC2034 # ask sets $code; some are read by who loads this

LOAD=$(dirname "${BASH_SOURCE[0]}")
BUSY=64 # connections that ask all the time

# begin_load: a vault with a contact to be read, at $CONTACT, in the working folder.
begin_load() {
	begin_serving
	echo '{"type":"contact","id":"1","name":"Ann Holst","phones":["+4520000289"]}' >contact.jsonl
	"$LETHE" import contact.jsonl --account Acme >/dev/null
	CONTACT=/v1/accounts/Acme/contacts/$("$LETHE" contact list --account Acme --json | grep -o 'con_[a-z0-9]*' | head -n 1)
}

# serve_load [OPTION..]: nobody has to wait for having asked too often, or is cut off for being idle.
serve_load() { serve --token-rate 1000000 --address-rate 1000000 --idle-timeout 3600 "$@"; }

# processor: hundredths of a second that the daemon has taken.
processor() { awk '{ print $14 + $15 }' "/proc/$SERVING/stat"; }

# busy NAME SECONDS: $BUSY connections read the contact. NAME is a line: requests, requests a second, p50 and p99 in ms, refused,
# broken off, microseconds of the daemon's processor time for one.
busy() {
	local before
	before=$(processor)
	TOKEN=admin.token FIGURES=$1.figures wrk -t 2 -c $BUSY -d "$2s" --timeout 60s -s "$LOAD/wrk.lua" "$URL$CONTACT" >"$1.wrk" 2>&1
	awk -v taken=$(($(processor) - before)) '{ print $0, taken * 10000 / $1 }' "$1.figures" >"$1"
}

# well NAME: each of the requests of `busy NAME` was answered, and with what was asked for.
well() {
	local requests refused broken
	read -r requests _ _ _ refused broken _ <"$1"
	((requests > 0 && refused == 0 && broken == 0)) || { echo "$1: $requests requests, $refused refused, $broken broken off"; return 1; }
}

# hold COUNT: so many idle connections, from now on until `let_go`.
hold() {
	coproc IDLE { exec python3 "$LOAD/idle.py" "$PORT" "$1" 3>&-; }
	HOLDER=$IDLE_PID
	local said
	read -r said <&"${IDLE[0]}" || return
	[ "$said" = "held $1" ] || { echo "$said"; return 1; }
}

# let_go COUNT: they were there all the time.
let_go() {
	local said out=${IDLE[0]}
	eval "exec ${IDLE[1]}>&-"
	read -r said <&"$out"
	wait "$HOLDER"
	[ "$said" = "alive $1" ] || { echo "$said"; return 1; }
}

# slow KIND CONNECTIONS SECONDS: slowhttptest, in the background; $SLOW.
slow() {
	local -a how
	case $1 in
	headers) how=(-H -i 5 -x 24 -t GET -u "$URL$CONTACT") ;;
	body) how=(-B -i 5 -x 8 -s 8192 -t POST -f application/json -u "$URL/v1/session") ;;
	read) how=(-X -w 256 -y 512 -n 5 -z 16 -k 3 -u "$URL/v1/openapi.json") ;;
	esac
	slowhttptest -c "$2" -r "$2" -l "$3" -p 60 "${how[@]}" >"slow.$1" 2>&1 </dev/null 3>&- &
	SLOW=$!
}

# begin_streams: records of Acme and of Other at $MINE and $THEIRS, with media that take long to send, and Other's token.
begin_streams() {
	local account
	head -c 16777216 /dev/zero >media.wav
	for account in Acme Other; do
		echo '{"type":"recording","id":"r1","time":"2026-01-05T10:00:00Z","from":"+4520000289","media":"media.wav"}' >recording.jsonl
		"$LETHE" import recording.jsonl --account $account >/dev/null
	done
	"$LETHE" token create program --account Other --role owner --out other.token >/dev/null
	"$LETHE" token create program --account Acme --role owner --out owner.token >/dev/null
	MINE=/v1/accounts/Acme/records/$(recording_of Acme)/media
	THEIRS=/v1/accounts/Other/records/$(recording_of Other)/media
}

# recording_of ACCOUNT
recording_of() { "$LETHE" record list recording --account "$1" --json | grep -o 'rec_[a-z0-9]*' | head -n 1; }

# hog COUNT: by COUNT connections Acme sends media that never end, and by as many takes what there is, as slowly as is allowed;
# from now on until `let_go COUNT`.
hog() {
	coproc IDLE { exec python3 "$LOAD/hog.py" "$PORT" owner.token "$MINE" "$1" 3>&-; }
	HOLDER=$IDLE_PID
	local said
	read -r said <&"${IDLE[0]}" || return
	[ "$said" = "held $1" ] || { echo "$said"; return 1; }
}

# others_stream: Other sends a file, takes one, and follows a job to its end.
others_stream() {
	local at
	ask other.token PUT "$THEIRS/1" '' -H 'Content-Type: audio/wav' --data-binary @media.wav
	[[ $code = 20[01] ]] || { cat answer; return 1; }
	ask other.token GET "$THEIRS/0"
	[ "$code" = 200 ] && cmp answer media.wav || return
	ask other.token POST /v1/accounts/Other/retention/runs '{}' -H 'Prefer: respond-async'
	[ "$code" = 202 ] || { cat answer; return 1; }
	at=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
	ask other.token GET "$at/events" '' -N
	[ "$code" = 200 ] && grep -q '^event: end' answer
}

# figure NAME: the sum of a figure of the daemon's.
figure() { curl -sS "$URL/metrics" | awk -v name="$1" '{ at = $1; sub(/\{.*/, "", at) } at == name { sum += $NF } END { print sum + 0 }'; }

# nothing_refused [BUT]: nobody was turned away, and nothing failed on our side; BUT of the figures that are like it.
nothing_refused() {
	curl -sS "$URL/metrics" >metrics
	awk -v but="${1:-^$}" '$0 ~ but { next }
		/^lethe_http_refused_total/ || /^lethe_http_requests_total.*class="5xx"/ { if ($NF > 0) { print; bad = 1 } } END { exit bad }' metrics
}

# begin_old COUNT: an account with COUNT messages that are all due, and Acme with a fiftieth as many of one person, $PERSON.
begin_old() {
	python3 "$LOAD/messages.py" "$1" 2025-01-01 >old.jsonl
	python3 "$LOAD/messages.py" $(($1 / 50)) "$(date -u -d '60 days ago' +%F)" +4520000289 >own.jsonl
	"$LETHE" account create Old --country DK --now 2025-01-01T00:00:00Z >/dev/null
	"$LETHE" policy set message '30 days' --account Old --now 2025-01-01T00:00:00Z >/dev/null
	"$LETHE" import old.jsonl --account Old --now 2025-01-29T00:00:00Z >/dev/null
	"$LETHE" import own.jsonl --account Acme >/dev/null
	"$LETHE" token create program --account Old --role admin --out old.token >/dev/null
	PERSON=$("$LETHE" person find +4520000289 --account Acme --json | grep -o 'per_[a-z0-9]*' | head -n 1)
}

# sweep: a job that deletes what is due in Old; it is at $job.
sweep() {
	ask old.token POST /v1/accounts/Old/retention/runs '{}' -H 'Prefer: respond-async'
	[ "$code" = 202 ] || return
	job=$(sed -nE 's/^[Ll]ocation: (.*)\r$/\1/p' headers)
}

# swept: waits for it, and whether it was done.
swept() {
	for ((i = 0; i < 6000; i++)); do
		ask old.token GET "$job"
		! jq -e '.ended != null' answer >/dev/null || break
		sleep 0.1
	done
	jq -e '.state == "done"' answer >/dev/null
}

# export_once: the person's copy, asked for, waited for and fetched into export.zip; says what it was answered.
export_once() {
	local head jobs=$URL/v1/accounts/Acme/jobs id
	head="Authorization: Bearer $(cat admin.token)"
	id=$(curl -sS -X POST -H "$head" "$URL/v1/accounts/Acme/persons/$PERSON/export" | jq -r .id)
	curl -sSN -o /dev/null -H "$head" "$jobs/$id/events"
	curl -sS -o export.zip -w '%{http_code}\n' -H "$head" "$jobs/$id/result"
}

# export_again: again and again until there is the file `enough`; each is a line in `exports`.
export_again() {
	rm -f enough
	: >exports
	until [ -e enough ]; do
		export_once >>exports
	done
}
