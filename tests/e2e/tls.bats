#!/usr/bin/env bats
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# P63: the daemon's TLS, as somebody else's programs find it, and certificates that are replaced while it runs.

# shellcheck disable=SC2154 # run sets $output

bats_require_minimum_version 1.5.0

load story
load serving

setup() {
	begin_serving
	new_key ca
	openssl req -x509 -new -key ca.key -days 90 -subj '/CN=lethe test CA' -addext basicConstraints=critical,CA:TRUE -out ca.pem
	new_key key
	certify key 1
}
teardown() {
	end_serving
	[ -z "${LISTENING:-}" ] || kill "$LISTENING"
}

# new_key NAME: in NAME.key.
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null && chmod 600 "$1.key"; }

# certify KEY NUMBER: cert.pem of KEY.key, by the test's CA; its serial number ends in NUMBER.
certify() {
	openssl req -new -key "$1.key" -subj /CN=localhost -out request.pem
	openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -set_serial "0x7f$(printf %038d "$2")" -days 90 -out new.pem 2>/dev/null -extfile <(
		printf '%s\n' subjectAltName=DNS:localhost keyUsage=digitalSignature extendedKeyUsage=serverAuth)
	mv new.pem cert.pem
}

serve_tls() {
	serve --listen-tls 127.0.0.1:0 --certificate cert.pem --key key.key
	TLS=$(sed -nE 's/.*"serve.listening","port":([0-9]+),"tls":1.*/\1/p' serve.log)
}

# shown: the number of the certificate that who connects now is shown.
shown() { openssl s_client -connect "127.0.0.1:$TLS" -servername localhost -CAfile ca.pem </dev/null 2>/dev/null | openssl x509 -noout -serial | tail -c 2; }

# reload: tells it that the certificate is new; what it logs of that is in $logged.
reload() {
	local before
	before=$(grep -c '"event":"serve.certificate"' serve.log || true)
	kill -HUP "$SERVING"
	for ((i = 0; i < 400; i++)); do
		[ "$(grep -c '"event":"serve.certificate"' serve.log)" -eq "$before" ] || break
		sleep 0.05
	done
	logged=$(grep '"event":"serve.certificate"' serve.log | tail -n 1)
}

# listen: what systemd would be told is in the file `told`.
listen() {
	python3 - 3>&- <<-'END' &
		import socket
		at = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		at.bind("notify")
		with open("told", "wb", buffering=0) as out:
		    while True:
		        out.write(at.recv(65536) + b"\n")
	END
	LISTENING=$!
	for ((i = 0; i < 200; i++)); do
		[ ! -e told ] || break
		sleep 0.05
	done
	export NOTIFY_SOCKET=$PWD/notify
}

# look NAME CHECK..: testssl.sh with these checks, offline; what it finds is in NAME.json.
look() {
	local name=$1
	shift
	testssl --quiet --color 0 --warnings off --nodns none --ip 127.0.0.1 --add-ca ca.pem --sneaky --assume-http \
		--connect-timeout 10 --openssl-timeout 20 --jsonfile "$name.json" "$@" "localhost:$TLS" >"$name.txt" 2>&1 </dev/null
}

# What testssl.sh says that is not so, or not about us; all else that is not OK or information fails.
#   engine_problem        of the openssl that testssl.sh uses itself
#   cert_revocation       the test's CA has neither a list nor a responder
#   secure_client_renego  it takes a connection that is closed in peace for one that was negotiated again: looked at below
ALLOWED='["engine_problem", "cert_revocation", "secure_client_renego"]'

@test "P63: testssl.sh finds no weakness" {
	serve_tls
	local -a looking=()
	look ciphers -p -s -f -P &
	looking+=($!)
	look attacks -H -I -O -Z -W -A -L -F -J -D -4 &
	looking+=($!)
	look rest -S -h -R -C -B
	wait "${looking[@]}"
	stop
	jq -s 'add' ciphers.json attacks.json rest.json >found.json
	# That it did look.
	for id in SSLv2 SSLv3 TLS1 TLS1_1 TLS1_2 TLS1_3 cipherlist_NULL PFS cipher_order cert_trust HSTS_time secure_renego CRIME_TLS BREACH \
		heartbleed CCS POODLE_SSL fallback_SCSV SWEET32 FREAK DROWN LOGJAM BEAST LUCKY13 RC4; do
		jq -e --arg id "$id" 'any(.[]; .id == $id)' found.json >/dev/null || { echo "no $id"; return 1; }
	done
	jq -r --argjson allowed "$ALLOWED" '.[] | select(.severity | IN("OK", "INFO") | not) |
		select(.id as $id | $allowed | index($id) | not) | "\(.severity) \(.id): \(.finding)"' found.json >weak
	cat weak
	[ ! -s weak ]
}

@test "P63: TLS 1.3 is preferred, 1.2 is spoken, nothing older; nobody negotiates again" {
	serve_tls
	openssl s_client -connect "127.0.0.1:$TLS" -servername localhost -CAfile ca.pem </dev/null >said 2>&1
	grep -q 'New, TLSv1.3' said
	openssl s_client -connect "127.0.0.1:$TLS" -servername localhost -CAfile ca.pem -tls1_2 </dev/null >said 2>&1
	grep -q 'New, TLSv1.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384' said
	for version in -tls1_1 -tls1; do
		run -1 openssl s_client -connect "127.0.0.1:$TLS" -servername localhost $version -cipher ALL:@SECLEVEL=0 </dev/null
	done
	# "R" has openssl ask for it: the connection is closed, and no second ServerHello came before.
	{ echo R; tail -s 0.05 --pid="$SERVING" -f /dev/null; } | timeout 20 openssl s_client -connect "127.0.0.1:$TLS" -servername localhost -tls1_2 -msg >said 2>&1 3>&-
	grep -q RENEGOTIATING said
	[ "$(grep -c '<<< .*ServerHello$' said)" = 1 ]
	grep -qx closed said
}

@test "P63: a new certificate is in use from SIGHUP on; one that cannot be used is not, and log and systemd are told" {
	listen
	serve_tls
	[ "$(shown)" = 1 ]
	certify key 2
	reload
	[[ $logged == *'"level":"info"'*'"result":"ok"'* ]]
	[ "$(shown)" = 2 ]
	echo broken >cert.pem
	reload
	[[ $logged == *'"level":"error"'*'"result":"input"'* ]]
	[ "$(shown)" = 2 ]
	new_key other
	certify other 3 # of another key
	reload
	[[ $logged == *'"level":"error"'*'"result":"input"'* ]]
	[ "$(shown)" = 2 ]
	rm cert.pem
	reload
	[[ $logged == *'"level":"error"'*'"result":"not_found","setting":"certificate"'* ]]
	[ "$(shown)" = 2 ]
	mkfifo cert.pem # to open it would be to wait for who writes to it
	reload
	[[ $logged == *'"level":"error"'*'"result":"input"'* ]]
	[ "$(shown)" = 2 ]
	rm cert.pem
	openssl pkcs8 -topk8 -in key.key -passout pass:secret -out sealed.key
	mv key.key open.key
	mv sealed.key key.key
	certify open 3
	reload
	[[ $logged == *'"level":"error"'*'"result":"unsupported","setting":"key"'* ]]
	run -4 "$LETHE" config check --listen-tls 127.0.0.1:0 --certificate cert.pem --key key.key
	[[ $output == *"needs a passphrase"*"at: key.key"*"openssl pkey -in key.key"* ]]
	[ "$(shown)" = 2 ]
	mv open.key key.key
	certify key 4
	reload
	[ "$(shown)" = 4 ]
	stop
	grep '=' told | sed 's/=.*cert.pem.*/= .. cert.pem ../; s/=.*key.key.*/= .. key.key ../' >lines
	diff lines - <<-'END'
		READY=1
		RELOADING=1
		STATUS=The certificate was read again and is in use.
		READY=1
		RELOADING=1
		STATUS= .. cert.pem ..
		READY=1
		RELOADING=1
		STATUS= .. cert.pem ..
		READY=1
		RELOADING=1
		STATUS= .. cert.pem ..
		READY=1
		RELOADING=1
		STATUS= .. cert.pem ..
		READY=1
		RELOADING=1
		STATUS= .. key.key ..
		READY=1
		RELOADING=1
		STATUS=The certificate was read again and is in use.
		READY=1
		STOPPING=1
	END
	serve_tls
	[ "$(curl -sS --cacert ca.pem "https://localhost:$TLS/healthz")" = alive ]
}

@test "P63: every answer over TLS has its safety headers and says to stay with TLS" {
	serve_tls
	for request in 'GET /healthz' 'GET /nowhere' 'DELETE /healthz' 'GET /v1/accounts' 'OPTIONS *'; do
		curl -sS -o answer -D headers --cacert ca.pem -X "${request% *}" --request-target "${request#* }" "https://localhost:$TLS"
		grep -qi '^strict-transport-security: max-age=63072000; includeSubDomains' headers || { echo "$request"; cat headers; return 1; }
		grep -qi '^x-content-type-options: nosniff' headers
		run ! grep -qi '^server:' headers
	done
}
