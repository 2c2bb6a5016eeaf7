# shellcheck shell=bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# A daemon in the working folder, and requests to it.

# begin_serving: a vault with two accounts, and tokens in files.
begin_serving() {
	cd "$BATS_TEST_TMPDIR" || return 1
	"$LETHE" init >/dev/null
	"$LETHE" account create Acme --country DK >/dev/null
	"$LETHE" account create Other --country DK >/dev/null
	"$LETHE" token create program --account Acme --role admin --out admin.token >/dev/null
	"$LETHE" token create watcher --account Acme --role auditor --out auditor.token >/dev/null
	"$LETHE" token create machine --operator --out operator.token >/dev/null
	SERVING=
}

end_serving() {
	[ -z "$SERVING" ] || kill -KILL "$SERVING" || true
}

# serve [OPTION..]: starts the daemon on a port the system chooses; $URL is where it answers. FAULT=SPEC: see faults.c.
serve() {
	local -a with=()
	[ -z "${FAULT:-}" ] || with=(env "LD_PRELOAD=$FAULTS" "LETHE_FAULT_DIR=$PWD" "LETHE_FAULT=$FAULT")
	: >serve.log
	"${with[@]}" "$LETHE" serve --listen 127.0.0.1:0 "$@" 2>serve.log 3>&- &
	SERVING=$!
	disown "$SERVING" # so that the shell does not tell of its end
	PORT=
	for ((i = 0; i < 400; i++)); do
		PORT=$(sed -nE 's/.*"event":"serve.listening","port":([0-9]+).*/\1/p' serve.log)
		[ -z "$PORT" ] || break
		kill -0 "$SERVING" 2>/dev/null || { cat serve.log; return 1; }
		sleep 0.05
	done
	URL=http://127.0.0.1:$PORT
}

# await COMMAND..: until it succeeds, for a minute at most.
await() {
	for ((i = 0; i < 1200; i++)); do
		! "$@" || return 0
		sleep 0.05
	done
	printf 'never: %s\n' "$*"
	return 1
}

stop() {
	kill -TERM "$SERVING"
	tail -s 0.05 --pid="$SERVING" -f /dev/null
	SERVING=
}

# ask TOKEN METHOD PATH [BODY] [CURL..]: $code is the number, the body is in `answer`, the headers are in `headers`.
ask() {
	local token=$1 method=$2 path=$3 body=${4-}
	shift $(($# < 4 ? 3 : 4))
	local headers=(-H "Authorization: Bearer $(cat "$token")")
	[ -z "$body" ] || headers+=(-H 'Content-Type: application/json' --data-binary "$body")
	: >answer
	code=$(curl -sS -o answer -D headers -w '%{http_code}' -X "$method" "${headers[@]}" "$@" "$URL$path")
}

# answered CODE
answered() {
	[ "$code" = "$1" ] || { printf 'answered %s, not %s\n' "$code" "$1"; cat answer; return 1; }
}
