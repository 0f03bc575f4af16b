/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AS_JOSE_ED25519_H
#define AS_JOSE_ED25519_H

#include <stdbool.h>

/*
 * Is this the one encoding of a point on edwards25519, and not one of the eight points of small
 * order, for which anybody can make signatures? OpenSSL looks at a key only when it verifies, and
 * takes the small ones. RFC 8032 5.1.3; RFC 8725 3.4.
 */
bool as_ed25519_is_sound(const unsigned char key[32]);

#endif
