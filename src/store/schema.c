/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/schema.h"

/* Every table's key begins with account_id, so that the tables can be distributed by it.
 * Columns hold opaque ids, times, sizes and fixed words; whatever a person said, is or can be
 * reached by is in a column marked "sealed" or "blind". */
static const char vault_1[] =
    /* Facts about the vault itself: its id, when it was made. */
    "CREATE TABLE meta("
    " name TEXT PRIMARY KEY,"
    " value TEXT NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE account("
    " account_id INTEGER PRIMARY KEY,"
    " id BLOB NOT NULL UNIQUE,"         /* acc_ */
    " name_blind BLOB NOT NULL UNIQUE," /* blind index of the name */
    " name BLOB NOT NULL,"              /* sealed under the account's data key */
    " country TEXT NOT NULL,"           /* ISO 3166-1 alpha-2: default for numbers and calendars */
    " created_at INTEGER NOT NULL);"    /* ms since 1970, as all times */

    "CREATE TABLE identity("
    " account_id INTEGER NOT NULL,"
    " identity_id INTEGER NOT NULL," /* from the key store: never used twice */
    " kind INTEGER NOT NULL,"        /* enum identity_kind */
    " person_id BLOB NOT NULL,"      /* per_ : the set it belongs to */
    " blind BLOB NOT NULL,"          /* blind index of kind and normalised value */
    " value BLOB NOT NULL,"          /* sealed under the identity's key */
    " created_at INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, identity_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX identity_blind ON identity(account_id, blind);"
    "CREATE INDEX identity_person ON identity(account_id, person_id);"

    "CREATE TABLE contact("
    " account_id INTEGER NOT NULL,"
    " contact_id BLOB NOT NULL,"         /* con_ */
    " key_id INTEGER NOT NULL,"          /* from the key store's counter: the number of its own key */
    " hold_id INTEGER NOT NULL,"         /* 0, or the hold whose key seals it */
    " identities BLOB NOT NULL,"         /* identity ids, packed */
    " names BLOB NOT NULL,"              /* its blind name tokens, 16 bytes each */
    " payload BLOB NOT NULL,"            /* sealed */
    " digest BLOB NOT NULL,"             /* keyed digest of the payload: was it changed by an import? */
    " updated_at INTEGER NOT NULL,"
    " deleted_at INTEGER NOT NULL,"      /* 0: it is not; else it can be brought back until .. */
    " gone_on INTEGER NOT NULL,"         /* .. this day: days since 1970-01-01; 0 of one that is not deleted */
    " PRIMARY KEY(account_id, contact_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX contact_key ON contact(account_id, key_id) WHERE key_id > 0;"
    /* Deleted ones are few: they are listed, and what is due found, without a look at the others. */
    "CREATE INDEX contact_deleted ON contact(account_id, contact_id) WHERE deleted_at > 0;"
    "CREATE INDEX contact_gone ON contact(account_id, gone_on, contact_id) WHERE deleted_at > 0 AND hold_id = 0;"
    "CREATE TABLE contact_identity("
    " account_id INTEGER NOT NULL,"
    " identity_id INTEGER NOT NULL,"
    " contact_id BLOB NOT NULL,"
    " PRIMARY KEY(account_id, identity_id, contact_id)) WITHOUT ROWID;"
    "CREATE TABLE contact_name("
    " account_id INTEGER NOT NULL,"
    " blind BLOB NOT NULL," /* blind index of one folded word of the name */
    " contact_id BLOB NOT NULL,"
    " PRIMARY KEY(account_id, blind, contact_id)) WITHOUT ROWID;"

    /* Clustered by (account, kind, id), and ids begin with their time: a day is one range. */
    "CREATE TABLE record("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " id BLOB NOT NULL,"          /* UUIDv7; its time is occurred_at */
    " direction INTEGER NOT NULL,"
    " status INTEGER NOT NULL,"
    " duration INTEGER NOT NULL," /* ms; -1: none */
    " agent_id INTEGER NOT NULL," /* identity of the agent, 0: none */
    " number_id INTEGER NOT NULL," /* identity of the account's own number, 0: none */
    " hold_id INTEGER NOT NULL,"  /* 0: sealed under its period and identities; else under this hold's key */
    " media INTEGER NOT NULL,"    /* how many rows in media */
    " part INTEGER NOT NULL,"     /* which of its period's keys: see retention/partial.h */
    " labels BLOB NOT NULL,"      /* label ids, packed */
    " parties BLOB NOT NULL,"     /* identity ids and roles, packed: also the recipe of the record's key */
    " payload BLOB NOT NULL,"     /* sealed */
    " PRIMARY KEY(account_id, kind, id)) WITHOUT ROWID;"
    /* What is kept past its time is found without what is not. hold_id is in it so that nothing else has to be read. */
    "CREATE INDEX record_held ON record(account_id, kind, id, hold_id) WHERE hold_id > 0;"

    /* The one randomly ordered structure. By month, so that inserting touches the pages of a month only. */
    "CREATE TABLE party("
    " account_id INTEGER NOT NULL,"
    " month INTEGER NOT NULL," /* months since 1970-01 */
    " identity_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " id BLOB NOT NULL,"
    " PRIMARY KEY(account_id, month, identity_id, kind, id)) WITHOUT ROWID;"
    /* Derivable: which months have party rows, and how many. */
    "CREATE TABLE party_month("
    " account_id INTEGER NOT NULL,"
    " month INTEGER NOT NULL,"
    " parties INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, month)) WITHOUT ROWID;"

    "CREATE TABLE media("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " id BLOB NOT NULL,"       /* of its record */
    " n INTEGER NOT NULL,"     /* from 0 */
    " blob BLOB NOT NULL,"     /* name of the blob; its folder follows from account, kind and day */
    " bytes INTEGER NOT NULL," /* of plaintext */
    " segment INTEGER NOT NULL," /* segment size of the streaming format */
    " format INTEGER NOT NULL," /* enum media_format */
    " key BLOB NOT NULL,"      /* media key, sealed under the record's key */
    " PRIMARY KEY(account_id, kind, id, n)) WITHOUT ROWID;"
    /* Blobs whose rows are gone and which are still to be removed: the transaction that deletes the row adds it here. */
    "CREATE TABLE blob_trash("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " day INTEGER NOT NULL,"
    " blob BLOB NOT NULL,"
    " PRIMARY KEY(account_id, kind, day, blob)) WITHOUT ROWID;"

    /* Derivable: what each period holds; `plan` and sweeps read this and not the records. */
    "CREATE TABLE period("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " day INTEGER NOT NULL,"        /* days since 1970-01-01 */
    " records INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"      /* of sealed payloads */
    " media INTEGER NOT NULL,"
    " media_bytes INTEGER NOT NULL," /* of plaintext media */
    " part INTEGER NOT NULL,"        /* whose key new records are sealed under */
    " looked_on INTEGER NOT NULL,"   /* the last day on which a sweep looked for what goes before the rest; 0: never */
    " looked_policy INTEGER NOT NULL," /* the kind's policy version it looked with */
    " PRIMARY KEY(account_id, kind, day)) WITHOUT ROWID;"

    /* Queues, campaigns and tags: records name them by number. */
    "CREATE TABLE label("
    " account_id INTEGER NOT NULL,"
    " label_id INTEGER NOT NULL,"    /* from the key store's counter */
    " kind INTEGER NOT NULL,"        /* enum label_kind */
    " blind BLOB NOT NULL,"          /* blind index of kind and folded name */
    " name BLOB NOT NULL,"           /* sealed under the account's data key */
    " records INTEGER NOT NULL,"     /* how many have it; derivable */
    " PRIMARY KEY(account_id, label_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX label_blind ON label(account_id, blind);"
    "CREATE INDEX label_unused ON label(account_id, label_id) WHERE records = 0;"

    /* Who signs in. */
    "CREATE TABLE account_user("
    " account_id INTEGER NOT NULL,"
    " user_id INTEGER NOT NULL,"      /* from the key store's counter; also the number of its key */
    " id BLOB NOT NULL,"              /* usr_ */
    " blind BLOB NOT NULL,"           /* blind index of the folded name under the vault's own key: one in all accounts */
    " name BLOB NOT NULL,"            /* sealed under the user's key */
    " role INTEGER NOT NULL,"         /* enum user_role */
    " state INTEGER NOT NULL,"        /* enum user_state */
    " agent_id INTEGER NOT NULL,"     /* identity of the agent, 0: none */
    " created_at INTEGER NOT NULL,"
    " last_sign_in INTEGER,"          /* NULL: never */
    " PRIMARY KEY(account_id, user_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX user_name ON account_user(account_id, blind);"
    "CREATE UNIQUE INDEX user_by_id ON account_user(account_id, id);"
    "CREATE UNIQUE INDEX user_agent ON account_user(account_id, agent_id) WHERE agent_id > 0;"
    "CREATE INDEX user_blind ON account_user(blind, account_id);"

    /* What users prove who they are with. */
    "CREATE TABLE user_secret("
    " account_id INTEGER NOT NULL,"
    " user_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"         /* enum user_secret_kind */
    " sealed BLOB NOT NULL,"          /* under the user's key */
    " used INTEGER NOT NULL,"         /* what of it was used, by its kind */
    " changed_at INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, user_id, kind)) WITHOUT ROWID;"
    /* By what an OpenID provider calls them. */
    "CREATE TABLE user_subject("
    " account_id INTEGER NOT NULL,"
    " blind BLOB NOT NULL,"           /* blind index of issuer and subject */
    " user_id INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, blind)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX user_subject_user ON user_subject(account_id, user_id);"
    /* Who is signed in. What the client holds is here as its digest only, also in the next two. */
    "CREATE TABLE user_session("
    " account_id INTEGER NOT NULL,"
    " user_id INTEGER NOT NULL,"
    " id BLOB NOT NULL,"              /* ses_ */
    " hash BLOB NOT NULL,"
    " how INTEGER NOT NULL,"          /* enum session_how */
    " created_at INTEGER NOT NULL,"
    " seen_at INTEGER NOT NULL,"
    " ends_at INTEGER NOT NULL,"
    " browser INTEGER NOT NULL,"      /* which of a few, on which of a few systems; 0: unknown */
    " PRIMARY KEY(account_id, user_id, id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX user_session_hash ON user_session(hash);"
    /* API tokens. Of account 0: the platform operator's. */
    "CREATE TABLE token("
    " account_id INTEGER NOT NULL,"
    " id BLOB NOT NULL,"              /* tok_ */
    " hash BLOB NOT NULL,"
    " name BLOB NOT NULL,"            /* sealed under the account's data key */
    " role INTEGER NOT NULL,"         /* enum access_role */
    " scopes INTEGER NOT NULL,"       /* bit set of 1 << permission */
    " made_by TEXT NOT NULL,"         /* who: an opaque id */
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER,"            /* NULL: never */
    " used_at INTEGER,"               /* NULL: never; to the minute */
    " revoked_at INTEGER,"
    " PRIMARY KEY(account_id, id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX token_hash ON token(hash);"
    /* One-time links to choose a password by. */
    "CREATE TABLE invite("
    " account_id INTEGER NOT NULL,"
    " user_id INTEGER NOT NULL,"      /* 0: who will be the first owner */
    " id BLOB NOT NULL,"              /* inv_ */
    " hash BLOB NOT NULL,"
    " made_by TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, user_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX invite_hash ON invite(hash);"

    /* Requests that came with a key of their own, so that nothing is done twice. */
    "CREATE TABLE request_key("
    " account_id INTEGER NOT NULL,"   /* 0: asked of the vault itself */
    " blind BLOB NOT NULL,"           /* blind index of who asked and their key */
    " request BLOB NOT NULL,"         /* the same of what they asked */
    " state INTEGER NOT NULL,"        /* enum request_state */
    " status INTEGER NOT NULL,"       /* of the answer; 0: none yet */
    " answer BLOB NOT NULL,"          /* sealed under the account's key of answers; empty: not kept */
    " ends_at INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, blind)) WITHOUT ROWID;"
    "CREATE INDEX request_key_ends ON request_key(account_id, ends_at, blind);"
    "CREATE INDEX request_key_begun ON request_key(state) WHERE state = 1;"

    /* Work that was asked for over HTTP and is answered later. */
    "CREATE TABLE work("
    " account_id INTEGER NOT NULL,"   /* 0: of the vault itself */
    " job_id BLOB NOT NULL,"          /* job_ */
    " operation TEXT NOT NULL,"       /* "person erase" */
    " made_by TEXT NOT NULL,"         /* who: an opaque id */
    " asked BLOB NOT NULL,"           /* the request, sealed under the account's data key */
    " state INTEGER NOT NULL,"        /* enum work_state */
    " begun INTEGER NOT NULL,"        /* 1: something was done */
    " cancel INTEGER NOT NULL,"       /* 1: it is to stop */
    " done INTEGER NOT NULL,"
    " total INTEGER NOT NULL,"        /* 0: not known */
    " status INTEGER NOT NULL,"       /* of the answer; 0: none yet */
    " result BLOB NOT NULL,"          /* sealed under the account's key of answers; empty: none, or not kept */
    " created_at INTEGER NOT NULL,"
    " started_at INTEGER NOT NULL,"   /* 0: not yet; the last time */
    " ended_at INTEGER NOT NULL,"     /* 0: not yet */
    " file_key INTEGER NOT NULL,"     /* of its file in kept/; 0: it has none, and the next three are empty */
    " file_bytes INTEGER NOT NULL,"
    " file_until INTEGER NOT NULL,"   /* when that key is destroyed */
    " file BLOB NOT NULL,"            /* what opens the file, and its name: sealed (vault/kept.h) */
    " PRIMARY KEY(account_id, job_id)) WITHOUT ROWID;"
    "CREATE INDEX work_file ON work(account_id, file_key) WHERE file_key > 0;"
    "CREATE INDEX work_open ON work(account_id, created_at, job_id) WHERE ended_at = 0;"
    "CREATE INDEX work_ended ON work(account_id, ended_at, job_id) WHERE ended_at > 0;"

    /* What an account is set to: words, dates and numbers. Nothing personal. */
    "CREATE TABLE setting("
    " account_id INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " PRIMARY KEY(account_id, name)) WITHOUT ROWID;"

    /* Days off that the account added to the calendar of its country. */
    "CREATE TABLE holiday("
    " account_id INTEGER NOT NULL,"
    " day INTEGER NOT NULL,"          /* days since 1970-01-01 */
    " name BLOB NOT NULL,"            /* sealed under the account's data key, as the next */
    " law BLOB NOT NULL,"             /* which makes it a public holiday; empty: it is the account's own */
    " added_at INTEGER NOT NULL,"
    " added_by TEXT NOT NULL,"        /* who: an opaque id */
    " PRIMARY KEY(account_id, day)) WITHOUT ROWID;"

    /* Versions are kept, numbered within the kind; of each scope the highest that has begun is in force. A scope's parts
     * are 0 where it is not narrowed. */
    "CREATE TABLE policy("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " number_id INTEGER NOT NULL,"    /* identity of the account's own number */
    " queue_id INTEGER NOT NULL,"     /* labels */
    " campaign_id INTEGER NOT NULL,"
    " tag_id INTEGER NOT NULL,"
    " direction INTEGER NOT NULL,"
    " min_duration INTEGER NOT NULL," /* ms */
    " months INTEGER NOT NULL,"
    " days INTEGER NOT NULL,"
    " unlimited INTEGER NOT NULL,"
    " removed INTEGER NOT NULL,"      /* 1: the scope has no rule of its own any more */
    " set_at INTEGER NOT NULL,"
    " begins_at INTEGER NOT NULL,"    /* later than set_at: until then it can be undone */
    " set_by TEXT NOT NULL,"          /* who: an opaque id */
    " PRIMARY KEY(account_id, kind, version)) WITHOUT ROWID;"

    /* Which laws an account is under: codes of law/obligations. */
    "CREATE TABLE obligation("
    " account_id INTEGER NOT NULL,"
    " code TEXT NOT NULL,"
    " applied_at INTEGER NOT NULL,"
    " ended_at INTEGER,"              /* NULL: applies */
    " set_by TEXT NOT NULL,"
    " PRIMARY KEY(account_id, code)) WITHOUT ROWID;"
    /* What obligations alone keep goes by the day on which the last of them ends: one key for each such day. */
    "CREATE TABLE duty("
    " account_id INTEGER NOT NULL,"
    " duty_id INTEGER NOT NULL,"      /* numbered with the holds: records name either in hold_id */
    " ends INTEGER NOT NULL,"         /* days since 1970-01-01: gone from that day on */
    " codes TEXT NOT NULL,"           /* of the obligations, sorted, a space between */
    " fields INTEGER NOT NULL,"       /* bit set: what was kept */
    " made_at INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, duty_id)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX duty_of ON duty(account_id, ends, codes, fields);"

    "CREATE TABLE hold("
    " account_id INTEGER NOT NULL,"
    " hold_id INTEGER NOT NULL,"      /* from the key store's counter */
    " id BLOB NOT NULL,"              /* hold_ */
    " type INTEGER NOT NULL,"         /* enum hold_type */
    " person_id BLOB,"                /* scope: each that is not null, or not 0, narrows it */
    " identity_id INTEGER,"
    " number_id INTEGER NOT NULL,"    /* identity of the account's own number */
    " agent_id INTEGER NOT NULL,"     /* identity of a user */
    " queue_id INTEGER NOT NULL,"     /* labels */
    " campaign_id INTEGER NOT NULL,"
    " tag_id INTEGER NOT NULL,"
    " kinds INTEGER NOT NULL,"        /* bit set of 1 << kind; 0: all */
    " from_at INTEGER,"
    " until_at INTEGER,"              /* exclusive */
    " reason BLOB NOT NULL,"          /* sealed under the account's data key, as the next two */
    " custodian BLOB NOT NULL,"       /* empty: none said */
    " matter BLOB NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " released_at INTEGER,"
    " PRIMARY KEY(account_id, hold_id)) WITHOUT ROWID;"
    /* Who the person of a hold was: identities that an erasure took while the hold was active. What others keep of theirs
     * is still this hold's. */
    "CREATE TABLE hold_identity("
    " account_id INTEGER NOT NULL,"
    " hold_id INTEGER NOT NULL,"
    " identity_id INTEGER NOT NULL,"  /* its row and its key are gone */
    " PRIMARY KEY(account_id, hold_id, identity_id)) WITHOUT ROWID;"
    /* Records that would be gone but for a hold, and are sealed under its key. */
    "CREATE TABLE held("
    " account_id INTEGER NOT NULL,"
    " hold_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " id BLOB NOT NULL,"
    " cause INTEGER NOT NULL,"    /* enum held_cause: expired, erased, or put aside */
    " due_at INTEGER NOT NULL,"   /* when it would have been deleted; put aside: when the erasure was asked for */
    " PRIMARY KEY(account_id, hold_id, kind, id)) WITHOUT ROWID;"

    /* What anonymised records leave, coarsened until enough people are in each row: authoritative. */
    "CREATE TABLE aggregate("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " step INTEGER NOT NULL,"           /* enum coarsen_step */
    " day INTEGER NOT NULL,"            /* the first of its day, month, quarter or year, since 1970-01-01; 0: any time */
    " direction INTEGER NOT NULL,"      /* -1 here and below: dropped */
    " status INTEGER NOT NULL,"
    " duration_class INTEGER NOT NULL," /* enum duration_class */
    " queue_id INTEGER NOT NULL,"       /* a label; 0: none */
    " records INTEGER NOT NULL,"
    " duration INTEGER NOT NULL,"       /* ms, of all of them */
    " bytes INTEGER NOT NULL,"          /* of sealed payloads and of media */
    " PRIMARY KEY(account_id, kind, step, day, direction, status, duration_class, queue_id)) WITHOUT ROWID;"
    /* What is not shown yet: too few people are in it. */
    "CREATE TABLE aggregate_waiting("
    " account_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " person INTEGER NOT NULL,"         /* tells those who wait apart, and leads nowhere; 0: not counted as anybody's */
    " day INTEGER NOT NULL,"
    " direction INTEGER NOT NULL,"
    " status INTEGER NOT NULL,"
    " duration_class INTEGER NOT NULL,"
    " queue_id INTEGER NOT NULL,"
    " records INTEGER NOT NULL,"
    " duration INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, kind, person, day, direction, status, duration_class, queue_id)) WITHOUT ROWID;"

    /* Long work that must go on to its end after a crash. args and result are JSON of opaque ids and counts. */
    "CREATE TABLE job("
    " account_id INTEGER NOT NULL,"
    " job_id BLOB NOT NULL," /* job_ */
    " type INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " started_at INTEGER NOT NULL,"
    " ended_at INTEGER,"
    " args TEXT NOT NULL,"
    " result TEXT NOT NULL,"
    " PRIMARY KEY(account_id, job_id)) WITHOUT ROWID;"
    /* What is still running is found without a look at what ever ran. */
    "CREATE INDEX job_running ON job(type, started_at) WHERE state = 1;"
    "CREATE INDEX job_running_of ON job(account_id, type, started_at, job_id) WHERE state = 1;"
    /* Erasures are few, sweeps are one a day: who looks for one does not read the other. */
    "CREATE INDEX job_of_type ON job(account_id, type, job_id);"

    /* What others are told of: see vault/outbox.h. Nothing personal. */
    "CREATE TABLE event("
    " account_id INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"          /* the leaf of its act */
    " n INTEGER NOT NULL,"            /* counted within the leaf */
    " type INTEGER NOT NULL,"         /* enum event_type */
    " id BLOB NOT NULL,"              /* evt_ : its time is when */
    " ids BLOB NOT NULL,"             /* what it is about, where the leaf does not say; packed */
    " PRIMARY KEY(account_id, seq, n)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX event_id ON event(account_id, id);"

    /* Who is told of events, and what each was told. */
    "CREATE TABLE webhook("
    " account_id INTEGER NOT NULL,"
    " id BLOB NOT NULL,"              /* whk_ */
    " url BLOB NOT NULL,"             /* sealed under the account's data key, as the next two */
    " secret BLOB NOT NULL,"
    " old_secret BLOB NOT NULL,"      /* signs too until .. ; empty: none */
    " old_until INTEGER NOT NULL,"
    " types TEXT NOT NULL,"           /* of events, commas between; empty: all */
    " state INTEGER NOT NULL,"        /* enum webhook_state */
    " made_by TEXT NOT NULL,"         /* who: an opaque id */
    " created_at INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"          /* up to this event each is delivered, or is listed below */
    " n INTEGER NOT NULL,"
    " failing_since INTEGER NOT NULL," /* 0: the last attempt did not fail */
    " rest_until INTEGER NOT NULL,"   /* until then it is not asked */
    " PRIMARY KEY(account_id, id)) WITHOUT ROWID;"
    "CREATE INDEX webhook_enabled ON webhook(account_id, id) WHERE state = 1;"
    "CREATE TABLE delivery("
    " account_id INTEGER NOT NULL,"
    " webhook_id BLOB NOT NULL,"
    " event_id BLOB NOT NULL,"
    " state INTEGER NOT NULL,"        /* enum delivery_state */
    " attempts INTEGER NOT NULL,"
    " next_at INTEGER NOT NULL,"      /* waiting: not before */
    " last_at INTEGER NOT NULL,"      /* the last attempt; 0: none */
    " status INTEGER NOT NULL,"       /* its HTTP status; 0: none */
    " fault INTEGER NOT NULL,"        /* enum delivery_fault */
    " took_ms INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, webhook_id, event_id)) WITHOUT ROWID;"
    "CREATE INDEX delivery_waiting ON delivery(account_id, webhook_id, next_at, event_id) WHERE state = 1;"
    "CREATE INDEX delivery_event ON delivery(account_id, event_id);"

    /* Mails of events to users; what they say is made as they are sent. */
    "CREATE TABLE mail("
    " account_id INTEGER NOT NULL,"
    " id BLOB NOT NULL,"              /* mail_ */
    " user_id INTEGER NOT NULL,"
    " template INTEGER NOT NULL,"     /* enum mail_template */
    " first_event BLOB NOT NULL,"
    " last_event BLOB NOT NULL,"
    " state INTEGER NOT NULL,"        /* enum mail_state */
    " attempts INTEGER NOT NULL,"
    " next_at INTEGER NOT NULL,"      /* waiting: not before */
    " status INTEGER NOT NULL,"       /* what the server answered last; 0: nothing */
    " PRIMARY KEY(account_id, id)) WITHOUT ROWID;"
    "CREATE INDEX mail_waiting ON mail(account_id, next_at, id) WHERE state = 1;"

    /* The log of acts. Nothing personal, append only; of an old leaf the body goes, and its hash stays. */
    "CREATE TABLE audit_leaf("
    " seq INTEGER PRIMARY KEY," /* from 0, without gaps */
    " account_id INTEGER NOT NULL,"
    " at INTEGER NOT NULL,"
    " term INTEGER NOT NULL,"   /* enum leaf_term: how long the body is kept */
    " body BLOB NOT NULL);" /* canonical JSON: exactly what is hashed; empty: pruned */
    /* An account's own acts are found without those of the others. */
    "CREATE INDEX audit_leaf_account ON audit_leaf(account_id, seq);"
    /* What is due to be pruned is found without what is not, and without what was. */
    "CREATE INDEX audit_leaf_due ON audit_leaf(account_id, term, at, seq) WHERE length(body) > 0;"
    "CREATE TABLE audit_hash("
    " level INTEGER NOT NULL,"
    " number INTEGER NOT NULL," /* of the first */
    " hash BLOB NOT NULL,"      /* up to 16 that follow each other, 32 bytes each */
    " PRIMARY KEY(level, number)) WITHOUT ROWID;"
    /* One change is allowed: a body becomes empty whose hash is stored. */
    "CREATE TRIGGER audit_leaf_fixed BEFORE UPDATE ON audit_leaf"
    " WHEN NOT (NEW.seq IS OLD.seq AND NEW.account_id IS OLD.account_id AND NEW.at IS OLD.at AND NEW.term IS OLD.term"
    " AND NEW.body IS x'' AND length(OLD.body) > 0"
    " AND EXISTS (SELECT 1 FROM audit_hash WHERE level = 0 AND number BETWEEN OLD.seq - 15 AND OLD.seq"
    " AND number + length(hash) / 32 > OLD.seq))"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;"
    "CREATE TRIGGER audit_leaf_kept BEFORE DELETE ON audit_leaf BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;"
    "CREATE TRIGGER audit_hash_fixed BEFORE UPDATE ON audit_hash BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;"
    "CREATE TRIGGER audit_hash_kept BEFORE DELETE ON audit_hash BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;"
    /* REPLACE deletes without asking the triggers above. */
    "CREATE TRIGGER audit_leaf_once BEFORE INSERT ON audit_leaf WHEN EXISTS (SELECT 1 FROM audit_leaf WHERE seq = NEW.seq)"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;"
    "CREATE TRIGGER audit_hash_once BEFORE INSERT ON audit_hash"
    " WHEN EXISTS (SELECT 1 FROM audit_hash WHERE level = NEW.level"
    " AND number BETWEEN NEW.number - 15 AND NEW.number + length(NEW.hash) / 32"
    " AND (number = NEW.number OR (number < NEW.number AND number + length(hash) / 32 > NEW.number)"
    " OR (number > NEW.number AND NEW.number + length(NEW.hash) / 32 > number)))"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;"
    "CREATE TRIGGER hold_once BEFORE INSERT ON hold"
    " WHEN EXISTS (SELECT 1 FROM hold WHERE account_id = NEW.account_id AND hold_id = NEW.hold_id)"
    " BEGIN SELECT RAISE(ABORT, 'a hold is released, never replaced'); END;"
    /* But for the end of its account, which is gone by then. */
    "CREATE TRIGGER hold_kept BEFORE DELETE ON hold WHEN EXISTS (SELECT 1 FROM account WHERE account_id = OLD.account_id)"
    " BEGIN SELECT RAISE(ABORT, 'a hold is released, never deleted'); END;"
    "CREATE TRIGGER hold_identity_fixed BEFORE UPDATE ON hold_identity"
    " BEGIN SELECT RAISE(ABORT, 'what a hold covers is added to, never changed'); END;"
    "CREATE TRIGGER hold_identity_kept BEFORE DELETE ON hold_identity"
    " WHEN EXISTS (SELECT 1 FROM account WHERE account_id = OLD.account_id)"
    " BEGIN SELECT RAISE(ABORT, 'what a hold covers is added to, never deleted'); END;";

static const char keys_1[] =
    "CREATE TABLE epoch("
    " epoch INTEGER PRIMARY KEY,"
    " state INTEGER NOT NULL,"      /* enum epoch_state */
    " started_at INTEGER NOT NULL,"
    " ended_at INTEGER);"           /* when its root key was destroyed */
    "CREATE TABLE account_key("
    " account_id INTEGER NOT NULL," /* 0: the vault's own */
    " epoch INTEGER NOT NULL,"
    " wrapped BLOB NOT NULL,"       /* by the root's key of that epoch */
    " PRIMARY KEY(account_id, epoch)) WITHOUT ROWID;"
    /* Wrapped keys, by the account key of their epoch, 73 bytes each with epoch, class and number; zeroed when destroyed.
     * Its rows are appended and overwritten in place, never deleted or changed in size, so that none ever moves and
     * leaves a copy behind: see store/key.c. */
    "CREATE TABLE key_slot("
    " slot INTEGER PRIMARY KEY,"    /* of an identity's key: the identity's number */
    " account_id INTEGER NOT NULL,"
    " identity INTEGER NOT NULL,"   /* 1: for this identity only, for ever; 0: for any other key */
    " wrapped BLOB NOT NULL);"
    "CREATE TABLE wrapped_key("     /* where period, hold and the account's own keys are */
    " account_id INTEGER NOT NULL,"
    " class INTEGER NOT NULL,"      /* enum key_class */
    " number INTEGER NOT NULL,"     /* packed kind and day, hold id, or which own key */
    " slot INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, class, number)) WITHOUT ROWID;"
    "CREATE TABLE key_free("        /* zeroed slots, for the account's next keys */
    " account_id INTEGER NOT NULL,"
    " slot INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, slot)) WITHOUT ROWID;"
    /* Numbers that are never given out twice, whatever is restored. */
    "CREATE TABLE counter("
    " account_id INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " value INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, name)) WITHOUT ROWID;"
    /* Here and not with the data, so that restoring old data does not lose them. */
    "CREATE TABLE tombstone("
    " account_id INTEGER NOT NULL,"
    " blind BLOB NOT NULL,"
    " erased_at INTEGER NOT NULL,"
    " PRIMARY KEY(account_id, blind)) WITHOUT ROWID;";

enum result schema_migrate_vault(struct db *db, struct err *err)
{
	static const char *const scripts[] = {vault_1};

	return db_migrate(db, scripts, 1, err);
}

enum result schema_migrate_keys(struct db *db, struct err *err)
{
	static const char *const scripts[] = {keys_1};

	return db_migrate(db, scripts, 1, err);
}
