/** What a re-uploader does to a picture, and what such edits draw: letters, emblems, feeds. */
@NullMarked
package org.semblance.bench.edits;

import org.jspecify.annotations.NullMarked;
