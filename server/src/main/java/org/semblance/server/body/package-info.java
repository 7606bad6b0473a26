/** Request bodies: uploads in memory and on disk, forms, decompression, and the budgets that bound them. */
@NullMarked
package org.semblance.server.body;

import org.jspecify.annotations.NullMarked;
