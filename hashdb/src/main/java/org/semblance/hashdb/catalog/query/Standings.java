package org.semblance.hashdb.catalog.query;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.Standing;
import org.semblance.hashdb.catalog.rows.Rows;

/** Reads from the journal how contents stood. */
public final class Standings {
    private static final String ADDED = "SELECT payload FROM journal j WHERE kind = '" + PayloadCodec.ADD_CONTENTS
            + "' AND " + Rows.FIRST_ID + " <= ? ORDER BY " + Rows.FIRST_ID + " DESC LIMIT 1";

    /** The rows of one content, and those of its bank that are of many contents. Each half is found through its index. */
    private static final String CHANGES = "SELECT seq, kind, payload FROM journal j WHERE kind IN ("
            + PayloadCodec.OF_ONE_CONTENT + ") AND " + Rows.CONTENT_ID + " = ? AND seq <= ?"
            + " UNION ALL SELECT seq, kind, payload FROM journal WHERE kind IN (" + PayloadCodec.OF_MANY_CONTENTS
            + ") AND bank_id = ? AND seq <= ? ORDER BY 1";

    private Standings() {}

    /**
     * How the content stood after that change.
     *
     * @param bankId of its bank
     */
    public static Standing of(Rows.Preparer db, long bankId, long contentId, long asOf) throws SQLException {
        PreparedStatement select = db.prepare(ADDED);
        select.setLong(1, contentId);
        boolean proposed = false;
        try (ResultSet row = select.executeQuery()) {
            if (row.next()) {
                proposed =
                        PayloadCodec.read(PayloadCodec.ADD_CONTENTS, Rows.text(row, 1)) instanceof ContentsAdded added
                                && added.proposed();
            }
        }
        Standing standing = new Standing(contentId, proposed);
        PreparedStatement changes = db.prepare(CHANGES);
        changes.setLong(1, contentId);
        changes.setLong(2, asOf);
        changes.setLong(3, bankId);
        changes.setLong(4, asOf);
        try (ResultSet row = changes.executeQuery()) {
            while (row.next()) {
                standing.changed(row.getLong(1), PayloadCodec.read(Rows.text(row, 2), Rows.text(row, 3)));
            }
        }
        return standing;
    }
}
