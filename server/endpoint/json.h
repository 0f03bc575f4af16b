/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values that free themselves. */
#ifndef AS_ENDPOINT_JSON_H
#define AS_ENDPOINT_JSON_H

#include "as/base/auto.h"

#include <jansson.h>

AS_AUTO_DEFINE(json_t, json_decref)

#endif
