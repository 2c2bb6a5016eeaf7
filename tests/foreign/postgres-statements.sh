#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/foreign/postgres-statements.sh
# Has PostgreSQL prepare and plan every statement of src/store, on the same tables: all of them must be understood, every
# number must be a 64-bit one there, and every other value bytes or text. Needs Debian's postgresql; starts a server
# of its own, on a socket in a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1) || true
[[ -n $bin ]] || { echo "skipped: no postgresql"; exit 0; }
out=$PWD/build/foreign
mkdir -p "$out"
make --no-print-directory -s build/liblethe.a
# Word splitting of the flags is meant.
# shellcheck disable=SC2046
gcc -std=c17 $(make -s print-CPPFLAGS) -Itests -Wall -Wextra -Werror -fPIE -c -o "$out/statements.o" tests/foreign/statements.c
# shellcheck disable=SC2046
g++ -pie -o "$out/statements" "$out/statements.o" build/liblethe.a $(make -s print-LDLIBS)

work=$(mktemp -d "${TMPDIR:-/tmp}/lethe-postgres.XXXXXX")
as=()
# The server will not run as root.
if ((EUID == 0)); then
	chown postgres "$work"
	as=(runuser -u postgres --)
fi
stop() {
	(cd "$work" && "${as[@]}" "$bin/pg_ctl" -s -D "$work/data" -m immediate stop >/dev/null 2>&1) || true
	rm -rf "$work"
}
trap stop EXIT
mkdir -m 0700 "$work/sqlite"
"$out/statements" "$work/sqlite" >"$out/statements.sql"
chmod a+r "$out/statements.sql"

(
	cd "$work"
	"${as[@]}" "$bin/initdb" -D "$work/data" -U lethe -A trust -E UTF8 --no-sync >/dev/null
	"${as[@]}" "$bin/pg_ctl" -s -w -D "$work/data" -l "$work/log" \
		-o "-c listen_addresses='' -c unix_socket_directories='$work' -c fsync=off" start
)
ask=("$bin/psql" -X -q -At -h "$work" -U lethe -d postgres)
{
	cat "$out/statements.sql"
	cat <<-'SQL'
		\echo == prepared
		SELECT COUNT(*) FROM pg_prepared_statements;
		\echo == parameters
		SELECT name, parameter_types, statement FROM pg_prepared_statements
		WHERE NOT parameter_types <@ ARRAY['bigint', 'bytea', 'text']::regtype[];
		\echo == columns
		SELECT column_name, data_type, statement
		FROM information_schema.columns JOIN pg_prepared_statements ON name = table_name
		WHERE table_schema = 'result' AND data_type NOT IN ('bigint', 'bytea', 'text')
		AND statement NOT LIKE '%AS SELECT 1 FROM %';
		\echo == end
	SQL
} | "${ask[@]}" >"$out/statements.out" 2>"$out/statements.err" || true

# part NAME: the lines below "== NAME".
part() {
	sed -n "/^== $1\$/,/^== /{/^== /!p}" "$out/statements.out"
}
total=$(sed -n 's/^== \([0-9]*\)$/\1/p' "$out/statements.out")
prepared=$(part prepared)
cat "$out/statements.err"
part parameters | sed 's/^/a parameter of another type: /'
part columns | sed 's/^/a column of another type: /'
echo "$prepared of $total statements prepared by $("$bin/postgres" --version)"
[[ -n $total && $prepared == "$total" && ! -s $out/statements.err && -z $(part parameters)$(part columns) ]]
