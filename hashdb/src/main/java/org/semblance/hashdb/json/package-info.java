/** How JSON is read that somebody else has written. */
@NullMarked
package org.semblance.hashdb.json;

import org.jspecify.annotations.NullMarked;
