package org.semblance.hashdb.catalog.rows;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Some contents, as the condition of a statement. */
public sealed interface Ids {
    /** What follows the name of the id, with parameters. */
    String condition();

    /** Sets the parameters, which are the first of the statement. */
    void bind(PreparedStatement statement) throws SQLException;

    /** The contents from one id to another. */
    static Ids range(long first, long last) {
        return new Range(first, last);
    }

    /** The contents of those ids, some thousands at most. */
    static Ids of(Dialect dialect, long[] ids) {
        return new Listed(dialect.ids(ids));
    }

    /** From the first id to the last. */
    record Range(long first, long last) implements Ids {
        @Override
        public String condition() {
            return "BETWEEN ? AND ?";
        }

        @Override
        public void bind(PreparedStatement statement) throws SQLException {
            statement.setLong(1, first);
            statement.setLong(2, last);
        }
    }

    /** Those in a list of the database's own form. */
    record Listed(String ids) implements Ids {
        @Override
        public String condition() {
            return "IN (SELECT j.value FROM json_each(?) j)";
        }

        @Override
        public void bind(PreparedStatement statement) throws SQLException {
            statement.setString(1, ids);
        }
    }
}
