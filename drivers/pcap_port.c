/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "fail.h"
#include "frame.h"
#include "pcap_port.h"

struct pcap_port {
	struct capture_reader *in;
	struct mien_capture *out; /* NULL: what is sent is dropped */
	struct capture_frame next;
	bool more;		  /* next holds a frame */
	uint64_t now;
	struct mien_error error;  /* err 0: none */
};

/* Reads one frame ahead. A malformed file ends there, and the error is kept. */
static int
look_ahead(struct pcap_port *p)
{
	int rc = capture_next(p->in, &p->next, &p->error);

	p->more = rc == 1;
	return rc < 0 ? rc : 0;
}

int
pcap_port_open(struct mien_port *port, struct mien_error *error)
{
	struct pcap_port *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return drv_fail(error, MIEN_ENOMEM, "out of memory");
	port->pcap = p;
	rc = capture_open(port->spec.name, &p->in, error);
	if (rc != 0)
		return rc;
	rc = look_ahead(p);
	if (rc != 0) {
		if (error != NULL)
			*error = p->error;
		return rc;
	}
	p->now = p->more ? p->next.ns : 0;
	/* A unicast address of its own, the same in each run. */
	memcpy(port->info.mac, "\x02\x6d\x69\x65\x6e\x01", 6);
	port->info.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	if (port->spec.option[0] == '\0')
		return 0;
	return mien_capture_create(port->spec.option, &p->out, error);
}

void
pcap_port_close(struct mien_port *port)
{
	capture_close(port->pcap->in);
	mien_capture_close(port->pcap->out);
	free(port->pcap);
	port->pcap = NULL;
}

uint64_t
pcap_port_now(const struct mien_port *port)
{
	return port->pcap->now;
}

void
pcap_port_advance(struct mien_port *port, uint64_t now)
{
	if (now > port->pcap->now)
		port->pcap->now = now;
}

uint64_t
pcap_port_next(const struct mien_port *port)
{
	return port->pcap->more ? port->pcap->next.ns : MIEN_NEVER;
}

uint16_t
pcap_port_rx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct pcap_port *p = port->pcap;
	uint16_t got = 0;

	while (got < n && p->more && p->next.ns <= p->now) {
		struct rte_mbuf *m = frame_to_mbuf(port->pool, p->next.data, p->next.len);

		port->stats.rx_packets++;
		port->stats.rx_bytes += p->next.len;
		if (p->next.wire_len > p->next.len)
			port->stats.rx_truncated++;
		if (m != NULL)
			pkts[got++] = m;
		else
			port->stats.rx_no_mbuf++;
		if (look_ahead(p) != 0)
			break;
	}
	return got;
}

void
pcap_port_tx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct pcap_port *p = port->pcap;

	for (uint16_t i = 0; i < n; i++) {
		int rc = p->out != NULL ? mien_capture_write_mbuf(p->out, p->now, pkts[i]) : 0;

		if (rc != 0 && p->error.err == 0)
			drv_fail_file(&p->error, MIEN_EIO, port->spec.option, "cannot be written");
		port->stats.tx_packets++;
		port->stats.tx_bytes += pkts[i]->pkt_len;
		rte_pktmbuf_free(pkts[i]);
	}
}

bool
mien_port_error(const struct mien_port *port, struct mien_error *error)
{
	if (port->pcap == NULL || port->pcap->error.err == 0)
		return false;
	if (error != NULL)
		*error = port->pcap->error;
	return true;
}
