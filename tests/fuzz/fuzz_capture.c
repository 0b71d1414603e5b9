/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture files from any bytes: read, replayed offline with everything listening, and learnt from. What is learnt reads as
 * a profile.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "fuzz_text.h"
#include "learn/run.h"
#include "replay/replay.h"
#include "rig_pool.h"

#define HOST 0x0a000001u
#define PATH_CAP 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The linker gives these in place of the driver's: pools live for all runs, DPDK is never stopped. */
int __wrap_mien_pool_create(const struct mien_pool_config *config, struct rte_mempool **pool, struct rte_mempool **indirect,
	struct mien_error *error);
void __wrap_mien_pool_free(struct rte_mempool *pool);
void __wrap_mien_eal_stop(void);
void __wrap_wear_forget(void);

int
__wrap_mien_pool_create(const struct mien_pool_config *config, struct rte_mempool **pool, struct rte_mempool **indirect,
	struct mien_error *error)
{
	static struct rte_mempool *kept, *views;

	(void)config;
	(void)error;
	if (!kept) {
		kept = rig_pool_create(4095, 2048 + RTE_PKTMBUF_HEADROOM);
		views = rig_pool_create(4095, 256);
	}
	*pool = kept;
	*indirect = views;
	return MIEN_OK;
}

void
__wrap_mien_pool_free(struct rte_mempool *pool)
{
	assert(rte_mempool_in_use_count(pool) == 0);
}

void
__wrap_mien_eal_stop(void)
{
}

void
__wrap_wear_forget(void)
{
}

static void
replay_file(const char *path)
{
	static struct replay_options o;
	const volatile int stop = 0;
	struct replay *r = calloc(1, sizeof(*r));

	assert(r != NULL);
	o = (struct replay_options){.in = path, .personality = "linux-6", .linger_ns = 60000000000u, .fix_checksums = true,
		.tcp = {"80=http", "7=echo", "19=chargen"}, .n_tcp = 3, .udp = {"7=echo"}, .n_udp = 1, .n_hosts = 2};
	for (unsigned i = 0; i < o.n_hosts; i++) {
		o.hosts[i].ip = HOST + i;
		o.hosts[i].addr = mien_addr_ip4(HOST + i);
	}
	o.hosts[1].personality_name = "windows-10";
	r->o = &o;
	r->hosts = o.hosts;
	r->n_hosts = o.n_hosts;
	if (replay_scan(r) == STATUS_FINE && replay_open(r) == STATUS_FINE)
		(void)replay_run(r, &stop);
	replay_close(r);
	replay_scan_free(r);
	free(r);
}

static void
learn_file(const char *path)
{
	static struct fuzz_text yaml;
	static struct learnt l;
	const struct learn_options o = {.pcap = path, .host = HOST, .name = "fuzz"};
	const struct learn_parent none = {.profile = NULL};
	const volatile sig_atomic_t stop = 0;
	struct learn_text t = {.name = "fuzz", .title = "Fuzz"};
	struct mien_sink to = {fuzz_text_put, &yaml};
	struct mien_error err = {0};
	struct mien_profile *p;

	memset(&l, 0, sizeof(l));
	yaml.len = 0;
	if (learn_pcap(&o, &l, &stop) != STATUS_FINE) {
		findings_free(&l.findings);
		return;
	}
	t.source = l.source;
	learn_write(&l.findings, &none, &t, &to);
	if (mien_profile_parse(yaml.at, yaml.len, "", &p, &err) == 0)
		mien_profile_unref(p);
	else
		assert(err.err < 0 && err.text[0] != '\0');
	findings_free(&l.findings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[PATH_CAP];

	cli_out.quiet = true;
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	replay_file(path);
	learn_file(path);
	return 0;
}
