package org.semblance.server.route;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.server.http.HttpError;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parameters by which a client pages through a long list: {@code limit}, and {@code after} from the oldest row on or, with
 * {@code order=desc}, {@code before} from the newest row back.
 */
public final class Cursor {
    /** Rows of a page where the client does not say how many. */
    public static final int DEFAULT_PAGE = 100;

    /** The most rows of a page. */
    public static final int MAX_PAGE = 1_000;

    private Cursor() {}

    /** The parameters of a route that takes these and the given ones. */
    public static Set<String> with(String... parameters) {
        return Stream.concat(Stream.of("after", "before", "order", "limit"), Arrays.stream(parameters))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * What the client asks for.
     *
     * @throws HttpError 400 if the parameters contradict each other
     */
    public static Paging of(Request request) {
        String order = request.query("order");
        if (order != null && !order.equals("asc") && !order.equals("desc")) {
            throw HttpError.field(400, "order", order, "asc or desc");
        }
        boolean newestFirst = "desc".equals(order);
        String other = newestFirst ? "after" : "before";
        if (request.query(other) != null) {
            throw HttpError.field(
                    400,
                    other,
                    request.query(other),
                    newestFirst ? "before, with order=desc" : "order=desc with before");
        }
        String name = newestFirst ? "before" : "after";
        String cursor = request.query(name);
        return new Paging(
                cursor == null ? null : Long.valueOf(Request.parse(name, cursor, 0, Long.MAX_VALUE)), newestFirst, (int)
                        request.query("limit", DEFAULT_PAGE, 1, MAX_PAGE));
    }

    /**
     * Adds how the client goes on, {@code next_after} or {@code next_before}.
     *
     * @param next null if this was the last page
     */
    public static void put(ObjectNode answer, Paging paging, @Nullable Long next) {
        if (next != null) {
            answer.put(paging.newestFirst() ? "next_before" : "next_after", next);
        }
    }
}
