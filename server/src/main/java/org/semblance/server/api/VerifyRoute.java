package org.semblance.server.api;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.json.ReportJson;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/verify}: proves the journal and compares the indexes with the catalog while the server answers. That takes
 * a minute and more of a long list, so it has a thread of its own, one at a time, and no worker waits for it.
 */
final class VerifyRoute {
    private static final long LOOKS_EVERY_NANOS = 100_000_000;

    private final HashDb db;
    private final MatchLog log;
    private final AtomicBoolean running = new AtomicBoolean();

    VerifyRoute(HashDb db, MatchLog log) {
        this.db = db;
        this.log = log;
    }

    Route route() {
        return new Route(
                Dialect.NATIVE,
                "POST",
                "/v1/verify",
                Set.of(),
                Route.Takes.NOTHING,
                Role.ADMIN,
                new Route.Stream("application/json", this::begin));
    }

    private LineAnswerer begin(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        request.caller().requiresAllBanks();
        if (!running.compareAndSet(false, true)) {
            throw HttpError.busy("another verification is running");
        }
        CompletableFuture<ObjectNode> report = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("verify").start(() -> {
            try {
                report.complete(ReportJson.verification(visible.verify(), log.problems()));
            } catch (RuntimeException | Error e) {
                report.completeExceptionally(e);
            } finally {
                running.set(false);
            }
        });
        return new Waiting(report);
    }

    /** Looks now and then whether the report is there. */
    private record Waiting(CompletableFuture<ObjectNode> report) implements LineAnswerer {
        @Override
        public boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out) {
            if (!report.isDone()) {
                return false;
            }
            try {
                out.writeBytes(Json.write(report.join()));
                return true;
            } catch (CompletionException e) {
                throw new IllegalStateException("the verification failed", e.getCause());
            }
        }

        @Override
        public long heldNanos() {
            return report.isDone() ? 0 : LOOKS_EVERY_NANOS;
        }
    }
}
