# shellcheck shell=bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What the end-to-end tests share: `load story`.

# `run` sets $status, $output, $stderr; the paths are read by who loads this.
# shellcheck disable=SC2034,SC2154

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
SAMPLES=$TOP/samples
FORENSIC=$BUILD/test/forensic
REGION=lethe-data/regions/default

unset LETHE_DATA LETHE_ACCOUNT LETHE_SECRET_FILE

NOW=2025-12-01T12:00:00Z # no test depends on the day it runs

# at_now WORD..: the words with --now "$NOW", unless they have a --now or NOW is empty, in $words.
at_now() {
	words=("$@")
	[[ -z $NOW || " $* " == *' --now '* ]] || words=(--now "$NOW" "$@")
}

# jq WORD..: to jq 1.6 all is well with -e when there was nothing to read, as when the command before it in a pipe failed. Here
# it is not.
jq() {
	local out code=0
	if [[ " $* " =~ \ -[a-z]*e[a-z]*\  ]]; then
		out=$(command jq "$@") || code=$?
		printf '%s\n' "$out"
		[ -n "$out" ] || code=4
		return "$code"
	fi
	command jq "$@"
}

# lethe WORD..: runs it; $status, $output, $stderr are what came of it.
lethe() {
	local words
	at_now "$@"
	run --separate-stderr "$LETHE" "${words[@]}"
}

# said CODE: the last `lethe` ended with that code.
said() {
	[ "$status" -eq "$1" ] || { printf 'exit %s, not %s\n%s\n%s\n' "$status" "$1" "$output" "$stderr"; return 1; }
}

# ok WORD..: runs it, and it must succeed.
ok() {
	lethe "$@"
	said 0 || { echo "of: lethe $*"; return 1; }
}

# same WHAT A B
same() { [ "$2" = "$3" ] || { printf '%s\n- %s\n+ %s\n' "$1" "$2" "$3"; return 1; }; }

# new_vault [WORD..]: an empty vault with the account Nordlys; the words are for init.
new_vault() {
	ok init "$@"
	ok account create Nordlys --country DK
}

# shorten KIND SPAN [WORD..]: sets a policy that deletes something, with the digest of its dry run, to begin at once.
shorten() {
	local kind=$1 span=$2
	shift 2
	ok retention plan --policy "$kind=$span" --grace 0 "$@" --json
	ok policy set "$kind" "$span" --grace 0 "$@" --plan "$(jq -r .digest <<<"$output")"
}

# billed DAY: says what is billed, with the digest of its dry run.
billed() {
	ok account set Nordlys billed_until "$1" --dry-run --json
	ok account set Nordlys billed_until "$1" --plan "$(jq -r .digest <<<"$output")"
}

# check_clean: `lethe check` finds nothing.
check_clean() {
	lethe check --json
	said 0 || return 1
	same "problems found by check" 0 "$(jq .problems <<<"$output")"
}

# rows TABLE: how many rows a table of vault.db has. Reads beside whoever writes.
rows() { sqlite3 "$REGION/vault.db" "SELECT COUNT(*) FROM $1"; }
