/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams in reassembly: finding them, bounding them, finishing them. Overlaps are overlap.c's. */
#include "reass.h"

#define SOURCE_WALK 64

static struct datagram *
datagram_at(const struct net *n, uint32_t index)
{
	return pool_at(&n->datagrams, index);
}

/* RFC 791: source, destination, protocol and identification name a datagram. */
static uint64_t
key_hash(const struct net *n, const struct ip_rx *rx)
{
	const uint64_t id = (uint64_t)rx->id << 8 | rx->proto, words[5] = {rx->src.q[0], rx->src.q[1], rx->dst.q[0],
		rx->dst.q[1], id};

	if (mien_addr_is_ip4(&rx->src) && mien_addr_is_ip4(&rx->dst)) {
		const uint64_t both[2] = {(uint64_t)mien_addr_get_ip4(&rx->src) << 32 | mien_addr_get_ip4(&rx->dst), id};

		return siphash13_2w(&n->hash_key, both);
	}
	return siphash13_5w(&n->hash_key, words);
}

static struct datagram *
find(const struct net *n, const struct ip_rx *rx, uint64_t hash)
{
	struct flow_iter it;

	for (uint32_t i = flow_find_first(&n->frag_table, hash, &it); i != FLOW_NONE;
		i = flow_find_next(&n->frag_table, &it)) {
		struct datagram *d = datagram_at(n, i);

		if (d->id == rx->id && d->proto == rx->proto && mien_addr_eq(&d->src, &rx->src) &&
			mien_addr_eq(&d->dst, &rx->dst))
			return d;
	}
	return NULL;
}

/* Takes the datagram out of all lists; its pieces are the caller's. */
static void
leave(struct net *n, struct datagram *d)
{
	struct index_list *l = &n->frag_age;

	*(d->older != POOL_NONE ? &datagram_at(n, d->older)->newer : &l->oldest) = d->newer;
	*(d->newer != POOL_NONE ? &datagram_at(n, d->newer)->older : &l->newest) = d->older;
	wheel_cancel(&n->env->wheel, &d->timer);
	flow_table_remove(&n->frag_table, d->hash, d->index);
	n->frag_bytes -= d->pinned;
	n->frag_sources[d->source] -= (uint32_t)d->pinned;
	for (struct rte_mbuf *m = d->first; m; m = piece_of(m)->next) {
		n->env->mbufs_held -= m->nb_segs;
		n->frag_mbufs -= m->nb_segs;
	}
	pool_put(&n->datagrams, d->index);
}

static void
pieces_free(struct rte_mbuf *m)
{
	while (m) {
		struct rte_mbuf *next = piece_of(m)->next;

		rte_pktmbuf_free(m);
		m = next;
	}
}

static void
discard(struct net *n, struct datagram *d)
{
	struct rte_mbuf *first = d->first;

	leave(n, d);
	pieces_free(first);
}

/* The oldest makes room for new ones. */
static void
evict(struct net *n)
{
	env_drop(n->env, MIEN_DROP_FRAG_LIMIT);
	discard(n, datagram_at(n, n->frag_age.oldest));
}

static uint16_t
source_of(const struct net *n, const struct mien_addr *src)
{
	const struct siphash_key key = {n->hash_key.k0 ^ 'f', n->hash_key.k1};

	return siphash13_2w(&key, src->q) & (NET_FRAG_SOURCES - 1);
}

/* The oldest of the same source, as far as SOURCE_WALK datagrams tell; false: there is none beside d. */
static bool
evict_of_source(struct net *n, const struct datagram *d)
{
	uint32_t i = n->frag_age.oldest;

	for (unsigned int walk = 0; walk < SOURCE_WALK && i != POOL_NONE; walk++, i = datagram_at(n, i)->newer) {
		struct datagram *old = datagram_at(n, i);

		if (old->source != d->source || old == d)
			continue;
		env_drop(n->env, MIEN_DROP_FRAG_SOURCE);
		discard(n, old);
		return true;
	}
	return false;
}

static bool
source_has_too_much(const struct net *n, const struct datagram *d)
{
	return n->limits.max_source_bytes && n->frag_sources[d->source] > n->limits.max_source_bytes;
}

static bool
all_have_too_much(const struct net *n)
{
	return n->frag_bytes > n->limits.max_fragment_bytes ||
	       (n->env->hold_fragments && n->frag_mbufs > n->env->hold_fragments);
}

/* Older ones make room for d, first those of its own source. False: d is gone. */
static bool
keep_within_limits(struct net *n, struct datagram *d, enum mien_drop *drop)
{
	while (source_has_too_much(n, d) && evict_of_source(n, d))
		;
	while (all_have_too_much(n) && n->frag_age.oldest != d->index)
		evict(n);
	if (source_has_too_much(n, d))
		*drop = MIEN_DROP_FRAG_SOURCE;
	else if (all_have_too_much(n))
		*drop = MIEN_DROP_FRAG_LIMIT;
	else
		return true;
	discard(n, d);
	return false;
}

static void
append(struct net *n, struct datagram *d)
{
	struct index_list *l = &n->frag_age;

	d->older = l->newest;
	d->newer = POOL_NONE;
	*(l->newest != POOL_NONE ? &datagram_at(n, l->newest)->newer : &l->oldest) = d->index;
	l->newest = d->index;
}

static const struct mien_personality *
personality_of(const struct ip_rx *rx)
{
	return rx->host ? rx->host->tcp.p : NULL;
}

static struct datagram *
begin(struct net *n, const struct ip_rx *rx, uint64_t hash)
{
	const struct mien_personality *p = personality_of(rx);
	struct datagram *d;
	uint32_t index;

	if (pool_used(&n->datagrams) == n->limits.max_fragments)
		evict(n);
	index = pool_get(&n->datagrams);
	table_add(&n->frag_table, hash, index);
	d = datagram_at(n, index);
	*d = (struct datagram){
		.src = rx->src,
		.dst = rx->dst,
		.host = rx->host,
		.id = rx->id,
		.proto = rx->proto,
		.hash = hash,
		.index = index,
		.source = source_of(n, &rx->src),
		.overlap = p ? p->frag_overlap : MIEN_OVERLAP_DROP,
		.timer = {.owner = TIMER_FRAG},
	};
	append(n, d);
	wheel_set(&n->env->wheel, &d->timer, n->env->now + (p ? p->frag_timeout_ms : 30000) * NS_PER_MS);
	return d;
}

/* Offsets and lengths that no sender can mean: teardrop, bonk, ping of death and their kin. */
static bool
is_malformed(const struct ip_rx *rx)
{
	if (rx->len == 0 || (rx->more && rx->len % 8 != 0))
		return true;
	return (uint32_t)rx->hdr_len + rx->frag_off + rx->len > REASS_MAX;
}

/* Does it contradict what is known of the datagram's end? */
static bool
contradicts_end(const struct datagram *d, const struct ip_rx *rx)
{
	uint32_t end = rx->frag_off + rx->len;

	if (d->last_seen)
		return end > d->total || (!rx->more && end != d->total);
	return !rx->more && end < d->end;
}

static void
note_header(struct datagram *d, const struct ip_rx *rx)
{
	d->ecn_seen |= (uint8_t)(1u << (rx->tos & ECN_BITS));
	d->group |= rx->group;
	if (!rx->more) {
		d->last_seen = true;
		d->total = rx->frag_off + rx->len;
	}
	if (rx->frag_off != 0 || d->first_seen)
		return;
	d->first_seen = true;
	d->tos = rx->tos;
	d->ttl = rx->ttl;
	d->df = rx->df;
	d->hdr_len = rx->hdr_len;
	memcpy(d->hdr, rx->hdr, rx->hdr_len);
}

/* The header of the datagram as if it had never been in pieces. */
static void
whole_header(const struct datagram *d, uint8_t hdr[IP_HDR_COPY])
{
	memcpy(hdr, d->hdr, d->hdr_len);
	put_be16(hdr + 2, (uint16_t)(d->hdr_len + d->total));
	put_be16(hdr + 6, get_be16(hdr + 6) & 0xc000);
	ip4_set_cksum(hdr);
}

/* One chain out of all pieces. */
static struct rte_mbuf *
join(struct rte_mbuf *first)
{
	struct rte_mbuf *m = piece_of(first)->next, *tail = rte_pktmbuf_lastseg(first);

	while (m) {
		struct rte_mbuf *next = piece_of(m)->next;

		tail->next = m;
		tail = rte_pktmbuf_lastseg(m);
		first->pkt_len += m->pkt_len;
		first->nb_segs = (uint16_t)(first->nb_segs + m->nb_segs);
		m = next;
	}
	return first;
}

/* RFC 3168 5.3: CE on any fragment is CE on the whole, but never beside Not-ECT. */
static bool
ecn_valid(uint8_t seen)
{
	return !(seen & 1u << ECN_CE && seen & 1u << ECN_NOT_ECT);
}

static bool
finish(struct net *n, struct datagram *d, struct ip_rx *rx, uint8_t hdr[IP_HDR_COPY], enum mien_drop *drop)
{
	struct rte_mbuf *first;

	if (!ecn_valid(d->ecn_seen)) {
		*drop = MIEN_DROP_FRAG_ECN;
		discard(n, d);
		return false;
	}
	whole_header(d, hdr);
	rx->hdr = hdr;
	rx->hdr_len = d->hdr_len;
	rx->len = d->total;
	rx->tos = d->ecn_seen & 1u << ECN_CE ? d->tos | ECN_CE : d->tos;
	rx->ttl = d->ttl;
	rx->df = d->df;
	rx->group = d->group;
	rx->more = false;
	rx->frag_off = 0;
	rx->cksum_ok = false;
	first = d->first;
	leave(n, d);
	rx->m = join(first);
	n->env->counters.ip_reassembled++;
	return true;
}

static enum mien_drop
insert(struct net *n, struct datagram *d, struct ip_rx *rx)
{
	const struct mien_personality *p = personality_of(rx);
	unsigned int max = p && p->frag_max ? p->frag_max : REASS_PIECES;
	uint32_t end = rx->frag_off + rx->len;

	if (contradicts_end(d, rx)) {
		rte_pktmbuf_free(rx->m);
		return MIEN_DROP_FRAG_MALFORMED;
	}
	if (d->pieces >= max) {
		rte_pktmbuf_free(rx->m);
		return MIEN_DROP_FRAG_LIMIT;
	}
	note_header(d, rx);
	if (end > d->end)
		d->end = end;
	return overlap_insert(n, d, rx->m, rx->frag_off, end);
}

bool
reass_input(struct net *n, struct ip_rx *rx, uint8_t hdr[IP_HDR_COPY], enum mien_drop *drop)
{
	uint64_t hash = key_hash(n, rx);
	struct datagram *d = find(n, rx, hash);

	*drop = is_malformed(rx) ? MIEN_DROP_FRAG_MALFORMED : MIEN_DROP_NONE;
	if (*drop == MIEN_DROP_NONE) {
		if (!d)
			d = begin(n, rx, hash);
		*drop = insert(n, d, rx);
	} else {
		rte_pktmbuf_free(rx->m);
	}
	if (*drop != MIEN_DROP_NONE) {
		if (d)
			discard(n, d);
		return false;
	}
	return keep_within_limits(n, d, drop) && d->last_seen && d->bytes == d->total && finish(n, d, rx, hdr, drop);
}

/* RFC 1122 3.3.2: time exceeded is told only when the first fragment is here. */
static void
tell_timeout(struct net *n, const struct datagram *d)
{
	const struct ip_rx rx = {
		.m = d->first,
		.host = d->host,
		.src = d->src,
		.dst = d->dst,
		.hdr = d->hdr,
		.hdr_len = d->hdr_len,
		.len = d->first->pkt_len,
		.id = d->id,
		.proto = d->proto,
		.tos = d->tos,
		.ttl = d->ttl,
		.df = d->df,
		.group = d->group,
	};

	icmp_answer(n, &rx, ICMP4_TIME_EXCEEDED, ICMP4_EXCEEDED_REASS);
}

void
reass_timer(struct net *n, struct wheel_entry *entry)
{
	struct datagram *d = wheel_owner_of(entry, struct datagram, timer);

	env_drop(n->env, MIEN_DROP_FRAG_TIMEOUT);
	if (d->host && d->first_seen && d->host->tcp.p->icmp.time_exceeded)
		tell_timeout(n, d);
	discard(n, d);
}

void
reass_host_gone(struct net *n, const struct host *h)
{
	pool_foreach(&n->datagrams, i)
		if (datagram_at(n, i)->host == h)
			discard(n, datagram_at(n, i));
}

int
reass_create(struct net *n)
{
	n->frag_age = (struct index_list){POOL_NONE, POOL_NONE};
	n->frag_sources = n->mem.alloc(n->mem.ctx, NET_FRAG_SOURCES * sizeof(*n->frag_sources), CACHE_LINE);
	if (!n->frag_sources || pool_init(&n->datagrams, &n->mem, n->limits.max_fragments, sizeof(struct datagram), CACHE_LINE))
		return MIEN_ENOMEM;
	return flow_table_init(&n->frag_table, &n->mem, n->limits.max_fragments) ? MIEN_ENOMEM : MIEN_OK;
}

void
reass_destroy(struct net *n)
{
	if (n->datagrams.objs)
		pool_foreach(&n->datagrams, i)
			pieces_free(datagram_at(n, i)->first);
	if (n->frag_sources)
		n->mem.free(n->mem.ctx, n->frag_sources, NET_FRAG_SOURCES * sizeof(*n->frag_sources));
	n->frag_sources = NULL;
	flow_table_fini(&n->frag_table);
	pool_fini(&n->datagrams);
}
