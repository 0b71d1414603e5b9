/* SPDX-License-Identifier: BSD-3-Clause */
/* The first reading: which MAC a host has, which ports are asked for, who asks. */
#include <stdlib.h>
#include <string.h>

#include "../cli.h"
#include "replay.h"

#define FIRST_PEERS 256u

struct replay_host *
replay_host_at(struct replay *r, uint32_t ip)
{
	for (unsigned i = 0; i < r->n_hosts; i++)
		if (r->hosts[i].ip == ip)
			return &r->hosts[i];
	return NULL;
}

bool
replay_for_host(struct replay *r, const struct packet *p, struct replay_host **host)
{
	*host = p->kind == PACKET_OTHER ? NULL : replay_host_at(r, p->dst);
	return *host != NULL;
}

uint32_t
replay_copy(struct replay *r, const struct capture_frame *f)
{
	uint32_t len = f->len < PACKET_MAX ? f->len : PACKET_MAX;

	memcpy(r->frame, f->data, len);
	return len;
}

static struct replay_peer *
peer_slot(struct replay_peer *table, uint32_t size, uint32_t ip)
{
	uint32_t i = (ip * 2654435761u >> 7) & (size - 1);

	while (table[i].ip != 0 && table[i].ip != ip)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static bool
peers_grow(struct replay_scan *s)
{
	uint32_t size = s->peers_size ? s->peers_size * 2 : FIRST_PEERS;
	struct replay_peer *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (uint32_t i = 0; i < s->peers_size; i++)
		if (s->peers[i].ip)
			*peer_slot(table, size, s->peers[i].ip) = s->peers[i];
	free(s->peers);
	s->peers = table;
	s->peers_size = size;
	return true;
}

/* The first MAC that an address is seen with stays its neighbour entry. */
static bool
learn_peer(struct replay *r, const struct packet *p)
{
	struct replay_scan *s = &r->scan;
	struct replay_peer *peer;

	if (p->src == 0)
		return true;
	if (s->n_peers >= s->peers_size / 2 && !peers_grow(s))
		return false;
	peer = peer_slot(s->peers, s->peers_size, p->src);
	if (peer->ip)
		return true;
	peer->ip = p->src;
	memcpy(peer->mac, p->frame + 6, 6);
	peer->mac[0] &= 0xfe; /* captures made by hand name groups as senders */
	s->n_peers++;
	return true;
}

/* The address that clients send to wins over the one the host sends from: they differ behind a router. */
static void
learn_mac(struct replay_host *h, const uint8_t *mac, bool asked)
{
	static const uint8_t none[6];

	if (h->mac_asked || (h->has_mac && !asked) || (mac[0] & 1) || memcmp(mac, none, 6) == 0)
		return;
	memcpy(h->mac, mac, 6);
	h->has_mac = true;
	h->mac_asked = asked;
}

static bool
mark(uint8_t **ports, uint16_t port, unsigned what)
{
	if (!*ports)
		*ports = calloc(65536, 1);
	if (*ports)
		(*ports)[port] = (uint8_t)((*ports)[port] | what);
	return *ports != NULL;
}

/* From a client to a host. */
static bool
learn_asked(struct replay *r, struct replay_host *h, const struct packet *p)
{
	struct replay_scan *s = &r->scan;

	s->for_hosts++;
	if (!s->vlan_known) {
		s->vlan_known = true;
		s->vlan = p->vlan;
	}
	learn_mac(h, p->frame, true);
	if (!learn_peer(r, p))
		return false;
	if (p->kind != PACKET_IP4)
		return true;
	if (p->ip_len > s->largest)
		s->largest = (uint16_t)p->ip_len;
	if (p->protocol == 17 && p->l4)
		return mark(&h->udp, p->dst_port, PORT_ASKED);
	if (!p->tcp || (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
		return true;
	s->syns++;
	return mark(&h->tcp, p->dst_port, PORT_ASKED);
}

/* From the captured host. */
static bool
learn_answered(struct replay_host *h, const struct packet *p)
{
	learn_mac(h, p->frame + 6, false);
	if (p->kind != PACKET_IP4)
		return true;
	if (p->protocol == 17 && p->l4)
		return mark(&h->udp, p->src_port, PORT_ANSWERED);
	if (!p->tcp)
		return true;
	if (p->flags & TCP_RST)
		return mark(&h->tcp, p->src_port, PORT_REFUSED);
	if ((p->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return mark(&h->tcp, p->src_port, PORT_ANSWERED);
	return true;
}

static bool
learn(struct replay *r, const struct packet *p)
{
	struct replay_host *to, *from = p->kind == PACKET_OTHER ? NULL : replay_host_at(r, p->src);

	return (!replay_for_host(r, p, &to) || learn_asked(r, to, p)) && (!from || learn_answered(from, p));
}

/* Hosts for which the capture has no address get one; what is sent to them is then readdressed. */
static void
name_macs(struct replay *r)
{
	for (unsigned i = 0; i < r->n_hosts; i++)
		if (!r->hosts[i].has_mac) {
			memcpy(r->hosts[i].mac, "\x02\x6d\x69\x65\x6e", 5);
			r->hosts[i].mac[5] = (uint8_t)(i + 1);
			r->hosts[i].has_mac = true;
		}
}

int
replay_scan(struct replay *r)
{
	struct capture_reader *reader;
	struct mien_error error = {0};
	struct capture_frame f;
	bool good = true;
	int rc = capture_open(r->o->in, &reader, &error);

	if (rc != 0)
		return cli_mien_error(rc == MIEN_EPERM ? STATUS_PERMISSION : STATUS_MALFORMED, &error);
	/* A malformed packet is told of when the second reading comes to it. */
	while (good && (rc = capture_next(reader, &f, &error)) == 1) {
		struct packet p;

		if (r->scan.packets++ == 0)
			r->scan.first_ns = f.ns;
		packet_parse(&p, r->frame, replay_copy(r, &f));
		good = learn(r, &p);
	}
	capture_close(reader);
	name_macs(r);
	return good ? STATUS_FINE : cli_error(STATUS_PORT, "out of memory");
}

void
replay_scan_free(struct replay *r)
{
	free(r->scan.peers);
	for (unsigned i = 0; i < r->n_hosts; i++) {
		free(r->hosts[i].tcp);
		free(r->hosts[i].udp);
	}
}
