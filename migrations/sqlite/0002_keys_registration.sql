-- SPDX-License-Identifier: Apache-2.0
-- Keys with a life (published, active, retired) for sealing and for signing; initial access tokens;
-- what a client or resource server says of its tokens; registration access tokens. Numbers of
-- states and formats are those of include/as/store.h and include/as/model.h.

-- `store`: moves on when the database is restored from a copy.
INSERT INTO sequence (name, value) VALUES ('store', 1);

CREATE TABLE key (
    number    INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    kid       TEXT    NOT NULL UNIQUE,
    purpose   TEXT    NOT NULL,
    alg       TEXT    NOT NULL,
    state     INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    created   INTEGER NOT NULL,
    activates INTEGER NOT NULL,
    retired   INTEGER NOT NULL,
    lifetime  INTEGER NOT NULL CHECK (lifetime >= 0),
    public    TEXT    NOT NULL,
    wrapped   BLOB    NOT NULL
) STRICT;
-- One published and one active key of a line.
CREATE UNIQUE INDEX key_of_line ON key (purpose, alg, state) WHERE state IN (0, 1);

-- The youngest sealing key goes on; the others had made nothing that outlived a day.
INSERT INTO key (kid, purpose, alg, state, created, activates, retired, lifetime, public, wrapped)
    SELECT lower(hex(kid)), purpose, '',
           CASE WHEN row_number() OVER (PARTITION BY purpose ORDER BY created DESC, kid DESC) = 1
                THEN 1 ELSE 2 END,
           created, created,
           CASE WHEN row_number() OVER (PARTITION BY purpose ORDER BY created DESC, kid DESC) = 1
                THEN 0 ELSE created END,
           86400, '', wrapped
    FROM seal_key ORDER BY created, kid;
DROP TABLE seal_key;

-- Initial access tokens (RFC 7591 1.2): SHA-256 of each, never the token.
CREATE TABLE iat (
    number     INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id         TEXT    NOT NULL UNIQUE,
    digest     BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32),
    profile    TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    uses       INTEGER NOT NULL CHECK (uses >= 0),
    created    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX iat_by_end ON iat (expires_at);

-- rat: SHA-256 of the registration access token (RFC 7592), empty where there is none.
ALTER TABLE party ADD COLUMN rat BLOB NOT NULL DEFAULT x'' CHECK (length(rat) IN (0, 32));
ALTER TABLE party ADD COLUMN token_format INTEGER NOT NULL DEFAULT 0
    CHECK (token_format IN (0, 1, 2));
-- Resource servers alone: names of algorithms, empty where none is chosen.
ALTER TABLE party ADD COLUMN token_alg TEXT NOT NULL DEFAULT '';
ALTER TABLE party ADD COLUMN introspection_alg TEXT NOT NULL DEFAULT '';
ALTER TABLE party ADD COLUMN scopes_hidden INTEGER NOT NULL DEFAULT 0
    CHECK (scopes_hidden IN (0, 1));
