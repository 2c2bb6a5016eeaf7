# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Bodies that schemathesis cannot make from a schema, for fuzz.py: lines, call records and sounds, from whole ones to any bytes.
import itertools
import json
import os
import re

import schemathesis
from hypothesis import strategies as st

NUMBERS = st.sampled_from(["+4520000289", "20 00 02 89", "+45", "", "ann@example.com", 7, None, {"phone": "+4520000001", "name": "Ann"}])
TIMES = st.sampled_from(["2026-01-05T10:00:00Z", "2026-01-05 10:00", "2036-02-30T10:00:00Z", "", 0])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3))
KINDS = st.sampled_from(["call", "recording", "message", "chat", "contact", "note", "nothing"])


def line(value):
    return json.dumps(value).encode()


WHOLE = st.fixed_dictionaries({"type": KINDS, "id": st.text(min_size=1, max_size=8), "time": TIMES},
                              optional={"from": NUMBERS, "to": NUMBERS, "name": st.text(max_size=20), "phones": st.lists(NUMBERS, max_size=2),
                                        "tags": st.lists(st.text(max_size=9), max_size=3), "duration": VALUES, "turns": VALUES})
STRANGE = st.dictionaries(st.text(max_size=9), VALUES, max_size=4)
LINE = st.one_of(WHOLE.map(line), STRANGE.map(line), st.binary(max_size=60))
LINES = st.lists(LINE, max_size=6).flatmap(lambda lines: st.sampled_from([b"\n", b"\r\n", b"\n\n"]).map(lambda end: end.join(lines)))
ROW = st.lists(st.one_of(st.sampled_from(["", '"', "20000289", "2026-01-05 10:00:00", "ANSWERED", '"a,b"', "7"]), st.text(max_size=9)),
               max_size=20).map(lambda cells: ",".join(cells).encode())
ROWS = st.lists(ROW, max_size=5).map(b"\n".join)

schemathesis.openapi.media_type("application/x-ndjson", LINES, aliases=["application/jsonl"])
schemathesis.openapi.media_type("text/csv", ROWS)
schemathesis.openapi.media_type("audio/wav", st.binary(max_size=400))


@schemathesis.deserializer("application/x-ndjson")
def last_line(_context, response):
    """Each is as the schema says; the last has the sums."""
    return json.loads(response.content.splitlines()[-1])


SEEN = os.environ["FUZZ_SEEN"]


@schemathesis.hook
def after_call(_context, case, response):
    """For fuzz.py, which looks whether anything was asked at all."""
    mode = case.meta.generation.mode.value if case.meta else "chained"
    with open(SEEN, "a", encoding="utf-8") as file:
        file.write(f"{case.method} {case.path}\t{mode}\t{response.status_code}\n")


COUNT = itertools.count(1)
KEY = re.compile(r'"?[!#-\[\]-~]{1,255}"?')
ETAGS = re.compile(r'\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*')


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """A key is new each time, or all but the first would be answered as that was. What has the right form may say no wrong condition, though
    it writes some all the same."""
    headers = case.headers or {}
    if case.meta and case.meta.generation.mode.is_positive and case.query:
        case.query.pop("cursor", None)
    if isinstance(headers.get("Idempotency-Key"), str) and KEY.fullmatch(headers["Idempotency-Key"]):
        headers["Idempotency-Key"] = f"fuzz-{next(COUNT)}"
    for name in ("If-Match", "If-None-Match"):
        if case.meta and case.meta.generation.mode.is_positive and not ETAGS.fullmatch(str(headers.get(name, "*"))):
            del headers[name]
    for name in ("Content-Digest", "Repr-Digest", "Range"):
        if case.meta and case.meta.generation.mode.is_positive:
            headers.pop(name, None)  # of what is sent, or stored: made up it is of something else
