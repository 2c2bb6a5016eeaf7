/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P36: users go after 13 calendar months without a sign-in and without another account, or when removed; the agent
 * they are is erased with them.
 */
#include "retention/keeping.h"

#include "privacy/resume.h"
#include "privacy/user_end.h"
#include "store/invite.h"
#include "store/setting.h"
#include "store/user_secret.h"
#include "store/user_session.h"
#include "store/user_subject.h"

#define ANNA "+4520000001"

static struct user_row look_up(struct world *world, const char *name)
{
	struct user_row row;
	struct err err;

	assert_ok(user_lookup(&world->vault->read, &world->account, name, &world->pool, &row, &err), &err);
	return row;
}

static struct user_row add(struct world *world, const char *name, const char *agent)
{
	const struct user_new new = {.name = name, .role = USER_AGENT, .agent = agent};
	struct err err;
	struct id id;

	assert_ok(user_add(world->vault, &world->account, &new, world->now, &world->pool, &id, &err), &err);
	return look_up(world, name);
}

static bool is_user(struct world *world, const char *name)
{
	struct user_row row;
	struct err err;
	enum result r = user_lookup(&world->vault->read, &world->account, name, &world->pool, &row, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

static struct user_life life_at(struct world *world, const char *name, const char *now)
{
	struct user_row row = look_up(world, name);
	struct user_life life;
	struct user_rule rule;
	struct err err;

	assert_ok(user_rule(&world->vault->read, world->account.number, &world->pool, &rule, &err), &err);
	assert_ok(user_life_read(&world->vault->read, &rule, &row, world_time(now), &life, &err), &err);
	return life;
}

static void sign_in(struct world *world, const char *name, const char *at)
{
	struct user_row row = look_up(world, name);
	struct instant when = world_time(at);
	struct err err;

	assert_ok(user_signed_in(world->vault, &world->account, &row, when, when, &err), &err);
}

static struct users_done run_users(struct world *world, const char *now)
{
	struct users_done done;
	struct err err;

	world->now = world_time(now);
	assert_ok(users_run(world->vault, &world->account, world->now, NULL, NULL, &done, &err), &err);
	assert_int_equal(done.left, 0);
	return done;
}

/* ---- adding ---- */

static void a_user_is_found_by_their_folded_name_and_their_id(void **state)
{
	struct world *world = *state;
	struct user_row row = add(world, "Anna@Example.org", NULL), same = look_up(world, "ANNA@example.ORG");
	char id[ID_TEXT_MAX];
	const char *name;
	struct err err;

	assert_int_equal(same.user, row.user);
	assert_int_equal(look_up(world, id_format(USER_PREFIX, row.id, id)).user, row.user);
	assert_ok(open_user(world->vault->read.ring, &row, &world->pool, &name, &err), &err);
	assert_string_equal(name, "Anna@Example.org");
	assert_false(is_user(world, "bent@example.org"));
	checks_out(world, true);
}

static void what_cannot_be_a_user_is_refused(void **state)
{
	struct world *world = *state;
	static const char *const bad[] = {"", "  ", "a\nb", "\xff", "usr_01h455vb4pex5vsknk084sn02q"};
	struct user_new new = {.name = "bo", .role = USER_OWNER, .agent = "a7"};
	struct err err;
	struct id id;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct user_new wrong = {.name = bad[i], .role = USER_OWNER};

		assert_int_equal(user_add(world->vault, &world->account, &wrong, world->now, &world->pool, &id, &err), ERR_INPUT);
	}
	add(world, "anna", "a7");
	assert_int_equal(user_add(world->vault, &world->account, &new, world->now, &world->pool, &id, &err), ERR_EXISTS);
	assert_string_equal(err.what, "another user is that agent already");
	new.name = "ANNA";
	assert_int_equal(user_add(world->vault, &world->account, &new, world->now, &world->pool, &id, &err), ERR_EXISTS);
	assert_string_equal(err.what, "the account has a user of that name already");
	checks_out(world, true);
}

/* ---- the rule ---- */

/* CallRail: 13 calendar months. */
static void thirteen_months_are_calendar_months(void **state)
{
	static const struct { const char *last, *before, *on; } edges[] = {
	    {"2027-01-31T23:59:59.999Z", "2028-02-28T23:59:59.999Z", "2028-02-29T00:00:00Z"}, /* a leap year */
	    {"2028-01-31T00:00:00Z", "2029-02-27T23:59:59.999Z", "2029-02-28T00:00:00Z"},
	    {"2029-02-28T12:00:00Z", "2030-03-27T23:59:59.999Z", "2030-03-28T00:00:00Z"},
	    {"2030-08-31T12:00:00Z", "2031-09-29T23:59:59.999Z", "2031-09-30T00:00:00Z"},
	};
	struct world *world = *state;

	add(world, "anna", NULL);
	assert_false(life_at(world, "anna", "2027-03-31T23:59:59.999Z").due); /* never signed in: since added, 1 March 2026 */
	assert_true(life_at(world, "anna", "2027-04-01T00:00:00Z").due);
	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
		sign_in(world, "anna", edges[i].last);
		assert_false(life_at(world, "anna", edges[i].before).due);
		assert_true(life_at(world, "anna", edges[i].on).due);
	}
}

static void a_sign_in_before_the_last_changes_nothing_and_one_of_the_future_is_refused(void **state)
{
	struct world *world = *state;
	struct user_row row = add(world, "anna", NULL);
	struct err err;

	sign_in(world, "anna", "2026-05-01T00:00:00Z");
	sign_in(world, "anna", "2026-04-01T00:00:00Z");
	assert_int_equal(look_up(world, "anna").last_sign_in.ms, world_time("2026-05-01T00:00:00Z").ms);
	assert_int_equal(user_signed_in(world->vault, &world->account, &row, world_time("2026-06-01T00:00:00.001Z"),
					world_time("2026-06-01T00:00:00Z"), &err), ERR_INPUT);
	assert_int_equal(user_signed_in(world->vault, &world->account, &row, world_time("2026-02-01T00:00:00Z"),
					world_time("2026-06-01T00:00:00Z"), &err), ERR_INPUT);
}

/* "Whichever is later." */
static void an_idle_user_stays_until_no_other_account_has_them(void **state)
{
	struct world *world = *state;
	struct account first = world->account, other;
	struct users_plan plan;
	struct user_row there;
	struct user_end end;
	struct err err;

	add(world, "Anna", NULL);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	world->account = other;
	there = add(world, "ANNA", NULL);
	add(world, "bent", NULL);
	world->account = first;
	assert_ok(users_plan(&world->vault->read, first.number, world_time("2027-04-01T00:00:00Z"), &plan, &err), &err);
	assert_int_equal(plan.users, 1);
	assert_int_equal(plan.due, 0);
	assert_int_equal(plan.elsewhere, 1);
	assert_int_equal(run_users(world, "2027-04-01T00:00:00Z").gone, 0);
	assert_ok(user_end(world->vault, &other, &there, USER_REMOVED, world->now, NULL, NULL, &end, &err), &err);
	assert_ok(users_plan(&world->vault->read, first.number, world->now, &plan, &err), &err);
	assert_int_equal(plan.due, 1);
	assert_int_equal(run_users(world, "2027-04-01T00:00:00Z").gone, 1);
	assert_false(is_user(world, "anna"));
	world->account = other;
	assert_true(is_user(world, "bent"));
	checks_out(world, true);
}

struct setting_op { struct world *world; const char *profile; };

static enum result profile_op(struct session *session, void *arg, struct err *err)
{
	const struct setting_op *op = arg;

	return setting_put(session->data, op->world->account.number, "profile", op->profile, err);
}

static void a_profile_says_how_long_and_whether_other_accounts_count(void **state)
{
	struct world *world = *state;
	struct setting_op op = {world, "gdpr-strict"};
	struct user_rule rule;
	struct account other;
	struct err err;

	add(world, "anna", NULL);
	assert_ok(user_rule(&world->vault->read, world->account.number, &world->pool, &rule, &err), &err);
	assert_int_equal(rule.idle.months, 13);
	assert_true(rule.last_account);
	assert_ok(vault_write(world->vault, profile_op, &op, &err), &err);
	assert_ok(user_rule(&world->vault->read, world->account.number, &world->pool, &rule, &err), &err);
	assert_int_equal(rule.idle.months, 12);
	assert_false(rule.last_account);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	assert_true(life_at(world, "anna", "2027-03-01T00:00:00Z").due);
	op.profile = "callrail";
	assert_ok(vault_write(world->vault, profile_op, &op, &err), &err);
	assert_false(life_at(world, "anna", "2027-03-31T00:00:00Z").due);
	assert_true(life_at(world, "anna", "2027-04-01T00:00:00Z").due);
}

/* ---- the end ---- */

static struct id put_call(struct world *world)
{
	return world_put_agent(world, "2026-02-01T08:00:00Z", "{\"agent\":{\"id\":\"a7\",\"name\":\"Ib\"},\"n\":1}", ANNA, "a7");
}

static void an_agent_goes_with_the_user_and_the_calls_stay_without_them(void **state)
{
	struct world *world = *state;
	struct id call = put_call(world);
	struct user_row row = add(world, "ib@example.org", "a7");
	struct user_end end;
	const char *text;
	struct err err;

	assert_int_equal(row.agent, identity_of(world, IDENTITY_AGENT, "a7", NULL));
	assert_ok(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, NULL, NULL, &end, &err), &err);
	assert_true(end.agent);
	assert_int_equal(end.left_by_agent, 1);
	assert_int_equal(end.left, 0);
	assert_false(is_user(world, "ib@example.org"));
	assert_false(has_key(world, KEY_USER, row.user));
	assert_false(has_key(world, KEY_IDENTITY, row.agent));
	assert_ok(world_open_record(world, KIND_CALL, call, &text, &err), &err);
	assert_string_equal(text, "{\"n\":1}");
	checks_out(world, true);
	assert_int_not_equal(add(world, "ib@example.org", NULL).user, row.user); /* no number twice */
}

static const unsigned char some[48] = {1};

/* A password, a session, a link, and who they are at a provider. */
static enum result let_in_op(struct session *session, void *arg, struct err *err)
{
	const struct user_row *user = arg;
	const struct user_secret_row secret = {.account = user->account, .user = user->user, .kind = SECRET_PASSWORD,
					       .sealed = some, .sealed_len = sizeof some};
	const struct user_session_row open = {.account = user->account, .user = user->user, .id = user->id,
					      .how = SESSION_PASSWORD, .ends = {1}};
	const struct invite_row invite = {.account = user->account, .user = user->user, .id = user->id, .made_by = "uid 0",
					   .expires = {1}};
	const struct user_subject_row subject = {.user = user->user};
	enum result r = user_secret_put(session->data, &secret, err);

	if (r == OK)
		r = user_session_insert(session->data, &open, err);
	if (r == OK)
		r = invite_put(session->data, &invite, err);
	return r == OK ? user_subject_insert(session->data, user->account, &subject, err) : r;
}

static size_t ways_in(struct world *world)
{
	struct db *data = world->vault->read.data;
	const struct id first = {{0}};
	struct user_secret_row secret;
	struct user_session_row open;
	struct invite_row invite;
	struct user_subject_row subject;
	size_t secrets, sessions, invites, subjects;
	uint32_t account = world->account.number;
	struct err err;

	assert_ok(user_secret_list(data, account, 0, 0, &world->pool, &secret, 1, &secrets, &err), &err);
	assert_ok(user_session_list(data, account, 0, first, &open, 1, &sessions, &err), &err);
	assert_ok(invite_list(data, account, -1, &world->pool, &invite, 1, &invites, &err), &err);
	assert_ok(user_subject_list(data, account, NULL, &subject, 1, &subjects, &err), &err);
	return secrets + sessions + invites + subjects;
}

/* P40 */
static void of_a_removed_user_nothing_is_left_that_let_them_in(void **state)
{
	struct world *world = *state;
	struct user_row row = add(world, "ib@example.org", NULL);
	struct user_end end;
	struct err err;

	assert_ok(vault_write(world->vault, let_in_op, &row, &err), &err);
	assert_int_equal(ways_in(world), 4);
	assert_ok(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, NULL, NULL, &end, &err), &err);
	assert_int_equal(ways_in(world), 0);
}

static void what_a_restored_copy_has_of_a_removed_user_does_not_open(void **state)
{
	struct world *world = *state;
	struct user_row row = add(world, "ib@example.org", NULL);
	struct user_end end;
	const char *name;
	struct err err;

	assert_ok(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, NULL, NULL, &end, &err), &err);
	assert_int_equal(open_user(world->vault->read.ring, &row, &world->pool, &name, &err), ERR_GONE);
}

/* P10 */
static void a_hold_on_a_call_of_theirs_keeps_an_idle_user_and_it_is_said(void **state)
{
	struct world *world = *state;
	struct id call = put_call(world), hold;
	struct user_row row = add(world, "ib", "a7");
	struct users_done done;
	struct user_end end;
	const char *text;
	struct err err;

	add(world, "bo", NULL);
	hold = hold_person(world, ANNA);
	assert_int_equal(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, NULL, NULL, &end, &err), ERR_HELD);
	assert_non_null(strstr(err.what, "a legal hold covers a record this person was the agent of"));
	assert_int_equal(look_up(world, "ib").state, USER_ACTIVE);
	done = run_users(world, "2027-04-01T00:00:00Z");
	assert_int_equal(done.held, 1);
	assert_int_equal(done.gone, 1);
	assert_true(is_user(world, "ib"));
	assert_ok(world_open_record(world, KIND_CALL, call, &text, &err), &err);
	checks_out(world, true);
	release_hold(world, hold);
	done = run_users(world, "2027-04-01T00:00:00Z");
	assert_int_equal(done.gone, 1);
	assert_int_equal(done.agents, 1);
	assert_false(is_user(world, "ib"));
	checks_out(world, true);
}

static bool stop_before(void *arg, int step)
{
	return step == *(int *)arg;
}

/* P9, P29 */
static void a_removal_stopped_before_any_step_goes_on_to_its_end(void **state)
{
	struct world *world = *state;

	for (int step = 2; step <= 4; step++) {
		struct id call = put_call(world);
		struct user_row row = add(world, "ib", "a7");
		struct user_end end;
		const char *text;
		struct err err;

		assert_int_equal(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, stop_before, &step,
					  &end, &err), ERR_INTERRUPTED);
		assert_string_equal(err.mend, "the next command that writes goes on with it");
		checks_out(world, true);
		world_reopen(world);
		assert_ok(resume_jobs(world->vault, world->now, &err), &err);
		assert_false(is_user(world, "ib"));
		assert_false(has_key(world, KEY_USER, row.user));
		assert_false(has_key(world, KEY_IDENTITY, row.agent));
		assert_ok(world_open_record(world, KIND_CALL, call, &text, &err), &err);
		assert_string_equal(text, "{\"n\":1}");
		checks_out(world, true);
		world->now.ms += 1000;
	}
}

/* P9: not only with the next command: who has the vault open for long goes on with it, in a view of its own. */
static void a_removal_that_failed_half_way_goes_on_in_the_same_process(void **state)
{
	struct world *world = *state;
	struct vault *view;
	struct err err;

	assert_ok(vault_view(world->vault, &view, &err), &err);
	for (int step = 2; step <= 4; step++) {
		struct user_row row = (put_call(world), add(world, "ib", "a7"));
		struct user_end end;
		int64_t done;

		assert_int_equal(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, stop_before, &step,
					  &end, &err), ERR_INTERRUPTED);
		assert_ok(resume_unfinished(view, world->now, &done, &err), &err);
		assert_int_equal(done, 1);
		assert_false(is_user(world, "ib"));
		assert_false(has_key(world, KEY_USER, row.user));
		assert_false(has_key(world, KEY_IDENTITY, row.agent));
		assert_ok(resume_unfinished(view, world->now, &done, &err), &err);
		assert_int_equal(done, 0);
		checks_out(world, true);
		world->now.ms += 1000;
	}
	vault_close(view);
}

/* As a process that was killed would leave it: the hold came while the job was open. */
static void a_removal_that_a_hold_stops_on_the_way_is_given_up(void **state)
{
	struct world *world = *state;
	struct user_row row;
	struct user_end end;
	int step = 2;
	struct err err;

	put_call(world);
	row = add(world, "ib", "a7");
	assert_int_equal(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, stop_before, &step, &end, &err),
			 ERR_INTERRUPTED);
	assert_int_equal(look_up(world, "ib").state, USER_LEAVING);
	hold_person(world, ANNA);
	assert_ok(resume_jobs(world->vault, world->now, &err), &err);
	assert_int_equal(look_up(world, "ib").state, USER_ACTIVE);
	assert_ok(resume_jobs(world->vault, world->now, &err), &err);
	checks_out(world, true);
}

static void who_was_erased_as_a_person_can_still_be_removed(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct erase_result erased;
	struct user_row row;
	struct user_end end;
	struct id person;
	struct err err;

	put_call(world);
	row = add(world, "ib", "a7");
	assert_int_not_equal(identity_of(world, IDENTITY_AGENT, "a7", &person), 0);
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, &erased, &err), &err);
	checks_out(world, true);
	assert_ok(user_end(world->vault, &world->account, &row, USER_REMOVED, world->now, NULL, NULL, &end, &err), &err);
	assert_false(end.agent);
	assert_int_equal(end.left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_user_is_found_by_their_folded_name_and_their_id),
	    KEEPING(what_cannot_be_a_user_is_refused),
	    KEEPING(thirteen_months_are_calendar_months),
	    KEEPING(a_sign_in_before_the_last_changes_nothing_and_one_of_the_future_is_refused),
	    KEEPING(an_idle_user_stays_until_no_other_account_has_them),
	    KEEPING(a_profile_says_how_long_and_whether_other_accounts_count),
	    KEEPING(an_agent_goes_with_the_user_and_the_calls_stay_without_them),
	    KEEPING(of_a_removed_user_nothing_is_left_that_let_them_in),
	    KEEPING(what_a_restored_copy_has_of_a_removed_user_does_not_open),
	    KEEPING(a_hold_on_a_call_of_theirs_keeps_an_idle_user_and_it_is_said),
	    KEEPING(a_removal_stopped_before_any_step_goes_on_to_its_end),
	    KEEPING(a_removal_that_failed_half_way_goes_on_in_the_same_process),
	    KEEPING(a_removal_that_a_hold_stops_on_the_way_is_given_up),
	    KEEPING(who_was_erased_as_a_person_can_still_be_removed),
	};

	return cmocka_run_group_tests_name("privacy/user_end", tests, NULL, NULL);
}
