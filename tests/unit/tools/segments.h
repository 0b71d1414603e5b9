/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of one TCP conversation, made by hand, for the tests of replay. */
#ifndef TESTS_UNIT_TOOLS_SEGMENTS_H
#define TESTS_UNIT_TOOLS_SEGMENTS_H

#include <string.h>

#include "replay/bytes.h"
#include "replay/packet.h"

#define CLIENT 0x0a000001u
#define HOST 0x0a000002u

struct frame {
	uint8_t bytes[256];
	struct packet p;
};

/* A segment from the client (or to it) with options of a multiple of 4 bytes and a payload; checksums are right. */
static inline void
make_segment(struct frame *f, int from_client, uint8_t flags, uint32_t seq, uint32_t ack, const void *options,
	uint32_t options_len, uint32_t payload)
{
	uint8_t *ip = f->bytes + 14, *tcp = ip + 20;
	uint32_t len = 20 + 20 + options_len + payload;

	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", 14);
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)len);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, from_client ? CLIENT : HOST);
	put32(ip + 16, from_client ? HOST : CLIENT);
	put16(ip + 10, (uint16_t)~fold(sum_bytes(ip, 20)));
	put16(tcp, from_client ? 40000 : 80);
	put16(tcp + 2, from_client ? 80 : 40000);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = (uint8_t)((5 + options_len / 4) << 4);
	tcp[13] = flags;
	put16(tcp + 14, 1000);
	if (options_len)
		memcpy(tcp + 20, options, options_len);
	memset(tcp + 20 + options_len, 'x', payload);
	packet_parse(&f->p, f->bytes, 14 + len);
	put16(tcp + 16, packet_checksum(&f->p));
}

#endif
