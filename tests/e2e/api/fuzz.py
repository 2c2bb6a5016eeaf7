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
EXAMPLES = 100 if LONG else 8
STREAM_EXAMPLES = 300 if LONG else 40
BODIES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "fuzz_bodies.py")
# What has the right form is taken, unless words are in it: what they mean is more than their form. A policy may not be
# within its bounds. Whatever it is, there may be a reason not to do it now.
POSITIVE = ["2xx", "3xx", "401", "403", "404", "409", "410", "412", "422", "428", "429"]
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

[checks.positive_data_acceptance]
expected-statuses = %(positive)s

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 410, 412, 413, 414, 415, 422, 429, 431]
"""
WORDY = """
[[operations]]
include-name = "%s"
checks.positive_data_acceptance.enabled = false
"""


def is_words(schema):
    """Text of which only who reads it knows whether it is good."""
    kinds = schema.get("type", [])
    return (("string" in kinds or "array" in kinds) and not {"enum", "pattern", "format"} & set(schema)) or "anyOf" in schema


def wordy(description, things):
    """Operations that take words, or bodies that no schema describes."""
    for operation in {**description.operations, **description.doors}.values():
        given = {"account", *things}
        schemas = [part["schema"] for part in operation.parameters if part["in"] != "path" or part["name"] not in given]
        content = operation.what.get("requestBody", {}).get("content", {})
        bodies = [body.get("schema", {"type": "string"}) for body in content.values()]
        schemas += [schema for body in bodies for schema in body.get("properties", {"": body}).values()]
        if any(is_words(schema) for schema in schemas):
            yield operation.name


def configure(description, things, examples=EXAMPLES, query=None):
    """Whatever the path names there is then one of these."""
    named = [*((f"path.{name}", value) for name, value in things.items()), *((f"query.{name}", value) for name, value in (query or {}).items())]
    parameters = "\n".join(f'"{name}" = "{value}"' for name, value in named)
    with open("schemathesis.toml", "w", encoding="utf-8") as file:
        file.write(CONFIG % {"examples": examples, "positive": json.dumps(POSITIVE), "deterministic": json.dumps(not LONG), "parameters": parameters})
        file.writelines(WORDY % name for name in wordy(description, things))


def run(st, daemon, token, *chosen):
    words = [st, "run", f"http://127.0.0.1:{daemon.port}/v1/openapi.json", 
             "--no-color", "--warnings", "off", "--continue-on-failure", "--generation-database", "none", *chosen]
    done = subprocess.run(words, capture_output=True, check=False, env={**os.environ, "LETHE_TOKEN": token, "SCHEMATHESIS_HOOKS": BODIES})
    output = done.stdout.decode() + done.stderr.decode()
    if done.returncode != 0:
        kit.fail("schemathesis found something:\n" + "\n".join(line[:400] for line in output.splitlines()))
    print("#", next(line.strip() for line in output.splitlines() if " generated" in line))


def not_json(description):
    """Streams: no schema says what their bodies are. fuzz_bodies.py makes them."""
    contents = {name: operation.what.get("requestBody", {}).get("content") for name, operation in description.operations.items()}
    return [name for name, content in contents.items() if content and "application/json" not in content]


def main():
    tokens = kit.make_vault(samples=False)
    things = fill("Acme")
    with kit.Daemon() as daemon:
        description = kit.Description(kit.Client(daemon.port))
        configure(description, {})
        names = not_json(description)
        streams = [word for name in names for word in ("--exclude-name", name)]
        run(sys.argv[1], daemon, tokens["owner"], "--include-path-regex", IN_ACCOUNT, *streams)
        run(sys.argv[1], daemon, tokens["operator"], "--exclude-path-regex", IN_ACCOUNT, *streams)
        configure(description, things)
        run(sys.argv[1], daemon, tokens["owner"], "--include-path-regex", "[{](" + "|".join(things) + ")[}]", *streams)
        configure(description, things, STREAM_EXAMPLES, {"tz": "Europe/Copenhagen", "source": "fuzz"})
        run(sys.argv[1], daemon, tokens["owner"], "--phases", "coverage,fuzzing", *(word for name in names for word in ("--include-name", name)))
    checked = kit.lethe("check", "--json")
    if checked["problems"]:
        kit.fail(f"what is left of it is damaged: {checked}")


if __name__ == "__main__":
    sys.exit(main())
