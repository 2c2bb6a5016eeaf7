/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The commands: what there is, how it is called, what it does.
 */
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/table.h"
#include "ingest/field.h"

#define WIDTH 26

/* First words, in the order a vault meets them: `lethe help`, which fits on one screen. Those without a summary are there
 * by their names alone. */
/* clang-format off */
static const struct group {
	const char *word, *rest, *summary;
} groups[] = {
	{"init", "", "make a vault: its data, its keys, its root"},
	{"account", "create | list | show | ..", "controllers whose data are kept apart"},
	{"profile", "list | show | diff", "published rules of real systems, to begin with"},
	{"import", "FILE ..", "take in calls, messages, recordings, contacts"},
	{"person", "find | export | erase", "see, hand out, forget what is on somebody"},
	{"identity", NULL, NULL},
	{"contact", "list | delete | ..", "the address book; what was deleted of it"},
	{"record", "get | media | why ..", "one record, its audio, what becomes of it"},
	{"why", "ID", "policy, holds and dates behind a verdict"},
	{"policy", "set | undo | list ..", "how long each kind is kept"},
	{"retention", "plan | forecast | run ..", "what is due and when; delete it"},
	{"hold", "add | preview | list | release", "legal holds: what nothing deletes"},
	{"aggregate", NULL, NULL},
	{"obligation", "list | add | end | show", "laws by which some fields stay longer"},
	{"label", NULL, NULL},
	{"user", "add | list | invite | ..", "who signs in to an account"},
	{"token", "create | list | revoke", "what programs are let in by"},
	{"job", NULL, NULL},
	{"audit", "list | verify | prove | keep", "the log of every act, and its proofs"},
	{"event", NULL, NULL},
	{"webhook", NULL, NULL},
	{"verify", "RECEIPT --key FILE", "check a receipt, with no vault at hand"},
	{"law", "holidays | deadline", "public holidays; how long the law lets one wait"},
	{"keys", "status | rotate", "epochs, and ending the life of old copies"},
	{"backup", "| restore DIR", "copy a running vault; bring its data back"},
	{"restore", NULL, NULL},
	{"check", "", "look for damage, in every store"},
	{"serve", "", "answer over HTTP; `config` shows its settings"},
	{"config", NULL, NULL},
	{"bench", "[NAME ..]", "what Lethe costs here, against baselines"},
};

const struct operation operations[] = {
	{"init", "[--region R] [--root ROOT] [--token LABEL]", "make a vault: its data, its keys, its root", op_init,
	 "ROOT keeps the epoch keys, which open everything else:\n"
	 "  file:PATH         a file of mode 0600. The default, beside the data folder:\n"
	 "                    <data folder>.<region>.root. Keep it out of every backup.\n"
	 "  passphrase        asked for on the terminal, or read from --secret-file.\n"
	 "                    A passphrase cannot be forgotten; see lethe(1), THE ROOT.\n"
	 "  pkcs11:MODULE     a hardware security module; --token names its token,\n"
	 "                    --secret-file holds the PIN.\n"
	 "A region (\"default\" unless named) has its own data, keys and root.\n"},
	{"account create", "NAME --country CC [--profile P] [--plan PLAN]", "make an account, with keys of its own",
	 op_account_create,
	 "CC is the ISO 3166-1 code of the country whose rules telephone numbers without a\n"
	 "country code are read by, such as DK.\n"
	 "  --profile P       begin with the rules of a profile (`lethe profile list`) and within its bounds\n"
	 "  --plan PLAN       one of the profile's plans\n"},
	{"account list", "[--limit N] [--cursor C]", "the accounts of a region", op_account_list,
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"account show", "NAME", "an account and its settings", op_account_show, ""},
	{"account set", "NAME SETTING VALUE [--dry-run] [--plan DIGEST]", "change a setting of an account", op_account_set,
	 "SETTING, and what VALUE may be; \"none\" goes back to how it began:\n"
	 "  anonymous_k       3 to 100: how many people must be in a row that anonymised records leave (5)\n"
	 "  billed_until      a day: what is billed; what a profile erases only once billed waits for it\n"
	 "  contact_grace_days  0 to 365: how many days a deleted contact can be brought back (30, or what the profile says)\n"
	 "  grace_hours       0 to 8760: how long a policy that would delete something can be undone (24)\n"
	 "  mail              on or off: whether its owners and admins get mails (on)\n"
	 "  plan, profile     which bounds the policies have; rules that are set stay as they are\n"
	 "  calendar          whose public holidays count: DE, DE-BY (the account's country)\n"
	 "  time_zone         in which days and hours of deadlines are counted (UTC)\n"
	 "  warn_days         days before data go on which it is said (30,7,1)\n"
	 "billed_until and profile can have rules that are in force delete more. Then:\n"
	 "  --dry-run         only say what goes, with a digest of it\n"
	 "  --plan DIGEST     the digest, without which it is refused\n"},
	{"account sso", "NAME [--issuer URL --client-id ID [--client-secret-file FILE] [--adds ROLE] | --off]", "the OpenID provider that users sign in at", op_account_sso,
	 "Without options, shows it. Users are those that were added: by their e-mail address, if the provider says that it is\n"
	 "verified, or by `lethe user sso`.\n"
	 "  --issuer URL      as it names itself: https, with a '/' at its end if it has one\n"
	 "  --adds ROLE       who is no user is added when they sign in: admin, agent or auditor\n"
	 "  --off             users sign in with passwords only\n"},
	{"profile list", "", "the profiles there are", op_profile_list, ""},
	{"profile show", "PROFILE", "the rules of a profile, with their sources", op_profile_show, ""},
	{"profile diff", "ACCOUNT PROFILE", "an account's rules beside a profile's", op_profile_diff,
	 "For each kind: what the account has, what the profile says, and whether its bound is kept. Narrower rules count\n"
	 "for the bound too. Changes nothing; exit code 0 whatever differs.\n"},
	{"account status", "NAME", "active, cancelled or being deleted, and until when", op_account_status, ""},
	{"account cancel", "NAME [--yes]", "take nothing in any more; it ends after 90 days", op_account_cancel,
	 "What it has can be read and exported until then. After 90 days, or what its profile says, `lethe retention run`\n"
	 "ends it, unless a legal hold or an obligation is on it.\n"},
	{"account reopen", "NAME", "undo a cancellation or a deletion that has begun", op_account_reopen, ""},
	{"account delete", "NAME [--yes] [--receipt FILE]", "end an account at its controller's wish", op_account_delete,
	 "Begins it and shows the checklist; once each item is asserted it destroys all keys of the account, deletes every\n"
	 "row and blob, and looks again. A legal hold or an obligation refuses it. It should be done within 30 days.\n"
	 "  --receipt FILE    where the signed receipt goes; `lethe verify` checks it\n"},
	{"account assert", "NAME ITEM", "say that an item of the checklist is so", op_account_assert,
	 "ITEM: exports, numbers, campaigns, invoices. Who said so and when is noted.\n"},
	{"account receipt", "ACC_ID [--out FILE]", "the receipt of an account's end, once more", op_account_receipt, ""},
	{"import", "FILE .. [--tz ZONE] [--source S] [--strict]", "take in calls, messages, recordings, contacts",
	 op_import,
	 "FILE is Lethe JSON Lines or Asterisk's Master.csv; \"-\" is standard input. Importing the same file twice changes\n"
	 "nothing. Refused lines are reported, kept in a file beside you, and make the exit code 5.\n"
	 "  --tz ZONE         of local times, such as Europe/Copenhagen\n"
	 "  --source S        the system it comes from: part of each record's id\n"
	 "  --format F        jsonl or asterisk-csv; unless given, by the file's name\n"
	 "  --media-root DIR  where the paths of media begin; unless given, the file's own folder\n"
	 "  --rejects FILE    where refused lines go\n"
	 "  --strict          end at the first bad line\n"},
	{"person find", "WHO", "the persons that a number, address or name may mean", op_person_find,
	 "WHO is a telephone number or e-mail address in any spelling, an external id, an agent's id, a per_ id, or\n"
	 "words of a contact's name.\n"},
	{"person show", "WHO", "what there is on somebody, in numbers", op_person_show,
	 "Their identities, contacts, how many records of each kind and from when to when. Leaves an audit leaf.\n"},
	{"person link", "WHO OTHER", "make two persons one", op_person_link,
	 "OTHER's identities become WHO's. Nothing is sealed anew; `person unlink` takes them apart.\n"},
	{"person unlink", "WHO IDENTITY", "make one identity a person of its own", op_person_unlink,
	 "IDENTITY is written as `person show` writes it. Refused while a legal hold is on the person.\n"},
	{"person export", "WHO --out FILE [--others show]", "everything on somebody, as a ZIP", op_person_export,
	 "The copy that GDPR articles 15 and 20 ask for. Other people's names, numbers and addresses are masked, and how\n"
	 "many were is said; --others show leaves them. Leaves an audit leaf.\n"},
	{"person erase", "WHO [--receipt FILE] [--reference ID] [--yes]", "forget somebody, and prove it",
	 op_person_erase,
	 "Destroys the keys of their identities, then what those sealed, then looks again. What a legal hold covers is\n"
	 "kept, and said (exit code 5). It cannot be undone: on a terminal you are asked; elsewhere say --yes.\n"
	 "  --receipt FILE    where the signed receipt goes; `lethe verify` checks it\n"
	 "  --reference ID    an opaque id of the request, [A-Za-z0-9._-], put into the receipt\n"
	 "Interrupted, it is finished by the next command that writes; then `lethe person receipt` has the receipt.\n"},
	{"person anonymise", "WHO [--receipt FILE] [--reference ID] [--yes]", "forget somebody, and keep counts",
	 op_person_anonymise,
	 "All that `person erase` does, and first what the records said in plain columns is added to the aggregates: kind,\n"
	 "day, direction, status, duration and queue. Nothing is shown before enough people are in it (anonymous_k), and then\n"
	 "as coarsely as that takes. Refused while a profile wants something billed first. It cannot be undone.\n"
	 "  --receipt, --reference, --yes   as in `lethe help person erase`\n"},
	{"person restrict", "WHO --ground GROUND [--reason TEXT]", "keep somebody's data, and use it for nothing else",
	 op_person_restrict,
	 "GDPR, art. 18: no policy deletes it, reads and exports say so. An erasure is not stopped by it.\n"
	 "  --ground G        accuracy, unlawful, claims or objection\n"
	 "  --reason TEXT     kept sealed\n"},
	{"person unrestrict", "WHO --told DATE", "lift a restriction, once the person was told", op_person_unrestrict,
	 "GDPR, art. 18(3): DATE is the day on which they were told that it will be lifted. Refused without.\n"},
	{"person receipt", "[JOB] [--out FILE] [--limit N] [--cursor C]", "the receipt of an erasure, once more", op_person_receipt,
	 "Also of one that was interrupted and finished by a later command. Without JOB the erasures of the account are\n"
	 "listed: job, when it began, done, unfinished or failed, the person, the reference. `lethe verify` checks a receipt.\n"
	 "  --out FILE        where the receipt goes; unless given, it is printed\n"
	 "  --limit N         of the list a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"identity list", "[--person PERSON] [--kind KIND] [--limit N] [--cursor C]", "the numbers, addresses and ids of an account", op_identity_list,
	 "Each with its number here, by which the log of acts names it, and whose it is. Leaves an audit leaf.\n"
	 "  --person PERSON   of that person only: a per_ id\n"
	 "  --kind KIND       phone, email, external, agent (who works for the account) or number (the account's own)\n"
	 "A page of a kind that there are few of can be short, and more follow all the same: go on with --cursor.\n"
	 "  --limit N         a page of so many, 1 to 1000 (50)\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"identity find", "WHO", "the identity that a number or an address is", op_identity_find,
	 "WHO is a telephone number or e-mail address in any spelling, an external id, an agent's id. For names there is\n"
	 "`person find`. Leaves an audit leaf.\n"},
	{"identity show", "ID", "one identity, by its number here", op_identity_show,
	 "ID is the number that `identity list`, `identity find` and the log of acts show. Leaves an audit leaf.\n"},
	{"identity link", "ID WHO", "say that one identity is somebody's", op_identity_link,
	 "It alone becomes WHO's; `person link` makes two persons one. Refused while a legal hold or a restriction is on the\n"
	 "person it would leave others of.\n"},
	{"identity unlink", "ID", "make one identity a person of its own", op_identity_unlink,
	 "Refused while a legal hold or a restriction is on its person.\n"},
	{"contact list", "[--deleted] [--limit N] [--cursor C]", "the contacts that are there, by pages", op_contact_list,
	 "Leaves an audit leaf.\n"
	 "  --deleted         those that were deleted instead, and until when each can be brought back\n"
	 "  --limit N         so many, 1 to 1000; 50 unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"contact show", "WHO|CONTACT [--deleted]", "one contact, opened", op_contact_show,
	 "CONTACT is a con_ id; WHO finds one person, as in `lethe help person find`, who is in one contact. Of a deleted one\n"
	 "it says until when it can be brought back; what is in it is shown with --deleted. Leaves an audit leaf.\n"},
	{"contact delete", "WHO|CONTACT", "delete a contact, with a grace to bring it back", op_contact_delete,
	 "It is not found by its name, not listed and not updated by imports; it is in its person's export, and goes with their\n"
	 "erasure. After the account's contact_grace_days (30) `lethe retention run` destroys its key, unless a legal hold or a\n"
	 "restriction covers it. The person and their records stay: `lethe person erase` forgets somebody.\n"},
	{"contact undelete", "WHO|CONTACT", "bring a deleted contact back", op_contact_undelete,
	 "Refused once its grace is over. WHO is a number or address in it: a deleted contact is not found by its name.\n"},
	{"contact readmit", "CONTACT", "let imports bring a deleted contact again", op_contact_readmit,
	 "What was deleted here stays so whatever its source still says of it, also when it is gone: imports of it are refused\n"
	 "and counted. This ends that. The id is in the audit log, in the act contact.delete.\n"},
	{"record list", "KIND [--from T] [--until T] [--limit N] [--cursor C]", "the records of a kind, the oldest first", op_record_list,
	 "What was said and by whom is not shown: `lethe record get`. Leaves an audit leaf.\n"
	 "  --from T          from that day or moment on\n"
	 "  --until T         until then, which is not included\n"
	 "  --limit N         so many, 1 to 1000; 50 unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"record get", "ID", "one record, opened", op_record_get, "Leaves an audit leaf.\n"},
	{"record media", "ID --out FILE [--n N] [--range A-B]", "a record's audio or attachment", op_record_media,
	 "FILE \"-\" is standard output, which may not be a terminal. Nothing is written before its tag is checked.\n"
	 "  --n N             which, when it has several (from 0)\n"
	 "  --range A-B       bytes A to B, both included, as in HTTP; \"A-\" to the end\n"},
	{"record anonymise", "ID [--yes]", "take one record out for good, and keep its count", op_record_anonymise,
	 "It is unreadable in every copy at once; the rest of its day is sealed anew. It waits in the aggregates until it can\n"
	 "be shown with enough people. Refused while a hold, a restriction or an obligation keeps it, or it is not billed and\n"
	 "a profile wants that. Importing it again brings it back: anonymise the person to prevent that.\n"},
	{"aggregate list", "[--kind KIND] [--limit N] [--cursor C]", "what anonymised records left", op_aggregate_list,
	 "Counts, total duration and size, by what was not dropped; each row says how it was coarsened. What fewer people\n"
	 "are in than the account's anonymous_k is not shown, and no count of it is.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"record why", "ID", "what becomes of a record, and why", op_record_why, "The same as `lethe why ID`.\n"},
	{"why", "ID", "the verdict for a record or contact, with every reason", op_why,
	 "Keep until when, or delete: with the policies and holds that make it so.\n"},
	{"policy set", "KIND SPAN [SCOPE] [--plan DIGEST] [--grace HOURS]", "how long an account keeps a kind", op_policy_set,
	 "KIND: call, recording, voicemail, transcript, message, chat, form, session, note, document, delivery,\n"
	 "campaign_result. SPAN: \"90 days\", \"25 months\", \"1 year\", \"unlimited\". SCOPE makes the rule a narrower one, which\n"
	 "wins over wider ones; each part narrows it more:\n"
	 "  --number NUMBER   of one of the account's own numbers\n"
	 "  --queue Q, --campaign C, --tag T\n"
	 "  --direction D     inbound, outbound or internal\n"
	 "  --min-duration D  at least so long: \"30 seconds\", \"2 minutes\"\n"
	 "What would delete nothing begins at once. What would needs the digest that `lethe retention plan --policy` shows,\n"
	 "and begins after a grace, until which `lethe policy undo` takes it back.\n"
	 "  --plan DIGEST     what was looked at; refused when what would go has changed since\n"
	 "  --grace HOURS     0 to 8760, instead of the account's setting grace_hours\n"},
	{"policy remove", "KIND [SCOPE] [--plan DIGEST] [--grace HOURS]", "end a rule: wider ones decide again",
	 op_policy_remove, "SCOPE, --plan and --grace as in `lethe help policy set`. Its dry run: `lethe retention plan --policy KIND=remove`.\n"},
	{"policy undo", "KIND [SCOPE]", "take back a change that has not begun", op_policy_undo,
	 "Once it has begun it is refused: set the period you want instead. What was deleted does not come back.\n"},
	{"policy list", "", "the rules in force, those to come, and their bounds", op_policy_list, ""},
	{"policy history", "KIND [--limit N] [--cursor C]", "every version of a kind's rules: when, from when, by whom", op_policy_history,
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"retention plan", "[--policy KIND=SPAN [SCOPE] [--grace HOURS]]", "what is due for deletion, per kind and day",
	 op_retention_plan,
	 "Deletes nothing. With --policy: what a change of policy would delete, by day, and the digest that `lethe policy set`\n"
	 "then asks for. KIND=remove is the removal of a rule. SCOPE as in `lethe help policy set`.\n"},
	{"retention forecast", "[--days N] [--kind KIND] [--chart]", "what goes on each of the coming days",
	 op_retention_forecast,
	 "Of what there is now, by the rules there are now, those that begin later too, if a sweep runs every day. What\n"
	 "holds and obligations keep is counted apart. Deletes nothing. On a terminal with a chart.\n"
	 "  --days N          today and N days after it, up to 3650; 30 unless given\n"
	 "  --kind KIND       of this kind only; contact: deleted contacts\n"
	 "  --chart           the chart elsewhere than on a terminal, too\n"},
	{"retention warn", "[--all]", "say what goes soon and was not said yet", op_retention_warn,
	 "At each lead time of the account's setting warn_days (30, 7 and 1 days unless set) what then goes is said once: run\n"
	 "it every day, before `retention run`. Exit code 5 when something was said; nothing is printed into a pipe when\n"
	 "there is nothing new. What was printed is remembered, and in the audit log.\n"
	 "  --all             of every account of the region\n"},
	{"retention run", "[--all] [--max-records N] [--max-seconds S] [--receipt FILE]",
	 "delete what is due, and look again", op_retention_run,
	 "Costs what is due, not what the vault holds. What a legal hold covers is kept (exit code 5).\n"
	 "  --all             every account of the region, in turns, so that a large one does not keep small ones waiting\n"
	 "  --max-records N   stop after the day in which so many are deleted; all is whole, and the next run goes on\n"
	 "  --max-seconds S   the same after so many seconds\n"
	 "  --receipt FILE    where a signed receipt goes; `lethe verify` checks it\n"},
	{"retention history", "[--limit N] [--cursor C]", "the sweeps there were, the newest first", op_retention_history,
	 "Of each: job, when it began, whether it is whole, by which command; what it deleted and kept of each kind, what the\n"
	 "second look still found in the stores, and its leaf in the audit log.\n"
	 "  --limit N         so many, 1 to 1000; 20 unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"retention receipt", "JOB [--out FILE]", "the receipt of a sweep, once more", op_retention_receipt,
	 "`lethe retention history` lists the jobs; `lethe verify` checks a receipt.\n"
	 "  --out FILE        where the receipt goes; unless given, it is printed\n"},
	{"hold add", "[SCOPE] --reason TEXT", "keep what would be deleted", op_hold_add,
	 "Each part of the scope narrows it; without any it is every record of the account. It covers what is here and\n"
	 "what arrives.\n"
	 "  --person WHO              somebody's records\n"
	 "  --number NUMBER           those of one number, the account's own or another\n"
	 "  --business-number NUMBER  those that came by way of the account's own number\n"
	 "  --user ID                 those of an agent\n"
	 "  --queue, --campaign, --tag NAME\n"
	 "  --kind KIND,..            of these kinds\n"
	 "  --from, --until           a day or an instant; --until is not included\n"
	 "  --custodian, --matter TEXT  who has to keep it, and for which case; kept sealed\n"
	 "  --reason TEXT             kept sealed; or --reason-file FILE\n"},
	{"hold preview", "[SCOPE]", "what a hold would cover, and what of it is due", op_hold_preview,
	 "Takes what `hold add` does; keeps and deletes nothing. Looking is in the audit log.\n"},
	{"hold list", "[--limit N] [--cursor C]", "the holds and restrictions of an account", op_hold_list,
	 "Looking at them is in the audit log.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"hold show", "ID", "one hold or restriction", op_hold_show, "Looking at it is in the audit log.\n"},
	{"hold release", "ID [--dry-run] [--yes]", "end a hold; what only it kept becomes due", op_hold_release,
	 "Says before what the next `lethe retention run` will then delete, and asks; where there is nobody to ask it needs\n"
	 "--yes when anything would go.\n"
	 "  --dry-run         only say it\n"},
	{"obligation list", "[--country CC]", "the laws that forbid deleting something, with their articles",
	 op_obligation_list, "Which of them bind an account, who it is decides: nothing applies by itself. Needs no vault.\n"},
	{"obligation law", "CODE", "one of these laws", op_obligation_law, "Needs no vault.\n"},
	{"obligation add", "CODE", "put the account under an obligation", op_obligation_add,
	 "What it covers is not deleted before its end: when a policy or an erasure would, it is cut down to the fields that\n"
	 "the law names, sealed under a key of its own, and deleted on the day the period ends.\n"},
	{"obligation end", "CODE", "an obligation applies no longer; what only it kept becomes due", op_obligation_end, ""},
	{"obligation show", "[CODE] [--limit N] [--cursor C]", "the obligations the account is under, and how much they keep",
	 op_obligation_show,
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"label list", "[--kind queue|campaign|tag] [--limit N] [--cursor C]", "the queues, campaigns and tags of an account", op_label_list,
	 "By these, policies and holds can be narrowed. What is imported brings them; looking at them is in the audit log.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"label show", "ID", "one queue, campaign or tag, by its number", op_label_show,
	 "ID is the id that `label list --json` shows. Looking is in the audit log.\n"},
	{"user add", "NAME [--role R] [--agent ID]", "a user: who signs in to the account", op_user_add,
	 "NAME is the e-mail address or id they sign in with; what is written is sealed under a key of its own.\n"
	 "  --role R     owner, admin, agent (unless given) or auditor\n"
	 "  --agent ID   the agent of records they are: removing the user erases that agent\n"},
	{"user list", "[--limit N] [--cursor C]", "the users, when they last signed in and when they are idle", op_user_list,
	 "Looking at them is in the audit log.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"user show", "USER", "one user", op_user_show, "USER is a name or a usr_ id. Looking at them is in the audit log.\n"},
	{"user signed-in", "USER [--at TIME]", "note that a user signed in", op_user_signed_in,
	 "USER is a name or a usr_ id. A user without a sign-in for 13 calendar months (or what the account's profile says)\n"
	 "and without another account in the region is removed by `lethe retention run`.\n"},
	{"user remove", "USER [--yes]", "remove a user and erase the agent they are", op_user_remove,
	 "Their name, numbers and devices go; calls of others stay, without them. A legal hold on such a call refuses it.\n"},
	{"user password", "USER [--password-file FILE]", "set a user's password, and end their sessions", op_user_password,
	 "Asked for on the terminal, twice, or the first line of FILE (\"-\": standard input). 12 to 256 characters, of any\n"
	 "kind; those that are tried first are refused. Rather let them choose it themselves: `lethe user invite`.\n"},
	{"user invite", "USER | --first-owner [--by mail|answer] [--to ADDRESS] [--url BASE] [--out FILE] [--end]", "a one-time link by which a user chooses a password", op_user_invite,
	 "Good once, for 24 hours, and only until another is made for the same user; also for who lost their password.\n"
	 "  --first-owner     for who will be the account's first owner, and chooses a name too\n"
	 "  --by mail|answer  mailed to the address that their name is, or shown; of a daemon with a mail server, mailed unless\n"
	 "                    said; the machine's own command shows it\n"
	 "  --to ADDRESS      where the first owner's is mailed to\n"
	 "  --url BASE        the link is BASE/invite#..; without it what goes behind, or in a mail base-url\n"
	 "  --out FILE        write it to a new file of mode 0600; needed where the output is no terminal\n"
	 "  --end             end the link the user has\n"},
	{"user totp", "USER [--confirm [--code-file FILE] | --recovery | --off] [--out FILE]", "a second factor: codes by the clock", op_user_totp,
	 "Prints what a program that makes codes reads (otpauth://). It is asked for once --confirm has seen a code of it.\n"
	 "  --confirm         asks for a code, or takes the first line of --code-file; prints ten recovery codes, good once each\n"
	 "  --recovery        prints ten new ones in place of those\n"
	 "  --off             a code is not asked for any more\n"
	 "  --out FILE        write it to a new file of mode 0600; needed where the output is no terminal\n"},
	{"user sessions", "USER [--end SESSION | --end-all] [--limit N] [--cursor C]", "where a user is signed in", op_user_sessions,
	 "Looking is in the audit log. A session ends after an hour without a request, and after a day.\n"
	 "  --end SESSION     end that one (ses_..); --end-all: all of them\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"user sso", "USER --subject SUB | --off", "what the account's OpenID provider calls a user", op_user_sso,
	 "SUB is the \"sub\" of its tokens. Who was added under their e-mail address needs none: it is learnt at the first sign-in.\n"},
	{"token create", "NAME --role ROLE | --operator [--scopes S,..] [--expires SPAN] [--out FILE]", "a token that a program is let in by", op_token_create,
	 "NAME says what it is for. Shown once, and stored as a digest.\n"
	 "  --role ROLE       owner, admin or auditor: docs/access.md says what each may\n"
	 "  --operator        of no account: the platform operator's, for every account of the region\n"
	 "  --scopes S,..     of what the role may only these, such as record.write,contact.write\n"
	 "  --expires SPAN    such as \"90 days\"; 12 months unless given; \"unlimited\": never\n"
	 "  --out FILE        write it to a new file of mode 0600; needed where the output is no terminal\n"},
	{"token list", "[--operator] [--limit N] [--cursor C]", "the tokens there are, and when each was used", op_token_list,
	 "Of the account, or the operator's. Looking is in the audit log. One that has ended is listed for 90 days.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"token show", "TOKEN [--operator]", "one token, and when it was used", op_token_show,
	 "TOKEN is its id (tok_..). Looking is in the audit log.\n"},
	{"token revoke", "TOKEN [--operator]", "let nobody in by a token any more", op_token_revoke,
	 "TOKEN is its id (tok_..). At once, and for good: no restore brings it back.\n"},
	{"event list", "[--after EVENT] [--limit N] [--cursor C]", "what has happened that others are told of", op_event_list,
	 "The oldest first, of the last 30 days (`audit keep delivery`): opaque ids and counts, as in the log of acts.\n"
	 "  --after EVENT     those after that evt_ id; one that is gone by now is before all that are there\n"
	 "  --limit N         a page of so many, 1 to 1000; 50 unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"event show", "EVENT", "one event", op_event_show, "EVENT is its id (evt_..).\n"},
	{"webhook add", "URL [--events TYPES] [--out FILE]", "tell a program of events, over HTTPS", op_webhook_add,
	 "From now on `lethe serve` posts what happens to URL (Standard Webhooks). The secret that the receiver verifies by is\n"
	 "shown once.\n"
	 "  --events TYPES    of these types only: \"person.erased,hold.*\"; docs/webhooks.md lists them\n"
	 "  --out FILE        write the secret to a new file of mode 0600; needed where the output is no terminal\n"},
	{"webhook list", "[--limit N] [--cursor C]", "the webhooks of an account", op_webhook_list,
	 "Looking is in the audit log.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"webhook show", "WEBHOOK", "one webhook, and whether it works", op_webhook_show, "WEBHOOK is its id (whk_..).\n"},
	{"webhook remove", "WEBHOOK", "tell it nothing any more, and forget it", op_webhook_remove, ""},
	{"webhook rotate", "WEBHOOK [--at-once] [--out FILE]", "a new secret for a webhook", op_webhook_rotate,
	 "For a day both secrets sign, so that the receiver can change over.\n"
	 "  --at-once         the old one does not: it is in wrong hands\n"
	 "  --out FILE        write it to a new file of mode 0600; needed where the output is no terminal\n"},
	{"webhook enable", "WEBHOOK", "go on telling it, from where it stopped", op_webhook_enable,
	 "What is past its 30 days by then is not told.\n"},
	{"webhook disable", "WEBHOOK", "stop telling it for a while", op_webhook_disable, ""},
	{"webhook test", "WEBHOOK", "an event webhook.test for it alone", op_webhook_test, ""},
	{"webhook deliveries", "WEBHOOK [--before EVENT] [--limit N] [--cursor C]", "what went to it, and what came of it",
	 op_webhook_deliveries,
	 "The newest event first, of the last 30 days.\n"
	 "  --before EVENT    those before that one\n"
	 "  --limit N         a page of so many, 1 to 1000; 50 unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"webhook replay", "WEBHOOK [EVENT]", "deliver an event again, or all that failed", op_webhook_replay, ""},
	{"job list", "[--operator] [--limit N] [--cursor C]", "long work that was asked for over HTTP, the newest first", op_job_list,
	 "Of the account, or with --operator of the vault itself. Jobs are listed for 90 days after they ended.\n"
	 "  --limit N         a page of so many, 1 to 1000; all unless given\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"job show", "JOB [--operator]", "one job: how far it is, or what was answered", op_job_show,
	 "Leaves an audit leaf where the answer quotes lines that an import has refused.\n"},
	{"job cancel", "JOB [--operator]", "stop a job between two steps", op_job_cancel,
	 "What must not stay half done, such as an erasure that has begun, goes on when the daemon starts again.\n"},
	{"job fetch", "JOB --out FILE", "the file that a job made", op_job_fetch,
	 "FILE \"-\" is standard output, which may not be a terminal. The file is kept for a while (result-keep of `lethe\n"
	 "serve`), or until somebody is erased or deleted, whom it may tell of. Leaves an audit leaf.\n"},
	{"job drop", "JOB", "destroy the file that a job made, before its time", op_job_drop,
	 "Nobody can open it from then on. The job stays listed.\n"},
	{"audit list", "[--from N] [--count N] [--cursor C]", "the leaves of the audit log", op_audit_list,
	 "Of one account with --account, else of the whole region. Leaves hold opaque ids, never names or numbers.\n"
	 "  --cursor C        the page after the one that gave it as next\n"},
	{"audit verify", "[--checkpoint FILE] [--save FILE]", "recompute the whole tree from its leaves", op_audit_verify,
	 "Prints a signed checkpoint of the log as it is. Keep it elsewhere; given back later with --checkpoint, it proves\n"
	 "that nothing before it was changed since.\n"
	 "  --save FILE       write the checkpoint there instead\n"},
	{"audit prove", "SEQ [--since FILE]", "a proof that a leaf is in the log", op_audit_prove,
	 "As JSON that other programs can check (RFC 6962). --since adds a proof that the log extends the one of the\n"
	 "checkpoint in FILE.\n"},
	{"audit keep", "[TERM SPAN]", "how long the log says what was done", op_audit_keep,
	 "TERM: activity (2 years unless set), access (90 days), delivery (30 days). Past it `lethe retention run` empties\n"
	 "the leaf; its time, its account and its hash stay, so the log verifies as before. Acts that show what was deleted,\n"
	 "held or decided are kept as activity is, and never less than 2 years.\n"},
	{"verify", "RECEIPT --key FILE", "check a receipt, with no vault at hand", op_verify,
	 "FILE is the region's lethe.pub. Needs nothing else: no vault, no network. \"-\" reads the receipt from standard\n"
	 "input.\n"},
	{"law holidays", "COUNTRY YEAR | add DATE NAME [--law TEXT] | remove DATE | list [--limit N] [--cursor C]",
	 "public holidays, and days that the account adds", op_law_holidays,
	 "COUNTRY YEAR: the public holidays of a year, with their source; COUNTRY is an ISO 3166 code: an EU state, GB, IN or\n"
	 "US, or a part such as DE-BY or GB-SCT. Needs no vault; with --account the account's own days are among them.\n"
	 "add, remove and list are about the account's own days; what they are called is sealed, and looking at it is in the\n"
	 "audit log.\n"
	 "  --law TEXT        the law that makes the day a public holiday where the account is: of a region, a\n"
	 "                    municipality, or for one year. Only such a day prolongs a period of the law; without --law the\n"
	 "                    day is the account's own, and `law deadline` says which day before it is the last one open\n"},
	{"law deadline", "CLOCK [--country CC] [--from TIME] [--zone ZONE]",
	 "until when the law lets one wait, and why", op_law_deadline,
	 "CLOCK is C1 (answering a request), C4 (the same, extended), C5 (refusing one), C6 (suspended), C7 (notifying a\n"
	 "breach), C8 (a processor telling of one), C9 (objecting to a sub-processor) or C11 (an opt-out from messages).\n"
	 "What is done before the time shown is in time. Needs no vault; with --account it is that account's calendar and\n"
	 "time zone (`account set NAME calendar DE-BY`, `time_zone Europe/Berlin`), with the public holidays it added.\n"
	 "  --country CC      whose public holidays count\n"
	 "  --from TIME       when the request came, the breach was known; now unless given\n"
	 "  --zone ZONE       in which days and hours are counted, such as Europe/Copenhagen; UTC unless given\n"
	 "  --told TIME       when the person was told that two months more are needed\n"
	 "  --with-reasons    and why: an extension without reasons is none\n"
	 "  --asked TIME[,TIME ..]     when more was asked for, to know who the person is\n"
	 "  --answered TIME[,TIME ..]  when each was answered; the last asking may be open\n"},
	{"keys status", "", "epochs, keys, and what the root can promise", op_keys_status, ""},
	{"keys rotate", "[--every DAYS]", "begin a new epoch and destroy the old one", op_keys_rotate,
	 "From then on every older copy of the key store opens nothing, if the root can forget. Run it every 7 days, or as\n"
	 "often as --every says: receipts promise a date by it, and none when it is overdue.\n"
	 "  --every DAYS      an epoch is to last so many days from now on, 1 to 366; it stays so until said otherwise\n"},
	{"backup", "--out DIR [--with-keys]", "copy a running vault", op_backup,
	 "The data and their media, as of one moment; DIR must not exist. Without keys it is noise: it may be kept anywhere,\n"
	 "for ever, and what is erased later stays erased. Interrupted, the same command begins anew and keeps the blobs it\n"
	 "has. Never copied: the root, and root.json; keep those by themselves.\n"
	 "  --with-keys       also keys.db, to be moved elsewhere at once: it opens everything until the next\n"
	 "                    `lethe keys rotate`, and nothing after it\n"},
	{"restore", "DIR", "bring data back; what was erased stays erased", op_restore,
	 "Needs the vault's live keys.db and its root. Verifies the backup first. What has no key any more is left out and\n"
	 "counted; holds and what only they keep, policies, accounts, links and the log stay as they are now. Records made\n"
	 "after the backup are gone: import them again. No other lethe may have the vault open.\n"},
	{"check", "[--quick] [--checkpoint FILE]", "look for damage, in every store", op_check,
	 "Opens everything and compares whatever is said twice. Changes nothing, and may run beside a writer.\n"
	 "  --quick           leave the streams of media undecrypted\n"
	 "  --checkpoint FILE a signed checkpoint which the log must still begin with\n"},
	{"serve", "[--config FILE] [--SETTING VALUE ..]", "answer over HTTP, until told to stop", op_serve,
	 "Opens every region of the data folder for writing: no other lethe can write meanwhile. SIGTERM and Ctrl-C stop it\n"
	 "after what was accepted is answered; SIGHUP reads the certificate again. `lethe config show` lists the settings.\n"
	 "While nobody can be let in it makes a one-time link for the first owner of each account: shown on the terminal, or\n"
	 "else in DATA/first-owner-acc_.., for nobody else to read.\n"},
	{"config show", "[--config FILE] [--SETTING VALUE ..]", "the settings of `lethe serve`, and where each was said",
	 op_config_show,
	 "Each may stand in FILE (/etc/lethe/lethe.conf unless named) as \"name = value\", in the environment as LETHE_NAME, or\n"
	 "as an option; the later wins.\n"},
	{"config check", "[--config FILE] [--SETTING VALUE ..]", "whether `lethe serve` could begin with them",
	 op_config_check, ""},
	{"bench", "[NAME ..] [--quick | --full]", "what Lethe costs here, as ratios against baselines", op_bench,
	 "NAME is import, media, lookup, records, erase, growth, sweep, idle, sweep-postgres, ingest-http (needs curl)\n"
	 "or http, http-synced (need wrk); without one, all. Each is measured in turns\n"
	 "with its baseline, and nothing is kept. docs/performance.md says what the figures mean.\n"
	 "  --quick           up to 100,000 records: some minutes; --full: growth up to 10,000,000\n"
	 "  --records N       in the largest vault; --rounds N: so many turns\n"
	 "  --dir DIR         where the vaults are made and removed; else $TMPDIR. Measure on the disk you will use\n"},
};
/* clang-format on */
const size_t operation_count = sizeof operations / sizeof operations[0];

const struct operation *table_find(const char *name)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	}
	return NULL;
}

/* Is `word` the first of this command's two words? */
static bool belongs_to(const struct operation *command, const char *word)
{
	size_t len = strlen(word);

	return strncmp(command->name, word, len) == 0 && command->name[len] == ' ';
}

static bool is_first_word(const char *word)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (belongs_to(&operations[i], word))
			return true;
	}
	return false;
}

/* ---- finding ---- */

static void unknown_first(const char *word, struct err *err)
{
	const char *words[sizeof groups / sizeof groups[0] + 1] = {"help"}, *nearest;
	char shown[QUOTE_MAX];

	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		words[i + 1] = groups[i].word;
	nearest = field_nearest(word, words, sizeof words / sizeof words[0]);
	err_set(err, ERR_INPUT, "there is no command %s", quote(word, strlen(word), shown));
	if (nearest != NULL)
		err_mend(err, "did you mean `lethe %s`?", nearest);
	else
		err_mend(err, "`lethe help` shows what there is");
}

/* The second words that `first` has; returns how many. */
static size_t second_words(const char *first, const char **out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < operation_count; i++) {
		if (belongs_to(&operations[i], first) && count < max)
			out[count++] = operations[i].name + strlen(first) + 1;
	}
	return count;
}

static void one_of(const char *first, struct err *err)
{
	const char *words[16];
	size_t count = second_words(first, words, 16);
	char all[200] = "";

	for (size_t i = 0; i < count; i++)
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? ", " : "", words[i]);
	err_mend(err, "one of: %s", all);
}

static void unknown_second(const char *first, const char *second, struct err *err)
{
	const char *words[16], *nearest;
	size_t count = second_words(first, words, 16);
	char shown[QUOTE_MAX];

	nearest = field_nearest(second, words, count);
	err_set(err, ERR_INPUT, "there is no command lethe %s %s", first, quote(second, strlen(second), shown));
	if (nearest != NULL)
		err_mend(err, "did you mean `lethe %s %s`?", first, nearest);
	else
		one_of(first, err);
}

enum result table_match(int argc, char **argv, const struct operation **out, int *words, struct err *err)
{
	char name[64];

	*words = 1;
	*out = table_find(argv[0]);
	if (*out != NULL && strchr(argv[0], ' ') == NULL)
		return OK;
	if (!is_first_word(argv[0])) {
		unknown_first(argv[0], err);
		return ERR_INPUT;
	}
	if (argc < 2 || argv[1][0] == '-') {
		err_set(err, ERR_INPUT, "lethe %s needs a second word", argv[0]);
		one_of(argv[0], err);
		return ERR_INPUT;
	}
	*words = 2;
	*out = snprintf(name, sizeof name, "%s %s", argv[0], argv[1]) < (int)sizeof name ? table_find(name) : NULL;
	if (*out != NULL)
		return OK;
	unknown_second(argv[0], argv[1], err);
	return ERR_INPUT;
}

/* ---- help ---- */

static void print_all(void)
{
	puts("usage: lethe [--data DIR] [--account NAME] [--json] COMMAND ..");
	puts("");
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
		char left[64];

		if (groups[i].summary == NULL)
			continue;
		snprintf(left, sizeof left, "%s %s", groups[i].word, groups[i].rest);
		printf("  %-*s %s\n", WIDTH + 4, left, groups[i].summary);
	}
	fputs("\nAlso:", stdout);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
		if (groups[i].summary == NULL)
			printf(" %s", groups[i].word);
	}
	puts("\n\n`lethe help COMMAND` says more; lethe(1) says all.");
}

static void print_one(const struct operation *command)
{
	printf("usage: lethe %s%s%s\n\n%s.\n", command->name, command->usage[0] != '\0' ? " " : "", command->usage,
	       command->summary);
	if (command->help[0] != '\0')
		printf("\n%s", command->help);
	puts("\nEverywhere: --data DIR, --region R, --account NAME, --secret-file FILE, --json, --now TIME;\n"
	     "of a daemon: --server URL --token-file FILE [--ca FILE].");
}

static void print_group(const char *word)
{
	for (size_t i = 0; i < operation_count; i++) {
		const struct operation *command = &operations[i];

		if (belongs_to(command, word))
			printf("lethe %s %s\n    %s\n", command->name, command->usage, command->summary);
	}
}

enum result table_help(int argc, char **argv, struct err *err)
{
	const struct operation *command;
	int words;
	enum result r;

	if (argc == 0) {
		print_all();
		return OK;
	}
	if (argc == 1 && is_first_word(argv[0])) {
		print_group(argv[0]);
		return OK;
	}
	r = table_match(argc, argv, &command, &words, err);
	if (r == OK)
		print_one(command);
	return r;
}
