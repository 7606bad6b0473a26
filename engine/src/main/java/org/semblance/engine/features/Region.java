package org.semblance.engine.features;

import java.util.ArrayList;
import java.util.List;

/** A convex part of a picture, by its corners in order; none if it is empty. */
public record Region(List<Corner> corners) {
    /** A point in fractions of width and height. */
    public record Corner(double x, double y) {}

    /** A side of the picture: on the axis, what counts lies above the least or below the most. */
    private enum Side {
        LEFT,
        RIGHT,
        TOP,
        BOTTOM;

        /** How far inside of this side a point lies; below 0 outside. */
        double inside(Corner corner) {
            return switch (this) {
                case LEFT -> corner.x;
                case RIGHT -> 1 - corner.x;
                case TOP -> corner.y;
                case BOTTOM -> 1 - corner.y;
            };
        }
    }

    public Region {
        corners = List.copyOf(corners);
    }

    /** What a map makes of a whole picture, clockwise from its upper left corner. */
    static Region ofWhole(PlaneMap map) {
        Region whole = new Region(List.of(new Corner(0, 0), new Corner(1, 0), new Corner(1, 1), new Corner(0, 1)));
        return whole.mapped(map);
    }

    Region mapped(PlaneMap map) {
        return new Region(corners.stream()
                .map(corner -> new Corner(map.x(corner.x, corner.y), map.y(corner.x, corner.y)))
                .toList());
    }

    /** The part that lies in the picture: Sutherland and Hodgman (1974). */
    Region inPicture() {
        Region left = this;
        for (Side side : Side.values()) {
            left = left.cut(side);
        }
        return left;
    }

    private Region cut(Side side) {
        List<Corner> kept = new ArrayList<>();
        for (int i = 0; i < corners.size(); i++) {
            Corner corner = corners.get(i);
            Corner next = corners.get((i + 1) % corners.size());
            double inside = side.inside(corner);
            double nextInside = side.inside(next);
            if (inside >= 0) {
                kept.add(corner);
            }
            if (inside >= 0 != nextInside >= 0) {
                double way = inside / (inside - nextInside);
                kept.add(new Corner(corner.x + way * (next.x - corner.x), corner.y + way * (next.y - corner.y)));
            }
        }
        return new Region(kept);
    }
}
