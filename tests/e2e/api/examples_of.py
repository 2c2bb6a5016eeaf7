# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The examples of the description, src/api/examples.json: of each operation a request that was done and what it answered,
# noted while tests/e2e/api/every.py walks through them. `every.py --examples FILE` writes what is missing or wrong.
import json
import os
import re

import jsonschema

LIST_MAX, TEXT_MAX = 2, 400
SECRETS = [(re.compile(r"(lethe_[aosi])[0-9A-Za-z]{49}"), r"\g<1>" + "0" * 49), (re.compile(r"whsec_[0-9A-Za-z+/]+=*"), "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"),
           (re.compile(r"(?<=secret=)[A-Z2-7]+"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), (re.compile(r'(?<="csrf": ")[^"]+'), "0" * 43),
           (re.compile(r"127\.0\.0\.1:\d+"), "lethe.example")]


def shorter(value):
    """Long lists and texts, as far as they say something."""
    if isinstance(value, list):
        return [shorter(one) for one in value[:LIST_MAX]]
    if isinstance(value, dict):
        return {name: shorter(one) for name, one in value.items()}
    return value


def harmless(value):
    text = json.dumps(value, ensure_ascii=False)
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return json.loads(text)


def valid(validator, schema, value):
    return not list(validator(schema).iter_errors(value))


class Examples:
    def __init__(self, description):
        self.description, self.found = description, {}

    def note(self, operation, values, query, body, document, answer):
        """The first that was done; a list with something in it rather than an empty one."""
        known = self.found.get(operation.name)
        if answer.status != operation.success or (known and (not self.is_empty(known.get("answer")) or self.is_empty(document))):
            return
        example = {"path": {name: str(value) for name, value in (values or {}).items() if "{" + name + "}" in operation.path},
                   "query": {name: str(value) for name, value in (query or {}).items()}}
        if isinstance(body, bytes):
            body = body.decode() if "json" in str(operation.what.get("requestBody")) else None
        if body is not None:
            example["body"] = body
        if answer.type == "application/x-ndjson":
            example["answer"] = answer.body.decode()
        elif "json" in answer.type:
            schema = self.description.response(operation, answer.status)["content"][answer.type]["schema"]
            short = shorter(document)
            example["answer"] = short if valid(self.description.validator, schema, short) else document
        elif answer.type == "text/event-stream":
            example["answer"] = answer.body.decode()[:2000].rsplit("\n\n", 1)[0] + "\n\n"
        self.found[operation.name] = harmless({name: value for name, value in example.items() if value != {}})

    @staticmethod
    def is_empty(document):
        lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
        return bool(lists) and not any(lists)

    def write(self, path):
        """Adds those that are not there. What is there and is right stays, so that little changes at a time."""
        back, callback = self.found["POST /v1/session"]["answer"], "GET /v1/session/oidc/{account}/callback"
        self.found[callback] = {"path": {"account": "Acme"}, "query": {"state": "Gd7s0v2k", "code": "4f1c2a"}, "answer": back}
        self.found["GET /v1/session/oidc/{account}"] = {"path": {"account": "Acme"}}
        stale = {text.split(":")[0] for text in check(self.description)}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.found.update({name: example for name, example in json.load(file).items()
                                   if name in self.found and name not in stale})
        with open(path, "w", encoding="utf-8") as file:
            file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(example, ensure_ascii=False)}"
                                         for name, example in sorted(self.found.items())) + "\n}\n")


# ---- what the description has


def check(description):
    """Each operation has an example of what it takes and answers, and it is as its schema says."""
    wrong, summaries = [], {}
    for operation in {**description.operations, **description.doors}.values():
        summary, text = operation.what["summary"] or "", operation.what["description"] or ""
        if summary in summaries or len(text) < 10 or re.search(r"^[a-z]|--[a-z]|`lethe |exit code", f"{summary}: {text}"):
            wrong.append(f"{operation.name}: its words are not for whoever uses HTTP, or another's: {summary}: {text}")
        summaries[summary] = operation.name
    for operation in {**description.operations, **description.doors}.values():
        wrong += [f"{operation.name}: {text}" for text in faults(description, operation)]
    return wrong


def faults(description, operation):
    content = operation.what.get("requestBody", {}).get("content", {})
    for media, body in content.items():
        if "json" not in media:
            continue
        if "example" not in body:
            yield f"no example of a request as {media}"
        elif "schema" in body and not valid(description.validator, body["schema"], body["example"]):
            yield f"the example of a request is not as its schema: {body['example']}"
    for part in operation.parameters:
        if part["in"] == "path" and "example" not in part:
            yield f"no example of {part['name']}"
    if operation.success >= 300:
        return
    for media, answer in description.response(operation, operation.success)["content"].items():
        if media not in ("application/json", "application/x-ndjson", "text/event-stream"):
            continue
        if "example" not in answer:
            yield f"no example of an answer as {media}"
            continue
        lines = answer["example"].splitlines() if media == "application/x-ndjson" else None
        documents = [json.loads(line) for line in lines] if lines is not None else [answer["example"]]
        for document in documents:
            if media != "text/event-stream" and not valid(description.validator, answer["schema"], document):
                error = jsonschema.exceptions.best_match(description.validator(answer["schema"]).iter_errors(document))
                yield f"the example of an answer is not as its schema: {error.message[:300]}"
