/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the engine does not call: clocks, randomness, output, input, ways out, and string functions
 * that know no bounds. To be included last, after every system and DPDK header, in each .c of the
 * engine: a call then names something undeclared that says why. (A poisoned identifier would also
 * hit members and the macros of rte_mbuf.h; a function-like macro hits calls only.)
 * Names that members and functions of ours bear too (read, send, ..) are left to tests/rules.
 */
#ifndef MIEN_BASE_BANNED_H
#define MIEN_BASE_BANNED_H

#define BANNED(name) name##_is_banned_from_the_engine

/* Time is an argument. */
#undef time
#define time(...) BANNED(time)
#undef clock
#define clock(...) BANNED(clock)
#undef gettimeofday
#define gettimeofday(...) BANNED(gettimeofday)
#undef clock_gettime
#define clock_gettime(...) BANNED(clock_gettime)
#undef sleep
#define sleep(...) BANNED(sleep)
#undef usleep
#define usleep(...) BANNED(usleep)
#undef nanosleep
#define nanosleep(...) BANNED(nanosleep)
#undef rte_rdtsc
#define rte_rdtsc(...) BANNED(rte_rdtsc)
#undef rte_rdtsc_precise
#define rte_rdtsc_precise(...) BANNED(rte_rdtsc_precise)
#undef rte_get_tsc_cycles
#define rte_get_tsc_cycles(...) BANNED(rte_get_tsc_cycles)
#undef rte_get_timer_cycles
#define rte_get_timer_cycles(...) BANNED(rte_get_timer_cycles)

/* Random numbers come from rng.h, secrets from siphash.h. */
#undef rand
#define rand(...) BANNED(rand)
#undef srand
#define srand(...) BANNED(srand)
#undef rand_r
#define rand_r(...) BANNED(rand_r)
#undef random
#define random(...) BANNED(random)
#undef srandom
#define srandom(...) BANNED(srandom)
#undef drand48
#define drand48(...) BANNED(drand48)
#undef getrandom
#define getrandom(...) BANNED(getrandom)
#undef getentropy
#define getentropy(...) BANNED(getentropy)
#undef rte_rand
#define rte_rand(...) BANNED(rte_rand)
#undef rte_rand_max
#define rte_rand_max(...) BANNED(rte_rand_max)

/* The engine reports by verdicts, events and counters. */
#undef printf
#define printf(...) BANNED(printf)
#undef fprintf
#define fprintf(...) BANNED(fprintf)
#undef dprintf
#define dprintf(...) BANNED(dprintf)
#undef vprintf
#define vprintf(...) BANNED(vprintf)
#undef vfprintf
#define vfprintf(...) BANNED(vfprintf)
#undef puts
#define puts(...) BANNED(puts)
#undef fputs
#define fputs(...) BANNED(fputs)
#undef putchar
#define putchar(...) BANNED(putchar)
#undef perror
#define perror(...) BANNED(perror)
#undef syslog
#define syslog(...) BANNED(syslog)
#undef rte_log
#define rte_log(...) BANNED(rte_log)
#undef RTE_LOG
#define RTE_LOG(...) BANNED(RTE_LOG)
#undef fopen
#define fopen(...) BANNED(fopen)
#undef getenv
#define getenv(...) BANNED(getenv)
#undef system
#define system(...) BANNED(system)

/* It gives its caller an error instead. */
#undef exit
#define exit(...) BANNED(exit)
#undef _exit
#define _exit(...) BANNED(_exit)
#undef abort
#define abort(...) BANNED(abort)
#undef rte_exit
#define rte_exit(...) BANNED(rte_exit)
#undef rte_panic
#define rte_panic(...) BANNED(rte_panic)

/* Text is written with fmt.h. */
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)

#endif
