package org.semblance.bench.nodes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Folders;

/**
 * A server of PostgreSQL of its own, of the newest binaries under {@code /usr/lib/postgresql}, with its usual care for what it has
 * acknowledged.
 */
final class Postgres implements AutoCloseable {
    private static final Path PACKAGES = Path.of("/usr/lib/postgresql");
    private static final String USER = "semblance";
    private static final String DATABASE = "semblance";
    private static final int PATIENCE_SECONDS = 60;

    private final Path folder;
    private final int port;
    private @Nullable Process process;

    private Postgres(String name) throws IOException {
        folder = Files.createTempDirectory("semblance-" + name);
        port = freePort();
        if (isRoot()) {
            run(List.of("chown", account(), folder.toString()));
        }
    }

    /** Starts a new one, with an empty database. */
    static Postgres start() throws IOException {
        Postgres postgres = new Postgres("postgres");
        postgres.command("initdb", "-D", postgres.data(), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C");
        postgres.resume();
        postgres.command("createdb", "-h", "127.0.0.1", "-p", "" + postgres.port, "-U", USER, DATABASE);
        return postgres;
    }

    /** Starts one that follows this one, under the name {@code standby}, with all that this one has. */
    Postgres standby() throws IOException {
        Postgres standby = new Postgres("standby");
        copyTo(standby);
        standby.resume();
        return standby;
    }

    /** Drops what it has and follows that one, under the name {@code standby}, on the port that it had; it must have been killed. */
    void followAnew(Postgres leader) throws IOException {
        run(asAccount("rm", "-rf", data()));
        leader.copyTo(this);
        resume();
    }

    private void copyTo(Postgres standby) throws IOException {
        standby.command(
                "pg_basebackup",
                "-D",
                standby.data(),
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "-d",
                "host=127.0.0.1 port=" + port + " user=" + USER + " application_name=standby");
    }

    /** Starts it again after {@link #kill}, or for the first time. */
    void resume() throws IOException {
        List<String> command = new ArrayList<>(asAccount(
                binaries().resolve("postgres").toString(),
                "-D",
                data(),
                "-p",
                "" + port,
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=300",
                "-c",
                "wal_keep_size=1GB",
                "-c",
                "dynamic_shared_memory_type=mmap"));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!isReady()) {
            if (System.nanoTime() - end > 0 || !process.isAlive()) {
                throw new IOException(Files.readString(log()));
            }
            Node.pause(20);
        }
    }

    private boolean isReady() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.isConnected();
        } catch (IOException e) {
            return false;
        }
        List<String> command = List.of(
                binaries().resolve("pg_isready").toString(), "-q", "-h", "127.0.0.1", "-p", "" + port, "-U", USER);
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has it lead, where it followed another. */
    void promote() throws IOException {
        command("pg_ctl", "promote", "-w", "-D", data());
    }

    /** Runs a statement and returns its rows as psql prints them, without heads. */
    String ask(String sql) throws IOException {
        return command("psql", "-h", "127.0.0.1", "-p", "" + port, "-U", USER, "-At", "-c", sql, DATABASE)
                .strip();
    }

    /** Has it, and the machine, do now what they would do some time after many changes: clean up, and write to the disk. */
    void settle() throws IOException {
        ask("VACUUM ANALYZE");
        ask("CHECKPOINT");
        run(List.of("sync"));
    }

    /** Has it wait before each sync of its log from now on, as if the disk were that much slower. */
    void delaySyncs(int ms) throws IOException {
        ask("ALTER SYSTEM SET commit_siblings = 0");
        ask("ALTER SYSTEM SET commit_delay = " + TimeUnit.MILLISECONDS.toMicros(ms));
        ask("SELECT pg_reload_conf()");
    }

    /** Kills the server as a power cut would, but for what the disk holds back. */
    void kill() {
        signal(Signals.KILL);
        Process killed = process;
        if (killed != null) {
            try {
                killed.waitFor();
                Node.pause(200); // Its children see that it is gone.
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    void freeze() {
        signal(Signals.FREEZE);
    }

    void thaw() {
        signal(Signals.THAW);
    }

    private void signal(String signal) {
        Process running = process;
        if (running != null) {
            Signals.send(signal, Stream.concat(Stream.of(running.toHandle()), running.descendants()));
        }
    }

    int port() {
        return port;
    }

    /** The address of a catalog on these servers, of which one leads. */
    static String catalog(Postgres... servers) {
        return address(Stream.of(servers).map(Postgres::port));
    }

    /** The address of the catalog behind that proxy. */
    static String catalog(Proxy proxy) {
        return address(Stream.of(proxy.port()));
    }

    private static String address(Stream<Integer> ports) {
        return "postgresql://" + USER + "@"
                + ports.map(port -> "127.0.0.1:" + port).collect(Collectors.joining(",")) + "/" + DATABASE;
    }

    @Override
    public void close() throws IOException {
        thaw();
        kill();
        Folders.delete(folder);
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    private Path log() {
        return folder.resolve("log");
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static Path binaries() throws IOException {
        if (!Files.isDirectory(PACKAGES)) {
            throw new IOException("no PostgreSQL under " + PACKAGES + " (Debian: apt-get install postgresql)");
        }
        try (Stream<Path> versions = Files.list(PACKAGES)) {
            return versions.filter(version -> Files.isExecutable(version.resolve("bin/postgres")))
                    .max(Comparator.comparing(
                            version -> Double.valueOf(version.getFileName().toString())))
                    .orElseThrow(() -> new IOException("no PostgreSQL under " + PACKAGES))
                    .resolve("bin");
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

    private static List<String> asAccount(String... command) throws IOException {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(List.of("setpriv", "--reuid=" + account(), "--regid=nogroup", "--clear-groups", "--"));
        }
        all.addAll(List.of(command));
        return all;
    }

    private String command(String program, String... arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(binaries().resolve(program).toString()));
        words.addAll(List.of(arguments));
        return run(asAccount(words.toArray(String[]::new)));
    }

    private String run(List<String> command) throws IOException {
        Path output = Files.createTempFile("semblance-postgres", ".out");
        try {
            Process done = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            int status = done.waitFor();
            String text = Files.readString(output, StandardCharsets.UTF_8);
            if (status != 0) {
                throw new IOException(String.join(" ", command) + ": " + text);
            }
            return text;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            Files.delete(output);
        }
    }
}
