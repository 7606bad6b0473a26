/** The wire: the listening socket, connections of HTTP/1.1 and HTTP/2, TLS, and the life of a request on it. */
@NullMarked
package org.semblance.server.wire;

import org.jspecify.annotations.NullMarked;
