/* SPDX-License-Identifier: BSD-3-Clause */
/* Filling struct mien_error. */
#ifndef DRIVERS_FAIL_H
#define DRIVERS_FAIL_H

#include <mien/err.h>

/* Fills *e (may be NULL) with err and the formatted text; gives err. */
int drv_fail(struct mien_error *e, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with the name of a file. */
int drv_fail_file(struct mien_error *e, int err, const char *file, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The error that an errno stands for, told apart as far as an exit status needs it. */
int drv_errno(int errnum);

#endif
