/** The console for analysts in the browser: its files, and the sessions of those who sign in to it. */
@NullMarked
package org.semblance.server.console;

import org.jspecify.annotations.NullMarked;
