/** The catalog over its file: the one writer of changes, and what lookups and everything derived read. */
@NullMarked
package org.semblance.hashdb.catalog.sql;

import org.jspecify.annotations.NullMarked;
