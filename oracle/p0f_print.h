/* SPDX-License-Identifier: BSD-3-Clause */
/* The signature that p0f 3 writes of a SYN or SYN-ACK (its docs/README, section 5), as its log has it. */
#ifndef ORACLE_P0F_PRINT_H
#define ORACLE_P0F_PRINT_H

#include "observed.h"

#define P0F_SIG_CAP 288

/**
 * "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0". peer_mss: of the SYN that a SYN-ACK answers, 0 for a SYN.
 * False for a segment that is neither.
 */
bool p0f_signature(const struct observed *o, uint16_t peer_mss, char out[P0F_SIG_CAP]);

#endif
