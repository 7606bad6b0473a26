/** The native API, {@code /v1}. */
@NullMarked
package org.semblance.server.api;

import org.jspecify.annotations.NullMarked;
