/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The vocabularies of profiles, which are read (profile_read.c) and named
 * (profile.c) by the same tables.
 */
#ifndef LETHE_LAW_PROFILE_WORDS_H
#define LETHE_LAW_PROFILE_WORDS_H

#include "law/profile.h"

#define LIFE_COUNT 4
#define STATE_COUNT 4
#define SCOPE_COUNT 4
#define CHANGE_COUNT 2

extern const char *const profile_terms[TERM_COUNT];
extern const char *const profile_duties[DUTY_COUNT];
extern const char *const profile_things[THING_COUNT];
extern const char *const profile_lives[LIFE_COUNT];
extern const char *const profile_switches[SWITCH_COUNT];
extern const char *const switch_states[STATE_COUNT];
extern const char *const switch_scopes[SCOPE_COUNT]; /* by bit */
extern const char *const profile_changes[CHANGE_COUNT];

#endif
