/**
 * Local features of a picture, and the proof that one picture shows another: how copies are found that were cropped,
 * framed, turned or pasted into another picture. Plain arithmetic: no natives, no input or output.
 */
@NullMarked
package org.semblance.engine.features;

import org.jspecify.annotations.NullMarked;
