/** Keeps the banks of exchanges equal to what the partners list. */
@NullMarked
package org.semblance.server.exchange;

import org.jspecify.annotations.NullMarked;
