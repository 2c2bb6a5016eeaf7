-- SPDX-FileCopyrightText: The Lethe authors
-- SPDX-License-Identifier: Apache-2.0
--
-- For wrk: asks by the token in the file $TOKEN, and writes one line to the file $FIGURES: requests, requests a second, the
-- median and the 99th percentile of their milliseconds, how many were answered with 4xx or 5xx, and how many with nothing.

local file = assert(io.open(os.getenv("TOKEN")))
wrk.headers["Authorization"] = "Bearer " .. file:read("*l")
file:close()

function done(summary, latency)
	local errors = summary.errors
	local out = assert(io.open(os.getenv("FIGURES"), "w"))
	out:write(string.format("%d %.0f %.2f %.2f %d %d\n", summary.requests, summary.requests / summary.duration * 1e6,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.status,
		errors.connect + errors.read + errors.write + errors.timeout))
	out:close()
end
