/** Content to signals, and signals to a verdict. */
@NullMarked
package org.semblance.engine;

import org.jspecify.annotations.NullMarked;
