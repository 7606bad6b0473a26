/** Video to hashes, and the hits of an upload's frames to spans of known videos; no I/O, no natives. */
@NullMarked
package org.semblance.engine.video;

import org.jspecify.annotations.NullMarked;
