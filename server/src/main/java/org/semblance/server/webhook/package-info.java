/** Outgoing: events that are posted to the operator's own receiver. */
@NullMarked
package org.semblance.server.webhook;

import org.jspecify.annotations.NullMarked;
