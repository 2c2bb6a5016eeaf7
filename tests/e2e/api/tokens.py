# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What is handed out to be let in by: the pattern of docs/access.md knows it, and nothing else of a daemon's answers; its
# last six characters prove that it is whole; when it was used is shown; and how often one may ask is told until it is too
# often.
import binascii
import http.client
import json
import os
import re
import sys

import kit

A = "/v1/accounts/Acme"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PASSWORD = "correct horse battery"


def pattern():
    """As the documentation gives it to a scanner."""
    with open(os.path.join(kit.TOP, "docs/access.md"), encoding="utf-8") as file:
        return re.compile(re.search(r"by the pattern `([^`]+)`", file.read())[1])


def check_of(body):
    number, text = binascii.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text


def expect(what, is_, wanted):
    if is_ != wanted:
        kit.fail(f"{what} is {is_!r}, not {wanted!r}")


def handed_out(client, tokens):
    """One of each sort, over HTTP."""
    made = client.ask("POST", A + "/tokens", {"name": "t", "role": "admin"}, tokens["owner"]).json
    link = client.ask("POST", A + "/invitations", {}, tokens["operator"]).json["link"]
    browser = kit.Browser(client)
    browser.ask("POST", "/v1/links/use", {"link": link, "name": "olga", "password": PASSWORD})
    return made, {"a": made["token"], "o": tokens["operator"], "i": link, "s": browser.cookies["lethe"]}


def recognised(client, tokens, secrets):
    known = pattern()
    for kind, secret in secrets.items():
        found = known.findall(f'config = "{secret}"; # a comment')
        expect(f"what a scanner finds of {kind}", (found, secret[6], check_of(secret[:50])), ([secret], kind, secret[50:]))
    for path in ("/v1/openapi.json", "/metrics", A + "/tokens", A + "/users", "/problems/denied"):
        text = client.ask("GET", path, token=tokens["owner"]).body.decode()
        whole = [found for found in known.findall(text) if check_of(found[:50]) == found[50:]]  # examples are not
        expect(f"what it finds in {path}", whole, [])


def used(client, tokens, made):
    """Never, until it is; by that token, and shown to whoever may see tokens."""
    def last():
        return client.ask("GET", f"{A}/tokens/{made['id']}", token=tokens["owner"]).json["last_used"]

    expect("last used", last(), None)
    expect("asking", client.ask("GET", A, token=made["token"]).status, 200)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", last() or ""):
        kit.fail(f"last used: {last()!r}")
    wrong = made["token"][:30] + ("A" if made["token"][30] != "A" else "B") + made["token"][31:]
    expect("a mistyped one", client.ask("GET", A, token=wrong).status, 401)


def revoked_while_sending(client, port, tokens, end):
    """A stream of lines that lasts: of what comes after `end` of its token nothing is taken in."""
    def line(number):
        text = {"type": "call", "id": str(number), "source": "pbx", "time": "2026-03-01T10:00:00Z", "direction": "inbound", "from": "+4520304050", "to": "+4531313131"}
        return json.dumps(text).encode() + b"\n"

    def send(*lines):
        text = b"".join(lines)
        stream.send(b"%x\r\n%b\r\n" % (len(text), text))

    made = client.ask("POST", A + "/tokens", {"name": "t", "role": "admin", "scopes": "record.write"}, tokens["owner"]).json
    stream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    stream.putrequest("POST", A + "/ingest")
    for name, value in (("Authorization", f"Bearer {made['token']}"), ("Content-Type", "application/x-ndjson"), ("Transfer-Encoding", "chunked")):
        stream.putheader(name, value)
    stream.endheaders()
    send(line(1))
    while client.ask("GET", f"{A}/tokens/{made['id']}", token=tokens["owner"]).json["last_used"] is None:
        pass  # it is let in
    end(made["id"])
    send(*(line(number) for number in range(2, 1000)))
    stream.send(b"0\r\n\r\n")
    answer = stream.getresponse()
    last = json.loads(answer.read().splitlines()[-1])
    expect("how it ended", (answer.status, last["complete"], last["problem"]["status"]), (403, False, 403))
    if last["new"] + last["known"] > 1 or "the token was revoked, or has expired" not in last["problem"]["detail"]:
        kit.fail(f"how it ended: {last}")
    stream.close()


def revoked_before_a_file_is_whole(client, port, tokens, method, at, media, body):
    made = client.ask("POST", A + "/tokens", {"name": "t", "role": "admin"}, tokens["owner"]).json
    upload = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    upload.putrequest(method, at)
    for name, value in (("Authorization", f"Bearer {made['token']}"), ("Content-Type", media), ("Content-Length", str(len(body)))):
        upload.putheader(name, value)
    upload.endheaders()
    upload.send(body[:70000])
    while client.ask("GET", f"{A}/tokens/{made['id']}", token=tokens["owner"]).json["last_used"] is None:
        pass
    expect("revoking", client.ask("DELETE", f"{A}/tokens/{made['id']}", token=tokens["owner"]).status, 200)
    upload.send(body[70000:])
    answer = upload.getresponse()
    expect("how it ended", (answer.status, "the token was revoked, or has expired" in answer.read().decode()), (403, True))
    upload.close()


def revoked_before_files_are_whole(client, port, tokens):
    record = client.ask("POST", A + "/records", {"type": "recording", "id": "r", "source": "pbx", "time": "2026-03-01T10:00:00Z", "from": "+4520304050"},
                        tokens["admin"])
    expect("a recording", record.status, 201)
    media = f"{record.headers['Location']}/media/0"
    revoked_before_a_file_is_whole(client, port, tokens, "PUT", media, "application/octet-stream", b"RIFF" + b"x" * 100000)
    expect("what is there", client.ask("GET", media, token=tokens["admin"]).status, 404)
    revoked_before_a_file_is_whole(client, port, tokens, "POST", A + "/imports", "application/x-ndjson", b" " * 100000 + b"{}\n")
    expect("its jobs", client.ask("GET", A + "/jobs", token=tokens["owner"]).json["jobs"], [])


def told_how_often(tokens):
    """Every answer says it; what is too often is 429, and nothing is done."""
    with kit.Daemon("--token-rate", "5") as daemon:
        client, left = kit.Client(daemon.port), []
        for _ in range(7):
            answer = client.ask("GET", A + "/holds", token=tokens["admin"])
            expect("the policy", answer.headers["RateLimit-Policy"], '"token";q=5;w=60')
            left.append((answer.status, int(re.search(r";r=(\d+)", answer.headers["RateLimit"])[1])))
        expect("answers", [status for status, _ in left], [200] * 5 + [429] * 2)
        expect("left", [count for _, count in left], [4, 3, 2, 1, 0, 0, 0])
        if not 1 <= int(answer.headers["Retry-After"]) <= 60:
            kit.fail(f"Retry-After: {answer.headers['Retry-After']}")
        expect("another token", client.ask("GET", A, token=tokens["owner"]).status, 200)


def main():
    tokens = kit.make_vault(samples=False)
    with kit.Daemon() as daemon:
        client = kit.Client(daemon.port)
        made, secrets = handed_out(client, tokens)
        recognised(client, tokens, secrets)
        used(client, tokens, made)
        revoked_while_sending(client, daemon.port, tokens, lambda token: client.ask("DELETE", f"{A}/tokens/{token}", token=tokens["owner"]))
        revoked_before_files_are_whole(client, daemon.port, tokens)
    told_how_often(tokens)
    print(f"# {len(secrets)} sorts")


if __name__ == "__main__":
    sys.exit(main())
