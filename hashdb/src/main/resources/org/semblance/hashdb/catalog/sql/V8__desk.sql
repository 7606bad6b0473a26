-- What people who look after a list ask: who changed what, what a text is in, what waits for a second person, and undoing.

-- Whether changes of the bank and its contents wait for a second person.
ALTER TABLE bank ADD COLUMN needs_approval INTEGER NOT NULL DEFAULT 0;

-- Since this version content.status may be 3: proposed.
ALTER TABLE content ADD COLUMN withdrawn_seq INTEGER;            -- the change that withdrew it, null if it is not withdrawn
ALTER TABLE content ADD COLUMN form INTEGER NOT NULL DEFAULT 0;  -- 0 image, 1 video, 2 known by digests alone

UPDATE content SET form = 1 WHERE id IN (SELECT content_id FROM video);
UPDATE content SET form = 2 WHERE form = 0
    AND NOT EXISTS (SELECT 1 FROM signal s WHERE s.content_id = content.id AND s.type = 0)
    AND NOT EXISTS (SELECT 1 FROM picture p WHERE p.content_id = content.id);

CREATE INDEX content_form ON content (bank_id, form) WHERE form <> 0 AND status <> 2;
CREATE INDEX content_source ON content (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX content_created ON content (bank_id, created_at);

-- The bank that a change is of, and the change that it undoes, as its payload says.
ALTER TABLE journal ADD COLUMN bank_id INTEGER;
ALTER TABLE journal ADD COLUMN undoes INTEGER;

UPDATE journal SET bank_id = iif(json_valid(payload), json_extract(payload, '$.bank_id'), NULL);

CREATE INDEX journal_bank ON journal (bank_id);
CREATE INDEX journal_actor ON journal (actor);
CREATE INDEX journal_undoes ON journal (undoes) WHERE undoes IS NOT NULL;

-- A content is changed by these, one at a time.
DROP INDEX journal_content;
CREATE INDEX journal_content ON journal (iif(json_valid(payload), json_extract(payload, '$.content_id'), NULL))
    WHERE kind IN ('update_content', 'withdraw_content', 'restore_content');

UPDATE content SET withdrawn_seq = (
    SELECT max(j.seq) FROM journal j
    WHERE j.kind IN ('update_content', 'withdraw_content', 'restore_content') AND j.kind = 'withdraw_content'
        AND iif(json_valid(j.payload), json_extract(j.payload, '$.content_id'), NULL) = content.id)
    WHERE status <> 0 AND status = 2;
UPDATE content SET withdrawn_seq = (
    SELECT max(j.seq) FROM journal j WHERE j.bank_id = content.bank_id AND j.kind = 'delete_bank')
    WHERE status <> 0 AND status = 2 AND withdrawn_seq IS NULL;

-- Proposed changes, by the row of the journal that proposed them.
CREATE TABLE proposal (
    seq         INTEGER PRIMARY KEY REFERENCES journal (seq),
    bank_id     INTEGER NOT NULL REFERENCES bank (id),
    state       INTEGER NOT NULL,         -- 0 open, 1 approved, 2 rejected
    decided_seq INTEGER                   -- the change that decided it, null while it is open
) STRICT;

CREATE INDEX proposal_bank ON proposal (bank_id, state);

-- The text of notes and metadata, by content.
CREATE VIRTUAL TABLE content_text USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram');
INSERT INTO content_text (rowid, text)
    SELECT id, coalesce(note, '') || char(10) || coalesce((SELECT group_concat(t.atom, char(10))
        FROM json_tree(iif(json_valid(metadata), metadata, 'null')) t WHERE t.atom IS NOT NULL), '')
    FROM content WHERE note IS NOT NULL OR metadata IS NOT NULL;

-- Changes of many contents at once, which are few.
CREATE INDEX journal_many ON journal (bank_id)
    WHERE kind IN ('delete_bank', 'withdraw_contents', 'restore_contents', 'restore_bank', 'approve', 'reject');
