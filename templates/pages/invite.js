// SPDX-FileCopyrightText: The Lethe authors
// SPDX-License-Identifier: Apache-2.0
//
// The page that a one-time link leads to. What is secret stands behind the '#', which no browser sends by itself.
"use strict";

const find = (id) => document.getElementById(id);
const link = location.hash.slice(1);
history.replaceState(null, "", location.pathname); // nobody reads it off the screen, or in the history

async function ask(path, body) {
	const answer = await fetch(path, {
		method: "POST", headers: {"Content-Type": "application/json"}, credentials: "same-origin",
		body: JSON.stringify(body),
	});
	const document = await answer.json();
	if (!answer.ok)
		throw new Error([document.detail, document.mend].filter(Boolean).join(": "));
	return document;
}

function say(error) {
	find("wrong").textContent = error.message;
}

async function begin() {
	const found = await ask("v1/links", {link});
	find("whose").textContent = found.first_owner
		? `You become the first owner of ${found.account.name}.`
		: `For ${found.name}, in ${found.account.name}.`;
	find("first").hidden = !found.first_owner;
	find("name").required = found.first_owner;
	find("form").hidden = false;
}

async function choose() {
	const body = {link, password: find("password").value};
	if (!find("first").hidden)
		body.name = find("name").value;
	const used = await ask("v1/links/use", body);
	find("form").hidden = true;
	find("wrong").textContent = "";
	find("whose").textContent = used.signed_in
		? "The password is chosen, and you are signed in."
		: "The password is chosen. Sign in with it, and with a code of your second factor.";
}

find("form").addEventListener("submit", (event) => {
	event.preventDefault();
	choose().catch(say);
});
begin().catch(say);
