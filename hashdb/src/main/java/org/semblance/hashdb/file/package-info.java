/**
 * Files that survive a crash or are told from good ones.
 *
 * <p>Each format begins with its magic and its version and has a checksum, which stay where they are in every version to
 * come. So any release tells a file of another format, of another version, and a damaged one apart ({@link
 * org.semblance.hashdb.file.FormatException}).
 *
 * <pre>
 * format                          frame                                                   when it cannot be read
 * index.snapshot                  {@link org.semblance.hashdb.file.SnapshotFormat}        the index is built from the catalog
 * features.snapshot               {@link org.semblance.hashdb.file.SnapshotFormat}        the features are built from the catalog
 * view.clean                      {@link org.semblance.hashdb.file.SealedText}            the view is built from the catalog
 * catalog.head                    the same                                                the log tells; it is written anew
 * recent.keys                     the same                                                recent uploads begin anew
 * recent.uploads                  its own: {@code org.semblance.hashdb.recent.RingFile}    recent uploads begin anew
 * </pre>
 */
@NullMarked
package org.semblance.hashdb.file;

import org.jspecify.annotations.NullMarked;
