/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a packet was not accepted: one list gives the enum, the name, the sentence and a counter per stack. */
#ifndef MIEN_DROP_H
#define MIEN_DROP_H

#include <mien/defs.h>

MIEN_BEGIN_DECLS

#define MIEN_DROP_REASONS(X)                                                                       \
	X(NONE, "none", "accepted")                                                                \
	X(ETH_SHORT, "eth-short", "the frame is shorter than an Ethernet header")                  \
	X(ETH_NOT_OURS, "eth-not-ours", "the frame is addressed to another station")               \
	X(ETH_TYPE, "eth-type", "no handler for the EtherType")                                    \
	X(VLAN, "vlan", "the 802.1Q tag is not the one this stack is on")                          \
	X(ARP_MALFORMED, "arp-malformed", "the ARP body is short or has unknown lengths")          \
	X(ARP_IGNORED, "arp-ignored", "the personality does not answer such an ARP packet")        \
	X(ARP_NOT_OURS, "arp-not-ours", "the ARP packet asks for another host")                    \
	X(ARP_BAD_SENDER, "arp-bad-sender", "the ARP sender is no unicast station on this link")   \
	X(ARP_CONFLICT, "arp-conflict", "another station claims a local address")                  \
	X(NEIGH_QUEUE, "neigh-queue", "too many packets wait for a neighbour's address")           \
	X(NEIGH_FAILED, "neigh-failed", "the neighbour did not answer")                            \
	X(IP_SHORT, "ip-short", "the packet is shorter than its IP header says")                   \
	X(IP_VERSION, "ip-version", "the IP version does not fit the EtherType")                   \
	X(IP_HEADER_LEN, "ip-header-len", "the IP header length is impossible")                    \
	X(IP_TOTAL_LEN, "ip-total-len", "the IP total length is impossible")                       \
	X(IP_CHECKSUM, "ip-checksum", "the IP header checksum is wrong")                           \
	X(IP_BAD_SOURCE, "ip-bad-source", "the source is no address that a host can have")         \
	X(IP_NOT_OURS, "ip-not-ours", "the destination is no host of this stack")                  \
	X(IP_LINK_BROADCAST, "ip-link-broadcast", "a unicast packet came in a link broadcast")     \
	X(IP_OPTION, "ip-option", "an IP option is malformed or asks for source routing")          \
	X(IP_PROTOCOL, "ip-protocol", "no handler for the IP protocol")                            \
	X(IP_NO_ROUTE, "ip-no-route", "no route to the destination")                               \
	X(IP_TOO_BIG, "ip-too-big", "the packet exceeds the MTU and must not be fragmented")       \
	X(FRAG_MALFORMED, "frag-malformed", "the fragment's offset or length is impossible")       \
	X(FRAG_OVERLAP, "frag-overlap", "the fragment overlaps another")                           \
	X(FRAG_LIMIT, "frag-limit", "the memory or the count allowed for fragments is used up")    \
	X(FRAG_SOURCE, "frag-source", "one source's share of the memory for fragments is used up") \
	X(FRAG_TIMEOUT, "frag-timeout", "the rest of the datagram did not come in time")           \
	X(FRAG_ECN, "frag-ecn", "fragments of one datagram mix CE and Not-ECT")                    \
	X(ICMP_SHORT, "icmp-short", "the ICMP message is too short for its type")                  \
	X(ICMP_CHECKSUM, "icmp-checksum", "the ICMP checksum is wrong")                            \
	X(ICMP_TYPE, "icmp-type", "the ICMP type is ignored")                                      \
	X(ICMP_BROADCAST, "icmp-broadcast", "an ICMP request came to a broadcast address")         \
	X(ICMP_RATE, "icmp-rate", "the personality's ICMP rate limit is reached")                  \
	X(ICMP_STALE, "icmp-stale", "the ICMP error concerns no known connection or old data")     \
	X(UDP_SHORT, "udp-short", "the UDP datagram is shorter than its header says")              \
	X(UDP_CHECKSUM, "udp-checksum", "the UDP checksum is wrong")                               \
	X(UDP_CLOSED, "udp-closed", "no endpoint at the UDP port")                                 \
	X(UDP_FULL, "udp-full", "the UDP endpoint's queue is full")                                \
	X(TCP_SHORT, "tcp-short", "the segment is shorter than a TCP header")                      \
	X(TCP_DATA_OFFSET, "tcp-data-offset", "the TCP data offset is impossible")                 \
	X(TCP_CHECKSUM, "tcp-checksum", "the TCP checksum is wrong")                               \
	X(TCP_BROADCAST, "tcp-broadcast", "a TCP segment came by broadcast or multicast")          \
	X(TCP_LAND, "tcp-land", "source and destination are the same")                             \
	X(TCP_NO_CONN, "tcp-no-conn", "no connection and no listener at the port")                 \
	X(TCP_LISTEN, "tcp-listen", "a listener does not want such a segment")                     \
	X(TCP_SYN_BACKLOG, "tcp-syn-backlog", "the listener's queue of half-open connections is full") \
	X(TCP_ACCEPT_BACKLOG, "tcp-accept-backlog", "the listener's accept queue is full")         \
	X(TCP_HALF_OPEN, "tcp-half-open", "the stack's limit of half-open connections is reached") \
	X(TCP_COOKIE, "tcp-cookie", "the ACK fits no SYN cookie, but some are out: what fits may follow") \
	X(TCP_NO_TCB, "tcp-no-tcb", "all connection blocks are in use")                            \
	X(TCP_SEQ_OLD, "tcp-seq-old", "the segment lies below the window: nothing new")            \
	X(TCP_SEQ_FUTURE, "tcp-seq-future", "the segment lies beyond the window")                  \
	X(TCP_PAWS, "tcp-paws", "the timestamp is older than the last (PAWS)")                     \
	X(TCP_NO_TIMESTAMP, "tcp-no-timestamp", "a timestamp was negotiated and is missing")       \
	X(TCP_RST_OUT, "tcp-rst-out", "a reset lies outside the window")                           \
	X(TCP_RST_CHALLENGED, "tcp-rst-challenged", "a reset was answered with a challenge ACK")   \
	X(TCP_SYN_CHALLENGED, "tcp-syn-challenged", "a SYN in a synchronized state was challenged") \
	X(TCP_ACK_FUTURE, "tcp-ack-future", "the segment acknowledges what was never sent")        \
	X(TCP_ACK_OLD, "tcp-ack-old", "the segment acknowledges what is far too old")              \
	X(TCP_NO_ACK, "tcp-no-ack", "a segment without ACK in a synchronized state")               \
	X(TCP_SYN_SENT, "tcp-syn-sent", "the segment does not fit a connection being opened")      \
	X(TCP_REASS_LIMIT, "tcp-reass-limit", "too many bytes or pieces wait out of order")        \
	X(TCP_MEMORY, "tcp-memory", "too many mbufs stand in queues: the payload must come again") \
	X(TCP_DUPLICATE, "tcp-duplicate", "all bytes of the segment were here already")            \
	X(TCP_AFTER_FIN, "tcp-after-fin", "data after the peer's FIN")                             \
	X(TCP_CLOSED_RCV, "tcp-closed-rcv", "data after this side's close")                        \
	X(TCP_RST_RATE, "tcp-rst-rate", "the personality's limit of resets is reached")            \
	X(TCP_TIME_WAIT, "tcp-time-wait", "the segment came in TIME-WAIT")                         \
	X(NO_MBUF, "no-mbuf", "the mbuf pool is empty")                                            \
	X(TX_FULL, "tx-full", "the transmit queue is full")                                        \
	X(HOST_DOWN, "host-down", "the host is being probed for conflicts or is removed")

enum mien_drop {
#define MIEN_DROP_ENUM(id, name, text) MIEN_DROP_##id,
	MIEN_DROP_REASONS(MIEN_DROP_ENUM)
#undef MIEN_DROP_ENUM
	MIEN_DROP_COUNT
};

MIEN_API const char *mien_drop_name(enum mien_drop reason);
MIEN_API const char *mien_drop_text(enum mien_drop reason);

MIEN_END_DECLS
#endif
