#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: messages.py COUNT DAY [WHO]
# So many messages, as Lethe JSON Lines, of the 28 days from DAY on: of a tenth as many people, or of WHO.
import datetime
import json
import sys

count, day = int(sys.argv[1]), datetime.datetime.fromisoformat(sys.argv[2] + "T00:00:00")
for n in range(count):
    at = day + datetime.timedelta(seconds=n * 28 * 86400 // count)
    print(json.dumps({
        "type": "message", "id": f"{sys.argv[2]}-{n}", "time": at.isoformat() + "Z",
        "from": sys.argv[3] if len(sys.argv) > 3 else f"+4520{n % (count // 10 + 1):06d}", "to": "+4533110000",
        "text": f"this is message {n}, as long as such messages often are",
    }))
