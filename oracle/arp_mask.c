/* SPDX-License-Identifier: BSD-3-Clause */
#include "arp_mask.h"

#include <string.h>

#include "observed.h"
#include "octets.h"

#define OFF_LINK 0x01000001u
#define OWN 0xfffffffeu /* the asker's own address */

/* One field each is odd. */
static const struct odd {
	uint32_t spa;
	uint16_t op, hrd, pro;
	uint8_t hln, pln;
} odd[ARP_MASK_BITS] = {
	{0x7f000001, 1, 1, 0x0800, 6, 4},
	{0, 1, 1, 0x0800, 6, 4},
	{0xffffffff, 1, 1, 0x0800, 6, 4},
	{OFF_LINK, 1, 1, 0x0800, 6, 4},
	{OWN, 255, 1, 0x0800, 6, 4},
	{OWN, 1, 6, 0x0800, 6, 4},
	{OWN, 1, 255, 0x0800, 6, 4},
	{OWN, 1, 1, 0xffff, 6, 4},
	{OWN, 1, 1, 0x8137, 6, 4},
	{OWN, 1, 1, 0x0800, 6, 6},
	{OWN, 1, 1, 0x0800, 8, 4},
};

void
arp_mask_request(unsigned i, const uint8_t mac[6], uint32_t own, uint32_t target, uint8_t frame[42])
{
	uint8_t *p = frame + 12;

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	p = octets_put16(p, 0x0806);
	p = octets_put16(p, odd[i].hrd);
	p = octets_put16(p, odd[i].pro);
	*p++ = odd[i].hln;
	*p++ = odd[i].pln;
	p = octets_put16(p, odd[i].op);
	memcpy(p, mac, 6);
	p = octets_put32(p + 6, odd[i].spa == OWN ? own : odd[i].spa);
	memset(p, 0, 6);
	octets_put32(p + 6, target);
}

/* An answer of the host's to whatever address the request bore. */
static void
heard(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len)
{
	struct observed o;

	(void)now;
	if (observe(frame, len, &o) && o.kind == OBSERVED_ARP && o.arp_op == 2 && o.arp_spa == LAB_HOST)
		*(bool *)ctx = true;
}

uint16_t
arp_mask_ask(struct lab *lab)
{
	uint16_t mask = 0;

	for (unsigned i = 0; i < ARP_MASK_BITS; i++) {
		uint8_t frame[42];
		bool answered = false;

		lab->heard = heard;
		lab->ctx = &answered;
		arp_mask_request(i, lab_observer_mac, LAB_OBSERVER, LAB_HOST, frame);
		lab_send(lab, frame, sizeof(frame));
		lab_until(lab, lab->now + 100 * LAB_MS);
		mask = (uint16_t)(mask << 1 | answered);
	}
	lab->heard = NULL;
	return mask;
}

void
arp_mask_format(uint16_t mask, char out[ARP_MASK_BITS + 1])
{
	for (unsigned i = 0; i < ARP_MASK_BITS; i++)
		out[i] = mask >> (ARP_MASK_BITS - 1 - i) & 1 ? '1' : '0';
	out[ARP_MASK_BITS] = '\0';
}
