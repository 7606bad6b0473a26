/** Hashes and signals as values: parse, print, distance. */
@NullMarked
package org.semblance.hashdb.hash;

import org.jspecify.annotations.NullMarked;
