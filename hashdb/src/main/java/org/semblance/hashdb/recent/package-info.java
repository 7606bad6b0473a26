/**
 * Recent uploads, so that a content that is banked today finds the copies of it that came last week. They lie beside the
 * catalog and off the path of requests, are bounded by count, age and bytes, and are no part of the truth: a server that
 * loses them loses no verdict.
 *
 * <pre>
 * recent.uploads   {@link org.semblance.hashdb.recent.RingFile}: hashes, times, references
 * recent.keys      {@link org.semblance.hashdb.recent.KeyNames}: the names of the keys that sent them
 * </pre>
 */
@NullMarked
package org.semblance.hashdb.recent;

import org.jspecify.annotations.NullMarked;
