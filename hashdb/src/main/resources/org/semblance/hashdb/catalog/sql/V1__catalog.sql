-- The catalog. Rows are never deleted: a withdrawn content and a deleted bank stay, so that the journal can be
-- read and its digests recomputed, and so that no id is ever used again.

CREATE TABLE bank (
    id                 INTEGER PRIMARY KEY,
    name               TEXT    NOT NULL,
    kind               INTEGER NOT NULL,  -- 0 match, 1 allow
    enabled_ratio      REAL    NOT NULL,  -- 0 to 1
    description        TEXT    NOT NULL,
    distance_threshold INTEGER,           -- 0 to 256, null for the default
    deleted            INTEGER NOT NULL   -- 0 or 1
) STRICT;

CREATE UNIQUE INDEX bank_name ON bank (name) WHERE deleted = 0;

CREATE TABLE source (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE content (
    id             INTEGER PRIMARY KEY,
    bank_id        INTEGER NOT NULL REFERENCES bank (id),
    status         INTEGER NOT NULL,      -- 0 enabled, 1 disabled, 2 withdrawn
    disabled_until INTEGER,               -- milliseconds since 1970
    created_at     INTEGER NOT NULL,      -- milliseconds since 1970
    source_id      INTEGER REFERENCES source (id),
    note           TEXT,
    metadata       TEXT                   -- a JSON object
) STRICT;

-- Its rows end with the content's id, so a page of a bank is one range of it.
CREATE INDEX content_bank ON content (bank_id);

CREATE TABLE signal (
    content_id INTEGER NOT NULL REFERENCES content (id),
    position   INTEGER NOT NULL,          -- from 0, in the order given
    type       INTEGER NOT NULL,          -- 0 pdq, 1 md5, 2 sha256
    quality    INTEGER,                   -- 0 to 100, null if unknown
    value      BLOB    NOT NULL,          -- first hex digit first
    PRIMARY KEY (content_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX signal_digest ON signal (value) WHERE type <> 0;

CREATE TABLE label (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE content_label (
    content_id INTEGER NOT NULL REFERENCES content (id),
    label_id   INTEGER NOT NULL REFERENCES label (id),
    PRIMARY KEY (content_id, label_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX content_label_label ON content_label (label_id);

CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY,        -- from 1, without gaps
    at        INTEGER NOT NULL,           -- milliseconds since 1970
    actor     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    payload   TEXT    NOT NULL,           -- a JSON object, keys sorted
    prev_hash BLOB    NOT NULL,           -- hash of the row before, 32 zero bytes for the first
    hash      BLOB    NOT NULL            -- SHA-256, see JournalEntry
) STRICT;
