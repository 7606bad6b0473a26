-- The match log and its counters. This file may be lost: it is no part of the catalog.

-- One content in one verdict. across: ids of the banks on the other side of a suppression, as ',3,7,'.
CREATE TABLE match (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms        INTEGER NOT NULL,
  verdict_id   BLOB NOT NULL,
  verdict      TEXT NOT NULL,
  route        TEXT NOT NULL,
  key          TEXT,
  reference    TEXT,
  content_type TEXT,
  list_version INTEGER NOT NULL,
  hash         BLOB,
  outcome      INTEGER NOT NULL,
  across       TEXT,
  bank_id      INTEGER NOT NULL,
  bank         TEXT NOT NULL,
  content_id   INTEGER NOT NULL,
  labels       TEXT NOT NULL,
  signal_type  TEXT NOT NULL,
  distance     INTEGER,
  transform    TEXT NOT NULL,
  spans        TEXT
) STRICT;
CREATE INDEX match_by_verdict ON match (verdict_id);
CREATE INDEX match_by_content ON match (content_id);
CREATE INDEX match_by_reference ON match (reference) WHERE reference IS NOT NULL;
CREATE INDEX match_by_bank ON match (bank_id);

-- Every word on a content in a verdict; the newest counts, in the hour in which it came.
CREATE TABLE review (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  verdict_id BLOB NOT NULL,
  content_id INTEGER NOT NULL,
  bank_id    INTEGER NOT NULL,
  word       INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  actor      TEXT NOT NULL,
  at_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX review_by_verdict ON review (verdict_id, content_id);

-- The newest name that each bank was seen under.
CREATE TABLE bank_name (bank_id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;

-- Contents that were withdrawn while the log had rows of them.
CREATE TABLE withdrawn (content_id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT;

-- Counters. hour: hours since 1970. across: as in match, '' for none. content_id 0: the contents beyond the most of an hour.
CREATE TABLE hit_hour (
  hour INTEGER, bank_id INTEGER, key TEXT, outcome INTEGER, across TEXT, n INTEGER NOT NULL,
  PRIMARY KEY (hour, bank_id, key, outcome, across)
) STRICT, WITHOUT ROWID;
CREATE TABLE label_hour (
  hour INTEGER, bank_id INTEGER, label TEXT, outcome INTEGER, across TEXT, n INTEGER NOT NULL,
  PRIMARY KEY (hour, bank_id, label, outcome, across)
) STRICT, WITHOUT ROWID;
CREATE TABLE content_hour (
  hour INTEGER, bank_id INTEGER, content_id INTEGER, outcome INTEGER, across TEXT, n INTEGER NOT NULL,
  PRIMARY KEY (hour, bank_id, content_id, outcome, across)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload_hour (
  hour INTEGER, key TEXT, hashes INTEGER, verdict TEXT, n INTEGER NOT NULL,
  PRIMARY KEY (hour, key, hashes, verdict)
) STRICT, WITHOUT ROWID;
CREATE TABLE review_hour (
  hour INTEGER, bank_id INTEGER, word INTEGER, n INTEGER NOT NULL,
  PRIMARY KEY (hour, bank_id, word)
) STRICT, WITHOUT ROWID;
CREATE TABLE change_hour (
  hour INTEGER, bank_id INTEGER, withdrawn INTEGER, n INTEGER NOT NULL,
  PRIMARY KEY (hour, bank_id, withdrawn)
) STRICT, WITHOUT ROWID;

-- Rows that the log does not have. cause: lost (the process was killed), dropped (the queue was full) or cut (of one verdict).
CREATE TABLE missing_hour (
  hour INTEGER, cause TEXT, n INTEGER NOT NULL,
  PRIMARY KEY (hour, cause)
) STRICT, WITHOUT ROWID;

-- session: of the mark of offered rows; settled: rows of this session that are stored or known to be missing;
-- journal_seq: the newest change that is counted; synced: changes with each sync that is asked for.
CREATE TABLE meta (
  session INTEGER NOT NULL, settled INTEGER NOT NULL, journal_seq INTEGER NOT NULL, synced INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES (0, 0, 0, 0);
