/* SPDX-License-Identifier: BSD-3-Clause */
/* FNV-1a, for tables whose keys come from the user himself. */
#ifndef MIEN_FNV_H
#define MIEN_FNV_H

#include <stdint.h>

#define FNV_START 2166136261u

static inline uint32_t
fnv_byte(uint32_t h, uint8_t byte)
{
	return (h ^ byte) * 16777619u;
}

static inline uint32_t
fnv_text(uint32_t h, const char *text)
{
	while (*text)
		h = fnv_byte(h, (uint8_t)*text++);
	return h;
}

#endif
