# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: mailbox.py CERTIFICATE KEY: a mail server that wants STARTTLS and the password of `lethe`, in the current folder.
# Prints its port; each mail it takes is a file in `mails`. It takes nothing for refused@example.com.
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

os.makedirs("mails", exist_ok=True)


class Box:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == "refused@example.com":
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = f"mails/{len(os.listdir('mails'))}"
        with open(name + ".part", "wb") as out:
            out.write(envelope.content)
        os.rename(name + ".part", name)
        with open("told", "a", encoding="utf-8") as out:
            out.write(f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)}\n")
        return "250 OK"


def check(server, session, envelope, mechanism, data):
    good = mechanism in ("LOGIN", "PLAIN") and data.login == b"lethe" and data.password == b"correct horse"
    return AuthResult(success=good, handled=False)  # it is for the server to say so


async def serve():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])

    def session():
        return SMTP(Box(), tls_context=context, require_starttls=True, authenticator=check, auth_required=True)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


open("told", "w", encoding="utf-8").close()
asyncio.run(serve())
