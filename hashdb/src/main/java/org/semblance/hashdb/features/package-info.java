/** Local features of banked pictures: their form, and an index off heap in which near features vote for a picture. */
@NullMarked
package org.semblance.hashdb.features;

import org.jspecify.annotations.NullMarked;
