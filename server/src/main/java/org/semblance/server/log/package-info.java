/** How the log looks and what it leaves out. */
@NullMarked
package org.semblance.server.log;

import org.jspecify.annotations.NullMarked;
