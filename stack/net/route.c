/* SPDX-License-Identifier: BSD-3-Clause */
/* Links' prefixes, and where a packet goes next: the link it is on, or the one gateway. */
#include "net_parts.h"

/* Prefix length in the 128 bits of struct mien_addr. */
static unsigned int
bits_of(const struct mien_addr *a, uint8_t prefix_len)
{
	return mien_addr_is_ip4(a) ? 96u + prefix_len : prefix_len;
}

static bool
same_prefix(const struct mien_addr *a, const struct mien_addr *b, unsigned int bits)
{
	uint8_t x[16], y[16];
	unsigned int whole = bits / 8, rest = bits % 8;

	memcpy(x, a, 16);
	memcpy(y, b, 16);
	if (memcmp(x, y, whole) != 0)
		return false;
	return rest == 0 || ((x[whole] ^ y[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

static struct subnet *
subnet_of(struct net *n, const struct mien_addr *addr, uint8_t prefix_len)
{
	for (uint32_t i = 0; i < n->n_subnets; i++) {
		struct subnet *s = &n->subnets[i];

		if (s->prefix_len == prefix_len && mien_addr_is_ip4(&s->addr) == mien_addr_is_ip4(addr) &&
			same_prefix(&s->addr, addr, bits_of(addr, prefix_len)))
			return s;
	}
	return NULL;
}

int
subnet_take(struct net *n, const struct mien_addr *addr, uint8_t prefix_len)
{
	struct subnet *s = subnet_of(n, addr, prefix_len);

	if (!s) {
		if (n->n_subnets == NET_SUBNETS)
			return MIEN_EFULL;
		s = &n->subnets[n->n_subnets++];
		*s = (struct subnet){.addr = *addr, .prefix_len = prefix_len};
	}
	s->hosts++;
	return MIEN_OK;
}

void
subnet_give(struct net *n, const struct mien_addr *addr, uint8_t prefix_len)
{
	struct subnet *s = subnet_of(n, addr, prefix_len);

	if (--s->hosts == 0)
		*s = n->subnets[--n->n_subnets];
}

bool
subnet_is_broadcast(const struct net *n, const struct mien_addr *a)
{
	if (!mien_addr_is_ip4(a))
		return false;
	for (uint32_t i = 0; i < n->n_subnets; i++) {
		const struct subnet *s = &n->subnets[i];

		if (mien_addr_is_ip4(&s->addr) &&
			ip4_is_subnet_broadcast(mien_addr_get_ip4(a), mien_addr_get_ip4(&s->addr), s->prefix_len))
			return true;
	}
	return false;
}

const struct mien_addr *
route_next_hop(const struct net *n, const struct host *h, const struct mien_addr *remote)
{
	if (host_on_link(h, remote))
		return remote;
	return host_on_link(h, &n->gateway) ? &n->gateway : NULL;
}

static bool
reaches_directly(const struct net *n, const struct mien_addr *a)
{
	for (uint32_t i = 0; i < n->n_subnets; i++) {
		const struct subnet *s = &n->subnets[i];

		if (mien_addr_is_ip4(&s->addr) == mien_addr_is_ip4(a) &&
			same_prefix(&s->addr, a, bits_of(&s->addr, s->prefix_len)))
			return true;
	}
	return false;
}

static struct host *
first_host_on_link(struct net *n, const struct mien_addr *a)
{
	if (!reaches_directly(n, a))
		return NULL;
	pool_foreach(&n->hosts, i) {
		struct host *h = pool_at(&n->hosts, i);

		if (h->acd != ACD_DOWN && host_on_link(h, a))
			return h;
	}
	return NULL;
}

struct host *
net_source_host(struct net *n, const struct mien_addr *local, const struct mien_addr *remote)
{
	struct host *h;

	if (!mien_addr_is_any(local))
		return host_find(n, local);
	if (mien_addr_is_ip4(remote) && ip4_is_broadcast(mien_addr_get_ip4(remote)))
		return n->n_subnets ? first_host_on_link(n, &n->subnets[0].addr) : NULL;
	h = first_host_on_link(n, remote);
	if (!h && !mien_addr_is_any(&n->gateway))
		h = first_host_on_link(n, &n->gateway);
	return h;
}

int
net_set_gateway(struct net *n, const struct mien_addr *gateway)
{
	if (!mien_addr_is_any(gateway) && !reaches_directly(n, gateway))
		return MIEN_ENOROUTE;
	n->gateway = *gateway;
	return MIEN_OK;
}
