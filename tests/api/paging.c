/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P56: pages of a list that changes meanwhile.
 */
#include "api/asking.h"

#include "api/paging.h"

#define HOLDS OURS "/holds"
#define MANY 25

static const char *add_hold(struct asking *asking)
{
	assert_asked(asking, METHOD_POST, HOLDS, "{\"reason\":\"case 7\"}", 201);
	return pool_strdup(&asking->world->pool, json_get_text(document(asking), "id"));
}

static void add_many(struct asking *asking, const char *ids[MANY])
{
	for (int i = 0; i < MANY; i++)
		ids[i] = add_hold(asking);
}

/* The page that `cursor` (NULL: the first) leads to; its next, or NULL. */
static const char *page(struct asking *asking, const char *list, const char *limit, const char *cursor)
{
	struct pool *pool = &asking->world->pool;

	assert_asked(asking, METHOD_GET,
		     pool_printf(pool, "%s%climit=%s%s%s", list, strchr(list, '?') != NULL ? '&' : '?', limit, cursor != NULL ? "&cursor=" : "", cursor != NULL ? cursor : ""),
		     NULL, 200);
	cursor = json_get_text(document(asking), "next");
	return cursor != NULL ? pool_strdup(pool, cursor) : NULL;
}

static size_t rows_of(struct asking *asking, const char *member)
{
	size_t count = 0;

	for (const struct json *at = json_get(document(asking), member)->first; at != NULL; at = at->next)
		count++;
	return count;
}

static void pages_have_each_once_and_in_order(void **state)
{
	struct asking asking;
	const char *ids[MANY], *cursor = NULL;
	int seen = 0;

	asking_begin(&asking, *state);
	add_many(&asking, ids);
	do {
		cursor = page(&asking, HOLDS, "4", cursor);
		for (const struct json *at = json_get(document(&asking), "holds")->first; at != NULL; at = at->next)
			assert_string_equal(json_get_text(at, "id"), ids[seen++]);
	} while (cursor != NULL);
	assert_int_equal(seen, MANY);
	asking_end(&asking);
}

static void a_page_that_is_just_full_is_the_last(void **state)
{
	struct asking asking;
	const char *ids[MANY], *cursor;

	asking_begin(&asking, *state);
	add_many(&asking, ids);
	assert_null(page(&asking, HOLDS, "25", NULL));
	assert_int_equal(rows_of(&asking, "holds"), MANY);
	assert_null(answer_header(&asking, "Link"));
	cursor = page(&asking, HOLDS, "24", NULL);
	assert_non_null(cursor);
	assert_null(page(&asking, HOLDS, "24", cursor));
	assert_int_equal(rows_of(&asking, "holds"), 1);
	asking_end(&asking);
}

/* Tokens are ordered by ids that are random after their time: new ones come in at the end, revoked ones stay. */
static void what_stays_is_on_one_page_whatever_comes_and_goes_meanwhile(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *cursor = NULL, *first[MANY];
	int seen[MANY] = {0};

	asking_begin(&asking, world);
	for (int i = 0; i < MANY; i++) {
		assert_asked(&asking, METHOD_POST, OURS "/tokens", "{\"name\":\"x\",\"role\":\"admin\"}", 201);
		first[i] = pool_strdup(&world->pool, json_get_text(document(&asking), "id"));
	}
	do {
		const char *shown[8];
		size_t count = 0;
		struct err err;

		cursor = page(&asking, OURS "/tokens", "3", cursor);
		for (const struct json *at = json_get(document(&asking), "tokens")->first; at != NULL; at = at->next)
			shown[count++] = pool_strdup(&world->pool, json_get_text(at, "id"));
		for (size_t i = 0; i < count; i++)
			for (int k = 0; k < MANY; k++)
				seen[k] += strcmp(first[k], shown[i]) == 0;
		/* What was shown goes, the row that the cursor points to among it; others come. */
		for (size_t i = 0; i < count; i++) {
			struct id id;

			assert_ok(id_parse(TOKEN_PREFIX, shown[i], &id, &err), &err);
			assert_ok(token_delete(world->vault->read.data, world->account.number, id, &err), &err);
		}
		world->now.ms += 1000;
		if (cursor != NULL && world->now.ms % 3000 == 0)
			assert_asked(&asking, METHOD_POST, OURS "/tokens", "{\"name\":\"y\",\"role\":\"admin\"}", 201);
	} while (cursor != NULL);
	for (int k = 0; k < MANY; k++)
		assert_int_equal(seen[k], 1);
	asking_end(&asking);
}

static void refused(struct asking *asking, const char *list, const char *cursor)
{
	assert_asked(asking, METHOD_GET, pool_printf(&asking->world->pool, "%s%ccursor=%s", list, strchr(list, '?') != NULL ? '&' : '?', cursor),
		     NULL, 400);
	assert_string_equal(json_get_text(document(asking), "field"), "cursor");
}

static void a_cursor_of_another_list_account_or_question_is_refused(void **state)
{
	struct world *world = *state;
	struct asking asking;
	struct account other;
	const char *ids[MANY], *cursor;
	struct err err;

	asking_begin(&asking, world);
	add_many(&asking, ids);
	cursor = page(&asking, HOLDS, "4", NULL);
	refused(&asking, OURS "/users", cursor);
	refused(&asking, OURS "/contacts", cursor);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	asking.actor.account = other.number;
	refused(&asking, "/v1/accounts/Other/holds", cursor);
	assert_asked(&asking, METHOD_POST, "/v1/accounts/Other/holds", "{\"reason\":\"1\"}", 201);
	assert_asked(&asking, METHOD_POST, "/v1/accounts/Other/holds", "{\"reason\":\"2\"}", 201);
	cursor = page(&asking, "/v1/accounts/Other/audit", "1", NULL);
	asking.actor.account = world->account.number;
	refused(&asking, OURS "/audit", cursor);
	refused(&asking, OURS "/audit", "");
	cursor = page(&asking, OURS "/audit?from=0", "1", NULL);
	assert_non_null(cursor);
	refused(&asking, OURS "/audit?from=1", cursor);
	refused(&asking, OURS "/audit", cursor);
	asking_end(&asking);
}

static void a_changed_cursor_is_refused(void **state)
{
	static const char digits[] = "ABab01-_=%";
	struct asking asking;
	const char *ids[MANY], *cursor;
	char wrong[PAGING_CURSOR_LEN + 8];

	asking_begin(&asking, *state);
	add_many(&asking, ids);
	cursor = page(&asking, HOLDS, "4", NULL);
	for (size_t i = 0; i < strlen(cursor); i++) {
		snprintf(wrong, sizeof wrong, "%s", cursor);
		wrong[i] = cursor[i] == digits[i % 6] ? 'Z' : digits[i % 6];
		refused(&asking, HOLDS, wrong);
	}
	refused(&asking, HOLDS, pool_printf(&asking.world->pool, "%sA", cursor));
	refused(&asking, HOLDS, ids[0]);
	refused(&asking, HOLDS, "");
	asking_end(&asking);
}

static void a_limit_is_from_1_to_1000_and_is_no_part_of_the_question(void **state)
{
	static const char *const wrong[] = {"0", "-1", "1001", "99999999999", "1e2", ""};
	struct asking asking;
	const char *ids[MANY], *cursor;

	asking_begin(&asking, *state);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_asked(&asking, METHOD_GET, pool_printf(&asking.world->pool, "%s?limit=%s", HOLDS, wrong[i]), NULL, 400);
		assert_string_equal(json_get_text(document(&asking), "field"), "limit");
	}
	add_many(&asking, ids);
	cursor = page(&asking, HOLDS, "4", NULL);
	assert_null(page(&asking, HOLDS, "1000", cursor));
	assert_int_equal(rows_of(&asking, "holds"), MANY - 4);
	asking_end(&asking);
}

static void a_link_leads_to_the_next_page(void **state)
{
	struct asking asking;
	const char *ids[MANY], *link, *end;
	char target[512];

	asking_begin(&asking, *state);
	add_many(&asking, ids);
	page(&asking, HOLDS, "20", NULL);
	link = answer_header(&asking, "Link");
	end = strstr(link, ">; rel=\"next\"");
	assert_true(link[0] == '<' && end != NULL);
	snprintf(target, sizeof target, "%.*s", (int)(end - link - 1), link + 1);
	assert_int_equal(strncmp(target, HOLDS "?limit=20&cursor=", strlen(HOLDS "?limit=20&cursor=")), 0);
	assert_asked(&asking, METHOD_GET, target, NULL, 200);
	assert_int_equal(rows_of(&asking, "holds"), 5);
	asking_end(&asking);
}

static void leaves_of_the_log_are_paged_from_any_on(void **state)
{
	struct asking asking;
	const char *ids[MANY], *cursor;
	size_t seen = 0;

	asking_begin(&asking, *state);
	add_many(&asking, ids);
	cursor = page(&asking, OURS "/audit?from=0", "10", NULL);
	seen += rows_of(&asking, "leaves");
	while (cursor != NULL) {
		assert_asked(&asking, METHOD_GET, pool_printf(&asking.world->pool, "%s?from=0&limit=10&cursor=%s", OURS "/audit", cursor), NULL, 200);
		seen += rows_of(&asking, "leaves");
		cursor = json_get_text(document(&asking), "next");
		cursor = cursor != NULL ? pool_strdup(&asking.world->pool, cursor) : NULL;
	}
	assert_int_equal(seen, MANY + 1); /* account.create */
	asking_end(&asking);
}

/* ---- records ---- */

static struct id put_message(struct world *world, const char *at, uint32_t n, int64_t agent)
{
	struct record_row row = {.account = world->account.number, .kind = KIND_MESSAGE, .direction = DIRECTION_INBOUND,
				 .duration_ms = -1, .agent = agent, .payload = (const unsigned char *)"x", .payload_len = 1};
	unsigned char entropy[16] = {0, 0, (unsigned char)(n >> 8), (unsigned char)n};
	bool inserted;
	struct err err;

	row.id = id_derived(world_time(at), entropy);
	assert_ok(record_insert(world->vault->read.data, &row, &inserted, &err), &err);
	assert_true(inserted);
	return row.id;
}

static size_t count_all(struct asking *asking, const char *list, const char *limit)
{
	const char *cursor = NULL;
	size_t seen = 0;

	do {
		cursor = page(asking, list, limit, cursor);
		seen += rows_of(asking, "records");
	} while (cursor != NULL);
	return seen;
}

static void records_are_listed_by_kind_and_time_over_days(void **state)
{
	struct world *world = *state;
	struct asking asking;

	asking_begin(&asking, world);
	for (uint32_t i = 0; i < 250; i++)
		put_message(world, i < 120 ? "2025-01-02T10:00:00Z" : i < 200 ? "2025-01-03T10:00:00Z" : "2025-05-03T10:00:00Z", i, i % 5 == 0 ? 77 : 0);
	assert_int_equal(count_all(&asking, OURS "/records?kind=message", "7"), 250);
	assert_int_equal(count_all(&asking, OURS "/records?kind=message", "1000"), 250);
	assert_int_equal(count_all(&asking, OURS "/records?kind=call", "7"), 0);
	assert_int_equal(count_all(&asking, OURS "/records?kind=message&from=2025-01-03", "7"), 130);
	assert_int_equal(count_all(&asking, OURS "/records?kind=message&until=2025-01-03", "50"), 120);
	assert_int_equal(count_all(&asking, OURS "/records?kind=message&from=2025-01-03T09:00:00Z&until=2025-01-03T11:00:00Z", "40"), 80);
	assert_int_equal(count_all(&asking, OURS "/records?kind=message&from=2025-01-03T11:00:00Z&until=2025-01-04", "40"), 0);
	assert_asked(&asking, METHOD_GET, OURS "/records", NULL, 400);
	assert_string_equal(json_get_text(document(&asking), "field"), "kind");
	asking_end(&asking);
}

static void an_agent_sees_the_records_that_are_theirs(void **state)
{
	struct world *world = *state;
	struct asking asking;

	asking_begin(&asking, world);
	for (uint32_t i = 0; i < 50; i++)
		put_message(world, "2025-01-02T10:00:00Z", i, i % 5 == 0 ? 77 : i % 5);
	asking.actor.type = ACTOR_USER;
	asking.actor.role = ROLE_OF_AGENT;
	asking.actor.agent = 77;
	assert_int_equal(count_all(&asking, OURS "/records?kind=message", "3"), 10);
	asking.actor.agent = 0; /* of no records */
	assert_int_equal(count_all(&asking, OURS "/records?kind=message", "3"), 0);
	asking_end(&asking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(pages_have_each_once_and_in_order),
	    IN_WORLD(a_page_that_is_just_full_is_the_last),
	    IN_WORLD(what_stays_is_on_one_page_whatever_comes_and_goes_meanwhile),
	    IN_WORLD(a_cursor_of_another_list_account_or_question_is_refused),
	    IN_WORLD(a_changed_cursor_is_refused),
	    IN_WORLD(a_limit_is_from_1_to_1000_and_is_no_part_of_the_question),
	    IN_WORLD(a_link_leads_to_the_next_page),
	    IN_WORLD(records_are_listed_by_kind_and_time_over_days),
	    IN_WORLD(an_agent_sees_the_records_that_are_theirs),
	    IN_WORLD(leaves_of_the_log_are_paged_from_any_on),
	};

	return cmocka_run_group_tests_name("api/paging", tests, NULL, NULL);
}
