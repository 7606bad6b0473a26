/** Keeps one bad content from flooding a provider with false matches. */
@NullMarked
package org.semblance.server.flood;

import org.jspecify.annotations.NullMarked;
