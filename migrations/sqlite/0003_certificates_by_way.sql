-- SPDX-License-Identifier: Apache-2.0
-- A row for each way in which a certificate was proven, where there was one for each certificate:
-- clients that shared one under several trust groups wrote over one another, and so ended the
-- tokens that hung by it. Rows are added and never changed. The thumbprint leads the key, so that
-- all rows of a certificate are found together.

DROP INDEX certificate_by_end;
ALTER TABLE certificate RENAME TO certificate_of_0002;

-- way: 16 octets (include/as/model.h); zero for class registered, and for what was there before.
CREATE TABLE certificate (
    number     INTEGER PRIMARY KEY NOT NULL,
    thumbprint BLOB    NOT NULL CHECK (length(thumbprint) = 32),
    class      INTEGER NOT NULL CHECK (class >= 0),
    way        BLOB    NOT NULL CHECK (length(way) = 16),
    der        BLOB    NOT NULL,
    chain      BLOB    NOT NULL,
    trust      TEXT    NOT NULL,
    anchor     BLOB    NOT NULL CHECK (length(anchor) = 32),
    path       BLOB    NOT NULL CHECK (length(path) % 61 = 0),
    not_after  INTEGER NOT NULL,
    UNIQUE (thumbprint, class, way)
) STRICT;
CREATE INDEX certificate_by_end ON certificate (not_after);

-- Tokens that are out name no way: this is the row that they have had.
INSERT INTO certificate (number, thumbprint, class, way, der, chain, trust, anchor, path, not_after)
    SELECT number, thumbprint, class, zeroblob(16), der, chain, trust, anchor, path, not_after
    FROM certificate_of_0002;

-- A row of class pki (0) was that of tokens of class registered (1) too, where a party has
-- registered the certificate (identifier of kind 100).
INSERT INTO certificate (thumbprint, class, way, der, chain, trust, anchor, path, not_after)
    SELECT thumbprint, 1, zeroblob(16), der, chain, '', zeroblob(32), x'', not_after
    FROM certificate_of_0002
    WHERE class = 0 AND thumbprint IN (SELECT digest FROM identifier WHERE kind = 100)
    ORDER BY number;

DROP TABLE certificate_of_0002;
