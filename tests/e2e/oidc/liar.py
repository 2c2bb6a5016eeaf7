# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# OpenID providers that lie, many at one port: each is a folder of it and says what it was told to say.
import base64
import hashlib
import hmac
import http.server
import json
import re
import socketserver
import ssl
import subprocess
import threading
import time

import glewlwyd


def encode(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """An RSA key in a file."""

    def __init__(self, name, kid="k1"):
        self.file, self.kid = f"{name}.pem", kid
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.file],
                       check=True, capture_output=True)

    def public(self, form="PEM"):
        return subprocess.run(["openssl", "pkey", "-in", self.file, "-pubout", "-outform", form], check=True, capture_output=True).stdout

    def jwk(self):
        text = subprocess.run(["openssl", "rsa", "-in", self.file, "-noout", "-modulus"], check=True, capture_output=True).stdout
        modulus = bytes.fromhex(re.fullmatch(rb"Modulus=([0-9A-F]+)\s*", text)[1].decode())
        return {"kty": "RSA", "use": "sig", "kid": self.kid, "n": encode(modulus), "e": "AQAB"}

    def sign(self, text):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=text.encode(), check=True,
                              capture_output=True).stdout

    def token(self, claims, **header):
        """`header` adds to what is said of it, and None leaves something out."""
        header = {"alg": "RS256", "kid": self.kid, **header}
        text = encode({name: value for name, value in header.items() if value is not None}) + "." + encode(claims)
        return text + "." + encode(self.sign(text))


def hmac_token(secret, claims, alg="HS256"):
    text = encode({"alg": alg, "kid": "k1"}) + "." + encode(claims)
    return text + "." + encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, **headers):
        """`body`: a document, or bytes."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        _, name, what = self.path.split("/", 2)
        liar = self.server.liars.get(name)
        if liar is None:
            self.say(404, {})
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        liar.asked.append((self.command, what, body.decode()))
        what = "discovery" if what.startswith(".well-known") else what
        how = liar.how.get(what)
        if callable(how):
            how(self)
        else:
            self.say(200, how if how is not None else getattr(liar, what)())

    do_GET = do_POST = handle_one

    # ---- how to be no good

    def raw(self, data):
        self.wfile.write(data)
        self.close_connection = True

    def endless(self, first, again, pause=0):
        """Until nobody listens any more."""
        self.close_connection = True
        try:
            self.wfile.write(first)
            while not self.server.over.wait(pause):
                self.wfile.write(again)
        except OSError:
            pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, liars):
        self.liars, self.over = liars, threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("cert.pem", "key.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_):
        pass  # whoever it was went away


class Liar:
    """A provider. `how` says what is answered instead of the truth: by discovery, keys and token a document, bytes, or what does it."""

    def __init__(self, port, name, key):
        self.issuer, self.key, self.how, self.asked = f"https://localhost:{port}/{name}", key, {}, []
        self.id_token, self.claims = None, {}

    def discovery(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                "jwks_uri": self.issuer + "/keys"}

    def keys(self):
        return {"keys": [self.key.jwk()]}

    def token(self):
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token}

    def true_claims(self, nonce, /, **more):
        now = int(time.time())
        return {"iss": self.issuer, "aud": "lethe", "sub": "s-1", "nonce": nonce, "iat": now, "exp": now + 600,
                "email": "anna@example.org", "email_verified": True, **more}


class Liars:
    """with Liars() as liars: liars.add("one")"""

    def __init__(self):
        glewlwyd.make_keys()
        self.all = {}
        self.server = Server(self.all)
        self.port = self.server.server_address[1]
        self.key = Key("liar")

    def add(self, name):
        self.all[name] = Liar(self.port, name, self.key)
        return self.all[name]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind, *rest):
        self.server.over.set()
        self.server.shutdown()
        self.server.server_close()
