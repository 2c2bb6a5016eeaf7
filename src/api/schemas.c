/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/schemas.h"

/* .incbin looks from where the compiler was started, which is the top of the sources. */
#define EMBED(name)                                                                                                    \
	__asm__(".pushsection .rodata\n"                                                                               \
		"api_" #name "_text:\n"                                                                                \
		".incbin \"src/api/" #name ".json\"\n"                                                                 \
		"api_" #name "_end:\n"                                                                                 \
		".byte 0\n"                                                                                            \
		".popsection\n");                                                                                      \
	extern const char api_##name##_text[] __attribute__((visibility("hidden")));                                   \
	extern const char api_##name##_end[] __attribute__((visibility("hidden")));                                    \
	const char *name##_text(size_t *len)                                                                           \
	{                                                                                                              \
		*len = (size_t)(api_##name##_end - api_##name##_text);                                                 \
		return api_##name##_text;                                                                              \
	}

/* cppcheck-suppress comparePointers ; both stand in one text */
EMBED(schemas)
/* cppcheck-suppress comparePointers ; both stand in one text */
EMBED(descriptions)
/* cppcheck-suppress comparePointers ; both stand in one text */
EMBED(examples)
