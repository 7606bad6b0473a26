package org.semblance.server.wire;

import java.util.function.Supplier;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Refusals;

/**
 * What all connections of a transport share.
 *
 * @param date gives the Date field, right to a second
 */
record Shared(
        ServerConfig config,
        RequestHandler.Factory handlers,
        Lifecycle lifecycle,
        Refusals refusals,
        Supplier<String> date) {}
