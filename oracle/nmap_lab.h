/* SPDX-License-Identifier: BSD-3-Clause */
/* nmap's scan of the host in a lab: the probes in their order and at their times. */
#ifndef ORACLE_NMAP_LAB_H
#define ORACLE_NMAP_LAB_H

#include "lab.h"
#include "nmap_print.h"

/** Scans; the lab's errors tell whether all went well. */
void nmap_lab_scan(struct lab *lab, uint64_t seed, struct nmap_scan *scan);

#endif
