/** What a server does with clients and files that mean harm. */
@NullMarked
package org.semblance.bench.hostile;

import org.jspecify.annotations.NullMarked;
