#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The HTTP API against its own description: tests/e2e/api has the programs, which say what they found.
bats_require_minimum_version 1.5.0

load story

PYTHON=/usr/bin/python3 # the one whose packages scripts/deps installs
export LETHE PYTHONDONTWRITEBYTECODE=1

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# api PROGRAM [WORD..]
api() {
	local program=$1
	shift
	"$PYTHON" "$TOP/tests/e2e/api/$program.py" "$@" 3>&-
}

@test "P12, P47: each resource leaves the leaf that it should, and answers as the API's description says, whether it is done or refused" {
	api every
}

@test "P39, P44: every resource as every role, in every account and with tokens that are good no more, is as the table says" {
	api matrix
}

@test "P47: each type of problem that docs/api.md lists is given, with its status, and explained" {
	api problems
}

@test "P56: every list shows each row that stays once, page by page, while others come and go" {
	api pages
}

@test "P48: each type of event that the description names is told and listed when it is made to happen over HTTP" {
	api events
}

@test "a token is known by its pattern and its check, when it was used is shown, and how often one may ask is told" {
	api tokens
}

@test "P44: of two regions each is to those of the other as if it were not there, and the operator of each has all of it" {
	api regions
}

@test "every example of docs/api.md does what it says" {
	api examples
}

# venv PROGRAM: where it is; scripts/deps puts it there.
venv() {
	[ -x "$TOP/build/venv/bin/$1" ] || skip "there is no build/venv/bin/$1: scripts/deps test makes it"
	program=$TOP/build/venv/bin/$1
}

@test "the description is OpenAPI 3.1 to a foreign validator" {
	venv openapi-spec-validator
	"$LETHE" init >/dev/null
	api description >openapi.json
	"$program" openapi.json
}

@test "P52: no request that a foreign program makes up from the description is answered with 5xx, or not as it says" {
	venv schemathesis
	api fuzz "$program"
}
