package org.semblance.hashdb.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against SQLite, which finds texts on its own. */
class FoldedTextTest {
    private Connection sqlite;

    @BeforeEach
    void open() throws SQLException {
        sqlite = DriverManager.getConnection("jdbc:sqlite::memory:");
        try (Statement statement = sqlite.createStatement()) {
            statement.execute("CREATE VIRTUAL TABLE t USING fts5 (text, tokenize = 'trigram')");
        }
    }

    @AfterEach
    void close() throws SQLException {
        sqlite.close();
    }

    private boolean findsInSqlite(String text, String wanted) throws SQLException {
        try (PreparedStatement insert = sqlite.prepareStatement("INSERT INTO t VALUES (?)");
                PreparedStatement select = sqlite.prepareStatement("SELECT count(*) FROM t WHERE t MATCH ?");
                Statement clear = sqlite.createStatement()) {
            clear.execute("DELETE FROM t");
            insert.setString(1, text);
            insert.execute();
            select.setString(1, '"' + wanted.replace("\"", "\"\"") + '"');
            try (ResultSet row = select.executeQuery()) {
                return row.getInt(1) == 1;
            }
        }
    }

    /** Letters of the scripts that have two cases, and some that have a partner in another way. */
    @Test
    void aLetterIsFoundAsInSqlite() throws SQLException {
        int differ = 0;
        for (int letter = 0x41; letter < 0x600; letter++) {
            String small = Character.toString(Character.toLowerCase(letter));
            String text = "xy" + Character.toString(letter) + "z";
            String wanted = "xy" + small + "Z";
            boolean here = FoldedText.fold(text).contains(FoldedText.fold(wanted));
            if (here != findsInSqlite(text, wanted)) {
                differ++;
            }
        }
        // SQLite's table of letters is of an older Unicode.
        assertThat(differ).isLessThan(12);
    }

    @Test
    void theTextIsTheNoteAndTheValues() throws SQLException {
        for (String json : List.of(
                "{\"a\":\"B c\",\"d\":[1,2.50,true,false,null,{\"e\":-7}],\"big\":12345678901234567890}",
                "{\"x\":1e3,\"y\":0.1,\"z\":1e-7,\"w\":1e400,\"v\":123456789.125,\"u\":-0.5}",
                "{\"t\":\"\u00c4\u00d6 100%\\n_\"}",
                "{}")) {
            try (PreparedStatement select =
                    sqlite.prepareStatement("SELECT coalesce((SELECT group_concat(t.atom, char(10)) FROM json_tree(?) t"
                            + " WHERE t.atom IS NOT NULL), '')")) {
                select.setString(1, json);
                try (ResultSet row = select.executeQuery()) {
                    String expected = row.getString(1);
                    assertThat(FoldedText.of("Note", json)).isEqualTo(FoldedText.fold("Note\n" + expected));
                }
            }
        }
    }
}
