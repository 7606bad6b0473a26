/** The wire: the listening socket, connections of HTTP/1.1 and HTTP/2, and TLS. Knows neither routes nor bodies. */
@NullMarked
package org.semblance.server.wire;

import org.jspecify.annotations.NullMarked;
