/** Recent uploads at the server: what is remembered of them, and which of them what is banked now would have found. */
@NullMarked
package org.semblance.server.recent;

import org.jspecify.annotations.NullMarked;
