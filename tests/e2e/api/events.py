# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every type of event that the description names: made to happen over HTTP, told by a webhook, and listed. What it says is
# about what was done, by opaque ids. A type that nothing here makes happen fails the test, and so does one that docs/api.md
# or docs/webhooks.md does not list.
import datetime
import http.server
import json
import os
import queue
import re
import sys
import threading
import time

import kit

A = "/v1/accounts/Acme"
PATIENCE_S = 60
AGENT, CALLER, OTHER = "a7", "+4520000301", "+4520000302"


class Receiver:
    """Takes events over HTTP; /gone wants no more of them."""

    def __init__(self):
        self.events = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/all":
                    receiver.events.put(event)
                self.send_response(410 if self.path == "/gone" else 204)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class World:
    def __init__(self, client, tokens, receiver):
        self.client, self.tokens, self.receiver, self.told = client, tokens, receiver, []

    def ask(self, method, path, body=None, role="owner", status=None, headers=None):
        answer = self.client.ask(method, path, body, self.tokens[role], headers)
        if answer.status != status and (status is not None or answer.status >= 300):
            kit.fail(f"{method} {path}: {answer.status} {answer.body.decode()[:800]}")
        return answer.json

    def made(self, path, body=None, **more):
        return self.ask("POST", A + path, body, **more)

    def person(self, who):
        return self.made("/persons/search", {"who": who})["persons"][0]["id"]

    def line(self, number, days=3, **more):
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
        line = {"type": "call", "id": f"r{number}", "source": "s", "time": at.strftime("%Y-%m-%dT10:00:00Z"), "from": CALLER, **more}
        return self.made("/records", line)["id"]

    def wait(self, kind, about):
        """Until the webhook was told of it."""
        end = time.monotonic() + PATIENCE_S
        while True:
            for event in self.told:
                if event["type"] == kind and (about is None or about in json.dumps(event["data"])):
                    return event
            try:
                self.told.append(self.receiver.events.get(timeout=max(0.01, end - time.monotonic())))
            except queue.Empty:
                kit.fail(f"{kind} about {about} was not told; these were: {[event['type'] for event in self.told]}")


# Each returns what the event has to be about: an id, or None where there is none.


def record_created(w):
    return w.line(1)


def recording_ready(w):
    record = w.line(2, type="recording")
    w.ask("PUT", f"{A}/records/{record}/media/0", b"RIFF....WAVE", headers={"Content-Type": "audio/wav"})
    return record


def record_anonymised(w):
    record = w.line(3, **{"from": OTHER})
    w.made(f"/records/{record}/anonymisation")
    return record


def contact(w, number, **more):
    who = {"id": f"c{number}", "source": "s", "name": f"N {number}", "phones": [f"+45200004{number:02}"], **more}
    return who, w.made("/contacts", who)["id"]


def contact_created(w):
    return contact(w, 1)[1]


def contact_updated(w):
    who, made = contact(w, 2)
    w.ask("PUT", f"{A}/contacts/{made}", {**who, "name": "Rectified"})
    return made


def contact_deleted(w):
    made = contact(w, 3)[1]
    w.ask("DELETE", f"{A}/contacts/{made}")
    return made


def contact_restored(w):
    made = contact(w, 4)[1]
    w.ask("DELETE", f"{A}/contacts/{made}")
    w.ask("DELETE", f"{A}/contacts/{made}/deletion")
    return made


def person_restricted(w):
    who = w.person(CALLER)
    w.ask("PUT", f"{A}/persons/{who}/restriction", {"ground": "accuracy"})
    return who


def person_unrestricted(w):
    who = w.person(CALLER)
    told = w.ask("GET", f"{A}/persons/{who}")["restrictions"][0]["since"][:10]
    w.ask("DELETE", f"{A}/persons/{who}/restriction?told={told}")
    return who


def person_linked(w):
    w.line(4, **{"from": OTHER})
    who = w.person(CALLER)
    w.made(f"/persons/{who}/links", {"other": OTHER})
    return who


def person_unlinked(w):
    who = w.person(CALLER)
    w.made(f"/persons/{who}/unlinks", {"identity": OTHER})
    return who


def erased(w, number):
    """Somebody nobody else here knows, and what came of erasing them."""
    who = f"+45200005{number:02}"
    w.line(number, **{"from": who})
    person = w.person(who)
    return person, w.made(f"/persons/{person}/erasure")["job"]


def person_erased(w):
    return erased(w, 51)[0]


def job_started(w):
    return erased(w, 52)[1]


def job_done(w):
    return erased(w, 53)[1]


def job_failed(w):
    """An agent of a call that a hold keeps cannot be erased."""
    w.line(6, agent=AGENT)
    w.made("/holds", {"person": w.person(CALLER), "reason": "case 9"})
    who = w.person(AGENT)
    w.made(f"/persons/{who}/erasure", status=409)
    return who


def job_ended(w):
    return w.made("/retention/runs", {}, headers={"Prefer": "respond-async"})["id"]


def hold_added(w):
    return w.made("/holds", {"reason": "case 7"})["id"]


def hold_released(w):
    hold = w.made("/holds", {"reason": "case 8"})["id"]
    w.made(f"/holds/{hold}/release")
    return hold


def policy_changed(w):
    w.made("/policies", {"kind": "note", "keep": "10 years"})
    return "policy.set"


def obligation_changed(w):
    code = w.ask("GET", "/v1/obligations")["obligations"][0]["code"]
    w.ask("PUT", f"{A}/obligations/{code}")
    return "obligation.add"


def retention_expiring(w):
    """What goes within the days of which it is warned."""
    w.line(9, 85, type="message")
    plan = w.made("/retention/plan", {"policy": "message=90 days", "grace": 0})
    w.made("/policies", {"kind": "message", "keep": "90 days", "grace": 0, "plan": plan["digest"]})
    w.made("/retention/warnings")
    return "message"


def retention_done(w):
    return w.made("/retention/runs")["job"]


def account_created(w):
    return w.ask("POST", "/v1/accounts", {"name": "Fourth", "country": "DK"}, role="operator")["id"]


def account_updated(w):
    w.ask("PUT", A + "/settings/warn_days", {"value": "20,5"})
    return "warn_days"


def account_cancelled(w):
    w.ask("PUT", A + "/cancellation")


def account_reopened(w):
    w.ask("PUT", A + "/cancellation") if not w.cancelled() else None
    w.ask("DELETE", A + "/cancellation")


def account_ending(w):
    w.ask("DELETE", A)
    w.ask("DELETE", A + "/cancellation")


def user_added(w):
    return w.made("/users", {"name": "u1@example.com"})["id"]


def user_invited(w):
    user = w.made("/users", {"name": "u2@example.com"})["id"]
    w.made(f"/users/{user}/invitations", {})
    return user


def user_removed(w):
    user = w.made("/users", {"name": "u3@example.com"})["id"]
    w.ask("DELETE", f"{A}/users/{user}")
    return user


def webhook_disabled(w):
    """It is told of nothing any more once it answers 410."""
    hook = w.made("/webhooks", {"url": w.receiver.url + "/gone", "events": "hold.added"})["id"]
    w.made("/holds", {"reason": "case 10"})
    return hook


def webhook_test(w):
    w.made(f"/webhooks/{w.all}/tests")
    return w.all


def listed():
    """The types of the tables in docs/api.md and docs/webhooks.md."""
    found = set()
    for name in ("api", "webhooks"):
        with open(os.path.join(kit.TOP, f"docs/{name}.md"), encoding="utf-8") as file:
            for line in file:
                if re.match(r"\| `[a-z]+\.[a-z]+`", line):
                    found |= set(re.findall(r"`([a-z]+\.[a-z]+)`", line.split("|")[1]))
    return found


def created(w, account):
    """Before there can be a webhook of it: it is listed."""
    events = w.ask("GET", f"/v1/accounts/{account}/events", role="operator")["events"]
    if [event["type"] for event in events] != ["account.created"]:
        kit.fail(f"account.created: {events}")


def check(w, kind, about):
    """It was told, is listed the same, and says nothing personal."""
    event = w.wait(kind, about)
    if w.ask("GET", f"{A}/events/{event['id']}") != event:
        kit.fail(f"{kind}: it is listed otherwise than it was told: {event}")
    if re.search(r"\+45|example\.com|case \d|Rectified|N \d", json.dumps(event)):
        kit.fail(f"{kind} tells something personal: {event}")


def main():
    tokens, receiver = kit.make_vault(samples=False), Receiver()
    with kit.Daemon("--webhook-plain", "yes", "--webhook-inside", "127.0.0.0/8") as daemon:
        world = World(kit.Client(daemon.port), tokens, receiver)
        world.cancelled = lambda: world.ask("GET", A + "/status")["state"] == "cancelled"
        description = kit.Description(world.client)
        kinds = description.document["components"]["schemas"]["EventType"]["enum"]
        if set(kinds) != listed():
            kit.fail(f"docs and description list other events: {sorted(set(kinds) ^ listed())}")
        world.all = world.made("/webhooks", {"url": receiver.url + "/all"})["id"]
        world.line(0)
        unknown = [kind for kind in kinds if kind.replace(".", "_") not in globals()]
        if unknown:
            kit.fail(f"nothing makes these happen: {unknown}")
        about = {kind: globals()[kind.replace(".", "_")](world) for kind in sorted(kinds, key=lambda kind: kind.startswith("account."))}
        created(world, about.pop("account.created"))
        for kind, what in about.items():
            check(world, kind, what)
    print(f"# {len(kinds)} types")


if __name__ == "__main__":
    sys.exit(main())
