/* SPDX-License-Identifier: BSD-3-Clause */
/* The flags shared by every subcommand that opens a port, and what they say. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <mien/addr.h>
#include <mien/driver.h>

#include "cli.h"
#include "mac_rule.h"

#define OPTIONS_PORTS 8
#define OPTIONS_LIST 256

/** Addresses from..last with one prefix length. */
struct addr_range {
	struct mien_addr first, last;
	unsigned prefix_len;
};

/** -p NAME or -p ADDR=NAME. */
struct wear {
	bool has_addr;
	struct mien_addr addr;
	const char *name;
};

struct options {
	const char *ports[OPTIONS_PORTS];
	unsigned n_ports;
	struct addr_range ranges[OPTIONS_LIST];
	unsigned n_ranges;
	struct mien_addr gateway;
	bool has_seed, probe, announce, no_offloads, fast_open;
	struct mac_rule mac;
	struct wear wears[OPTIONS_LIST];
	unsigned n_wears;
	const char *sets[OPTIONS_LIST]; /* KEY=VALUE */
	unsigned n_sets;
	const char *tcp[OPTIONS_LIST], *udp[OPTIONS_LIST]; /* PORT=SERVICE */
	unsigned n_tcp, n_udp;
	const char *hosts_file, *cores, *capture, *log, *metrics, *ctl, *eal;
	enum mien_hugepages hugepages;
	enum mien_log_format log_format;
	enum mien_poll poll;
	uint64_t seed;
	uint32_t mbufs, max_conns, send_buffer;
	uint16_t mtu, vlan;
	char *const *pasted; /* DPDK's arguments before "--" */
	unsigned n_pasted;
};

/** Their ctx must begin with a struct options. */
extern const struct flag options_port_flags[];  /* --port ... --ctl */
extern const struct flag options_service_flags[]; /* --tcp, --udp, --fast-open */
int options_set_fast_open(void *ctx, const char *value);

void options_init(struct options *o);
/** Splits `EAL-ARGS -- MIEN-ARGS`: moves DPDK's to o->pasted; gives the new argc/argv (argv[0] kept). */
void options_split_eal(struct options *o, int *argc, char ***argv);

/**
 * "ADDR/LEN", "A-B/LEN", or a network as 10.1.0.0/16: all its hosts. link: the length of their link's prefix when it
 * is not LEN, else 0. STATUS_FINE or an error that was told.
 */
int options_range(const char *text, unsigned link, struct addr_range *out);
/** How many addresses. */
uint64_t options_range_size(const struct addr_range *r);
/** "aa:bb:cc:dd:ee:ff", optionally with a final "+"; false when it is none. plus may be NULL: "+" is refused. */
bool options_mac(const char *text, uint8_t mac[6], bool *plus);
/** "PORT=SERVICE" split; false when the port is none. */
bool options_port_service(const char *text, uint16_t *port, const char **service);

#endif
