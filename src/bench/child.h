/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One measurement in a process of its own: its peak of memory is its own, and
 * nothing it leaves behind (threads, caches, a crash) touches the next.
 */
#ifndef LETHE_BENCH_CHILD_H
#define LETHE_BENCH_CHILD_H

#include <stdint.h>
#include "base/err.h"

/* What was measured: `units` of work in `ns` nanoseconds. */
struct sample {
	int64_t ns, units;
	int64_t processor_ns; /* processor time of all threads in that time: says more than `ns` on a busy machine */
	int64_t peak_bytes; /* the most memory held at once, mapped pages of files included; 0: not known */
	int64_t own_bytes;  /* of it not backed by files, when the clock was stopped; 0: not known */
	int64_t first_ns;   /* of `ns`, until a first goal was reached; 0: there is none */
	int64_t first_processor_ns;
};

/* Runs in the child; it may open vaults and start threads. */
typedef enum result child_work(void *arg, struct sample *out, struct err *err);
/* Forks, waits, fills in peak_bytes. The caller must have no threads. ERR_INTERRUPTED when somebody pressed Ctrl-C,
 * ERR_INTERNAL when the child died otherwise. */
MUST_CHECK enum result child_run(child_work *work, void *arg, struct sample *out, struct err *err);

/* By clocks that only run forward: time, and the processor time of this process. */
struct moment { int64_t ns, processor_ns; };
struct moment child_now(void);
/* Adds the time since `started` and notes the memory held now. */
void child_stop(struct sample *sample, struct moment started);
/* Notes when the first goal was reached. */
void child_first(struct sample *sample, struct moment started);
/* The same work as if it had ended there. first_ns > 0. */
struct sample child_until_first(const struct sample *sample);

#endif
