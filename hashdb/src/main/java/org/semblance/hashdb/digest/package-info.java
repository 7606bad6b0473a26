/** MD5, SHA-1 and SHA-256 of the same bytes, in one pass where the processor has instructions for it. */
@NullMarked
package org.semblance.hashdb.digest;

import org.jspecify.annotations.NullMarked;
