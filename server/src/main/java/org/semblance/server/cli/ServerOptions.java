package org.semblance.server.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.config.ServerConfig;
import picocli.CommandLine.ArgGroup;
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

    @Option(
            names = "--max-body-bytes",
            paramLabel = "N",
            description = "Largest upload that is no video (default: 100,000,000).")
    private @Nullable Long maxBodyBytes;

    @Option(names = "--max-video-bytes", paramLabel = "N", description = "Largest video (default: 4,000,000,000).")
    private @Nullable Long maxVideoBytes;

    @Option(
            names = "--video-workers",
            paramLabel = "N",
            description = "Threads for videos, which give way to the others (default: one for two cores).")
    private @Nullable Integer videoWorkers;

    @Option(
            names = "--upload-folder",
            paramLabel = "FOLDER",
            description =
                    "Where large uploads are stored while they are worked on (default: uploads in the data folder).")
    private @Nullable Path uploadFolder;

    @Option(
            names = "--decode",
            paramLabel = "PATH",
            description =
                    "How uploads to be matched are decoded, fast or exact (default: fast). Hashes that are kept are"
                            + " always exact.")
    private @Nullable DecodePath path;

    @Option(
            names = "--exchange-folder",
            paramLabel = "DIR",
            description = "Below which exchanges of the type local_file may read (default: exchange-files in the data"
                    + " folder).")
    private @Nullable Path exchangeFolder;

    @ArgGroup
    private @Nullable Open open;

    static final class Open {
        @Option(
                names = "--open",
                description = "Ask for no key, on a loopback address, even if there are keys (default: keys are needed"
                        + " as soon as there is one).")
        private boolean here;

        @Option(
                names = "--open-to-network",
                description = "Ask for no key on any address: everybody who reaches it can read and change the banks.")
        private boolean everywhere;
    }

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
            if (maxVideoBytes != null) {
                builder.maxVideoBytes(maxVideoBytes);
            }
            if (videoWorkers != null) {
                builder.videoWorkers(videoWorkers);
            }
            if (uploadFolder != null) {
                builder.spillFolder(uploadFolder);
            }
            if (path != null) {
                builder.decodePath(path);
            }
            if (exchangeFolder != null) {
                builder.exchangeFolder(exchangeFolder);
            }
            if (open != null) {
                builder.access(open.everywhere ? AccessPolicy.OPEN_TO_NETWORK : AccessPolicy.OPEN);
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
