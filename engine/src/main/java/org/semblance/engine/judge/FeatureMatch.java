package org.semblance.engine.judge;

import org.semblance.engine.features.Placement;

/**
 * A banked picture that an upload shows, changed beyond what PDQ finds.
 *
 * @param ms when the frame of a banked video is shown, in milliseconds; 0 for an image
 * @param strength {@code MATCH}, or {@code LIKELY} for what needs a person
 */
public record FeatureMatch(int ms, Placement placement, Placement.Strength strength) {}
