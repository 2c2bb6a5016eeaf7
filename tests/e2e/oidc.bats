#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# OpenID Connect with a provider of somebody else: tests/e2e/oidc has the programs.
bats_require_minimum_version 1.5.0

load story

PYTHON=/usr/bin/python3 # the one whose packages scripts/deps installs
export LETHE PYTHONDONTWRITEBYTECODE=1

@test "P40: who signs in at glewlwyd is in a session here; nobody else, no other browser, and none of it twice" {
	cd "$BATS_TEST_TMPDIR"
	"$PYTHON" "$TOP/tests/e2e/oidc/signin.py" 3>&-
}

@test "P70: whatever a provider says that is not so lets nobody in, and while some hang others' are asked" {
	cd "$BATS_TEST_TMPDIR"
	"$PYTHON" "$TOP/tests/e2e/oidc/lies.py" 3>&-
}
