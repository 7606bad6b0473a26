package org.semblance.engine;

import org.semblance.engine.pdq.Transform;
import org.semblance.hashdb.hash.Hash256;

/**
 * A hash by which an image is looked up beside its own: as it may have been before somebody turned, mirrored or framed it,
 * or before rows of it were lost.
 *
 * @param transform what was done to the image, {@link Transform#ORIG} for nothing
 * @param trimmed whether borders of one shade were taken off before
 */
public record Reading(Transform transform, boolean trimmed, Hash256 hash) {
    /** Of the whole image as it is, with its missing rows filled in or left out. */
    static Reading damaged(Hash256 hash) {
        return new Reading(Transform.ORIG, false, hash);
    }

    /** Whether the image was turned, mirrored or trimmed for it. */
    boolean isVariant() {
        return trimmed || transform != Transform.ORIG;
    }

    /** The name in answers: {@code none}, {@code trimmed}, {@code flipy}, {@code trimmed_rot90} and so on. */
    public String wireName() {
        if (transform == Transform.ORIG) {
            return trimmed ? "trimmed" : "none";
        }
        return trimmed ? "trimmed_" + transform.wireName() : transform.wireName();
    }
}
