/** The catalog over its database: what commits, and what lookups and everything derived read. */
@NullMarked
package org.semblance.hashdb.catalog.sql;

import org.jspecify.annotations.NullMarked;
