/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture file as a port under virtual time: its packets' stamps are the clock. */
#ifndef DRIVERS_PCAP_PORT_H
#define DRIVERS_PCAP_PORT_H

#include "port_priv.h"

/* Opens spec.name to read and, when there is one, spec.option to write; time is the first packet's. */
int pcap_port_open(struct mien_port *port, struct mien_error *error);
void pcap_port_close(struct mien_port *port);
uint64_t pcap_port_now(const struct mien_port *port);
/* Moves time on; never back. */
void pcap_port_advance(struct mien_port *port, uint64_t now);
/* When the next packet comes; MIEN_NEVER at the end. */
uint64_t pcap_port_next(const struct mien_port *port);
/* Packets whose time has come. */
uint16_t pcap_port_rx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n);
/* Takes all. */
void pcap_port_tx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n);

#endif
