/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/permission.h"

#include <string.h>

#define YES ACCESS_YES
#define OWN ACCESS_OWN
#define NO ACCESS_NO

/* The operator runs the platform for its accounts: brings data in, sweeps, keeps the keys. What is in the data, who the
 * people are and what they ask for is the accounts' own affair, and none of the operator's. An auditor sees what was
 * decided, done and proved, and no person's data. */
static const struct { const char *name; enum access cells[ACCESS_ROLES]; const char *what; } table[PERMISSION_COUNT] = {
    /*                                             operator owner admin agent auditor */
    [MAY_ACCOUNT_CREATE]   = {"account.create",    {YES, NO,  NO,  NO,  NO},  "make accounts"},
    [MAY_ACCOUNT_LIST]     = {"account.list",      {YES, NO,  NO,  NO,  NO},  "see which accounts there are"},
    [MAY_ACCOUNT_READ]     = {"account.read",      {YES, YES, YES, NO,  YES}, "see an account and its settings"},
    [MAY_ACCOUNT_MANAGE]   = {"account.manage",    {YES, YES, YES, NO,  NO},  "change its settings; how long its log is kept"},
    [MAY_ACCOUNT_END]      = {"account.end",       {YES, YES, NO,  NO,  NO},  "cancel, reopen and delete it"},
    [MAY_USER_READ]        = {"user.read",         {YES, YES, YES, OWN, YES}, "see its users"},
    [MAY_USER_MANAGE]      = {"user.manage",       {YES, YES, YES, NO,  NO},  "add, invite and remove users, end their sessions"},
    [MAY_TOKEN_READ]       = {"token.read",        {YES, YES, YES, NO,  YES}, "see which tokens there are, and when they were used"},
    [MAY_TOKEN_MANAGE]     = {"token.manage",      {YES, YES, YES, NO,  NO},  "make and revoke tokens"},
    [MAY_WEBHOOK_MANAGE]   = {"webhook.manage",    {YES, YES, YES, NO,  NO},  "see and change webhooks and their deliveries"},
    [MAY_PERSON_READ]      = {"person.read",       {NO,  YES, YES, NO,  NO},  "find people and see what there is on them"},
    [MAY_PERSON_LINK]      = {"person.link",       {NO,  YES, YES, NO,  NO},  "say which numbers and addresses are one person's"},
    [MAY_PERSON_EXPORT]    = {"person.export",     {NO,  YES, YES, NO,  NO},  "hand out what there is on a person"},
    [MAY_PERSON_ERASE]     = {"person.erase",      {NO,  YES, YES, NO,  NO},  "file what a person asks for: erase, anonymise, restrict"},
    [MAY_CONTACT_READ]     = {"contact.read",      {NO,  YES, YES, YES, NO},  "see contacts"},
    [MAY_CONTACT_WRITE]    = {"contact.write",     {YES, YES, YES, NO,  NO},  "add, change and delete contacts"},
    [MAY_RECORD_READ]      = {"record.read",       {NO,  YES, YES, OWN, NO},  "read records"},
    [MAY_RECORD_MEDIA]     = {"record.media",      {NO,  YES, YES, OWN, NO},  "hear and fetch their media"},
    [MAY_RECORD_WRITE]     = {"record.write",      {YES, YES, YES, NO,  NO},  "bring records and media in"},
    [MAY_RECORD_ANONYMISE] = {"record.anonymise",  {NO,  YES, YES, NO,  NO},  "anonymise single records"},
    [MAY_POLICY_READ]      = {"policy.read",       {YES, YES, YES, NO,  YES}, "see policies, profiles and labels"},
    [MAY_POLICY_WRITE]     = {"policy.write",      {YES, YES, YES, NO,  NO},  "set, remove and undo policies"},
    [MAY_HOLD_READ]        = {"hold.read",         {NO,  YES, YES, NO,  YES}, "see legal holds"},
    [MAY_HOLD_WRITE]       = {"hold.write",        {NO,  YES, YES, NO,  NO},  "add and release legal holds"},
    [MAY_OBLIGATION_READ]  = {"obligation.read",   {YES, YES, YES, NO,  YES}, "see which laws an account is under"},
    [MAY_OBLIGATION_WRITE] = {"obligation.write",  {YES, YES, YES, NO,  NO},  "put an account under a law, and end that"},
    [MAY_RETENTION_READ]   = {"retention.read",    {YES, YES, YES, NO,  YES}, "see what is due and why, the history and its receipts"},
    [MAY_RETENTION_RUN]    = {"retention.run",     {YES, YES, YES, NO,  NO},  "delete what is due"},
    [MAY_FIGURES_READ]     = {"figures.read",      {YES, YES, YES, NO,  YES}, "see counts that name nobody"},
    [MAY_AUDIT_READ]       = {"audit.read",        {YES, YES, YES, NO,  YES}, "read the log, its proofs and receipts"},
    [MAY_JOB_READ]         = {"job.read",          {YES, YES, YES, NO,  YES}, "see how far long work is"},
    [MAY_JOB_CANCEL]       = {"job.cancel",        {YES, YES, YES, NO,  NO},  "stop long work"},
    [MAY_VAULT_OPERATE]    = {"vault.operate",     {YES, NO,  NO,  NO,  NO},  "rotate keys, back up, check the vault"},
};

_Static_assert(PERMISSION_COUNT < 63, "scopes are bits of one stored integer");

const char *permission_name(enum permission permission)
{
	INVARIANT(permission < PERMISSION_COUNT);
	return table[permission].name;
}

const char *permission_what(enum permission permission)
{
	INVARIANT(permission < PERMISSION_COUNT);
	return table[permission].what;
}

bool permission_parse(const char *name, enum permission *out)
{
	for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
		*out = (enum permission)permission;
		if (strcmp(table[permission].name, name) == 0)
			return true;
	}
	return false;
}

const char *access_name(enum access access)
{
	static const char *const names[] = {"no", "own", "yes"};

	return names[access];
}

enum access permission_of(enum access_role role, enum permission permission)
{
	INVARIANT(role < ACCESS_ROLES && permission < PERMISSION_COUNT);
	return table[permission].cells[role];
}

int64_t permission_scopes(enum access_role role)
{
	int64_t scopes = 0;

	for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
		if (permission_of(role, (enum permission)permission) != NO)
			scopes |= INT64_C(1) << permission;
	}
	return scopes;
}

/* A user and a token act where they belong; a token of the operator's everywhere. */
static bool acts_in(const struct actor *actor, uint32_t account)
{
	if (actor->type == ACTOR_TOKEN && actor->role == ROLE_OPERATOR)
		return actor->account == 0;
	return actor->role != ROLE_OPERATOR && actor->account != 0 && actor->account == account;
}

enum access access_may(const struct actor *actor, enum permission permission, uint32_t account)
{
	if (actor->type == ACTOR_LOCAL)
		return YES;
	if (!acts_in(actor, account))
		return NO;
	if (actor->type == ACTOR_TOKEN && (actor->scopes >> permission & 1) == 0)
		return NO;
	return permission_of(actor->role, permission);
}

enum result access_require(const struct actor *actor, enum permission permission, uint32_t account,
			   enum access *access, struct err *err)
{
	enum access may = access_may(actor, permission, account);

	if (access != NULL)
		*access = may;
	if (may == YES || (may == OWN && access != NULL))
		return OK;
	err_set(err, ERR_DENIED, "this needs the permission %s", permission_name(permission));
	if (actor->type == ACTOR_TOKEN && permission_of(actor->role, permission) != NO)
		return err_mend(err, "use a token with the scope %s", permission_name(permission));
	return err_mend(err, "ask somebody whose role has it: docs/access.md has the table");
}

bool access_may_give(const struct actor *actor, enum access_role role)
{
	if (actor->type == ACTOR_LOCAL)
		return true;
	/* Who brings users in for accounts; of owners access/giving.h asks more. */
	if (actor->role == ROLE_OPERATOR)
		return true;
	for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
		enum access mine = access_may(actor, (enum permission)permission, actor->account);

		if (permission_of(role, (enum permission)permission) > mine)
			return false;
	}
	return true;
}

bool access_may_hand_out(const struct actor *actor, enum access_role role, int64_t scopes, uint32_t account)
{
	if (actor->type == ACTOR_LOCAL)
		return true;
	for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
		if ((scopes >> permission & 1) != 0 &&
		    permission_of(role, (enum permission)permission) > access_may(actor, (enum permission)permission, account))
			return false;
	}
	return role != ROLE_OPERATOR || actor->role == ROLE_OPERATOR;
}
