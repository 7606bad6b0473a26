/**
 * Readers of damaged pictures, in Java alone: what a browser shows of a file that a strict decoder refuses. They take what
 * is there and say which rows that is.
 */
@NullMarked
package org.semblance.engine.media.lenient;

import org.jspecify.annotations.NullMarked;
