/* SPDX-License-Identifier: BSD-3-Clause */
/* Capture files: pcap and pcapng in through libpcap, pcap out through libpcap, pcapng out by pcapng_write.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include "capture.h"
#include "capture_link.h"
#include "fail.h"
#include "frame.h"
#include "pcapng_write.h"

#define FILE_BUFFER (256 * 1024)
#define FRAME_MAX (65535u + 64)

struct capture_reader {
	pcap_t *pcap;
	char path[256];
	uint64_t number, size;
	int link;
	uint8_t frame[FRAME_MAX]; /* of another link type, with an Ethernet header */
};

struct mien_capture {
	FILE *file;	       /* pcapng */
	pcap_t *dead;	       /* pcap */
	pcap_dumper_t *dumper;
	uint8_t frame[FRAME_MAX]; /* a chain, or a frame whose checksums are filled in */
};

static FILE *
open_input(const char *path, uint64_t *size)
{
	struct stat st;
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");

	*size = 0;
	if (f != NULL && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode))
		*size = (uint64_t)st.st_size;
	if (f != NULL && f != stdin && fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		errno = EISDIR;
		return NULL;
	}
	return f;
}

static int
wrong_link(const struct capture_reader *r, struct mien_error *error)
{
	const char *name = pcap_datalink_val_to_name(r->link);

	return drv_fail_file(error, MIEN_EPARSE, r->path,
		"the link type is %s (%d): Ethernet, raw IP, loopback and Linux cooked captures can be read",
		name != NULL ? name : "unknown", r->link);
}

static int
no_capture(FILE *f, const char *path, const char *why, struct mien_error *error)
{
	long at = ftell(f);
	unsigned char magic[2] = {0, 0};

	if (fseek(f, 0, SEEK_SET) == 0 && fread(magic, 1, 2, f) == 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return drv_fail_file(error, MIEN_EPARSE, path, "the file is compressed: gunzip it first");
	return drv_fail_file(error, MIEN_EPARSE, path,
		"no capture that can be read: %s (at byte %ld): pcap or pcapng is expected", why,
		at > 0 ? at : 0);
}

/* Takes f. */
static int
attach(struct capture_reader *r, FILE *f, struct mien_error *error)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	int rc;

	r->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, text);
	if (r->pcap == NULL) {
		rc = no_capture(f, r->path, text, error);
		if (f != stdin)
			fclose(f);
		return rc;
	}
	r->link = pcap_datalink(r->pcap);
	return link_is_known(r->link) ? 0 : wrong_link(r, error);
}

int
capture_open(const char *path, struct capture_reader **out, struct mien_error *error)
{
	struct capture_reader *r;
	uint64_t size;
	FILE *f = open_input(path, &size);
	int rc;

	if (f == NULL)
		return drv_fail_file(error, drv_errno(errno), path, "cannot be opened: %s", strerror(errno));
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		fclose(f);
		return drv_fail(error, MIEN_ENOMEM, "out of memory");
	}
	snprintf(r->path, sizeof(r->path), "%s", path);
	r->size = size;
	rc = attach(r, f, error);
	if (rc != 0)
		capture_close(r);
	else
		*out = r;
	return rc;
}

/* Puts an Ethernet header in front of a packet of another link type; a packet without any content stays empty. */
static void
to_ethernet(struct capture_reader *r, struct capture_frame *f)
{
	int skip = link_to_ethernet(r->link, f->data, f->len, r->frame);
	uint32_t rest;

	if (skip < 0) {
		f->len = 0;
		return;
	}
	rest = f->len - (uint32_t)skip;
	if (rest > sizeof(r->frame) - LINK_ETHER_LEN)
		rest = sizeof(r->frame) - LINK_ETHER_LEN;
	memcpy(r->frame + LINK_ETHER_LEN, f->data + skip, rest);
	f->wire_len += LINK_ETHER_LEN - (uint32_t)skip;
	f->len = rest + LINK_ETHER_LEN;
	f->data = r->frame;
}

int
capture_next(struct capture_reader *r, struct capture_frame *out, struct mien_error *error)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	long at = ftell(pcap_file(r->pcap));
	int rc = pcap_next_ex(r->pcap, &header, &data);

	if (rc == PCAP_ERROR_BREAK)
		return 0;
	r->number++;
	if (rc != 1)
		return drv_fail_file(error, MIEN_EPARSE, r->path, "packet %llu, at byte %ld: %s",
			(unsigned long long)r->number, at > 0 ? at : 0, pcap_geterr(r->pcap));
	/* With nanosecond precision tv_usec counts nanoseconds. */
	out->ns = (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec;
	out->data = data;
	out->len = header->caplen;
	out->wire_len = header->len > header->caplen ? header->len : header->caplen;
	out->number = r->number;
	if (r->link != DLT_EN10MB)
		to_ethernet(r, out);
	return 1;
}

void
capture_progress(struct capture_reader *r, uint64_t *done, uint64_t *size)
{
	long at = ftell(pcap_file(r->pcap));

	*done = at > 0 ? (uint64_t)at : 0;
	*size = r->size;
}

void
capture_close(struct capture_reader *r)
{
	if (r == NULL)
		return;
	if (r->pcap != NULL)
		pcap_close(r->pcap);
	free(r);
}

static bool
is_pcap_name(const char *path)
{
	size_t len = strlen(path);

	return (len >= 5 && strcmp(path + len - 5, ".pcap") == 0) ||
	       (len >= 4 && strcmp(path + len - 4, ".cap") == 0);
}

static bool
begin_pcap(struct mien_capture *c, FILE *f)
{
	c->dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, (int)PCAPNG_SNAPLEN,
		PCAP_TSTAMP_PRECISION_NANO);
	if (c->dead != NULL)
		c->dumper = pcap_dump_fopen(c->dead, f);
	return c->dumper != NULL;
}

int
mien_capture_create(const char *path, struct mien_capture **out, struct mien_error *error)
{
	struct mien_capture *c = calloc(1, sizeof(*c));
	FILE *f;

	if (c == NULL)
		return drv_fail(error, MIEN_ENOMEM, "out of memory");
	f = fopen(path, "wbe");
	if (f == NULL) {
		free(c);
		return drv_fail_file(error, drv_errno(errno), path, "cannot be written: %s",
			strerror(errno));
	}
	setvbuf(f, NULL, _IOFBF, FILE_BUFFER);
	if (is_pcap_name(path) ? !begin_pcap(c, f) : !pcapng_write_header(f)) {
		if (c->dead != NULL)
			pcap_close(c->dead);
		fclose(f);
		free(c);
		return drv_fail_file(error, MIEN_EIO, path, "cannot be written");
	}
	c->file = f;
	*out = c;
	return 0;
}

int
mien_capture_write(struct mien_capture *c, uint64_t ns, const void *frame, uint32_t len)
{
	uint32_t captured = len < PCAPNG_SNAPLEN ? len : PCAPNG_SNAPLEN;
	struct pcap_pkthdr header = {.caplen = captured, .len = len};

	if (c->dumper == NULL)
		return pcapng_write_packet(c->file, ns, frame, captured, len) ? 0 : MIEN_EIO;
	header.ts.tv_sec = (time_t)(ns / 1000000000u);
	header.ts.tv_usec = (suseconds_t)(ns % 1000000000u);
	pcap_dump((u_char *)c->dumper, &header, frame);
	return ferror(c->file) ? MIEN_EIO : 0;
}

int
mien_capture_write_mbuf(struct mien_capture *c, uint64_t ns, const struct rte_mbuf *m)
{
	const uint8_t *frame;
	uint32_t len = m->pkt_len;
	bool fill = (m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM)) != 0;

	if (len > FRAME_MAX)
		return MIEN_EMSGSIZE;
	frame = rte_pktmbuf_read(m, 0, len, c->frame);
	if (frame == NULL)
		return MIEN_EINVAL;
	if (fill && frame != c->frame) {
		memcpy(c->frame, frame, len);
		frame = c->frame;
	}
	if (fill)
		frame_fill_checksums(c->frame, len, m);
	return mien_capture_write(c, ns, frame, len);
}

int
mien_capture_flush(struct mien_capture *c)
{
	return fflush(c->file) == 0 ? 0 : MIEN_EIO;
}

int
mien_capture_close(struct mien_capture *c)
{
	bool good;

	if (c == NULL)
		return 0;
	good = fflush(c->file) == 0 && ferror(c->file) == 0;
	if (c->dumper != NULL)
		pcap_dump_close(c->dumper); /* closes the file too */
	else
		good = fclose(c->file) == 0 && good;
	if (c->dead != NULL)
		pcap_close(c->dead);
	free(c);
	return good ? 0 : MIEN_EIO;
}
