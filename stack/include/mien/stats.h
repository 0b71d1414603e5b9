/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of a stack: plain 64-bit numbers, written by its lcore, read by anyone (a read may be a burst late). */
#ifndef MIEN_STATS_H
#define MIEN_STATS_H

#include <mien/defs.h>
#include <mien/drop.h>

MIEN_BEGIN_DECLS

#define MIEN_COUNTERS(X)                                                                           \
	X(rx_packets, "frames received")                                                           \
	X(rx_bytes, "bytes of frames received")                                                    \
	X(tx_packets, "frames sent")                                                               \
	X(tx_bytes, "bytes of frames sent")                                                        \
	X(arp_requests_sent, "ARP requests sent")                                                  \
	X(arp_replies_sent, "ARP replies sent")                                                    \
	X(arp_conflicts, "claims of a local address by another station")                           \
	X(icmp_echo_replies, "echo requests answered")                                             \
	X(icmp_errors_sent, "ICMP errors sent")                                                    \
	X(icmp_errors_received, "ICMP errors received")                                            \
	X(ip_reassembled, "datagrams reassembled")                                                 \
	X(ip_fragmented, "datagrams fragmented on output")                                         \
	X(udp_received, "datagrams delivered")                                                     \
	X(udp_sent, "datagrams sent")                                                              \
	X(tcp_segments_received, "segments received")                                              \
	X(tcp_segments_sent, "segments sent")                                                      \
	X(tcp_payload_received, "payload bytes taken in order")                                    \
	X(tcp_payload_sent, "payload bytes sent, first transmissions")                             \
	X(tcp_payload_copied, "payload bytes copied by the engine, in pieces above 256 bytes")     \
	X(tcp_payload_copied_small, "payload bytes copied by the engine, in shorter pieces")       \
	X(tcp_payload_copied_user, "payload bytes copied because the caller passed bytes")         \
	X(tcp_passive_opens, "connections opened by a peer")                                       \
	X(tcp_active_opens, "connections opened from here")                                        \
	X(tcp_established, "connections that reached ESTABLISHED")                                 \
	X(tcp_failed_opens, "connections that never reached ESTABLISHED")                          \
	X(tcp_resets_received, "connections reset by the peer")                                    \
	X(tcp_resets_sent, "RST segments sent")                                                    \
	X(tcp_timeouts, "connections given up")                                                    \
	X(tcp_closed, "connections closed in order")                                               \
	X(tcp_retransmits, "segments sent again")                                                  \
	X(tcp_rto_expired, "retransmission timeouts")                                              \
	X(tcp_fast_retransmits, "fast retransmissions begun")                                      \
	X(tcp_tail_probes, "tail loss probes sent")                                                \
	X(tcp_dsacks_received, "duplicates that peers reported")                                   \
	X(tcp_retransmits_needless, "of the segments sent again, those reported as duplicates")    \
	X(tcp_ecn_reductions, "reductions of the congestion window because of marks")                \
	X(tcp_recoveries_undone, "recoveries found needless, the windows put back")                \
	X(tcp_out_of_order, "segments received out of order")                                      \
	X(tcp_dup_acks_received, "duplicate ACKs received")                                        \
	X(tcp_delayed_acks, "ACKs sent by the delayed-ACK timer")                                  \
	X(tcp_challenge_acks, "challenge ACKs sent")                                               \
	X(tcp_probes_sent, "zero-window and keepalive probes sent")                                \
	X(tcp_path_mtu_lowered, "connections whose segments became smaller for their path")          \
	X(tcp_path_mtu_probes, "larger segments sent to learn whether the path takes them")         \
	X(tcp_time_wait_reused, "connections in TIME-WAIT reopened by a new SYN")                  \
	X(tcp_time_wait_evicted, "connections that left TIME-WAIT early for want of room")         \
	X(tcp_fast_open_cookies_sent, "Fast Open cookies sent to those who asked or had a wrong one")    \
	X(tcp_fast_open_passive, "connections accepted with their SYN, by a Fast Open cookie")     \
	X(tcp_fast_open_passive_refused, "SYNs with a wrong Fast Open cookie")                     \
	X(tcp_fast_open_overflow, "SYNs whose Fast Open was refused because too many were pending") \
	X(tcp_fast_open_active, "SYNs sent with data")                                             \
	X(tcp_fast_open_active_taken, "of these, those whose data was all taken at once")          \
	X(tcp_fast_open_blackholes, "peers not tried again for a while: SYNs with data were lost") \
	X(neigh_evicted, "neighbours forgotten for want of room")                                  \
	X(pressure_begun, "times that mbufs or connection blocks became scarce")                   \
	X(pressure_limits, "times that they reached their limit")                                  \
	X(tcp_cookies_sent, "SYNs answered with a cookie")                                         \
	X(tcp_cookies_accepted, "connections opened by a cookie's ACK")                            \
	X(tcp_orphans_refused, "connections reset at their close: too many linger without an owner") \
	X(tcp_stuck_ended, "connections ended for want of memory: their peers took nothing")       \
	X(tcp_out_of_order_pruned, "mbufs out of order given up for want of memory")

struct mien_counters {
#define MIEN_COUNTER_MEMBER(name, text) uint64_t name;
	MIEN_COUNTERS(MIEN_COUNTER_MEMBER)
#undef MIEN_COUNTER_MEMBER
	uint64_t drops[MIEN_DROP_COUNT];
};

/** How scarce memory is. */
enum mien_pressure {
	MIEN_PRESSURE_NONE,
	MIEN_PRESSURE_SOME, /* three quarters of the mbufs that queues may hold, or seven eighths of the connections */
	MIEN_PRESSURE_LIMIT /* all of them: nothing new is begun */
};

/** What is in use now. */
struct mien_gauges {
	uint32_t tcbs;		 /* connection blocks, half-open ones included */
	uint32_t half_open;	 /* of these, in SYN-RECEIVED */
	uint32_t time_wait;	 /* small records in TIME-WAIT */
	uint32_t timers;	 /* armed wheel entries */
	uint32_t listeners;
	uint32_t udp_endpoints;
	uint32_t hosts;
	uint32_t neighbours;
	uint32_t fragments;	 /* datagrams being reassembled */
	uint64_t mbufs_held;	 /* mbufs in receive, send, reassembly and neighbour queues */
	uint32_t pressure;	 /* enum mien_pressure */
	uint32_t orphans;	 /* of tcbs, closed by the application */
	uint32_t out_of_order_mbufs;
	uint32_t fragment_mbufs;
	uint32_t neighbour_mbufs; /* waiting for a neighbour's address */
	uint64_t out_of_order_bytes;
	uint64_t fragment_bytes; /* of memory */
};

MIEN_API void mien_stack_counters(const struct mien_stack *st, struct mien_counters *out);
MIEN_API void mien_stack_gauges(const struct mien_stack *st, struct mien_gauges *out);

/** Walks the counters by name, for printing: returns false when i is past the last. */
MIEN_API bool mien_counter_at(const struct mien_counters *c, unsigned i, const char **name,
	const char **text, uint64_t *value);

MIEN_END_DECLS
#endif
