/** Uploads of before: what an addition finds among them, what the webhook is told, and what floods. */
@NullMarked
package org.semblance.bench.retro;

import org.jspecify.annotations.NullMarked;
