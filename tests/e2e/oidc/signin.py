# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Signing in at glewlwyd, over real HTTPS: there, back, and into a session; and all that must not end in one.
import os
import sys
import urllib.parse

import glewlwyd

sys.path.append(os.path.join(os.path.dirname(__file__), "../api"))
import kit  # noqa: E402

BASE = "https://lethe.example"
START = "/v1/session/oidc/Acme"
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Client:
    """A browser at Lethe."""

    def __init__(self, daemon):
        self.client, self.cookies, self.set = kit.Client(daemon.port), {}, []

    def get(self, target, **more):
        """A page is wanted (`accept`), or what a program reads."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                   "Sec-Fetch-Site": "cross-site", **{name.capitalize(): value for name, value in more.items()}}
        answer = self.client.ask("GET", target, headers=headers)
        self.set = answer.headers.get_all("Set-Cookie") or []
        for cookie in self.set:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer

    def go(self):
        """Where the provider is to be asked."""
        answer = self.get(START)
        check(answer, 302)
        return answer.headers["Location"]


def check(answer, status, text=""):
    if answer.status != status or text not in answer.body.decode():
        kit.fail(f"answered {answer.status}, not {status} with {text!r}: {answer.body.decode()[:1000]}")


def same(what, is_, wanted):
    if is_ != wanted:
        kit.fail(f"{what} is {is_!r}, not {wanted!r}")


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


def there_and_back(daemon, anna, redirect):
    client = Client(daemon)
    url = client.go()
    same("attributes of the cookie", client.set[0].split("; ", 1)[1],
         "Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    same("redirect_uri", query["redirect_uri"], redirect)
    same("code_challenge_method", query["code_challenge_method"], "S256")
    back = anna.authorize(url)
    kept = client.cookies["__Host-lethe-oidc"]
    answer = client.get(path_of(back) + "&session_state=of+some+providers")
    check(answer, 200)
    document = answer.json
    same("who signed in", (document["user"]["name"], document["session"]["by"]), ("anna@example.org", "openid"))
    same("the cookie meanwhile", client.cookies["__Host-lethe-oidc"], "")
    check(client.get("/v1/session"), 200, "anna@example.org")
    client.cookies = {"__Host-lethe-oidc": kept}
    check(client.get(path_of(back)), 403, "gives no token")  # a code is good once
    return [kept, query["state"], back.split("code=")[1].split("&")[0], document["csrf"]]


def with_a_browser(daemon, anna, bent):
    """It ends on a page, which says what a person understands, and gives nothing away in its address."""
    client = Client(daemon)
    url = client.get(START, accept=PAGE)
    check(url, 302)
    answer = client.get(path_of(anna.authorize(url.headers["Location"])), accept=PAGE)
    check(answer, 303)
    same("where it goes on", (answer.headers["Location"], answer.body), ("/signed-in", b""))
    check(client.get("/signed-in", accept=PAGE), 200, "You are signed in")
    check(client.get("/v1/session"), 200, "anna@example.org")
    client = Client(daemon)
    answer = client.get(path_of(bent.authorize(client.go())), accept=PAGE)
    check(answer, 403, "Who signed in at the provider is no user of this account.")
    same("its type", answer.type, "text/html")
    if "Ask an admin to add you" not in answer.body.decode() or "default-src 'none'" not in answer.headers["Content-Security-Policy"]:
        kit.fail(answer.body.decode())
    callback = urllib.parse.urlsplit(url.headers["Location"]).query
    callback = path_of(dict(urllib.parse.parse_qsl(callback))["redirect_uri"])[:-1]
    for query in ("?error=access_denied&state=x", "?state=x", "?state=%3Cscript%3E&code=x"):
        answer = client.get(callback + query, accept=PAGE)
        if answer.type != "text/html" or "Begin again" not in answer.body.decode() or "<script" in answer.body.decode():
            kit.fail(f"{query}: {answer.status} {answer.body.decode()}")
    check(client.get("/v1/session/oidc/%3Cb%3E", accept=PAGE), 404, "nothing to sign in at")
    check(client.get("/v1/session/oidc/%3Cb%3E", accept=PAGE), 404, "req_")


def refused(daemon, anna, others):
    client = Client(daemon)
    back = anna.authorize(client.go())
    check(Client(daemon).get(path_of(back)), 403, "was not begun here")  # another browser
    check(client.get(path_of(back).replace("state=", "state=x")), 403, "was not begun here")
    for browser in others:
        client = Client(daemon)
        check(client.get(path_of(browser.authorize(client.go()))), 403, "is no user of this account")
        same("a session", [name for name in client.cookies if name == "__Host-lethe"], [])
    client = Client(daemon)
    client.go()
    callback = path_of(back).split("?", 1)[0]
    check(client.get(callback + "?error=access_denied&state=x"), 403, "signed nobody in")
    check(client.get(callback + "?state=x"), 400, '"field":"code"')
    check(client.get(callback + "?state=x&state=y&code=z"), 400)
    nobody = [Client(daemon).get(f"/v1/session/oidc/{name}") for name in ("Other", "Nobody", "acc_x")]
    check(nobody[0], 404, "no OpenID provider")
    same("an account that is not there", [answer.same for answer in nobody[1:]], [nobody[0].same] * 2)


def main():
    kit.make_vault(samples=False)
    account = kit.lethe("account", "show", "Acme", "--json")["id"]
    redirect = f"{BASE}/v1/session/oidc/{account}/callback"
    kit.lethe("user", "add", "anna@example.org", "--account", "Acme")
    kit.lethe("user", "add", "bent@example.org", "--account", "Acme")
    words = ["--base-url", BASE, "--oidc-ca", "cert.pem"]
    with glewlwyd.Glewlwyd() as provider:
        provider.set_up(redirect)
        with open("client.secret", "w", encoding="ascii") as file:
            file.write(glewlwyd.SECRET)
        os.chmod("client.secret", 0o600)
        kit.lethe("account", "sso", "Acme", "--issuer", provider.issuer, "--client-id", glewlwyd.CLIENT,
                  "--client-secret-file", "client.secret")
        anna = provider.add("anna", "anna@example.org", True)
        bent = provider.add("bent", "bent@example.org", False)
        dora = provider.add("dora", "dora@example.org", True)
        with kit.Daemon(*words, "--oidc-inside", "yes") as daemon:
            secrets = there_and_back(daemon, anna, redirect)
            refused(daemon, anna, [bent, dora])
            with_a_browser(daemon, anna, bent)
            figures = Client(daemon).get("/metrics").body.decode()
        with open("serve.log", encoding="utf-8") as log:
            said = log.read() + figures
        same("secrets in the log and the figures", [one for one in [*secrets, glewlwyd.SECRET] if one in said], [])
        with kit.Daemon(*words) as daemon:
            check(Client(daemon).get(START), 403, "inside")
        with kit.Daemon("--oidc-inside", "yes", "--oidc-ca", "cert.pem") as daemon:
            check(Client(daemon).get(START), 501)
    with kit.Daemon(*words, "--oidc-inside", "yes") as daemon:
        answer = Client(daemon).get(START)
        check(answer, 503)
        same("Retry-After", answer.headers["Retry-After"], "2")


if __name__ == "__main__":
    sys.exit(main())
