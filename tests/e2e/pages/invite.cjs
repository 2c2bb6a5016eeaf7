// SPDX-FileCopyrightText: The Lethe authors
// SPDX-License-Identifier: Apache-2.0
//
// Usage: invite.cjs URL LINK PASSWORD [NAME]: the page of a one-time link in a browser of a few lines, which loads its
// script from the daemon, fills in the form and sends it. Prints what a person then reads.
"use strict";

const vm = require("node:vm");
const [base, link, password, name] = process.argv.slice(2);
const elements = {};

function element(id) {
	elements[id] ??= {value: "", hidden: false, textContent: "", on: {}, addEventListener(type, f) { this.on[type] = f; }};
	return elements[id];
}

// Waits until what the page began has come to its end.
async function settle(asked) {
	while (asked.open > 0)
		await new Promise((done) => setImmediate(done));
	await new Promise((done) => setImmediate(done));
}

async function main() {
	const page = await fetch(base + "/invite"), html = await page.text(), asked = {open: 0};
	const path = html.match(/<script src="([^"]+)"/)[1];
	const script = await (await fetch(base + "/" + path)).text();
	if (!page.headers.get("content-security-policy").includes("script-src 'self'") || /<script>|style="| on[a-z]+="/.test(html))
		throw new Error("the page has something in it that its policy forbids");
	const location = {hash: "#" + link, pathname: "/invite"};
	const context = {
		location, document: {getElementById: element}, Error, JSON, history: {replaceState(a, b, to) { location.hash = to; }},
		fetch(to, options) {
			asked.open++;
			const headers = {...options.headers, "Sec-Fetch-Site": "same-origin", Origin: base};
			return fetch(base + "/" + to, {...options, headers}).finally(() => asked.open--);
		},
	};
	vm.runInNewContext(script, context);
	await settle(asked);
	if (location.hash.includes("lethe"))
		throw new Error("the link is left in the address");
	console.log(element("whose").textContent);
	if (!element("form").hidden) {
		element("password").value = password;
		element("name").value = name ?? "";
		element("form").on.submit({preventDefault() {}});
		await settle(asked);
		console.log(element("whose").textContent);
	}
	console.log(element("wrong").textContent);
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
