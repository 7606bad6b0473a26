/** What people ask who look after a list: its journal, undoing, and changes that wait for a second person. */
@NullMarked
package org.semblance.server.desk;

import org.jspecify.annotations.NullMarked;
