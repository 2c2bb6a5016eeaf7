# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# A daemon with two regions: who was let in in one acts in that one alone. Their accounts have the same numbers, and one
# the same name.
import sys

import kit



def expect(what, is_, wanted):
    if is_ != wanted:
        kit.fail(f"{what} is {is_!r}, not {wanted!r}")


def prepare():
    """Regions eu and us, each with an account of its own name and one called Both; their tokens."""
    tokens = {}
    for region in ("eu", "us"):
        kit.lethe("init", "--region", region)
        for name in (f"Only {region}", "Both"):
            kit.lethe("account", "create", name, "--country", "DK", "--region", region)
            path = f"{name}-{region}"
            tokens[path] = kit.token(path.replace(" ", "-"), "--account", name, "--role", "owner", "--region", region)
        tokens[region] = kit.token(f"operator-{region}", "--operator", "--region", region)
    return tokens


class Asking:
    def __init__(self, client, tokens):
        self.client, self.tokens = client, tokens

    def status(self, who, method, path, body=None):
        return self.client.ask(method, path.replace(" ", "%20"), body, self.tokens[who]).status

    def get(self, who, path, status=200):
        answer = self.client.ask("GET", path.replace(" ", "%20"), token=self.tokens[who])
        expect(f"GET {path} as {who}", answer.status, status)
        return answer.json


def accounts(a):
    """Each sees its own, and of the other's what is not there."""
    for region, other in (("eu", "us"), ("us", "eu")):
        names = {account["name"] for account in a.get(region, "/v1/accounts")["accounts"]}
        expect(f"accounts of {region}", names, {f"Only {region}", "Both"})
        theirs = a.get(other, f"/v1/accounts/Only {other}")["id"]
        for who in (region, f"Only {region}-{region}", f"Both-{region}"):
            for name in (f"Only {other}", theirs):
                expect(f"{name} as {who}", a.status(who, "GET", f"/v1/accounts/{name}"), 404)
                expect(f"its holds as {who}", a.status(who, "POST", f"/v1/accounts/{name}/holds", {"reason": "x"}), 404)
    both = {region: a.get(f"Both-{region}", "/v1/accounts/Both")["id"] for region in ("eu", "us")}
    expect("one account of two", both["eu"] != both["us"], True)
    for region in ("eu", "us"):
        expect("the operator's of that name", a.get(region, "/v1/accounts/Both")["id"], both[region])


def the_vaults(a):
    """What is of no account is of the region: tokens, log, keys, jobs; and a new account is made there."""
    for region in ("eu", "us"):
        expect("tokens", [token["name"] for token in a.get(region, "/v1/tokens")["tokens"]], [f"operator-{region}"])
        for path in ("/v1/audit", "/v1/keys", "/v1/jobs", "/v1/profiles"):
            a.get(region, path)
        expect("making one", a.status(region, "POST", "/v1/accounts", {"name": f"New {region}", "country": "DK"}), 201)
        answer = a.client.ask("POST", "/v1/checks", {"quick": True}, a.tokens[region], {"Prefer": "respond-async"})
        expect("a check as a job", answer.status, 202)
        while a.get(region, answer.headers["Location"])["ended"] is None:
            pass
        expect("what it found", a.get(region, answer.headers["Location"])["answer"]["problems"], 0)
        expect("its job elsewhere", a.status("us" if region == "eu" else "eu", "GET", answer.headers["Location"]), 404)
    names = {account["name"] for account in a.get("us", "/v1/accounts")["accounts"]}
    expect("accounts of us", names, {"Only us", "Both", "New us"})


def main():
    tokens = prepare()
    with kit.Daemon() as daemon:
        a = Asking(kit.Client(daemon.port), tokens)
        accounts(a)
        the_vaults(a)
    print("# 2 regions")


if __name__ == "__main__":
    sys.exit(main())
