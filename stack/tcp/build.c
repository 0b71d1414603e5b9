/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The segment builder: header and option template of the personality, in front of payload that is
 * not copied. How the payload of a queued packet travels, first form that is allowed:
 *
 * - headroom: the header is written into the payload mbuf's own headroom; only while nobody else
 *   holds the mbuf. pkt_meta.data_off remembers where the payload starts.
 * - small: rtxq keeps a copy of a short payload, and the application's mbuf itself goes out with the
 *   header in its headroom (rtxq_take_small).
 * - copy: up to MIEN_COPY_BREAK bytes are copied behind the header of a new mbuf.
 * - shared: a header mbuf chained to the queued mbufs themselves, one more reference on each; their
 *   fields never change while they stand in rtxq.
 * - view: a header mbuf chained to indirect views, when only a part of the payload goes out or the
 *   mbuf's fields describe an earlier header.
 *
 * Ports without multi-segment transmission get headroom or copy, whatever the length.
 */
#include "ethertypes.h"
#include "options_out.h"
#include "send_parts.h"

/*
 * Writes hdr_len bytes of header, checksum field zero; gives their partial sum. It is made of what
 * is stored, not read back: a load of other size than the store before it waits for that store.
 */
static inline uint32_t
put_header(uint8_t *p, const struct seg_out *out, unsigned int hdr_len)
{
	const uint32_t w[5] = {
		wire32((uint32_t)out->key->lport << 16 | out->key->rport),
		wire32(out->seq),
		wire32(out->ack),
		wire32((uint32_t)hdr_len << 26 | (out->reserved & 15u) << 24 |
			(uint32_t)out->flags << 16 | out->wnd),
		wire32(out->urp),
	};
	uint64_t sum = 0;

	for (unsigned int i = 0; i < 5; i++) {
		store32(p + 4 * i, w[i]);
		sum += w[i];
	}
	if (hdr_len > TCP_HDR_MIN)
		sum += write_options(p + TCP_HDR_MIN, out, hdr_len - TCP_HDR_MIN);
	return cksum_reduce64(sum);
}

/* Partial sum of the pseudo-header; keys hold addresses as on the wire. */
static inline uint32_t
pseudo_sum(const struct flow_key *key, uint32_t l4_len)
{
	const uint8_t *local = (const uint8_t *)&key->local,
		      *remote = (const uint8_t *)&key->remote;

	if (likely(mien_addr_is_ip4(&key->local)))
		return cksum_pseudo4(
			get_be32(local + 12), get_be32(remote + 12), IPP_TCP, (uint16_t)l4_len);
	return cksum_pseudo6(local, remote, IPP_TCP, l4_len);
}

/* Adds the bytes behind the first off of a chain, off even. */
static inline uint32_t
chain_sum(const struct rte_mbuf *m, uint32_t off, uint32_t sum)
{
	bool odd = m->data_len & 1;

	if (m->data_len > off)
		sum = cksum_partial(
			rte_pktmbuf_mtod_offset(m, const void *, off), m->data_len - off, sum);
	for (const struct rte_mbuf *seg = m->next; unlikely(seg != NULL); seg = seg->next) {
		sum = cksum_combine(sum,
			cksum_partial(rte_pktmbuf_mtod(seg, const void *), seg->data_len, 0), odd);
		odd ^= seg->data_len & 1;
	}
	return sum;
}

/*
 * Checksum, counters, and off to IP. Takes m, which begins with hdr_len bytes of header of that
 * sum.
 */
static inline void
hand_over(struct tcp *t, struct seg_out *out, struct rte_mbuf *m, unsigned int hdr_len,
	uint32_t hdr_sum)
{
	struct env *env = t->env;

	if (!(env->tx_offloads & MIEN_OFFLOAD_TCP_CKSUM)) {
		uint32_t sum = cksum_add(hdr_sum, pseudo_sum(out->key, m->pkt_len));

		put_be16(rte_pktmbuf_mtod_offset(m, uint8_t *, 16),
			cksum_finish(chain_sum(m, hdr_len, sum)));
	}
	out->ip.remote = out->key->remote;
	out->ip.proto = IPP_TCP;
	out->ip.p = out->p;
	env->counters.tcp_segments_sent++;
	env->ip_output(env->net, out->host, m, &out->ip);
}

/* A new mbuf with the header written, and its sum; NULL: no mbuf. */
static struct rte_mbuf *
header_mbuf(struct tcp *t, const struct seg_out *out, unsigned int hdr_len, uint32_t *hdr_sum)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t->env->pool);

	if (unlikely(!m)) {
		env_drop(t->env, MIEN_DROP_NO_MBUF);
		return NULL;
	}
	*hdr_sum = put_header(rte_pktmbuf_mtod(m, uint8_t *), out, hdr_len);
	m->data_len = (uint16_t)hdr_len;
	m->pkt_len = hdr_len;
	return m;
}

bool
build_and_send(struct tcp *t, struct seg_out *out)
{
	unsigned int hdr_len = TCP_HDR_MIN + options_len(out);
	uint32_t hdr_sum;
	struct rte_mbuf *m = header_mbuf(t, out, hdr_len, &hdr_sum);

	if (unlikely(!m))
		return false;
	if (out->n_bytes)
		memcpy(rte_pktmbuf_append(m, out->n_bytes), out->bytes, out->n_bytes);
	hand_over(t, out, m, hdr_len, hdr_sum);
	return true;
}

/* Does the packet go out whole, from mbufs whose fields say just that? */
static inline bool
packet_is_clean(const struct rte_mbuf *m, const struct pkt_meta *meta)
{
	return pkt_skip(meta) == 0 && m->pkt_len == pkt_len(meta) && m->data_off == meta->data_off;
}

static inline bool
headroom_allowed(const struct env *env, const struct rte_mbuf *m, const struct pkt_meta *meta,
	unsigned int hdr_len)
{
	return mbuf_is_alone(m) && meta->data_off + pkt_skip(meta) >= hdr_len + env->headroom;
}

/* Takes m: len bytes of payload from data_off on, alone in the mbuf. */
static void
send_behind_header(struct tcp *t, struct seg_out *out, struct rte_mbuf *m, uint32_t data_off, uint32_t len)
{
	unsigned int hdr_len = TCP_HDR_MIN + options_len(out);
	uint32_t hdr_sum;

	m->data_off = (uint16_t)(data_off - hdr_len);
	m->data_len = (uint16_t)(hdr_len + len);
	m->pkt_len = hdr_len + len;
	m->ol_flags = 0;
	m->tx_offload = 0;
	hdr_sum = put_header(rte_pktmbuf_mtod(m, uint8_t *), out, hdr_len);
	hand_over(t, out, m, hdr_len, hdr_sum);
}

void
build_and_send_frame(struct tcp *t, struct seg_out *out, struct rte_mbuf *frame)
{
	send_behind_header(t, out, frame, frame->data_off, frame->data_len);
}

/* Copies the payload of a packet to p. */
static void
copy_payload(const struct rte_mbuf *m, uint8_t *p)
{
	const struct pkt_meta *meta = pkt_meta((struct rte_mbuf *)(uintptr_t)m);

	if (m->nb_segs == 1)
		memcpy(p, (const uint8_t *)m->buf_addr + meta->data_off + pkt_skip(meta),
			pkt_len(meta));
	else
		chain_copy(m, pkt_skip(meta), pkt_len(meta), p);
}

static bool
send_copied(struct tcp *t, struct seg_out *out, const struct rte_mbuf *m, unsigned int hdr_len)
{
	uint32_t len = pkt_len(pkt_meta((struct rte_mbuf *)(uintptr_t)m)), hdr_sum;
	struct rte_mbuf *head = header_mbuf(t, out, hdr_len, &hdr_sum);
	char *p;

	if (unlikely(!head))
		return false;
	p = rte_pktmbuf_append(head, (uint16_t)len);
	if (unlikely(!p)) {
		rte_pktmbuf_free(head);
		return false;
	}
	copy_payload(m, (uint8_t *)p);
	env_copied(t->env, len);
	hand_over(t, out, head, hdr_len, hdr_sum);
	return true;
}

static bool
send_chained(struct tcp *t, struct seg_out *out, struct rte_mbuf *m, unsigned int hdr_len)
{
	const struct pkt_meta *meta = pkt_meta(m);
	uint32_t hdr_sum;
	struct rte_mbuf *head = header_mbuf(t, out, hdr_len, &hdr_sum), *payload = m;

	if (unlikely(!head))
		return false;
	if (packet_is_clean(m, meta)) {
		for (struct rte_mbuf *seg = m; seg; seg = seg->next)
			rte_mbuf_refcnt_update(seg, 1);
	} else {
		payload = m->nb_segs == 1
				  ? view_of(t->env, m, (uint16_t)(meta->data_off + pkt_skip(meta)),
					    (uint16_t)pkt_len(meta))
				  : view_range(t->env, m, pkt_skip(meta), pkt_len(meta));
		if (unlikely(!payload)) {
			rte_pktmbuf_free(head);
			return false;
		}
	}
	head->next = payload;
	head->nb_segs = (uint16_t)(1 + payload->nb_segs);
	head->pkt_len += pkt_len(meta);
	hand_over(t, out, head, hdr_len, hdr_sum);
	return true;
}

bool
build_and_send_data(struct tcp *t, struct seg_out *out, struct rte_mbuf *packet)
{
	const struct pkt_meta *meta = pkt_meta(packet);
	unsigned int hdr_len = TCP_HDR_MIN + options_len(out);

	if (likely(headroom_allowed(t->env, packet, meta, hdr_len))) {
		pkt_meta(packet)->small = 0; /* the port holds it too */
		rte_mbuf_refcnt_update(packet, 1);
		send_behind_header(t, out, packet, meta->data_off + pkt_skip(meta), pkt_len(meta));
		return true;
	}
	if (pkt_len(meta) <= MIEN_COPY_BREAK || !(t->env->tx_offloads & MIEN_OFFLOAD_MULTI_SEGS))
		return send_copied(t, out, packet, hdr_len);
	return send_chained(t, out, packet, hdr_len);
}
