#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# How users and programs are let in, from the command line.

# shellcheck disable=SC2154 # lethe sets $stderr

bats_require_minimum_version 1.5.0
load story

# shellcheck disable=SC2034 # lethe reads it
NOW= # the computer's, unless a test says when

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$LETHE" init --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" account create Contoso --country DK --now 2026-01-01T00:00:00Z >/dev/null
}

# on_terminal COMMAND: its output as a terminal shows it.
on_terminal() { script -qec "$1" /dev/null; }

@test "a token is written to a new file of mode 0600 or shown on a terminal, and nowhere else" {
	lethe token create dialler --role admin
	said 4
	[[ $stderr == *"does not go to a terminal"*"add --out FILE"* ]]
	lethe token list --json
	jq -e '.tokens == []' <<<"$output" # none was made
	lethe token create dialler --role admin --scopes record.write,contact.write --out token --now 2026-01-01T00:00:00Z --json
	said 0
	jq -e '.role == "admin" and .expires == "2027-01-01T00:00:00Z" and .file == "token" and (has("token") | not)' <<<"$output"
	[ "$(stat -c %a token)" = 600 ]
	grep -qxE 'lethe_a[0-9A-Za-z]{49}' token
	lethe token create again --role admin --out token
	said 4
	[[ $stderr == *"there is a file of that name"* ]]
	lethe token create again --role admin --out none/there
	said 8
	on_terminal "$LETHE token create shown --role auditor" >shown
	grep -qE 'lethe_a[0-9A-Za-z]{49}' shown
	lethe token list --json
	jq -e '[.tokens[].name] == ["dialler", "shown"]' <<<"$output"
	jq -e '.tokens[0].scopes == ["contact.write", "record.write"]' <<<"$output"
	run ! grep -raF "$(cat token)" lethe-data
	run ! grep -raF dialler lethe-data
	"$LETHE" audit list >log
	run ! grep -qE 'lethe_|dialler' log
	[ "$(grep -c token.create log)" = 2 ]
}

@test "a token is revoked by its id, the operator's by themselves" {
	"$LETHE" token create dialler --role owner --expires unlimited --out a >/dev/null
	"$LETHE" token create platform --operator --out o >/dev/null
	grep -q '^lethe_o' o
	id=$("$LETHE" token list --json | jq -r '.tokens[0].id')
	operators=$("$LETHE" token list --operator --json | jq -r '.tokens[0].id')
	lethe token revoke "$operators"
	said 3
	lethe token revoke "$id"
	said 0
	lethe token revoke "$operators" --operator
	said 0
	lethe token list --json
	jq -e '.tokens[0].state == "revoked" and .tokens[0].expires == null and .tokens[0].last_used == null' <<<"$output"
	lethe token revoke dialler
	said 2
	[[ $stderr == *"give the token's id"* ]]
}

@test "what a token cannot be is said" {
	lethe token create x
	said 2
	[[ $stderr == *"the token needs a role"* ]]
	lethe token create x --role agent --out f
	said 2
	[[ $stderr == *"cannot be an agent's"* ]]
	lethe token create x --role operator
	said 2
	lethe token create x --role admin --operator
	said 2
	lethe token create x --role auditor --scopes person.erase
	said 2
	[[ $stderr == *"the role auditor does not have the permission person.erase"*"--scopes"* ]]
	lethe token create x --role admin --expires soon
	said 2
	[[ $stderr == *"--expires"* ]]
	[ ! -e f ]
}

@test "a password comes from a file or standard input, never from the command line, and is nowhere afterwards" {
	"$LETHE" user add anna@example.org --role admin >/dev/null
	echo "correct horse battery" >file
	lethe user password anna@example.org --password-file file
	said 0
	run --separate-stderr bash -c 'echo "another horse battery" | "$LETHE" user password ANNA@example.org --password-file -'
	said 0
	lethe user password anna@example.org "correct horse battery"
	said 2
	run --separate-stderr setsid "$LETHE" user password anna@example.org </dev/null
	said 4
	[[ $stderr == *"no terminal to ask"* ]]
	for bad in short password1234 aaaaaaaaaaaaaaa anna@example.org; do
		echo "$bad" >file
		lethe user password anna@example.org --password-file file
		said 2
		[[ $stderr != *"$bad"* || $bad == anna* ]]
	done
	run ! grep -raE 'horse battery|argon2' lethe-data
	"$LETHE" audit list --json | jq -e '[.leaves[].leaf | select(.act == "user.password.set")] | length == 2'
	"$LETHE" check >/dev/null
}

@test "a one-time link is handed out once, in a file that is for nobody else" {
	"$LETHE" user add anna >/dev/null
	lethe user invite anna --out link --url https://lethe.example.org --now 2026-01-02T00:00:00Z --json
	said 0
	jq -e '.expires == "2026-01-03T00:00:00Z" and .file == "link"' <<<"$output"
	grep -qxE 'https://lethe.example.org/invite#lethe_i[0-9A-Za-z]{49}' link
	for url in http://lethe.example.org http://localhost.example.org ftp://localhost; do
		lethe user invite anna --out other --url "$url"
		said 2
	done
	lethe user invite --first-owner --out owner
	said 0
	lethe user invite anna --first-owner --out more
	said 2
	lethe user invite --out more
	said 2
	lethe user invite anna --end
	said 0
	lethe user invite anna --end
	said 3
	"$LETHE" user add olga --role owner >/dev/null
	lethe user invite --first-owner --out more
	said 4
	[[ $stderr == *"the account has an owner"* ]]
	[ ! -e more ] && [ ! -e other ]
	run ! grep -raF "$(sed 's/.*#//' link)" lethe-data
}

# code URI TIME: what a program of somebody else makes of it.
code() {
	python3 - "$1" "$2" <<-'END'
		import base64, datetime, hashlib, hmac, struct, sys, urllib.parse
		query = urllib.parse.parse_qs(urllib.parse.urlparse(sys.argv[1]).query)
		key = base64.b32decode(query["secret"][0])
		at = datetime.datetime.fromisoformat(sys.argv[2].replace("Z", "+00:00")).timestamp()
		mac = hmac.new(key, struct.pack(">Q", int(at) // int(query["period"][0])), hashlib.sha1).digest()
		start = mac[-1] & 15
		print(str((struct.unpack(">I", mac[start:start + 4])[0] & 0x7fffffff) % 10 ** int(query["digits"][0])).zfill(6))
	END
}

@test "a second factor is begun, confirmed with a code of another program, and turned off" {
	"$LETHE" user add anna >/dev/null
	now=2026-02-03T04:05:06Z
	lethe user totp anna --out uri --now $now
	said 0
	echo 000000 >wrong
	lethe user totp anna --confirm --code-file wrong --out codes --now $now
	said 4
	[ ! -e codes ]
	code "$(cat uri)" $now >right
	lethe user totp anna --confirm --code-file right --out codes --now $now --json
	said 0
	[ "$(grep -cxE '([a-z2-7]{4}-){3}[a-z2-7]{4}' codes)" = 10 ]
	lethe user totp anna --out more
	said 4
	[[ $stderr == *"has a second factor already"* ]]
	lethe user totp anna --recovery --out new
	said 0
	run ! diff -q codes new
	lethe user totp anna --off --recovery
	said 2
	lethe user totp anna --off
	said 0
	lethe user totp anna --off
	said 3
	"$LETHE" check >/dev/null
}

@test "sessions are listed, which is in the log" {
	"$LETHE" user add anna >/dev/null
	lethe user sessions anna --json
	said 0
	jq -e '.sessions == []' <<<"$output"
	lethe user sessions anna --end-all --json
	said 0
	jq -e '.ended == 0' <<<"$output"
	lethe user sessions anna --end ses_01h455vb4pex5vsknk084sn02q
	said 3
	lethe user sessions anna --end tok_01h455vb4pex5vsknk084sn02q
	said 2
	lethe user sessions anna --end ses_01h455vb4pex5vsknk084sn02q --end-all
	said 2
	"$LETHE" audit list --json | jq -e '[.leaves[].leaf | select(.act == "user.sessions")] | length == 1'
}

@test "what has ended is cleared away by the daily run" {
	"$LETHE" user add anna --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" user invite anna --out link --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" token create x --role owner --expires "1 day" --out t --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" token create y --operator --expires "1 day" --out o --now 2026-01-01T00:00:00Z >/dev/null
	"$LETHE" retention run --now 2026-01-03T00:00:00Z >/dev/null
	"$LETHE" audit list --json | jq -e '[.leaves[].leaf | select(.act == "access.tidy") | [.invites, .tokens]] == [[1, 0]]'
	"$LETHE" retention run --all --now 2026-04-02T00:00:00Z >/dev/null
	"$LETHE" audit list --json | jq -e '[.leaves[].leaf | select(.act == "access.tidy") | [.account, .tokens]] == [[1, 0], [1, 1], [0, 1]]'
	"$LETHE" check >/dev/null
}

@test "an account's OpenID provider is set, shown and turned off, and its secret is sealed" {
	lethe account sso Contoso --json
	said 0
	jq -e '. == {issuer: null, client_id: null, client_secret: false, adds: null}' <<<"$output"
	echo s3cret-s3cret >secret
	lethe account sso Contoso --issuer https://id.example.org --client-id lethe --client-secret-file secret --adds agent --json
	said 0
	jq -e '. == {issuer: "https://id.example.org", client_id: "lethe", client_secret: true, adds: "agent"}' <<<"$output"
	run ! grep -raF s3cret lethe-data
	"$LETHE" user add anna >/dev/null
	lethe user sso anna --subject "sub of anna"
	said 0
	run ! grep -raF "sub of anna" lethe-data
	lethe user sso anna
	said 2
	lethe user sso anna --off
	said 0
	lethe account sso Contoso --issuer https://id.example.org --client-id lethe --client-secret hush
	said 2
	[[ $stderr == *"give --client-secret-file FILE"* ]]
	lethe account sso Contoso --issuer http://id.example.org --client-id lethe
	said 2
	[[ $stderr == *"an issuer is an https address"* ]]
	lethe account sso Contoso --issuer https://id.example.org
	said 2
	lethe account sso Contoso --issuer https://id.example.org --client-id lethe --adds owner
	said 2
	[[ $stderr == *"nobody becomes an owner"* ]]
	lethe account sso Contoso --off
	said 0
	lethe user sso anna --subject x
	said 3
	"$LETHE" audit list >log
	[ "$(grep -c account.sso log)" = 2 ]
	run ! grep -qE 'example.org|s3cret' log
}
