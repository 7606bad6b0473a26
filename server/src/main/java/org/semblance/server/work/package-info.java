/** The bounded hand-over from event loop to workers. */
@NullMarked
package org.semblance.server.work;

import org.jspecify.annotations.NullMarked;
