/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading capture files; writing them is public (driver.h). */
#ifndef DRIVERS_CAPTURE_H
#define DRIVERS_CAPTURE_H

#include <mien/driver.h>

struct capture_reader;

struct capture_frame {
	uint64_t ns;	    /* since 1970 */
	const uint8_t *data; /* until the next call */
	uint32_t len;	    /* bytes in the file */
	uint32_t wire_len;  /* bytes that were on the wire: more when the capture cut it */
	uint64_t number;    /* from 1 */
};

/*
 * Opens a pcap or pcapng file ("-": standard input). Packets of raw IP, loopback and Linux cooked captures are given
 * an Ethernet header.
 * Errors: ENOENT, EPERM, EIO; EPARSE when it is no capture, malformed, or of a link type without IP.
 */
int capture_open(const char *path, struct capture_reader **out, struct mien_error *error);
/* 1 and the next frame, 0 at the end, or EPARSE with packet number and byte offset in the error. */
int capture_next(struct capture_reader *r, struct capture_frame *out, struct mien_error *error);
/* Bytes read so far, and of the file (0: not known), for showing progress. */
void capture_progress(struct capture_reader *r, uint64_t *done, uint64_t *size);
void capture_close(struct capture_reader *r);

#endif
