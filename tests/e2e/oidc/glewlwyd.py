# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# glewlwyd, an OpenID provider of somebody else, in the current folder: begun, told of a client and its users, and used by
# a browser of a few lines.
import http.client
import json
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.parse

DATABASE = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
CLIENT, SECRET = "lethe", "a-secret_and.a~half"  # glewlwyd does not undo the escapes of RFC 6749, section 2.3.1
CONFIG = """
port = {port}
external_url = "https://localhost:{port}"
login_url = "login.html"
api_prefix = "api"
log_mode = "file"
log_level = "WARNING"
log_file = "{folder}/glewlwyd.log"
cookie_domain = "localhost"
cookie_secure = 1
session_expiration = 3600
session_key = "SESSION"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
user_middleware_module_path = "{folder}/none"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = true
secure_connection_key_file = "{folder}/key.pem"
secure_connection_pem_file = "{folder}/cert.pem"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3"; path = "{folder}/glewlwyd.db"; }};
"""


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


def make_keys():
    """A certificate for TLS, and a key that tokens are signed with."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
                   check=True, capture_output=True)
    for words in (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "sign.pem"],
                  ["pkey", "-in", "sign.pem", "-pubout", "-out", "verify.pem"]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)


class Browser:
    """Keeps one cookie, that of the provider."""

    def __init__(self, port):
        self.port, self.cookie = port, None

    def ask(self, method, target, body=None):
        context = ssl.create_default_context(cafile="cert.pem")
        # By its address: a bare system does not resolve the name.
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
        headers = {"Cookie": self.cookie} if self.cookie else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.headers.get("Set-Cookie"):
            self.cookie = response.headers["Set-Cookie"].split(";")[0]
        connection.close()
        return response, text

    def must(self, *words):
        response, text = self.ask(*words)
        if response.status != 200:
            raise SystemExit(f"glewlwyd answers {words[:2]} with {response.status}: {text[:2000]}")
        return text

    def log_in(self, name, password):
        self.must("POST", "/api/auth/", {"username": name, "password": password})

    def authorize(self, url):
        """Goes where it was sent, and tells where it is sent back to."""
        parts = urllib.parse.urlsplit(url)
        response, text = self.ask("GET", f"{parts.path}?{parts.query}&g_continue")
        if response.status != 302:
            raise SystemExit(f"glewlwyd does not send back: {response.status} {text[:2000]}")
        return response.headers["Location"]


class Glewlwyd:
    def __init__(self):
        self.port, self.folder = free_port(), os.getcwd()
        self.issuer = f"https://localhost:{self.port}/api/oidc"
        make_keys()
        os.mkdir("none")
        with open(DATABASE, encoding="utf-8") as script, sqlite3.connect("glewlwyd.db") as database:
            database.executescript(script.read())
        with open("glewlwyd.conf", "w", encoding="ascii") as config:
            config.write(CONFIG.format(port=self.port, folder=self.folder))
        self.process = subprocess.Popen([shutil.which("glewlwyd"), "--config-file=glewlwyd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.admin = self.wait()

    def wait(self):
        browser = Browser(self.port)
        for _ in range(600):
            try:
                browser.log_in("admin", "password")
                return browser
            except ConnectionError:
                if self.process.poll() is not None:
                    raise SystemExit("glewlwyd did not begin; see glewlwyd.log") from None
                time.sleep(0.05)
        raise SystemExit("glewlwyd does not answer")

    def plugin(self):
        with open("sign.pem", encoding="ascii") as key, open("verify.pem", encoding="ascii") as cert:
            return {"module": "oidc", "name": "oidc", "display_name": "oidc", "order_rank": 0, "readonly": False, "enabled": True,
                    "parameters": {
                        "iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": key.read(), "cert": cert.read(),
                        "jwks-show": True, "access-token-duration": 3600, "refresh-token-duration": 3600, "code-duration": 600,
                        "refresh-token-rolling": False, "allow-non-oidc": False, "auth-type-code-enabled": True,
                        "auth-type-token-enabled": False, "auth-type-id-token-enabled": False, "auth-type-none-enabled": False,
                        "auth-type-password-enabled": False, "auth-type-client-enabled": False,
                        "auth-type-refresh-enabled": False, "pkce-allowed": True, "pkce-method-plain-allowed": False,
                        "pkce-required": True, "subject-type": "public", "email-claim": "mandatory", "name-claim": "no",
                        "scope-claim": "no",
                        "claims": [{"name": "email_verified", "user-property": "verified", "type": "boolean",
                                    "boolean-value-true": "yes", "boolean-value-false": "no", "mandatory": True,
                                    "on-demand": False, "scope": []}]}}

    def set_up(self, redirect):
        """A client that comes back there."""
        database = json.loads(self.admin.must("GET", "/api/mod/user/database"))
        database["parameters"]["data-format"]["verified"] = {"multiple": False, "read": True, "write": True,
                                                             "profile-read": False, "profile-write": False}
        self.admin.must("PUT", "/api/mod/user/database", database)
        self.admin.must("PUT", "/api/mod/user/database/reset")
        self.admin.must("POST", "/api/mod/plugin/", self.plugin())
        self.admin.must("POST", "/api/scope/", {"name": "email", "display_name": "email", "password_required": False})
        self.admin.must("POST", "/api/client/", {
            "client_id": CLIENT, "name": "Lethe", "confidential": True, "password": SECRET, "enabled": True, "scope": [],
            "redirect_uri": [redirect], "authorization_type": ["code"],
            "token_endpoint_auth_method": ["client_secret_basic"]})

    def add(self, name, email, verified):
        """A user, in a browser of theirs that is signed in there and has agreed."""
        self.admin.must("POST", "/api/user/", {
            "username": name, "name": name, "email": email, "password": "good enough", "enabled": True,
            "scope": ["openid", "email"], "verified": "yes" if verified else "no"})
        browser = Browser(self.port)
        browser.log_in(name, "good enough")
        browser.must("PUT", f"/api/auth/grant/{CLIENT}", {"scope": "openid email"})
        return browser

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.process.terminate()
        self.process.wait()
