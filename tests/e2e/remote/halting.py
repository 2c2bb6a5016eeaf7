# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# What a daemon can look like to a command line: the job whose id ends with w waits for ever, the file of any other breaks
# off in its middle once. Prints its port, then each request.
import http.server
import json
import sys

FILE = bytes(range(256)) * 400
JOB = {"operation": "person export", "made_by": "tok_x", "done": 0, "total": None, "cancel": False, "status": None}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        print(self.command, self.path, self.headers.get("Range", "-"), self.headers.get("If-Range", "-"), flush=True)

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(202, {**JOB, "id": "job_0000000000000000000000000w", "state": "waiting", "ended": None})

    def do_GET(self):
        if self.path.endswith("/result"):
            self.send_file()
        else:
            self.answer(200, {**JOB, "id": "job_0000000000000000000000000w", "state": "waiting", "ended": None})

    def send_file(self):
        begin = int((self.headers.get("Range") or "bytes=0-")[6:].rstrip("-"))
        changed = "changed" in self.path or "job_0000000000000000000000000c" in self.path
        partly = begin > 0 and not changed
        begin = begin if partly else 0
        self.send_response(206 if partly else 200)
        self.send_header("Content-Type", "application/zip")
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(FILE) - begin))
        self.end_headers()
        self.wfile.write(FILE[begin:] if partly else FILE[:50000])
        self.close_connection = True


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    print(server.server_port, flush=True)
    if len(sys.argv) > 1:
        with open(sys.argv[1], "wb") as whole:
            whole.write(FILE)
    server.serve_forever()
