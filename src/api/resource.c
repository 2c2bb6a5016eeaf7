/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/resource.h"

#define KINDS "call|recording|voicemail|transcript|message|chat|form|session|note|document|delivery|campaign_result"

/* clang-format off: tables are read by their columns */

/* ---- words ---- */

#define PATH(name, n, about) {name, WORD_TEXT, IN_PATH, true, n, NULL, about}
#define OPERAND(name, n, about) {name, WORD_TEXT, IN_BODY, true, n, NULL, about}
#define NEEDS(name, type, about) {name, type, IN_BODY, true, 0, NULL, about}
#define MAY(name, type, about) {name, type, IN_BODY, false, 0, NULL, about}
#define MAY_BE(name, type, choices, about) {name, type, IN_BODY, false, 0, choices, about}
#define ASKS(name, type, about) {name, type, IN_QUERY, false, 0, NULL, about}
#define ASKS_ONE(name, choices, about) {name, WORD_CHOICE, IN_QUERY, false, 0, choices, about}

#define WORDS(list) (list), sizeof(list) / sizeof *(list)
#define NO_WORDS NULL, 0

static const struct word account_create[] = {
    OPERAND("name", 1, "what it is called"),
    NEEDS("country", WORD_TEXT, "ISO 3166-1 code: whose rules telephone numbers without a country code are read by"),
    MAY("profile", WORD_TEXT, "rules to begin with, and whose bounds hold"),
    MAY("plan", WORD_TEXT, "one of the profile's plans"),
};
static const struct word account[] = {PATH("account", 1, "its id, or its name")};
static const struct word ended[] = {PATH("ended", 1, "the id that the account had: acc_..")};
static const struct word account_set[] = {
    PATH("account", 1, "its id, or its name"),
    PATH("setting", 2, "one of those that the account shows"),
    OPERAND("value", 3, "what it is to be; none goes back to how it began"),
    MAY("plan", WORD_TEXT, "the digest of its dry run: needed when it would delete something"),
};
static const struct word account_set_dry[] = {
    PATH("account", 1, "its id, or its name"),
    PATH("setting", 2, "one of those that the account shows"),
    OPERAND("value", 3, "what it is to be; none goes back to how it began"),
};
static const struct word account_sso[] = {
    PATH("account", 1, "its id, or its name"),
    NEEDS("issuer", WORD_TEXT, "the provider as it names itself: https, with a '/' at its end if it has one"),
    NEEDS("client_id", WORD_TEXT, "what it calls this client"),
    MAY("client_secret", WORD_SECRET, "what it knows this client by; kept sealed, and never shown"),
    MAY_BE("adds", WORD_CHOICE, "admin|agent|auditor", "who is no user is added when they sign in, as this; unless said they are refused"),
};
static const struct word account_assert[] = {
    PATH("account", 1, "its id, or its name"),
    {"item", WORD_CHOICE, IN_PATH, true, 2, "exports|numbers|campaigns|invoices", "what is so"},
};
static const struct word profile[] = {PATH("profile", 1, "its name")};
static const struct word profile_diff[] = {
    PATH("account", 1, "its id, or its name"),
    PATH("profile", 2, "its name"),
};

static const struct word person_find[] = {
    OPERAND("who", 1, "a telephone number or e-mail address in any spelling, an external id, an agent's id, or words of a name"),
};
static const struct word person[] = {PATH("person", 1, "its id")};
static const struct word person_link[] = {
    PATH("person", 1, "its id"),
    OPERAND("other", 2, "who is the same person: an id, a number, an address"),
};
static const struct word person_unlink[] = {
    PATH("person", 1, "its id"),
    OPERAND("identity", 2, "the identity that becomes a person of its own, as it is shown"),
};
static const struct word person_erase[] = {
    PATH("person", 1, "its id"),
    MAY("reference", WORD_TEXT, "an opaque id of the request, put into the receipt"),
};
static const struct word person_export[] = {
    PATH("person", 1, "its id"),
    MAY_BE("others", WORD_CHOICE, "mask|show", "the numbers, addresses and names of other people; masked unless said"),
};
static const struct word person_restrict[] = {
    PATH("person", 1, "its id"),
    {"ground", WORD_CHOICE, IN_BODY, true, 0, "accuracy|unlawful|claims|objection", "GDPR, art. 18(1)"},
    MAY("reason", WORD_TEXT, "kept sealed"),
};
static const struct word person_unrestrict[] = {
    PATH("person", 1, "its id"),
    {"told", WORD_DAY, IN_QUERY, true, 0, NULL, "when they were told that it will be lifted: GDPR, art. 18(3)"},
};
static const struct word job[] = {PATH("job", 1, "its id")};
#define IDENTITY {"identity", WORD_INT, IN_PATH, true, 1, NULL, "its number here"}
static const struct word identity[] = {IDENTITY};
static const struct word identity_find[] = {
    OPERAND("who", 1, "a telephone number or e-mail address in any spelling, an external id, an agent's id"),
};
static const struct word identity_link[] = {IDENTITY, OPERAND("person", 2, "whose it is: an id, a number, an address")};

#define PAGE \
	ASKS("limit", WORD_INT, "so many, 1 to 1000"), ASKS("cursor", WORD_TEXT, "the next of the page before")

static const struct word page[] = {PAGE};
static const struct word identity_list[] = {
    ASKS("person", WORD_TEXT, "of that person only: its id"),
    ASKS_ONE("kind", "phone|email|external|agent|number", "of this kind only"),
    PAGE,
};
static const struct word contact_list[] = {
    ASKS("deleted", WORD_FLAG, "those that were deleted instead, and until when each can be brought back"),
    PAGE,
};
static const struct word contact[] = {PATH("contact", 1, "its id")};
static const struct word contact_show[] = {
    PATH("contact", 1, "its id"),
    ASKS("deleted", WORD_FLAG, "show what is in it though it was deleted"),
};

#define OF_LINES \
	ASKS("source", WORD_TEXT, "the system it comes from, where it names none; import unless said"), \
	ASKS("tz", WORD_TEXT, "zone of times without an offset, such as Europe/Copenhagen; without it they are refused")
static const struct word lines[] = {
    OF_LINES,
    ASKS_ONE("results", "all|refused", "tell of every line, or of those that were refused"),
};
static const struct word one_line[] = {OF_LINES};
static const struct word contact_again[] = {PATH("contact", 1, "its id"), OF_LINES};

static const struct word record[] = {PATH("record", 1, "its id")};
static const struct word media[] = {
    PATH("record", 1, "its id"),
    {"n", WORD_INT, IN_PATH, true, 0, NULL, "which of its files, from 0"},
};
static const struct word aggregate_list[] = {ASKS_ONE("kind", KINDS, "of this kind only"), PAGE};

#define SCOPE \
	MAY("number", WORD_TEXT, "of one of the account's own numbers"), MAY("queue", WORD_TEXT, "of one queue or team"), \
	MAY("campaign", WORD_TEXT, "of one campaign"), MAY("tag", WORD_TEXT, "with a tag"), \
	MAY_BE("direction", WORD_CHOICE, "inbound|outbound|internal", "of one direction"), \
	MAY("min_duration", WORD_TEXT, "at least so long: \"30 seconds\"")
#define CHANGE \
	MAY("plan", WORD_TEXT, "the digest of its dry run: needed when it would delete something"), \
	MAY("grace", WORD_INT, "hours in which it can be undone, instead of the account's")

static const struct word policy_set[] = {
    {"kind", WORD_CHOICE, IN_BODY, true, 1, KINDS, "of what"},
    OPERAND("keep", 2, "\"90 days\", \"25 months\", \"1 year\", \"unlimited\""),
    SCOPE,
    CHANGE,
};
static const struct word policy_remove[] = {{"kind", WORD_CHOICE, IN_BODY, true, 1, KINDS, "of what"}, SCOPE, CHANGE};
static const struct word policy_undo[] = {{"kind", WORD_CHOICE, IN_BODY, true, 1, KINDS, "of what"}, SCOPE};
static const struct word policy_history[] = {{"kind", WORD_CHOICE, IN_PATH, true, 1, KINDS, "of what"}, PAGE};
static const struct word retention_dry[] = {
    NEEDS("policy", WORD_TEXT, "the change: \"call=90 days\", \"call=remove\""),
    SCOPE,
    MAY("grace", WORD_INT, "hours in which it can be undone, instead of the account's"),
};
static const struct word retention_forecast[] = {
    ASKS("days", WORD_INT, "today and so many days after it; 30 unless said"),
    ASKS_ONE("kind", KINDS, "of this kind only"),
};
static const struct word retention_run[] = {
    MAY("max_records", WORD_INT, "stop after the day in which so many are deleted"),
    MAY("max_seconds", WORD_INT, "the same after so many seconds"),
};

#define HOLD_SCOPE \
	MAY("person", WORD_TEXT, "somebody's records"), \
	MAY("number", WORD_TEXT, "those of one number, the account's own or another"), \
	MAY("business_number", WORD_TEXT, "those that came by way of the account's own number"), \
	MAY("user", WORD_TEXT, "those of an agent"), MAY("queue", WORD_TEXT, "of one queue or team"), \
	MAY("campaign", WORD_TEXT, "of one campaign"), MAY("tag", WORD_TEXT, "with a tag"), \
	MAY_BE("kind", WORD_LIST, KINDS, "of these kinds"), MAY("from", WORD_TIME, "from then on"), \
	MAY("until", WORD_TIME, "until then, which is not included")

static const struct word hold_add[] = {
    HOLD_SCOPE,
    MAY("custodian", WORD_TEXT, "who has to keep it; kept sealed"),
    MAY("matter", WORD_TEXT, "for which case; kept sealed"),
    NEEDS("reason", WORD_TEXT, "kept sealed"),
};
static const struct word hold_preview[] = {HOLD_SCOPE};
static const struct word hold[] = {PATH("hold", 1, "its id")};
static const struct word hold_release[] = {
    PATH("hold", 1, "its id"),
    MAY("dry_run", WORD_FLAG, "only say what would then be deleted"),
};

static const struct word obligation_list[] = {ASKS("country", WORD_TEXT, "of one country")};
static const struct word obligation[] = {PATH("code", 1, "its code")};
static const struct word label[] = {{"label", WORD_INT, IN_PATH, true, 1, NULL, "its number here"}};
static const struct word label_list[] = {ASKS_ONE("kind", "queue|campaign|tag", "of this kind only"), PAGE};

static const struct word user_add[] = {
    OPERAND("name", 1, "the e-mail address or id they sign in with"),
    MAY_BE("role", WORD_CHOICE, "owner|admin|agent|auditor", "agent unless said"),
    MAY("agent", WORD_TEXT, "the agent of records they are"),
};
static const struct word user[] = {PATH("user", 1, "its id")};
static const struct word user_subject[] = {PATH("user", 1, "its id"), NEEDS("subject", WORD_TEXT, "what the provider calls them")};
static const struct word user_signed_in[] = {PATH("user", 1, "its id"), MAY("at", WORD_INSTANT, "when; now unless said")};

static const struct word user_invite[] = {
    PATH("user", 1, "its id"),
    MAY_BE("by", WORD_CHOICE, "mail|answer", "mailed to the address that their name is, or in the answer; mailed unless said where there is a mail server and an address"),
    MAY("url", WORD_TEXT, "what the link begins with; in a mail base-url unless said"),
    MAY("end", WORD_FLAG, "end the links there are, and make none"),
};
static const struct word user_sessions[] = {PATH("user", 1, "its id"), PAGE};
static const struct word user_sessions_end[] = {
    PATH("user", 1, "its id"),
    {"end", WORD_TEXT, IN_PATH, true, 0, NULL, "the session's id"},
};
static const struct word owner_invite[] = {
    MAY("to", WORD_TEXT, "the e-mail address it is mailed to; in the answer unless said"),
    MAY("url", WORD_TEXT, "what the link begins with; in a mail base-url unless said"),
};
static const struct word token_create[] = {
    OPERAND("name", 1, "what it is for"),
    {"role", WORD_CHOICE, IN_BODY, true, 0, "owner|admin|auditor", "whose permissions it has at most"},
    MAY("scopes", WORD_TEXT, "permissions, commas between; all of the role's unless said"),
    MAY("expires", WORD_TEXT, "after how long: \"90 days\""),
};
static const struct word operator_token_create[] = {
    OPERAND("name", 1, "what it is for"),
    MAY("scopes", WORD_TEXT, "permissions, commas between; all unless said"),
    MAY("expires", WORD_TEXT, "after how long: \"90 days\""),
};
static const struct word token[] = {PATH("token", 1, "its id")};

static const struct word event_list[] = {
    ASKS("after", WORD_TEXT, "those after that event"),
    PAGE,
};
static const struct word event[] = {PATH("event", 1, "its id")};

static const struct word webhook[] = {PATH("webhook", 1, "its id")};
static const struct word webhook_add[] = {
    OPERAND("url", 1, "where to: https"),
    MAY("events", WORD_TEXT, "of these types only, commas between: person.erased,hold.*"),
};
static const struct word webhook_rotate[] = {
    PATH("webhook", 1, "its id"),
    MAY("at_once", WORD_FLAG, "the old secret signs no longer"),
};
static const struct word webhook_deliveries[] = {
    PATH("webhook", 1, "its id"),
    ASKS("before", WORD_TEXT, "those before that event"),
    PAGE,
};
static const struct word webhook_replay[] = {
    PATH("webhook", 1, "its id"),
    {"event", WORD_TEXT, IN_BODY, false, 2, NULL, "which; all that failed unless said"},
};

static const struct word record_list[] = {
    {"kind", WORD_CHOICE, IN_QUERY, true, 1, KINDS, "of what"},
    ASKS("from", WORD_TIME, "from then on"),
    ASKS("until", WORD_TIME, "until then, which is not included"),
    PAGE,
};
static const struct word audit_list[] = {
    ASKS("from", WORD_INT, "from this leaf on; else the last ones"),
    PAGE,
};
static const struct word audit_prove[] = {PATH("seq", 1, "the number of the leaf")};
static const struct word audit_keep[] = {
    {"term", WORD_CHOICE, IN_PATH, true, 1, "activity|access|delivery", "of what"},
    OPERAND("keep", 2, "\"2 years\", \"90 days\""),
};

static const struct word law_holidays[] = {
    PATH("country", 1, "ISO 3166 code of a country, or of a part of one"),
    {"year", WORD_INT, IN_PATH, true, 2, NULL, "which"},
};
static const struct word holiday_add[] = {
    OPERAND("date", 1, "the day"),
    OPERAND("name", 2, "what it is called"),
    MAY("law", WORD_TEXT, "the law that makes it a public holiday: only then a period of the law ends later for it"),
};
static const struct word holiday_remove[] = {{"date", WORD_DAY, IN_PATH, true, 1, NULL, "the day"}};
static const struct word law_deadline[] = {
    PATH("clock", 1, "C1 to C11"),
    {"country", WORD_TEXT, IN_QUERY, true, 0, NULL, "whose public holidays count"},
    ASKS("from", WORD_INSTANT, "when it began; now unless said"),
    ASKS("zone", WORD_TEXT, "in which days are counted, such as Europe/Copenhagen; UTC unless said"),
};
static const struct word keys_rotate[] = {MAY("every", WORD_INT, "an epoch is to last so many days from now on")};
static const struct word check[] = {MAY("quick", WORD_FLAG, "leave the streams of media undecrypted")};

/* ---- resources ---- */

#define A "/v1/accounts/{account}"

const struct resource resources[] = {
    {METHOD_GET, "/v1/accounts", "account list", MAY_ACCOUNT_LIST, RESOURCE_READ, WORDS(page), NULL, "AccountList"},
    {METHOD_POST, "/v1/accounts", "account create", MAY_ACCOUNT_CREATE, RESOURCE_MAKE, WORDS(account_create), NULL, "Account"},
    {METHOD_GET, "/v1/ended/{ended}/receipt", "account receipt", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(ended), NULL, "Receipt"},
    {METHOD_GET, A, "account show", MAY_ACCOUNT_READ, RESOURCE_READ, WORDS(account), NULL, "AccountShown"},
    {METHOD_DELETE, A, "account delete", MAY_ACCOUNT_END, RESOURCE_WRITE, WORDS(account), "--yes", "AccountEnd"},
    {METHOD_PUT, A "/settings/{setting}", "account set", MAY_ACCOUNT_MANAGE, RESOURCE_WRITE, WORDS(account_set), NULL, "AccountShown"},
    {METHOD_POST, A "/settings/{setting}/plan", "account set", MAY_RETENTION_READ, RESOURCE_READ, WORDS(account_set_dry), "--dry-run", "PlannedSetting"},
    {METHOD_GET, A "/sso", "account sso", MAY_ACCOUNT_READ, RESOURCE_READ, WORDS(account), NULL, "SignInProvider"},
    {METHOD_PUT, A "/sso", "account sso", MAY_ACCOUNT_MANAGE, RESOURCE_WRITE, WORDS(account_sso), NULL, "SignInProvider"},
    {METHOD_DELETE, A "/sso", "account sso", MAY_ACCOUNT_MANAGE, RESOURCE_WRITE, WORDS(account), "--off", "SignInProvider"},
    {METHOD_GET, A "/status", "account status", MAY_ACCOUNT_READ, RESOURCE_READ, WORDS(account), NULL, "AccountStatus"},
    {METHOD_PUT, A "/cancellation", "account cancel", MAY_ACCOUNT_END, RESOURCE_WRITE, WORDS(account), "--yes", "AccountStatus"},
    {METHOD_DELETE, A "/cancellation", "account reopen", MAY_ACCOUNT_END, RESOURCE_WRITE, WORDS(account), NULL, "AccountStatus"},
    {METHOD_PUT, A "/checklist/{item}", "account assert", MAY_ACCOUNT_END, RESOURCE_WRITE, WORDS(account_assert), NULL, "AccountStatus"},
    {METHOD_GET, "/v1/profiles", "profile list", MAY_POLICY_READ, RESOURCE_READ, NO_WORDS, NULL, "ProfileList"},
    {METHOD_GET, "/v1/profiles/{profile}", "profile show", MAY_POLICY_READ, RESOURCE_READ, WORDS(profile), NULL, "Profile"},
    {METHOD_GET, A "/profiles/{profile}/diff", "profile diff", MAY_POLICY_READ, RESOURCE_READ, WORDS(profile_diff), NULL, "ProfileDiff"},
    {METHOD_GET, "/v1/obligations", "obligation list", MAY_OBLIGATION_READ, RESOURCE_READ, WORDS(obligation_list), NULL, "LawList"},
    {METHOD_GET, "/v1/obligations/{code}", "obligation law", MAY_OBLIGATION_READ, RESOURCE_READ, WORDS(obligation), NULL, "Law"},
    {METHOD_GET, "/v1/law/holidays/{country}/{year}", "law holidays", MAY_POLICY_READ, RESOURCE_READ, WORDS(law_holidays), NULL, "HolidayList"},
    {METHOD_GET, "/v1/law/deadlines/{clock}", "law deadline", MAY_POLICY_READ, RESOURCE_READ, WORDS(law_deadline), NULL, "Deadline"},

    /* A number or a name is personal: it stands in a body, never in a path or query that somebody's log keeps. */
    {METHOD_POST, A "/persons/search", "person find", MAY_PERSON_READ, RESOURCE_READ, WORDS(person_find), NULL, "PersonList"},
    {METHOD_GET, A "/persons/{person}", "person show", MAY_PERSON_READ, RESOURCE_READ, WORDS(person), NULL, "Person"},
    {METHOD_POST, A "/persons/{person}/links", "person link", MAY_PERSON_LINK, RESOURCE_WRITE, WORDS(person_link), NULL, "PersonLinked"},
    {METHOD_POST, A "/persons/{person}/unlinks", "person unlink", MAY_PERSON_LINK, RESOURCE_WRITE, WORDS(person_unlink), NULL, "PersonUnlinked"},
    {METHOD_POST, A "/persons/{person}/erasure", "person erase", MAY_PERSON_ERASE, RESOURCE_WRITE, WORDS(person_erase), "--yes", "Erasure"},
    {METHOD_POST, A "/persons/{person}/anonymisation", "person anonymise", MAY_PERSON_ERASE, RESOURCE_WRITE, WORDS(person_erase), "--yes", "Erasure"},
    {METHOD_POST, A "/persons/{person}/export", "person export", MAY_PERSON_EXPORT, RESOURCE_WRITE, WORDS(person_export), NULL, "PersonExported"},
    {METHOD_PUT, A "/persons/{person}/restriction", "person restrict", MAY_PERSON_ERASE, RESOURCE_WRITE, WORDS(person_restrict), NULL, "Restriction"},
    {METHOD_DELETE, A "/persons/{person}/restriction", "person unrestrict", MAY_PERSON_ERASE, RESOURCE_WRITE, WORDS(person_unrestrict), NULL, "RestrictionLifted"},
    {METHOD_GET, A "/erasures", "person receipt", MAY_AUDIT_READ, RESOURCE_READ, WORDS(page), NULL, "ErasureList"},
    {METHOD_GET, A "/erasures/{job}/receipt", "person receipt", MAY_AUDIT_READ, RESOURCE_READ, WORDS(job), NULL, "ReceiptOf"},

    {METHOD_GET, A "/identities", "identity list", MAY_PERSON_READ, RESOURCE_READ, WORDS(identity_list), NULL, "IdentityList"},
    {METHOD_POST, A "/identities/search", "identity find", MAY_PERSON_READ, RESOURCE_READ, WORDS(identity_find), NULL, "IdentityFound"},
    {METHOD_GET, A "/identities/{identity}", "identity show", MAY_PERSON_READ, RESOURCE_READ, WORDS(identity), NULL, "IdentityShown"},
    {METHOD_PUT, A "/identities/{identity}/person", "identity link", MAY_PERSON_LINK, RESOURCE_WRITE, WORDS(identity_link), NULL, "IdentityMoved"},
    {METHOD_DELETE, A "/identities/{identity}/person", "identity unlink", MAY_PERSON_LINK, RESOURCE_WRITE, WORDS(identity), NULL, "IdentityMoved"},

    {METHOD_GET, A "/contacts", "contact list", MAY_CONTACT_READ, RESOURCE_READ, WORDS(contact_list), NULL, "ContactList"},
    {METHOD_POST, A "/contacts", "import", MAY_CONTACT_WRITE, RESOURCE_MAKE, WORDS(one_line), NULL, "Taken"},
    {METHOD_PUT, A "/contacts/{contact}", "import", MAY_CONTACT_WRITE, RESOURCE_WRITE, WORDS(contact_again), NULL, "Taken"},
    {METHOD_GET, A "/contacts/{contact}", "contact show", MAY_CONTACT_READ, RESOURCE_READ, WORDS(contact_show), NULL, "Contact"},
    {METHOD_DELETE, A "/contacts/{contact}", "contact delete", MAY_CONTACT_WRITE, RESOURCE_WRITE, WORDS(contact), NULL, "ContactState"},
    {METHOD_DELETE, A "/contacts/{contact}/deletion", "contact undelete", MAY_CONTACT_WRITE, RESOURCE_WRITE, WORDS(contact), NULL, "ContactState"},
    {METHOD_POST, A "/contacts/{contact}/readmission", "contact readmit", MAY_CONTACT_WRITE, RESOURCE_WRITE, WORDS(contact), NULL, "ContactNamed"},

    {METHOD_POST, A "/ingest", "import", MAY_RECORD_WRITE, RESOURCE_WRITE, WORDS(lines), NULL, "TakenLine"},
    {METHOD_POST, A "/imports", "import", MAY_RECORD_WRITE, RESOURCE_WRITE, WORDS(one_line), NULL, "Imported"},
    {METHOD_POST, A "/records", "import", MAY_RECORD_WRITE, RESOURCE_MAKE, WORDS(one_line), NULL, "Taken"},
    {METHOD_GET, A "/records", "record list", MAY_RECORD_READ, RESOURCE_READ, WORDS(record_list), NULL, "RecordList"},
    {METHOD_GET, A "/records/{record}", "record get", MAY_RECORD_READ, RESOURCE_READ, WORDS(record), NULL, "Record"},
    {METHOD_GET, A "/records/{record}/media/{n}", "record media", MAY_RECORD_MEDIA, RESOURCE_READ, WORDS(media), NULL, "Media"},
    {METHOD_PUT, A "/records/{record}/media/{n}", "record media", MAY_RECORD_WRITE, RESOURCE_MAKE, WORDS(media), NULL, "MediaTaken"},
    {METHOD_GET, A "/records/{record}/disposition", "why", MAY_RECORD_READ, RESOURCE_READ, WORDS(record), NULL, "Disposition"},
    {METHOD_POST, A "/records/{record}/anonymisation", "record anonymise", MAY_RECORD_ANONYMISE, RESOURCE_WRITE, WORDS(record), "--yes", "RecordAnonymised"},
    {METHOD_GET, A "/aggregates", "aggregate list", MAY_FIGURES_READ, RESOURCE_READ, WORDS(aggregate_list), NULL, "AggregateList"},
    {METHOD_GET, A "/labels", "label list", MAY_POLICY_READ, RESOURCE_READ, WORDS(label_list), NULL, "LabelList"},
    {METHOD_GET, A "/labels/{label}", "label show", MAY_POLICY_READ, RESOURCE_READ, WORDS(label), NULL, "Label"},

    {METHOD_GET, A "/policies", "policy list", MAY_POLICY_READ, RESOURCE_READ, NO_WORDS, NULL, "PolicyList"},
    {METHOD_POST, A "/policies", "policy set", MAY_POLICY_WRITE, RESOURCE_MAKE, WORDS(policy_set), NULL, "PolicyChanged"},
    {METHOD_POST, A "/policies/removals", "policy remove", MAY_POLICY_WRITE, RESOURCE_WRITE, WORDS(policy_remove), NULL, "PolicyChanged"},
    {METHOD_POST, A "/policies/undo", "policy undo", MAY_POLICY_WRITE, RESOURCE_WRITE, WORDS(policy_undo), NULL, "Policy"},
    {METHOD_GET, A "/policies/{kind}/history", "policy history", MAY_POLICY_READ, RESOURCE_READ, WORDS(policy_history), NULL, "PolicyHistory"},
    {METHOD_GET, A "/retention/plan", "retention plan", MAY_RETENTION_READ, RESOURCE_READ, NO_WORDS, NULL, "Plan"},
    {METHOD_POST, A "/retention/plan", "retention plan", MAY_RETENTION_READ, RESOURCE_READ, WORDS(retention_dry), NULL, "PlannedChange"},
    {METHOD_GET, A "/retention/forecast", "retention forecast", MAY_RETENTION_READ, RESOURCE_READ, WORDS(retention_forecast), NULL, "Forecast"},
    {METHOD_POST, A "/retention/warnings", "retention warn", MAY_RETENTION_RUN, RESOURCE_WRITE, NO_WORDS, NULL, "WarningList"},
    {METHOD_GET, A "/retention/runs", "retention history", MAY_RETENTION_READ, RESOURCE_READ, WORDS(page), NULL, "SweepList"},
    {METHOD_POST, A "/retention/runs", "retention run", MAY_RETENTION_RUN, RESOURCE_WRITE, WORDS(retention_run), NULL, "SweepDone"},
    {METHOD_GET, A "/retention/runs/{job}/receipt", "retention receipt", MAY_RETENTION_READ, RESOURCE_READ, WORDS(job), NULL, "ReceiptOf"},

    {METHOD_GET, A "/holds", "hold list", MAY_HOLD_READ, RESOURCE_READ, WORDS(page), NULL, "HoldList"},
    {METHOD_GET, A "/holds/{hold}", "hold show", MAY_HOLD_READ, RESOURCE_READ, WORDS(hold), NULL, "HoldShown"},
    {METHOD_POST, A "/holds", "hold add", MAY_HOLD_WRITE, RESOURCE_MAKE, WORDS(hold_add), NULL, "Hold"},
    {METHOD_POST, A "/holds/preview", "hold preview", MAY_HOLD_READ, RESOURCE_READ, WORDS(hold_preview), NULL, "HoldPreview"},
    {METHOD_POST, A "/holds/{hold}/release", "hold release", MAY_HOLD_WRITE, RESOURCE_WRITE, WORDS(hold_release), "--yes", "HoldRelease"},
    {METHOD_GET, A "/obligations", "obligation show", MAY_OBLIGATION_READ, RESOURCE_READ, WORDS(page), NULL, "ObligationList"},
    {METHOD_GET, A "/obligations/{code}", "obligation show", MAY_OBLIGATION_READ, RESOURCE_READ, WORDS(obligation), NULL, "Obligation"},
    {METHOD_PUT, A "/obligations/{code}", "obligation add", MAY_OBLIGATION_WRITE, RESOURCE_WRITE, WORDS(obligation), NULL, "ObligationAdded"},
    {METHOD_DELETE, A "/obligations/{code}", "obligation end", MAY_OBLIGATION_WRITE, RESOURCE_WRITE, WORDS(obligation), NULL, "ObligationEnded"},

    {METHOD_GET, A "/users", "user list", MAY_USER_READ, RESOURCE_READ, WORDS(page), NULL, "UserList"},
    {METHOD_GET, A "/users/{user}", "user show", MAY_USER_READ, RESOURCE_READ, WORDS(user), NULL, "User"},
    {METHOD_POST, A "/users", "user add", MAY_USER_MANAGE, RESOURCE_MAKE, WORDS(user_add), NULL, "UserNamed"},
    {METHOD_POST, A "/users/{user}/sign-ins", "user signed-in", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user_signed_in), NULL, "UserNamed"},
    {METHOD_DELETE, A "/users/{user}", "user remove", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user), "--yes", "UserEnd"},

    {METHOD_POST, A "/users/{user}/invitations", "user invite", MAY_USER_MANAGE, RESOURCE_MAKE, WORDS(user_invite), NULL, "Invitation"},
    {METHOD_POST, A "/invitations", "user invite", MAY_USER_MANAGE, RESOURCE_MAKE, WORDS(owner_invite), "--first-owner", "Invitation"},
    {METHOD_DELETE, A "/users/{user}/totp", "user totp", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user), "--off", "UserNamed"},
    {METHOD_PUT, A "/users/{user}/subject", "user sso", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user_subject), NULL, "UserNamed"},
    {METHOD_DELETE, A "/users/{user}/subject", "user sso", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user), "--off", "UserNamed"},
    {METHOD_GET, A "/users/{user}/sessions", "user sessions", MAY_USER_MANAGE, RESOURCE_READ, WORDS(user_sessions), NULL, "UserSessionList"},
    {METHOD_DELETE, A "/users/{user}/sessions", "user sessions", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user), "--end-all", "SessionEnd"},
    {METHOD_DELETE, A "/users/{user}/sessions/{end}", "user sessions", MAY_USER_MANAGE, RESOURCE_WRITE, WORDS(user_sessions_end), NULL, "SessionEnd"},
    {METHOD_GET, A "/tokens", "token list", MAY_TOKEN_READ, RESOURCE_READ, WORDS(page), NULL, "TokenList"},
    {METHOD_GET, A "/tokens/{token}", "token show", MAY_TOKEN_READ, RESOURCE_READ, WORDS(token), NULL, "Token"},
    {METHOD_POST, A "/tokens", "token create", MAY_TOKEN_MANAGE, RESOURCE_MAKE, WORDS(token_create), NULL, "TokenMade"},
    {METHOD_DELETE, A "/tokens/{token}", "token revoke", MAY_TOKEN_MANAGE, RESOURCE_WRITE, WORDS(token), NULL, "TokenRevoked"},
    {METHOD_GET, "/v1/tokens", "token list", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(page), "--operator", "TokenList"},
    {METHOD_GET, "/v1/tokens/{token}", "token show", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(token), "--operator", "Token"},
    {METHOD_POST, "/v1/tokens", "token create", MAY_VAULT_OPERATE, RESOURCE_MAKE, WORDS(operator_token_create), "--operator", "TokenMade"},
    {METHOD_DELETE, "/v1/tokens/{token}", "token revoke", MAY_VAULT_OPERATE, RESOURCE_WRITE, WORDS(token), "--operator", "TokenRevoked"},

    {METHOD_GET, A "/holidays", "law holidays", MAY_ACCOUNT_READ, RESOURCE_READ, WORDS(page), "list", "OwnHolidayList"},
    {METHOD_POST, A "/holidays", "law holidays", MAY_ACCOUNT_MANAGE, RESOURCE_MAKE, WORDS(holiday_add), "add", "OwnHolidayAdded"},
    {METHOD_DELETE, A "/holidays/{date}", "law holidays", MAY_ACCOUNT_MANAGE, RESOURCE_WRITE, WORDS(holiday_remove), "remove", "OwnHolidayRemoved"},

    {METHOD_GET, A "/events", "event list", MAY_AUDIT_READ, RESOURCE_READ, WORDS(event_list), NULL, "EventList"},
    {METHOD_GET, A "/events/{event}", "event show", MAY_AUDIT_READ, RESOURCE_READ, WORDS(event), NULL, "Event"},

    {METHOD_GET, A "/webhooks", "webhook list", MAY_WEBHOOK_MANAGE, RESOURCE_READ, WORDS(page), NULL, "WebhookList"},
    {METHOD_POST, A "/webhooks", "webhook add", MAY_WEBHOOK_MANAGE, RESOURCE_MAKE, WORDS(webhook_add), NULL, "WebhookSecret"},
    {METHOD_GET, A "/webhooks/{webhook}", "webhook show", MAY_WEBHOOK_MANAGE, RESOURCE_READ, WORDS(webhook), NULL, "Webhook"},
    {METHOD_DELETE, A "/webhooks/{webhook}", "webhook remove", MAY_WEBHOOK_MANAGE, RESOURCE_WRITE, WORDS(webhook), NULL, "WebhookDone"},
    {METHOD_POST, A "/webhooks/{webhook}/secrets", "webhook rotate", MAY_WEBHOOK_MANAGE, RESOURCE_MAKE, WORDS(webhook_rotate), NULL, "WebhookSecret"},
    {METHOD_PUT, A "/webhooks/{webhook}/enabled", "webhook enable", MAY_WEBHOOK_MANAGE, RESOURCE_WRITE, WORDS(webhook), NULL, "WebhookDone"},
    {METHOD_DELETE, A "/webhooks/{webhook}/enabled", "webhook disable", MAY_WEBHOOK_MANAGE, RESOURCE_WRITE, WORDS(webhook), NULL, "WebhookDone"},
    {METHOD_POST, A "/webhooks/{webhook}/tests", "webhook test", MAY_WEBHOOK_MANAGE, RESOURCE_MAKE, WORDS(webhook), NULL, "WebhookTest"},
    {METHOD_GET, A "/webhooks/{webhook}/deliveries", "webhook deliveries", MAY_WEBHOOK_MANAGE, RESOURCE_READ, WORDS(webhook_deliveries), NULL, "DeliveryList"},
    {METHOD_POST, A "/webhooks/{webhook}/replays", "webhook replay", MAY_WEBHOOK_MANAGE, RESOURCE_WRITE, WORDS(webhook_replay), NULL, "WebhookReplay"},
    {METHOD_GET, A "/jobs", "job list", MAY_JOB_READ, RESOURCE_READ, WORDS(page), NULL, "JobList"},
    {METHOD_GET, A "/jobs/{job}", "job show", MAY_JOB_READ, RESOURCE_READ, WORDS(job), NULL, "Job"},
    {METHOD_GET, A "/jobs/{job}/events", "job show", MAY_JOB_READ, RESOURCE_READ, WORDS(job), NULL, "JobEvents"},
    {METHOD_GET, A "/jobs/{job}/result", "job fetch", MAY_PERSON_EXPORT, RESOURCE_READ, WORDS(job), NULL, "JobFile"},
    {METHOD_DELETE, A "/jobs/{job}/result", "job drop", MAY_PERSON_EXPORT, RESOURCE_WRITE, WORDS(job), NULL, "Job"},
    {METHOD_DELETE, A "/jobs/{job}", "job cancel", MAY_JOB_CANCEL, RESOURCE_WRITE, WORDS(job), NULL, "Job"},
    {METHOD_GET, "/v1/jobs", "job list", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(page), "--operator", "JobList"},
    {METHOD_GET, "/v1/jobs/{job}", "job show", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(job), "--operator", "Job"},
    {METHOD_GET, "/v1/jobs/{job}/events", "job show", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(job), NULL, "JobEvents"},
    {METHOD_DELETE, "/v1/jobs/{job}", "job cancel", MAY_VAULT_OPERATE, RESOURCE_WRITE, WORDS(job), "--operator", "Job"},

    {METHOD_GET, A "/audit", "audit list", MAY_AUDIT_READ, RESOURCE_READ, WORDS(audit_list), NULL, "LeafList"},
    {METHOD_GET, "/v1/audit", "audit list", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(audit_list), NULL, "LeafList"},
    {METHOD_GET, "/v1/audit/{seq}/proof", "audit prove", MAY_VAULT_OPERATE, RESOURCE_READ, WORDS(audit_prove), NULL, "Proof"},
    {METHOD_POST, "/v1/audit/verifications", "audit verify", MAY_VAULT_OPERATE, RESOURCE_WRITE, NO_WORDS, NULL, "LogVerified"},
    {METHOD_GET, A "/audit/terms", "audit keep", MAY_AUDIT_READ, RESOURCE_READ, NO_WORDS, NULL, "TermList"},
    {METHOD_PUT, A "/audit/terms/{term}", "audit keep", MAY_ACCOUNT_MANAGE, RESOURCE_WRITE, WORDS(audit_keep), NULL, "TermList"},
    {METHOD_GET, "/v1/keys", "keys status", MAY_VAULT_OPERATE, RESOURCE_READ, NO_WORDS, NULL, "Keys"},
    {METHOD_POST, "/v1/keys/rotations", "keys rotate", MAY_VAULT_OPERATE, RESOURCE_WRITE, WORDS(keys_rotate), NULL, "Rotation"},
    {METHOD_POST, "/v1/checks", "check", MAY_VAULT_OPERATE, RESOURCE_WRITE, WORDS(check), NULL, "Check"},
};
const size_t resource_count = sizeof resources / sizeof resources[0];

const struct local_operation local_operations[] = {
    {"init", "there is no vault yet"},
    {"restore", "the vault must be closed to everybody else"},
    {"backup", "it is written to the machine's own disk"},
    {"verify", "it needs no vault: a receipt is verified by whoever has it"},
    {"serve", "it is what answers"},
    {"config show", "the settings are the machine's"},
    {"config check", "the settings are the machine's"},
    {"bench", "it measures the machine"},
    {"record why", "the same as why"},
    {"user password", "it is read from a terminal or a file"},
};
const size_t local_operation_count = sizeof local_operations / sizeof local_operations[0];
