/** The inner loops of the index over raw memory, with vector instructions and without. */
@NullMarked
package org.semblance.hashdb.index.kernel;

import org.jspecify.annotations.NullMarked;
