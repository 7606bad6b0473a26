/** Outgoing HTTP: files from hosts that the operator named, never from an address within. */
@NullMarked
package org.semblance.server.fetch;

import org.jspecify.annotations.NullMarked;
