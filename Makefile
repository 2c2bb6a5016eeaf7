# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# The front door.  `make run` and `make test` are all a newcomer needs; both
# install what is missing first.  `make help` lists the rest.

# Layers, lowest first.  A file may include headers of its own layer and of
# layers before it; scripts/check-includes proves it.
LAYERS := base shim crypto db blob audit store law vault retention privacy ingest export net access notify bench api daemon cli

ifdef SANITIZE
BUILD    := build/sanitize
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT      := -O1 -g
else ifdef TSAN
BUILD    := build/tsan
SANFLAGS := -fsanitize=thread -fno-omit-frame-pointer
OPT      := -O1 -g
else
BUILD    := build
SANFLAGS :=
OPT      := -O2 -g
endif

CC       := gcc
CXX      := g++
PKGS     := sqlite3 openssl libsodium icu-i18n icu-uc libarchive sndfile libcurl libmicrohttpd gnutls libsystemd
WARN     := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings \
            -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough
CWARN    := $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
HARDEN   := -fstack-protector-strong -fPIE -fno-plt
ifeq ($(SANFLAGS),)
HARDEN   += -D_FORTIFY_SOURCE=2
endif
CPPFLAGS := -Isrc -D_GNU_SOURCE $(shell pkg-config --cflags p11-kit-1 $(PKGS) 2>/dev/null)
CFLAGS   := -std=c17 $(OPT) $(CWARN) $(HARDEN) $(SANFLAGS)
CXXFLAGS := -std=c++17 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS)
LDFLAGS  := -pie -Wl,-z,relro,-z,now $(SANFLAGS)
LDLIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lphonenumber -lsimdjson -lpthread -ldl

SRC      := $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c src/$(l)/*.cc))
OBJ      := $(patsubst src/%,$(BUILD)/obj/%.o,$(SRC))
LIBOBJ   := $(filter-out $(BUILD)/obj/cli/main.c.o,$(OBJ))
LIB      := $(BUILD)/liblethe.a

# One test program per tests/<layer>/<name>.c, linked against the whole library.
TESTSRC  := $(foreach l,$(LAYERS),$(wildcard tests/$(l)/*.c))
TESTBIN  := $(patsubst tests/%.c,$(BUILD)/test/%,$(TESTSRC))
# What the end-to-end tests use besides: preloaded libraries, a tool that searches copies.
FAULTLIB := $(BUILD)/test/faults.so $(BUILD)/test/scarce.so
FORENSIC := $(BUILD)/test/forensic
FORENSICOBJ := $(patsubst tests/%.c,$(BUILD)/test/obj/%.o,$(wildcard tests/e2e/forensic/*.c))

PREFIX   := /usr/local

.PHONY: all run test tsan bench load fuzz foreign lint install clean help
.DEFAULT_GOAL := all

all: $(BUILD)/lethe

help:
	@sed -n 's/^## //p' Makefile

## make run         install what is missing, build, run the first-run tour on bundled real data
run:
	@scripts/deps run
	$(MAKE) --no-print-directory all
	LETHE=$(BUILD)/lethe scripts/tour

## make test        install what is missing, build, run every test   (SANITIZE=1, TSAN=1, LONG=1)
test:
	@scripts/deps run test
	$(MAKE) --no-print-directory test-built

## make tsan        the tests of layers that have threads, and of the daemon, under the thread sanitizer
tsan:
	@scripts/deps run test
	$(MAKE) --no-print-directory TSAN=1 tsan-built

## make bench       measure against baselines in the same run; prints ratios   (BENCH="--quick import")
bench:
	@scripts/deps run
	$(MAKE) --no-print-directory all
	$(BUILD)/lethe bench $(BENCH)

## make load        ask a daemon beside 10,000 idle connections, slow clients and long work; prints ratios   (LOAD="idle read")
load:
	@scripts/deps run test
	$(MAKE) --no-print-directory all
	LETHE=$(abspath $(BUILD)/lethe) tests/load/run $(LOAD)

## make fuzz        run every fuzzer for FUZZ_SECONDS each (default 20)
fuzz:
	@scripts/deps run lint
	scripts/fuzz

## make foreign     check proofs and receipts with Go's own tlog library, where `go` is installed
foreign:
	@scripts/deps run
	scripts/foreign

## make lint        include direction, SQL placement, banned calls, promises, clang-tidy, cppcheck, shellcheck
lint:
	@scripts/deps run test lint
	scripts/check-includes
	scripts/check-sql
	scripts/check-banned
	scripts/check-promises
	scripts/check-static

## make install     DESTDIR= and PREFIX= as usual
install: all
	install -D -m 0755 $(BUILD)/lethe $(DESTDIR)$(PREFIX)/bin/lethe
	install -D -m 0644 man/lethe.1 $(DESTDIR)$(PREFIX)/share/man/man1/lethe.1
	install -D -m 0644 systemd/lethe.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/lethe.conf
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' systemd/lethe.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/lethe.service

## make clean       remove build/
clean:
	rm -rf build

.PHONY: test-built
test-built: $(BUILD)/lethe $(TESTBIN) $(FAULTLIB) $(FORENSIC)
	BUILD=$(abspath $(BUILD)) SANITIZE=$(SANITIZE)$(TSAN) TSAN=$(TSAN) LONG=$(LONG) scripts/run-tests

# Of those below a layer that makes threads, and of the daemon, all that it does at once and each part of it.
THREADED   := db/ blob/ ingest/ net/ access/ notify/ api/ daemon/ vault/vault vault/view vault/rotate vault/read_ vault/kept
THREADED_E2E := e2e/together e2e/serve e2e/streams e2e/jobs e2e/keyed e2e/notify
.PHONY: tsan-built
tsan-built: $(BUILD)/lethe $(filter $(THREADED:%=$(BUILD)/test/%%),$(TESTBIN)) $(FAULTLIB)
	BUILD=$(abspath $(BUILD)) SANITIZE=1 TSAN=1 scripts/run-tests $(THREADED) $(THREADED_E2E)

$(BUILD)/lethe: $(BUILD)/obj/cli/main.c.o $(LIB)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Rebuilt whole, so that an object whose source is gone does not linger in it.
$(LIB): $(LIBOBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/%.c.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# It takes in the files below law/ as they are.
$(BUILD)/obj/notify/template.c.o: $(wildcard templates/mail/*)
$(BUILD)/obj/daemon/pages.c.o: $(wildcard templates/pages/*)
$(BUILD)/obj/law/embed.c.o: $(wildcard law/*.json law/obligations/*.json law/profiles/*.json)
$(BUILD)/obj/api/schemas.c.o: $(wildcard src/api/*.json)

$(BUILD)/obj/%.cc.o: src/%.cc Makefile
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/test/obj/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -c -o $@ $<

$(TESTBIN): $(BUILD)/test/%: $(BUILD)/test/obj/%.o $(LIB)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka -Wl,--as-needed -lcurl

$(FAULTLIB): $(BUILD)/test/%.so: tests/e2e/%.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c17 -O1 -g $(CWARN) -fPIC -shared -o $@ $< -ldl

$(FORENSIC): $(FORENSICOBJ) $(LIB)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# For scripts that compile by themselves: `make -s print-LDLIBS`.
print-%:
	@echo '$($*)'

# Keep the test objects: make would otherwise delete them as intermediates.
.SECONDARY:

-include $(OBJ:.o=.d)
-include $(wildcard $(BUILD)/test/obj/*/*.d) $(FORENSICOBJ:.o=.d)
