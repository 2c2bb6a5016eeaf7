#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The checks of `make lint` and the test runner are tested themselves: a bad file in a small tree is caught.

bats_require_minimum_version 1.5.0

setup() {
	unset BUILD LONG SANITIZE TEST_JOBS TEST_SECONDS # ours, not those of the run we are part of
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree"/{src/{base,store,blob,db,vault,bench,cli},tests/{base,e2e},build/test/base}
	cp -r "$top"/{scripts,Makefile,CONTRIBUTING.md} "$tree"
	put src/base/good.h '#include <stddef.h>'
	put src/vault/good.c '#include "base/good.h"' '/* SELECT, strcpy(a, b), instant_now() */' 'int x;'
	cd "$tree" || return
}

# put FILE LINE..: a file that begins as every file must.
put() {
	local file=$tree/$1
	shift
	printf '%s\n' '/* SPDX-FileCopyrightText: The Lethe authors' ' * SPDX-License-Identifier: Apache-2.0 */' "$@" >"$file"
}

# refused CHECK TEXT: the check fails and says TEXT.
refused() {
	run "scripts/$1"
	[ "$status" -eq 1 ] || { echo "status $status: $output"; return 1; }
	[[ $output == *"$2"* ]] || { echo "does not say '$2': $output"; return 1; }
}

@test "a clean tree passes the include, SQL and banned-call checks" {
	for check in includes sql banned; do
		run "scripts/check-$check"
		[ "$status" -eq 0 ] || { echo "$output"; return 1; }
		[ -z "$output" ]
	done
}

@test "including a later layer is refused" {
	put src/base/bad.c '#include "vault/good.h"'
	refused check-includes 'src/base/bad.c:3: base may not include vault/good.h'
}

@test "the store may not include blob, though it is an earlier layer" {
	put src/store/bad.c '  #  include "blob/blob.h"'
	refused check-includes 'store may not include blob/blob.h'
}

@test "an include by relative path or without its layer is refused" {
	put src/vault/bad.c '#include "../base/good.h"'
	refused check-includes '"../base/good.h" is not of the form'
	put src/vault/bad.c '#include "good.h"'
	refused check-includes '"good.h" is not of the form'
}

@test "a header of ours in angle brackets is refused" {
	put src/base/bad.h '#include <vault/good.h>'
	refused check-includes 'include it with quotes'
}

@test "a folder that is no layer is refused" {
	mkdir src/misc
	put src/misc/bad.c
	refused check-includes 'src/misc is not in LAYERS'
}

@test "SQL outside the store is refused" {
	for text in 'SELECT 1' 'insert into record values' 'x WHERE id = $1' 'DELETE FROM record' 'UPDATE record ' \
		'CREATE TABLE t' 'create unique index i on t' 'BEGIN IMMEDIATE' 'PRAGMA user_version' 'COMMIT'; do
		put src/vault/bad.c "const char *q = \"$text\";"
		refused check-sql 'src/vault/bad.c:3:'
	done
}

@test "SQL in the store, English anywhere and the words of the SQLite driver pass" {
	put src/store/good.c 'const char *q = "SELECT 1";'
	put src/db/sqlite.c 'const char *q = "PRAGMA journal_mode = WAL", *b = "BEGIN IMMEDIATE;", *c = "COMMIT";' \
		'const char *n = "SELECT count(*) FROM sqlite_schema";'
	put src/cli/good.c 'const char *h = "Select a record, update it or delete from the list; BEGIN:VCARD";'
	run scripts/check-sql
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "the baseline of the benchmarks has SQL, the other benchmarks have none" {
	put src/bench/raw.c 'const char *q = "SELECT id FROM record";'
	run scripts/check-sql
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	put src/bench/measure.c 'const char *q = "SELECT id FROM record";'
	refused check-sql 'src/bench/measure.c:3:'
}

@test "data statements are refused in the SQLite driver too" {
	put src/db/sqlite.c 'const char *q = "SELECT id FROM record";'
	refused check-sql 'src/db/sqlite.c:3:'
}

@test "every banned function is refused, in tests too" {
	for name in strcpy strcat sprintf gets strtok alloca system popen rand atoi; do
		put tests/base/bad.c "int f(void) { return $name (x); }"
		refused check-banned 'tests/base/bad.c:3: is banned'
	done
}

@test "names that contain a banned one, members, comments and strings pass" {
	put src/base/good.c 'int f(void) { return my_atoi(x) + fgets(y) + s->time(z); } // system("x")' \
		"char q = '\"'; const char *t = \"atoi(x)\"; /* gets(" 'gets(x) */ int snprintf(int);'
	run scripts/check-banned
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "the clock is read by the command line and base/time only" {
	put src/cli/good.c 'int x = instant_now();'
	put src/base/time.c 'int instant_now(void) { return time(NULL); }'
	run scripts/check-banned
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	put src/vault/bad.c 'int x = instant_now();'
	refused check-banned 'src/vault/bad.c:3: time is a parameter'
}

@test "a source, test or script without the two SPDX lines is refused" {
	for file in src/base/bad.c tests/e2e/bad.bats scripts/bad; do
		echo 'int x;' >"$file"
		refused check-banned "$file: does not begin with the two SPDX lines"
		rm "$file"
	done
}

# promised ROW..: the table of promises, and a test that quotes P1.
promised() {
	mkdir -p docs
	printf '%s\n' '| id | promise | kept by |' '|---|---|---|' "$@" >docs/promises.md
	put tests/base/kept.c '/* P1: kept. */' 'int x;'
}

@test "each fuzzer has a corpus and a line in the list, and the list names no other" {
	cd "$top/tests/fuzz"
	for name in *.c; do
		[ -n "$(ls -A "corpus/${name%.c}")" ] || { echo "no corpus of $name"; return 1; }
	done
	grep '^|' README.md | awk -F '|' '{ print $4 }' | grep -o '`[a-z_0-9]*`' | tr -d '`' | sort -u | diff <(printf '%s\n' *.c | sed 's/\.c$//' | sort) -
}

@test "promises that name the tests that quote them pass" {
	promised '| P1 | it is kept | `tests/base/kept.c`, `make foreign` |'
	run scripts/check-promises
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ -z "$output" ]
}

@test "a promise without a test, or with one that is not there or does not quote it, is refused" {
	promised '| P1 | it is kept | `make foreign` |'
	refused check-promises 'P1 names no test'
	promised '| P1 | it is kept | `tests/base/gone.c` |'
	refused check-promises 'P1 names tests/base/gone.c, which is not there'
	promised '| P1 | it is kept | `tests/base/kept.c` |' '| P2 | it is not | `tests/base/kept.c` |'
	refused check-promises 'tests/base/kept.c: does not quote P2'
	promised '| P1 | it is kept | `tests/base/kept.c` |' '| P3 | numbered wrong | `tests/base/kept.c` |'
	refused check-promises 'P2 is expected, not P3'
}

@test "a test that quotes what is no promise is refused" {
	promised '| P1 | it is kept | `tests/base/kept.c` |'
	put tests/base/odd.c '/* P12 */'
	refused check-promises 'tests/base/odd.c: quotes P12, which is no promise'
}

@test "a law map that names what is not there is refused" {
	promised '| P1 | it is kept | `tests/base/kept.c` |'
	echo '| C1 | `src/base/gone.c`, `docs/` | `tests/base/kept.c` |' >docs/law-map.md
	refused check-promises 'docs/law-map.md: names src/base/gone.c, which is not there'
	echo '| C1 | `tests/base/kept.c` |' >docs/law-map.md
	run scripts/check-promises
	[ "$status" -eq 0 ]
}

@test "an act that the list of acts lacks is refused" {
	promised '| P1 | it is kept | `tests/base/kept.c` |'
	put src/vault/acts.c 'act_begin(&act, "hold.add", account, now);' 'act_begin(&act, "hold.add.more", account, now);'
	printf '%s\n' '    hold.added   hold.add' 'In words: hold.add.more' >docs/architecture.md
	refused check-promises 'docs/architecture.md: its list of acts lacks hold.add.more'
	echo '    hold.add.more' >>docs/architecture.md
	run scripts/check-promises
	[ "$status" -eq 0 ]
}

@test "clang-tidy and cppcheck warnings are fatal" {
	for tool in clang clang-tidy cppcheck; do
		command -v "$tool" >/dev/null || skip "$tool is not installed (make lint installs it)"
	done
	cp "$top"/.clang-tidy "$top"/.shellcheckrc .
	put src/base/good.c 'int f(int a);' 'int f(int a)' '{' 'return a;' '}'
	run scripts/check-static src/base/good.c
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	put src/base/bad.c '#include <stdlib.h>' 'int f(int *a);' 'int f(int *a)' '{' 'free(a);' 'return *a;' '}'
	run scripts/check-static src/base/bad.c
	[ "$status" -eq 1 ]
	[[ $output == *'after it is freed'* ]]
}

# program NAME LINE..: a test program of the small tree, in shell.
program() {
	local file=build/test/base/$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}

@test "the runner counts passed, failed and skipped tests" {
	program one 'echo 1..3; echo ok 1 - a; echo ok 2 - b; echo not ok 3 "# SKIP c"'
	program two 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; echo why; exit 1'
	run scripts/run-tests
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = '3 passed, 1 failed' ]
	[ "${lines[-2]}" = '1 skipped' ]
	[[ $output == *'FAILED test/base/two'*'why'* ]]
	[[ $output == *$'\n   skipped: (c)\n'* ]]
	rm build/test/base/two
	run scripts/run-tests
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = '2 passed, 0 failed' ]
}

@test "the runner sees a crash, a short run, a silent program, a hang and an empty tree" {
	refused run-tests 'no test ran'
	program one 'echo 1..2; echo ok 1 - a; kill -SEGV $$'
	refused run-tests 'killed by signal 11'
	program one 'echo 1..2; echo ok 1 - a'
	refused run-tests 'ran only 1 of 2'
	program one 'true'
	refused run-tests 'ran no test'
	program one 'echo 1..1; echo ok 1 - a; exit 3'
	refused run-tests 'ended with status 3'
	program one 'echo 1..1; exec tail -f /dev/null'
	TEST_SECONDS=1 refused run-tests 'did not end within 1 seconds'
	[ "${lines[-1]}" = '0 passed, 1 failed' ]
}

@test "the runner gives every program an empty TMPDIR and leaves none behind" {
	program one 'echo 1..1; ls -A "$TMPDIR" | grep . && exit 1; echo x >"$TMPDIR/left"; echo ok 1 - a'
	mkdir tmp
	TMPDIR=$tree/tmp run scripts/run-tests
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ -z "$(ls -A tmp)" ]
}

@test "installing what is installed says nothing, and an unknown group is refused" {
	command -v dpkg-query >/dev/null || skip 'not a Debian system'
	printf 'run bash # always there\n' >scripts/packages.txt
	run scripts/deps run
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run scripts/deps nonsense
	[ "$status" -eq 1 ]
	[[ $output == *"no group 'nonsense'"* ]]
}

@test "a missing package that cannot be installed is a clear error" {
	command -v dpkg-query >/dev/null || skip 'not a Debian system'
	printf 'run no-such-package-of-debian # never there\n' >scripts/packages.txt
	mkdir bin
	printf '#!/bin/sh\nexit 100\n' >bin/apt-get
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	chmod +x bin/*
	PATH=$tree/bin:$PATH run scripts/deps
	[ "$status" -eq 1 ]
	[[ $output == *"'apt-get update' failed"* ]]
}

@test "what would ask for a database at its installation is told beforehand that there is none" {
	command -v dpkg-query >/dev/null || skip 'not a Debian system'
	printf 'test glewlwyd # a provider of OpenID Connect\n' >scripts/packages.txt
	mkdir bin
	printf '#!/bin/sh\n' >bin/dpkg-query
	printf '#!/bin/sh\necho "apt-get $*" >>order\nexit 100\n' >bin/apt-get
	printf '#!/bin/sh\ncat >>order\n' >bin/debconf-set-selections
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	chmod +x bin/*
	PATH=$tree/bin:$PATH run scripts/deps test
	[ "$status" -eq 1 ]
	[ "$(head -n 1 order)" = 'glewlwyd glewlwyd/config_type select No configuration' ]
	[[ $(sed -n 2p order) == 'apt-get '*update ]]
}

@test "on another system the packages are named instead of installed" {
	mkdir bin
	for tool in bash env awk dirname; do ln -s "$(command -v "$tool")" bin/; done
	PATH=$tree/bin run -1 scripts/deps
	[[ $output == *'not a Debian system'*'libsodium-dev'* ]]
}
