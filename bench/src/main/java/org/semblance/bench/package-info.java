/** Benchmarks and load runs; designs that lost stay here with their figures. */
@NullMarked
package org.semblance.bench;

import org.jspecify.annotations.NullMarked;
