/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "api/operations.h"
#include "vault/init.h"

struct init_request {
	const char *root, *token;
	struct root_options options;
	const char *region;
};

/* "<data folder>.<region>.root": beside the data folder, not in it. */
static enum result default_root(struct call *call, struct init_request *request, struct err *err)
{
	size_t len = strlen(call->data_dir);

	while (len > 1 && call->data_dir[len - 1] == '/')
		len--;
	request->options.provider = "file";
	request->options.file_path =
	    pool_printf(&call->pool, "%.*s.%s.root", (int)len, call->data_dir, request->region);
	return request->options.file_path != NULL ? OK : err_no_memory(err);
}

static enum result read_root(struct call *call, struct init_request *request, struct err *err)
{
	const char *root = request->root;

	if (root == NULL)
		return default_root(call, request, err);
	if (strncmp(root, "file:", 5) == 0 && root[5] != '\0') {
		request->options.provider = "file";
		request->options.file_path = root + 5;
		return OK;
	}
	if (strcmp(root, "passphrase") == 0) {
		request->options.provider = "passphrase";
		return OK;
	}
	if (strncmp(root, "pkcs11:", 7) == 0 && root[7] != '\0') {
		request->options.provider = "pkcs11";
		request->options.module = root + 7;
		request->options.token = request->token;
		if (request->token != NULL)
			return OK;
		err_set(err, ERR_INPUT, "a PKCS#11 root needs the label of its token");
		return err_mend(err, "add --token LABEL; `p11tool --list-tokens` shows the labels");
	}
	err_set(err, ERR_INPUT, "'%.60s' is no root", root);
	return err_mend(err, "choose file:PATH, passphrase, or pkcs11:MODULE with --token LABEL");
}

/* Without opening the root again, which could mean asking for its secret twice. */
static const char *promise_of(const struct init_request *request)
{
	if (strcmp(request->options.provider, "passphrase") == 0)
		return "A passphrase cannot be forgotten: only what is destroyed here is gone, not older copies. A "
		       "file\n"
		       "outside backups, or a hardware module, would cover the copies too.";
	if (strcmp(request->options.provider, "pkcs11") == 0)
		return "The epoch keys cannot leave the module. `lethe keys status` says what that covers.";
	return "This file is what opens the vault. Keep it outside every backup and snapshot: then, once `lethe keys "
	       "rotate`\n"
	       "has run, what was erased is unreadable in every copy of the data that does not include this file.";
}

static void report(struct call *call, const struct init_request *request)
{
	const char *file = request->options.file_path;

	call_say(call, "Made the region \"%s\" in %s.\n", request->region, call->data_dir);
	if (file != NULL)
		call_say(call, "Its root: %s\n", file);
	else
		call_say(call, "Its root: %s\n", request->options.provider);
	call_say(call, "%s\n", promise_of(request));
	call_say(call, "Next: lethe account create NAME --country CC\n");
	if (!call->json)
		return;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "region", request->region);
	json_string(&call->w, "folder", call->data_dir);
	json_string(&call->w, "root", request->options.provider);
	json_string(&call->w, "root_file", file);
	json_end_object(&call->w);
}

enum result op_init(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct init_request request = {0};
	const struct call_option options[] = {{"root", &request.root, NULL}, {"token", &request.token, NULL}};
	enum result r = call_parse(call, options, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (r != OK)
		return r;
	request.region = call->region != NULL ? call->region : VAULT_DEFAULT_REGION;
	r = read_root(call, &request, err);
	if (r == OK) {
		const struct vault_options vault = {.data_dir = call->data_dir,
						    .region = request.region,
						    .command = "init",
						    .write = true,
						    .lock_wait_ms = CALL_LOCK_WAIT_MS};

		request.options.secret_file = call->secret_file;
		r = init_vault(&vault, &request.options, call->now, err);
	}
	if (r == OK)
		report(call, &request);
	return r;
}
