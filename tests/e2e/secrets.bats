#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P46, P68: secrets of every kind are planted, used well and wrongly, and then looked for wherever the daemon leaves something.

# shellcheck disable=SC2034 # `answered` reads $code

bats_require_minimum_version 1.5.0

load story
load serving

PASSPHRASE='planted passphrase of the root'
PASSWORD='planted password of anna'
SMTP_PASSWORD='planted-smtp-password'
CLIENT_SECRET='planted-oidc-client-secret'

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	umask 077
	SERVING=
	mkdir kept # what the operator or a user has; not looked through
	printf '%s' "$PASSPHRASE" >kept/passphrase
	printf '%s' "$PASSWORD" >kept/password
	printf '%s' "$SMTP_PASSWORD" >kept/smtp
	printf '%s' "$CLIENT_SECRET" >kept/client
	export LETHE_SECRET_FILE=$PWD/kept/passphrase
	"$LETHE" init --root passphrase >/dev/null
	"$LETHE" account create Acme --country DK >/dev/null
	"$LETHE" user add anna@example.org --role owner --account Acme >/dev/null
	"$LETHE" user add bert --role admin --account Acme >/dev/null
	"$LETHE" user password anna@example.org --password-file kept/password --account Acme >/dev/null
	"$LETHE" token create program --account Acme --role admin --out kept/admin.token >/dev/null
	"$LETHE" account sso Acme --issuer https://id.example.org --client-id lethe --client-secret-file kept/client >/dev/null
}
teardown() { end_serving; }

# plant NAME VALUE: it must be nowhere.
plant() {
	[ "${#2}" -ge 6 ] || { echo "no $1: '$2'"; return 1; }
	printf '%s\n' "$2" >>kept/planted
	printf '%s %s\n' "$1" "$2" >>kept/named
}

# said [CURL..]: asks; what is answered is added to `errors` if it is an error.
said() {
	code=$(curl -sS -D head -o answer -w '%{http_code}' "$@")
	[ "${code:0:1}" = 2 ] || cat head answer >>errors
}

# as METHOD PATH [BODY]: by the session of anna.
as() { said -X "$1" -b kept/jar -c kept/jar -H "X-Lethe-CSRF: $(<kept/csrf)" -H 'Content-Type: application/json' --data-binary "${3-}" "$URL$2"; }

post() { said -b kept/jar -c kept/jar -H 'Content-Type: application/json' --data-binary "$2" "$URL$1"; }

# code_of URI: what a program of somebody else shows now.
code_of() { sed -E 's/.*secret=([A-Z2-7]+).*/\1/' <<<"$1" | python3 -c '
import base64, hashlib, hmac, struct, sys, time
mac = hmac.new(base64.b32decode(sys.stdin.read().strip()), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
print(str((struct.unpack(">I", mac[mac[-1] & 15:][:4])[0] & 0x7fffffff) % 10 ** 6).zfill(6))'; }

# plant_all: makes the secrets that the daemon makes.
plant_all() {
	local uri
	plant passphrase "$PASSPHRASE"
	plant password "$PASSWORD"
	plant smtp "$SMTP_PASSWORD"
	plant client "$CLIENT_SECRET"
	plant token "$(<kept/admin.token)"
	post /v1/session "{\"name\":\"anna@example.org\",\"password\":\"$PASSWORD\"}"
	answered 201
	jq -r .csrf answer >kept/csrf
	plant csrf "$(<kept/csrf)"
	plant session "$(awk '$6 == "lethe" { print $7 }' kept/jar)"
	plant device "$(awk '$6 == "lethe-device" { print $7 }' kept/jar)"
	as POST /v1/session/totp "{\"password\":\"$PASSWORD\"}"
	answered 201
	uri=$(jq -r .uri answer)
	plant totp "$(sed -E 's/.*secret=([A-Z2-7]+).*/\1/' <<<"$uri")"
	as POST /v1/session/totp/confirmation "{\"code\":\"$(code_of "$uri")\"}"
	answered 200
	for n in 0 9; do plant recovery "$(jq -r ".recovery_codes[$n]" answer)"; done
	as GET /v1/accounts/Acme/users
	as POST "/v1/accounts/Acme/users/$(jq -r '.users[] | select(.name == "bert").id' answer)/invitations" '{}'
	answered 201
	plant invite "$(jq -r '.. | strings' answer | grep -o 'lethe_i[0-9A-Za-z]*' | head -n 1)"
	as POST /v1/accounts/Acme/webhooks '{"url":"https://hooks.example.org/planted-webhook-path"}'
	answered 201
	plant webhook "$(jq -r '.. | strings' answer | grep -o 'whsec_[0-9A-Za-z+/=]*' | head -n 1)"
	plant webhook planted-webhook-path
	as POST /v1/accounts/Acme/tokens '{"name":"other","role":"auditor"}'
	answered 201
	plant token "$(jq -r '.. | strings' answer | grep -o 'lethe_a[0-9A-Za-z_]*' | head -n 1)"
}

# misuse SECRET: says it wherever something can be said wrongly. Not as the name of a member: one that is not there is named in the
# answer, to who sent it and to nobody else.
misuse() {
	local quoted escaped
	quoted=$(jq -n --arg s "$1" '$s')
	escaped=$(jq -rn --arg s "$1" '$s | @uri')
	said "$URL/v1/accounts/$escaped/holds"
	said -H "Authorization: Bearer $1" "$URL/v1/accounts/Acme/holds"
	said -H "Authorization: Basic $1" "$URL/v1/accounts/Acme/holds"
	said -H "Cookie: lethe=$1" "$URL/v1/session"
	for body in "{\"name\":$quoted,\"password\":$quoted}" "{\"name\":\"anna@example.org\",\"password\":[$quoted]}" "$quoted" "$1"; do
		said -H 'Content-Type: application/json' --data-binary "$body" "$URL/v1/session"
		said -H 'Content-Type: application/json' --data-binary "$body" "$URL/v1/links/use"
	done
	said -H 'Content-Type: application/json' --data-binary "{\"link\":$quoted,\"password\":$quoted}" "$URL/v1/links/use"
	as PUT /v1/session/password "{\"present\":$quoted,\"password\":\"short\"}"
	as POST /v1/accounts/Acme/webhooks "{\"url\":\"ftp://x\",\"secret\":$quoted}"
}

# in_clear WHERE..: what of the planted is there, by name.
in_clear() {
	local name secret found=0
	while read -r name secret; do
		if grep -rqaF -e "$secret" -- "$@"; then
			echo "the $name is in $(grep -rlaF -e "$secret" -- "$@" | tr '\n' ' ')"
			found=1
		fi
	done <kept/named
	return $found
}

@test "P46, P68: no planted secret is in a log, a figure, an error, the environment, the command line or a file of the vault" {
	serve --log-level debug --token-rate 100000 --address-rate 100000 --mail-server smtp://127.0.0.1:9 --mail-user lethe \
		--mail-password-file kept/smtp --mail-from lethe@example.org
	plant_all
	[ "$(sort kept/planted | uniq | wc -l)" = 15 ]
	while read -r _ secret; do
		misuse "$secret"
	done <kept/named
	[ "$(grep -c '"status":4' errors)" -gt 100 ]
	curl -sS "$URL/metrics" >figures
	tr '\0' '\n' <"/proc/$SERVING/environ" >environment
	tr '\0' '\n' <"/proc/$SERVING/cmdline" >line
	grep -q '^Max core file size  *0  *0 ' "/proc/$SERVING/limits"
	cp -r lethe-data while_running
	stop
	in_clear serve.log errors figures environment line lethe-data while_running
	# That it would have been found.
	cp kept/smtp serve.log2
	run in_clear serve.log2
	[ "$status" = 1 ]
	[[ $output == *"the smtp is in serve.log2"* ]]
}
