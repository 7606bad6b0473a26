/** Snapshots of the indexes between nodes of one catalog: what a node gives, and what it takes when it starts. */
@NullMarked
package org.semblance.server.peer;

import org.jspecify.annotations.NullMarked;
