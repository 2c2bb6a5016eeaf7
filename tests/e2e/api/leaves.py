# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# No act without its leaf: what the log has more after each resource was asked for the first time. One that is in no list
# here fails the test.

# "METHOD path: acts", of an account where the path begins with "..".
ACTS = """
POST /v1/accounts: account.create
PUT ../settings/{setting}: account.set
PUT ../cancellation: account.cancel
DELETE ../cancellation: account.reopen
DELETE ..: account.delete.begin
PUT ../checklist/{item}: account.assert
PUT ../sso: account.sso
DELETE ../sso: account.sso
POST ../holidays: holiday.add
GET ../holidays: holiday.list
DELETE ../holidays/{date}: holiday.remove

POST ../persons/search: person.find
GET ../persons/{person}: person.show
POST ../persons/{person}/links: person.link
POST ../persons/{person}/unlinks: person.unlink
POST ../persons/{person}/export: job.file
PUT ../persons/{person}/restriction: person.restrict
DELETE ../persons/{person}/restriction: person.unrestrict
POST ../persons/{person}/erasure: person.erase.begin person.erase
POST ../persons/{person}/anonymisation: person.anonymise.begin person.anonymise

GET ../identities: identity.list
POST ../identities/search: identity.find
GET ../identities/{identity}: identity.show
PUT ../identities/{identity}/person: person.link
DELETE ../identities/{identity}/person: person.unlink

GET ../contacts: contact.list
GET ../contacts/{contact}: contact.show
DELETE ../contacts/{contact}: contact.delete
DELETE ../contacts/{contact}/deletion: contact.undelete
POST ../contacts/{contact}/readmission: contact.readmit
POST ../contacts: import.batch
PUT ../contacts/{contact}: import.batch

POST ../ingest: import.batch
POST ../imports: job.file job.keep
POST ../records: import.batch
GET ../records: record.list
GET ../records/{record}: record.get
GET ../records/{record}/disposition: hold.list
POST ../records/{record}/anonymisation: record.anonymise.begin record.anonymise.delete record.anonymise
PUT ../records/{record}/media/{n}: media.add
GET ../records/{record}/media/{n}: record.media
GET ../labels: label.list
GET ../labels/{label}: label.list
GET ../aggregates: label.list

POST ../policies: policy.set
POST ../policies/undo: policy.undo
POST ../policies/removals: policy.remove
PUT ../obligations/{code}: obligation.add
DELETE ../obligations/{code}: obligation.end
POST ../holds: hold.add
POST ../holds/preview: hold.preview
GET ../holds: hold.list
GET ../holds/{hold}: hold.list
POST ../holds/{hold}/release: hold.release
POST ../retention/warnings: retention.warn
POST ../retention/runs: retention.begin retention.run

POST ../users: user.add
GET ../users: user.list
GET ../users/{user}: user.list
DELETE ../users/{user}: user.remove.begin user.remove
POST ../users/{user}/sign-ins: user.signed_in
POST ../users/{user}/invitations: user.invite
POST ../invitations: user.invite
GET ../users/{user}/sessions: user.sessions
DELETE ../users/{user}/sessions: user.session.end_all
DELETE ../users/{user}/sessions/{end}: user.session.end
DELETE ../users/{user}/totp: user.totp.off
PUT ../users/{user}/subject: user.subject.set
DELETE ../users/{user}/subject: user.subject.end

POST /v1/session: user.sign_in
GET /v1/session: user.session.show
DELETE /v1/session: user.session.end
DELETE /v1/sessions: user.session.end_all
DELETE /v1/sessions/{session}: user.session.end
PUT /v1/session/password: user.password.set user.sign_in
POST /v1/session/totp: user.totp.begin
POST /v1/session/totp/confirmation: user.totp.on
POST /v1/session/totp/recovery-codes: user.recovery.renew
POST /v1/session/totp/removal: user.totp.off
POST /v1/links/use: user.add user.password.set user.sign_in

POST ../tokens: token.create
GET ../tokens: token.list
GET ../tokens/{token}: token.list
DELETE ../tokens/{token}: token.revoke
POST /v1/tokens: token.create
GET /v1/tokens: token.list
GET /v1/tokens/{token}: token.list
DELETE /v1/tokens/{token}: token.revoke

POST ../webhooks: webhook.add
GET ../webhooks: webhook.list
GET ../webhooks/{webhook}: webhook.list
DELETE ../webhooks/{webhook}: webhook.remove
PUT ../webhooks/{webhook}/enabled: webhook.enable
DELETE ../webhooks/{webhook}/enabled: webhook.stop
POST ../webhooks/{webhook}/secrets: webhook.rotate
POST ../webhooks/{webhook}/tests: webhook.test
POST ../webhooks/{webhook}/replays: webhook.replay

GET ../jobs/{job}/result: job.fetch
DELETE ../jobs/{job}/result: job.drop
POST /v1/keys/rotations: keys.epoch_length keys.rotate
PUT ../audit/terms/{term}: audit.keep
"""

# What shows nothing of anybody's: what was decided, counts, opaque ids, laws, one's own session.
NOTHING = """
GET /v1/accounts
GET ..
GET ../status
POST ../settings/{setting}/plan
GET /v1/ended/{ended}/receipt
GET ../sso
GET /v1/profiles
GET /v1/profiles/{profile}
GET ../profiles/{profile}/diff
GET /v1/obligations
GET /v1/obligations/{code}
GET ../obligations
GET ../obligations/{code}
GET /v1/law/holidays/{country}/{year}
GET /v1/law/deadlines/{clock}
GET ../policies
GET ../policies/{kind}/history
GET ../retention/plan
POST ../retention/plan
GET ../retention/forecast
GET ../retention/runs
GET ../retention/runs/{job}/receipt
GET ../erasures
GET ../erasures/{job}/receipt
GET ../webhooks/{webhook}/deliveries
GET ../events
GET ../events/{event}
GET ../jobs
GET ../jobs/{job}
GET ../jobs/{job}/events
GET /v1/jobs
GET /v1/jobs/{job}
GET /v1/jobs/{job}/events
POST /v1/checks
GET /v1/keys
GET ../audit
GET ../audit/terms
GET /v1/audit
GET /v1/audit/{seq}/proof
POST /v1/audit/verifications
POST /v1/links
GET /v1/session/totp
GET /v1/sessions
"""

OF_JOBS = ("job.", "retention.", "person.export", "import.")  # they are at work beside whoever asks, and may come in between
PAGE = 1000


def whole(name):
    return name.replace(" ..", " /v1/accounts/{account}", 1)


def wanted():
    """{resource: its acts}"""
    acts = {whole(name): set() for name in NOTHING.split("\n") if name}
    for line in ACTS.split("\n"):
        if line:
            name, _, some = line.rpartition(": ")
            acts[whole(name)] = set(some.split())
    return acts


class Log:
    def __init__(self, client, token):
        self.client, self.token, self.next, self.acts = client, token, 0, {}

    def new(self):
        """The acts of the leaves that were not looked at yet."""
        found, full = set(), True
        while full:
            target = f"/v1/audit?from={self.next}&limit={PAGE}"
            leaves = self.client.ask("GET", target, token=self.token).json["leaves"]
            found |= {leaf["leaf"]["act"] for leaf in leaves if "leaf" in leaf}
            self.next = leaves[-1]["seq"] + 1 if leaves else self.next
            full = len(leaves) == PAGE
        return found

    def watch(self, operation, ask):
        """Asks, and the first times that it is done looks what is in the log then."""
        if self.acts.get(operation.name):
            return ask()
        self.new()
        answer = ask()
        if answer.status == operation.success:
            self.acts.setdefault(operation.name, set()).update(self.new())
        return answer

    def wrong(self):
        """What is not as the lists say, a text each."""
        lists, texts = wanted(), []
        for name, acts in sorted(self.acts.items()):
            if name not in lists:
                texts.append(f"{name}: is not in tests/e2e/api/leaves.py; it left {sorted(acts)}")
            elif not lists[name] <= acts:
                texts.append(f"{name}: left {sorted(acts)} in the log, and not {sorted(lists[name] - acts)}")
            elif not lists[name] and not all(act.startswith(OF_JOBS) for act in acts):
                texts.append(f"{name}: should leave nothing in the log, and left {sorted(acts)}")
        return texts
