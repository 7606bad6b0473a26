/** Native decoders: the only package that imports {@code org.bytedeco}. */
@NullMarked
package org.semblance.engine.media.internal;

import org.jspecify.annotations.NullMarked;
