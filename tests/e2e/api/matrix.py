# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Every resource, asked by every role in its own account, in another one and in one that is not there, and with tokens
# and sessions that are good no more. What has to come of it is the table of docs/access.md. And what is another account's answers
# byte for byte as what is not there.
import datetime
import os
import re
import sys

import kit

UNKNOWN = "sample_nonsense"
LIMITS = re.compile(r'"(token|address)";q=\d+;w=60 "\1";r=\d+;t=\d+')
# A cell asks with a parameter that is not known: who may is told that (400), and nothing is done.
USERS, PASSWORD = ("owner", "admin", "agent", "auditor"), "correct horse battery"
LET_IN, DENIED, NOT_THERE, NOBODY = 400, 403, 404, 401


def table():
    """{permission: {role: "yes" | "no" | "own"}} of docs/access.md."""
    cells, roles = {}, None
    with open(os.path.join(kit.TOP, "docs/access.md"), encoding="utf-8") as file:
        for line in file:
            columns = [column.strip() for column in line.strip().strip("|").split("|")]
            if columns[0] == "permission":
                roles = columns[1:6]
            elif roles and re.fullmatch(r"`[a-z]+\.[a-z]+`", columns[0]):
                cells[columns[0].strip("`")] = dict(zip(roles, columns[1:6]))
    return cells


def wanted(cells, operation, role, where):
    cell = cells[operation.permission][role]
    if cell == "own" and where == "own":  # what the path names is nowhere; of users, one sees oneself
        return NOT_THERE if "{record}" in operation.path else LET_IN
    if operation.in_account and where == "none":
        return NOT_THERE
    if operation.in_account and where == "other" and role != "operator":
        return NOT_THERE
    return LET_IN if cell == "yes" else DENIED


def good_no_more():
    """Tokens by role that have expired, and that were revoked."""
    expired, revoked = {}, {}
    for role in ("owner", "admin", "auditor", "operator"):
        words = ["--operator"] if role == "operator" else ["--account", "Acme", "--role", role]
        expired[role] = kit.token(f"expired-{role}", *words, "--expires", "1 day", "--now", "2020-01-01")
        revoked[role] = kit.token(f"revoked-{role}", *words)
        account = ["--operator"] if role == "operator" else ["--account", "Acme"]
        tokens = kit.lethe("token", "list", *account, "--json")["tokens"]
        found = next(token["id"] for token in tokens if token["name"] == f"revoked-{role}")
        kit.lethe("token", "revoke", found, *account)
    return expired, revoked


def sign_in(client, role):
    """A user of that role in Acme, in a browser of their own."""
    browser = kit.Browser(client)
    who = {"account": "Acme", "name": role, "password": PASSWORD}
    answer = browser.ask("POST", "/v1/session", who)
    if answer.status != 201:
        kit.fail(f"{role} cannot sign in: {answer.status} {answer.body}")
    return browser


def add_users():
    with open("password", "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    for role in USERS:
        kit.lethe("user", "add", role, "--account", "Acme", "--role", role)
        kit.lethe("user", "password", role, "--account", "Acme", "--password-file", "password")


class Matrix:
    def __init__(self, client, description):
        self.client, self.description, self.asked, self.wrong = client, description, 0, []

    def cell(self, operation, role, token, where, status):
        account = {"own": "Acme", "other": "Other", "none": "Nobody"}.get(where, "Acme")
        query = {**operation.needed_query(), UNKNOWN: "1"}
        target = operation.target({**operation.values(), "account": account}, query)
        if isinstance(token, kit.Browser):
            answer = token.ask(operation.method, target, operation.needed_body())
        else:
            answer = self.client.ask(operation.method, target, operation.needed_body(), token)
        self.asked += 1
        self.description.agree(operation, answer)
        if not LIMITS.fullmatch(f"{answer.headers['RateLimit-Policy']} {answer.headers['RateLimit']}"):
            self.wrong.append(f"{operation.name} as {role}, {where}: it does not say how often one may ask: {answer.headers}")
        if answer.status != status:
            self.wrong.append(f"{operation.name} as {role}, {where}: {answer.status}, not {status}")
        elif status == LET_IN and answer.json.get("field") != UNKNOWN:
            self.wrong.append(f"{operation.name} as {role}, {where}: {answer.json}")


def ask_all(matrix, tokens, expired, revoked):
    cells = table()
    for operation in matrix.description.operations.values():
        matrix.cell(operation, "nobody", None, "no token", NOBODY)
        matrix.cell(operation, "nobody", "lethe_a" + "0" * 49, "no token", NOBODY)
        for role, token in tokens.items():
            for where in ("own", "other", "none") if operation.in_account else ("own",):
                matrix.cell(operation, role, token, where, wanted(cells, operation, role, where))
            matrix.cell(operation, role, expired[role], "expired", NOBODY)
            matrix.cell(operation, role, revoked[role], "revoked", NOBODY)


def ask_people(matrix):
    """The same by users who are signed in: agents are only that way. Returns their browsers."""
    cells, browsers = table(), {}
    for role in USERS:
        browsers[role] = browser = sign_in(matrix.client, role)
        gone = sign_in(matrix.client, role)
        cookies, csrf = dict(gone.cookies), gone.csrf
        gone.ask("DELETE", "/v1/session")
        gone.cookies, gone.csrf = cookies, csrf
        for operation in matrix.description.operations.values():
            for where in ("own", "other", "none") if operation.in_account else ("own",):
                matrix.cell(operation, f"{role} in person", browser, where, wanted(cells, operation, role, where))
            matrix.cell(operation, f"{role} in person", gone, "signed out", NOBODY)
    seen = [user["name"] for user in sign_in(matrix.client, "agent").ask("GET", "/v1/accounts/Acme/users").json["users"]]
    if seen != ["agent"]:
        matrix.wrong.append(f"an agent sees the users {seen}")
    return browsers


def ask_expired(browsers, description):
    """The same browsers two days later, of the daemon as it is then."""
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
    with kit.Daemon("--now", later.strftime("%Y-%m-%dT%H:%M:%SZ")) as daemon:
        matrix = Matrix(kit.Client(daemon.port), description)
        for role, browser in browsers.items():
            browser.client = matrix.client
            for operation in description.operations.values():
                matrix.cell(operation, f"{role} in person", browser, "expired", NOBODY)
    return matrix


# ---- what is another account's


def fill(account):
    """One of everything in an account; what each parameter may name there."""
    kit.import_few(account)
    there = ("--account", account, "--json")
    person = kit.lethe("person", "show", kit.ASTRID, *there)
    hold = kit.lethe("hold", "add", "--person", person["id"], "--reason", "x", *there)
    user = kit.lethe("user", "add", "somebody@example.com", *there)
    kit.token("others", "--account", account, "--role", "admin")
    sweep = kit.lethe("retention", "run", *there)
    webhook = kit.lethe("webhook", "add", "https://hooks.example.com/a", "--out", f"{account}.secret", *there)
    return {"webhook": webhook["id"], "event": kit.lethe("event", "list", *there)["events"][0]["id"], "person": person["id"], "contact": person["contacts"][0], "hold": hold["id"], "user": user["id"],
            "record": kit.records_of(kit.ASTRID, account)["call"][0], "job": sweep["job"], "other": person["id"],
            "identity": person["identities"][0]["id"],
            "token": kit.lethe("token", "list", *there)["tokens"][0]["id"]}


def compare(matrix, token, operation, name, theirs, place):
    """`theirs` in place of what is nowhere, in the path or the body."""
    answers, nowhere = [], kit.SAMPLE["person" if name == "other" else name]
    for value in (theirs, nowhere):
        values, body = operation.values(), operation.needed_body()
        (values if place == "path" else body)[name] = value
        answer = matrix.client.ask(operation.method, operation.target(values, operation.needed_query()), body, token)
        answers.append((answer.status, answer.type, re.sub(f"{theirs}|{nowhere}".encode(), b"ID", answer.same[2])))
        matrix.asked += 1
    if answers[0] != answers[1]:
        matrix.wrong.append(f"{operation.name}: another account's {name} is told from none:\n{answers[0]}\n{answers[1]}")
    if place == "path" and answers[0][0] != NOT_THERE:
        matrix.wrong.append(f"{operation.name}: another account's {name} answers {answers[0]}")


def tell_apart(matrix, token, theirs):
    for operation in matrix.description.operations.values():
        if not operation.in_account:
            continue
        target = operation.target({**operation.values(), "account": "Other"}, operation.needed_query())
        nobody = operation.target({**operation.values(), "account": "Nobody"}, operation.needed_query())
        answers = [matrix.client.ask(operation.method, at, operation.needed_body(), token) for at in (target, nobody)]
        if answers[0].same != answers[1].same:
            matrix.wrong.append(f"{operation.name}: another account is told from none")
        for name in set(operation.values()) & set(theirs):
            compare(matrix, token, operation, name, theirs[name], "path")
        for name in set(operation.body["properties"] if operation.body else ()) & {"person", "other"}:
            compare(matrix, token, operation, name, theirs[name], "body")


def main():
    tokens = kit.make_vault(samples=False)
    theirs = fill("Other")
    expired, revoked = good_no_more()
    add_users()
    with kit.Daemon() as daemon:
        client = kit.Client(daemon.port)
        matrix = Matrix(client, kit.Description(client))
        ask_all(matrix, tokens, expired, revoked)
        browsers = ask_people(matrix)
        tell_apart(matrix, tokens["owner"], theirs)
    expired = ask_expired(browsers, matrix.description)
    wrong = matrix.wrong + expired.wrong + matrix.description.wrong
    if wrong:
        kit.fail("\n".join(["who may do what is not as the table says:", *wrong]))
    print(f"# {matrix.asked + expired.asked} requests as the table says")


if __name__ == "__main__":
    sys.exit(main())
