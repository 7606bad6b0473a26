package org.semblance.server.route;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.semblance.server.auth.Caller;
import org.semblance.server.body.Body;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;
import org.semblance.server.http.WebPage;
import org.semblance.server.metrics.RequestTrace;
import org.semblance.server.work.Worker;

/**
 * Requests that a server makes of its own routes, without a network, as a caller who may do everything. The metrics and the log
 * know nothing of them.
 *
 * @param worker answers them, on the calling thread
 */
public record InnerCalls(Router router, Worker worker) {
    private static final long DEADLINE_S = 60;

    /**
     * The answer of a route for workers.
     *
     * @param target the path and the query, percent-encoded
     * @param json the body; empty for none
     * @throws HttpError if the request is refused
     * @throws IllegalArgumentException if no worker answers that route
     */
    public Response send(String method, String target, String json) {
        QueryStringDecoder uri = new QueryStringDecoder(target);
        Router.Found found = router.find(method, uri.path());
        HttpHeaders headers = new DefaultHttpHeaders()
                .set(HttpHeaderNames.HOST, "localhost")
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        Body body = Body.of(json.getBytes(StandardCharsets.UTF_8));
        long now = System.nanoTime();
        Request request = new Request(
                found,
                uri.parameters(),
                headers,
                body,
                Caller.ANYONE,
                new WebPage(headers, false),
                "",
                new RequestTrace(),
                now,
                now,
                now,
                now + TimeUnit.SECONDS.toNanos(DEADLINE_S),
                false,
                () -> false,
                () -> false);
        try {
            return switch (found.route().action()) {
                case Route.Work work -> work.answer(request, worker);
                case Route.ByLine lines -> lines.whole().answer(request, worker);
                default -> throw new IllegalArgumentException(target + ": no worker answers it");
            };
        } finally {
            body.release();
        }
    }
}
