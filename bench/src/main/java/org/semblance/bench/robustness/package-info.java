/** How many edited copies are found, and what is taken for a copy and is none: pictures are made, edited, banked and matched over HTTP. */
@NullMarked
package org.semblance.bench.robustness;

import org.jspecify.annotations.NullMarked;
