/** Untrusted bytes to luma, within limits; the seam in front of native code. */
@NullMarked
package org.semblance.engine.media;

import org.jspecify.annotations.NullMarked;
