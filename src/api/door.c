/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/door.h"

#include "access/session.h"

/* clang-format off: tables are read by their columns */

#define NEEDS(name, about) {name, WORD_TEXT, IN_BODY, true, 0, NULL, about}
#define MAY(name, about) {name, WORD_TEXT, IN_BODY, false, 0, NULL, about}

#define WORDS(list) (list), sizeof(list) / sizeof *(list)
#define NO_WORDS NULL, 0

static const struct word enter[] = {
    MAY("account", "its id, or its name; may be left out where there is only one"),
    NEEDS("name", "the e-mail address or id they sign in with, or usr_.."),
    NEEDS("password", "theirs"),
    MAY("code", "of a second factor, or a recovery code; where one is wanted"),
};
static const struct word session[] = {{"session", WORD_TEXT, IN_PATH, true, 0, NULL, "its id"}};
static const struct word password[] = {
    NEEDS("present", "the password there is"),
    NEEDS("password", "the one there is to be: 12 to 256 characters"),
};
static const struct word present[] = {NEEDS("password", "the present password, again")};
static const struct word code[] = {NEEDS("code", "one that is shown now")};
static const struct word link_shown[] = {NEEDS("link", "the link, or what stands behind its #")};
static const struct word link_used[] = {
    NEEDS("link", "the link, or what stands behind its #"),
    MAY("name", "of the first owner of an account: the e-mail address or id they want to sign in with"),
    NEEDS("password", "the one there is to be: 12 to 256 characters"),
};

#define PROVIDER {"account", WORD_TEXT, IN_PATH, true, 0, NULL, "the account's id, or its name"}
#define ASKS(name, about) {name, WORD_TEXT, IN_QUERY, false, 0, NULL, about}

static const struct word oidc[] = {PROVIDER};
static const struct word oidc_back[] = {
    PROVIDER,
    ASKS("state", "of the sign-in that was begun"),
    ASKS("code", "what the provider gives for it"),
    ASKS("iss", "who the provider is, if it says so: RFC 9207"),
    ASKS("error", "it signed nobody in"),
};

#define READ RESOURCE_READ
#define WRITE RESOURCE_WRITE
#define MAKE RESOURCE_MAKE
#define S "/v1/session"

/* The permission stands for nothing here. */
#define OPEN(method, path, name, flow, words, answer) \
	{{METHOD_##method, path, name, PERMISSION_COUNT, flow, words, NULL, answer}, true, false}
#define OWN(method, path, name, flow, words, answer) \
	{{METHOD_##method, path, name, PERMISSION_COUNT, flow, words, NULL, answer}, false, false}

const struct door_resource door_resources[DOOR_COUNT] = {
    [DOOR_ENTER] = OPEN(POST, S, "session begin", MAKE, WORDS(enter), "SignedIn"),
    [DOOR_SHOW] = OWN(GET, S, "session show", READ, NO_WORDS, "SignedIn"),
    [DOOR_LEAVE] = OWN(DELETE, S, "session end", WRITE, NO_WORDS, "SessionEnd"),
    [DOOR_SESSIONS] = OWN(GET, "/v1/sessions", "sessions list", READ, NO_WORDS, "SessionList"),
    [DOOR_SESSIONS_END] = OWN(DELETE, "/v1/sessions", "sessions end", WRITE, NO_WORDS, "SessionEnd"),
    [DOOR_SESSION_END] = OWN(DELETE, "/v1/sessions/{session}", "sessions end-one", WRITE, WORDS(session), "SessionEnd"),
    [DOOR_PASSWORD] = OWN(PUT, S "/password", "session password", WRITE, WORDS(password), "SignedIn"),
    [DOOR_TOTP] = OWN(GET, S "/totp", "session totp", READ, NO_WORDS, "SecondFactor"),
    [DOOR_TOTP_BEGIN] = OWN(POST, S "/totp", "session totp-begin", MAKE, WORDS(present), "SecondFactorBegun"),
    [DOOR_TOTP_CONFIRM] = OWN(POST, S "/totp/confirmation", "session totp-confirm", WRITE, WORDS(code), "RecoveryCodes"),
    [DOOR_TOTP_RENEW] = OWN(POST, S "/totp/recovery-codes", "session totp-renew", MAKE, WORDS(present), "RecoveryCodes"),
    [DOOR_TOTP_OFF] = OWN(POST, S "/totp/removal", "session totp-off", WRITE, WORDS(present), "SecondFactor"),
    [DOOR_LINK] = OPEN(POST, "/v1/links", "link show", READ, WORDS(link_shown), "Link"),
    [DOOR_LINK_USE] = OPEN(POST, "/v1/links/use", "link use", MAKE, WORDS(link_used), "LinkUsed"),
    [DOOR_OIDC] = OPEN(GET, S "/oidc/{account}", "oidc go", READ, WORDS(oidc), NULL),
    [DOOR_OIDC_BACK] = {{METHOD_GET, S "/oidc/{account}/callback", "oidc back", PERMISSION_COUNT, READ, WORDS(oidc_back), NULL, "SignedIn"}, true, true},
};
/* clang-format on */

void door_session(struct json_writer *w, const struct user_session_row *row)
{
	char browser[BROWSER_TEXT_MAX];

	json_id(w, "id", SESSION_PREFIX, row->id);
	json_string(w, "by", session_how_name(row->how));
	json_string(w, "browser", browser_text(browser_of(row->browser), browser));
	json_instant(w, "created", row->created);
	json_instant(w, "last_seen", row->seen);
	json_instant(w, "ends", row->ends);
}
