/** Why an upload matched, and why it did not: what lies nearest to each of its signals, whether or not that counts. */
@NullMarked
package org.semblance.engine.explain;

import org.jspecify.annotations.NullMarked;
