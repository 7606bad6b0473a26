/** The catalog in SQLite: its schema, the one writer, the readers, and the audit. The only place that imports SQL. */
@NullMarked
package org.semblance.hashdb.catalog.sql;

import org.jspecify.annotations.NullMarked;
