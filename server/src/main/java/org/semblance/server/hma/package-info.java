/** The HTTP dialect of Hasher-Matcher-Actioner. */
@NullMarked
package org.semblance.server.hma;

import org.jspecify.annotations.NullMarked;
