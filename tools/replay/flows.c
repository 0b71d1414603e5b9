/* SPDX-License-Identifier: BSD-3-Clause */
/* Translating a captured client's segments for another host than the one it spoke to. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "flows.h"

#define FIRST_SIZE 1024u
#define OPT_SACK 5
#define OPT_TS 8
#define TS_BLOCK 12 /* two NOPs and the option */

bool
flows_init(struct flows *f)
{
	*f = (struct flows){.table = calloc(FIRST_SIZE, sizeof(struct flow)), .size = FIRST_SIZE};
	return f->table != NULL;
}

void
flows_free(struct flows *f)
{
	free(f->table);
	f->table = NULL;
}

static uint32_t
hash(uint32_t client, uint16_t client_port, uint32_t host, uint16_t host_port)
{
	uint64_t h = ((uint64_t)client << 32 | host) * 0x9e3779b97f4a7c15u;

	h ^= h >> 29;
	h = (h + ((uint32_t)client_port << 16 | host_port)) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)(h >> 32);
}

static struct flow *
slot(struct flow *table, uint32_t size, const struct flow *key)
{
	uint32_t i = hash(key->client, key->client_port, key->host, key->host_port) & (size - 1);

	while (table[i].used && (table[i].client != key->client || table[i].host != key->host ||
				 table[i].client_port != key->client_port || table[i].host_port != key->host_port))
		i = (i + 1) & (size - 1);
	return &table[i];
}

static bool
grow(struct flows *f)
{
	uint32_t size = f->size * 2;
	struct flow *table = size ? calloc(size, sizeof(*table)) : NULL;

	if (!table)
		return false;
	for (uint32_t i = 0; i < f->size; i++)
		if (f->table[i].used)
			*slot(table, size, &f->table[i]) = f->table[i];
	free(f->table);
	f->table = table;
	f->size = size;
	return true;
}

static struct flow *
find(struct flows *f, uint32_t client, uint16_t client_port, uint32_t host, uint16_t host_port)
{
	const struct flow key = {.client = client, .client_port = client_port, .host = host, .host_port = host_port};
	struct flow *flow = slot(f->table, f->size, &key);

	return flow->used ? flow : NULL;
}

/* NULL when there is no memory: the segment then goes untranslated. */
static struct flow *
find_or_make(struct flows *f, const struct packet *p)
{
	const struct flow key = {.client = p->src, .client_port = p->src_port, .host = p->dst, .host_port = p->dst_port};
	struct flow *flow;

	if (f->used >= f->size / 2 && !grow(f) && f->used + 1 >= f->size)
		return NULL;
	flow = slot(f->table, f->size, &key);
	if (!flow->used) {
		*flow = key;
		flow->used = true;
		f->used++;
	}
	return flow;
}

/* TSval of a segment with timestamps. */
static bool
tsval_of(const struct packet *p, uint32_t *tsval)
{
	uint8_t len;
	const uint8_t *ts = packet_option(p, OPT_TS, 10, &len);

	if (ts)
		*tsval = get32(ts);
	return ts != NULL;
}

static bool
before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

bool
flows_captured(struct flows *f, const struct packet *p)
{
	struct flow *flow = p->tcp ? find(f, p->dst, p->dst_port, p->src, p->src_port) : NULL;

	if (!flow || !flow->syn)
		return false;
	if ((p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != (TCP_SYN | TCP_ACK) || p->ack - flow->irs - 1 > flow->syn_len ||
		flow->was)
		return true;
	flow->was = true;
	flow->was_iss = p->seq;
	flow->was_ts = tsval_of(p, &flow->was_tsval);
	return true;
}

void
flows_sent(struct flows *f, const struct packet *p)
{
	uint32_t end = p->seq + p->payload_len + ((p->flags & TCP_SYN) != 0) + ((p->flags & TCP_FIN) != 0), tsval;
	struct flow *flow;

	if (!p->tcp || (p->flags & TCP_RST))
		return;
	flow = find(f, p->dst, p->dst_port, p->src, p->src_port);
	if (!flow || !flow->syn)
		return;
	if ((p->flags & TCP_SYN) && !flow->is) {
		flow->is = true;
		flow->is_iss = p->seq;
		flow->snd_nxt = end;
		flow->is_ts = tsval_of(p, &flow->is_tsval);
		flow->last_tsval = flow->is_tsval;
		if (!flow->answered)
			f->answered++;
		flow->answered = true;
	}
	if (before(flow->snd_nxt, end))
		flow->snd_nxt = end;
	if (tsval_of(p, &tsval))
		flow->last_tsval = tsval;
}

/* A SYN that is no repetition begins a new connection between the same ports. */
static void
client_syn(struct flows *f, const struct packet *p, uint64_t now)
{
	struct flow *flow = find_or_make(f, p);

	if (!flow || (flow->syn && flow->irs == p->seq))
		return;
	*flow = (struct flow){.client = flow->client, .host = flow->host, .client_port = flow->client_port,
		.host_port = flow->host_port, .used = true, .syn = true, .irs = p->seq, .syn_len = p->payload_len, .syn_ns = now};
	tsval_of(p, &flow->client_tsval);
	f->opened++;
}

/* A number in the captured host's space, in this host's; not beyond what it has sent. */
static uint32_t
translated(const struct flow *flow, uint32_t number)
{
	uint32_t n = number - flow->was_iss + flow->is_iss;

	return before(flow->snd_nxt, n) ? flow->snd_nxt : n;
}

static void
translate_options(const struct flow *flow, struct packet *p)
{
	uint8_t len, *sum = p->l4 + 16, *o = packet_option(p, OPT_SACK, 10, &len);

	for (uint32_t i = 0; o && i + 4 <= (uint32_t)len - 2; i += 4)
		put32_summed(o + i, translated(flow, get32(o + i)), sum, (int)(o + i - p->l4) & 1);
	o = packet_option(p, OPT_TS, 10, &len);
	if (o && flow->is_ts) {
		uint32_t echo = flow->was_ts ? get32(o + 4) - flow->was_tsval + flow->is_tsval : flow->last_tsval;

		if (before(flow->last_tsval, echo) || before(echo, flow->is_tsval))
			echo = flow->last_tsval;
		put32_summed(o + 4, echo, sum, (int)(o + 4 - p->l4) & 1);
	}
}

/* Puts a timestamp option behind the others. Checksums that were right stay right. */
static void
add_timestamp(const struct flow *flow, struct packet *p, uint64_t now)
{
	uint8_t *end = p->l4 + 20 + p->options_len, *ip = p->ip;
	uint32_t behind = (uint32_t)(p->frame + p->len - end);
	bool right = get16(p->l4 + 16) == packet_checksum(p);
	uint8_t ip_sum_right = fold(sum_bytes(ip, (size_t)(p->l4 - ip))) == 0xffff;

	memmove(end + TS_BLOCK, end, behind);
	memcpy(end, "\x01\x01\x08\x0a", 4);
	put32(end + 4, flow->client_tsval + (uint32_t)((now - flow->syn_ns) / 1000000));
	put32(end + 8, flow->last_tsval);
	p->l4[12] = (uint8_t)(p->l4[12] + (TS_BLOCK / 4 << 4));
	put16(ip + 2, (uint16_t)(get16(ip + 2) + TS_BLOCK));
	p->len += TS_BLOCK;
	p->ip_len += TS_BLOCK;
	p->l4_len += TS_BLOCK;
	p->options_len += TS_BLOCK;
	if (right)
		put16(p->l4 + 16, packet_checksum(p));
	if (ip_sum_right) {
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~fold(sum_bytes(ip, (size_t)(p->l4 - ip))));
	}
}

static bool
wants_timestamp(const struct flow *flow, const struct packet *p)
{
	uint8_t len;

	return flow->is_ts && !(p->flags & (TCP_SYN | TCP_RST)) && p->whole && !p->fragment && p->options_len + TS_BLOCK <= 40 &&
	       p->ip_len + TS_BLOCK <= UINT16_MAX && p->len + TS_BLOCK <= PACKET_MAX && !packet_option(p, OPT_TS, 10, &len);
}

/* An ICMP error quotes what this host is said to have sent. */
static void
translate_quote(struct flows *f, struct packet *p)
{
	uint8_t *quote = p->l4 + 8;
	uint32_t left = p->l4_len - 8, header;
	const struct flow *flow;

	if (p->l4_len < 8 + 28 || (p->l4[0] != 3 && p->l4[0] != 4 && p->l4[0] != 11 && p->l4[0] != 12))
		return;
	header = (uint32_t)(quote[0] & 15) * 4;
	if (quote[0] >> 4 != 4 || header < 20 || header + 8 > left || quote[9] != 6)
		return;
	flow = find(f, get32(quote + 16), get16(quote + header + 2), get32(quote + 12), get16(quote + header));
	if (flow && flow->was && flow->is)
		put32_summed(quote + header + 4, get32(quote + header + 4) - flow->was_iss + flow->is_iss, p->l4 + 2, 0);
}

static void
client_segment(struct flows *f, struct packet *p, uint64_t now)
{
	struct flow *flow = find(f, p->src, p->src_port, p->dst, p->dst_port);

	if (!flow || !flow->syn || !flow->is || !(p->flags & TCP_ACK))
		return;
	if (!flow->was && p->seq == flow->irs + 1) {
		/* The captured host's SYN-ACK is missing; this is what the client says of it. */
		flow->was = true;
		flow->was_iss = p->ack - 1;
	}
	if (!flow->was)
		return;
	put32_summed(p->l4 + 8, translated(flow, p->ack), p->l4 + 16, 0);
	p->ack = get32(p->l4 + 8);
	translate_options(flow, p);
	if (wants_timestamp(flow, p))
		add_timestamp(flow, p, now);
	if (!flow->established && !(p->flags & TCP_RST) && !before(p->ack, flow->is_iss + 1))
		f->established++, flow->established = true;
}

uint32_t
flows_client(struct flows *f, struct packet *p, uint64_t now)
{
	if (p->kind == PACKET_IP4 && p->protocol == 1 && p->l4 && !p->fragment)
		translate_quote(f, p);
	if (!p->tcp)
		return p->len;
	if ((p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
		client_syn(f, p, now);
	else
		client_segment(f, p, now);
	return p->len;
}
