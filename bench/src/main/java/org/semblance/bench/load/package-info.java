/** What a server does under a load that it is made for: rates, times, memory. */
@NullMarked
package org.semblance.bench.load;

import org.jspecify.annotations.NullMarked;
