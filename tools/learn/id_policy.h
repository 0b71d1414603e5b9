/* SPDX-License-Identifier: BSD-3-Clause */
/* What a row of IP identifications comes from. */
#ifndef TOOLS_LEARN_ID_POLICY_H
#define TOOLS_LEARN_ID_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct id_sample {
	uint64_t at;
	uint16_t id, port;
	uint32_t peer;
	uint8_t kind;
};

enum id_policy_kind {
	ID_UNKNOWN,
	ID_ZERO,
	ID_CONSTANT,
	ID_COUNTER,
	ID_SWAPPED,
	ID_RANDOM,
	ID_STEPS, /* a counter with large steps of random size */
	ID_PER_DESTINATION,
	ID_PER_PEER, /* the same for all protocols */
	ID_PER_CONNECTION
};

struct id_policy {
	enum id_policy_kind kind;
	uint16_t value; /* the constant, the step, or the largest of random steps */
	unsigned counter;
};

/** Of IDs in the order they were sent; ID_UNKNOWN for too few. What lies more than half a second apart is not compared. */
struct id_policy id_policy_find(const struct id_sample *s, unsigned n);

/* What may change from one sample to the next. */
enum id_across { ID_KINDS, ID_KINDS_SWAPPED, ID_KINDS_STEPS, ID_PEERS };
/** Whether one counter serves both, where they take turns; false where they never do. */
bool id_shared(const struct id_sample *s, unsigned n, enum id_across across);
/** Whether each port has a counter of its own. */
bool id_by_port(const struct id_sample *s, unsigned n);

#endif
