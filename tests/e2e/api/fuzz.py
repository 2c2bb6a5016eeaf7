# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# schemathesis makes requests of all kinds from the description, good and bad ones, alone and in chains, and judges what
# is answered. fuzz.py ST: ST is its program. LONG=1: many more, and of another seed each time. Where it ends the account or the
# token by which it asks, all else is refused: so what ends something comes last, and at the end each operation has to have been done.
import collections
import json
import os
import re
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
A = "/v1/accounts/{account}"
# What ends the account, or closes it to all else: last of all, by the operator.
ENDS = [f"PUT {A}/cancellation", f"DELETE {A}/cancellation", f"DELETE {A}", f"PUT {A}/checklist/{{item}}"]
# What ends one thing, which is then not there for others.
LAST = [f"POST {A}/holds/{{hold}}/release", f"DELETE {A}/contacts/{{contact}}", f"DELETE {A}/contacts/{{contact}}/deletion",
        f"POST {A}/records/{{record}}/anonymisation", f"POST {A}/persons/{{person}}/erasure", f"DELETE {A}/webhooks/{{webhook}}",
        f"DELETE {A}/users/{{user}}", f"DELETE {A}/tokens/{{token}}"]
ANONYMISE = f"POST {A}/persons/{{person}}/anonymisation"
# Of whoever is signed in: what ends that is last.
OWN = ["GET /v1/session", "GET /v1/sessions", "GET /v1/session/totp", "DELETE /v1/sessions/{session}", "DELETE /v1/session"]
OPERATORS_LAST = ["DELETE /v1/tokens/{token}"]
# This daemon has no mail server, and no OpenID provider answers it.
WITHOUT = [f"POST {A}/users/{{user}}/invitations", f"POST {A}/invitations", "GET /v1/session/oidc/{account}", "GET /v1/session/oidc/{account}/callback"]
# Of the right form, and refused for what it says: a day on which somebody was told is not to come yet.
MEANT = [f"DELETE {A}/persons/{{person}}/restriction", f"POST {A}/users/{{user}}/sign-ins"]
# What may never be done here, only refused.
NOT_DONE = {
    "GET /v1/session/oidc/{account}": "needs a provider: tests/e2e/oidc",
    "GET /v1/session/oidc/{account}/callback": "needs a provider: tests/e2e/oidc",
    "GET /v1/ended/{ended}/receipt": "needs an account that has ended",
    "POST /v1/links": "needs a link that was sent to somebody",
    "POST /v1/links/use": "needs a link that was sent to somebody",
    "POST /v1/session": "needs a password that is right",
    "PUT /v1/session/password": "needs a password that is right",
    "POST /v1/session/totp": "needs a password that is right",
    "POST /v1/session/totp/confirmation": "needs the code of this moment",
    "POST /v1/session/totp/recovery-codes": "needs a password that is right",
    "POST /v1/session/totp/removal": "needs a password that is right",
    "DELETE /v1/sessions": "would end the session that asks",
    "DELETE /v1/sessions/{session}": "needs another session of the same user",
    f"POST {A}/persons/{{person}}/links": "names another person of the account, in its body",
    f"POST {A}/persons/{{person}}/unlinks": "names an identity of the person, in its body",
    f"PUT {A}/identities/{{identity}}/person": "names a person of the account, in its body",
    f"DELETE {A}/identities/{{identity}}/person": "needs a person of two identities",
    f"GET {A}/erasures/{{job}}/receipt": "the person is erased last",
    f"POST {A}/contacts/{{contact}}/readmission": "needs a contact that is gone",
    f"POST {A}/records/{{record}}/anonymisation": "needs a retention that has not gone by",
    f"PUT {A}/contacts/{{contact}}": "its contact is held, and what is in it is said by no schema",
    f"POST {A}/policies": "what it says of how long, and the digest of its dry run, are words",
    f"POST {A}/policies/removals": "needs a policy that there is",
    f"POST {A}/policies/undo": "needs a policy that is not in force yet",
    f"GET {A}/labels/{{label}}": "needs a record with a label",
    f"DELETE {A}/users/{{user}}/totp": "needs a second factor that is on",
    f"PUT {A}/users/{{user}}/subject": "needs a provider of the account",
    f"DELETE {A}/users/{{user}}/sessions/{{end}}": "needs a session of the user",
    f"DELETE {A}/jobs/{{job}}": "needs a job that has not ended",
    "DELETE /v1/jobs/{job}": "needs a job that has not ended",
}

CONFIG = """\
generation.max-examples = %(examples)d
generation.deterministic = %(deterministic)s
generation.allow-x00 = true
headers = { %(headers)s }
request-timeout = 60

[parameters]
"path.account" = "Acme"
%(parameters)s

[checks.positive_data_acceptance]
expected-statuses = %(positive)s

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 410, 412, 413, 414, 415, 422, 429, 431]
"""
UNSUPPORTED = """
[[operations]]
include-name = "%s"
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "501"]
checks.positive_data_acceptance.enabled = false
"""
# Its cookie has another name under TLS, by which it is described: without, what it makes up for it changes nothing.
BY_COOKIE = """
[[operations]]
include-name = "%s"
checks.ignored_auth.enabled = false
checks.negative_data_rejection.enabled = false
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


# Any text is taken in the first, and fuzz_bodies.py leaves out the second, which is what a page before gave.
PLAIN = {"Prefer", "Range", "If-Range", "cursor"}


def wordy(description, things):
    """Operations that take words, or bodies that no schema describes."""
    for operation in {**description.operations, **description.doors}.values():
        given = {"account", *things}
        schemas = [part["schema"] for part in operation.parameters if part["name"] not in PLAIN and (part["in"] != "path" or part["name"] not in given)]
        content = operation.what.get("requestBody", {}).get("content", {})
        bodies = [body.get("schema", {"type": "string"}) for body in content.values()]
        schemas += [schema for body in bodies for schema in body.get("properties", {"": body}).values()]
        if any(is_words(schema) for schema in schemas):
            yield operation.name


TOKEN = 'Authorization = "Bearer ${LETHE_TOKEN}"'


def configure(description, things, examples=EXAMPLES, query=None, headers=TOKEN):
    """Whatever the path names there is then one of these."""
    named = [*((f"path.{name}", value) for name, value in things.items()), *((f"query.{name}", value) for name, value in (query or {}).items())]
    parameters = "\n".join(f'"{name}" = "{value}"' for name, value in named)
    with open("schemathesis.toml", "w", encoding="utf-8") as file:
        file.write(CONFIG % {"examples": examples, "positive": json.dumps(POSITIVE), "deterministic": json.dumps(not LONG), "parameters": parameters, "headers": headers})
        file.writelines(UNSUPPORTED % name for name in WITHOUT)
        file.writelines(BY_COOKIE % name for name in OWN)
        file.writelines(WORDY % name for name in sorted({*wordy(description, things), *MEANT} - {*WITHOUT, *OWN}))


class Fuzz:
    def __init__(self, st, daemon, tokens):
        self.st, self.daemon, self.tokens = st, daemon, tokens
        self.client = kit.Client(daemon.port)
        self.description = kit.Description(self.client)
        self.wrong = []

    def run(self, role, names, *chosen):
        """These operations. Nobody who asks may be let in no more by the end: from then on nothing would be asked."""
        words = [self.st, "run", f"http://127.0.0.1:{self.daemon.port}/v1/openapi.json",
                 "--no-color", "--warnings", "off", "--continue-on-failure", "--generation-database", "none", *chosen]
        words += [word for name in names for word in ("--include-name", name)]
        hooks = {"LETHE_TOKEN": self.tokens[role], "SCHEMATHESIS_HOOKS": BODIES, "FUZZ_SEEN": os.path.realpath("seen")}
        done = subprocess.run(words, capture_output=True, check=False, env={**os.environ, **hooks})
        output = done.stdout.decode() + done.stderr.decode()
        if done.returncode != 0:
            self.wrong.append("schemathesis found something:\n" + "\n".join(line[:400] for line in output.splitlines()))
        print("#", next((line.strip() for line in output.splitlines() if " generated" in line), "nothing was asked"))
        if self.daemon.process.poll() is not None:
            self.daemon.log.seek(0)
            said = self.daemon.log.read().decode(errors="replace").splitlines()
            kit.fail("\n".join([*self.wrong, "the daemon has ended; the last that it said:", *said[-20:]]))


def seen():
    """{operation: how often it was answered with each status}."""
    found = {}
    with open("seen", encoding="utf-8") as file:
        for line in file:
            name, _mode, status = line.rstrip("\n").split("\t")
            found.setdefault(name, collections.Counter())[int(status)] += 1
    return found


def reached(description):
    """Each operation was done at least once, or there is a reason in NOT_DONE: else it was only ever refused."""
    answered = seen()
    for name in {**description.operations, **description.doors}:
        done = any(status < 400 for status in answered.get(name, ()))
        if not done and name not in NOT_DONE:
            yield f"{name} was never done: {dict(answered.get(name, {}))}"


def spare(*words):
    """The id of a token that nobody uses: it may be revoked."""
    kit.token("spare", *words)
    found = next(token["id"] for token in kit.lethe("token", "list", *words[:2 if "--account" in words else 1], "--json")["tokens"] if token["name"] == "spare")
    os.remove("spare.token")
    return found


def somebody():
    """A person whom nobody knows but the account's address book."""
    with open("other.jsonl", "w", encoding="utf-8") as file:
        json.dump({"type": "contact", "id": "other", "name": "Other", "phones": ["+4520009990"]}, file)
    kit.lethe("import", "other.jsonl", "--account", "Acme")
    return kit.lethe("person", "show", "+4520009990", "--account", "Acme", "--json")["id"]


def recording():
    """One that has no sound yet."""
    with open("recording.jsonl", "w", encoding="utf-8") as file:
        json.dump({"type": "recording", "id": "r1", "time": "2026-01-02T10:00:00Z", "from": kit.ASTRID, "duration": 1}, file)
    kit.lethe("import", "recording.jsonl", "--account", "Acme")
    return kit.records_of(kit.ASTRID)["rec"][0]


def not_json(description):
    """Streams: no schema says what their bodies are. fuzz_bodies.py makes them."""
    contents = {name: operation.what.get("requestBody", {}).get("content") for name, operation in description.operations.items()}
    return [name for name, content in contents.items() if content and "application/json" not in content]


PASSWORD = "correct horse battery"


def add_user():
    with open("password", "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    kit.lethe("user", "add", "doors@example.com", "--account", "Acme", "--role", "admin")
    kit.lethe("user", "password", "doors@example.com", "--account", "Acme", "--password-file", "password")


def signed_in(client):
    """The headers of somebody who is: for what takes no token."""
    browser = kit.Browser(client)
    browser.ask("POST", "/v1/session", {"account": "Acme", "name": "doors@example.com", "password": PASSWORD})
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return f'Cookie = "{cookies}", X-Lethe-CSRF = "{browser.csrf}"'


def of_jobs(fuzz, things, account):
    """What is asked of a job that has made a file, of a sweep's, and of the vault's."""
    def file(role, path):
        found = fuzz.client.ask("POST", path, {}, fuzz.tokens[role], {"Prefer": "respond-async"})
        at = found.headers["Location"]
        while fuzz.client.ask("GET", at, None, fuzz.tokens[role]).json["ended"] is None:
            pass
        return {"job": found.json["id"]}

    configure(fuzz.description, file("owner", f"/v1/accounts/Acme/persons/{things['person']}/export"))
    of_one = [name for name in account if "/jobs/{job}" in name]
    fuzz.run("owner", [name for name in of_one if name.startswith("GET")])
    fuzz.run("owner", [name for name in of_one if name.startswith("DELETE")])
    configure(fuzz.description, file("operator", "/v1/checks"))
    fuzz.run("operator", [name for name in fuzz.description.operations if " /v1/jobs/{job}" in name])


def main():
    tokens = kit.make_vault(samples=False)
    things = {**fill("Acme"), "token": spare("--account", "Acme", "--role", "auditor")}
    theirs, other = {"token": spare("--operator")}, somebody()
    add_user()
    os.remove("Acme.zip")  # of fill
    sound = recording()
    with kit.Daemon() as daemon:
        fuzz = Fuzz(sys.argv[1], daemon, tokens)
        description = fuzz.description
        streams = not_json(description)
        apart = {*streams, *ENDS, *LAST, ANONYMISE, *OPERATORS_LAST, *description.doors}
        account = [name for name in description.operations if "{account}" in name and name not in apart]
        configure(description, {})
        fuzz.run("owner", account)
        fuzz.run("operator", [name for name in description.operations if "{account}" not in name and name not in apart])
        fuzz.run("operator", [name for name in description.doors if name not in OWN])
        configure(description, things)
        named = re.compile("[{](" + "|".join(things) + ")[}]")
        fuzz.run("owner", [name for name in account if named.search(name)])
        of_jobs(fuzz, things, account)
        configure(description, {**things, "record": sound, "n": "0"}, STREAM_EXAMPLES, {"tz": "Europe/Copenhagen", "source": "fuzz"})
        fuzz.run("owner", streams, "--phases", "coverage,fuzzing")
        configure(description, {"record": sound, "n": "0"})
        fuzz.run("owner", [f"GET {A}/records/{{record}}/media/{{n}}"])
        configure(description, {}, headers=signed_in(fuzz.client))
        fuzz.run("owner", OWN)
        configure(description, things)
        for name in LAST:
            fuzz.run("owner", [name])
        configure(description, {"person": other})
        fuzz.run("owner", [ANONYMISE])
        configure(description, theirs)
        for name in (*OPERATORS_LAST, *ENDS, f"DELETE {A}"):
            fuzz.run("operator", [name])
        fuzz.wrong += reached(description)
    if fuzz.wrong:
        kit.fail("\n\n".join(fuzz.wrong))
    checked = kit.lethe("check", "--json")
    if checked["problems"]:
        kit.fail(f"what is left of it is damaged: {checked}")


if __name__ == "__main__":
    sys.exit(main())
