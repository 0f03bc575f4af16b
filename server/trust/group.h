/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trust group as it is used: its anchors and intermediates read, its rules frozen. Immutable
 * after as_group_read, so that any thread may build paths under it.
 */
#ifndef AS_TRUST_GROUP_H
#define AS_TRUST_GROUP_H

#include "cert.h"

struct as_group {
    const char *name;
    enum as_trust_use use;
    as_x509s *anchors;
    as_x509s *intermediates;
    unsigned char (*anchor_digests)[AS_DIGEST]; /* SHA-256 of each anchor's DER */
    unsigned char digest[AS_DIGEST];            /* over all of this struct: the generation of D5 */
    bool strict, partial_chain, require_eku;
    unsigned depth;
    const ASN1_OBJECT **policies;
    size_t policy_count;
    int purpose; /* X509_PURPOSE_SSL_CLIENT; the corpus of server certificates asks another */
};

/*
 * Reads the files of a group into `mem` and its certificates. What is not as it should be is told;
 * *fatal is set when the group cannot be used. as_group_drop frees the certificates either way.
 */
as_err as_group_read(const struct as_trust_group_conf *conf, struct as_arena *mem,
                     as_trust_tell tell, void *arg, struct as_group *group, bool *fatal);
void as_group_drop(struct as_group *group);

/* Is there an anchor of this SHA-256? */
bool as_group_holds(const struct as_group *group, const unsigned char digest[AS_DIGEST]);

#endif
