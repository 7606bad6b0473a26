-- How a content is treated when it is found, and what a bank tells those who act on its matches.
ALTER TABLE bank ADD COLUMN handling TEXT;
ALTER TABLE bank ADD COLUMN legal_basis TEXT;

ALTER TABLE content ADD COLUMN distance_threshold INTEGER;  -- 0 to 256, null for that of its bank
ALTER TABLE content ADD COLUMN handling TEXT;
ALTER TABLE content ADD COLUMN quarantine TEXT;             -- why it makes no verdict, null if it does
ALTER TABLE content ADD COLUMN quarantine_exact INTEGER NOT NULL DEFAULT 0;  -- 1 if its very bytes make none either
ALTER TABLE content ADD COLUMN confirmed_by TEXT;           -- an actor

-- The largest threshold of a bank's contents bounds every lookup.
CREATE INDEX content_threshold ON content (bank_id, distance_threshold)
    WHERE distance_threshold IS NOT NULL AND status <> 2;

CREATE INDEX content_quarantine ON content (bank_id) WHERE quarantine IS NOT NULL AND status <> 2;

-- Who added a content, and what was changed of it, is read from the journal.
CREATE INDEX journal_added ON journal (iif(json_valid(payload), json_extract(payload, '$.first_id'), NULL))
    WHERE kind = 'add_contents';
CREATE INDEX journal_content ON journal (iif(json_valid(payload), json_extract(payload, '$.content_id'), NULL))
    WHERE kind IN ('update_content', 'withdraw_content');
