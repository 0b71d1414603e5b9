/* SPDX-License-Identifier: BSD-3-Clause */
#include "cksum.h"

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/*
 * Sums n eight-byte words. `all` wraps, but with the sum of the upper halves known the sum of the
 * lower ones follows from it exactly, below 2^64: so no carry is needed, and compilers vectorise.
 */
static inline uint64_t
sum_words(const uint8_t *p, size_t n)
{
	uint64_t all = 0, high = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t w = load64(p + 8 * i);

		all += w;
		high += w >> 32;
	}
	return (all - (high << 32)) + high;
}

/* Sums up to seven bytes at an even offset; the missing half of an odd last word is zero. */
static inline uint64_t
sum_tail(const uint8_t *p, size_t len)
{
	uint8_t last[2] = {0, 0};
	uint64_t sum = 0;
	uint32_t w32;
	uint16_t w16;

	if (len & 4) {
		memcpy(&w32, p, 4);
		sum += w32;
		p += 4;
	}
	if (len & 2) {
		memcpy(&w16, p, 2);
		sum += w16;
		p += 2;
	}
	if (len & 1) {
		last[0] = *p;
		memcpy(&w16, last, 2);
		sum += w16;
	}
	return sum;
}

uint32_t
cksum_partial(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t words = len / 8;

	return cksum_reduce64(sum + sum_words(p, words) + sum_tail(p + 8 * words, len & 7));
}

uint32_t
cksum_pieces(const struct wire_piece *pieces, unsigned int n, uint32_t sum)
{
	bool odd = false;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t piece = cksum_partial(pieces[i].data, pieces[i].len, 0);

		sum = cksum_combine(sum, piece, odd);
		odd ^= pieces[i].len & 1;
	}
	return sum;
}

uint32_t
cksum_pseudo6(const uint8_t src[16], const uint8_t dst[16], uint8_t proto, uint32_t l4_len)
{
	uint8_t tail[8] = {0};
	uint32_t sum;

	put_be32(tail, l4_len);
	tail[7] = proto;
	sum = cksum_partial(src, 16, 0);
	sum = cksum_partial(dst, 16, sum);
	return cksum_partial(tail, sizeof(tail), sum);
}

uint16_t
cksum_l4(uint32_t pseudo, const void *hdr, size_t hdr_len, const struct wire_piece *pieces,
	unsigned int n)
{
	uint32_t sum = cksum_partial(hdr, hdr_len, pseudo);

	if (hdr_len & 1)
		return cksum_finish(cksum_combine(sum, cksum_pieces(pieces, n, 0), true));
	return cksum_finish(cksum_pieces(pieces, n, sum));
}
