/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/: the ground. The error value, spans, arenas, bounded buffers, strict text encodings, the
 * clock, the log, metrics, files, threads, addresses, what is counted of whom, and the table of
 * limits. Knows no protocol and no library but libc.
 */
#ifndef AS_BASE_H
#define AS_BASE_H

#include "as/base/arena.h"
#include "as/base/ascii.h"
#include "as/base/auto.h"
#include "as/base/buf.h"
#include "as/base/clock.h"
#include "as/base/err.h"
#include "as/base/file.h"
#include "as/base/hash.h"
#include "as/base/ip.h"
#include "as/base/limits.h"
#include "as/base/listener.h"
#include "as/base/log.h"
#include "as/base/memory.h"
#include "as/base/metrics.h"
#include "as/base/octets.h"
#include "as/base/span.h"
#include "as/base/tally.h"
#include "as/base/text.h"
#include "as/base/thread.h"
#include "as/base/url.h"

#endif
