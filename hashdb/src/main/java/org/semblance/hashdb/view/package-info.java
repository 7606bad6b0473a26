/** The serving view: what a match needs to know of a content, in Chronicle Map. The only place that imports Chronicle. */
@NullMarked
package org.semblance.hashdb.view;

import org.jspecify.annotations.NullMarked;
