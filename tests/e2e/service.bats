#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What `make install` puts in place, and the unit that systemd is given.

bats_require_minimum_version 1.5.0

setup() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	ROOT=$BATS_TEST_TMPDIR/root
	make -s -C "$TOP" -o all install DESTDIR="$ROOT" PREFIX=/usr BUILD="$BUILD"
	UNIT=$ROOT/usr/lib/systemd/system/lethe.service
}

@test "make install puts the program, its page, its unit and its user in place, and nothing else" {
	cd "$ROOT" || return
	diff <(find . -type f | sort) - <<-'END'
		./usr/bin/lethe
		./usr/lib/systemd/system/lethe.service
		./usr/lib/sysusers.d/lethe.conf
		./usr/share/man/man1/lethe.1
	END
	[ "$("./usr/bin/lethe" version)" = "$("$LETHE" version)" ]
	systemd-sysusers --dry-run "$ROOT/usr/lib/sysusers.d/lethe.conf"
}

@test "systemd accepts the unit, and finds it hardened" {
	grep -qx 'ExecStart=/usr/bin/lethe serve' "$UNIT"
	sed -i "s|=/usr/bin/lethe|=$ROOT/usr/bin/lethe|" "$UNIT"
	run systemd-analyze verify --man=no "$UNIT"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *lethe.service* ]]
	run systemd-analyze security --offline=true --no-pager --threshold=20 "$UNIT"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "P69: the unit does not hide from the daemon in which boot of the system it runs" {
	run ! grep -E '^ProcSubset=|^(Inaccessible|TemporaryFileSystem).*/proc' "$UNIT"
}

@test "the unit waits longer for the end than the daemon takes at most by itself" {
	within=$("$LETHE" config show --json | jq -r '.. | objects | select(.name? == "stop-within") | .value')
	# A mail server that does not answer is waited for half a minute after that (src/notify/smtp.c).
	(($(sed -n 's/^TimeoutStopSec=//p' "$UNIT") > within + 30))
}
