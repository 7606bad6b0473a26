/** The command line. */
@NullMarked
package org.semblance.server.cli;

import org.jspecify.annotations.NullMarked;
