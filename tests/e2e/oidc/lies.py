# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Whatever a provider says that is not so lets nobody in, and is no fault of ours; and however long one takes, others' are asked.
import queue
import sys
import threading
import time
import urllib.parse

import liar
import signin
from signin import Client, check, kit, path_of, same

BASE = signin.BASE


class Visit:
    """Somebody who begins at an account, and comes back with a code."""

    def __init__(self, daemon, account, accept=None):
        self.client, self.account = Client(daemon), account
        self.begun = self.client.get(f"/v1/session/oidc/{account}", **({"accept": accept} if accept else {}))
        if self.begun.status != 302:
            return
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.begun.headers["Location"]).query))
        self.state, self.nonce, self.redirect = query["state"], query["nonce"], query["redirect_uri"]

    def back(self, redirect=None, **more):
        query = urllib.parse.urlencode({"state": self.state, "code": "c-1", **more})
        return self.client.get(path_of(redirect or self.redirect).split("?")[0] + "?" + query)


def come(daemon, one, token=None, **claims):
    """The answer to who comes back with such a token: made by `token` of the claims, or with `claims` other than the true ones."""
    visit = Visit(daemon, "Acme")
    check(visit.begun, 302)
    told = {name: value for name, value in one.true_claims(visit.nonce, **claims).items() if value is not None}
    one.id_token = token(told) if token else one.key.token(told)
    return visit.back()


def nobody_in(answer, text, statuses=(403,)):
    if answer.status not in statuses or text not in answer.body.decode():
        kit.fail(f"answered {answer.status}, not {statuses} with {text!r}: {answer.body.decode()[:600]}")
    if any(cookie.startswith("__Host-lethe=") for cookie in answer.headers.get_all("Set-Cookie") or ()):
        kit.fail(f"somebody was let in: {answer.body.decode()[:600]}")


# ---- who signs


def forged(daemon, one, other):
    """Nothing that a token says of itself makes it one of the provider's."""
    check(come(daemon, one), 200, "anna@example.org")
    key = one.key
    for alg in ("none", "None", "NONE", "", None, "HS256", "RS512", "PS256", "rs256", ["RS256"], 5):
        nobody_in(come(daemon, one, lambda claims, alg=alg: key.token(claims, alg=alg)), "not signed by RS256")
    unsigned = [lambda claims: ".".join(key.token(claims, alg="none").split(".")[:2]) + ".",
                lambda claims: ".".join(key.token(claims).split(".")[:2]),
                lambda claims: "..", lambda claims: "", lambda claims: key.token(claims) + ".x", lambda claims: "x" * 100000]
    for token in unsigned:
        nobody_in(come(daemon, one, token), "cannot be read")
    nobody_in(come(daemon, one, lambda claims: ".".join(key.token(claims).split(".")[:2]) + "."), "signature that does not fit")
    for secret in (key.public(), key.public().strip(), key.public("DER"), key.jwk()["n"].encode(), b""):
        nobody_in(come(daemon, one, lambda claims, secret=secret: liar.hmac_token(secret, claims)), "not signed by RS256")
        nobody_in(come(daemon, one, lambda claims, secret=secret: liar.hmac_token(secret, claims, "RS256")), "signature that does not fit")
    nobody_in(come(daemon, one, lambda claims: other.token(claims)), "signature that does not fit")
    brought = {"jwk": other.jwk(), "jku": one.issuer + "/theirs", "x5u": one.issuer + "/theirs", "x5c": ["MII="]}
    for name, value in brought.items():
        nobody_in(come(daemon, one, lambda claims, more={name: value}: other.token(claims, **more)), "signature that does not fit")
    same("what was asked for", [what for _, what, _ in one.asked if what == "theirs"], [])
    for kid in ("k2", "../../../../dev/null", "", "' OR 1=1 --"):
        nobody_in(come(daemon, one, lambda claims, kid=kid: key.token(claims, kid=kid)), "key that it does not publish")
    nobody_in(come(daemon, one, lambda claims: key.token(claims, crit=["exp"])), "cannot be read")
    check(come(daemon, one, lambda claims: key.token(claims, kid=None)), 200)  # which of one it is need not be said


# ---- what is said


def claimed(daemon, one):
    now = int(time.time())
    wrong = [
        ({"iss": one.issuer + "/"}, "of another issuer"), ({"iss": one.issuer.upper()}, "of another issuer"), ({"iss": None}, "of another issuer"),
        ({"iss": [one.issuer]}, "of another issuer"),
        ({"aud": "other"}, "not for this client"), ({"aud": ["lethe", "other"]}, "not for this client"), ({"aud": None}, "not for this client"),
        ({"aud": "lethe", "azp": "other"}, "not for this client"), ({"aud": {"lethe": 1}}, "not for this client"), ({"aud": "lethe "}, "not for this client"),
        ({"nonce": None}, "of another sign-in"), ({"nonce": ""}, "of another sign-in"), ({"nonce": True}, "of another sign-in"),
        ({"exp": now - 121}, "has expired"), ({"exp": None}, "has expired"), ({"exp": "9999999999"}, "has expired"), ({"exp": 10 ** 30}, ""),
        ({"iat": now + 300}, "of a time to come"), ({"nbf": now + 300}, "of a time to come"), ({"nbf": "x"}, "of a time to come"),
        ({"sub": None}, "who it is about"), ({"sub": ""}, "who it is about"), ({"sub": "x" * 256}, "who it is about"),
        ({"sub": "x" * 10000}, "who it is about"), ({"sub": "s-1\0"}, "who it is about"), ({"sub": 1}, "who it is about"), ({"sub": ["s-1"]}, "who it is about"),
    ]
    for claims, text in wrong:
        nobody_in(come(daemon, one, **claims), text)
    # Well formed, and of nobody who is known by it.
    strangers = ["s-1\n", " s-1", "S-1", "ｓ-1", "s-1\u200b", "\u202es-1", "😀" * 60, "'; DROP TABLE user; --", "usr_01h455vb4pex5vsknk084sn02q", "x" * 255]
    for subject in strangers:
        nobody_in(come(daemon, one, sub=subject, email=None), "is no user of this account")
        nobody_in(come(daemon, one, sub=subject), "is no user of this account")  # she is known by another
    for email in ("bent@example.org ", "bént@example.org", "bent@exámple.org", "ｂent@example.org", "bent@example.org\0", "bent", "x" * 10000 + "@example.org",
                  ["bent@example.org"], "bent@example.org\r\nX: y", "<b>@example.org"):
        nobody_in(come(daemon, one, sub="s-bent", email=email), "is no user of this account")
    for verified in (False, None, "true", 1, "false"):
        nobody_in(come(daemon, one, sub="s-bent", email="bent@example.org", email_verified=verified), "is no user of this account")
    check(come(daemon, one), 200, "anna@example.org")


# ---- whose answer it is


def mixed_up(daemon, one, two):
    """Two accounts with a provider each: what was begun at one ends at no other."""
    visit, other = Visit(daemon, "Acme"), Visit(daemon, "Other")
    asked = len(one.asked), len(two.asked)
    one.id_token = one.key.token(one.true_claims(visit.nonce))
    two.id_token = two.key.token(two.true_claims(other.nonce))
    nobody_in(visit.back(redirect=other.redirect), "was not begun here")
    visit.client.cookies = dict(other.client.cookies)
    nobody_in(visit.back(), "was not begun here")
    third = Visit(daemon, "Acme")
    nobody_in(third.back(iss=two.issuer), "was not begun here")
    nobody_in(third.back(), "was not begun here")  # its cookie went with the first
    same("what was asked meanwhile", (len(one.asked), len(two.asked)), asked)
    last = Visit(daemon, "Acme")
    one.id_token = two.key.token(two.true_claims(last.nonce))  # both sign with one key
    nobody_in(last.back(), "of another issuer")


def changed_meanwhile(daemon, one, two, owner):
    """Who is on their way when the account's provider changes: the new one is not given the code of the old one."""
    visit, client = Visit(daemon, "Acme"), kit.Client(daemon.port)
    asked = len(two.asked)
    for provider in (two, one):
        check(client.ask("PUT", "/v1/accounts/Acme/sso", {"issuer": provider.issuer, "client_id": "lethe"}, owner), 200)
        if provider is two:
            nobody_in(visit.back(), "was not begun here")
    same("what the new one was asked", len(two.asked), asked)
    check(come(daemon, one), 200)


# ---- what is published


def memory(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) // 1024


def badly_published(daemon, one):
    """Each begins with a page of its own for who is a browser, and nothing of it is believed or remembered."""
    true = one.discovery()
    sent_on = []

    def to(where):
        def answer(handler):
            sent_on.append(where)
            handler.say(302, b"", Location=where)
        return answer

    without = {name: value for name, value in true.items() if name != "jwks_uri"}
    wrong = [{**true, "issuer": one.issuer + "/"}, {**true, "issuer": one.issuer.replace("localhost", "127.0.0.1")},
             {**true, "issuer": None}, {**true, "authorization_endpoint": "http://localhost/"}, {**true, "token_endpoint": "http://localhost/"},
             {**true, "jwks_uri": "http://localhost/"}, {**true, "jwks_uri": "file:///etc/passwd"}, without, [], "x", 5,
             {**true, "authorization_endpoint": "https://localhost/\r\nSet-Cookie: __Host-lethe=x"}, {**true, "authorization_endpoint": "https://localhost/#x"},
             {**true, "authorization_endpoint": "javascript:alert(1)"}, {**true, "code_challenge_methods_supported": ["plain"]}, b"\xff\xfe", b"",
             b"[" * 100000, b'{"issuer":' * 5000, to("https://localhost/other"), to(one.issuer + "/moved"), to("http://169.254.169.254/latest/meta-data/"),
             lambda handler: handler.say(500, {}), lambda handler: handler.say(204, b""), lambda handler: handler.raw(b"HTTP/0.9 gone\r\n"),
             lambda handler: handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n{"), lambda handler: handler.raw(b""),
             lambda handler: handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
             lambda handler: handler.say(200, b"\x1f\x8b" + b"x" * 100, Content_Encoding="gzip"),
             lambda handler: handler.endless(b"HTTP/1.1 200 OK\r\n\r\n{\"x\":\"", b"x" * 16384),
             lambda handler: handler.endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"x" * 4000 + b"\r\n"),
             lambda handler: handler.endless(b"", b"HTTP/1.1 103 Early Hints\r\nX-A: " + b"x" * 4000 + b"\r\n\r\n")]
    before = memory(daemon)
    for how in wrong:
        one.how["discovery"] = how
        answer = Visit(daemon, "Fresh").begun
        if answer.status != 503 or answer.headers.get("Location") or answer.headers.get("Retry-After") is None:
            kit.fail(f"{how!r}: answered {answer.status}: {answer.body.decode()[:600]}")
    one.how.clear()
    if memory(daemon) > before + 512:
        kit.fail(f"{memory(daemon) - before} MiB more are used than before")
    if len(sent_on) != 3 or "moved" in [what for _, what, _ in one.asked]:
        kit.fail(f"sent on to {sent_on}, asked {one.asked}")
    page = Visit(daemon, "Fresh", accept=signin.PAGE).begun
    check(page, 302)


def bad_tokens(daemon, one):
    """What is answered for a code."""
    for how in ({}, {"id_token": 5}, {"id_token": None}, [], b"", b"x", b"{" * 10000, lambda handler: handler.say(500, {}), lambda handler: handler.say(302, b"", Location="/x"),
                lambda handler: handler.raw(b""), lambda handler: handler.say(200, b"{\"x\":\"" + b"y" * 300000 + b"\"}")):
        one.how["token"] = how
        nobody_in(come(daemon, one), "", (503,))
    for status in (400, 401, 404, 429):
        one.how["token"] = lambda handler, status=status: handler.say(status, {"error": "invalid_grant"})
        nobody_in(come(daemon, one), "gives no token")
    one.how.clear()
    same("codes that are given to others", [body for _, _, body in one.asked if "client_secret=" in body], [])


# ---- who takes long


def tried_again(daemon, one):
    """Who comes back while as many as may wait for their provider is told to try again, and can."""
    came, over = queue.Queue(), threading.Event()

    def hang(handler):
        came.put(None)
        over.wait(60)
        handler.say(500, {})

    visits = [Visit(daemon, "Acme") for _ in range(9)]
    one.how["token"] = hang
    threads = []
    for visit in visits:
        threads.append(threading.Thread(target=lambda visit=visit: came.put(visit.back())))
        threads[-1].start()
        answer = came.get()
        if answer:
            break
    nobody_in(answer, "Try again after", (503,))
    over.set()
    for thread in threads:
        thread.join()
    one.how.clear()
    one.id_token = one.key.token(one.true_claims(visit.nonce))
    check(visit.back(), 200, "anna@example.org")


WAYS = {"silent": lambda handler: handler.server.over.wait(60),
        "dripping": lambda handler: handler.endless(b"HTTP/1.1 200 OK\r\n\r\n{", b" ", 0.5)}


def slow(daemon, one):
    """Providers that hang, each in its way, and many who come to them; at another account people are signed in all the while."""
    answers, served = [], 0
    threads = [threading.Thread(target=lambda name=name: answers.append(Visit(daemon, name).begun)) for _ in range(12) for name in WAYS]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        check(come(daemon, one), 200, "anna@example.org")
        served += 1
    for answer in answers:
        check(answer, 503)
    if served < 5:
        kit.fail(f"{served} were signed in while others' providers hung")


def set_provider(account, one, *words):
    kit.lethe("account", "sso", account, "--issuer", one.issuer, "--client-id", "lethe", *words)


def main():
    owner = kit.make_vault(samples=False)["owner"]
    for name in ("Fresh", *WAYS):
        kit.lethe("account", "create", name, "--country", "DK")
    for name in ("anna@example.org", "bent@example.org"):
        kit.lethe("user", "add", name, "--account", "Acme")
    with liar.Liars() as liars:
        one, two, fresh, other = liars.add("one"), liars.add("two"), liars.add("fresh"), liar.Key("other")
        for account, which in (("Acme", one), ("Other", two), ("Fresh", fresh)):
            set_provider(account, which)
        for name, how in WAYS.items():
            bad = liars.add(name)
            bad.how["discovery"] = how
            set_provider(name, bad)
        with kit.Daemon("--base-url", BASE, "--oidc-ca", "cert.pem", "--oidc-inside", "yes") as daemon:
            forged(daemon, one, other)
            claimed(daemon, one)
            mixed_up(daemon, one, two)
            changed_meanwhile(daemon, one, two, owner)
            badly_published(daemon, fresh)
            bad_tokens(daemon, one)
            tried_again(daemon, one)
            slow(daemon, one)


if __name__ == "__main__":
    sys.exit(main())
