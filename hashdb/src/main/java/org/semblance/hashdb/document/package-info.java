/** Small documents that are replaced as a whole, in a data folder or where several nodes share them; and leases. */
@NullMarked
package org.semblance.hashdb.document;

import org.jspecify.annotations.NullMarked;
