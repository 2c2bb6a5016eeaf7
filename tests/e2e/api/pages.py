# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every list that takes a cursor, page by page while rows come and go at random: each row that stays is on one page, once, and
# none that has gone is shown. A list that is not walked through here fails the test. LONG=1: more walks, of another seed each time.
import os
import random
import sys

import kit

A = "/v1/accounts/{account}"
PAGE = 2
PASSWORD = "correct horse battery"
LONG = bool(os.environ.get("LONG"))
WALKS = 10 if LONG else 1
SEED = random.randrange(1 << 32) if LONG else 7
COME_MAX = 5  # of one walk: it has to end


class Lists:
    def __init__(self, client, tokens):
        self.client, self.tokens, self.count, self.wrong = client, tokens, 0, []
        self.laws = [law["code"] for law in self.ask("GET", "/v1/obligations")["obligations"]]

    def ask(self, method, path, body=None, headers=None):
        role = "owner" if "/accounts/Acme" in path else "operator"
        answer = self.client.ask(method, path.replace("{account}", "Acme"), body, self.tokens[role], headers)
        if answer.status >= 300:
            kit.fail(f"{method} {path}: {answer.status} {answer.body.decode()[:600]}")
        return answer.json

    def number(self):
        self.count += 1
        return self.count

    # ---- things that come

    def post(self, path, body=None, headers=None):
        return self.ask("POST", path.replace("{account}", "Acme"), body, headers)

    def erasure(self):
        n = self.number()
        self.post(A + "/contacts", {"id": f"c{n}", "source": "s", "name": f"N {n}", "phones": [f"+452001{n:04}"]})
        person = self.post(A + "/persons/search", {"who": f"+452001{n:04}"})["persons"][0]["id"]
        return self.post(f"{A}/persons/{person}/erasure")

    def account(self):
        return self.post("/v1/accounts", {"name": f"Account {self.number()}", "country": "DK"})

    def contact(self):
        n = self.number()
        return self.post(A + "/contacts", {"id": f"c{n}", "source": "s", "name": f"N {n}", "phones": [f"+452000{n:04}"]})

    def aggregate(self):
        """A day of which enough people were taken out."""
        day = f"2026-01-{self.number() % 28 + 1:02}"
        for _ in range(3):
            n = self.number()
            self.post(A + "/records", {"type": "call", "id": f"a{n}", "source": "s", "time": f"{day}T10:00:00Z", "from": f"+452002{n:04}"})
            person = self.post(A + "/identities/search", {"who": f"+452002{n:04}"})["identities"][0]["person"]
            self.post(f"{A}/persons/{person}/anonymisation")

    def obligation(self):
        if self.laws:
            self.ask("PUT", f"/v1/accounts/Acme/obligations/{self.laws.pop()}")

    def holiday(self):
        n = self.number()
        return self.post(A + "/holidays", {"date": f"{2027 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}", "name": "Closed"})

    def session(self):
        who = {"account": "Acme", "name": "pages@example.com", "password": PASSWORD}
        answer = kit.Browser(self.client).ask("POST", "/v1/session", who)
        if answer.status != 201:
            kit.fail(f"nobody signs in: {answer.body}")

    def record(self):
        n = self.number()
        line = {"type": "call", "id": f"r{n}", "source": "s", "time": f"2026-01-05T10:{n % 60:02}:00Z", "from": f"+452003{n:04}"}
        return self.post(A + "/records", {**line, "tags": [f"tag {n}"]})

    def policy(self):
        return self.post(A + "/policies", {"kind": "note", "keep": f"{self.number() % 900 + 100} years"})

    def hold(self):
        return self.post(A + "/holds", {"reason": f"case {self.number()}"})

    def user(self):
        return self.post(A + "/users", {"name": f"u{self.number()}@example.com"})

    def token(self):
        return self.post(A + "/tokens", {"name": f"t{self.number()}", "role": "admin"})

    def operators_token(self):
        return self.post("/v1/tokens", {"name": f"t{self.number()}"})

    def webhook(self):
        return self.post(A + "/webhooks", {"url": f"https://hooks.example.com/{self.number()}"})

    def delivery(self):
        return self.post(f"{A}/webhooks/{self.told}/tests")

    def sweep(self):
        return self.post(A + "/retention/runs")

    def job(self):
        return self.post(A + "/retention/runs", {}, {"Prefer": "respond-async"})

    def vaults_job(self):
        return self.post("/v1/checks", {"quick": True}, {"Prefer": "respond-async"})

    # ---- and go

    def delete(self, path, row):
        return self.ask("DELETE", f"{path}/{row.get('id') or row['date']}")

    def erase(self, _path, row):
        """All identities of the person."""
        return self.post(f"{A}/persons/{row['person']}/erasure")

    def take_out(self, path, row):
        return self.post(f"{path}/{row['id']}/anonymisation")


# path: (what comes, the members by which a row is known, how a row goes, the query)
LISTS = {
    "/v1/accounts": ("account", ["id"], None, ""),
    A + "/contacts": ("contact", ["id"], "delete", ""),
    A + "/identities": ("contact", ["id"], "erase", ""),
    A + "/records": ("record", ["id"], "take_out", "&kind=call"),
    A + "/labels": ("record", ["kind", "name"], None, "&kind=tag"),
    A + "/aggregates": ("aggregate", ["kind", "coarsened", "period", "direction", "status", "queue"], None, ""),
    A + "/obligations": ("obligation", ["code"], None, ""),
    A + "/holidays": ("holiday", ["date"], "delete", ""),
    A + "/users/{user}/sessions": ("session", ["id"], "delete", ""),
    A + "/policies/{kind}/history": ("policy", ["version"], None, ""),
    A + "/retention/runs": ("sweep", ["job"], None, ""),
    A + "/erasures": ("erasure", ["job"], None, ""),
    A + "/holds": ("hold", ["id"], None, ""),
    A + "/users": ("user", ["id"], "delete", ""),
    A + "/tokens": ("token", ["id"], None, ""),
    "/v1/tokens": ("operators_token", ["id"], None, ""),
    A + "/events": ("hold", ["id"], None, ""),
    A + "/webhooks": ("webhook", ["id"], "delete", ""),
    A + "/webhooks/{webhook}/deliveries": ("delivery", ["event"], None, ""),
    A + "/jobs": ("job", ["id"], None, ""),
    "/v1/jobs": ("vaults_job", ["id"], None, ""),
    A + "/audit": ("hold", ["seq"], None, "&from=0"),
    "/v1/audit": ("operators_token", ["seq"], None, "&from=0"),
}


def rows(lists, path, limit, query, cursor):
    page = lists.ask("GET", f"{path}?limit={limit}{query}" + (f"&cursor={cursor}" if cursor else ""))
    return next(value for value in page.values() if isinstance(value, list)), page["next"]


class Walk:
    """Page by page; between two of them rows come, and any may go: shown or not, and the one that the cursor points to."""

    def __init__(self, lists, path, what, members, goes, query):
        self.lists, self.path, self.members, self.goes, self.query = lists, path, members, goes, query
        self.real = path.replace("{account}", "Acme").replace("{kind}", "note").replace("{webhook}", lists.told).replace("{user}", lists.user_id)
        self.come = getattr(lists, what)
        self.random = random.Random(f"{SEED} {path} {lists.count}")
        self.shown, self.gone, self.left = [], {}, COME_MAX

    def key(self, row):
        return tuple(str(row[name]) for name in self.members)

    def all(self):
        return {self.key(row): row for row in rows(self.lists, self.real, 1000, self.query, None)[0]}

    def wrong(self, text):
        self.lists.wrong.append(f"{self.path} (seed {SEED}): {text}")

    def happen(self):
        """Between two pages."""
        while self.left and self.random.random() < 0.4:
            self.left -= 1
            self.come()
        if not self.goes or self.random.random() < 0.3:
            return
        kept = {(self.lists.user_id,), (self.lists.told,)}  # other lists are of them
        there = {row: found for row, found in self.all().items() if row not in kept}
        pointed = self.shown[-1] if self.shown else None
        goes = pointed if pointed in there and self.random.random() < 0.3 else self.random.choice(sorted(there))
        getattr(self.lists, self.goes)(self.real, there[goes])
        for row in there.keys() - self.all().keys():
            self.gone.setdefault(row, len(self.shown))

    def run(self):
        for _ in range(8):
            self.come()
        before = self.all()
        if len(before) < 5:
            self.wrong(f"there are {len(before)} rows")
            return
        cursor = None
        for _ in range(2000):
            found, cursor = rows(self.lists, self.real, PAGE, self.query, cursor)
            if len(found) > PAGE or (cursor and len(found) < PAGE):
                self.wrong(f"a page has {len(found)} rows")
            self.shown += map(self.key, found)
            if cursor is None:
                break
            self.happen()
        self.judge(before)

    def judge(self, before):
        twice = {row for row in self.shown if self.shown.count(row) > 1}
        missing = [row for row in before if row not in self.shown and row not in self.gone]
        late = [row for row, at in self.gone.items() if row in self.shown[at:]]
        if twice or missing or late:
            self.wrong(f"twice {twice}, missing {missing}, gone and shown all the same {late}")


def main():
    tokens = kit.make_vault(samples=False)
    user = kit.lethe("user", "add", "pages@example.com", "--account", "Acme", "--role", "admin", "--json")["id"]
    with open("password", "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    kit.lethe("user", "password", "pages@example.com", "--account", "Acme", "--password-file", "password")
    with kit.Daemon() as daemon:
        client = kit.Client(daemon.port)
        description = kit.Description(client)
        lists = Lists(client, tokens)
        lists.told, lists.user_id = lists.webhook()["id"], user
        lists.ask("PUT", "/v1/accounts/Acme/settings/anonymous_k", {"value": "3"})
        known = [operation for operation in description.operations.values()
                 if any(part["name"] == "cursor" for part in operation.parameters)]
        for operation in known:
            if operation.path in LISTS:
                walks = [Walk(lists, operation.path, *LISTS[operation.path]) for _ in range(WALKS)]
                for walk in walks:
                    walk.run()
                if walks[0].goes and not any(walk.gone for walk in walks):
                    lists.wrong.append(f"{operation.path}: nothing went")
            else:
                lists.wrong.append(f"{operation.path} is not walked through: add it to tests/e2e/api/pages.py")
    if lists.wrong:
        kit.fail("\n".join(lists.wrong))
    print(f"# {len(known)} lists")


if __name__ == "__main__":
    sys.exit(main())
