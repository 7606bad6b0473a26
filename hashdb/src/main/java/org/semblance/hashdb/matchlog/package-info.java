/** What matched, when and for whom, and how often: a log and counters in a file of their own, off the path of a request. */
@NullMarked
package org.semblance.hashdb.matchlog;

import org.jspecify.annotations.NullMarked;
