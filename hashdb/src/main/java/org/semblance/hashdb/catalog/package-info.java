/** The system of record in SQL: banks, contents, signals, and the journal of every change. */
@NullMarked
package org.semblance.hashdb.catalog;

import org.jspecify.annotations.NullMarked;
