/** How fast videos become hashes, and how many known clips are found in edited uploads. */
@NullMarked
package org.semblance.bench.video;

import org.jspecify.annotations.NullMarked;
