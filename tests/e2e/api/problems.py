# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every type of problem that docs/api.md lists: the daemon explains it, and gives it, with the status that stands there.
# Those that need a machine in trouble, or two requests at the same moment, are given in other tests, which name them.
import json
import os
import re
import subprocess
import sys

import kit

A = "/v1/accounts/Acme"
ELSEWHERE = {"full": "tests/e2e/streams.bats", "idempotency-key-running": "tests/api/keyed.c",
             "idempotency-key-spent": "tests/e2e/keyed.bats", "internal": "tests/net/server.c", "share": "tests/e2e/load.bats"}


def listed():
    """{word: status} of the table in docs/api.md."""
    found = {}
    with open(os.path.join(kit.TOP, "docs/api.md"), encoding="utf-8") as file:
        for line in file:
            row = re.fullmatch(r"\| `([a-z-]+)` \| (\d{3}) \|.*\|\n", line)
            if row:
                found[row[1]] = int(row[2])
    return found


class Asking:
    """Requests of an owner, and what a thing of theirs is called."""

    def __init__(self, port, tokens):
        self.client, self.tokens = kit.Client(port), tokens

    def ask(self, method, path, body=None, headers=None, role="owner"):
        return self.client.ask(method, path, body, self.tokens.get(role), headers)

    def made(self, *words):
        answer = self.ask(*words)
        if answer.status >= 300:
            kit.fail(f"{words[:2]}: {answer.status} {answer.body}")
        return answer.json

    def person(self, who=kit.ASTRID):
        return self.made("POST", A + "/persons/search", {"who": who})["persons"][0]["id"]


# ---- what is refused as it stands


def given_input(a):
    return a.ask("POST", A + "/holds", {"reason": "x", "matters": 1})


def given_unauthenticated(a):
    return a.ask("GET", A, role="nobody")


def given_denied(a):
    return a.ask("POST", A + "/holds", {"reason": "x"}, role="auditor")


def given_not_found(a):
    return a.ask("GET", A + "/records/call_" + kit.NOWHERE)


def given_method(a):
    return a.ask("DELETE", A + "/holds")


def given_too_large(a):
    return a.ask("POST", A + "/holds", b"{" + b" " * 2_000_000 + b"}")


def given_target_too_long(a):
    return a.ask("GET", A + "/holds?limit=" + "1" * 10_000)


def given_media_type(a):
    return a.ask("POST", A + "/holds", b"reason=x", {"Content-Type": "application/x-www-form-urlencoded"})


def given_headers_too_large(a):
    return a.ask("GET", A, headers={f"X-{n}": "x" * 1000 for n in range(17)})


# ---- what is refused for what there is


def given_conflict(a):
    a.ask("POST", A + "/users", {"name": "twice@example.com"})
    return a.ask("POST", A + "/users", {"name": "twice@example.com"})


def given_state(a):
    """What is being closed takes nothing in."""
    other = "/v1/accounts/Other"
    a.made("PUT", other + "/cancellation", None, None, "operator")
    line = {"id": "c1", "time": "2026-01-05T10:00:00Z", "from": kit.ASTRID, "type": "call"}
    return a.ask("POST", other + "/records", line, None, "operator")


def given_held(a):
    person = a.person()
    a.made("POST", A + "/holds", {"person": person, "reason": "case 7"})
    return a.ask("POST", f"{A}/persons/{person}/unlinks", {"identity": kit.ASTRID})


def given_gone(a):
    a.made("PUT", A + "/settings/contact_grace_days", {"value": "0"})
    contact = a.made("POST", A + "/contacts", {"id": "c1", "source": "s", "name": "N", "phones": ["+4520009991"]})["id"]
    a.made("DELETE", f"{A}/contacts/{contact}")
    a.made("POST", A + "/retention/runs")
    return a.ask("GET", f"{A}/contacts/{contact}")


def given_precondition(a):
    return a.ask("PUT", A + "/settings/grace_hours", {"value": "5"}, {"If-Match": '"stale"'})


def given_precondition_required(a):
    return a.ask("POST", A + "/policies", {"kind": "call", "keep": "1 day"})


def given_range(a):
    made = a.made("POST", A + "/records", {"type": "recording", "id": "r1", "time": "2026-01-05T10:00:00Z", "from": "+4520009992"})
    media = f"{A}/records/{made['id']}/media/0"
    a.made("PUT", media, b"RIFF....WAVE", {"Content-Type": "audio/wav"})
    return a.ask("GET", media, headers={"Range": "bytes=100-"})


def given_limit(a):
    answer = None
    for n in range(51):
        answer = a.ask("POST", A + "/webhooks", {"url": f"https://hooks.example.com/{n}"})
    return answer


def given_idempotency_key_reused(a):
    a.ask("POST", A + "/holds/", None)
    a.made("POST", A + "/holds", {"reason": "one"}, {"Idempotency-Key": "k1"})
    return a.ask("POST", A + "/holds", {"reason": "two"}, {"Idempotency-Key": "k1"})


# ---- those who come in


def sign_in(a, password):
    return a.ask("POST", "/v1/session", {"account": "Acme", "name": "anna", "password": password}, role="nobody")


def given_second_factor(a):
    browser = kit.Browser(a.client)
    browser.ask("POST", "/v1/session", {"account": "Acme", "name": "anna", "password": PASSWORD})
    uri = browser.ask("POST", "/v1/session/totp", {"password": PASSWORD}).json["uri"]
    browser.ask("POST", "/v1/session/totp/confirmation", {"code": kit.code(uri)})
    return sign_in(a, PASSWORD)


def given_rate(a):
    answer = None
    for _ in range(7):
        answer = sign_in(a, "wrong donkey capacitor")
    return answer


def given_unsupported(a):
    """Without base-url there is nothing to come back to from a provider."""
    return a.ask("GET", "/v1/session/oidc/Acme", role="nobody")


def given_busy(a):
    """A provider that does not answer."""
    with kit.Daemon("--base-url", "https://lethe.example", "--oidc-inside", "yes") as other:
        return kit.Client(other.port).ask("GET", "/v1/session/oidc/Acme")


PASSWORD = "correct horse battery"


def prepare():
    tokens = kit.make_vault(samples=False)
    kit.import_few("Acme")
    with open("password", "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    kit.lethe("user", "add", "anna", "--account", "Acme", "--role", "admin")
    kit.lethe("user", "password", "anna", "--account", "Acme", "--password-file", "password")
    kit.lethe("account", "sso", "Acme", "--issuer", "https://127.0.0.1:1", "--client-id", "lethe")
    return tokens


WRONG = []


def judge(word, status, answer):
    if (answer.status, answer.type) != (status, "application/problem+json"):
        WRONG.append(f"{word}: answered {answer.status} {answer.type}, not {status}: {answer.body[:500]}")
        return
    problem = answer.json
    if (problem["type"], problem["status"]) != (f"/problems/{word}", status) or not problem["detail"]:
        WRONG.append(f"{word}: {problem}")
    if status in (409, 412, 428, 400) and word not in ("precondition",) and "mend" not in problem and "field" not in problem:
        WRONG.append(f"{word}: it does not say how to mend it: {problem}")


def explained(a, words):
    """The page of each, and none that is not listed."""
    described = set(a.client.ask("GET", "/v1/openapi.json").json["components"]["responses"])
    if described != set(words):
        kit.fail(f"docs/api.md and the description list other types: {sorted(described ^ set(words))}")
    for word, status in words.items():
        page = a.client.ask("GET", f"/problems/{word}")
        if page.status != 200 or f"({status})" not in page.body.decode():
            kit.fail(f"/problems/{word}: {page.status} {page.body}")


def main():
    words, tokens = listed(), prepare()
    busy = given_busy(None)
    with kit.Daemon() as daemon:
        a = Asking(daemon.port, tokens)
        explained(a, words)
        for word, status in words.items():
            give = globals().get("given_" + word.replace("-", "_"))
            if word == "busy":
                judge(word, status, busy)
            elif give is not None:
                judge(word, status, give(a))
            elif subprocess.run(["grep", "-q", word, os.path.join(kit.TOP, ELSEWHERE.get(word, "/dev/null"))], check=False).returncode:
                WRONG.append(f"no test gives {word}")
    if WRONG:
        kit.fail("\n".join(WRONG))
    print(f"# {len(words)} types")


if __name__ == "__main__":
    sys.exit(main())
