/** The one writer of changes: their rules, rows, and place in the journal. */
@NullMarked
package org.semblance.hashdb.catalog.write;

import org.jspecify.annotations.NullMarked;
