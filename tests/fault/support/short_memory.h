/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of tests/fault/memory share: a scene for each test, and each request of it with
 * memory running out at a sample of its places. */
#ifndef AS_TESTS_FAULT_SHORT_MEMORY_H
#define AS_TESTS_FAULT_SHORT_MEMORY_H

#include "fault/support/fail.h"
#include "fault/support/memory.h"

#define SHORT_MEMORY_MOST 120 /* places of a request and way that are tried */

static struct scene short_memory_scene;

static void short_memory_start(void)
{
    scene_start(&short_memory_scene);
}

static void short_memory_stop(void)
{
    scene_stop(&short_memory_scene);
}

static void short_memory_fail(const struct scene_request *request)
{
    fail_all(&short_memory_scene, request, 1, SHORT_MEMORY_MOST);
}

#endif
