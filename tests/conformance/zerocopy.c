/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MSG_ZEROCOPY: bytes go to the stack as mbufs with a token, and the token's return is the notice of Linux's error
 * queue. packetdrill frees what it sent from at once, so the mbufs hold copies, and the notices say so.
 */
#include "plugin.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_mbuf.h>

#define PIECE 1024

struct notice {
	struct sock_extended_err e;
	struct sockaddr_in offender; /* nobody */
};

/* len bytes in a chain; NULL without mbufs. */
static struct rte_mbuf *
chain_of(struct plugin *p, const uint8_t *data, size_t len)
{
	struct rte_mbuf *head = NULL;

	while (len) {
		uint16_t n = (uint16_t)RTE_MIN(len, (size_t)PIECE);
		struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);

		if (!m) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		memcpy(rte_pktmbuf_append(m, n), data, n);
		if (!head)
			head = m;
		else if (rte_pktmbuf_chain(head, m) != 0)
			rte_pktmbuf_free(m);
		data += n;
		len -= n;
	}
	return head;
}

int64_t
zerocopy_send(struct plugin *p, struct sock *s, const uint8_t *data, size_t len)
{
	struct rte_mbuf *m = chain_of(p, data, len);
	int64_t n;

	if (!m)
		return MIEN_ENOMEM;
	n = mien_tcp_send_mbuf(p->st, p->now, s->handle, &m, (uint64_t)s->zero_sent + 1);
	rte_pktmbuf_free(m); /* what was not accepted */
	return n;
}

/* As many notices in one as there are. */
int
zerocopy_notice(struct sock *s, struct msghdr *msg)
{
	const struct notice e = {.e = {.ee_origin = SO_EE_ORIGIN_ZEROCOPY, .ee_code = SO_EE_CODE_ZEROCOPY_COPIED,
		.ee_info = s->zero_told, .ee_data = s->zero_acked - 1}};
	struct cmsghdr *c = msg->msg_controllen >= CMSG_SPACE(sizeof(e)) ? CMSG_FIRSTHDR(msg) : NULL;

	msg->msg_controllen = 0;
	if (s->zero_told == s->zero_acked)
		return fail_with(EAGAIN);
	msg->msg_flags = MSG_ERRQUEUE;
	s->zero_told = s->zero_acked;
	if (!c)
		return 0;
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_RECVERR;
	c->cmsg_len = CMSG_LEN(sizeof(e));
	memcpy(CMSG_DATA(c), &e, sizeof(e));
	msg->msg_controllen = CMSG_SPACE(sizeof(e));
	return 0;
}
