/* SPDX-License-Identifier: BSD-3-Clause */
/* The IP identification, by policy. */
#include "net_parts.h"

/* Steps that look random to one who sees differences: odd, 1001 to 19999. */
#define STEP_LOW 1001
#define STEPS 9500

/*
 * Random IDs stay far from the last one, as generators that avoid repeats make them: 20001 to 45535 away. Two or three
 * of them then never look like a counter to anyone, which unrestricted ones do now and then.
 */
#define FAR_LOW 20001
#define FARS 12768

static uint16_t
random_far(struct net *n, uint16_t *last)
{
	*last = (uint16_t)(*last + FAR_LOW + 2 * rng_below(&n->env->rng, FARS));
	if (*last == 0)
		*last = 1;
	return *last;
}

/* Up to most, where that is more than the least. */
static uint32_t
random_step(struct net *n, uint16_t most)
{
	uint32_t steps = most > STEP_LOW ? (most - STEP_LOW) / 2u + 1 : STEPS;

	return STEP_LOW + 2 * rng_below(&n->env->rng, steps);
}

#define ANY_PROTO 0x100u /* no protocol has this number */

/*
 * A counter for the peer and protocol, or any protocol. Peers of all hosts share the buckets; the hash that is added
 * keeps one from seeing another's counter, and it moves with the host's epoch.
 */
static uint16_t
per_destination(struct net *n, const struct host *h, const struct ip_tx *tx, unsigned int proto)
{
	const struct siphash_key key = {h->tcp.key.k0, h->tcp.key.k1 ^ proto};
	uint64_t hash = siphash13_2w(&key, tx->remote.q);

	return (uint16_t)(n->id_buckets[hash % NET_ID_BUCKETS]++ + (hash >> 32));
}

uint16_t
ip_id_next(struct net *n, struct host *h, const struct mien_ip_rule *rule, const struct ip_tx *tx)
{
	uint16_t *counter = &h->id_counter[rule->id_counter % MIEN_IPID_COUNTERS];
	uint16_t step = rule->id_value ? rule->id_value : 1;

	switch ((enum mien_ipid)rule->id_policy) {
	case MIEN_IPID_CONST:
		return rule->id_value;
	case MIEN_IPID_COUNTER:
		return *counter = (uint16_t)(*counter + step);
	case MIEN_IPID_COUNTER_SWAPPED:
		return __builtin_bswap16(*counter = (uint16_t)(*counter + step));
	case MIEN_IPID_RANDOM:
		return random_far(n, counter);
	case MIEN_IPID_RANDOM_STEP:
		return *counter = (uint16_t)(*counter + random_step(n, rule->id_value));
	case MIEN_IPID_PER_DEST:
		return per_destination(n, h, tx, tx->proto);
	case MIEN_IPID_PER_PEER:
		return per_destination(n, h, tx, ANY_PROTO);
	case MIEN_IPID_PER_CONNECTION:
		return tx->conn_id ? (*tx->conn_id)++ : 0;
	case MIEN_IPID_ZERO:
	case MIEN_IPID_POLICY_COUNT:
		break;
	}
	return 0;
}

uint16_t
ip_id_fragment(struct net *n, struct host *h, const struct mien_ip_rule *rule, const struct ip_tx *tx)
{
	bool repeats = rule->id_policy == MIEN_IPID_ZERO || rule->id_policy == MIEN_IPID_CONST ||
		       (rule->id_policy == MIEN_IPID_PER_CONNECTION && !tx->conn_id);

	return repeats ? per_destination(n, h, tx, tx->proto) : ip_id_next(n, h, rule, tx);
}
