/** The native API, {@code /v1}, and the routes of operators. */
@NullMarked
package org.semblance.server.api;

import org.jspecify.annotations.NullMarked;
