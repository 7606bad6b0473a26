package org.semblance.hashdb;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.catalog.postgres.PostgresDialect;

/**
 * A server of PostgreSQL in a folder of its own, of the binaries that Debian's package has under {@code /usr/lib/postgresql}. It
 * goes with this process, however that ends: its shell stops it and removes the folder when the pipe to it is closed. Where there is
 * no PostgreSQL tests are skipped, or fail with {@code -Dsemblance.postgres=required}.
 *
 * <p>It does not sync its files: no test cuts the power of the machine.
 */
public final class TestPostgres implements AutoCloseable {
    private static final Path PACKAGES = Path.of("/usr/lib/postgresql");
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final String USER = "semblance";
    private static final String TEMPLATE = "semblance_template";
    private static final int START_SECONDS = 60;

    /** Runs what is given it until the pipe to this process is closed, and leaves nothing behind. */
    private static final String UNTIL_CLOSED = """
            folder=$1; shift
            "$@" >>"$folder/log" 2>&1 </dev/null &
            server=$!
            cat >/dev/null
            kill -CONT "$server" 2>/dev/null
            kill -INT "$server" 2>/dev/null
            wait "$server"
            test -e "$folder/keep" || rm -rf "$folder"
            """;

    private static @Nullable TestPostgres shared;

    private final Path binaries;
    private final Path folder;
    private final int port;
    private final AtomicInteger databases = new AtomicInteger();
    private @Nullable Process shell;
    private boolean templateMade;

    private TestPostgres(Path binaries) throws IOException, InterruptedException {
        this.binaries = binaries;
        boolean inMemory =
                Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > 1L << 30;
        this.folder = inMemory
                ? Files.createTempDirectory(MEMORY, "semblance-postgres")
                : Files.createTempDirectory("semblance-postgres");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
        if (isRoot()) {
            run(List.of("chown", account(), folder.toString()));
        }
        run(asUser(
                binaries.resolve("initdb").toString(),
                "-D",
                folder.resolve("data").toString(),
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N"));
        start();
    }

    /** The server that tests share which do not stop it. */
    public static synchronized TestPostgres shared() {
        if (shared == null) {
            TestPostgres running = started();
            Runtime.getRuntime().addShutdownHook(new Thread(running::close));
            shared = running;
        }
        return shared;
    }

    /** A server of its own. */
    static TestPostgres own() {
        return started();
    }

    private static TestPostgres started() {
        Optional<Path> binaries = binaries();
        if (binaries.isEmpty()) {
            String why = "no PostgreSQL under " + PACKAGES + " (Debian: apt-get install postgresql)";
            if ("required".equals(System.getProperty("semblance.postgres"))) {
                throw new AssertionError(why);
            }
            Assumptions.abort(why);
        }
        try {
            return new TestPostgres(binaries.orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<Path> binaries() {
        if (!Files.isDirectory(PACKAGES)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(PACKAGES)) {
            return versions.filter(version -> Files.isExecutable(version.resolve("bin/postgres")))
                    .max(Comparator.comparing(
                            version -> Double.parseDouble(version.getFileName().toString())))
                    .map(version -> version.resolve("bin"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** PostgreSQL refuses to run as root. */
    private static String account() throws IOException {
        return Files.readAllLines(Path.of("/etc/passwd")).stream().anyMatch(line -> line.startsWith("postgres:"))
                ? "postgres"
                : "nobody";
    }

    private static List<String> asUser(String... command) throws IOException {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(List.of("setpriv", "--reuid=" + account(), "--regid=nogroup", "--clear-groups", "--"));
        }
        all.addAll(List.of(command));
        return all;
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .directory(folder.toFile())
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }

    /** Starts the server after {@link #stop}. */
    void start() throws IOException, InterruptedException {
        Files.deleteIfExists(folder.resolve("keep"));
        List<String> command = new ArrayList<>(List.of("sh", "-c", UNTIL_CLOSED, "sh", folder.toString()));
        command.addAll(asUser(
                binaries.resolve("postgres").toString(),
                "-D",
                folder.resolve("data").toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off",
                "-c",
                "dynamic_shared_memory_type=mmap", // in its folder, so that nothing is left even if it is killed
                "-c",
                "max_connections=300",
                "-c",
                "shared_buffers=32MB"));
        shell = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        for (int tenths = 0; ; tenths++) {
            try {
                connect("postgres").close();
                return;
            } catch (SQLException e) {
                if (tenths == 10 * START_SECONDS || !shell.isAlive()) {
                    throw new IOException(Files.readString(folder.resolve("log")), e);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    /** Stops the server at once, as a crash of it would; its databases stay. */
    void stop() throws IOException, InterruptedException {
        Files.createFile(folder.resolve("keep"));
        end();
    }

    /** Stops the server and starts it again. */
    void restart() throws IOException, InterruptedException {
        stop();
        start();
    }

    private void end() throws IOException, InterruptedException {
        Process running = shell;
        shell = null;
        if (running != null) {
            OutputStream pipe = running.getOutputStream();
            pipe.close();
            running.waitFor();
        }
    }

    @Override
    public void close() {
        try {
            end();
            if (Files.exists(folder)) {
                run(List.of("rm", "-rf", folder.toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return port;
    }

    /** A new database that has an empty catalog. */
    public String createDatabase() {
        try {
            makeTemplate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return copyDatabase(TEMPLATE);
    }

    /** A new database that has what another one has, which nobody must have open. */
    String copyDatabase(String from) {
        String name = "semblance_" + databases.incrementAndGet();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name + " TEMPLATE " + from);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return name;
    }

    private synchronized void makeTemplate() throws SQLException {
        if (!templateMade) {
            try (Connection connection = connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE " + TEMPLATE);
            }
            PostgresDialect.open(catalog(TEMPLATE).address(), null, null, true);
            templateMade = true;
        }
    }

    public SharedCatalog catalog(String database) {
        return catalog(database, port);
    }

    /** The catalog as it is reached through another port. */
    SharedCatalog catalog(String database, int through) {
        return new SharedCatalog(
                PostgresAddress.parse("postgresql://" + USER + "@127.0.0.1:" + through + "/" + database), null);
    }

    /** For looking and tampering. */
    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + USER + "&connectTimeout=5");
    }
}
