/** Luma to the PDQ hash and its quality; no I/O, no natives. */
@NullMarked
package org.semblance.engine.pdq;

import org.jspecify.annotations.NullMarked;
