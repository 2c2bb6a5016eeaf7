# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every example of docs/api.md, and the code of docs/webhooks.md: commands are run as they stand there, against a daemon, and must succeed; documents have
# the members that the description says. What stands for something in the text (an id, a port) is what is there.
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time

import kit

PORT = "127.0.0.1:7411"
# Answers of 400 and more fail, as whoever types it sees.
SHELL = 'set -euo pipefail; curl() { command curl -sS --fail-with-body "$@"; }; lethe() { "$LETHE" "$@"; }\n'
DOCUMENTS = ("Problem", "Event", "TakenLine")


def blocks(page="docs/api.md", code=False):
    """The indented blocks, each with the number of its first line. In code an empty line ends none."""
    found, block, first = [], [], 0
    with open(os.path.join(kit.TOP, page), encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
        for number, (line, after) in enumerate(zip([*lines, ""], [*lines[1:], "", ""]), 1):
            if line.startswith("    ") or (code and block and not line and after.startswith("    ")):
                first = first if block else number
                block.append(line[4:])
            elif block:
                found.append((first, block))
                block = []
    return found


def prepare():
    """What the examples take for granted: a user, lines to import, a sound; a recording without its media."""
    kit.lethe("init")
    kit.lethe("account", "create", "Acme", "--country", "DK")
    kit.import_few("Acme")
    with open("recording.jsonl", "w", encoding="utf-8") as file:
        json.dump({"type": "recording", "id": "r1", "time": "2026-01-02T10:00:00Z", "from": kit.ASTRID, "duration": 1}, file)
    kit.lethe("import", "recording.jsonl", "--account", "Acme")
    kit.lethe("user", "add", "anna@example.org", "--role", "admin", "--account", "Acme")
    with open("password", "w", encoding="ascii") as file:
        file.write("correct horse battery\n")
    kit.lethe("user", "password", "anna@example.org", "--password-file", "password", "--account", "Acme")
    shutil.copy("few.jsonl", "calls.jsonl")
    shutil.copy(os.path.join(kit.SAMPLES, "Master.csv"), "Master.csv")
    folder = os.path.join(kit.SAMPLES, "audio")
    sounds = [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names if name.endswith(".wav")]
    shutil.copy(min(sounds, key=os.path.getsize), "call.wav")
    person = kit.lethe("person", "show", kit.ASTRID, "--account", "Acme", "--json")
    return {"per_": person["id"], "rec_": kit.records_of(kit.ASTRID)["rec"][0]}


def real(text, things, daemon):
    """The text with what is there in place of what stands for it."""
    for prefix, value in things.items():
        text = re.sub(prefix + r"[0-9a-z]+\.\.", value, text)
    if daemon is None:
        return text
    text = text.replace(PORT, f"127.0.0.1:{daemon.port}").replace("https://lethe.example", f"http://127.0.0.1:{daemon.port}")
    if "If-Match" in text:
        with open("dialler.token", encoding="ascii") as file:
            account = kit.Client(daemon.port).ask("GET", "/v1/accounts/Acme", token=file.read().strip())
        text = re.sub(r'If-Match: "[^"]+"', f"If-Match: {account.headers['ETag']}", text)
    return text


def run(first, text):
    done = subprocess.run(["bash", "-c", SHELL + text], capture_output=True, check=False)
    if done.returncode != 0:
        kit.fail(f"docs/api.md:{first}: this ended with {done.returncode}:\n{text}\n"
                 f"{done.stdout.decode(errors='replace')[:2000]}\n{done.stderr.decode()[:2000]}")


def known_members(description, document):
    """Is there a document of the description that has all these members?"""
    schemas = description.document["components"]["schemas"]

    def members(schema):
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
        found = set(schema.get("properties", ()))
        for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            found |= members(part)
        return found

    return any(set(document) <= members(schemas[name]) for name in DOCUMENTS)


def check_documents(first, block, description):
    text = re.sub(r"\{\.\.\}", "{}", "\n".join(block))
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        if not known_members(description, document):
            kit.fail(f"docs/api.md:{first}: no document has these members: {sorted(document)}")


# ---- docs/webhooks.md: who has no library verifies like this

SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()
BODY = '{"type":"webhook.test"}'


def delivery(at, key=SECRET, body=BODY):
    """Headers as Standard Webhooks has them, with an older secret's signature before the one that counts."""
    stamp = str(int(at))
    mac = hmac.new(base64.b64decode(key[6:]), f"evt_1.{stamp}.{body}".encode(), hashlib.sha256).digest()
    both = "v1," + base64.b64encode(bytes(32)).decode() + " v1," + base64.b64encode(mac).decode()
    return {"webhook-id": "evt_1", "webhook-timestamp": stamp, "webhook-signature": both}


def deliveries():
    """(headers, is it genuine)."""
    now, other = time.time(), "whsec_" + base64.b64encode(b"another key altogether..").decode()
    return [(delivery(now), True), (delivery(now, key=other), False), (delivery(now, body=BODY + " "), False),
            (delivery(now - 600), False), (delivery(now + 600), False)]


SHOWS = {
    "import": ("python3", "import json, sys\nprint(json.dumps([is_from_lethe(%s, headers, %s.encode()) for headers in json.load(sys.stdin)]))"),
    "const": ("node", 'let all = JSON.parse(require("node:fs").readFileSync(0));\nconsole.log(JSON.stringify(all.map((h) => isFromLethe(%s, h, %s))));'),
}


def verify_deliveries():
    """The code of docs/webhooks.md, in each of its languages, takes what is genuine and nothing else."""
    cases, shown = deliveries(), 0
    for first, block in blocks("docs/webhooks.md", code=True):
        program, call = SHOWS.get(block[0].split()[0], (None, None))
        if program is None:
            continue
        script = "\n".join(block) + "\n" + call % (json.dumps(SECRET), json.dumps(BODY))
        flag = "-c" if program == "python3" else "-e"
        done = subprocess.run([program, flag, script], input=json.dumps([headers for headers, _ in cases]), capture_output=True, text=True, check=False)
        if done.returncode != 0 or json.loads(done.stdout) != [genuine for _, genuine in cases]:
            kit.fail(f"docs/webhooks.md:{first}: {done.stdout} {done.stderr[:2000]}")
        shown += 1
    if shown != len(SHOWS):
        kit.fail(f"docs/webhooks.md verifies in {shown} languages")


def run_all(things, daemons):
    """The daemon is begun where the text begins it."""
    daemon, commands, documents = None, 0, []
    for first, block in blocks():
        if block[0].startswith("{"):
            documents.append((first, block))
            continue
        part = []
        for line in block:
            if line.startswith("lethe serve"):
                run(first, real("\n".join(part), things, daemon))
                part, daemon = [], kit.Daemon()
                daemons.append(daemon)
                shutil.copy("dialler.token", "admin.token")
            else:
                part.append(line)
        run(first, real("\n".join(part), things, daemon))
        commands += 1
    description = kit.Description(kit.Client(daemon.port))
    for first, block in documents:
        check_documents(first, block, description)
    daemon.stop()
    print(f"# {commands} blocks of commands, {len(documents)} of documents")


def main():
    verify_deliveries()
    daemons = []
    try:
        run_all(prepare(), daemons)
    finally:
        for daemon in daemons:
            daemon.process.kill()


if __name__ == "__main__":
    sys.exit(main())
