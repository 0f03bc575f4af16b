-- SPDX-License-Identifier: Apache-2.0
-- The first schema: clients and resource servers, certificates that tokens are bound to, revoked
-- tokens, wrapped keys, the audit. Numbers of kinds, methods and classes are those of
-- include/as/model.h and never change their meaning. No token is ever stored (TOK-18), and no key
-- in clear (REG-148).

-- Numbers that only grow. `epoch`: given to new parties and to parties whose tokens are revoked, so
-- that an id deleted and made again revives nothing. `probe`: written to find out whether the
-- database can be written again.
CREATE TABLE sequence (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO sequence (name, value) VALUES ('epoch', 0), ('probe', 0);

-- Clients and resource servers share one id space (design D13).
CREATE TABLE party (
    number           INTEGER PRIMARY KEY NOT NULL,
    id               TEXT    NOT NULL UNIQUE,
    kind             INTEGER NOT NULL CHECK (kind IN (0, 1)),
    status           INTEGER NOT NULL CHECK (status IN (0, 1)),
    method           INTEGER NOT NULL CHECK (method >= 0),
    name_kind        INTEGER NOT NULL CHECK (name_kind >= 0),
    name_canon       BLOB    NOT NULL,
    certificates     BLOB    NOT NULL CHECK (length(certificates) % 32 = 0), -- SHA-256 each
    trust            TEXT    NOT NULL,
    epoch            INTEGER NOT NULL CHECK (epoch > 0),
    shared           INTEGER NOT NULL CHECK (shared IN (0, 1)),
    created          INTEGER NOT NULL,
    updated          INTEGER NOT NULL,
    metadata         TEXT    NOT NULL,
    scope            TEXT    NOT NULL,
    profile          TEXT    NOT NULL, -- this and what follows: clients alone
    grants           INTEGER NOT NULL,
    default_resource TEXT    NOT NULL,
    bound_tokens     INTEGER NOT NULL CHECK (bound_tokens IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX party_by_kind ON party (kind, id);

-- An audience belongs to one resource server.
CREATE TABLE audience (
    uri      TEXT    PRIMARY KEY NOT NULL,
    party    INTEGER NOT NULL REFERENCES party (number) ON DELETE CASCADE,
    position INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX audience_of ON audience (party, position);

-- What a party is known by (MTLS-114). Not unique: `shared` parties may hold the same.
CREATE TABLE identifier (
    kind   INTEGER NOT NULL,
    digest BLOB    NOT NULL CHECK (length(digest) = 32),
    party  INTEGER NOT NULL REFERENCES party (number) ON DELETE CASCADE,
    PRIMARY KEY (kind, digest, party)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_of ON identifier (party);

-- Certificates that tokens are bound to (design D9). path: per link 32 octets of SHA-256 of the
-- issuer's SPKI, 1 of length and 20 of serial number, 8 of notAfter (big-endian seconds).
CREATE TABLE certificate (
    number     INTEGER PRIMARY KEY NOT NULL,
    thumbprint BLOB    NOT NULL UNIQUE CHECK (length(thumbprint) = 32),
    der        BLOB    NOT NULL,
    chain      BLOB    NOT NULL,
    class      INTEGER NOT NULL CHECK (class >= 0),
    trust      TEXT    NOT NULL,
    anchor     BLOB    NOT NULL CHECK (length(anchor) = 32),
    path       BLOB    NOT NULL CHECK (length(path) % 61 = 0),
    not_after  INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_by_end ON certificate (not_after);

-- Access tokens revoked one by one, until they expire (design D8). A rowid table with a BLOB key
-- inserts faster than one WITHOUT ROWID.
CREATE TABLE revocation (
    number     INTEGER PRIMARY KEY NOT NULL,
    jti        BLOB    NOT NULL UNIQUE CHECK (length(jti) = 16),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revocation_by_end ON revocation (expires_at);

-- Sealing keys, wrapped by the key-encryption key (design D16).
CREATE TABLE seal_key (
    kid     BLOB    PRIMARY KEY NOT NULL CHECK (length(kid) = 8),
    purpose TEXT    NOT NULL,
    wrapped BLOB    NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- AUTOINCREMENT: the number of a row that went away is not given again.
CREATE TABLE audit (
    number      INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at          INTEGER NOT NULL,
    event       TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    client_id   TEXT    NOT NULL,
    auth_method TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    thumbprint  TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    issuer      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL
) STRICT;
