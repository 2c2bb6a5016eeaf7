/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An account's OpenID provider, and which of its users comes from there.
 *
 * Users are those that an admin has entered: by what the provider calls them
 * (its subject), or by the e-mail address that is their name, if the provider
 * says that it is verified.  Whoever is met by their address is known by their
 * subject from then on, so that an address that the provider gives to somebody
 * else lets nobody in.  Nobody is added by signing in, unless the account says
 * with which role.
 */
#ifndef LETHE_ACCESS_OIDC_SIGNIN_H
#define LETHE_ACCESS_OIDC_SIGNIN_H

#include "access/oidc.h"
#include "access/session.h"
#include "vault/accounts.h"

struct oidc_setting {
	const char *issuer, *client_id;
	const char *client_secret; /* NULL: none */
	bool adds;                 /* who is not there is added, with `role` */
	enum user_role role;       /* never owner */
};
/* `*is` false when the account has none. In the pool, the secret too. */
MUST_CHECK enum result oidc_setting_get(struct session *session, uint32_t account, struct pool *pool, bool *is,
					struct oidc_setting *out, struct err *err);
/* NULL: none any more. The secret is sealed under the account's data key. Whom another issuer let in is in no session any more,
 * but for the user `by` (0: nobody), who does this. ERR_INPUT says what cannot be. */
MUST_CHECK enum result oidc_setting_put(struct vault *vault, const struct account *account, int64_t by,
					const struct oidc_setting *setting, struct instant now, struct err *err);

/* What the provider calls a user; NULL: nothing any more. Sessions that they have by it end. ERR_EXISTS when that is another
 * user. */
MUST_CHECK enum result user_subject_put(struct vault *vault, const struct user_row *user, const char *subject,
					struct instant now, struct err *err);

/* Signs in who came back from the provider `setting`. ERR_DENIED when they are no user, in one text for all who are not, and when
 * the account has another provider by now. */
MUST_CHECK enum result oidc_sign_in(struct vault *vault, const struct account *account,
				    const struct oidc_setting *setting, const struct oidc_who *who,
				    struct browser browser, const struct session_rule *rule, struct instant now,
				    struct session_new *out,
				    struct id *user, struct err *err);

#endif
