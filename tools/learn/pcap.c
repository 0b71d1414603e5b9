/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture as a journal of one host. */
#include <string.h>

#include "capture.h"
#include "run.h"

static bool
concerns(const struct learn_options *o, const struct observed *p, bool *sent)
{
	*sent = p->dst == o->host;
	return p->kind != OBSERVED_ARP && (p->src == o->host || p->dst == o->host);
}

static int
read_file(const struct learn_options *o, struct capture_reader *reader, struct journal *j,
	const volatile sig_atomic_t *stop)
{
	struct mien_error error = {0};
	struct progress progress;
	struct capture_frame f;
	struct observed packet;
	uint64_t done = 0, size = 0;
	bool sent;
	int rc = 0;

	capture_progress(reader, &done, &size);
	progress_begin(&progress, "learn", "bytes", size);
	while (!*stop && (rc = capture_next(reader, &f, &error)) == 1) {
		if (observe(f.data, f.len, &packet) && concerns(o, &packet, &sent) &&
			journal_add(j, f.ns, sent, f.data, f.len) != MIEN_OK)
			return cli_error(STATUS_PORT, "out of memory");
		capture_progress(reader, &done, &size);
		progress_step(&progress, done);
	}
	progress_end(&progress, done);
	if (rc < 0)
		return cli_mien_error(STATUS_MALFORMED, &error);
	return *stop ? STATUS_INTERRUPTED : STATUS_FINE;
}

static int
understand(const struct learn_options *o, const struct journal *j, struct learnt *out)
{
	struct reading r = {.j = j, .host = o->host, .f = &out->findings};
	uint32_t a = o->host;

	read_all(&r);
	if (j->left_out)
		cli_note("%s: the first %u packets of the host are enough: %llu left out", o->pcap, JOURNAL_MAX,
			(unsigned long long)j->left_out);
	if (out->findings.n)
		return STATUS_FINE;
	return cli_error(STATUS_DIFFERENT, "%s: says nothing of %u.%u.%u.%u: %s", o->pcap, a >> 24, a >> 16 & 255,
		a >> 8 & 255, a & 255, j->n ? "no packet of its own shows anything" : "no IPv4 packet is from it or to it");
}

int
learn_pcap(const struct learn_options *o, struct learnt *out, const volatile sig_atomic_t *stop)
{
	struct journal j = {.n = 0};
	struct capture_reader *reader;
	struct mien_error error = {0};
	const char *slash = strrchr(o->pcap, '/');
	int rc = capture_open(o->pcap, &reader, &error), status;

	if (rc != 0)
		return cli_mien_error(rc == MIEN_EPERM	   ? STATUS_PERMISSION
				      : rc == MIEN_ENOENT ? STATUS_USAGE
							  : STATUS_MALFORMED,
			&error);
	status = read_file(o, reader, &j, stop);
	capture_close(reader);
	snprintf(out->source, sizeof(out->source), "capture %.120s, %u.%u.%u.%u", slash ? slash + 1 : o->pcap, o->host >> 24,
		o->host >> 16 & 255, o->host >> 8 & 255, o->host & 255);
	if (status == STATUS_FINE)
		status = understand(o, &j, out);
	journal_free(&j);
	return status;
}
