/** What must not be banked silently: contents that would accuse the innocent. */
@NullMarked
package org.semblance.engine.guard;

import org.jspecify.annotations.NullMarked;
