/* SPDX-License-Identifier: BSD-3-Clause */
/* The prober's own frames, whole or in fragments. Numbers in host order. */
#ifndef TOOLS_LEARN_FRAMES_H
#define TOOLS_LEARN_FRAMES_H

#include "observed.h"

#define FRAME_CAP 1514
#define FRAME_BODY (FRAME_CAP - 34)

struct frame_link {
	uint8_t to[6], from[6];
};

struct frame_ip {
	uint32_t src, dst;
	uint16_t id, fragment; /* offset in 8 bytes */
	uint8_t protocol, ttl, tos;
	bool df, more;
};

struct frame_tcp {
	uint16_t sport, dport, window, data_len;
	uint32_t seq, ack;
	uint8_t flags, opt_len; /* a multiple of 4 */
	uint8_t opts[40];
	uint8_t fill; /* each byte of the data */
};

/** Each gives the frame's length; frame has FRAME_CAP bytes. */
size_t frame_raw(const struct frame_link *l, const struct frame_ip *ip, const uint8_t *body, size_t len, uint8_t *frame);
size_t frame_segment(const struct frame_link *l, const struct frame_ip *ip, const struct frame_tcp *t, uint8_t *frame);
size_t frame_datagram(const struct frame_link *l, const struct frame_ip *ip, uint16_t sport, uint16_t dport, size_t len,
	uint8_t *frame);
/** An ICMP message of so many bytes behind its header, all zero. */
size_t frame_icmp(const struct frame_link *l, const struct frame_ip *ip, uint8_t type, uint8_t code, uint16_t id,
	uint16_t seq, size_t len, uint8_t *frame);
/** op 1 asks for dst in the name of src, op 2 answers. to: the address that the frame goes to. */
size_t frame_arp(const struct frame_link *l, uint16_t op, uint32_t src, uint32_t dst, uint8_t *frame);

#endif
