/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/err.h"

const struct as_fault as_faults[AS_FAULT_COUNT] = {
#define AS_FAULT_ROW(name, code, status, says, show_why, level)                                    \
    [name] = {(code), (says), (status), (show_why), (level)},
    AS_FAULTS(AS_FAULT_ROW)
#undef AS_FAULT_ROW
};
