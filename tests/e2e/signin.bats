#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# People sign in over HTTP: passwords, second factors, sessions, one-time links.
bats_require_minimum_version 1.5.0

load story
load serving

PASSWORD='correct horse battery'
OTHER='wrong donkey capacitor'
START=2026-03-02T09:00:00Z

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	"$LETHE" init >/dev/null
	"$LETHE" account create Acme --country DK >/dev/null
	SERVING=
}

teardown() {
	[ -z "$SERVING" ] || kill -KILL "$SERVING"
}

# over_tls: $URL is where it answers by TLS.
over_tls() { URL=https://localhost:$(sed -nE 's/.*"port":([0-9]+),"tls":1.*/\1/p' serve.log); }

# add NAME ROLE [WORD..]: a user with the password $PASSWORD.
add() {
	local name=$1 role=$2
	shift 2
	printf '%s' "$PASSWORD" >password
	chmod 600 password
	"$LETHE" user add "$name" --role "$role" "$@" --account Acme --now $START >/dev/null
	"$LETHE" user password "$name" --password-file password --account Acme --now $START >/dev/null
}

# post PATH BODY [CURL..]: with nothing that lets in.
post() {
	local path=$1 body=$2
	shift 2
	code=$(curl -sS -D head -o answer -w '%{http_code}' -H 'Content-Type: application/json' --data-binary "$body" \
		"$@" "$URL$path")
}

# enter NAME [PASSWORD] [MEMBERS]: signs in; the cookies are kept in the file NAME.jar, the second text in NAME.csrf.
enter() {
	local name=$1 password=${2-$PASSWORD} more=${3-}
	post /v1/session "{\"name\":\"$name\",\"password\":\"$password\"$more}" -b "$name.jar" -c "$name.jar"
	[ "$code" != 201 ] || jq -r .csrf answer >"$name.csrf"
}

# as NAME METHOD PATH [BODY] [CURL..]: by the cookie of a session, with its second text.
as() {
	local name=$1 method=$2 path=$3 body=${4-}
	shift $(($# < 4 ? 3 : 4))
	local headers=(-b "$name.jar" -c "$name.jar" -H "X-Lethe-CSRF: $(cat "$name.csrf")")
	[ -z "$body" ] || headers+=(-H 'Content-Type: application/json' --data-binary "$body")
	code=$(curl -sS -D head -o answer -w '%{http_code}' -X "$method" "${headers[@]}" "$@" "$URL$path")
}

# code_of URI TIME: what a program of somebody else shows then.
code_of() {
	python3 - "$1" "$2" <<-'END'
		import base64, datetime, hashlib, hmac, struct, sys, urllib.parse
		query = urllib.parse.parse_qs(urllib.parse.urlparse(sys.argv[1]).query)
		at = datetime.datetime.fromisoformat(sys.argv[2].replace("Z", "+00:00")).timestamp()
		mac = hmac.new(base64.b32decode(query["secret"][0]), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
		start = mac[-1] & 15
		print(str((struct.unpack(">I", mac[start:start + 4])[0] & 0x7fffffff) % 10 ** 6).zfill(6))
	END
}

@test "who signs in is told who they are and what they may, and is known by the cookie from then on" {
	add anna@example.org admin
	serve --now $START
	enter anna@example.org
	answered 201
	[ "$(jq -r '.user.name, .user.role, .account.name, .session.by' answer | tr '\n' ' ')" = \
		"anna@example.org admin Acme password " ]
	jq -e '.may | index("hold.write")' answer
	as anna@example.org GET /v1/session
	answered 200
	as anna@example.org GET /v1/accounts/Acme/holds
	answered 200
	as anna@example.org POST /v1/accounts/Acme/holds '{"reason":"case 7"}'
	answered 201
	as anna@example.org GET /v1/accounts
	answered 403
	stop
	"$LETHE" audit list --json --account Acme | jq -e '.leaves[].leaf | select(.act == "hold.add") | .by | startswith("usr_")'
}

@test "cookies: a page's scripts do not see them, no other site sends them, under TLS no other host sets them" {
	add anna admin
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null
	serve --now $START
	enter anna
	grep -i '^set-cookie: lethe=' head | grep -q 'Path=/; HttpOnly; SameSite=Strict'
	grep -i '^set-cookie: lethe=' head >plain
	run ! grep -i 'secure\|max-age\|domain' plain
	grep -i '^set-cookie: lethe-device=' head | grep -q 'Max-Age=15552000; HttpOnly; SameSite=Strict'
	stop
	serve --listen-tls 127.0.0.1:0 --certificate cert.pem --key key.pem --now $START
	over_tls
	post /v1/session "{\"name\":\"anna\",\"password\":\"$PASSWORD\"}" --cacert cert.pem
	answered 201
	grep -i '^set-cookie: __Host-lethe=lethe_s' head | grep -q 'Path=/; HttpOnly; Secure; SameSite=Strict\|Path=/; Secure; HttpOnly; SameSite=Strict'
	grep -iq '^set-cookie: __Host-lethe-device=' head
	stop
	serve --base-url https://lethe.example --now $START # a proxy in front of it ends TLS
	enter anna
	grep -iq '^set-cookie: __Host-lethe=.*Secure' head
}

@test "P41: what does not fit is answered alike, whatever it is" {
	"$LETHE" account create Other --country DK >/dev/null
	add anna admin
	"$LETHE" user add bent --account Acme >/dev/null
	serve --now $START
	for body in '"account":"Acme","name":"anna"' '"account":"Acme","name":"nobody"' '"account":"Acme","name":"bent"' \
		'"account":"Nobody","name":"anna"' '"account":"Other","name":"anna"'; do
		post /v1/session "{$body,\"password\":\"$OTHER\"}"
		answered 401
		grep -qi '^www-authenticate: bearer' head
		run ! grep -i '^set-cookie' head
		sed -E 's/req_[a-z0-9]+//' answer >said
		[ -e first ] || cp said first
		cmp first said
	done
	run ! grep -q 'donkey\|anna\|Acme' answer
	post /v1/session "{\"name\":\"anna\",\"password\":\"$PASSWORD\"}" # of two accounts
	answered 400
	grep -q '"field":"account"' answer
}

# guesses NAME: wrong words until one must wait, and then the right one, which must, too. The first wait is a second and each
# is twice the last: on a slow machine some pass before anybody asks again. Adds to $wrong those that were told so.
guesses() {
	local from='X-Forwarded-For: 203.0.113.9'
	for ((i = 0; i < 12; i++)); do
		post /v1/session "{\"name\":\"$1\",\"password\":\"$OTHER\"}" -H "$from"
		[ "$code" = 401 ] || break
		wrong=$((wrong + 1))
	done
	[ "$code" = 429 ] || return 1
	grep -q '^Retry-After: [1-9]' head
	post /v1/session "{\"name\":\"$1\",\"password\":\"$PASSWORD\"}" -H "$from"
	[ "$code" = 429 ]
}

@test "P41: whoever guesses waits, and is told how long; from another address the user gets in" {
	for name in anna ben cleo dora; do add $name admin; done
	serve --proxies 127.0.0.1 --address-rate 1000 --now $START
	wrong=0
	for name in anna ben cleo dora; do
		guesses $name && break
	done
	answered 429
	((wrong >= 4))
	post /v1/session "{\"name\":\"$name\",\"password\":\"$PASSWORD\"}" -H 'X-Forwarded-For: 198.51.100.7'
	answered 201
	curl -sS "$URL/metrics" | grep -q 'lethe_sign_ins_total{outcome="wait"} [2-9]'
	stop
	[ "$("$LETHE" audit list --account Acme --count 100 --json |
		jq '[.leaves[].leaf | select(.act == "user.sign_in.failed")] | length')" = "$wrong" ]
}

@test "P41: programs with tokens that are no good keep nobody of their address from signing in, nor a stranger's sign-ins from programs" {
	add anna admin
	"$LETHE" token create program --account Acme --role admin --out admin.token >/dev/null
	serve --address-rate 5 --now $START
	echo lethe_a_0000000000000000000000000000000000000000000000000 >bad.token
	for _ in 1 2 3 4 5 6; do
		ask bad.token GET /v1/accounts/Acme
	done
	answered 429
	enter anna
	answered 201
	for _ in 1 2 3 4 5; do
		post /v1/links '{"link":"lethe_i1"}'
	done
	answered 429
	ask admin.token GET /v1/accounts/Acme
	answered 200
	as anna GET /v1/accounts/Acme/holds
	answered 200
}

@test "P41: what pages of other sites make a browser ask keeps nobody of its address from signing in" {
	add anna admin
	serve --address-rate 5 --now $START
	for ((i = 0; i < 10; i++)); do
		code=$(curl -sS -o answer -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: no-cors' -H 'Sec-Fetch-Dest: image' "$URL/v1/session/oidc/Acme")
		answered 403
		grep -q '"field":"Sec-Fetch-Mode"' answer
		code=$(curl -sS -o answer -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: iframe' "$URL/v1/session/oidc/Acme")
		answered 403
		grep -q '"field":"Sec-Fetch-Dest"' answer
		post /v1/session "{\"name\":\"anna\",\"password\":\"$OTHER\"}" -H 'Origin: https://evil.example'
		answered 403
		post /v1/links/use "{\"link\":\"x\",\"password\":\"$OTHER\"}" -H 'Sec-Fetch-Site: same-site'
		answered 403
	done
	code=$(curl -sS -o answer -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document' "$URL/v1/session/oidc/Acme") # a link there
	answered 404
	code=$(curl -sS -o answer -w '%{http_code}' -H 'Sec-Fetch-Site: none' -H 'Sec-Fetch-Mode: no-cors' "$URL/v1/session/oidc/Acme") # no page at all
	answered 404
	enter anna
	answered 201
}

@test "P54: what a session changes needs its second text, and a page of ours that asks" {
	add anna admin
	serve --now $START
	enter anna
	hold='{"reason":"case 7"}'
	code=$(curl -sS -o answer -w '%{http_code}' -b anna.jar -H 'Content-Type: application/json' -d "$hold" \
		"$URL/v1/accounts/Acme/holds")
	answered 403
	grep -q '"field":"X-Lethe-CSRF"' answer
	code=$(curl -sS -o answer -D head -w '%{http_code}' -b anna.jar -H 'Content-Type: application/json' -d "$hold" \
		"$URL/v1/accounts/Acme/holds")
	grep -qi '^ratelimit: ' head # it counts, as every refusal does
	code=$(curl -sS -o answer -w '%{http_code}' -b anna.jar -H 'Content-Type: application/x-ndjson' -d '{}' \
		"$URL/v1/accounts/Acme/ingest")
	answered 403
	cp anna.csrf right
	tr 'a-zA-Z' 'b-zaB-ZA' <right >anna.csrf
	as anna POST /v1/accounts/Acme/holds "$hold"
	answered 403
	cp right anna.csrf
	for asked_by in 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: same-site' 'Origin: https://evil.example' 'Origin: null' \
		"Origin: http://127.0.0.1:1"; do
		as anna POST /v1/accounts/Acme/holds "$hold" -H "$asked_by"
		answered 403
		post /v1/session "{\"name\":\"anna\",\"password\":\"$PASSWORD\"}" -H "$asked_by"
		answered 403
	done
	as anna GET /v1/accounts/Acme/holds
	[ "$(jq '.holds | length' answer)" = 0 ]
	as anna POST /v1/accounts/Acme/holds "$hold" -H 'Sec-Fetch-Site: same-origin' -H "Origin: $URL"
	answered 201
	code=$(curl -sS -o answer -w '%{http_code}' -X DELETE -b anna.jar "$URL/v1/session")
	answered 403
}

@test "P40: a session ends when it is quiet, when its time is over, when it is ended, and lets nobody in then" {
	add anna admin
	"$LETHE" token create program --account Acme --role admin --out admin.token --now $START >/dev/null
	serve --now $START
	enter anna
	cp anna.jar old.jar
	cp anna.csrf old.csrf
	as anna DELETE /v1/session
	answered 200
	grep -qi '^set-cookie: lethe=; .*Max-Age=0' head
	as old GET /v1/session
	answered 401
	enter anna
	stop
	serve --now 2026-03-02T09:30:00Z
	as anna GET /v1/session
	answered 200
	stop
	serve --now 2026-03-02T10:29:00Z
	as anna GET /v1/session
	answered 200
	stop
	serve --now 2026-03-02T11:31:00Z
	as anna GET /v1/session
	answered 401
	enter anna
	stop
	serve --session-idle 10 --now 2026-03-02T11:40:00Z
	ask admin.token GET /v1/accounts/Acme/users/anna/sessions
	[ "$(jq '.sessions | length' answer)" = 1 ]
	stop
	serve --session-idle 10 --now 2026-03-02T11:45:00Z
	ask admin.token GET /v1/accounts/Acme/users/anna/sessions # nor does an admin see one any more
	answered 200
	[ "$(jq '.sessions | length' answer)" = 0 ]
	as anna GET /v1/session
	answered 401
}

@test "one sees one's own sessions and ends them; nobody else's" {
	add anna admin
	add bent agent
	serve --now $START
	enter anna
	mv anna.jar first.jar
	mv anna.csrf first.csrf
	post /v1/session "{\"name\":\"anna\",\"password\":\"$PASSWORD\"}" -b anna.jar -c anna.jar \
		-A 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
	jq -r .csrf answer >anna.csrf
	enter bent
	as bent GET /v1/sessions
	theirs=$(jq -r '.sessions[0].id' answer)
	as anna GET /v1/sessions
	answered 200
	[ "$(jq -c '[.sessions[].browser]' answer)" = '["curl","Firefox on Linux"]' ]
	as anna DELETE "/v1/sessions/$theirs"
	answered 404
	as anna DELETE "/v1/sessions/$(jq -r '.sessions[0].id' <(as anna GET /v1/sessions; cat answer))"
	answered 200
	as first GET /v1/session
	answered 401
	as anna GET /v1/session
	answered 200
	as anna DELETE /v1/sessions
	answered 200
	as anna GET /v1/session
	answered 401
	as bent GET /v1/session
	answered 200
}

@test "a password is changed by who knows it; every other session ends, and guesses at it wait" {
	add anna admin
	serve --now $START
	enter anna
	cp anna.jar other.jar
	cp anna.csrf other.csrf
	as anna PUT /v1/session/password "{\"present\":\"$OTHER\",\"password\":\"new words for a door\"}"
	answered 403
	grep -q '"field":"present"' answer
	as anna PUT /v1/session/password "{\"present\":\"$PASSWORD\",\"password\":\"short\"}"
	answered 400
	grep -q '"field":"password"' answer
	as anna PUT /v1/session/password "{\"present\":\"$PASSWORD\",\"password\":\"new words for a door\"}"
	answered 200
	jq -r .csrf answer >anna.csrf
	as other GET /v1/session
	answered 401
	as anna GET /v1/session
	answered 200
	enter anna
	answered 401
	enter anna 'new words for a door'
	answered 201
	for ((i = 0; i < 5; i++)); do
		as anna PUT /v1/session/password "{\"present\":\"$OTHER\",\"password\":\"more words for a door\"}"
		answered 403
	done
	as anna PUT /v1/session/password "{\"present\":\"new words for a door\",\"password\":\"more words for a door\"}"
	answered 429
	grep -q '^Retry-After: ' head
}

@test "who got hold of a session makes no other way in of it: not as an admin of themselves, nor by guessing at a code" {
	add anna admin
	add carl admin
	serve --now $START
	enter anna
	as anna GET /v1/session
	anna=$(jq -r .user.id answer)
	as anna GET /v1/accounts/Acme/users
	carl=$(jq -r '.users[] | select(.name == "carl") | .id' answer)
	for asked in "POST $anna/invitations {\"by\":\"answer\"}" "POST anna/invitations {}" "DELETE $anna/totp" "PUT $anna/subject {\"subject\":\"s\"}" \
		"DELETE $anna/subject"; do
		read -r method path body <<<"$asked"
		as anna "$method" "/v1/accounts/Acme/users/$path" "$body"
		answered 403
		grep -q 'how you are let in yourself is not changed here' answer
	done
	as anna POST "/v1/accounts/Acme/users/$carl/invitations" '{"by":"answer"}'
	answered 201
	as anna DELETE "/v1/accounts/Acme/users/$anna/sessions/$(as anna GET /v1/session && jq -r .session.id answer)"
	answered 200 # which lets nobody in
	enter anna
	as anna POST /v1/session/totp "{\"password\":\"$PASSWORD\"}"
	uri=$(jq -r .uri answer)
	for ((i = 0; i < 5; i++)); do
		as anna POST /v1/session/totp/confirmation '{"code":"000000"}'
		answered 403
	done
	as anna POST /v1/session/totp/confirmation "{\"code\":\"$(code_of "$uri" $START)\"}"
	answered 429
	grep -q '^Retry-After: ' head
	stop
	serve --now 2026-03-02T09:01:00Z
	as anna POST /v1/session/totp/confirmation "{\"code\":\"$(code_of "$uri" 2026-03-02T09:01:00Z)\"}"
	answered 200
}

@test "a second factor is begun, confirmed, asked for, and turned off; a recovery code lets in once" {
	add anna admin
	serve --now $START
	enter anna
	as anna POST /v1/session/totp "{\"password\":\"$OTHER\"}"
	answered 403
	as anna POST /v1/session/totp "{\"password\":\"$PASSWORD\"}"
	answered 201
	uri=$(jq -r .uri answer)
	as anna POST /v1/session/totp/confirmation '{"code":"000000"}'
	answered 403
	as anna POST /v1/session/totp/confirmation "{\"code\":\"$(code_of "$uri" $START)\"}"
	answered 200
	[ "$(jq '.recovery_codes | length' answer)" = 10 ]
	spare=$(jq -r '.recovery_codes[3]' answer)
	enter anna
	answered 401
	grep -q '"type":"/problems/second-factor"' answer
	enter anna "$PASSWORD" ',"code":"000000"'
	answered 401
	grep -q '"type":"/problems/unauthenticated"' answer
	enter anna "$PASSWORD" ",\"code\":\"$(code_of "$uri" $START)\"" # it was used
	answered 401
	enter anna "$PASSWORD" ",\"code\":\"$(code_of "$uri" 2026-03-02T09:00:30Z)\""
	answered 201
	enter anna "$PASSWORD" ",\"code\":\"$spare\""
	answered 201
	[ "$(jq .recovery_codes_left answer)" = 9 ]
	enter anna "$PASSWORD" ",\"code\":\"$spare\""
	answered 401
	as anna POST /v1/session/totp/recovery-codes "{\"password\":\"$PASSWORD\"}"
	answered 201
	as anna GET /v1/session/totp
	[ "$(jq -c . answer)" = '{"on":true,"begun":false,"recovery_codes_left":10}' ]
	as anna POST /v1/session/totp/removal "{\"password\":\"$PASSWORD\"}"
	answered 200
	enter anna
	answered 201
}

@test "P55: the first owner comes by a one-time link, which is in a file of theirs alone and in no log" {
	serve --now $START
	until [ "$(curl -sS "$URL/readyz")" = ready ]; do :; done
	file=$(ls lethe-data/first-owner-acc_*)
	[ "$(stat -c %a "$file")" = 600 ]
	link=$(cat "$file")
	[[ $link == "http://localhost:$PORT/invite#lethe_i"* ]]
	run ! grep -q lethe_i serve.log
	stop
	serve --now $START # a second start leaves the link as it is
	until [ "$(curl -sS "$URL/readyz")" = ready ]; do :; done
	[ "$(cat "$file")" = "$link" ]
	post /v1/links "{\"link\":\"$link\"}"
	answered 200
	[ "$(jq -r '.first_owner, .account.name, .name' answer | tr '\n' ' ')" = 'true Acme null ' ]
	post /v1/links/use "{\"link\":\"$link\",\"password\":\"$PASSWORD\"}"
	answered 400
	grep -q '"field":"name"' answer
	post /v1/links/use "{\"link\":\"$link\",\"name\":\"olga@example.org\",\"password\":\"password1234\"}"
	answered 400
	grep -q '"field":"password"' answer
	post /v1/links/use "{\"link\":\"$link\",\"name\":\"olga@example.org\",\"password\":\"$PASSWORD\"}" -c olga@example.org.jar
	answered 201
	jq -r .csrf answer >olga@example.org.csrf
	[ ! -e "$file" ]
	as olga@example.org GET /v1/session
	answered 200
	[ "$(jq -r '.user.role, .session.by' answer | tr '\n' ' ')" = 'owner link ' ]
	post /v1/links/use "{\"link\":\"$link\",\"name\":\"mallory\",\"password\":\"$PASSWORD\"}"
	answered 403
	grep -q '"field":"link"' answer
	enter olga@example.org
	answered 201
	stop
	serve --now $START
	until [ "$(curl -sS "$URL/readyz")" = ready ]; do :; done
	run ! ls lethe-data/first-owner-*
}

# on_terminal: the daemon on a terminal, of which the file `typed` is what it showed.
on_terminal() {
	script -qfec 'echo $$ >pid; exec "$LETHE" serve --listen 127.0.0.1:0 2>serve.log' typed </dev/null >/dev/null 2>&1 3>&- &
	disown $!
	for ((i = 0; i < 200; i++)); do
		run ! grep -qs lethe_i typed || break
		sleep 0.05
	done
	SERVING=$(cat pid)
}

@test "who is at a terminal sees the link of the first owner there, and it is in no file" {
	on_terminal
	grep -q 'The account Acme has no owner yet' typed
	[ "$(grep -o 'lethe_i[0-9A-Za-z]*' typed | wc -l)" = 1 ]
	run ! ls lethe-data/first-owner-*
	run ! grep -q lethe_i serve.log
	stop
}

@test "a link that cannot be written down is said, and the daemon does not begin" {
	mkdir "lethe-data/first-owner-$("$LETHE" account show Acme --json | jq -r .id)"
	run "$LETHE" serve --listen 127.0.0.1:0
	[ "$status" -eq 8 ]
	[[ $output == *first-owner-acc_* ]]
	[[ $output != *lethe_i* ]]
}

# used BODY: uses the link in $link; the answer's number, 000 when the daemon is gone.
used() {
	code=$(curl -sS -o answer -w '%{http_code}' -H 'Content-Type: application/json' -d "$1" "$URL/v1/links/use" 2>/dev/null) || true
}

# page LINK PASSWORD [NAME]: what a person reads who follows the link in a browser, and chooses the password.
page() { node "$TOP/tests/e2e/pages/invite.cjs" "$URL" "$@"; }

@test "a one-time link leads to a page on which a password is chosen, and which does not leave it in the address" {
	local link
	"$LETHE" token create machine --operator --out operator.token >/dev/null
	"$LETHE" user invite --first-owner --account Acme --out link >/dev/null
	link=$(cat link)
	serve
	run -0 page "$link" short olga@example.com
	[[ $output == *"You become the first owner of Acme."*"needs at least 12"* ]]
	run -0 page "$link" "$PASSWORD" olga@example.com
	[[ $output == *"The password is chosen, and you are signed in."* ]]
	enter olga@example.com
	answered 201
	run -0 page "$link" "$PASSWORD"
	[[ $output == *"there is no such link: it was used, or its 24 hours are over"* ]]
	curl -sS -D headers -o answer "$URL/invite"
	grep -qi "^content-security-policy: default-src 'none'" headers
	grep -qi '^content-type: text/html' headers
	curl -sS "$URL/signed-in" | grep -q 'You are signed in'
	curl -sS -D headers -o answer "$URL/pages/page.css"
	grep -qi '^content-type: text/css' headers
	stop
}

@test "P55: killed at any change of a file, a link is good or used, and never both or neither" {
	local from all at good=0 gone=0
	"$LETHE" token create machine --operator --out operator.token >/dev/null
	"$LETHE" user invite --first-owner --account Acme --now $START --out link >/dev/null
	link=$(cat link)
	use="{\"link\":\"$link\",\"name\":\"olga\",\"password\":\"$PASSWORD\"}"
	cp -a lethe-data fresh
	FAULT=count:$BATS_TEST_TMPDIR/from serve --now $START
	stop
	from=$(<from)
	rm -rf lethe-data && cp -a fresh lethe-data
	FAULT=count:$BATS_TEST_TMPDIR/all serve --now $START
	used "$use"
	answered 201
	stop
	all=$(<all)
	[ "$all" -gt "$from" ]
	for ((at = from > 8 ? from - 8 : 1; at <= all; at++)); do
		rm -rf lethe-data && cp -a fresh lethe-data
		if FAULT=kill:$at serve --now $START >/dev/null; then
			used "$use"
			end_serving 2>/dev/null
		fi
		serve --now $START
		enter olga
		if [ "$code" = 201 ]; then
			used "$use"
			answered 403
			gone=$((gone + 1))
		else
			answered 401
			used "$use"
			answered 201
			good=$((good + 1))
		fi
		end_serving
	done
	SERVING=
	[ "$good" -gt 0 ] && [ "$gone" -gt 0 ]
}

@test "with the disk full nobody is let in, it is said, and they are when there is space" {
	local all at full=0
	add anna admin
	"$LETHE" token create machine --operator --out operator.token >/dev/null
	serve --now $START # the first start writes more than those after it
	stop
	FAULT=count:$BATS_TEST_TMPDIR/all serve --now $START
	enter anna
	stop
	all=$(<all)
	# What it writes as it ends comes after, more of it where it took longer.
	for ((at = all; at > 0 && full < 6; at--)); do
		rm -f anna.jar
		FAULT=enospc:$at:0 serve --now $START >/dev/null || continue
		enter anna
		if [ "$code" = 507 ]; then
			run ! grep -i '^set-cookie' head
			full=$((full + 1))
		else
			answered 201
		fi
		stop
	done
	[ "$full" -gt 0 ]
	serve --now $START
	enter anna
	answered 201
	stop
	check_clean
}

@test "no link is made for who can be let in already" {
	"$LETHE" token create machine --operator --out operator.token >/dev/null
	serve
	until [ "$(curl -sS "$URL/readyz")" = ready ]; do :; done
	run ! ls lethe-data/first-owner-*
	ask operator.token POST /v1/accounts/Acme/invitations '{}'
	answered 201
	jq -e '.link | startswith("lethe_i")' answer
}

@test "an admin's link lets a user in, or in again, once and for a day; a link is no second factor" {
	add anna admin
	add olga owner
	serve --now $START
	enter anna
	as anna POST /v1/accounts/Acme/users '{"name":"carl","role":"agent"}'
	answered 201
	carl=$(jq -r .id answer)
	as anna POST "/v1/accounts/Acme/users/$carl/invitations" '{}'
	answered 201
	link=$(jq -r .link answer)
	post /v1/links "{\"link\":\"$link\"}"
	[ "$(jq -r '.first_owner, .name' answer | tr '\n' ' ')" = 'false carl ' ]
	post /v1/links/use "{\"link\":\"$link\",\"password\":\"$PASSWORD\"}" -c carl.jar
	answered 201
	jq -r .csrf answer >carl.csrf
	as carl GET /v1/session
	answered 200
	post /v1/links/use "{\"link\":\"$link\",\"password\":\"$OTHER\"}"
	answered 403
	as carl POST /v1/session/totp "{\"password\":\"$PASSWORD\"}"
	uri=$(jq -r .uri answer)
	as carl POST /v1/session/totp/confirmation "{\"code\":\"$(code_of "$uri" $START)\"}"
	as anna POST "/v1/accounts/Acme/users/$carl/invitations" '{}'
	link=$(jq -r .link answer)
	stop
	serve --now 2026-03-03T09:10:00Z
	post /v1/links/use "{\"link\":\"$link\",\"password\":\"$OTHER\"}"
	answered 403
	enter anna
	as anna POST "/v1/accounts/Acme/users/$carl/invitations" '{}'
	post /v1/links/use "{\"link\":\"$(jq -r .link answer)\",\"password\":\"$OTHER\"}" -c carl.jar
	answered 201
	[ "$(jq -c '[.signed_in, .csrf]' answer)" = '[false,null]' ]
	run ! grep -q '#HttpOnly' carl.jar
	as anna DELETE "/v1/accounts/Acme/users/$carl/totp"
	answered 200
	enter carl "$OTHER"
	answered 201
}

@test "an admin changes nothing of how an owner is let in" {
	add anna admin
	add olga owner
	serve --now $START
	enter anna
	enter olga
	as anna GET /v1/accounts/Acme/users
	olga=$(jq -r '.users[] | select(.name == "olga") | .id' answer)
	for asked in "POST users/$olga/invitations" "DELETE users/$olga/sessions" "DELETE users/$olga/totp" "DELETE users/$olga" \
		"POST invitations"; do
		read -r method path <<<"$asked"
		body=
		[ "$method" = DELETE ] || body='{}'
		as anna "$method" "/v1/accounts/Acme/$path" "$body"
		answered 403
	done
	as anna POST "/v1/accounts/Acme/users/$olga/invitations" '{"end":true}'
	answered 403
	as anna PUT /v1/accounts/Acme/sso '{"issuer":"https://id.example.org","client_id":"theirs"}' # who would say who is olga
	answered 403
	as olga GET /v1/session
	answered 200
}

@test "P39: the operator lets owners in while none can sign in, and has no say in it then" {
	"$LETHE" token create machine --operator --out operator.token >/dev/null
	serve --now $START
	ask operator.token POST /v1/accounts/Acme/users '{"name":"olga","role":"owner"}'
	answered 201
	olga=$(jq -r .id answer)
	ask operator.token POST "/v1/accounts/Acme/users/$olga/invitations" '{"by":"answer"}'
	answered 201
	post /v1/links/use "{\"link\":\"$(jq -r .link answer)\",\"password\":\"$PASSWORD\"}" -c olga.jar
	answered 201
	jq -r .csrf answer >olga.csrf
	for asked in "POST users/$olga/invitations" "DELETE users/$olga/sessions" "DELETE users/$olga/totp" "DELETE users/$olga" \
		"DELETE sso"; do
		read -r method path <<<"$asked"
		body=
		[ "$method" = DELETE ] || body='{"by":"answer"}'
		ask operator.token "$method" "/v1/accounts/Acme/$path" "$body"
		answered 403
	done
	ask operator.token POST /v1/accounts/Acme/users '{"name":"orla","role":"owner"}'
	answered 403
	ask operator.token PUT "/v1/accounts/Acme/users/$olga/subject" '{"subject":"mine"}'
	answered 403
	ask operator.token PUT /v1/accounts/Acme/sso '{"issuer":"https://id.example.org","client_id":"theirs"}'
	answered 403
	ask operator.token POST /v1/accounts/Acme/invitations '{}'
	answered 409
	ask operator.token POST /v1/accounts/Acme/users '{"name":"carl","role":"agent"}'
	answered 201
	as olga GET /v1/session
	answered 200
}

@test "P39: an agent sees their own records and themselves, and of others' what they would see if there were none" {
	cat >calls.jsonl <<-'END'
		{"type":"call","id":"1","source":"pbx","time":"2026-03-01T10:00:00Z","direction":"inbound","from":"+4520304050","to":"+4531313131","agent":"17"}
		{"type":"call","id":"2","source":"pbx","time":"2026-03-01T11:00:00Z","direction":"inbound","from":"+4520304051","to":"+4531313131","agent":"18"}
	END
	"$LETHE" import calls.jsonl --account Acme --now $START >/dev/null
	add anna admin
	add carl agent --agent 17
	"$LETHE" person export +4520304050 --account Acme --out own.zip >/dev/null
	"$LETHE" person export +4520304051 --account Acme --out others.zip >/dev/null
	own=$(unzip -p own.zip data.json | grep -o 'call_[a-z0-9]*' | head -n 1)
	others=$(unzip -p others.zip data.json | grep -o 'call_[a-z0-9]*' | head -n 1)
	serve --now $START
	enter carl
	as carl GET "/v1/accounts/Acme/records/$own"
	answered 200
	as carl GET "/v1/accounts/Acme/records/$others"
	answered 404
	as carl GET /v1/accounts/Acme/users
	answered 200
	[ "$(jq -c '[.users[].name]' answer)" = '["carl"]' ]
	as carl GET /v1/accounts/Acme/users '' -H 'Accept: text/plain'
	run ! grep anna answer
	as carl POST /v1/accounts/Acme/persons/search '{"who":"+4520304050"}'
	answered 403
	enter anna
	as anna GET "/v1/accounts/Acme/records/$others"
	answered 200
}

@test "P41: many who sign in at once keep nobody else waiting, nor who signed in before from signing in again: who is one too many is told to try again" {
	"$LETHE" token create program --account Acme --role admin --out admin.token >/dev/null
	add anna admin
	serve --address-rate 1000 --now $START
	enter anna # her device is known from here on
	for ((i = 0; i < 40; i++)); do
		curl -sS -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
			-d "{\"name\":\"anna\",\"password\":\"$PASSWORD\"}" "$URL/v1/session" >>"came.$((i % 20))" 3>&- &
	done
	ask admin.token GET /v1/accounts/Acme/holds
	answered 200
	enter anna
	answered 201
	wait
	sort came.* | uniq -c >came
	grep -q ' 201$' came
	run ! grep -v ' 201$\| 429$\| 503$' came # 429: more at once than may be wrong one after another
	enter anna
	answered 201
}

@test "P46: no secret of who signs in is in the log, the figures or an error" {
	add anna@example.org admin
	serve --now $START --log-level debug
	enter anna@example.org "$OTHER"
	cat answer >errors
	enter anna@example.org
	as anna@example.org POST /v1/session/totp "{\"password\":\"$PASSWORD\"}"
	secret=$(jq -r .uri answer | sed -E 's/.*secret=([A-Z2-7]+).*/\1/')
	as anna@example.org GET '/v1/session?x=1'
	cat answer >>errors
	post /v1/links/use "{\"link\":\"lethe_i0000\",\"password\":\"$OTHER\"}"
	cat answer >>errors
	post /v1/session "{\"name\":\"anna@example.org\",\"password\":7}"
	answered 400
	cat answer >>errors
	curl -sS "$URL/metrics" >figures
	session=$(awk '$6 == "lethe" { print $7 }' anna@example.org.jar)
	[ -n "$session" ] && [ -n "$secret" ]
	stop
	run ! grep -qF -e "$PASSWORD" -e "$OTHER" -e "$session" -e "$secret" -e "$(cat anna@example.org.csrf)" -e anna@ \
		serve.log figures errors
}

@test "a token is let in nowhere where only people are, and the doors are described" {
	"$LETHE" token create program --account Acme --role admin --out admin.token >/dev/null
	serve
	ask admin.token GET /v1/session
	answered 403
	ask admin.token DELETE /v1/sessions
	answered 403
	curl -sS "$URL/v1/openapi.json" | jq -e '.paths["/v1/session"].post.security == [] and
		.paths["/v1/session"].get.security == [{"session": []}] and .components.securitySchemes.session.in == "cookie"'
	post /v1/session '{"nam":"anna"}'
	answered 400
	grep -q 'did you mean name?' answer
	code=$(curl -sS -o answer -w '%{http_code}' -d name=anna "$URL/v1/session") # a form, as other sites can send
	answered 415
}
