/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/schemas.h"

/* .incbin looks from where the compiler was started, which is the top of the sources. */
__asm__(".pushsection .rodata\n"
	"api_schemas_text:\n"
	".incbin \"src/api/schemas.json\"\n"
	"api_schemas_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char api_schemas_text[] __attribute__((visibility("hidden")));
extern const char api_schemas_end[] __attribute__((visibility("hidden")));

const char *schemas_text(size_t *len)
{
	/* cppcheck-suppress comparePointers ; both stand in one text, see above */
	*len = (size_t)(api_schemas_end - api_schemas_text);
	return api_schemas_text;
}
