/** Several nodes on one PostgreSQL, which are killed, frozen and cut off while they work. */
@NullMarked
package org.semblance.bench.nodes;

import org.jspecify.annotations.NullMarked;
