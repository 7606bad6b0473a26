/** Memory outside the Java heap for one writer and many readers, and the files that it is saved to. */
@NullMarked
package org.semblance.hashdb.offheap;

import org.jspecify.annotations.NullMarked;
