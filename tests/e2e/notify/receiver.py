# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: receiver.py CERTIFICATE KEY: a receiver of webhooks over HTTPS, in the current folder. Prints its port; each request
# becomes a line of JSON in `requests`. /gate answers once there is a file `gate`, and until then never.
import http.server
import json
import os
import ssl
import sys
import threading

LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with LOCK, open("requests", "a", encoding="utf-8") as out:
            out.write(json.dumps({"path": self.path, "headers": headers, "body": body}) + "\n")
        if self.path == "/gate" and not os.path.exists("gate"):
            threading.Event().wait()
        self.send_response(204 if self.path == "/gate" else int(self.path[1:]))
        self.end_headers()

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
