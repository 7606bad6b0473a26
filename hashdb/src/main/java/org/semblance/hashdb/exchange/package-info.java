/** Reads and writes the hash lists of partners. */
@NullMarked
package org.semblance.hashdb.exchange;

import org.jspecify.annotations.NullMarked;
