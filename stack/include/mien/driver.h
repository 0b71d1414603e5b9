/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts for stacks: DPDK's start, ports, the clock, run loops, logs, and stacks without a port.
 *
 * A process that serves a stack on a port:
 *
 *	mien_eal_start(&eal, &error);
 *	mien_port_open(&port_config, &port, &error);
 *	config.pool = mien_port_pool(port); ... mien_stack_create(&config, &st);
 *	mien_loop_create(NULL, &loop, &error);
 *	mien_loop_attach(loop, st, port, &app);
 *	mien_loop_run(loop);
 *
 * The calls fill *error, when it is not NULL, with one sentence that says what was wrong and what to do.
 */
#ifndef MIEN_DRIVER_H
#define MIEN_DRIVER_H

#include <mien/defs.h>
#include <mien/err.h>
#include <mien/log.h>
#include <mien/stack.h>

MIEN_BEGIN_DECLS

/*
 * Exit status of a program for an error of this header: 2 usage (EINVAL), 3 a port or DPDK did not start
 * (EIO, ENOENT, ENOMEM, ...), 5 permission (EPERM), 6 a malformed capture file (EPARSE).
 */
MIEN_API int mien_driver_exit_status(const struct mien_error *error);

/* DPDK's start. */

enum mien_hugepages { MIEN_HUGEPAGES_AUTO, MIEN_HUGEPAGES_ON, MIEN_HUGEPAGES_OFF };

/** All zero is a fine default. Strings are borrowed during the call. */
struct mien_eal_config {
	const char *program;	 /* NULL: "mien" */
	enum mien_hugepages hugepages; /* auto: used when free ones are there and may be opened */
	unsigned memory_mb;	 /* 0: 1024 without hugepages (taken as it is touched), DPDK's choice with */
	const char *cores;	 /* "0", "1-3", "0,2": the first is the caller's; NULL: one that it may run on */
	bool pci;		 /* let DPDK take its PCI devices: a port needs it */
	unsigned verbose;	 /* 0: DPDK is quiet, 1: its notices, 2: all */
	const char *extra;	 /* more of DPDK's arguments, split at blanks; quotes keep blanks */
	char *const *pasted;	 /* the same as a vector: `mien serve EAL-ARGS -- MIEN-ARGS` */
	unsigned pasted_count;
};

/**
 * Starts DPDK; later calls do nothing and give 0. NULL: the default. A process can start it once: after a
 * failure the error stays. Errors: EPERM, EIO, EINVAL.
 */
MIEN_CHECKED int mien_eal_start(const struct mien_eal_config *config, struct mien_error *error);
MIEN_API bool mien_eal_started(void);
/** DPDK works on hugepages. */
MIEN_API bool mien_eal_hugepages(void);
/** Releases what DPDK holds: last call before the process ends; ports must be closed. */
MIEN_API void mien_eal_stop(void);
/** DPDK's version, "DPDK 22.11.11". */
MIEN_API const char *mien_eal_version(void);
/** The port specification needs DPDK's PCI probing (mien_eal_config.pci). */
MIEN_API bool mien_port_needs_pci(const char *spec);

/* Memory. */

struct mien_pool_config {
	uint32_t mbufs;		/* 0: 8192 */
	uint32_t indirect;	/* views of payloads; 0: as many as mbufs */
	uint16_t mtu;		/* 0: 1500; sets the data room */
};
/**
 * Makes the mbuf pools of a stack, starting DPDK in its plain form (no root, no hugepages, no port) when it has
 * not been started. *indirect may be NULL for none. Free with mien_pool_free. Errors: EIO, ENOMEM, EINVAL.
 */
MIEN_CHECKED int mien_pool_create(const struct mien_pool_config *config, struct rte_mempool **pool,
	struct rte_mempool **indirect, struct mien_error *error);
MIEN_API void mien_pool_free(struct rte_mempool *pool);
/** mbufs that are out of the pool. */
MIEN_API uint32_t mien_pool_in_use(const struct rte_mempool *pool);

/* Ports. */

struct mien_port;
struct mien_capture;

/** What is 0 or NULL takes the default; only spec must be given. */
struct mien_port_config {
	/**
	 * tap:NAME, af_packet:IFACE, af_xdp:IFACE, pci:BDF or BDF, memif:SOCKET[,role=server|client,...],
	 * pcap:IN[,OUT], or a DPDK device string ("net_ring0").
	 */
	const char *spec;
	uint16_t mtu;		/* 1500; larger than the link's: EINVAL */
	uint32_t mbufs;		/* of the port's pool: 8192 */
	uint32_t indirect_mbufs; /* as many */
	uint16_t rx_desc, tx_desc; /* the driver's own wish, or 512 */
	bool no_offloads;	/* all checksums in software */
	bool no_promiscuous;	/* receive for the port's own MAC only */
};

struct mien_port_info {
	const char *spec;	/* as it was given */
	const char *driver;	/* "net_tap" */
	const char *device;	/* the kernel's interface, the BDF or the device string */
	uint8_t mac[6];
	uint16_t mtu;
	uint32_t tx_offloads;	/* MIEN_OFFLOAD_...: goes into mien_stack_config */
	bool rx_checksums;	/* the port verifies checksums of what it receives */
	bool kernel_backed;	/* the kernel carries the frames: sleeping costs little, spinning takes its CPU */
	bool virtual_time;	/* a capture file: its packets' stamps are the clock */
	bool hugepages;
	uint16_t port_id;	/* DPDK's; UINT16_MAX for a capture file */
};

struct mien_port_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_missed;	/* lost before mien saw them */
	uint64_t rx_no_mbuf;
	uint64_t rx_truncated;	/* shorter than their IP header says: segmentation offload is on at the sender */
	uint64_t rx_completed;	/* checksums left out by the local kernel, filled in */
	uint64_t tx_dropped;	/* the port did not take them in time */
	uint64_t tx_linearised;	/* chains copied because the port takes no chains */
};

/** Opens a port with its pools. Errors: EINVAL, ENOENT, EPERM, EIO, ENOMEM, EEXIST, EPARSE (capture file). */
MIEN_CHECKED int mien_port_open(const struct mien_port_config *config, struct mien_port **out,
	struct mien_error *error);
/** Closes the port and frees its pools: the stacks that use them must be destroyed before. */
MIEN_API void mien_port_close(struct mien_port *port);
MIEN_API const struct mien_port_info *mien_port_info(const struct mien_port *port);
MIEN_API struct rte_mempool *mien_port_pool(const struct mien_port *port);
MIEN_API struct rte_mempool *mien_port_indirect_pool(const struct mien_port *port);
MIEN_API void mien_port_stats(struct mien_port *port, struct mien_port_stats *out);
/** Pool, MAC, MTU and offloads of the port, put into a stack's configuration; now too. */
MIEN_API void mien_port_configure_stack(const struct mien_port *port, struct mien_stack_config *config);
/** Waits until the link is up; false when it is not after timeout_ms. */
MIEN_API bool mien_port_wait_link(const struct mien_port *port, unsigned timeout_ms);
/** The time that goes with the port: the clock, or a capture's virtual time. */
MIEN_API uint64_t mien_port_now(const struct mien_port *port);
/** Why a run on the port ended with an error (a malformed capture); false when there is none. */
MIEN_API bool mien_port_error(const struct mien_port *port, struct mien_error *error);
/** Receives up to n frames; they belong to the caller. */
MIEN_API uint16_t mien_port_rx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n);
/**
 * Sends n frames and takes them all: what the device does not take now is kept for the next call, what it does not
 * take for long is dropped and counted. Call only while mien_port_tx_room() >= n.
 */
MIEN_API void mien_port_tx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n);
/** How many frames a call of mien_port_tx() may bring; tries to send what was kept before. */
MIEN_API uint16_t mien_port_tx_room(struct mien_port *port);
/** Writes everything received and sent into the capture, stamped with wall-clock time; NULL ends it. Not owned. */
MIEN_API void mien_port_capture(struct mien_port *port, struct mien_capture *capture);

/** Opens a capture file for writing: pcapng, or pcap with nanoseconds when the name ends in ".pcap". */
MIEN_CHECKED int mien_capture_create(const char *path, struct mien_capture **out, struct mien_error *error);
/** Writes one frame; ns since 1970. */
MIEN_CHECKED int mien_capture_write(struct mien_capture *capture, uint64_t ns, const void *frame, uint32_t len);
/** The same for an mbuf chain (borrowed); checksums left to the port are filled in. */
MIEN_CHECKED int mien_capture_write_mbuf(struct mien_capture *capture, uint64_t ns, const struct rte_mbuf *m);
/** Pushes out what is buffered. */
MIEN_CHECKED int mien_capture_flush(struct mien_capture *capture);
/** Closes the file; EIO when not all could be written. */
MIEN_API int mien_capture_close(struct mien_capture *capture);

/* The clock. */

/** Nanoseconds, monotonic, from a common start in the process; any thread; costs a few ns. */
MIEN_API uint64_t mien_clock_now(void);
/** Wall-clock time, ns since 1970, of a time of mien_clock_now(). */
MIEN_API uint64_t mien_clock_wall(uint64_t now);

/* Run loops: one to a lcore, each around any number of stacks. */

struct mien_loop;

enum mien_poll {
	MIEN_POLL_AUTO,	   /* adaptive when every port is kernel-backed, else busy */
	MIEN_POLL_ADAPTIVE, /* spin while there is work, then sleep until a frame, a deadline or a message */
	MIEN_POLL_BUSY
};

struct mien_loop_config {
	enum mien_poll poll;
	unsigned spin_us;	/* adaptive: how long to spin after work; 0: 50 */
	unsigned messages;	/* posts that may wait; 0: 1024 */
	uint64_t linger_ns;	/* virtual time: how long to go on after the last packet; 0: until nothing is due,
				   at most 600 s */
};

/** What an application hears; called on the loop's thread. Any member may be NULL. */
struct mien_app {
	void (*events)(void *ctx, struct mien_stack *st, uint64_t now, const struct mien_event *events, unsigned n);
	/** Once a turn after the events; true when there was work (the loop does not sleep then). */
	bool (*turn)(void *ctx, struct mien_stack *st, uint64_t now);
	void *ctx;
};

/** NULL: the defaults. Errors: ENOMEM, EIO. DPDK must be started. */
MIEN_CHECKED int mien_loop_create(const struct mien_loop_config *config, struct mien_loop **out,
	struct mien_error *error);
/** The loop must have ended; stacks and ports stay the caller's. */
MIEN_API void mien_loop_destroy(struct mien_loop *loop);
/** Runs st on port. *app is copied and may be NULL. Before the run, or on the loop's thread. Errors: ENOMEM, EINVAL. */
MIEN_CHECKED int mien_loop_attach(struct mien_loop *loop, struct mien_stack *st, struct mien_port *port,
	const struct mien_app *app);
/**
 * Runs until mien_loop_stop(), or the end of the capture with a port in virtual time. 0, or EIO when a port or a
 * capture file failed. Ports in virtual time go alone.
 */
MIEN_CHECKED int mien_loop_run(struct mien_loop *loop);
/** Runs loops[0] here and the others on the next lcores; ends when all have. */
MIEN_CHECKED int mien_loop_run_all(struct mien_loop **loops, unsigned n, struct mien_error *error);
/** Ends the run after the turn. Any thread, also from a signal handler. */
MIEN_API void mien_loop_stop(struct mien_loop *loop);
/** The time of the turn. */
MIEN_API uint64_t mien_loop_now(const struct mien_loop *loop);

/** Runs fn(arg) on the loop's thread. Any thread. MIEN_EFULL when too many wait. */
MIEN_CHECKED int mien_loop_post(struct mien_loop *loop, void (*fn)(void *arg), void *arg);

/** fd is ready: events as epoll gives them. On the loop's thread. */
typedef void (*mien_fd_fn)(void *ctx, int fd, uint32_t events);
/** Watches fd for epoll events (level-triggered). Errors: EEXIST, EIO, ENOMEM. The fd stays the caller's. */
MIEN_CHECKED int mien_loop_add_fd(struct mien_loop *loop, int fd, uint32_t events, mien_fd_fn fn, void *ctx);
MIEN_CHECKED int mien_loop_set_fd(struct mien_loop *loop, int fd, uint32_t events);
/** Ends watching; call before close(fd). Also from within any callback. */
MIEN_API void mien_loop_remove_fd(struct mien_loop *loop, int fd);

typedef void (*mien_timer_fn)(void *ctx, uint64_t now);
/** Calls fn once at `when`; *timer names it until then. On the loop's thread or before the run. */
MIEN_CHECKED int mien_loop_add_timer(struct mien_loop *loop, uint64_t when, mien_timer_fn fn, void *ctx,
	uint64_t *timer);
/** Takes the timer back; nothing happens when it has fired. */
MIEN_API void mien_loop_cancel_timer(struct mien_loop *loop, uint64_t timer);

struct mien_loop_stats {
	uint64_t turns, sleeps, posts, posts_refused;
	uint64_t busy_ns;	/* in turns that had work */
};
MIEN_API void mien_loop_stats(const struct mien_loop *loop, struct mien_loop_stats *out);

/* Personalities published to several loops. */

struct mien_registry;

MIEN_CHECKED int mien_registry_create(unsigned slots, struct mien_registry **out);
/** Frees the registry and everything that was retired; all loops must have ended. */
MIEN_API void mien_registry_destroy(struct mien_registry *reg);
/** Makes loop one of the readers; before its run. */
MIEN_CHECKED int mien_registry_join(struct mien_registry *reg, struct mien_loop *loop);
/** What is published in slot, or NULL. On a joined loop's thread it stays valid until the turn ends. */
MIEN_API const struct mien_personality *mien_registry_get(const struct mien_registry *reg, unsigned slot);
/** Publishes p in slot and gives what was there. Control thread. */
MIEN_API const struct mien_personality *mien_registry_publish(struct mien_registry *reg, unsigned slot,
	const struct mien_personality *p);
/**
 * Calls release(ctx, p) once no loop can reach p any more: it must be published nowhere; every joined loop then passes
 * a quiescent state and has no host, listener or connection that wears it. Control thread. Errors: ENOMEM.
 */
MIEN_CHECKED int mien_registry_retire(struct mien_registry *reg, const struct mien_personality *p,
	void (*release)(void *ctx, const struct mien_personality *p), void *ctx);
/** Releases what is due; gives how many still wait. Control thread, now and then. */
MIEN_API unsigned mien_registry_collect(struct mien_registry *reg);

/* Log reporters. */

struct mien_reporter;
enum mien_log_format { MIEN_LOG_TEXT, MIEN_LOG_JSON };

/**
 * Writes records to fd from a thread of its own: reporting never blocks, records beyond `records` waiting (0: 1024)
 * are counted and told of later. The fd stays the caller's.
 */
MIEN_CHECKED int mien_reporter_open(int fd, enum mien_log_format format, unsigned records,
	struct mien_reporter **out);
/** Writes what waits and ends. */
MIEN_API void mien_reporter_close(struct mien_reporter *r);
/** A mien_log_fn with the reporter as ctx; any thread. */
MIEN_API void mien_reporter_log(void *r, const struct mien_log_record *record);
/** The most detailed level reported for a source; MIEN_LOG_SOURCES: for all. Default: info. */
MIEN_API void mien_reporter_set_level(struct mien_reporter *r, enum mien_log_source source,
	enum mien_log_level level);
/** Reads "SOURCE:LEVEL", "LEVEL", or several with commas, and sets the levels. MIEN_EINVAL. */
MIEN_CHECKED int mien_reporter_set_levels(struct mien_reporter *r, const char *text, struct mien_error *error);
/** Records lost so far. */
MIEN_API uint64_t mien_reporter_lost(const struct mien_reporter *r);
/** DPDK's own messages and those of this header go to r as source driver; NULL: nowhere. */
MIEN_API void mien_driver_log_to(struct mien_reporter *r);

/* A stack without a port: frames passed in and out by the caller. */

/** Copies a frame into an mbuf of pool and gives it to the stack. Errors: ENOMEM, EMSGSIZE. */
MIEN_CHECKED int mien_frame_in(struct mien_stack *st, uint64_t now, struct rte_mempool *pool, const void *frame,
	uint32_t len);
/**
 * Takes one frame out of the stack into buf: its length, 0 when there is none, EMSGSIZE when it does not fit (it is
 * lost then).
 */
MIEN_CHECKED int mien_frame_out(struct mien_stack *st, uint64_t now, void *buf, uint32_t cap);

MIEN_END_DECLS
#endif
