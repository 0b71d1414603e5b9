/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells AddressSanitizer which parts of a region nobody may use; nothing without it. */
#ifndef MIEN_BASE_ASAN_H
#define MIEN_BASE_ASAN_H

#if defined(__SANITIZE_ADDRESS__)
#define MIEN_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MIEN_ASAN 1
#endif
#endif

#ifdef MIEN_ASAN
#include <sanitizer/asan_interface.h>
#define asan_close(p, size) __asan_poison_memory_region(p, size)
#define asan_open(p, size) __asan_unpoison_memory_region(p, size)
#else
#define asan_close(p, size) ((void)(p), (void)(size))
#define asan_open(p, size) ((void)(p), (void)(size))
#endif

#endif
