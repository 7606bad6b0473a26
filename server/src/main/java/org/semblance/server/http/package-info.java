/** Netty: framing, limits, routes, statuses, JSON. */
@NullMarked
package org.semblance.server.http;

import org.jspecify.annotations.NullMarked;
