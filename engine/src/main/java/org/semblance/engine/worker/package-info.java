/**
 * Decoding and hashing in processes of their own, so that bytes which break a decoder break no more than that. The
 * {@link org.semblance.engine.ContentHasher} is the same; behind it the bytes lie in memory shared with a worker process,
 * which on Linux has given up every right before the first of them comes.
 */
@NullMarked
package org.semblance.engine.worker;

import org.jspecify.annotations.NullMarked;
