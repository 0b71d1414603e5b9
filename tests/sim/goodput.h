/* SPDX-License-Identifier: BSD-3-Clause */
/* What flows of linux-6 get through a bottleneck under virtual time, and what RFC 9438 asks for. */
#ifndef TESTS_SIM_GOODPUT_H
#define TESTS_SIM_GOODPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <mien/personality.h>

#define GOODPUT_FLOWS 4
#define GOODPUT_FRAME 1538 /* a full segment on the wire, with preamble, FCS and gap */
#define GOODPUT_PAYLOAD 1448

struct goodput_cell {
	double rate_mbit, rtt_ms, queue; /* the queue in products of the two, no less than eight frames */
	double farther_ms;		 /* round trip that each second flow has more */
	double loss;			 /* of all segments; ACKs are spared */
	bool periodic;			 /* each 1/loss-th is lost, not by lot */
	bool at_once;			 /* the receiver acknowledges each segment */
};

struct goodput_run {
	enum mien_cc cc;
	unsigned int flows, warm, seconds; /* flows begin half a second apart; nothing counts while warm */
	uint64_t seed;
	bool unchecked; /* nobody looks at the wire: a third faster */
};

struct goodput_got {
	double mbit[GOODPUT_FLOWS]; /* payload delivered */
	double srtt_ms;		    /* the first flow's, on average */
	double lost, reductions;    /* of a segment sent: by chance or turn, and of the window for whatever reason */
};

void goodput_measure(const struct goodput_cell *cell, const struct goodput_run *run, struct goodput_got *got);
/* What the bottleneck could carry. */
double goodput_ceiling(const struct goodput_cell *cell);
/* Without waiting: a segment, and the one its ACK waits for, enter the link. */
double goodput_path_rtt_ms(const struct goodput_cell *cell);
/* Segments: RFC 9438 5.1, C 0.4 and beta 0.7, and where that is more, what Reno would have (4.3). */
double goodput_window(double rtt_ms, double loss);
/*
 * That as Mbit/s, nine tenths of the bottleneck at most. It is the mean of a curve through fractions of a segment, cut
 * off at each 1/loss-th segment at once: there is no round trip of recovery in it.
 */
double goodput_response(const struct goodput_cell *cell, double rtt_ms, double loss);
/* The same for what was measured: its round trip, and its losses or reductions, whichever were more. */
double goodput_response_of(const struct goodput_cell *cell, const struct goodput_got *got);
/*
 * Segments: what the function is the mean of, with what it leaves out: a window holds whole segments, and does not grow
 * while three duplicate ACKs tell of a loss and in the round trip in which it is repaired.
 */
double goodput_rule_window(double rtt_ms, double loss, double seconds);
/* Segments: the average window of the first flow, sent but for what was lost. */
double goodput_window_of(const struct goodput_cell *cell, const struct goodput_got *got);
/* Jain's index: 1 when all have the same. */
double goodput_fairness(const double *mbit, unsigned int flows);

#endif
