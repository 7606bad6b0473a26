/** Packets of a stream to frames: by FFmpeg's decoders, and AV1 by the host's libdav1d where there is one. */
@NullMarked
package org.semblance.engine.media.internal.codec;

import org.jspecify.annotations.NullMarked;
