/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's messages: kept out of the way, handed to a reporter, and the last complaint quoted in errors. */
#ifndef DRIVERS_DPDK_LOG_H
#define DRIVERS_DPDK_LOG_H

#include <stddef.h>

#include <mien/log.h>

/* Catches what DPDK logs from now on. Before rte_eal_init(). */
void dpdk_log_catch(unsigned verbose);
/* Forgets the last complaint. */
void dpdk_log_forget(void);
/* The first complaint since then, without its newline; "" when there was none. Returns buf. */
const char *dpdk_log_complaint(char *buf, size_t cap);

/* Reports a message of this room. Any thread. */
void driver_log(enum mien_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
