/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control by number; a personality chooses. */
#include "cc_bic.h"
#include "cc_ctcp.h"
#include "cc_cubic.h"
#include "cc_newreno.h"

#include "send_parts.h"

static const struct cc_ops table[MIEN_CC_COUNT] = {
	[MIEN_CC_NEWRENO] = CC_NEWRENO("newreno"),
	[MIEN_CC_CUBIC] = CC_CUBIC("cubic", NULL),
	[MIEN_CC_CUBIC_LINUX] = CC_CUBIC("cubic-linux", cubic_linux_restart),
	[MIEN_CC_BIC] = CC_BIC("bic"),
	[MIEN_CC_CTCP] = CC_CTCP("ctcp"),
};

const struct cc_ops *
cc_ops(uint8_t kind)
{
	return &table[kind < MIEN_CC_COUNT ? kind : MIEN_CC_NEWRENO];
}
