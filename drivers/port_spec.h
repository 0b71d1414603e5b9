/* SPDX-License-Identifier: BSD-3-Clause */
/* What --port says, understood and checked against this machine. */
#ifndef DRIVERS_PORT_SPEC_H
#define DRIVERS_PORT_SPEC_H

#include <mien/driver.h>

enum port_kind {
	PORT_TAP,
	PORT_AF_PACKET,
	PORT_AF_XDP,
	PORT_PCI,
	PORT_MEMIF,
	PORT_PCAP,
	PORT_DPDK /* a device string passed on as it is */
};

#define PORT_TEXT_MAX 512

struct port_spec {
	enum port_kind kind;
	char name[PORT_TEXT_MAX];   /* interface, BDF, socket, capture to read, or the device's name */
	char option[PORT_TEXT_MAX]; /* what follows the first comma, or "" */
};

/* Reads text. Knows nothing of the machine. Errors: EINVAL. */
int port_spec_parse(const char *text, struct port_spec *out, struct mien_error *error);
/* Checks that what the specification names is there. Errors: ENOENT, EINVAL. */
int port_spec_check(const struct port_spec *spec, struct mien_error *error);
/*
 * Writes DPDK's device string; number makes virtual devices differ, mtu sets the size of af_packet's frames.
 * Errors: EINVAL when it is too long.
 */
int port_spec_device(const struct port_spec *spec, unsigned number, uint16_t mtu, char *buf, size_t cap,
	struct mien_error *error);

#endif
