/** The identity of a server: its certificate and the key to it, checked as they are read from PEM files. */
@NullMarked
package org.semblance.server.tls;

import org.jspecify.annotations.NullMarked;
