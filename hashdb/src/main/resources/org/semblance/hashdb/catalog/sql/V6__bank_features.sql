-- Whether the pictures of a bank are banked, and found, by their local features.
ALTER TABLE bank ADD COLUMN features INTEGER NOT NULL DEFAULT 1;
