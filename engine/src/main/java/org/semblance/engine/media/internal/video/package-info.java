/** Videos and animations by FFmpeg and OpenCV. */
@NullMarked
package org.semblance.engine.media.internal.video;

import org.jspecify.annotations.NullMarked;
