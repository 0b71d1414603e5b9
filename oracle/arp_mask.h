/* SPDX-License-Identifier: BSD-3-Clause */
/* The eleven odd ARP requests of arp-scan's arp-fingerprint: which of them the host in a lab answers. */
#ifndef ORACLE_ARP_MASK_H
#define ORACLE_ARP_MASK_H

#include "lab.h"

#define ARP_MASK_BITS 11

/** Bits as MIEN_ARP_..., the first request in the highest of eleven. */
uint16_t arp_mask_ask(struct lab *lab);
/** "01010100000" */
void arp_mask_format(uint16_t mask, char out[ARP_MASK_BITS + 1]);

/** Request number i (0..10) as a frame of 42 bytes: what an asker with that MAC and address wants of the target. */
void arp_mask_request(unsigned i, const uint8_t mac[6], uint32_t own, uint32_t target, uint8_t frame[42]);

#endif
