#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The daemon over real HTTP: who is let in, what is answered, how it begins and ends.

# shellcheck disable=SC2154 # ask sets $code

bats_require_minimum_version 1.5.0

load story
load serving

setup() { begin_serving; }
teardown() { end_serving; }

@test "it answers without a token only what says nothing of anybody" {
	serve
	[ "$(curl -sS "$URL/healthz")" = alive ]
	[ "$(curl -sS "$URL/readyz")" = ready ]
	curl -sS "$URL/metrics" | grep -q '^lethe_http_requests_total'
	curl -sS "$URL/v1/openapi.json" | grep -q '"openapi": "3.1.0"'
	curl -sS "$URL/problems/not-found" | grep -q 404
	[ "$(curl -sS -o answer -w '%{http_code}' "$URL/v1/accounts/Acme/holds")" = 401 ]
	grep -q '"type":"/problems/unauthenticated"' answer
	curl -sS "$URL/metrics" >answer
	run ! grep -qi acme answer
}

@test "what is no token, or was revoked, lets nobody in" {
	serve
	echo lethe_a_0000000000000000000000000000000000000000000000000 >bad.token
	ask bad.token GET /v1/accounts/Acme/holds
	answered 401
	ask admin.token GET /v1/accounts/Acme/tokens
	answered 200
	ask admin.token DELETE "/v1/accounts/Acme/tokens/$(grep -o 'tok_[a-z0-9]*' answer | head -n 1)"
	answered 200
	ask admin.token GET /v1/accounts/Acme/holds
	answered 401
}

@test "P44: another account answers exactly as one that is not there" {
	serve
	ask admin.token GET /v1/accounts/Other/holds
	answered 404
	sed -E 's/req_[a-z0-9]+//' answer >other
	ask admin.token GET /v1/accounts/Nobody/holds
	answered 404
	sed -E 's/req_[a-z0-9]+//' answer | cmp - other
}

@test "P39, P44: what lets somebody in in one region opens nothing of another, where accounts have the same numbers" {
	local region
	rm -rf lethe-data* # of one region
	for region in east west; do
		"$LETHE" init --region $region >/dev/null
		"$LETHE" account create $region --country DK --region $region >/dev/null
		"$LETHE" token create t --account $region --role admin --out $region.token >/dev/null
		"$LETHE" user add anna --role owner --account $region >/dev/null
		echo 'correct horse battery' >password
		"$LETHE" user password anna --account $region --password-file password >/dev/null
	done
	serve
	for region in east west; do
		for ((i = 0; i < 2; i++)); do # the second time it is remembered
			ask $region.token GET /v1/accounts/$region
			answered 200
			ask $region.token GET "/v1/accounts/$([ $region = east ] && echo west || echo east)"
			answered 404
		done
	done
	ask west.token POST /v1/accounts/east/holds '{"reason":"x"}'
	answered 404
	curl -s -c jar -o /dev/null -H 'Content-Type: application/json' -d '{"account":"west","name":"anna","password":"correct horse battery"}' "$URL/v1/session"
	[ "$(curl -s -b jar -o /dev/null -w '%{http_code}' "$URL/v1/accounts/west")" = 200 ]
	[ "$(curl -s -b jar -o /dev/null -w '%{http_code}' "$URL/v1/accounts/east")" = 404 ]
	ask west.token GET /v1/accounts/west/tokens
	ask west.token DELETE "/v1/accounts/west/tokens/$(jq -r '.tokens[0].id' answer)"
	answered 200
	ask west.token GET /v1/accounts/west
	answered 401
}

@test "a role does what the table of permissions says, and no more" {
	serve
	ask auditor.token GET /v1/accounts/Acme/holds
	answered 200
	ask auditor.token POST /v1/accounts/Acme/holds '{"reason":"case 7"}'
	answered 403
	grep -q hold.write answer
	ask admin.token GET /v1/accounts
	answered 403
	ask operator.token GET /v1/accounts
	answered 200
}

@test "what is written over HTTP is what the command line then shows" {
	serve
	ask admin.token POST /v1/accounts/Acme/holds '{"reason":"case 7","kind":["call","voicemail"],"matter":"M-1"}'
	answered 201
	ask admin.token GET /v1/accounts/Acme/holds
	answered 200
	cp answer over_http
	ask admin.token GET /v1/accounts/Acme/holds '' -H 'Accept: text/plain'
	cp answer over_http.txt
	stop
	"$LETHE" hold list --account Acme --json | cmp - <(cat over_http; echo)
	"$LETHE" hold list --account Acme | cmp - over_http.txt
}

@test "what is not known is refused by its name, and what to do is said in the API's own words" {
	serve
	ask admin.token POST /v1/accounts/Acme/holds '{"reason":"x","matters":"M-1"}'
	answered 400
	grep -q '"field":"matters"' answer
	grep -q 'did you mean matter?' answer
	ask admin.token GET '/v1/accounts/Acme/holds?dta=1'
	answered 400
	ask admin.token POST /v1/accounts/Acme/policies '{"kind":"call","keep":"5 fortnights"}'
	answered 400
	ask admin.token PUT /v1/accounts/Acme/obligations/XX-NONE ''
	answered 404
	run ! grep -q -- '--\|`lethe' answer
	[ "$(curl -sS -o answer -w '%{http_code}' -H "Authorization: Bearer $(cat admin.token)" \
		--data reason=x "$URL/v1/accounts/Acme/holds")" = 415 ]
}

@test "P45: told to stop it answers what it has, and gives the vault back" {
	serve
	run "$LETHE" account create Third --country DK
	[ "$status" -eq 6 ]
	stop
	"$LETHE" account create Third --country DK >/dev/null
	"$LETHE" check >/dev/null
}

@test "P45: killed at any moment it has what it acknowledged" {
	serve --token-rate 100000
	: >acknowledged
	(for ((i = 0; i < 400; i++)); do
		ask admin.token POST /v1/accounts/Acme/holds "{\"reason\":\"case $i\"}" || exit 0
		[ "$code" != 201 ] || grep -o 'hold_[a-z0-9]*' answer >>acknowledged
	done) &
	local asking=$!
	timeout 60 head -n 50 < <(tail -n +1 -f acknowledged) >/dev/null # and it is at the next
	kill -KILL "$SERVING"
	wait "$asking" || true
	SERVING=
	"$LETHE" check >/dev/null
	"$LETHE" hold list --account Acme --json | grep -o 'hold_[a-z0-9]*' | sort -u >there
	sort -u acknowledged | comm -23 - there | { ! grep .; }
}

@test "P46: neither token nor name nor number is in its log" {
	serve
	ask admin.token POST /v1/accounts/Acme/persons/search '{"who":"+4520304050"}'
	ask admin.token GET /v1/accounts/Acme/holds
	stop
	[ -s serve.log ]
	run ! grep -q -e "$(cat admin.token)" -e Acme -e 20304050 serve.log
}

# safe WHAT: `headers` are those that every answer has, and tell nothing of the program.
safe() {
	local name
	for name in 'X-Content-Type-Options: nosniff' "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'" \
		'Referrer-Policy: no-referrer' 'Cache-Control: no-store' 'Cross-Origin-Resource-Policy: same-origin' 'X-Request-Id: req_'; do
		grep -qi "^$name" headers || { echo "$1: no $name"; cat headers; return 1; }
	done
	run ! grep -i '^server:\|^x-powered-by:\|lethe/\|microhttpd' headers
}

@test "every answer has its safety headers, whatever it says, and none tells the program's version" {
	serve --body 2048 --address-rate 12
	local long
	long=$(printf '%3000s' '' | tr ' ' a)
	for request in '200 GET /healthz' '200 GET /readyz' '200 GET /metrics' '200 GET /v1/openapi.json' '200 GET /v1/accounts/Acme/holds' \
		'404 GET /' '404 GET /v1/nothing' '404 GET /v1/accounts/Other/holds' '405 DELETE /healthz' '405 PATCH /v1/accounts/Acme/holds' \
		'204 OPTIONS /v1/accounts/Acme/holds' "413 POST /v1/accounts/Acme/holds {\"reason\":\"$long\"}" '400 POST /v1/accounts/Acme/holds {' \
		"414 GET /$long$long" '400 GET /%00' '403 GET /v1/accounts'; do
		read -r wanted method path body <<<"$request"
		ask admin.token "$method" "$path" "$body"
		answered "$wanted"
		safe "$request"
	done
	ask admin.token GET /healthz '' -H "X-Long: $long$long$long"
	answered 431
	safe 431
	ask admin.token POST /v1/accounts/Acme/holds '' -H 'Content-Type: text/xml' --data-binary '<a/>'
	answered 415
	safe 415
	echo wrong >wrong.token
	for ((i = 0; i < 20; i++)); do
		ask wrong.token GET /v1/accounts/Acme/holds
		[ "$code" = 401 ] || break
		safe 401
	done
	answered 429
	safe 429
	curl -sS "$URL/metrics" | promtool check metrics
}

@test "docs/operating.md lists every setting, with what it is unless set" {
	"$LETHE" config show --json >shown
	jq -r '.settings[] | "| `\(.name)` | \(if .value == "" then "-" else .value end) | \(.about) |"' shown >rows
	[ "$(wc -l <rows)" -gt 30 ]
	sed -n '/^## Settings$/,/^## Warnings$/s/^| `/&/p' "$TOP/docs/operating.md" | diff rows -
}

@test "settings come from a file, the environment and options, the later ones winning" {
	printf '# of this machine\nworkers = 3\nqueue=7\nbody = 4096\n' >lethe.conf
	LETHE_QUEUE=8 LETHE_BODY=5000 "$LETHE" config show --config lethe.conf --body 6000 --json >shown
	tr -d ' \n' <shown >flat
	grep -q '"name":"workers","value":"3","source":"file"' flat
	grep -q '"name":"queue","value":"8","source":"environment"' flat
	grep -q '"name":"body","value":"6000","source":"option"' flat
	grep -q '"name":"io-threads","value":"0","source":"default"' flat
	"$LETHE" config check --config lethe.conf
}

@test "a wrong setting is named, with where it was said and what it may be" {
	printf 'workers = many\n' >lethe.conf
	run "$LETHE" config check --config lethe.conf
	[ "$status" -eq 2 ]
	[[ $output == *"workers cannot be 'many'"*"lethe.conf:1"* ]]
	printf '\nworkres = 3\n' >lethe.conf
	run "$LETHE" config check --config lethe.conf
	[[ $output == *"lethe.conf:2"*"did you mean workers?"* ]]
	run "$LETHE" config check --listen nowhere
	[ "$status" -eq 2 ]
	[[ $output == *--listen* ]]
	run "$LETHE" config check --listen-tls 127.0.0.1:0
	[[ $output == *"needs a certificate"* ]]
}

@test "config check says what a start would, of every place where a setting can be said" {
	printf 'proxies = 10.0.0.0/99\n' >lethe.conf
	run -2 "$LETHE" config check --config lethe.conf
	[[ $output == *"10.0.0.0/99"*"lethe.conf:1"*"10.0.0.0/8"* ]]
	LETHE_BASE_URL=lethe.example run -2 "$LETHE" config check
	[[ $output == *"base-url cannot be 'lethe.example'"*LETHE_BASE_URL*"https://"* ]]
	LETHE_LISTEN=nowhere run -2 "$LETHE" config check
	[[ $output == *nowhere*LETHE_LISTEN* ]]
	run -3 "$LETHE" config check --webhook-ca missing.pem
	[[ $output == *"missing.pem cannot be read"*--webhook-ca* ]]
	printf 'mail-server = smtp://mail.example.com\n' >lethe.conf
	run -2 "$LETHE" config check --config lethe.conf
	[[ $output == *"set mail-from"* ]]
	printf 'mail-server = smtp://mail.example.com\nmail-from = a@example.com\nmail-user = lethe\nmail-password-file = missing\n' >lethe.conf
	run "$LETHE" config check --config lethe.conf
	[ "$status" -ne 0 ]
	[[ $output == *"missing cannot be read"*"lethe.conf:4"* ]]
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout key -out cert 2>/dev/null
	chmod 600 key
	"$LETHE" config check --listen-tls 127.0.0.1:0 --certificate cert --key key
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key 2>/dev/null
	run -2 "$LETHE" config check --listen-tls 127.0.0.1:0 --certificate cert --key key
	[[ $output == *"belong together"* ]]
	run -3 "$LETHE" config check --listen-tls 127.0.0.1:0 --certificate cert --key missing
	[[ $output == *missing*mend* ]]
}
