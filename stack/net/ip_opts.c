/* SPDX-License-Identifier: BSD-3-Clause */
/* IP options (RFC 791 3.1, RFC 1122 3.2.1.8): checked, never obeyed. */
#include "net_parts.h"

/* The pointer's smallest value, counted from the option's first byte as 1. */
#define RR_POINTER 4
#define TS_POINTER 5

/*
 * A source route is never followed, and a reply to one that is done would have to go back along it: both are
 * refused. A route or times that we would have to record are left as they are: that is allowed.
 */
static bool
is_acceptable(const struct ip4_opt *o)
{
	switch (o->type) {
	case IP4_OPT_LSRR:
	case IP4_OPT_SSRR:
		return false;
	case IP4_OPT_RR:
		return o->len >= 3 && o->data[0] >= RR_POINTER;
	case IP4_OPT_TS:
		return o->len >= 4 && o->data[0] >= TS_POINTER;
	default:
		return true;
	}
}

enum mien_drop
ip4_options_check(const struct ip4_hdr_v *v)
{
	struct ip4_opt_iter it;
	struct ip4_opt o;

	ip4_opt_begin(&it, v->opts, v->opt_len);
	while (ip4_opt_next(&it, &o))
		if (!is_acceptable(&o))
			return MIEN_DROP_IP_OPTION;
	return it.verdict == WIRE_OK ? MIEN_DROP_NONE : MIEN_DROP_IP_OPTION;
}
