/** Compares what is derived from the catalog with the catalog, both ways. */
@NullMarked
package org.semblance.hashdb.verify;

import org.jspecify.annotations.NullMarked;
