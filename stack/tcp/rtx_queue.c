/* SPDX-License-Identifier: BSD-3-Clause */
/* From waiting bytes to packets of at most one MSS, kept until they are acknowledged. */
#include "send_parts.h"

#define FREE_BURST 32

/* Unlinks the front of sndq without touching what holds for both queues. */
static struct rte_mbuf *
sndq_unlink(struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->sndq.head;

	pkt_queue_unlink(&tcb->sndq, m->nb_segs);
	return m;
}

/* Puts m, len bytes of payload in segs mbufs, at the end of rtxq. Looks at nothing but the metadata. */
static void
rtxq_link(struct tcb *tcb, struct rte_mbuf *m, uint32_t len, uint32_t segs, uint8_t flags)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->seq = tcb->snd_nxt;
	meta->end = tcb->snd_nxt + len;
	meta->flags = flags | PKT_NEW;
	meta->rtx = 0;
	meta->skip = 0;
	meta->sent = 0;
	meta->flight = tcb_outstanding(tcb) + len;
	pkt_queue_link(&tcb->rtxq, m, segs);
}

/* The same with clean fields in m. */
static void
rtxq_push(struct tcb *tcb, struct rte_mbuf *m, uint32_t len, uint8_t flags)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->data_off = m->data_off;
	meta->data_len = m->data_len;
	meta->small = 0;
	rtxq_link(tcb, m, len, m->nb_segs, flags);
}

/* Cuts the first len bytes off the front packet of sndq as a view. */
static struct rte_mbuf *
cut_front(struct tcp *t, struct tcb *tcb, uint32_t len)
{
	struct pkt_queue *q = &tcb->sndq;
	struct rte_mbuf *m = q->head, *view = view_range(t->env, m, 0, len), *rest;
	struct pkt_meta meta;
	uint16_t segs = m->nb_segs;

	if (!view)
		return NULL;
	meta = *pkt_meta(m);
	rest = chain_cut(m, len);
	q->count -= (uint32_t)(segs - rest->nb_segs);
	t->env->mbufs_held += view->nb_segs;
	t->env->mbufs_held -= (uint64_t)(segs - rest->nb_segs);
	meta.seq += len;
	*pkt_meta(rest) = meta;
	q->head = rest;
	if (q->tail == m)
		q->tail = rest;
	q->bytes -= len;
	return view;
}

/* Mbufs needed for the first len bytes of sndq. */
static unsigned int
segs_needed(const struct tcb *tcb, uint32_t len)
{
	unsigned int segs = 0;
	struct rte_mbuf *m = tcb->sndq.head;

	for (uint32_t have = 0; have < len && segs <= PKT_SEGS_MAX; m = pkt_meta(m)->next) {
		have += pkt_len(pkt_meta(m));
		segs += m->nb_segs;
	}
	return segs;
}

static void
drop_front(struct tcp *t, struct tcb *tcb, uint32_t len)
{
	struct rte_mbuf *m = tcb->sndq.head, *rest;
	struct pkt_meta meta = *pkt_meta(m);
	uint16_t segs = m->nb_segs;

	if (pkt_len(&meta) == len) {
		t->env->mbufs_held -= segs;
		rte_pktmbuf_free(sndq_unlink(tcb));
		return;
	}
	rest = chain_cut(m, len);
	meta.seq += len;
	*pkt_meta(rest) = meta;
	tcb->sndq.head = rest;
	if (tcb->sndq.tail == m)
		tcb->sndq.tail = rest;
	tcb->sndq.bytes -= len;
	tcb->sndq.count -= (uint32_t)(segs - rest->nb_segs);
	t->env->mbufs_held -= (uint64_t)(segs - rest->nb_segs);
}

/* Many small pieces: copied into one mbuf. */
static struct rte_mbuf *
take_copied(struct tcp *t, struct tcb *tcb, uint32_t len)
{
	struct rte_mbuf *own = rte_pktmbuf_alloc(t->env->pool);
	uint32_t done = 0;
	uint8_t flags = 0;

	if (!own) {
		env_drop(t->env, MIEN_DROP_NO_MBUF);
		return NULL;
	}
	len = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(own));
	while (done < len) {
		struct rte_mbuf *m = tcb->sndq.head;
		const struct pkt_meta *meta = pkt_meta(m);
		uint32_t n = RTE_MIN(len - done, pkt_len(meta));

		chain_copy(m, 0, n, rte_pktmbuf_mtod_offset(own, uint8_t *, done));
		if (n == pkt_len(meta) && (meta->flags & PKT_TOKEN)) {
			flags |= PKT_TOKEN;
			pkt_meta(own)->token = meta->token;
		}
		drop_front(t, tcb, n);
		done += n;
	}
	own->data_len = (uint16_t)len;
	own->pkt_len = len;
	env_copied(t->env, len);
	t->env->mbufs_held++;
	rtxq_push(tcb, own, len, flags);
	return own;
}

/* Chains m2 behind m; the token of the later one stands for both. */
static void
join(struct rte_mbuf *m, struct rte_mbuf *m2)
{
	struct pkt_meta *meta = pkt_meta(m);
	const struct pkt_meta *meta2 = pkt_meta(m2);
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);

	if (meta2->flags & PKT_TOKEN) {
		meta->token = meta2->token;
		meta->flags |= PKT_TOKEN;
	}
	last->next = m2;
	m->nb_segs = (uint16_t)(m->nb_segs + m2->nb_segs);
	m->pkt_len += m2->pkt_len;
	m2->nb_segs = 1;
}

/* Chains whole packets of sndq, and a view of the front of the last, up to len bytes. */
static struct rte_mbuf *
take_chained(struct tcp *t, struct tcb *tcb, uint32_t len)
{
	struct rte_mbuf *m = sndq_unlink(tcb);

	while (m->pkt_len < len && tcb->sndq.head) {
		uint32_t left = len - m->pkt_len;
		struct rte_mbuf *more;

		if (tcb->sndq.head->pkt_len <= left) {
			more = sndq_unlink(tcb);
		} else {
			more = cut_front(t, tcb, left);
			if (!more)
				break; /* a shorter segment then */
			pkt_meta(more)->flags = 0;
		}
		join(m, more);
	}
	rtxq_push(tcb, m, m->pkt_len, pkt_meta(m)->flags & PKT_TOKEN);
	return m;
}

struct rte_mbuf *
rtxq_take(struct tcp *t, struct tcb *tcb, uint32_t len)
{
	struct rte_mbuf *m = tcb->sndq.head;
	uint32_t have = pkt_len(pkt_meta(m));

	if (likely(have == len)) {
		m = sndq_unlink(tcb);
		rtxq_push(tcb, m, len, pkt_meta(m)->flags & PKT_TOKEN);
		return m;
	}
	if (have > len) {
		m = cut_front(t, tcb, len);
		if (m)
			rtxq_push(tcb, m, len, 0);
		return m;
	}
	if (segs_needed(tcb, len) > PKT_SEGS_MAX)
		return take_copied(t, tcb, len);
	return take_chained(t, tcb, len);
}

/* Room for every header in front of a payload that nobody else holds? */
static inline bool
may_carry(const struct env *env, const struct rte_mbuf *m)
{
	return mbuf_is_alone(m) && m->data_off >= TCP_HDR_MAX + env->headroom;
}

/*
 * Of the copy only the metadata and the bytes behind them are touched. Its mbuf stays as it came from the pool: one
 * segment, one reference, nothing attached; whatever sends it again goes by the metadata.
 */
struct rte_mbuf *
rtxq_take_small(struct tcp *t, struct tcb *tcb, uint32_t len, struct rte_mbuf **frame)
{
	struct rte_mbuf *m = tcb->sndq.head, *copy;
	const struct pkt_meta *meta = pkt_meta(m);
	struct pkt_meta *kept;
	void *obj;

	if (len > t->env->small_room || pkt_len(meta) != len || !may_carry(t->env, m))
		return NULL;
	if (unlikely(rte_mempool_get(t->env->indirect, &obj) != 0))
		return NULL;
	copy = obj;
	kept = pkt_meta(copy);
	kept->token = meta->token;
	kept->data_off = 0;
	kept->data_len = (uint16_t)len;
	kept->small = 1;
	memcpy((uint8_t *)kept + MIEN_MBUF_PRIV_SIZE, rte_pktmbuf_mtod(m, const void *), len);
	t->env->counters.tcp_payload_copied_small += len;
	*frame = sndq_unlink(tcb);
	rtxq_link(tcb, copy, len, 1, meta->flags & PKT_TOKEN);
	return copy;
}

/* A view of the payload bytes [off, off + len) of a packet that may have been sent. */
static struct rte_mbuf *
packet_view(struct env *env, struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	const struct pkt_meta *meta = pkt_meta(m);

	if (m->nb_segs == 1)
		return view_of(env, m, (uint16_t)(meta->data_off + off), (uint16_t)len);
	return view_range(env, m, off, len);
}

bool
rtxq_split(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, uint32_t len)
{
	struct pkt_meta *meta = pkt_meta(m), *meta2;
	uint32_t rest = pkt_len(meta) - len;
	struct rte_mbuf *m2 = packet_view(t->env, m, pkt_skip(meta) + len, rest);

	if (!m2)
		return false;
	meta2 = pkt_meta(m2);
	meta->small = 0; /* the view holds it too */
	*meta2 = *meta;
	meta2->skip = 0;
	meta2->sent &= SENT_FIN | SENT_SMALL;
	meta2->rtx &= RTX_TIMES;
	meta2->data_off = m2->data_off;
	meta2->data_len = m2->data_len;
	meta2->seq = meta->seq + len;
	meta->end = meta2->seq;
	meta->flags &= (uint8_t)~(PKT_TOKEN | PKT_PUSH);
	meta->next = m2;
	if (tcb->rtxq.tail == m)
		tcb->rtxq.tail = m2;
	tcb->rtxq.count += m2->nb_segs;
	t->env->mbufs_held += m2->nb_segs;
	return true;
}

/* Bookkeeping for one packet that is acknowledged whole. */
static void
packet_acked(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rtx_acked *acked)
{
	const struct pkt_meta *meta = pkt_meta(m);

	if (unlikely(tcb->sack.sacked_bytes | tcb->sack.lost_bytes | tcb->sack.marks))
		sack_acked(t, tcb, m, acked);
	if (meta->flags & PKT_RTX) {
		acked->rtx = true;
	} else if (!acked->sample && !(meta->flags & PKT_SACKED)) {
		acked->sample = true;
		acked->sent_at = meta->sent_at;
	}
	if (meta->flags & PKT_TOKEN) {
		tcb->token_done = meta->token;
		tcb_event(t, tcb, MIEN_EV_SENT);
	}
}

/* The peer acknowledged only the first n bytes of m. */
static void
packet_trim(struct tcb *tcb, struct rte_mbuf *m, uint32_t n, struct rtx_acked *acked)
{
	struct pkt_meta *meta = pkt_meta(m);

	if (meta->flags & PKT_SACKED)
		acked->known += n;
	if (meta->flags & (PKT_SACKED | PKT_LOST))
		sack_forget(tcb, m, n);
	if (meta->sent & SENT_COUNTED)
		rtx_index_drop(tcb, m);
	meta->seq += n;
	meta->skip += n;
	tcb->rtxq.bytes -= n;
	acked->bytes += n;
}

/*
 * A small copy goes back as it came: its mbuf, in lines that nothing else asks for, is not looked at. What is given
 * back is taken next: by then the line of its bytes is here, and no store waits for it.
 */
static void
free_small(struct tcp *t, struct pkt_queue *q, struct rte_mbuf *m)
{
	pkt_queue_unlink(q, 1);
	t->env->mbufs_held--;
	__builtin_prefetch((const uint8_t *)pkt_meta(m) + MIEN_MBUF_PRIV_SIZE, 1);
	rte_mempool_put(t->env->indirect, m);
}

void
rtxq_ack(struct tcp *t, struct tcb *tcb, uint32_t una, struct rtx_acked *acked)
{
	struct rte_mbuf *dead[FREE_BURST], *m;
	struct pkt_queue *q = &tcb->rtxq;
	unsigned int n = 0;

	while ((m = q->head) != NULL) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (seq_gt(meta->end, una)) {
			if (unlikely(seq_lt(meta->seq, una)))
				packet_trim(tcb, m, una - meta->seq, acked);
			break;
		}
		acked->bytes += pkt_len(meta);
		packet_acked(t, tcb, m, acked);
		if (meta->small) {
			free_small(t, q, m);
			continue;
		}
		(void)pkt_queue_pop(t->env, q);
		if (n == FREE_BURST) {
			rte_pktmbuf_free_bulk(dead, n);
			n = 0;
		}
		dead[n++] = m;
	}
	if (n == 1)
		rte_pktmbuf_free(dead[0]);
	else if (n)
		rte_pktmbuf_free_bulk(dead, n);
}
