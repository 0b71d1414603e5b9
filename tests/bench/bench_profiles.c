/* SPDX-License-Identifier: BSD-3-Clause */
/* CPU time of loading profiles, each round a set: bench_profiles ROUNDS [FILE...]; without files the built-in ones. */
#include <mien/profile.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
load(struct mien_profile_library *library, const char *name)
{
	struct mien_profile *p;
	struct mien_error err;

	if (mien_profile_library_load(library, name, &p, &err) != MIEN_OK) {
		fprintf(stderr, "bench_profiles: %s:%u:%u: %s\n", err.file, err.line, err.column, err.text);
		exit(1);
	}
	mien_profile_unref(p);
}

int
main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10, loaded = 0;
	double start = cpu_seconds(), seconds;

	for (unsigned long round = 0; round < rounds; round++) {
		struct mien_profile_library *library = mien_profile_library_new();
		struct mien_profile_info info;

		for (int i = 2; i < argc; i++, loaded++)
			load(library, argv[i]);
		for (size_t i = 0; argc <= 2 && mien_profile_builtin(i, &info); i++, loaded++)
			load(library, info.name);
		mien_profile_library_free(library);
	}
	seconds = cpu_seconds() - start;
	printf("%lu profiles, %.3f s, %.1f us each\n", loaded, seconds, loaded ? seconds / (double)loaded * 1e6 : 0);
	return 0;
}
