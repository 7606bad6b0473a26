/** The catalog over its file: the one writer of changes, what lookups and people read, and the audit. */
@NullMarked
package org.semblance.hashdb.catalog.sql;

import org.jspecify.annotations.NullMarked;
