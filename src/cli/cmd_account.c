/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "cli/commands.h"

#define BATCH 64

static void print_account(struct cli *cli, const struct account *account)
{
	json_begin_object(&cli->w, NULL);
	json_id(&cli->w, "id", ACCOUNT_PREFIX, account->id);
	json_string(&cli->w, "name", account->name);
	json_string(&cli->w, "country", account->country);
	json_instant(&cli->w, "created", account->created);
	json_end_object(&cli->w);
}

enum result cmd_account_create(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *country = NULL;
	const struct cli_option options[] = {{"country", &country, NULL}};
	struct account account;
	char id[ID_TEXT_MAX];
	enum result r = cli_parse(cli, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && country == NULL) {
		err_set(err, ERR_INPUT, "the account needs a country");
		r = err_mend(err, "add --country CC, such as --country DK: numbers without a country code are read by "
				  "its rules");
	}
	if (r == OK)
		r = cli_open(cli, true, err);
	if (r == OK)
		r = accounts_create(cli->vault, argv[0], country, cli->now, &cli->pool, &account, err);
	if (r != OK)
		return r;
	cli_say(cli, "Made the account \"%s\" (%s), %s, in region %s.\n", cli_clean(cli, account.name),
		id_format(ACCOUNT_PREFIX, account.id, id), account.country, cli->vault->region);
	print_account(cli, &account);
	return OK;
}

static enum result list_batch(struct cli *cli, const uint32_t *numbers, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct account account;
		char id[ID_TEXT_MAX], created[TIME_TEXT_MAX];
		enum result r = accounts_get(&cli->vault->read, numbers[i], &cli->pool, &account, err);

		if (r != OK)
			return r;
		cli_say(cli, "%s  %s  %s  %s\n", id_format(ACCOUNT_PREFIX, account.id, id), account.country,
			date_format(instant_date(account.created), created), cli_clean(cli, account.name));
		print_account(cli, &account);
	}
	return OK;
}

enum result cmd_account_list(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	uint32_t numbers[BATCH], last = 0;
	size_t count = 0, all = 0;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open(cli, false, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "region", cli->vault->region);
	json_begin_array(&cli->w, "accounts");
	do {
		r = account_list(cli->vault->read.data, last, numbers, BATCH, &count, err);
		if (r == OK)
			r = list_batch(cli, numbers, count, err);
		if (r == OK && count > 0)
			last = numbers[count - 1];
		all += count;
	} while (r == OK && count == BATCH);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	if (r == OK && all == 0)
		cli_say(cli, "There is no account yet. Make one with: lethe account create NAME --country CC\n");
	return r;
}
