/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mien/driver.h>

#include "fail.h"

static void
fill(struct mien_error *e, int err, const char *file, const char *format, va_list args)
{
	memset(e, 0, sizeof(*e));
	e->err = err;
	snprintf(e->file, sizeof(e->file), "%s", file);
	vsnprintf(e->text, sizeof(e->text), format, args);
}

int
drv_fail(struct mien_error *e, int err, const char *format, ...)
{
	va_list args;

	if (e != NULL) {
		va_start(args, format);
		fill(e, err, "", format, args);
		va_end(args);
	}
	return err;
}

int
drv_fail_file(struct mien_error *e, int err, const char *file, const char *format, ...)
{
	va_list args;

	if (e != NULL) {
		va_start(args, format);
		fill(e, err, file, format, args);
		va_end(args);
	}
	return err;
}

int
drv_errno(int errnum)
{
	switch (errnum) {
	case 0:
		return MIEN_OK;
	case EPERM:
	case EACCES:
		return MIEN_EPERM;
	case ENOMEM:
		return MIEN_ENOMEM;
	case ENOENT:
	case ENODEV:
		return MIEN_ENOENT;
	case EEXIST:
	case EBUSY:
		return MIEN_EEXIST;
	default:
		return MIEN_EIO;
	}
}

int
mien_driver_exit_status(const struct mien_error *error)
{
	switch (error->err) {
	case MIEN_OK:
		return 0;
	case MIEN_EINVAL:
		return 2;
	case MIEN_EPERM:
		return 5;
	case MIEN_EPARSE:
		return 6;
	default:
		return 3;
	}
}
