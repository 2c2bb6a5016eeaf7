# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every resource over real HTTP: done, and refused as bad input, without the right, in another account, in conflict. Each
# answer is as the description says. A resource that is not walked through here fails the test.
import datetime
import inspect
import itertools
import json
import re
import sys
import traceback

import examples_of
import kit
import leaves

A = "/v1/accounts/{account}"
NUMBERS = itertools.count()
SHOWN_ONCE = re.compile(r'(?:[^" ]*#)?(?:lethe_[ai]|lethe_o|whsec_)[0-9A-Za-z+/=]+')
UNKNOWN = "sample_nonsense"
ANEW_MAX = 5  # so many answers may have changed between asking and asking again


class Walk:
    def __init__(self, client, description, tokens):
        self.client, self.description, self.tokens = client, description, tokens
        self.done, self.conflicts, self.keyed, self.stale, self.known, self.anew = set(), set(), [], set(), set(), set()
        self.examples = examples_of.Examples(description)
        self.log = leaves.Log(client, tokens["operator"])

    def ask(self, role, method, path, values=None, body=None, query=None, status=None, headers=None):
        operation = self.description.find(method, path)
        values = {"account": "Acme", **(values or {})}
        asked = (method, operation.target(values, query), body, self.tokens[role], self.with_key(operation, headers))
        if status is None:
            self.ask_stale(operation, asked)
        answer = self.log.watch(operation, lambda: self.client.ask(*asked))
        if answer.status < 300 and asked[4] is not headers:
            self.keyed.append((operation, asked, answer))
            self.again(operation, asked, answer)
        wanted = operation.success if status is None else status
        if answer.status != wanted:
            self.description.note(operation, answer, f"not {wanted}\n{answer.body.decode()[:1000]}")
        document = self.description.judge(operation, answer)
        if answer.status == operation.success:
            self.done.add(operation.name)
        self.ask_known(operation, asked, answer)
        self.follow(operation, role, answer)
        self.examples.note(operation, values, query, body, document, answer)
        self.note_conflict(operation, answer)
        return document

    def ask_known(self, operation, asked, first):
        """What is there already is not sent again; and a part of what has parts, or none, is."""
        if operation.name in self.known or operation.method != "GET" or first.status != 200 or not first.headers["ETag"]:
            return
        self.known.add(operation.name)
        etag = first.headers["ETag"]
        wanted = [({"If-None-Match": etag}, 304), ({"If-Match": '"stale"'}, 412)]
        if "text/plain" in self.description.response(operation, 200)["content"]:
            wanted.append(({"Accept": "text/plain"}, 200))
        if first.headers["Accept-Ranges"]:
            wanted += [({"Range": "bytes=1-2", "If-Range": etag}, 206), ({"Range": f"bytes={len(first.body)}-"}, 416)]
        for headers, status in wanted:
            answer = self.client.ask(*asked[:4], {**(asked[4] or {}), **headers})
            if (answer.status, status) == (200, 304):
                self.anew.add(operation.name)  # it tells how it is by now
            elif answer.status != status:
                self.description.note(operation, answer, f"not {status}, with {headers}")
            self.description.agree(operation, answer)

    def follow(self, operation, role, first):
        """What was made is where it says."""
        if first.status != 201 or first.headers["Location"] is None:
            return
        answer = self.client.ask("GET", first.headers["Location"], None, self.tokens[role])
        if answer.status != 200:
            self.description.note(operation, first, f"{first.headers['Location']} answers {answer.status}")

    def note_conflict(self, operation, answer):
        if answer.status in (409, 412, 428):
            self.conflicts.add(operation.name)

    def ask_stale(self, operation, asked):
        """What is about to be done, of what is there: as it was not read, it is not done."""
        if operation.name in self.stale or not any(part["name"] == "If-Match" for part in operation.parameters):
            return
        self.stale.add(operation.name)
        headers = {name: value for name, value in (asked[4] or {}).items() if name != "Idempotency-Key"}
        answer = self.client.ask(*asked[:4], {**headers, "If-Match": '"stale"'})
        if answer.status != 412:
            self.description.note(operation, answer, f"not 412, with an If-Match of what it never was\n{answer.body.decode()[:1000]}")
        self.description.judge(operation, answer)
        self.note_conflict(operation, answer)

    def with_key(self, operation, headers):
        """Every POST that does something has a key of its own."""
        if not any(part["name"] == "Idempotency-Key" for part in operation.parameters):
            return headers
        return {**(headers or {}), "Idempotency-Key": f"every-{len(self.keyed)}-{next(NUMBERS)}"}

    def again(self, operation, asked, first, lost=()):
        """It is not done twice: the same answer, without what is shown once. `lost`: or it is said that it was done."""
        answer = self.client.ask(*asked)
        if answer.status == 409 and answer.json["type"] in lost:
            return False
        given, told = (json.dumps(part.documents) for part in (answer, first))
        for secret in SHOWN_ONCE.findall(told):
            told = told.replace(secret, "(shown once)")
        if answer.headers["Idempotency-Replayed"] != "true" or (answer.status, given) != (first.status, told):
            self.description.note(operation, answer, f"asked again with its key, it was\n{told[:500]}\nand is\n{given[:500]}")
        return True

    def door(self, browser, method, path, body=None, status=None, values=None):
        operation = self.description.find(method, path)
        answer = self.log.watch(operation, lambda: browser.ask(method, operation.target(values or {}), body))
        wanted = operation.success if status is None else status
        if answer.status != wanted:
            self.description.note(operation, answer, f"not {wanted}\n{answer.body.decode()[:1000]}")
        document = self.description.judge(operation, answer)
        if answer.status == operation.success:
            self.done.add(operation.name)
        self.examples.note(operation, values, None, body, document, answer)
        self.note_conflict(operation, answer)
        return document

    def admin(self, *words, **more):
        return self.ask("admin", *words, **more)

    def owner(self, *words, **more):
        return self.ask("owner", *words, **more)

    def operator(self, *words, **more):
        return self.ask("operator", *words, **more)


# ---- what is done


def accounts(walk):
    walk.operator("POST", "/v1/accounts", body={"name": "Third", "country": "DE", "profile": "justcall"})
    walk.operator("POST", "/v1/accounts", body={"name": "Third", "country": "DE"}, status=409)
    walk.operator("GET", "/v1/accounts")
    walk.admin("GET", A)
    walk.admin("PUT", A + "/settings/{setting}", {"setting": "warn_days"}, {"value": "20,5"})
    walk.admin("PUT", A + "/settings/{setting}", {"setting": "plan"}, {"value": "none such"}, status=400)
    walk.admin("POST", A + "/settings/{setting}/plan", {"setting": "profile"}, {"value": "callrail"})
    third = {"account": "Third"}
    walk.operator("GET", A + "/status", third)
    walk.operator("PUT", A + "/cancellation", third)
    call = {"type": "call", "id": "late", "source": "every", "time": "2026-01-05T10:00:00Z", "from": kit.ASTRID}
    for path in ("/ingest", "/imports"):
        ndjson = {"Content-Type": "application/x-ndjson"}
        walk.operator("POST", A + path, third, json.dumps(call).encode(), headers=ndjson, status=409)
    walk.operator("GET", A + "/status", third)
    walk.operator("DELETE", A + "/cancellation", third)
    walk.operator("DELETE", A, third)
    for item in ("exports", "numbers", "campaigns", "invoices"):
        walk.operator("PUT", A + "/checklist/{item}", {**third, "item": item})
    ended = walk.operator("DELETE", A, third)
    assert ended["ended"] and not ended["left"], ended
    walk.operator("GET", A, third, status=404)
    walk.operator("GET", "/v1/ended/{ended}/receipt", {"ended": ended["account"]})
    walk.operator("GET", "/v1/ended/{ended}/receipt", {"ended": "Third"}, status=400)


def laws(walk):
    walk.admin("GET", "/v1/profiles")
    for name in ("justcall", "aircall", "callrail", "converse", "exotel", "gdpr-strict"):
        walk.admin("GET", "/v1/profiles/{profile}", {"profile": name})
    walk.admin("GET", "/v1/profiles/{profile}", {"profile": "nobody"}, status=404)
    walk.admin("GET", A + "/profiles/{profile}/diff", {"profile": "aircall"})
    walk.admin("GET", "/v1/obligations")
    walk.admin("GET", "/v1/obligations", query={"country": "DE"})
    code = walk.admin("GET", "/v1/obligations")["obligations"][0]["code"]
    assert walk.admin("GET", "/v1/obligations/{code}", {"code": code})["code"] == code
    walk.admin("GET", "/v1/obligations/{code}", {"code": "de-nothing"}, status=404)
    walk.admin("GET", "/v1/law/holidays/{country}/{year}", {"country": "DE-BY", "year": 2027})
    walk.admin("GET", "/v1/law/holidays/{country}/{year}", {"country": "DE", "year": "soon"}, status=400)
    walk.admin("GET", "/v1/law/deadlines/{clock}", {"clock": "C1"}, query={"country": "DK", "from": "2026-02-03T10:00:00Z"})
    walk.admin("GET", "/v1/law/deadlines/{clock}", {"clock": "C11"}, query={"country": "US", "from": "2026-02-03T10:00:00Z"})
    walk.admin("GET", "/v1/law/deadlines/{clock}", {"clock": "C99"}, query={"country": "DK"}, status=400)
    walk.admin("POST", A + "/holidays", body={"date": "2027-03-01", "name": "Stocktaking"})
    walk.admin("POST", A + "/holidays", body={"date": "2027-03-01", "name": "Stocktaking"}, status=409)
    walk.admin("POST", A + "/holidays", body={"date": "2027-03-02", "name": "Local day", "law": "by-law 7"})
    walk.admin("GET", A + "/holidays")
    walk.admin("DELETE", A + "/holidays/{date}", {"date": "2027-03-01"})
    walk.admin("DELETE", A + "/holidays/{date}", {"date": "2027-03-01"}, status=404)


def persons(walk, person):
    found = walk.admin("POST", A + "/persons/search", body={"who": kit.ASTRID})["persons"][0]
    person.update(found)
    who = {"person": found["id"]}
    shown = walk.admin("GET", A + "/persons/{person}", who)
    assert shown["records"]["call"] == 64, shown
    linked = walk.admin("POST", A + "/persons/{person}/links", who, {"other": "+4520000001"})
    assert linked["changed"], linked
    walk.admin("POST", A + "/persons/{person}/links", who, {"other": "+4520000001"})
    walk.admin("POST", A + "/persons/{person}/unlinks", who, {"identity": "+4520000001"})
    walk.admin("POST", A + "/persons/{person}/unlinks", who, {"identity": "+4520000009"}, status=404)
    job = {"job": walk.admin("POST", A + "/persons/{person}/export", who, {"others": "show"})["id"]}
    while walk.admin("GET", A + "/jobs/{job}", job)["ended"] is None:
        pass
    archive = walk.admin("GET", A + "/jobs/{job}/result", job)
    assert archive.startswith(b"PK"), archive[:100]
    walk.admin("DELETE", A + "/jobs/{job}/result", job)
    walk.admin("DELETE", A + "/jobs/{job}/result", job, status=404)
    walk.admin("GET", A + "/jobs/{job}/result", job, status=404)
    walk.admin("POST", A + "/persons/{person}/export", who, {"others": "some"}, status=400)
    restriction = A + "/persons/{person}/restriction"
    walk.admin("PUT", restriction, who, {"ground": "accuracy", "reason": "she says it is wrong"})
    walk.admin("PUT", restriction, who, {"ground": "accuracy"}, status=409)
    walk.admin("DELETE", restriction, who, query={"told": "2026-01-02"}, status=400)
    told = {"told": walk.admin("GET", A + "/persons/{person}", who)["restrictions"][0]["since"][:10]}
    walk.admin("DELETE", restriction, who, query=told)
    walk.admin("DELETE", restriction, who, query=told, status=404)
    person.update(shown)


def identities(walk):
    number = walk.admin("POST", A + "/identities/search", body={"who": "2000 0289"})["identities"][0]
    one = {"identity": number["id"]}
    assert walk.admin("GET", A + "/identities/{identity}", one) == number
    walk.admin("GET", A + "/identities/{identity}", {"identity": kit.SAMPLE["identity"]}, status=404)
    walk.admin("POST", A + "/identities/search", body={"who": "+4599999999"}, status=404)
    page = walk.admin("GET", A + "/identities", query={"limit": 3})
    after = walk.admin("GET", A + "/identities", query={"limit": 3, "cursor": page["next"]})
    assert page["identities"][2]["id"] < after["identities"][0]["id"], after
    theirs = walk.admin("GET", A + "/identities", query={"person": number["person"]})["identities"]
    assert number in theirs and len(theirs) > 1, theirs
    mails = walk.admin("GET", A + "/identities", query={"person": number["person"], "kind": "email"})["identities"]
    assert mails == [row for row in theirs if row["kind"] == "email"], mails
    walk.admin("GET", A + "/identities", query={"kind": "name"}, status=400)
    walk.admin("GET", A + "/identities", query={"person": kit.ASTRID}, status=400)  # a number stands in no address
    alone = walk.admin("DELETE", A + "/identities/{identity}/person", one)
    assert alone["person"] != number["person"], alone
    walk.admin("DELETE", A + "/identities/{identity}/person", one, status=409)
    back = walk.admin("PUT", A + "/identities/{identity}/person", one, {"person": number["person"]})
    assert back == {"identity": number["id"], "person": number["person"], "changed": True}, back
    assert not walk.admin("PUT", A + "/identities/{identity}/person", one, {"person": number["person"]})["changed"]
    walk.admin("PUT", A + "/identities/{identity}/person", one, {"person": kit.SAMPLE["person"]}, status=404)
    hold = {"hold": walk.admin("POST", A + "/holds", body={"person": number["person"], "reason": "case 9"})["id"]}
    other = walk.admin("POST", A + "/identities/search", body={"who": "+4520000001"})["identities"][0]["person"]
    walk.admin("PUT", A + "/identities/{identity}/person", one, {"person": other}, status=409)
    walk.admin("DELETE", A + "/identities/{identity}/person", one, status=409)
    walk.admin("POST", A + "/holds/{hold}/release", hold)


def contacts(walk, person):
    walk.admin("GET", A + "/contacts", query={"limit": 3})
    page = walk.admin("GET", A + "/contacts", query={"limit": 2})
    walk.admin("GET", A + "/contacts", query={"limit": 1000, "cursor": page["next"]})
    contact = {"contact": person["contacts"][0]}
    walk.admin("GET", A + "/contacts/{contact}", contact)
    walk.admin("DELETE", A + "/contacts/{contact}", contact)
    walk.admin("DELETE", A + "/contacts/{contact}", contact, status=409)
    walk.admin("GET", A + "/contacts/{contact}", contact)
    walk.admin("GET", A + "/contacts/{contact}", contact, query={"deleted": "true"})
    walk.admin("GET", A + "/contacts", query={"deleted": "true"})
    walk.admin("DELETE", A + "/contacts/{contact}/deletion", contact)
    walk.admin("DELETE", A + "/contacts/{contact}/deletion", contact, status=409)


def readmission(walk):
    walk.admin("PUT", A + "/settings/{setting}", {"setting": "contact_grace_days"}, {"value": "0"})
    other = walk.admin("POST", A + "/persons/search", body={"who": "+4520000009"})["persons"][0]
    contact = {"contact": walk.admin("GET", A + "/persons/{person}", {"person": other["id"]})["contacts"][0]}
    walk.admin("POST", A + "/contacts/{contact}/readmission", contact, status=409)
    walk.admin("DELETE", A + "/contacts/{contact}", contact)
    walk.admin("POST", A + "/retention/runs")
    walk.admin("GET", A + "/contacts/{contact}", contact, status=410)
    walk.admin("POST", A + "/contacts/{contact}/readmission", contact)


def lines(walk):
    call = {"type": "call", "id": "every-1", "source": "every", "time": "2026-01-05T10:00:00Z", "from": kit.ASTRID}
    ndjson = {"Content-Type": "application/x-ndjson"}
    sent = [json.dumps(call), json.dumps({**call, "to": "+4520000001"}), "{}", json.dumps(call)]
    told = walk.admin("POST", A + "/ingest", body="\n".join(sent).encode(), headers=ndjson)
    assert [line.get("result") for line in told] == ["new", "refused", "refused", "known", None], told
    walk.admin("POST", A + "/ingest", body=b"", headers=ndjson)
    job = {"job": walk.admin("POST", A + "/imports", body=json.dumps({**call, "id": "every-9"}).encode(), headers=ndjson)["id"]}
    while walk.admin("GET", A + "/jobs/{job}", job)["ended"] is None:
        pass
    assert walk.admin("GET", A + "/jobs/{job}", job)["answer"]["sums"]["lines"] == 1
    walk.admin("POST", A + "/imports", body=b"", headers=ndjson, status=400)
    walk.admin("POST", A + "/ingest", query={"tz": "No/Where"}, body=b"", headers=ndjson, status=400)
    walk.admin("POST", A + "/records", body={**call, "id": "every-2"})
    walk.admin("POST", A + "/records", body={**call, "id": "every-2"}, status=200)
    walk.admin("POST", A + "/records", body={**call, "id": "every-2", "to": "+4520000001"}, status=409)
    walk.admin("POST", A + "/records", body={**call, "id": "every-3", "tme": 1}, status=400)
    walk.admin("POST", A + "/records", body=b"[]", status=400)
    record = walk.admin("POST", A + "/records", body={**call, "type": "recording", "id": "every-4"})["id"]
    file = {"record": record, "n": 0}
    sent = {"Content-Type": "audio/wav"}
    walk.admin("PUT", A + "/records/{record}/media/{n}", file, body=b"RIFF....WAVE", headers=sent)
    walk.admin("PUT", A + "/records/{record}/media/{n}", file, body=b"RIFF....WAVE", headers=sent, status=200)
    walk.admin("PUT", A + "/records/{record}/media/{n}", file, body=b"RIFF....WAVE!", headers=sent, status=409)
    once = {**sent, "If-None-Match": "*"}
    walk.admin("PUT", A + "/records/{record}/media/{n}", file, body=b"RIFF....WAVE", headers=once, status=412)
    walk.admin("PUT", A + "/records/{record}/media/{n}", file, body=b"RIFF", headers={**sent, "If-Match": '"x"'}, status=412)
    walk.admin("PUT", A + "/records/{record}/media/{n}", {**file, "n": 1}, body=b"RIFF....WAVE", headers=once)
    walk.admin("POST", A + "/ingest", body=b"", headers={**ndjson, "If-Match": '"x"'}, status=400)
    walk.admin("PUT", A + "/records/{record}/media/{n}", {**file, "n": 3}, body=b"RIFF", headers=sent, status=400)
    assert walk.admin("GET", A + "/records/{record}/media/{n}", file) == b"RIFF....WAVE"
    walk.admin("GET", A + "/records/{record}/media/{n}", {**file, "n": 2}, status=404)
    contact = {"id": "every-1", "source": "every", "name": "Every One", "phones": ["+4520009991"]}
    made = {"contact": walk.admin("POST", A + "/contacts", body=contact)["id"]}
    walk.admin("POST", A + "/contacts", body={**contact, "name": "Every Two"}, status=200)
    walk.admin("PUT", A + "/contacts/{contact}", made, body={**contact, "name": "Every Three"})
    walk.admin("PUT", A + "/contacts/{contact}", made, body={"name": "Nobody"}, status=400)
    walk.admin("DELETE", A + "/contacts/{contact}", made)
    walk.admin("POST", A + "/contacts", body={**contact, "name": "Every Four"}, status=409)
    walk.admin("PUT", A + "/contacts/{contact}", made, body={**contact, "name": "Every Four"}, status=409)


def records(walk, ids):
    for kind in sorted(set(ids) - {"acc", "per", "con", "usr", "job", "hold", "chat"}):
        walk.admin("GET", A + "/records/{record}", {"record": ids[kind][0]})
        walk.admin("GET", A + "/records/{record}/disposition", {"record": ids[kind][0]})
    page = walk.admin("GET", A + "/records", query={"kind": "call", "limit": 2})
    walk.admin("GET", A + "/records", query={"kind": "call", "limit": 2, "cursor": page["next"]})
    walk.admin("GET", A + "/records", query={"kind": "message", "limit": 2, "cursor": page["next"]}, status=400)
    label = walk.admin("GET", A + "/labels")["labels"][0]
    assert walk.admin("GET", A + "/labels/{label}", {"label": label["id"]}) == label
    walk.admin("GET", A + "/labels/{label}", {"label": kit.SAMPLE["label"]}, status=404)
    walk.admin("GET", A + "/labels", query={"kind": "tag"})


def policies(walk):
    kind = {"kind": "message"}
    change = {"policy": "message=unlimited"}
    plan = walk.admin("POST", A + "/retention/plan", body=change)
    assert plan["records"] == 0, plan
    walk.admin("POST", A + "/policies", body={**kind, "keep": "unlimited"})
    walk.admin("POST", A + "/policies", body={**kind, "keep": "5 fortnights"}, status=400)
    plan = walk.admin("POST", A + "/retention/plan", body={"policy": "message=90 days"})
    assert plan["records"] > 0 and plan["shortens"], plan
    walk.admin("POST", A + "/policies", body={**kind, "keep": "90 days"}, status=428)
    walk.admin("POST", A + "/policies", body={**kind, "keep": "90 days", "plan": "0" * 64}, status=412)
    walk.admin("POST", A + "/policies", body={**kind, "keep": "90 days", "plan": plan["digest"]})
    walk.admin("POST", A + "/policies/undo", body=kind)
    walk.admin("POST", A + "/policies/undo", body=kind, status=409)
    scoped = {"kind": "call", "tag": "vip", "direction": "inbound", "min_duration": "30 seconds"}
    walk.admin("POST", A + "/policies", body={**scoped, "keep": "unlimited"})
    walk.admin("GET", A + "/policies")
    walk.admin("POST", A + "/policies/removals", body=scoped)
    walk.admin("POST", A + "/policies/removals", body=scoped, status=404)
    for name in ("message", "call", "note"):
        walk.admin("GET", A + "/policies/{kind}/history", {"kind": name})


def holds(walk, person, ids):
    record = ids["rec"][0]
    walk.admin("POST", A + "/holds/preview", body={"person": person["id"]})
    hold = walk.admin("POST", A + "/holds", body={"person": person["id"], "kind": ["recording"], "reason": "case 7",
                                                  "matter": "M-1", "custodian": "legal", "from": "2025-01-01"})
    other = walk.admin("POST", A + "/holds", body={"number": kit.ASTRID, "reason": "case 8"})
    walk.admin("POST", A + "/holds", body={"person": "+4599999999", "reason": "x"}, status=404)
    walk.admin("GET", A + "/holds")
    assert walk.admin("GET", A + "/holds/{hold}", {"hold": hold["id"]})["matter"] == "M-1"
    walk.admin("GET", A + "/holds/{hold}", {"hold": "hold_" + kit.NOWHERE}, status=404)
    walk.admin("GET", A + "/holds/{hold}", {"hold": "x"}, status=400)
    walk.admin("GET", A + "/records/{record}", {"record": record})
    walk.admin("GET", A + "/records/{record}/disposition", {"record": record})
    release = A + "/holds/{hold}/release"
    walk.admin("POST", A + "/records/{record}/anonymisation", {"record": record}, status=409)
    walk.admin("POST", release, {"hold": hold["id"]}, {"dry_run": True})
    walk.admin("POST", release, {"hold": other["id"]})
    walk.admin("POST", release, {"hold": hold["id"]})
    walk.admin("POST", release, {"hold": hold["id"]}, status=409)


def obligations(walk):
    code = {"code": walk.admin("GET", "/v1/obligations")["obligations"][0]["code"]}
    walk.admin("PUT", A + "/obligations/{code}", code)
    walk.admin("PUT", A + "/obligations/{code}", code, status=409)
    walk.admin("GET", A + "/obligations")
    walk.admin("GET", A + "/obligations/{code}", code)
    walk.admin("GET", A + "/obligations/{code}", {"code": "de-nothing"}, status=404)
    walk.admin("DELETE", A + "/obligations/{code}", code)
    walk.admin("DELETE", A + "/obligations/{code}", code, status=404)
    walk.admin("GET", A + "/obligations")


def sweeps(walk):
    walk.admin("GET", A + "/retention/plan")
    plan = walk.admin("POST", A + "/retention/plan", body={"policy": "chat=30 days", "grace": 0})
    walk.admin("POST", A + "/policies", body={"kind": "chat", "keep": "30 days", "grace": 0, "plan": plan["digest"]})
    walk.admin("GET", A + "/retention/forecast", query={"days": 10})
    walk.admin("POST", A + "/retention/warnings")
    run = walk.admin("POST", A + "/retention/runs", body={"max_records": 1})
    walk.admin("POST", A + "/retention/runs", body={"max_records": 0}, status=400)
    done = walk.admin("POST", A + "/retention/runs")
    walk.admin("GET", A + "/retention/runs", query={"limit": 5})
    for job in (run["job"], done["job"]):
        walk.admin("GET", A + "/retention/runs/{job}/receipt", {"job": job})


def users(walk):
    user = walk.admin("POST", A + "/users", body={"name": "u1@example.com", "role": "auditor"})
    user = {"user": user["id"]}
    walk.admin("POST", A + "/users", body={"name": "u1@example.com"}, status=409)
    walk.admin("POST", A + "/users", body={"name": "boss@example.com", "role": "owner"}, status=403)
    walk.admin("POST", A + "/users/{user}/sign-ins", user, {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")})
    walk.admin("GET", A + "/users")
    assert walk.admin("GET", A + "/users/{user}", user)["name"] == "u1@example.com"
    walk.admin("POST", A + "/users/{user}/invitations", user, {"url": "https://lethe.example"})
    walk.admin("POST", A + "/users/{user}/invitations", user, {"end": True})
    walk.admin("GET", A + "/users/{user}/sessions", user)
    walk.admin("DELETE", A + "/users/{user}/sessions/{end}", {**user, "end": kit.SAMPLE["end"]}, status=404)
    walk.admin("DELETE", A + "/users/{user}/sessions", user)
    walk.admin("DELETE", A + "/users/{user}", user)
    walk.admin("DELETE", A + "/users/{user}", user, status=404)
    walk.admin("GET", A + "/users/{user}", user, status=404)


def jobs(walk):
    later = {"Prefer": "respond-async"}
    job = {"job": walk.admin("POST", A + "/retention/runs", body={}, headers=later, status=202)["id"]}
    while walk.admin("GET", A + "/jobs/{job}", job)["ended"] is None:
        pass
    walk.admin("DELETE", A + "/jobs/{job}", job, status=409)
    walk.admin("GET", A + "/jobs/{job}/events", job)
    walk.admin("GET", A + "/jobs", query={"limit": 1})
    check = {"job": walk.operator("POST", "/v1/checks", headers=later, status=202)["id"]}
    walk.operator("GET", "/v1/jobs")
    while walk.operator("GET", "/v1/jobs/{job}", check)["ended"] is None:
        pass
    walk.operator("DELETE", "/v1/jobs/{job}", check, status=409)
    walk.operator("GET", "/v1/jobs/{job}/events", check)
    cancelled(walk, "admin", A, A + "/persons/{person}/erasure", {"person": kit.SAMPLE["person"]})
    cancelled(walk, "operator", "/v1", "/v1/checks", {})


def cancelled(walk, role, where, path, values):
    """One of many jobs still waits when it is cancelled: nobody asks between."""
    operation, post = walk.description.find("DELETE", where + "/jobs/{job}"), walk.description.find("POST", path)
    values = {"account": "Acme", **values}
    for _ in range(100):
        jobs = [walk.client.ask("POST", post.target(values), {}, walk.tokens[role], {"Prefer": "respond-async"}).json["id"]
                for _ in range(8)]
        for job in reversed(jobs):
            answer = walk.client.ask("DELETE", operation.target({"account": "Acme", "job": job}), None, walk.tokens[role])
            walk.description.judge(operation, answer)
            if answer.status == operation.success:
                walk.done.add(operation.name)
                walk.examples.note(operation, {"account": "Acme", "job": job}, None, None, answer.json, answer)
                return


PASSWORD, OTHER, THIRD = "correct horse battery", "wrong donkey capacitor", "new words for a door"


def links(walk, browser):
    """A user comes by a link; returns their id."""
    link = walk.operator("POST", A + "/invitations", body={"url": "https://lethe.example"})["link"]
    walk.door(browser, "POST", "/v1/links", {"link": link})
    walk.door(browser, "POST", "/v1/links/use", {"link": link, "password": PASSWORD}, 400)
    user = walk.door(browser, "POST", "/v1/links/use", {"link": link, "name": "olga@example.com", "password": PASSWORD})["user"]
    walk.door(browser, "POST", "/v1/links", {"link": link}, 403)
    walk.operator("POST", A + "/invitations", status=409)
    return user


def second_factor(walk, browser, user):
    totp = "/v1/session/totp"
    walk.door(browser, "GET", totp)
    walk.door(browser, "POST", totp, {"password": OTHER}, 403)
    uri = walk.door(browser, "POST", totp, {"password": PASSWORD})["uri"]
    walk.door(browser, "POST", totp + "/confirmation", {"code": "12345"}, 403)
    walk.door(browser, "POST", totp + "/confirmation", {"code": kit.code(uri)})
    walk.door(browser, "POST", totp, {"password": PASSWORD}, 409)
    spare = walk.door(browser, "POST", totp + "/recovery-codes", {"password": PASSWORD})["recovery_codes"][0]
    who = {"account": "Acme", "name": "olga@example.com", "password": PASSWORD}
    walk.door(browser, "POST", "/v1/session", who, 401)
    walk.door(browser, "POST", "/v1/session", {**who, "code": kit.code(uri, 1)})
    entered = walk.door(browser, "POST", "/v1/session", {**who, "code": spare})
    assert entered["recovery_codes_left"] == 9, entered
    walk.door(browser, "POST", totp + "/removal", {"password": PASSWORD})
    walk.door(browser, "POST", totp + "/removal", {"password": PASSWORD}, 404)
    uri = walk.door(browser, "POST", totp, {"password": PASSWORD})["uri"]
    walk.door(browser, "POST", totp + "/confirmation", {"code": kit.code(uri)})
    walk.operator("DELETE", A + "/users/{user}/totp", {"user": user}, status=403)
    walk.operator("POST", A + "/users/{user}/invitations", {"user": user}, status=403)
    walk.owner("DELETE", A + "/users/{user}/totp", {"user": user})
    walk.owner("DELETE", A + "/users/{user}/totp", {"user": user}, status=404)


def provider(walk, browser, user):
    """There is none that answers here: tests/e2e/oidc goes to one."""
    values = {"account": "Acme"}
    subject = A + "/users/{user}/subject"
    walk.admin("PUT", subject, {"user": user}, {"subject": "sub-1"}, status=403)  # an owner is not theirs to change
    walk.owner("PUT", subject, {"user": user}, {"subject": "sub-1"}, status=404)
    setting = {"issuer": "https://id.example.org", "client_id": "lethe", "client_secret": "hush", "adds": "agent"}
    walk.admin("PUT", A + "/sso", body=setting, status=403)  # who says who is an owner is an owner's to say
    shown = walk.owner("PUT", A + "/sso", body=setting)
    assert shown == {**setting, "client_secret": True}, shown
    walk.owner("PUT", A + "/sso", body={**setting, "issuer": "http://id.example.org"}, status=400)
    walk.owner("PUT", A + "/sso", body={**setting, "adds": "owner"}, status=400)
    walk.owner("PUT", subject, {"user": user}, {"subject": "sub-1"})
    walk.owner("DELETE", subject, {"user": user})
    assert walk.admin("GET", A + "/sso") == shown
    walk.admin("DELETE", A + "/sso", status=403)
    assert walk.owner("DELETE", A + "/sso")["issuer"] is None
    walk.door(browser, "GET", "/v1/session/oidc/{account}", status=404, values=values)
    walk.door(browser, "GET", "/v1/session/oidc/{account}/callback", status=404, values=values)


def doors(walk):
    browser = kit.Browser(walk.client)
    user = links(walk, browser)
    second_factor(walk, browser, user)
    provider(walk, browser, user)
    walk.door(browser, "GET", "/v1/session")
    walk.door(browser, "PUT", "/v1/session/password", {"present": OTHER, "password": THIRD}, 403)
    walk.door(browser, "PUT", "/v1/session/password", {"present": PASSWORD, "password": "short"}, 400)
    walk.door(browser, "PUT", "/v1/session/password", {"present": PASSWORD, "password": THIRD})
    who = {"account": "Acme", "name": "olga@example.com", "password": THIRD}
    walk.door(kit.Browser(walk.client), "POST", "/v1/session", {**who, "password": OTHER}, 401)
    walk.door(kit.Browser(walk.client), "POST", "/v1/session", {"name": "olga@example.com", "password": THIRD}, 400)
    for _ in range(2):
        walk.door(kit.Browser(walk.client), "POST", "/v1/session", who)
    found = walk.door(browser, "GET", "/v1/sessions")["sessions"]
    walk.door(browser, "DELETE", "/v1/sessions/{session}", values={"session": found[1]["id"]})
    walk.door(browser, "DELETE", "/v1/sessions/{session}", values={"session": found[1]["id"]}, status=404)
    walk.door(browser, "DELETE", "/v1/sessions/{session}", values={"session": "x"}, status=404)
    walk.owner("DELETE", A + "/users/{user}/sessions/{end}", {"user": user, "end": found[2]["id"]})
    walk.door(browser, "DELETE", "/v1/sessions")
    walk.door(browser, "GET", "/v1/session", status=401)
    walk.door(browser, "POST", "/v1/session", who)
    walk.door(browser, "DELETE", "/v1/session")


def tokens(walk):
    made = walk.admin("POST", A + "/tokens", body={"name": "t1", "role": "admin", "scopes": "hold.read", "expires": "9 days"})
    walk.admin("POST", A + "/tokens", body={"name": "t2", "role": "owner"}, status=403)
    walk.admin("GET", A + "/tokens")
    assert walk.admin("GET", A + "/tokens/{token}", {"token": made["id"]})["name"] == "t1"
    walk.admin("DELETE", A + "/tokens/{token}", {"token": made["id"]})
    walk.admin("DELETE", A + "/tokens/{token}", {"token": made["id"]})
    made = walk.operator("POST", "/v1/tokens", body={"name": "t3", "expires": "unlimited"})
    walk.operator("GET", "/v1/tokens")
    walk.operator("GET", "/v1/tokens/{token}", {"token": made["id"]})
    walk.operator("GET", "/v1/tokens/{token}", {"token": kit.SAMPLE["token"]}, status=404)
    walk.operator("DELETE", "/v1/tokens/{token}", {"token": made["id"]})


def webhooks(walk):
    made = walk.admin("POST", A + "/webhooks", body={"url": "https://hooks.example.com/a", "events": "person.*,hold.added"})
    walk.admin("POST", A + "/webhooks", body={"url": "https://127.0.0.1/a"}, status=403)
    walk.admin("POST", A + "/webhooks", body={"url": "http://hooks.example.com/a"}, status=400)
    hook = {"webhook": made["id"]}
    walk.admin("GET", A + "/webhooks")
    walk.admin("DELETE", A + "/webhooks/{webhook}/enabled", hook)
    walk.admin("PUT", A + "/webhooks/{webhook}/enabled", hook)
    walk.admin("DELETE", A + "/webhooks/{webhook}/enabled", hook)
    walk.admin("POST", A + "/webhooks/{webhook}/secrets", hook, {"at_once": True})
    walk.admin("GET", A + "/webhooks/{webhook}", hook)
    test = walk.admin("POST", A + "/webhooks/{webhook}/tests", hook)
    walk.admin("GET", A + "/webhooks/{webhook}/deliveries", hook)
    walk.admin("GET", A + "/webhooks/{webhook}/deliveries", hook, query={"before": test["event"], "limit": 3})
    walk.admin("POST", A + "/webhooks/{webhook}/replays", hook, {"event": test["event"]})
    walk.admin("POST", A + "/webhooks/{webhook}/replays", hook, {"event": "evt_" + kit.NOWHERE}, status=404)
    walk.admin("DELETE", A + "/webhooks/{webhook}", hook)
    walk.admin("DELETE", A + "/webhooks/{webhook}", hook, status=404)


def log(walk):
    leaves = walk.admin("GET", A + "/audit", query={"from": 0, "limit": 5})
    assert leaves["leaves"], leaves
    events = walk.admin("GET", A + "/events", query={"limit": 3})["events"]
    walk.admin("GET", A + "/events/{event}", {"event": events[0]["id"]})
    walk.admin("GET", A + "/events/{event}", {"event": kit.SAMPLE["event"]}, status=404)
    walk.admin("GET", A + "/events", query={"after": events[2]["id"], "limit": 1000})
    walk.admin("GET", A + "/events", query={"after": "nothing"}, status=400)
    walk.operator("GET", "/v1/audit", query={"from": 0, "limit": 5})
    walk.operator("GET", "/v1/audit/{seq}/proof", {"seq": 3})
    walk.operator("GET", "/v1/audit/{seq}/proof", {"seq": 999999999}, status=404)
    walk.operator("POST", "/v1/audit/verifications")
    walk.operator("POST", "/v1/keys/rotations", body={"every": 9})
    walk.operator("GET", "/v1/keys")
    checked = walk.operator("POST", "/v1/checks", body={"quick": True})
    assert checked["problems"] == 0, checked


def terms(walk):
    walk.admin("GET", A + "/audit/terms")
    walk.admin("PUT", A + "/audit/terms/{term}", {"term": "access"}, {"keep": "120 days"})
    walk.admin("PUT", A + "/audit/terms/{term}", {"term": "access"}, {"keep": "1 day"}, status=400)


def ends(walk, person, ids):
    walk.admin("POST", A + "/records/{record}/anonymisation", {"record": ids["call"][0]})
    walk.admin("GET", A + "/records/{record}", {"record": ids["call"][0]}, status=404)
    erased = walk.admin("POST", A + "/persons/{person}/erasure", {"person": person["id"]}, {"reference": "REQ-1"})
    assert erased["left"] == 0, erased
    walk.admin("POST", A + "/persons/{person}/erasure", {"person": person["id"]}, status=404)
    other = walk.admin("POST", A + "/persons/search", body={"who": "+4520000001"})["persons"][0]
    walk.admin("POST", A + "/persons/{person}/anonymisation", {"person": other["id"]}, {"reference": "REQ-2"})
    walk.admin("GET", A + "/aggregates")
    walk.admin("GET", A + "/aggregates", query={"kind": "call"})
    walk.admin("GET", A + "/erasures")
    walk.admin("GET", A + "/erasures/{job}/receipt", {"job": erased["job"]})
    contact = {"contact": person["contacts"][0]}
    walk.admin("GET", A + "/contacts/{contact}", contact, status=404)


# ---- what is refused, of every resource alike


def refused(walk, operation, scoped):
    """Each is refused before anything is done: what is in the path is not there."""
    ask, role = walk.client.ask, "operator" if operation.permission in OPERATORS else "owner"
    values, query, body = operation.values(), operation.needed_query(), operation.needed_body()

    def expect(status, token, values, query, body, field=None):
        answer = ask(operation.method, operation.target(values, query), body, token)
        if answer.status != status:
            walk.description.note(operation, answer, f"not {status}\n{answer.body.decode()[:1000]}")
            return
        problem = walk.description.judge(operation, answer)
        if field is not None and problem.get("field") != field:
            walk.description.note(operation, answer, f"it does not name {field}: {problem}")

    expect(400, walk.tokens[role], values, {**query, UNKNOWN: "1"}, body, UNKNOWN)
    expect(403, scoped["hold.read" if operation.permission == "webhook.manage" else "webhook.manage"], values, query, body)
    if operation.in_account:
        expect(404, walk.tokens["owner"], {**values, "account": "Other"}, query, body)
    if operation.body is not None:
        expect(400, walk.tokens[role], values, query, {**body, UNKNOWN: 1}, UNKNOWN)
        expect(400, walk.tokens[role], values, query, b"{")
        expect(400, walk.tokens[role], values, query, b"[]")
        for name in operation.body.get("required", []):
            expect(400, walk.tokens[role], values, query, {**body, name: {}}, name)
            expect(400, walk.tokens[role], values, query, {k: v for k, v in body.items() if k != name}, name)


# What is done and is in conflict with nothing. All that only looks is besides: GETs, and the POSTs of LOOKS.
NO_CONFLICT = {
    "POST /v1/session": "whoever knows the password may sign in as often as they like",
    "DELETE /v1/session": "who asks is signed in with it, or is nobody: 401",
    "DELETE /v1/sessions": "ends those there are, none too",
    "DELETE /v1/sessions/{session}": "is there, or is not: 404",
    "PUT /v1/session/password": "is decided by the password there is: 403",
    "POST /v1/session/totp/confirmation": "is decided by the code: 403",
    "POST /v1/session/totp/recovery-codes": "is decided by the password: 403",
    "POST /v1/session/totp/removal": "is on, or is not: 404",
    "POST /v1/links": "only looks",
    "POST /v1/checks": "looks at what there is, whatever that is, and beside others",
    "POST /v1/links/use": "a link that was used is none: 403",
}


def conflicts(walk):
    """Each operation has been seen to refuse what is in conflict with what is there, or cannot be in conflict."""
    known = {**walk.description.operations, **walk.description.doors}
    can = {name for name, operation in known.items()
           if operation.method != "GET" and operation.path not in LOOKS and name not in NO_CONFLICT}
    for name in sorted(can - walk.conflicts):
        walk.description.wrong.append(f"{name}: was never refused as in conflict: 409, 412 or 428. Have it refused in "
                                      "tests/e2e/api/every.py, or say in NO_CONFLICT why it cannot be")
    for name in sorted(set(NO_CONFLICT) & walk.conflicts | set(NO_CONFLICT) - set(known)):
        walk.description.wrong.append(f"{name}: is in NO_CONFLICT of tests/e2e/api/every.py, and is in conflict or not there")


def take(step, walk, known):
    """What a step stumbles over is noted, and the next one taken."""
    try:
        step(walk, **{name: known[name] for name in inspect.signature(step).parameters if name != "walk"})
    except (AssertionError, KeyError, TypeError, IndexError):
        walk.description.wrong.append(f"{step.__name__}: {traceback.format_exc(limit=-2)[:3000]}")


ELSEWHERE = {"GET /v1/session/oidc/{account}", "GET /v1/session/oidc/{account}/callback"}  # tests/e2e/oidc
# POSTs that take no key: what only looks can be asked again, and what lets somebody in is kept nowhere.
LOOKS = {A + "/persons/search", A + "/identities/search", A + "/retention/plan", A + "/settings/{setting}/plan", A + "/holds/preview"}
OPERATORS = {"account.create", "account.list", "vault.operate"}


def keys_after_a_restart(walk):
    """No key is forgotten: what was done is answered as it was, or, if somebody was erased since, said to be done."""
    posts = {name for name, operation in walk.description.operations.items() if operation.method == "POST" and operation.path not in LOOKS}
    missing = posts - {operation.name for operation, _, _ in walk.keyed}
    if missing:
        walk.description.wrong.append("takes no Idempotency-Key: " + ", ".join(sorted(missing)))
    with kit.Daemon() as daemon:
        walk.client = kit.Client(daemon.port)
        return sum(walk.again(*asked, lost={"/problems/idempotency-key-spent"}) for asked in walk.keyed)


def keys_are_as_described(walk):
    """Of each POST the description says whether it takes a key, only looks, or refuses one; and so it is."""
    for operation in {**walk.description.operations, **walk.description.doors}.values():
        if operation.method != "POST":
            continue
        said = operation.what.get("x-lethe-idempotency")
        wanted = "refused" if operation.permission is None else "looks" if operation.path in LOOKS else "key"
        takes = any(part["name"] == "Idempotency-Key" for part in operation.parameters)
        if said != wanted or takes != (wanted == "key"):
            walk.description.wrong.append(f"{operation.name}: its keys are {said}, not {wanted}; as a parameter: {takes}")
        if operation.permission is None:
            browser = kit.Browser(walk.client)
            browser.headers = {"Idempotency-Key": "door"}
            answer = browser.ask("POST", operation.target({}), operation.needed_body())
            if (answer.status, answer.json.get("field")) not in ((400, "Idempotency-Key"), (401, None)):
                walk.description.note(operation, answer, f"a key is not refused\n{answer.body.decode()[:500]}")
    search, body = walk.description.find("POST", A + "/persons/search"), {"who": "+4520000009"}
    for _ in range(2):
        answer = walk.client.ask("POST", search.target({"account": "Acme"}), body, walk.tokens["admin"], {"Idempotency-Key": "looks"})
        if answer.headers["Idempotency-Replayed"]:
            walk.description.note(search, answer, "an answer of what only looks was kept")


def main():
    tokens_by_role = kit.make_vault()
    ids = kit.records_of(kit.ASTRID)
    scoped = {scope: kit.token(f"scoped-{scope}", "--account", "Acme", "--role", "admin", "--scopes", scope)
              for scope in ("webhook.manage", "hold.read")}
    with kit.Daemon() as daemon:
        client = kit.Client(daemon.port)
        description = kit.Description(client)
        walk = Walk(client, description, tokens_by_role)
        person = {}
        for step in (persons, accounts, laws, policies, obligations, users, jobs, doors, tokens, webhooks, log, sweeps, identities, contacts, readmission, lines, records, holds,
                     ends, terms):
            take(step, walk, {"person": person, "ids": ids})
        for operation in description.operations.values():
            refused(walk, operation, scoped)
        keys_are_as_described(walk)
        conflicts(walk)
        missing = sorted({*description.operations, *description.doors} - walk.done - ELSEWHERE)
        if missing:
            description.verdict()
            kit.fail("no test succeeds with: " + ", ".join(missing) + "\nadd them to tests/e2e/api/every.py")
    if len(walk.anew) > ANEW_MAX:
        description.wrong.append(f"asked again with their ETag these were not 304: {sorted(walk.anew)}")
    if sys.argv[1:2] == ["--examples"]:
        walk.examples.write(sys.argv[2])
    description.wrong += walk.log.wrong()
    kept = keys_after_a_restart(walk)
    description.wrong += examples_of.check(description)
    description.verdict()
    print(f"# {len(walk.done)} resources, {len(walk.conflicts)} in conflict, {len(walk.keyed)} keys, {kept} answers still kept")


if __name__ == "__main__":
    sys.exit(main())
