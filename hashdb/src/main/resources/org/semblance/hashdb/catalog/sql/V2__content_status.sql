-- Contents that were disabled or withdrawn, which are few, are listed without a walk over all of a bank.
CREATE INDEX content_status ON content (bank_id, status) WHERE status <> 0;

-- Since this version signal.type may be 3: sha1.
