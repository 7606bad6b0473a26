/** Every stored hash within a distance, exactly, off heap and live. */
@NullMarked
package org.semblance.hashdb.index;

import org.jspecify.annotations.NullMarked;
