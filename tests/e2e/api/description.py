# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Prints the description that the daemon serves.
import sys

import kit

with kit.Daemon() as daemon:
    sys.stdout.buffer.write(kit.Client(daemon.port).ask("GET", "/v1/openapi.json").body)
