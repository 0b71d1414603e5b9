/* SPDX-License-Identifier: BSD-3-Clause */
/* p0f's signatures inside the room: the file, and the profile that is made of some of its entries. */
#ifndef PERSONALITIES_P0F_IMPORT_H
#define PERSONALITIES_P0F_IMPORT_H

#include <mien/signature.h>

#include "profile_int.h"

enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WS, OPT_SOK, OPT_SACK, OPT_TS = 8 };

struct mien_signatures {
	char *text, *names; /* that the entries point into */
	size_t names_used;
	char file[256];
	struct mien_signature_entry *at;
	size_t count, cap;
};

#define LINK_MSS 1460u /* of Ethernet, and of whoever looks */

/* An entry with nothing left open: one that a host can show. */
struct shape {
	const struct mien_signature_entry *entry;
	struct mien_signature s;
	bool own_mss;	      /* from the MTU, which is LINK_MSS where it is looked at */
	uint32_t window;      /* field as sent there */
	unsigned int options; /* bytes */
	char layout[480];     /* words of our files */
	bool raw_stamp;	      /* the timestamp is one of raw bytes */
};

struct p0f_writer {
	const struct mien_signatures *set;
	const struct mien_sink *yaml, *report;
	struct mien_error *err;
};

bool has_option(const struct mien_signature *s, uint8_t kind);
/** MIEN_NEG_...: what a SYN with these options offers, but for the MSS. */
unsigned int signature_offers(const struct mien_signature *s);
int shape_fail(const struct p0f_writer *w, const struct mien_signature_entry *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** "took syn.mss=own of *", where somebody reads it. */
void shape_took(const struct p0f_writer *w, const struct shape *shape, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static inline const char *
shape_word(const struct shape *shape)
{
	return shape->entry->response ? "synack" : "syn";
}

/* p0f_shape.c */
/** Fills what e leaves open; MIEN_EINVAL, and a reason, where no host can look so. */
int shape_make(const struct p0f_writer *w, const struct mien_signature_entry *e, struct shape *shape);
/* p0f_layout.c */
/** The same for its options: fills options and layout. */
int shape_layout(const struct p0f_writer *w, struct shape *shape);

#endif
