/* SPDX-License-Identifier: Apache-2.0 */
/* The version of both programs; the same as in CMakeLists.txt. */
#ifndef AS_VERSION_H
#define AS_VERSION_H

#define AS_VERSION "0.1.0"

#endif
