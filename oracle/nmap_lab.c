/* SPDX-License-Identifier: BSD-3-Clause */
#include "nmap_lab.h"

#include <string.h>

#define SEQ_GAP (100 * LAB_MS)
#define PROBE_GAP (25 * LAB_MS)
#define PATIENCE (200 * LAB_MS)
#define TRIES 4 /* of each probe but the timed ones */

struct session {
	struct lab *lab;
	struct nmap_target target;
	struct nmap_scan *scan;
};

/* Takes the first answer to each probe; the scanner's kernel resets what it never opened. */
static void
heard(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len)
{
	struct session *s = ctx;
	struct observed o;
	uint8_t reset[NMAP_FRAME_MAX];
	enum nmap_probe probe;
	size_t n;

	(void)now;
	if (!observe(frame, len, &o))
		return;
	n = o.dst == s->target.scanner ? nmap_reset_build(&s->target, &o, reset) : 0;
	if (n)
		lab_send(s->lab, reset, n);
	probe = nmap_probe_of(&s->target, &o);
	if (probe == NMAP_PROBES || s->scan->answered[probe] || s->scan->sent[probe].times == 0)
		return;
	s->scan->answered[probe] = true;
	s->scan->reply[probe] = o;
}

static void
send_probe(struct session *s, enum nmap_probe probe)
{
	struct nmap_sent *sent = &s->scan->sent[probe];
	uint8_t frame[NMAP_FRAME_MAX];
	size_t len = nmap_probe_build(&s->target, probe, frame, sent);

	sent->at = s->lab->now;
	sent->times++;
	lab_send(s->lab, frame, len);
}

/* The port scan that comes before: one SYN to each of the two ports. */
static void
scan_ports(struct session *s)
{
	struct nmap_segment syn = {.sport = (uint16_t)(s->target.port_base - 1),
		.seq = s->target.seq - 0x10000,
		.flags = FLAG_SYN,
		.ttl = 47,
		.window = 1024,
		.opt_len = 4,
		.opts = {2, 4, 1460 >> 8, 1460 & 255}};
	const uint16_t ports[] = {s->target.open, s->target.closed};
	uint8_t frame[NMAP_FRAME_MAX];

	for (unsigned i = 0; i < 2; i++) {
		syn.dport = ports[i];
		lab_send(s->lab, frame, nmap_segment_build(&s->target, &syn, frame));
		lab_until(s->lab, s->lab->now + 5 * LAB_MS);
	}
	lab_until(s->lab, s->lab->now + PATIENCE);
}

void
nmap_lab_scan(struct lab *lab, uint64_t seed, struct nmap_scan *scan)
{
	struct session s = {.lab = lab,
		.scan = scan,
		.target = {.addr = LAB_HOST,
			.scanner = LAB_OBSERVER,
			.open = LAB_OPEN,
			.closed = LAB_CLOSED,
			.closed_udp = LAB_CLOSED_UDP,
			.port_base = (uint16_t)(33000 + seed % 32000),
			.udp_port = (uint16_t)(33000 + seed / 7 % 32000),
			.echo_id = (uint16_t)(seed >> 16),
			.seq = 0x5eed0000 ^ (uint32_t)seed,
			.ack = 0x0ac4ac4a ^ (uint32_t)(seed >> 8),
			.seed = seed}};

	memset(scan, 0, sizeof(*scan));
	memcpy(s.target.mac, lab_host_mac, 6);
	memcpy(s.target.scanner_mac, lab_observer_mac, 6);
	lab->heard = heard;
	lab->ctx = &s;
	scan_ports(&s);
	for (unsigned probe = NMAP_S1; probe <= NMAP_S6; probe++) {
		send_probe(&s, probe);
		lab_until(lab, lab->now + (probe < NMAP_S6 ? SEQ_GAP : PROBE_GAP));
	}
	for (unsigned try = 0; try < TRIES; try++) {
		for (unsigned probe = NMAP_PROBE_IE1; probe < NMAP_PROBES; probe++) {
			if (!nmap_scan_wants(scan, probe))
				continue;
			send_probe(&s, probe);
			lab_until(lab, lab->now + PROBE_GAP);
		}
		lab_until(lab, lab->now + PATIENCE);
	}
	lab->heard = NULL;
}
