/** Routes, the router, and the request as a route's handler sees it. */
@NullMarked
package org.semblance.server.route;

import org.jspecify.annotations.NullMarked;
