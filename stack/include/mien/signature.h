/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p0f's TCP signatures: what a SYN or a SYN-ACK looks like, as a line of text. One stands for a segment that was seen,
 * or, in a signature file, for a system, with some parts left open. The files belong to whoever wrote them: mien brings
 * none along, the user names one.
 */
#ifndef MIEN_SIGNATURE_H
#define MIEN_SIGNATURE_H

#include <mien/defs.h>
#include <mien/err.h>
#include <mien/profile.h>

MIEN_BEGIN_DECLS

enum mien_sig_window {
	MIEN_SIG_ANY,	   /* "*" */
	MIEN_SIG_BYTES,	   /* "8192" */
	MIEN_SIG_MSS,	   /* "mss*4" */
	MIEN_SIG_MTU,	   /* "mtu*2" */
	MIEN_SIG_MULTIPLE  /* "%8192" */
};

/* Quirks, in the order they are written in. */
#define MIEN_QUIRK_DF 0x1u	  /* df: Don't Fragment */
#define MIEN_QUIRK_ID 0x2u	  /* id+: an identification in spite of it */
#define MIEN_QUIRK_NO_ID 0x4u	  /* id-: none without it */
#define MIEN_QUIRK_ECN 0x8u	  /* ecn: something of explicit congestion notification */
#define MIEN_QUIRK_RESERVED 0x10u /* 0+: the reserved bit of the IP header */
#define MIEN_QUIRK_FLOW 0x20u	  /* flow: a flow label, IPv6 */
#define MIEN_QUIRK_NO_SEQ 0x40u	  /* seq-: sequence number 0 */
#define MIEN_QUIRK_ACK 0x80u	  /* ack+: an acknowledgment number without ACK */
#define MIEN_QUIRK_NO_ACK 0x100u  /* ack-: none with it */
#define MIEN_QUIRK_URGENT 0x200u  /* uptr+: an urgent pointer without URG */
#define MIEN_QUIRK_URG 0x400u	  /* urgf+ */
#define MIEN_QUIRK_PSH 0x800u	  /* pushf+ */
#define MIEN_QUIRK_NO_TS 0x1000u  /* ts1-: own timestamp 0 */
#define MIEN_QUIRK_ECHO 0x2000u	  /* ts2+: a SYN that echoes a timestamp */
#define MIEN_QUIRK_PADDING 0x4000u /* opt+: something behind the end of the options */
#define MIEN_QUIRK_SCALE 0x8000u  /* exws: a window scale above 14 */
#define MIEN_QUIRK_BAD 0x10000u	  /* bad: malformed options */

#define MIEN_SIG_OPTIONS 40
#define MIEN_SIG_CAP 400 /* the longest as text */
/* mien_signature.hops other than a number */
#define MIEN_HOPS_NONE (-1)	/* "64": not said */
#define MIEN_HOPS_UNKNOWN (-2)	/* "58+?" */
#define MIEN_HOPS_ANY (-3)	/* "64-": any TTL up to it */

/* -1 where a number is open, "*". */
struct mien_signature {
	uint32_t quirks;
	int32_t mss;	    /* 0: no such option */
	uint16_t window;    /* bytes, factor or divisor */
	int16_t scale;	    /* 0: also without the option */
	int16_t hops;	    /* how far away it was seen */
	uint8_t window_rule; /* enum mien_sig_window */
	uint8_t ttl;	    /* at the start of the way */
	uint8_t ip_options; /* bytes */
	uint8_t n_options;
	uint8_t eol_pad;    /* bytes behind the EOL */
	int8_t version;	    /* 4, 6 */
	int8_t payload;	    /* 0, 1 */
	uint8_t options[MIEN_SIG_OPTIONS]; /* kinds */
};

/** Reads one; MIEN_EPARSE with column and reason in err (may be NULL) where it is none. */
MIEN_CHECKED int mien_signature_parse(const char *text, struct mien_signature *out, struct mien_error *err);
MIEN_API void mien_signature_format(const struct mien_signature *s, char out[MIEN_SIG_CAP]);

/**
 * Says a window in p0f's way: as a multiple of the first size that divides it. From s: mss and version; stamped: it
 * has a timestamp that is not 0; headers: bytes of IP and TCP header; peer_mss: of the SYN that is answered, 0 for none.
 */
MIEN_API void mien_signature_name_window(struct mien_signature *s, uint16_t window, bool stamped, unsigned headers,
	uint16_t peer_mss);

/* -- files ---------------------------------------------------------------------------------------------------- */

struct mien_signatures;

struct mien_signature_entry {
	struct mien_signature signature;
	const char *text;  /* of the signature */
	const char *label; /* "s:unix:Linux:3.x"; "" for a line alone */
	const char *name;  /* what p0f calls it: "Linux 3.x" */
	unsigned line, label_line;
	bool response; /* a SYN-ACK's */
	bool generic;  /* p0f prefers specific ones */
	bool tool;     /* a program's, not a system's */
};

/**
 * Reads the TCP sections of a signature file. Takes a copy of text; file names it in messages. On failure *out is NULL
 * and err says line, column and reason: MIEN_EPARSE, MIEN_ENOMEM.
 */
MIEN_CHECKED int mien_signatures_parse(
	const char *text, size_t len, const char *file, struct mien_signatures **out, struct mien_error *err);
/** One signature alone, with or without the "sig = " before it, of a SYN-ACK or a SYN. The same errors. */
MIEN_CHECKED int mien_signatures_line(
	const char *text, bool response, struct mien_signatures **out, struct mien_error *err);
MIEN_API void mien_signatures_free(struct mien_signatures *s);
/** Entry number i, in the file's order; NULL past the end. Lives as long as s. */
MIEN_API const struct mien_signature_entry *mien_signatures_at(const struct mien_signatures *s, size_t i);

/**
 * Writes a profile called name to yaml that shows the chosen entries of s: the SYN of the first that is one, the
 * SYN-ACKs of the others as far as one system can show them. To report goes a line for each thing that was left open,
 * chosen, or cannot be shown; it may be NULL. MIEN_EINVAL, with the place in err, where no host can show what an entry
 * says.
 */
MIEN_CHECKED int mien_signatures_write(const struct mien_signatures *s, const size_t chosen[], size_t n, const char *name,
	const struct mien_sink *yaml, const struct mien_sink *report, struct mien_error *err);

MIEN_END_DECLS
#endif
