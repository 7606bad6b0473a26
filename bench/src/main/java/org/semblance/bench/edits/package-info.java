/** Edits that re-uploaders make to a picture, and the letters, emblems and feeds that such edits draw. */
@NullMarked
package org.semblance.bench.edits;

import org.jspecify.annotations.NullMarked;
