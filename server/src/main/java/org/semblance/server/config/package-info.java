/** Every setting and limit of a server. */
@NullMarked
package org.semblance.server.config;

import org.jspecify.annotations.NullMarked;
