# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the HTTP API share: a vault of samples in the current folder, a daemon, one connection that is kept
# alive, and the OpenAPI document by which each answer is judged.
import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import struct
import subprocess
import sys
import time
import urllib.parse
import zipfile

import jsonschema

LETHE = os.environ["LETHE"]
TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
SAMPLES = os.path.join(TOP, "samples")
ASTRID = "+4520000289"
ID = re.compile(r"\b(acc|usr|tok|ses|per|con|hold|job|call|rec|vm|tr|msg|chat|form|note|doc|dlv|res)_[0-7][0-9a-z]{25}\b")
REQUEST_ID = re.compile(rb"req_[0-9a-z]{26}")


def fail(text):
    raise SystemExit(f"{sys.argv[0]}: {text}")


def lethe(*words, ok=(0, 5)):
    """What the command line says; under --json the document."""
    done = subprocess.run([LETHE, *words], capture_output=True, check=False)
    if done.returncode not in ok:
        fail(f"lethe {' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()}")
    return json.loads(done.stdout) if "--json" in words else done.stdout.decode()


# ---- the vault


def token(name, *words):
    """Makes a token at the machine and returns it."""
    path = f"{name}.token"
    lethe("token", "create", name, *words, "--out", path)
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def make_vault(samples=True):
    """Accounts Acme, with the samples, and Other; returns tokens by role."""
    lethe("init")
    for name in ("Acme", "Other"):
        lethe("account", "create", name, "--country", "DK")
    if samples:
        files = [os.path.join(SAMPLES, name) for name in sorted(os.listdir(SAMPLES)) if name.endswith(".jsonl")]
        lethe("import", "--account", "Acme", *files)
    tokens = {role: token(role, "--account", "Acme", "--role", role) for role in ("owner", "admin", "auditor")}
    tokens["operator"] = token("operator", "--operator")
    return tokens


def import_few(account):
    """The calls and the contact of one person."""
    with open("few.jsonl", "w", encoding="utf-8") as out:
        for name in ("copenhagen-calls.jsonl", "contacts.jsonl"):
            with open(os.path.join(SAMPLES, name), encoding="utf-8") as file:
                out.writelines(line for line in file if ASTRID in line)
    lethe("import", "few.jsonl", "--account", account)


def records_of(who, account="Acme"):
    """Ids of records by what they begin with: {"call": [..], ..}, from a copy of all there is on somebody."""
    path = f"{account}.zip"
    lethe("person", "export", who, "--account", account, "--out", path)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("data.json").decode()
    found = {}
    for match in ID.finditer(text):
        ids = found.setdefault(match[1], [])
        if match[0] not in ids:
            ids.append(match[0])
    return found


# ---- the daemon


class Daemon:
    """`lethe serve` on a port the system chooses."""

    def __init__(self, *words):
        self.log = open("serve.log", "w+b")
        limits = [word for rate in ("--token-rate", "--address-rate") if rate not in words for word in (rate, "1000000")]
        self.process = subprocess.Popen(
            [LETHE, "serve", "--listen", "127.0.0.1:0", *limits, *words],
            stderr=self.log, stdin=subprocess.DEVNULL)
        self.port = self.wait_for_port()

    def wait_for_port(self):
        while True:
            with open("serve.log", encoding="utf-8") as log:
                found = re.search(r'"event":"serve.listening","port":(\d+)', log.read())
            if found:
                return int(found[1])
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            with open("serve.log", encoding="utf-8") as log:
                fail("the daemon did not begin:\n" + log.read())

    def stop(self):
        self.process.terminate()
        code = self.process.wait(60)
        self.log.close()
        if code != 0:
            fail(f"the daemon ended with {code}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body
        self.type = response.headers.get_content_type()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def documents(self):
        """One, or one of each line."""
        return [json.loads(line) for line in self.body.splitlines()] if self.type == "application/x-ndjson" else [self.json]

    @property
    def same(self):
        """The answer without what differs by request."""
        return self.status, self.type, REQUEST_ID.sub(b"req_", self.body)


class Client:
    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method, target, body=None, token=None, headers=None):
        """`body` is what is sent as JSON, or bytes that are sent as they are."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        for again in (True, False):
            try:
                self.connection.request(method, target, body, sent)
                response = self.connection.getresponse()
                return Answer(response, response.read())
            except (http.client.RemoteDisconnected, ConnectionError):
                self.connection.close()
                if not again:
                    raise
        return None


# ---- people


def code(uri, step=0):
    """What a program of somebody else shows: now, or so many times 30 seconds later."""
    query = urllib.parse.parse_qs(urllib.parse.urlparse(uri).query)
    count = struct.pack(">Q", int(time.time()) // 30 + step)
    mac = hmac.new(base64.b32decode(query["secret"][0]), count, hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start:start + 4])[0] & 0x7fffffff) % 10 ** 6:06}"


class Browser:
    """Keeps the cookie of a session, and its second text."""

    def __init__(self, client):
        self.client, self.cookies, self.csrf, self.headers = client, {}, None, {}

    def ask(self, method, target, body=None):
        headers = {**self.headers, "Sec-Fetch-Site": "same-origin", "Origin": f"http://127.0.0.1:{self.client.port}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf:
            headers["X-Lethe-CSRF"] = self.csrf
        answer = self.client.ask(method, target, body, headers=headers)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        if answer.status < 300:
            self.csrf = answer.json.get("csrf") or self.csrf
        return answer


# ---- what the description says


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or datetime.date.fromisoformat(value) is not None


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        raise ValueError("not RFC 3339 in UTC")
    return datetime.datetime.fromisoformat(value[:19]) is not None


# What a client reads. Others (Cache-Control, Content-Security-Policy ..) are for browsers and caches.
TOLD_HEADERS = ("Accept-Ranges", "Allow", "Content-Disposition", "Content-Range", "ETag", "Idempotency-Replayed", "Lethe-Partly", "Link", "Location",
                "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After", "Set-Cookie", "WWW-Authenticate", "X-Request-Id")


class Operation:
    def __init__(self, path, method, what):
        self.path, self.method, self.what = path, method.upper(), what
        self.name = f"{self.method} {path}"
        self.permission = what.get("x-lethe-permission")  # None: a door, by which people come in
        self.parameters = what.get("parameters", [])
        self.in_account = "{account}" in path
        content = what.get("requestBody", {}).get("content", {})
        self.body = content.get("application/json", {}).get("schema")
        self.success = next(int(status) for status in what["responses"] if status[0] in "23")

    def target(self, values, query=None):
        """Its path with values for what stands in braces."""
        path = re.sub(r"\{(\w+)\}", lambda match: urllib.parse.quote(str(values[match[1]]), safe=""), self.path)
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def values(self):
        """Something for each part of the path: well formed, and of nothing that is there."""
        return {part["name"]: sample(part["name"], part["schema"]) for part in self.parameters if part["in"] == "path"}

    def needed_query(self):
        return {part["name"]: sample(part["name"], part["schema"]) for part in self.parameters
                if part["in"] == "query" and part["required"]}

    def needed_body(self):
        if self.body is None:
            return None
        return {name: sample(name, self.body["properties"][name]) for name in self.body.get("required", [])}


NOWHERE = "01h455vb4pex5vsknk084sn02q"
SAMPLE = {"account": "Acme", "person": f"per_{NOWHERE}", "contact": f"con_{NOWHERE}", "record": f"call_{NOWHERE}",
          "hold": f"hold_{NOWHERE}", "job": f"job_{NOWHERE}", "ended": f"acc_{NOWHERE}", "user": f"usr_{NOWHERE}", "token": f"tok_{NOWHERE}", "webhook": f"whk_{NOWHERE}", "event": f"evt_{NOWHERE}",
          "identity": 999999999, "label": 999999999,
          "url": "https://hooks.example.com/a",
          "end": f"ses_{NOWHERE}", "policy": "call=90 days", "keep": "90 days", "country": "DK", "clock": "C1",
          "profile": "justcall", "setting": "warn_days", "code": "DE-AO-147", "date": "2027-03-01", "zone": "UTC"}


def sample(name, schema):
    """A value that is well formed."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "integer":
        return 2027 if name == "year" else SAMPLE.get(name, 1)
    if kind == "boolean":
        return False
    if kind == "array":
        return [sample(name, schema["items"])]
    if schema.get("format") == "date":
        return "2026-01-02"
    return str(SAMPLE.get(name, "sample"))


class Description:
    def __init__(self, client):
        self.document = client.ask("GET", "/v1/openapi.json").json
        self.operations, self.doors = {}, {}
        for path, methods in self.document["paths"].items():
            for method, what in methods.items():
                operation = Operation(path, method, what)
                (self.operations if operation.permission else self.doors)[operation.name] = operation
        self.validators, self.wrong = {}, []

    def find(self, method, path):
        try:
            return {**self.operations, **self.doors}[f"{method} {path}"]
        except KeyError:
            return fail(f"no resource answers {method} {path}")

    def response(self, operation, status):
        responses = operation.what["responses"]
        found = responses.get(str(status)) or responses["default"]
        if "$ref" in found:
            found = self.document["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
        return found

    def validator(self, schema):
        text = json.dumps(schema)
        if text not in self.validators:
            whole = {**schema, "components": self.document["components"]}
            self.validators[text] = jsonschema.Draft202012Validator(whole, format_checker=FORMATS)
        return self.validators[text]

    def note(self, operation, answer, text):
        """Something is wrong; the test goes on, so that one run tells all."""
        self.wrong.append(f"{operation.name} answered {answer.status}: {text}")

    def verdict(self):
        if self.wrong:
            fail("\n\n".join(["what was answered is not what was wanted:", *self.wrong]))

    def header(self, told):
        return self.document["components"]["headers"][told["$ref"].rsplit("/", 1)[1]]

    def agree(self, operation, answer):
        """The status is one that is named, the body of a type that is, and so are its headers that an integrator goes by."""
        status = str(answer.status)
        if status not in operation.what["responses"]:
            self.note(operation, answer, "the description names no such status there")
            return
        response = self.response(operation, answer.status)
        content = response.get("content", {})
        if bool(answer.body) != bool(content) or (content and not {answer.type, "*/*"} & set(content)):
            self.note(operation, answer, f"{len(answer.body)} bytes of {answer.type}, where {list(content)} is described")
        told = {name: self.header(part) for name, part in response.get("headers", {}).items()}
        for name in TOLD_HEADERS:
            value = answer.headers[name]
            if value is not None and name not in told and (name, answer.status // 100) != ("Set-Cookie", 4):  # one that ends
                self.note(operation, answer, f"{name}: {value} is not described")
        for name, header in told.items():
            value = answer.headers[name]
            if value is None and header["required"]:
                self.note(operation, answer, f"there is no {name}")
            if value is not None and not re.search(header["schema"].get("pattern", ""), value):
                self.note(operation, answer, f"{name}: {value} is not as described")

    def judge(self, operation, answer):
        """The document of an answer, which is as it is described."""
        self.agree(operation, answer)
        content = self.response(operation, answer.status)["content"]
        if "schema" not in content.get(answer.type, content.get("*/*", {})):
            self.note(operation, answer, f"no schema is for {answer.type}\n{answer.body[:400]!r}")
            return None
        if "json" not in answer.type:
            return answer.body  # a file
        content = {**content, answer.type: content.get(answer.type, content.get("*/*", {}))}
        if answer.type == "application/x-ndjson":
            return [self.hold(operation, answer, json.loads(line), content) for line in answer.body.splitlines()]
        document = self.hold(operation, answer, answer.json, content)
        if answer.status >= 400 and document["status"] != answer.status:
            self.note(operation, answer, f"the problem says {document['status']}")
        return document

    def hold(self, operation, answer, document, content):
        """It against its schema."""
        errors = list(self.validator(content[answer.type]["schema"]).iter_errors(document))
        if errors:
            worst = jsonschema.exceptions.best_match(errors)
            self.note(operation, answer, f"at {worst.json_path}: {worst.message[:600]}")
        return document
