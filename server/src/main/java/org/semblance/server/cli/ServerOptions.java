package org.semblance.server.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the verbs that start a server; what is not given has the default of {@link ServerConfig}. */
final class ServerOptions {
    @Mixin
    private DataFolder data;

    @Option(names = "--port", paramLabel = "N", description = "Port to listen on, 0 for any free one (default: 5100).")
    private @Nullable Integer port;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on (default: 127.0.0.1).")
    private @Nullable String host;

    @Option(names = "--workers", paramLabel = "N", description = "Threads that decode and hash (default: one a core).")
    private @Nullable Integer workers;

    @Option(names = "--max-body-bytes", paramLabel = "N", description = "Largest upload (default: 100,000,000).")
    private @Nullable Long maxBodyBytes;

    @Option(
            names = "--decode",
            paramLabel = "PATH",
            description =
                    "How uploads to be matched are decoded, fast or exact (default: fast). Hashes that are kept are"
                            + " always exact.")
    private @Nullable DecodePath path;

    DataFolder data() {
        return data;
    }

    /** Starts the server, and stops it in order when the process is asked to end. */
    MatchServer start() {
        ServerConfig config;
        try {
            ServerConfig.Builder builder = ServerConfig.builder(data.path());
            if (port != null) {
                builder.port(port);
            }
            if (host != null) {
                builder.bindAddress(host);
            }
            if (workers != null) {
                builder.workers(workers);
            }
            if (maxBodyBytes != null) {
                builder.maxBodyBytes(maxBodyBytes);
            }
            if (path != null) {
                builder.decodePath(path);
            }
            config = builder.build();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
        MatchServer server;
        try {
            server = MatchServer.start(config);
        } catch (IOException e) {
            throw new BadInputException(
                    "cannot listen on " + config.bindAddress() + ":" + config.port() + ": " + e.getMessage(), e);
        }
        server.warmUp();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
        return server;
    }

    /** Keeps the calling thread until the process is asked to end. */
    static void serveUntilStopped() {
        try {
            Thread.currentThread().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
