/* SPDX-License-Identifier: BSD-3-Clause */
/* One frame as an observer reads it: everything that any of the fingerprints looks at. */
#ifndef ORACLE_OBSERVED_H
#define ORACLE_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OBSERVED_QUOTE_MAX 600
#define OBSERVED_CRC_MAX 512

enum observed_kind { OBSERVED_OTHER, OBSERVED_ARP, OBSERVED_TCP, OBSERVED_UDP, OBSERVED_ICMP };

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_URG 0x20
#define FLAG_ECE 0x40
#define FLAG_CWR 0x80

struct observed {
	enum observed_kind kind;
	/* IP */
	uint32_t src, dst; /* host order */
	uint16_t ip_id, ip_len;
	uint8_t ttl, tos, ip_options; /* bytes of options */
	bool df, evil;
	/* TCP and UDP */
	uint16_t sport, dport;
	/* TCP */
	uint32_t seq, ack;
	uint16_t window, urgent;
	uint8_t flags, reserved; /* the four bits between offset and flags */
	uint8_t opt_len;
	uint8_t opts[40];
	/* TCP and UDP */
	uint16_t data_len;
	uint32_t data_crc; /* of a RST's data, and of datagrams up to CRC_MAX; else 0 */
	/* ICMP */
	uint8_t type, code;
	uint32_t rest; /* second word of the header */
	uint16_t quote_len; /* bytes behind the header; what is beyond QUOTE_MAX is not in quote */
	uint8_t quote[OBSERVED_QUOTE_MAX];
	/* ARP */
	uint16_t arp_op;
	uint32_t arp_spa, arp_tpa;
};

/** Reads an Ethernet frame; false for one that is cut, malformed or a fragment. One VLAN tag is looked behind. */
bool observe(const uint8_t *frame, size_t len, struct observed *out);

/** Options in order; NOP and EOL have len 1. */
struct opt_walk {
	const uint8_t *at, *end;
	uint8_t kind, len;
	const uint8_t *value;
};
void opt_begin(struct opt_walk *w, const uint8_t *opts, size_t len);
/** The next option; false at the end or before a malformed one (at != end then). Goes on behind EOL. */
bool opt_next(struct opt_walk *w);
/** The value of the first option of a kind that has this length in all, or NULL. Stops at EOL. */
const uint8_t *opt_find(const uint8_t *opts, size_t len, uint8_t kind, uint8_t opt_len);

#endif
