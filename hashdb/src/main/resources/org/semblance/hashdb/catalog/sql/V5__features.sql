-- The pictures of a content whose local features are banked: an image has one, a video one for some of its frames. They are
-- kept for lookups and leave the database by nothing but a backup, as rough pictures can be made from them.

CREATE TABLE picture (
    content_id INTEGER NOT NULL REFERENCES content (id),
    ordinal    INTEGER NOT NULL,          -- from 0, by time
    ms         INTEGER NOT NULL,          -- when the frame is shown, 0 for an image
    data       BLOB    NOT NULL,          -- see Features.toBytes
    PRIMARY KEY (content_id, ordinal)
) STRICT;
