/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of a link under virtual time: delay, rate, loss, duplication, reordering and
 * corruption, all drawn from a seeded generator. Frames are copied in, so that none of the sender's
 * mbufs is held while it is under way.
 */
#ifndef TESTS_RIG_LINK_H
#define TESTS_RIG_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_link_config {
	uint64_t delay_ns;
	uint64_t rate_bps;	/* 0: unlimited */
	uint64_t queue_ns;	/* with a rate: what would wait longer is lost; 0: 100 ms */
	uint64_t mark_ns;	/* with a rate: what would wait longer and is ECT comes marked CE; 0: none is */
	uint64_t jitter_ns;	/* each frame comes up to so much later to the queue, frames of one flow in order */
	uint64_t reorder_ns;	/* how much later a reordered frame comes; 0: 2 ms */
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
	uint32_t loss_every;	/* of so many frames the last is lost; 0: none is */
	uint32_t corrupt_ppm;	/* one bit of an IPv4 packet flips: ARP has no checksum */
	uint16_t mtu;		/* larger IPv4 packets that may not be cut are lost; 0: none is */
};

struct rig_frame {
	uint64_t at;	 /* when it arrives */
	uint64_t number; /* order among equals */
	uint32_t len;
	uint8_t bytes[];
};

struct rig_link_stats {
	uint64_t sent, lost, overflowed, too_big, duplicated, reordered, corrupted, marked;
	uint64_t burst; /* most frames put at one time */
};

struct rig_link;

struct rig_link *rig_link_create(const struct rig_link_config *config, uint64_t seed);
void rig_link_free(struct rig_link *l);
/* From here on; what is under way stays so. */
void rig_link_set(struct rig_link *l, const struct rig_link_config *config);
void rig_link_put(struct rig_link *l, uint64_t now, const void *bytes, uint32_t len);
/* A frame whose time has come, to be freed with free(), or NULL. */
struct rig_frame *rig_link_take(struct rig_link *l, uint64_t now);
/* When the next one arrives; UINT64_MAX: none is under way. */
uint64_t rig_link_next(const struct rig_link *l);
const struct rig_link_stats *rig_link_stats(const struct rig_link *l);

#endif
