/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan for an entry's SYN-ACKs: what eight probes want, and the rules that give most of it. */
#ifndef PERSONALITIES_NMAP_SYN_H
#define PERSONALITIES_NMAP_SYN_H

#include "nmap_import.h"

#define ALL (MIEN_NEG_MSS | MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS)
#define PROBES 8
#define FULL 0
#define ECN 6
#define ODD 7
#define LINK_MSS 1460u

struct probe {
	uint8_t offered;
	uint16_t mss; /* 0: none */
	enum test ops, win;
	const char *o, *w; /* attributes */
	enum test header;  /* the test that says DF and TTL of this one */
};
extern const struct probe probes[PROBES];

/* One probe's wish. */
struct want {
	bool known;	  /* options are stated */
	bool synack;	  /* it opens */
	bool windowed;
	char options[80]; /* nmap's words */
	uint32_t window;
	int mss;	  /* of its first M; -1: none */
	int wscale;	  /* of its first W; -1: none */
	char layout[400]; /* our words */
	unsigned int holds;
	bool offers_stamps; /* the probe */
	bool odd_layout;  /* it holds what no rule can give: raw bytes */
};

struct plan {
	struct writer *w;
	struct want want[PROBES];
	uint8_t accept; /* MIEN_NEG_... in the full layout */
	int slot[MIEN_NEG_SETS]; /* the probe whose layout stands for the set, -1: none */
	uint8_t mss_rule;
	uint32_t mss_value, mss_default;
	int wscale;
	uint8_t stamps; /* MIEN_TS_ZERO_... */
	struct mien_window_rule window;
	uint32_t window_ecn, window_no_wscale;
	bool has_ecn_window, has_no_wscale_window;
	char cases[4096];
	size_t n_cases;
};

/* -- nmap_layout.c ------------------------------------------------------------------------------------------- */
/** The words of want->options; stamps: the digits that the timestamp rule gives, NULL: any. False: no options. */
bool layout_of(struct want *want, const char *stamps);

/* -- nmap_rules.c -------------------------------------------------------------------------------------------- */
/** The layout that stands for each negotiated set. */
void choose_layouts(struct plan *s);
void choose_mss(struct plan *s);
void choose_window_rule(struct plan *s);
/** What the rules give to probe i. A layout of NULL is derived from the full one. */
const char *ruled_layout(const struct plan *s, unsigned int i);
uint32_t ruled_mss(const struct plan *s, unsigned int i);
bool window_is_ruled(const struct plan *s, unsigned int i);

#endif
