/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/browser.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SYSTEMS 16 /* in a number; room for more */

_Static_assert(BROWSER_SYSTEMS <= SYSTEMS, "a number holds them");

/* What gives one away. In this order: most name those that came before them too. */
struct sign { const char *text; int is; };

static const struct sign programs[] = {
    {"Edg/", BROWSER_EDGE}, {"EdgA/", BROWSER_EDGE}, {"EdgiOS/", BROWSER_EDGE}, {"OPR/", BROWSER_OPERA},
    {"Firefox/", BROWSER_FIREFOX}, {"FxiOS/", BROWSER_FIREFOX}, {"Chrome/", BROWSER_CHROME}, {"CriOS/", BROWSER_CHROME},
    {"Safari/", BROWSER_SAFARI}, {"curl/", BROWSER_CURL},
};
static const struct sign systems[] = {
    {"Android", BROWSER_ANDROID}, {"iPhone", BROWSER_IOS}, {"iPad", BROWSER_IOS}, {"Windows", BROWSER_WINDOWS},
    {"Mac OS X", BROWSER_MACOS}, {"Linux", BROWSER_LINUX},
};
static const char *const program_names[BROWSER_PROGRAMS] = {"", "Edge", "Opera", "Firefox", "Chrome", "Safari", "curl"};
static const char *const system_names[BROWSER_SYSTEMS] = {"", "Android", "iOS", "Windows", "macOS", "Linux"};

static int find(const struct sign *signs, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strstr(text, signs[i].text) != NULL)
			return signs[i].is;
	}
	return 0;
}

struct browser browser_read(const char *user_agent)
{
	const char *text = user_agent != NULL ? user_agent : "";

	return (struct browser){
	    (enum browser_program)find(programs, sizeof programs / sizeof programs[0], text),
	    (enum browser_system)find(systems, sizeof systems / sizeof systems[0], text)};
}

int browser_number(struct browser browser)
{
	return (int)browser.program * SYSTEMS + (int)browser.system;
}

struct browser browser_of(int number)
{
	int program = number / SYSTEMS, system = number % SYSTEMS;

	if (number < 0 || program >= BROWSER_PROGRAMS || system >= BROWSER_SYSTEMS)
		return (struct browser){0};
	return (struct browser){(enum browser_program)program, (enum browser_system)system};
}

const char *browser_text(struct browser browser, char out[BROWSER_TEXT_MAX])
{
	bool program = browser.program > 0, system = browser.system > 0;

	snprintf(out, BROWSER_TEXT_MAX, "%s%s%s", program_names[browser.program], program && system ? " on " : "",
		 system_names[browser.system]);
	return program || system ? out : NULL;
}
