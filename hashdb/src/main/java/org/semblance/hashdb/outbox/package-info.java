/** What is to be told to others and has not been yet: durable, in a file of its own beside the catalog. */
@NullMarked
package org.semblance.hashdb.outbox;

import org.jspecify.annotations.NullMarked;
