-- What is banked of a video. Its frames are one value, in the order they come: they are only ever read together, ten
-- million of them load in seconds, and a bulk writes one row a video. Audit and journal take the same bytes.

CREATE TABLE video (
    content_id  INTEGER PRIMARY KEY REFERENCES content (id),
    duration_ms INTEGER NOT NULL,
    frames      BLOB    NOT NULL          -- 41 bytes each, see JournalEntry
) STRICT;
