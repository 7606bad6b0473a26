package org.semblance.server.cli.database;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseInUseException;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.server.auth.RunningServer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Which database a verb works on: a folder's, or a server's. Where a server has the folder, the verb asks that server, by the
 * address and the secret in the folder; the output is the same.
 */
public final class DatabaseOptions {
    /** A server that is just starting is waited for so long, and so is another verb that has the folder. */
    private static final Duration STARTING = Duration.ofSeconds(10);

    private static final long POLL_MS = 100;

    @Mixin
    private DataFolder folder;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "Asks the server at this address instead of opening a folder, as in https://host:5100.")
    private @Nullable String server;

    @Option(
            names = "--key",
            paramLabel = "SECRET",
            defaultValue = "${env:SEMBLANCE_KEY}",
            description =
                    "The secret of a key of that server (default: $$SEMBLANCE_KEY, which others on this machine do not see).")
    private @Nullable String key;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "Certificates in PEM of the authorities that may vouch for that server (default: the JDK's).")
    private @Nullable Path authorities;

    /**
     * Opens it.
     *
     * @param contents how files are decoded where this process does it
     * @throws BadInputException if a server decodes and the contents say how
     */
    public Database open(Contents contents) {
        if (server != null) {
            contents.requireNoChoice(server);
            ServerTrust trust = authorities == null ? ServerTrust.ofTheJdk() : ServerTrust.of(authorities);
            return new ServedDatabase(address(server), key == null ? "" : key, trust);
        }
        long end = System.nanoTime() + STARTING.toNanos();
        while (true) {
            try {
                return new OpenDatabase(
                        folder.path(), HashDb.open(folder.path(), folder.catalog(), DatabaseEvents.NONE), contents);
            } catch (DatabaseInUseException e) {
                Optional<RunningServer> running = running(e);
                if (running.isPresent()) {
                    contents.requireNoChoice(running.get().url());
                    ServedDatabase served = new ServedDatabase(
                            running.get().url(), running.get().secret(), ServerTrust.ofAny());
                    if (served.isReady()) {
                        return served;
                    }
                    served.close();
                }
                if (System.nanoTime() - end > 0) {
                    throw running.isEmpty()
                            ? e
                            : new ServerRefusedException(e.getMessage() + ", which does not answer", e);
                }
                waitABit();
            }
        }
    }

    private static String address(String url) {
        if (!url.matches("https?://[^/?#]+/?")) {
            throw new BadInputException("--server: '" + url + "' (expected: as https://host:5100)");
        }
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /** What the folder says of its server, which may be one that was killed. */
    private Optional<RunningServer> running(DatabaseInUseException inUse) {
        try {
            return RunningServer.of(folder.path());
        } catch (IOException e) {
            throw new ServerRefusedException(
                    inUse.getMessage() + ", and how to reach the server cannot be read: " + e.getMessage(), e);
        }
    }

    private static void waitABit() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
