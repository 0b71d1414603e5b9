/* SPDX-License-Identifier: BSD-3-Clause */
/* IP options (RFC 791 3.1, RFC 1122 3.2.1.8): checked, never obeyed. */
#include "net_parts.h"

/* The pointer's smallest value, counted from the option's first byte as 1. */
#define RR_POINTER 4
#define TS_POINTER 5

/*
 * What is wrong with an option: how many bytes behind its first one, -1 nothing. A source route is never followed, and
 * a reply to one that is done would have to go back along it: both are refused (REFUSED). A route or times that we
 * would have to record are left as they are: that is allowed.
 */
#define FINE (-1)
#define REFUSED (-2)

static int
wrong_at(const struct ip4_opt *o, bool strict)
{
	switch (o->type) {
	case IP4_OPT_LSRR:
	case IP4_OPT_SSRR:
		return REFUSED;
	case IP4_OPT_RR:
		if (o->len < 3)
			return 1;
		return o->data[0] >= RR_POINTER ? FINE : 2;
	case IP4_OPT_TS:
		if (o->len < 4)
			return 1;
		if (o->data[0] < TS_POINTER)
			return 2;
		/* RFC 791: the count of hosts that had no room overflows. */
		return strict && o->data[0] > o->len && o->data[1] >> 4 == 15 ? 3 : FINE;
	default:
		return FINE;
	}
}

enum mien_drop
ip4_options_check(const struct ip4_hdr_v *v, bool strict, unsigned int *at)
{
	struct ip4_opt_iter it;
	struct ip4_opt o;
	int wrong;

	*at = 0;
	ip4_opt_begin(&it, v->opts, v->opt_len);
	while (ip4_opt_next(&it, &o)) {
		wrong = wrong_at(&o, strict);
		if (wrong == FINE)
			continue;
		if (wrong != REFUSED)
			*at = ip4_opt_offset(&it) - o.len + (unsigned int)wrong;
		return MIEN_DROP_IP_OPTION;
	}
	if (it.verdict == WIRE_OK)
		return MIEN_DROP_NONE;
	*at = ip4_opt_offset(&it);
	return MIEN_DROP_IP_OPTION;
}
