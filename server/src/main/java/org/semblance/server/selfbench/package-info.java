/** What {@code semblance bench} measures on the user's own machine, and how two such runs compare. */
@NullMarked
package org.semblance.server.selfbench;

import org.jspecify.annotations.NullMarked;
