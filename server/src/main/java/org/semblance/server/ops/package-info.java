/** Routes for those who run the server: keys, the last hour in figures, and benchmarks. */
@NullMarked
package org.semblance.server.ops;

import org.jspecify.annotations.NullMarked;
