/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/embed.h"

/* .incbin looks from where the compiler was started, which is the top of the sources. A new file needs a line here, in
 * its table below and in the count of embed.h; the Makefile finds it by itself. */
#define EMBED(symbol, path)                                                                                            \
	__asm__(".pushsection .rodata\n"                                                                               \
		"law_" #symbol "_text:\n"                                                                              \
		".incbin \"" path "\"\n"                                                                               \
		"law_" #symbol "_end:\n"                                                                               \
		".byte 0\n"                                                                                            \
		".popsection\n");                                                                                      \
	extern const char law_##symbol##_text[] __attribute__((visibility("hidden")));                                 \
	extern const char law_##symbol##_end[] __attribute__((visibility("hidden")))

EMBED(holidays, "law/holidays.json");

EMBED(obligations_de, "law/obligations/DE.json");
EMBED(obligations_es, "law/obligations/ES.json");
EMBED(obligations_fr, "law/obligations/FR.json");
EMBED(obligations_gb, "law/obligations/GB.json");
EMBED(obligations_in, "law/obligations/IN.json");
EMBED(obligations_it, "law/obligations/IT.json");

EMBED(profile_aircall, "law/profiles/aircall.json");
EMBED(profile_callrail, "law/profiles/callrail.json");
EMBED(profile_converse, "law/profiles/converse.json");
EMBED(profile_exotel, "law/profiles/exotel.json");
EMBED(profile_gdpr_strict, "law/profiles/gdpr-strict.json");
EMBED(profile_justcall, "law/profiles/justcall.json");

const struct law_file law_obligation_files[LAW_OBLIGATION_FILES] = {
    {"law/obligations/DE.json", law_obligations_de_text, law_obligations_de_end},
    {"law/obligations/ES.json", law_obligations_es_text, law_obligations_es_end},
    {"law/obligations/FR.json", law_obligations_fr_text, law_obligations_fr_end},
    {"law/obligations/GB.json", law_obligations_gb_text, law_obligations_gb_end},
    {"law/obligations/IN.json", law_obligations_in_text, law_obligations_in_end},
    {"law/obligations/IT.json", law_obligations_it_text, law_obligations_it_end},
};

const struct law_file law_profile_files[LAW_PROFILE_FILES] = {
    {"law/profiles/aircall.json", law_profile_aircall_text, law_profile_aircall_end},
    {"law/profiles/callrail.json", law_profile_callrail_text, law_profile_callrail_end},
    {"law/profiles/converse.json", law_profile_converse_text, law_profile_converse_end},
    {"law/profiles/exotel.json", law_profile_exotel_text, law_profile_exotel_end},
    {"law/profiles/gdpr-strict.json", law_profile_gdpr_strict_text, law_profile_gdpr_strict_end},
    {"law/profiles/justcall.json", law_profile_justcall_text, law_profile_justcall_end},
};

const struct law_file law_holidays_file = {"law/holidays.json", law_holidays_text, law_holidays_end};
