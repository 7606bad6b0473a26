/** The wiring: {@code Main}, {@code MatchServer}, {@code ServerConfig}. */
@NullMarked
package org.semblance.server;

import org.jspecify.annotations.NullMarked;
