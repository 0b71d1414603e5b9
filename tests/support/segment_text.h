/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a segment in packetdrill's words; the other direction of segment_fmt(). */
#ifndef TESTS_SEGMENT_TEXT_H
#define TESTS_SEGMENT_TEXT_H

#include "tcp_hdr.h"

struct segment_text {
	struct tcp_hdr_v hdr; /* numbers as in the text; opts points into options */
	uint32_t len;	      /* payload */
	uint8_t options[40];
};

/*
 * "S. 0:0(0) ack 1 win 100 urg 3 <mss 1460,nop,wscale 7,sackOK,TS val 1 ecr 2,sack 1:5 7:9,eol,x fe00>"; sack_base is
 * added to SACK edges, "x" gives raw bytes in hex. Flags as packetdrill has them: S F R P U E W and '.', "-" for none.
 * False when it cannot be read.
 */
bool segment_text_read(struct segment_text *out, const char *text, uint32_t sack_base);

#endif
