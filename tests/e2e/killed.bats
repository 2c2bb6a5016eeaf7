#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The daemon is killed again and again while many write to it.   SEED=.. another course; LONG=1 many more kills (KILLS=..)
bats_require_minimum_version 1.5.0

load story
load serving

setup() { begin_serving; }

@test "P45, P49, P50, P61: killed under load, what was acknowledged is there, what was asked again is there once, and answers are the same again" {
	python3 "$TOP/tests/e2e/killed/clients.py" "$LETHE" admin.token "${KILLS:-$((${LONG:+190} + 10))}" "${SEED:-1}" >said 2>&1 3>&- || { cat said; return 1; }
	echo "# $(cat said)" >&3
	"$LETHE" check >/dev/null
	"$LETHE" audit verify >/dev/null
}
