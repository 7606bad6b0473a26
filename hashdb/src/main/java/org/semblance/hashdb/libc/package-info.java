/** The functions of the C library that Java has no words for. The only place that calls them. */
@NullMarked
package org.semblance.hashdb.libc;

import org.jspecify.annotations.NullMarked;
