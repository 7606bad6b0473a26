/** Still pictures by OpenCV and FFmpeg. */
@NullMarked
package org.semblance.engine.media.internal.image;

import org.jspecify.annotations.NullMarked;
