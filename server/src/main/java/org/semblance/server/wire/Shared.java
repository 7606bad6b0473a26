package org.semblance.server.wire;

import java.util.function.Supplier;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Refusals;

/**
 * The parts that all connections of a transport share.
 *
 * @param date gives the value of the Date field, accurate to a second
 */
record Shared(
        ServerConfig config,
        RequestHandler.Factory handlers,
        Lifecycle lifecycle,
        Refusals refusals,
        Supplier<String> date) {}
