/** The product's central rule: what hits come to. */
@NullMarked
package org.semblance.engine.judge;

import org.jspecify.annotations.NullMarked;
