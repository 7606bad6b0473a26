/** The form of the log, and the data that it leaves out. */
@NullMarked
package org.semblance.server.log;

import org.jspecify.annotations.NullMarked;
