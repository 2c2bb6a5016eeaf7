# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: read.py MAIL: reads a mail as any program would, and prints it as JSON. A defect of its form is an error.
import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)
for part in mail.walk():
    if part.defects:
        sys.exit(f"{part.get_content_type()}: {part.defects}")
print(json.dumps({
    "type": mail.get_content_type(),
    "headers": {name.lower(): str(value) for name, value in mail.items()},
    "date": mail["date"].datetime.isoformat(),
    "text": mail.get_body(("plain",)).get_content(),
    "html": mail.get_body(("html",)).get_content(),
    "parts": [part.get_content_type() for part in mail.iter_parts()],
}))
