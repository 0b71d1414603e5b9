/* SPDX-License-Identifier: BSD-3-Clause */
/* The run loop over a capture file: time is the packets' and the stack's own, and the same in each run. */
#include "loop_priv.h"
#include "pcap_port.h"

#define LINGER_DEFAULT_NS (600 * 1000000000ull)
/* Turns without time moving on: more means that something is due and never done. */
#define STUCK_TURNS 100000

/* When something happens next; MIEN_NEVER at the end of the run. */
static uint64_t
next_time(const struct mien_loop *loop, const struct mien_port *port, uint64_t last_packet)
{
	uint64_t packet = pcap_port_next(port), due = loop_deadline(loop);
	uint64_t linger = loop->config.linger_ns != 0 ? loop->config.linger_ns : LINGER_DEFAULT_NS;

	if (packet == MIEN_NEVER && due != MIEN_NEVER && due > last_packet + linger)
		return MIEN_NEVER;
	return packet < due ? packet : due;
}

int
loop_run_virtual(struct mien_loop *loop)
{
	struct mien_port *port = loop->attached[0].port;
	uint64_t last_packet = pcap_port_now(port), idle = 0;
	struct mien_error error;

	loop->now = last_packet;
	readers_online(loop);
	while (__atomic_load_n(&loop->stopping, __ATOMIC_RELAXED) == 0) {
		bool work = loop_turn(loop);
		uint64_t next = next_time(loop, port, last_packet);

		reactor_wait(loop, 0);
		if (work && next != MIEN_NEVER && next > loop->now)
			next = loop->now; /* the application may have more to say at this time */
		else if (next == MIEN_NEVER && !work)
			break;
		if (next == MIEN_NEVER)
			continue;
		idle = next <= loop->now && !work ? idle + 1 : 0;
		if (idle > STUCK_TURNS)
			break;
		pcap_port_advance(port, next);
		loop->now = pcap_port_now(port);
		if (pcap_port_next(port) != MIEN_NEVER)
			last_packet = loop->now;
	}
	readers_offline(loop);
	__atomic_store_n(&loop->stopping, 0, __ATOMIC_RELAXED);
	return mien_port_error(port, &error) ? error.err : 0;
}
