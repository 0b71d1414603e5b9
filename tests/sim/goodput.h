/* SPDX-License-Identifier: BSD-3-Clause */
/* What flows of linux-6 get through a bottleneck under virtual time, and what RFC 9438 asks for. */
#ifndef TESTS_SIM_GOODPUT_H
#define TESTS_SIM_GOODPUT_H

#include <stdint.h>

#include <mien/personality.h>

#define GOODPUT_FLOWS 4
#define GOODPUT_FRAME 1538 /* a full segment on the wire, with preamble, FCS and gap */
#define GOODPUT_PAYLOAD 1448

struct goodput_cell {
	double rate_mbit, rtt_ms, queue; /* the queue in products of the two, no less than eight frames */
	double loss;			 /* of all segments; ACKs are spared */
};

/*
 * Mbit/s of payload that each flow delivered in `seconds`, after `warm` seconds in which nothing counts. Flows begin
 * half a second apart.
 */
void goodput_measure(const struct goodput_cell *cell, enum mien_cc cc, unsigned int flows, unsigned int warm,
	unsigned int seconds, uint64_t seed, double mbit[GOODPUT_FLOWS]);
/* What the bottleneck could carry. */
double goodput_ceiling(const struct goodput_cell *cell);
/*
 * RFC 9438 5.1, and where that is more, what Reno would reach (4.3); nine tenths of the bottleneck at most. It knows of
 * no whole segments, no round trips of recovery and no timeouts: its tables end at a loss of one in a hundred, where a
 * window has twelve segments.
 */
double goodput_response(const struct goodput_cell *cell);
/* Jain's index: 1 when all have the same. */
double goodput_fairness(const double *mbit, unsigned int flows);

#endif
