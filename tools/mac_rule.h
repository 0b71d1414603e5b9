/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which hardware address each host of a range has:
 *
 *	00:15:5d:00:00:01	this one, all of them
 *	00:15:5d:00:00:01+	this one, and one more for each host after the first
 *	00:15:5d		the maker's prefix, the rest as if drawn by lot from the host's address and a seed
 *
 * What is drawn is the same in every run, and two addresses whose last bytes differ never draw the same.
 */
#ifndef TOOLS_MAC_RULE_H
#define TOOLS_MAC_RULE_H

#include <mien/addr.h>

struct mac_rule {
	uint8_t mac[6];
	uint8_t octets; /* given; 0: no rule, the host has the stack's */
	bool counts;
	uint64_t seed;
};

/** False when text is no rule: it must be a unicast address, or its first one to five bytes. */
bool mac_rule_parse(const char *text, struct mac_rule *out);
/** How many hosts can have different addresses by it. */
uint64_t mac_rule_room(const struct mac_rule *r);
/** The address of host number i of the range, at addr; zero without a rule. */
void mac_rule_apply(const struct mac_rule *r, const struct mien_addr *addr, uint32_t i, uint8_t mac[6]);

#endif
