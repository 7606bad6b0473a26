/** What people ask of the catalog: contents, history, counts, and what waits for a second person. */
@NullMarked
package org.semblance.hashdb.catalog.query;

import org.jspecify.annotations.NullMarked;
