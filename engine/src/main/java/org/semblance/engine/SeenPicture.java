package org.semblance.engine;

import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.ReducedPicture;
import org.semblance.hashdb.features.Features;

/**
 * The local features of one picture of a content.
 *
 * @param ms when a frame of a video is shown, in milliseconds from its begin; 0 for an image
 * @param reduced the picture that the features were taken of; null if it is not known, or not needed any more
 */
public record SeenPicture(
        int ms, Features features, @Nullable ReducedPicture reduced) {}
