/** Counters and timers of the server, as Prometheus text. */
@NullMarked
package org.semblance.server.metrics;

import org.jspecify.annotations.NullMarked;
