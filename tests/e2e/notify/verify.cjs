// SPDX-FileCopyrightText: The Lethe authors
// SPDX-License-Identifier: Apache-2.0
//
// Usage: node verify.cjs MODULES REQUESTS SECRET..: the published library of Standard Webhooks verifies each request under
// each of the secrets, and refuses it when one byte differs. Prints how many there were.
const fs = require("fs");
const path = require("path");

const [modules, requests, ...secrets] = process.argv.slice(2);
const { Webhook } = require(path.join(modules, "standardwebhooks"));
const lines = fs.readFileSync(requests, "utf8").trim().split("\n");

for (const line of lines) {
  const { headers, body } = JSON.parse(line);
  for (const secret of secrets) {
    const webhook = new Webhook(secret);
    const event = webhook.verify(body, headers);
    if (event.id !== headers["webhook-id"]) throw new Error(`${event.id} came as ${headers["webhook-id"]}`);
    let passed = true;
    try {
      webhook.verify(body.replace("evt_", "evu_"), headers);
    } catch {
      passed = false;
    }
    if (passed) throw new Error("a changed body verifies");
  }
}
console.log(lines.length);
