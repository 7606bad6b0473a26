/** A catalog in a database of PostgreSQL, which several nodes share: its address, its schema, and how changes are ordered over all nodes. */
@NullMarked
package org.semblance.hashdb.catalog.postgres;

import org.jspecify.annotations.NullMarked;
