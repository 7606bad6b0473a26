/** How fast pictures become hashes: JMH benchmarks, and worker processes against this one. */
@NullMarked
package org.semblance.bench.hash;

import org.jspecify.annotations.NullMarked;
