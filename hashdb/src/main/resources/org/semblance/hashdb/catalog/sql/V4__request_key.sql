-- Changes that were made under a key of the caller's, so that the same request made again is not the same change twice. A row
-- is of the same transaction as its change. It is no part of what the journal proves, and unlike all others these rows
-- are deleted, a day later.

CREATE TABLE request_key (
    key      TEXT    NOT NULL,
    part     INTEGER NOT NULL,            -- from 0, of a request that makes several changes
    request  BLOB    NOT NULL,            -- SHA-256 of what was asked
    at       INTEGER NOT NULL,            -- milliseconds since 1970
    seq      INTEGER NOT NULL REFERENCES journal (seq),
    bank_id  INTEGER NOT NULL,
    first_id INTEGER NOT NULL,            -- of added contents, otherwise 0
    contents INTEGER NOT NULL,
    PRIMARY KEY (key, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_key_at ON request_key (at);
