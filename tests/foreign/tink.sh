#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/foreign/tink.sh
# P17: has Google's Tink open what Lethe sealed, and Lethe what Tink sealed. Needs PyPI; python3-venv.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/foreign
mkdir -p "$out"
make --no-print-directory -s build/liblethe.a
# Word splitting of the flags is meant.
# shellcheck disable=SC2046
gcc -std=c17 $(make -s print-CPPFLAGS) -Wall -Wextra -Werror -fPIE -c -o "$out/stream.o" tests/foreign/stream.c
# shellcheck disable=SC2046
g++ -pie -o "$out/stream" "$out/stream.o" build/liblethe.a $(make -s print-LDLIBS)
[[ -x $out/venv/bin/python ]] || python3 -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet --disable-pip-version-check tink
"$out/venv/bin/python" tests/foreign/tink-stream.py "$out/stream"
