/** The answers as JSON: one shape for HTTP and the command line. */
@NullMarked
package org.semblance.server.json;

import org.jspecify.annotations.NullMarked;
