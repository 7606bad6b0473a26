/** Proves the catalog from its journal. */
@NullMarked
package org.semblance.hashdb.catalog.audit;

import org.jspecify.annotations.NullMarked;
