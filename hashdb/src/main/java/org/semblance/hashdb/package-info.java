/** Every known hash and what is known of it; {@link org.semblance.hashdb.HashDb} is the only way in. */
@NullMarked
package org.semblance.hashdb;

import org.jspecify.annotations.NullMarked;
