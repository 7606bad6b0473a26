package org.semblance.server.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.server.auth.Role;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/snapshots}: the snapshots of this node's indexes, for another node that starts.
 *
 * <p>A snapshot is sent from the pages of its file, which are read piece by piece, each by a worker between other requests, when the
 * client has taken those before. A save that ends meanwhile puts another file in its place; who reads the old one reads it to its end.
 */
public final class SnapshotRoutes {
    /** In the answer of the one route, and the check of the other's answer. */
    static final String SNAPSHOTS = "snapshots";

    static final String KIND = "kind";
    static final String BYTES = "bytes";
    static final String LIST_VERSION = "list_version";
    static final String JOURNAL_HASH = "journal_hash";
    static final String FORMAT = "format";
    static final String PATH = "/v1/" + SNAPSHOTS;

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotRoutes.class);

    /** Requests for a whole snapshot that are answered at a time: more would only slow each other down, and lookups. */
    private static final int MOST_AT_A_TIME = 2;

    private final Path folder;
    private final Semaphore free = new Semaphore(MOST_AT_A_TIME);

    /** @param dataFolder in which the snapshots are */
    public SnapshotRoutes(Path dataFolder) {
        this.folder = dataFolder;
    }

    public List<Route> routes() {
        return List.of(
                new Route(Dialect.NATIVE, "GET", PATH, Set.of(), Route.Takes.NOTHING, Role.NODE, (Route.Work)
                        (request, worker) -> list(request)),
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        PATH + "/{" + KIND + "}",
                        Set.of(),
                        Route.Takes.NOTHING,
                        Role.NODE,
                        new Route.Stream("application/octet-stream", this::begin)));
    }

    /** They hold every hash of every bank. */
    private static void requireAll(Request request) {
        request.caller().requiresAllBanks();
        request.caller().requiresDistance();
    }

    private Response list(Request request) {
        requireAll(request);
        ObjectNode answer = Json.object();
        ArrayNode snapshots = answer.putArray(SNAPSHOTS);
        for (IndexKind kind : IndexKind.values()) {
            Path file = folder.resolve(kind.fileName());
            try (SnapshotFormat.Reader head = new SnapshotFormat.Reader(file)) {
                snapshots
                        .addObject()
                        .put(KIND, kind.units())
                        .put(BYTES, Files.size(file))
                        .put(LIST_VERSION, head.seq())
                        .put(JOURNAL_HASH, head.mark().toHex())
                        .put(FORMAT, SnapshotFormat.VERSION);
            } catch (NoSuchFileException e) {
                LOG.debug("{}: not there yet", file);
            } catch (IOException e) {
                LOG.warn("{}: cannot be given to another node: {}", file, e.toString());
            }
        }
        return Response.json(200, answer);
    }

    private LineAnswerer begin(Request request) {
        requireAll(request);
        String name = request.name(KIND);
        IndexKind kind = Arrays.stream(IndexKind.values())
                .filter(one -> one.units().equals(name))
                .findFirst()
                .orElseThrow(() -> HttpError.field(404, KIND, name, "hashes or features"));
        if (!free.tryAcquire()) {
            throw HttpError.busy("as many snapshots are being sent as may be at a time");
        }
        boolean begun = false;
        try {
            LineAnswerer sending = new Sending(folder.resolve(kind.fileName()));
            begun = true;
            return sending;
        } catch (NoSuchFileException e) {
            throw HttpError.field(404, KIND, name, "one that this node has saved");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!begun) {
                free.release();
            }
        }
    }

    /** A file on its way. */
    private final class Sending implements LineAnswerer {
        private final MemorySegment file;

        /** @param file stays as it is: a save makes another one */
        Sending(Path file) throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                // Mapped until the last piece was sent and forgotten.
                this.file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            }
        }

        @Override
        public MemorySegment whole() {
            return file;
        }

        @Override
        public boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out) {
            throw new IllegalStateException("it is there as a whole");
        }

        @Override
        public void close() {
            free.release();
        }
    }
}
