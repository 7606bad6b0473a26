/** Who calls, what a key may do, and the database as its holder may see it. */
@NullMarked
package org.semblance.server.auth;

import org.jspecify.annotations.NullMarked;
