package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.semblance.hashdb.catalog.postgres.PostgresDialect;

/** Messages of failures are one line each, though PostgreSQL tells the details of a failure on further lines. */
class ServerMessagesTest {
    private final TestPostgres server = TestPostgres.shared();
    private final String database = server.createDatabase();
    private final PostgresDialect catalog =
            PostgresDialect.open(server.catalog(database).address(), null, null, true);

    private String failure(String sql) throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            SQLException failure = catchThrowableOfType(SQLException.class, () -> statement.execute(sql));
            assertThat(failure.getMessage())
                    .as("%s, as the driver says it", sql)
                    .contains("\n");
            return String.valueOf(catalog.failure(failure).getMessage());
        }
    }

    @Test
    void aMessageIsOneLineWithItsDetails() throws SQLException {
        assertThat(failure("SELECT nothing FROM head"))
                .isEqualTo(catalog + ": ERROR: column \"nothing\" does not exist; Position: 8");
        assertThat(failure("DROP TABLE label"))
                .startsWith(catalog + ": ERROR: cannot drop table label because other objects depend on it; Detail: ")
                .contains("; Hint: ")
                .doesNotContain("\n");
    }

    @Test
    void aMessageQuotesNoRow() throws SQLException {
        assertThat(failure("INSERT INTO label (name) VALUES ('of a victim'), ('of a victim')"))
                .isEqualTo(catalog + ": ERROR: duplicate key value violates unique constraint \"label_name_key\"");
        assertThat(failure("INSERT INTO label (id, name) VALUES (7, NULL)")).endsWith("violates not-null constraint");
    }
}
