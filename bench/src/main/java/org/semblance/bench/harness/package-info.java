/** The parts that runs share: a server in a JVM of its own, a client, times, memory, pictures, and the output. */
@NullMarked
package org.semblance.bench.harness;

import org.jspecify.annotations.NullMarked;
