/* SPDX-License-Identifier: BSD-3-Clause */
/* Making and unmaking DPDK's device behind a port. */
#ifndef DRIVERS_PORT_OPEN_H
#define DRIVERS_PORT_OPEN_H

#include "port_priv.h"

/* Makes the device, or finds the one that DPDK's own arguments made; sets info.port_id and device. */
int port_probe(struct mien_port *port, struct mien_error *error);
/* Stops, closes and removes the device. */
void port_unprobe(struct mien_port *port);
/* Adds the frames the kernel had no room for, where DPDK does not tell. */
void port_count_missed(struct mien_port *port);
/* The error for a negative errno of DPDK. */
int err_from_dpdk(int rc);

#endif
