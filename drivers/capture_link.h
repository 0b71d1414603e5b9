/* SPDX-License-Identifier: BSD-3-Clause */
/* Captures of other link types than Ethernet, as far as their packets can be given an Ethernet header. */
#ifndef DRIVERS_CAPTURE_LINK_H
#define DRIVERS_CAPTURE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_ETHER_LEN 14

/* Packets of this DLT_ can be read. */
bool link_is_known(int dlt);
/*
 * Writes the Ethernet header that stands for the packet's own, and tells how many bytes of the packet it replaces;
 * -1 when the packet is too short.
 */
int link_to_ethernet(int dlt, const uint8_t *packet, uint32_t len, uint8_t header[LINK_ETHER_LEN]);

#endif
