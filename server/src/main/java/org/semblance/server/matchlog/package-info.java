/** What was matched: how a verdict comes into the match log, and the routes that tell of it. */
@NullMarked
package org.semblance.server.matchlog;

import org.jspecify.annotations.NullMarked;
