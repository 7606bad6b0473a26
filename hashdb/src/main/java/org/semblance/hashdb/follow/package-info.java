/** What is derived from the catalog and follows it: the indexes, the serving view, and the banks of contents. */
@NullMarked
package org.semblance.hashdb.follow;

import org.jspecify.annotations.NullMarked;
