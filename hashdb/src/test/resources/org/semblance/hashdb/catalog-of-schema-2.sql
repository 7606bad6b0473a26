-- A catalog as the release with schema version 2 wrote it, by sqlite3's .dump: a bank of three contents, of which one
-- was updated and one withdrawn, and a bank of one.
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1399677548;
CREATE TABLE IF NOT EXISTS "flyway_schema_history" (
    "installed_rank" INT NOT NULL PRIMARY KEY,
    "version" VARCHAR(50),
    "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "script" VARCHAR(1000) NOT NULL,
    "checksum" INT,
    "installed_by" VARCHAR(100) NOT NULL,
    "installed_on" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),
    "execution_time" INT NOT NULL,
    "success" BOOLEAN NOT NULL
);
INSERT INTO flyway_schema_history VALUES(1,'1','catalog','SQL','V1__catalog.sql',1256124456,'','2026-11-25 01:13:57.996',12,1);
INSERT INTO flyway_schema_history VALUES(2,'2','content status','SQL','V2__content_status.sql',771811783,'','2026-11-25 01:13:58.042',3,1);
CREATE TABLE bank (
    id                 INTEGER PRIMARY KEY,
    name               TEXT    NOT NULL,
    kind               INTEGER NOT NULL,  -- 0 match, 1 allow
    enabled_ratio      REAL    NOT NULL,  -- 0 to 1
    description        TEXT    NOT NULL,
    distance_threshold INTEGER,           -- 0 to 256, null for the default
    deleted            INTEGER NOT NULL   -- 0 or 1
) STRICT;
INSERT INTO bank VALUES(1,'A',0,0.5,'old',20,0);
INSERT INTO bank VALUES(2,'B',0,1.0,'',NULL,0);
CREATE TABLE source (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO source VALUES(1,'list');
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
INSERT INTO content VALUES(1,1,1,1893456000000,1795569238632,1,'newer','{"a":1}');
INSERT INTO content VALUES(2,1,2,NULL,1795569238632,NULL,NULL,NULL);
INSERT INTO content VALUES(3,1,0,NULL,1795569238632,NULL,NULL,NULL);
INSERT INTO content VALUES(4,2,0,NULL,1795569238997,NULL,NULL,NULL);
CREATE TABLE signal (
    content_id INTEGER NOT NULL REFERENCES content (id),
    position   INTEGER NOT NULL,          -- from 0, in the order given
    type       INTEGER NOT NULL,          -- 0 pdq, 1 md5, 2 sha256
    quality    INTEGER,                   -- 0 to 100, null if unknown
    value      BLOB    NOT NULL,          -- first hex digit first
    PRIMARY KEY (content_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO signal VALUES(1,0,0,80,X'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef');
INSERT INTO signal VALUES(1,1,0,NULL,X'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210');
INSERT INTO signal VALUES(1,2,1,NULL,X'd41d8cd98f00b204e9800998ecf8427e');
INSERT INTO signal VALUES(2,0,0,80,X'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef');
INSERT INTO signal VALUES(3,0,3,NULL,X'da39a3ee5e6b4b0d3255bfef95601890afd80709');
INSERT INTO signal VALUES(4,0,0,NULL,X'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210');
INSERT INTO signal VALUES(4,1,1,NULL,X'd41d8cd98f00b204e9800998ecf8427e');
CREATE TABLE label (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO label VALUES(1,'x');
INSERT INTO label VALUES(2,'y');
INSERT INTO label VALUES(3,'z');
CREATE TABLE content_label (
    content_id INTEGER NOT NULL REFERENCES content (id),
    label_id   INTEGER NOT NULL REFERENCES label (id),
    PRIMARY KEY (content_id, label_id)
) STRICT, WITHOUT ROWID;
INSERT INTO content_label VALUES(3,1);
INSERT INTO content_label VALUES(1,3);
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
INSERT INTO journal VALUES(1,1795569238442,'analyst','as of schema 2','create_bank','{"bank_id":1,"description":"old","distance_threshold":20,"enabled_ratio":0.5,"kind":"match","name":"A"}',X'0000000000000000000000000000000000000000000000000000000000000000',X'35b90559c73156127d3824b4bf741fc21a32cacb555194c7ac554a8e50ecf5d5');
INSERT INTO journal VALUES(2,1795569238618,'analyst','as of schema 2','create_bank','{"bank_id":2,"description":"","distance_threshold":null,"enabled_ratio":1.0,"kind":"match","name":"B"}',X'35b90559c73156127d3824b4bf741fc21a32cacb555194c7ac554a8e50ecf5d5',X'd816a4ec31b4d5a688ddbce55751c144fef1137dcae2d0f4ad940106abd02c93');
INSERT INTO journal VALUES(3,1795569238632,'analyst','as of schema 2','add_contents','{"bank":"A","bank_id":1,"contents":3,"first_id":1,"sha256":"3a5ea077be5e8d98b0e7f969f2f83527fabe4915bb945828c517468b7dbc214b"}',X'd816a4ec31b4d5a688ddbce55751c144fef1137dcae2d0f4ad940106abd02c93',X'9330a157276985b29cadd921bd1e40f6b873493dac2b7ff79571d7c414fe1aea');
INSERT INTO journal VALUES(4,1795569238997,'analyst','as of schema 2','add_contents','{"bank":"B","bank_id":2,"contents":1,"first_id":4,"sha256":"7938db1248beb0424ad285e81910a8eac6b29a69439ce91d716460a723c1747e"}',X'9330a157276985b29cadd921bd1e40f6b873493dac2b7ff79571d7c414fe1aea',X'11c53244dabaa2058c5fd177ef7f07763c38394f0b418b8694eeb1fae535d432');
INSERT INTO journal VALUES(5,1795569239026,'analyst','as of schema 2','update_content','{"bank":"A","bank_id":1,"content_id":1,"from":{"disabled_until":null,"labels":["x","y"],"note":"note","status":"enabled"},"to":{"disabled_until":1893456000000,"labels":["z"],"note":"newer","status":"disabled"}}',X'11c53244dabaa2058c5fd177ef7f07763c38394f0b418b8694eeb1fae535d432',X'2ed607f3b2170d32558101154bf4bf2e08edc1d3c4529b24149c23e88a2256cb');
INSERT INTO journal VALUES(6,1795569239221,'analyst','as of schema 2','withdraw_content','{"bank":"A","bank_id":1,"content_id":2}',X'2ed607f3b2170d32558101154bf4bf2e08edc1d3c4529b24149c23e88a2256cb',X'3d06c41f8fbf49ae9da3ceea352fab9a7de4aff59835ee2c36b1c4542d8a05a4');
CREATE INDEX "flyway_schema_history_s_idx" ON "flyway_schema_history" ("success");
CREATE UNIQUE INDEX bank_name ON bank (name) WHERE deleted = 0;
CREATE INDEX content_bank ON content (bank_id);
CREATE INDEX signal_digest ON signal (value) WHERE type <> 0;
CREATE INDEX content_label_label ON content_label (label_id);
CREATE INDEX content_status ON content (bank_id, status) WHERE status <> 0;
