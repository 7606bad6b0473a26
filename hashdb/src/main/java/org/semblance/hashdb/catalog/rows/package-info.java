/** The catalog's file: its schema, connections that read it, and what its rows mean as values. */
@NullMarked
package org.semblance.hashdb.catalog.rows;

import org.jspecify.annotations.NullMarked;
