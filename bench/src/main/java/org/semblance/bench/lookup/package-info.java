/** How fast hashes and features are looked up, banked, saved and opened, below the server. */
@NullMarked
package org.semblance.bench.lookup;

import org.jspecify.annotations.NullMarked;
