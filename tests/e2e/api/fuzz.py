# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# schemathesis makes requests of all kinds from the description, good and bad ones, alone and in chains, and judges what
# is answered. fuzz.py ST: ST is its program. LONG=1: many more, and of another seed each time.
import json
import os
import subprocess
import sys

import kit
from matrix import fill

LONG = bool(os.environ.get("LONG"))
EXAMPLES = 100 if LONG else 3
# What a request means is more than its form: a policy may not be within its bounds. So what has the right form may be
# refused.
EXCLUDED = "positive_data_acceptance"
IN_ACCOUNT = "^/v1/accounts/[{]account[}]"

CONFIG = """\
generation.max-examples = %(examples)d
generation.deterministic = %(deterministic)s
generation.allow-x00 = true
headers = { Authorization = "Bearer ${LETHE_TOKEN}" }
request-timeout = 60

[parameters]
"path.account" = "Acme"
%(parameters)s

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 410, 412, 413, 414, 415, 422, 429, 431]
"""


def configure(things):
    """Whatever the path names there is then one of these."""
    parameters = "\n".join(f'"path.{name}" = "{value}"' for name, value in things.items())
    with open("schemathesis.toml", "w", encoding="utf-8") as file:
        file.write(CONFIG % {"examples": EXAMPLES, "deterministic": json.dumps(not LONG), "parameters": parameters})


def run(st, daemon, token, *chosen):
    words = [st, "run", f"http://127.0.0.1:{daemon.port}/v1/openapi.json", "--checks", "all", "--exclude-checks", EXCLUDED,
             "--no-color", "--warnings", "off", "--continue-on-failure", "--generation-database", "none", *chosen]
    done = subprocess.run(words, capture_output=True, check=False, env={**os.environ, "LETHE_TOKEN": token})
    output = done.stdout.decode() + done.stderr.decode()
    if done.returncode != 0:
        kit.fail("schemathesis found something:\n" + "\n".join(line[:400] for line in output.splitlines()))
    print("#", next(line.strip() for line in output.splitlines() if " generated" in line))


def not_json(description):
    """Bodies that it cannot make: streams."""
    contents = {name: operation.what.get("requestBody", {}).get("content") for name, operation in description.operations.items()}
    return [name for name, content in contents.items() if content and "application/json" not in content]


def main():
    tokens = kit.make_vault(samples=False)
    things = fill("Acme")
    with kit.Daemon() as daemon:
        configure({})
        description = kit.Description(kit.Client(daemon.port))
        streams = [word for name in not_json(description) for word in ("--exclude-name", name)]
        run(sys.argv[1], daemon, tokens["owner"], "--include-path-regex", IN_ACCOUNT, *streams)
        run(sys.argv[1], daemon, tokens["operator"], "--exclude-path-regex", IN_ACCOUNT, *streams)
        configure(things)
        run(sys.argv[1], daemon, tokens["owner"], "--include-path-regex", "[{](" + "|".join(things) + ")[}]", *streams)
    checked = kit.lethe("check", "--json")
    if checked["problems"]:
        kit.fail(f"what is left of it is damaged: {checked}")


if __name__ == "__main__":
    sys.exit(main())
