/** Routes, how one is found, and the request as its handler sees it. */
@NullMarked
package org.semblance.server.route;

import org.jspecify.annotations.NullMarked;
