/** What is kept of verdicts and uploads. */
@NullMarked
package org.semblance.server.record;

import org.jspecify.annotations.NullMarked;
