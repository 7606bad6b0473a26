/** What happened and how long it took, counted, as Prometheus text. */
@NullMarked
package org.semblance.server.metrics;

import org.jspecify.annotations.NullMarked;
