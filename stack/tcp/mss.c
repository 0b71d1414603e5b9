/* SPDX-License-Identifier: BSD-3-Clause */
/* Segment sizes (RFC 9293 3.7.1, RFC 6691). */
#include "ethertypes.h"
#include "send_parts.h"

#define IP4_HDR 20
#define IP6_HDR 40

static uint16_t
headers(bool ip4)
{
	return (uint16_t)((ip4 ? IP4_HDR : IP6_HDR) + TCP_HDR_MIN);
}

uint16_t
mss_own(const struct tcp *t, const struct mien_personality *p, bool ip4, uint16_t peer_mss)
{
	const struct mien_tcp_rule *rule = &p->tcp;
	uint16_t mss = (uint16_t)(t->env->mtu - headers(ip4));

	if (rule->mss_rule == MIEN_MSS_CONST)
		return rule->mss;
	if (rule->mss)
		mss = RTE_MIN(mss, rule->mss);
	if (rule->mss_rule == MIEN_MSS_MIN_PEER && peer_mss)
		mss = RTE_MIN(mss, peer_mss);
	return mss;
}

uint16_t
mss_clamped(const struct tcb *tcb, uint16_t mss)
{
	return tcb->mss_clamp ? RTE_MIN(mss, tcb->mss_clamp) : mss;
}

uint16_t
mss_own_passive(const struct tcp *t, const struct tcb *tcb)
{
	uint16_t peer = tcb->peer_mss ? tcb->peer_mss : tcb->p->tcp.mss_default;

	if (unlikely(tcb->syn_case) && tcb_syn_case(tcb)->parts & MIEN_CASE_MSS)
		return tcb_syn_case(tcb)->mss;

	return mss_clamped(tcb, mss_own(t, tcb->p, mien_addr_is_ip4(&tcb->key.local), peer));
}

/*
 * Eff.snd.MSS: the smaller of what the peer and the path take, less the options every data segment
 * carries.
 */
void
mss_update(struct tcp *t, struct tcb *tcb)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;
	bool ip4 = mien_addr_is_ip4(&tcb->key.local);
	uint32_t mtu = tcb->pmtu ? RTE_MIN(tcb->pmtu, t->env->mtu) : t->env->mtu;
	uint32_t peer = tcb->peer_mss ? tcb->peer_mss : rule->mss_default;
	uint32_t options = tcb->p->segment[!!(tcb->neg & MIEN_NEG_TS)].len;
	uint32_t mss;

	if (!tcb->peer_mss && !ip4)
		peer = RTE_MAX(peer, 1220u); /* MUST-15 */
	mss = RTE_MIN(RTE_MAX(peer, (uint32_t)rule->mss_floor), mtu - headers(ip4));
	mss = mss_clamped(tcb, (uint16_t)RTE_MIN(mss, (uint32_t)UINT16_MAX));
	tcb->mss = (uint16_t)(mss > options + 8 ? mss - options : 8);
}
