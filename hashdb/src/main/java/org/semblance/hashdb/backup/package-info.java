/** Backups of a data folder, and of a catalog that nodes share. */
@NullMarked
package org.semblance.hashdb.backup;

import org.jspecify.annotations.NullMarked;
