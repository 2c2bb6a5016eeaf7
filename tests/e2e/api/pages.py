# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every list that takes a cursor, page by page while rows come and go: each row that stays is on one page, once. A list
# that is not walked through here fails the test.
import sys

import kit

A = "/v1/accounts/{account}"
PAGE = 2
PASSWORD = "correct horse battery"


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
        self.ask("PUT", f"/v1/accounts/Acme/obligations/{self.laws.pop()}")

    def holiday(self):
        return self.post(A + "/holidays", {"date": f"2027-05-{self.number() % 28 + 1:02}", "name": "Closed"})

    def session(self):
        who = {"account": "Acme", "name": "pages@example.com", "password": PASSWORD}
        answer = kit.Browser(self.client).ask("POST", "/v1/session", who)
        if answer.status != 201:
            kit.fail(f"nobody signs in: {answer.body}")

    def record(self):
        n = self.number()
        line = {"type": "call", "id": f"r{n}", "source": "s", "time": f"2026-01-05T10:{n % 60:02}:00Z", "from": kit.ASTRID}
        return self.post(A + "/records", {**line, "tags": [f"tag {n}"]})

    def policy(self):
        return self.post(A + "/policies", {"kind": "note", "keep": f"{self.number() + 100} years"})

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


# path: (what comes, the members by which a row is known, may a row be deleted, the query)
LISTS = {
    "/v1/accounts": ("account", ["id"], False, ""),
    A + "/contacts": ("contact", ["id"], True, ""),
    A + "/identities": ("contact", ["id"], False, ""),
    A + "/records": ("record", ["id"], False, "&kind=call"),
    A + "/labels": ("record", ["kind", "name"], False, "&kind=tag"),
    A + "/aggregates": ("aggregate", ["kind", "coarsened", "period", "direction", "status", "queue"], False, ""),
    A + "/obligations": ("obligation", ["code"], False, ""),
    A + "/holidays": ("holiday", ["date"], True, ""),
    A + "/users/{user}/sessions": ("session", ["id"], True, ""),
    A + "/policies/{kind}/history": ("policy", ["version"], False, ""),
    A + "/retention/runs": ("sweep", ["job"], False, ""),
    A + "/erasures": ("erasure", ["job"], False, ""),
    A + "/holds": ("hold", ["id"], False, ""),
    A + "/users": ("user", ["id"], True, ""),
    A + "/tokens": ("token", ["id"], False, ""),
    "/v1/tokens": ("operators_token", ["id"], False, ""),
    A + "/events": ("hold", ["id"], False, ""),
    A + "/webhooks": ("webhook", ["id"], True, ""),
    A + "/webhooks/{webhook}/deliveries": ("delivery", ["event"], False, ""),
    A + "/jobs": ("job", ["id"], False, ""),
    "/v1/jobs": ("vaults_job", ["id"], False, ""),
    A + "/audit": ("hold", ["seq"], False, "&from=0"),
    "/v1/audit": ("operators_token", ["seq"], False, "&from=0"),
}


def rows(lists, path, limit, query, cursor):
    page = lists.ask("GET", f"{path}?limit={limit}{query}" + (f"&cursor={cursor}" if cursor else ""))
    return next(value for value in page.values() if isinstance(value, list)), page["next"]


def walk(lists, path, what, members, may_go, query):
    """Page by page; after the first one a row comes, and two go: where the cursor points, and one that is yet to be shown."""
    real = path.replace("{account}", "Acme").replace("{kind}", "note").replace("{webhook}", lists.told).replace("{user}", lists.user_id)
    come = getattr(lists, what)
    for _ in range(5):
        come()

    def key(row):
        return tuple(str(row[name]) for name in members)

    before = [key(row) for row in rows(lists, real, 1000, query, None)[0]]
    if len(before) < 5:
        lists.wrong.append(f"{path}: there are {len(before)} rows")
        return
    shown, cursor, gone = [], None, set()
    for page in range(2000):
        found, cursor = rows(lists, real, PAGE, query, cursor)
        shown += [key(row) for row in found]
        if len(found) > PAGE or (cursor and len(found) < PAGE):
            lists.wrong.append(f"{path}: a page has {len(found)} rows")
        if page == 0:
            come()
            if may_go:
                gone = {shown[-1], before[3]}
                for row in gone:
                    lists.ask("DELETE", f"{real}/{row[0]}")
        if cursor is None:
            break
    twice = len(shown) - len(set(shown))
    missing = [row for row in before if row not in shown and row not in gone]
    if twice or missing or (may_go and before[3] in shown):
        lists.wrong.append(f"{path}: {twice} rows twice, missing {missing}, gone but shown {before[3] in shown and may_go}")


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
                walk(lists, operation.path, *LISTS[operation.path])
            else:
                lists.wrong.append(f"{operation.path} is not walked through: add it to tests/e2e/api/pages.py")
    if lists.wrong:
        kit.fail("\n".join(lists.wrong))
    print(f"# {len(known)} lists")


if __name__ == "__main__":
    sys.exit(main())
