package org.semblance.bench.video;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Made-up camera footage in grey. A shot lasts 2 to 8 s and looks at a scene: open land, a street, or a room, drawn once
 * with shapes and textures, larger than the picture. The camera stands, pans, zooms or is held by hand; figures and
 * vehicles move through; there is grain. About a third of the shots goes back to a scene seen before, as films do.
 *
 * <p>The seed and the size decide everything.
 */
final class SyntheticFootage {
    private static final int GRAIN = 1 << 16;
    private static final double SCENE_SCALE = 1.5;
    private static final int SCENES_KEPT = 4;

    private final int width;
    private final int height;
    private final List<Shot> shots = new ArrayList<>();
    private final byte[] grain = new byte[GRAIN + 8192];
    private final List<Scene> drawn = new ArrayList<>();
    private final long seed;

    /**
     * @param from in seconds
     * @param scene its seed
     * @param x the camera's centre at the start, as a share of the room it has, and what it moves by in a second
     * @param zoom 1 for the closest, {@link #SCENE_SCALE} for all of the scene
     * @param shake of a hand, in pixels of the scene
     */
    private record Shot(
            double from,
            double until,
            long scene,
            double x,
            double dx,
            double y,
            double dy,
            double zoom,
            double dZoom,
            double shake,
            List<Mover> movers) {}

    /** Sizes and places as a share of the picture's height and width. */
    private record Mover(boolean vehicle, double x, double dx, double y, double size, double pace, int shade) {}

    private record Scene(long seed, float[] grey) {}

    SyntheticFootage(long seed, int width, int height, double seconds) {
        this.seed = seed;
        this.width = width;
        this.height = height;
        Random random = new Random(seed);
        List<Long> scenes = new ArrayList<>();
        for (double from = 0; from < seconds; ) {
            double until = from + 2 + 6 * random.nextDouble();
            boolean again = !scenes.isEmpty() && random.nextInt(3) == 0;
            long scene = again ? scenes.get(random.nextInt(scenes.size())) : random.nextLong();
            scenes.add(scene);
            shots.add(shot(from, until, scene, random));
            from = until;
        }
        for (int i = 0; i < grain.length; i++) {
            grain[i] = (byte) Math.round(1.2 * random.nextGaussian());
        }
    }

    private static Shot shot(double from, double until, long scene, Random random) {
        int camera = random.nextInt(4); // 0 stands, 1 pans, 2 zooms, 3 is held by hand.
        double dx = camera == 1 ? (random.nextBoolean() ? 1 : -1) * (0.05 + 0.15 * random.nextDouble()) : 0;
        double dy = camera == 1 ? 0.06 * (random.nextDouble() - 0.5) : 0;
        double zoom = 1 + 0.3 * random.nextDouble();
        double dZoom = camera == 2 ? 0.06 * (random.nextDouble() - 0.5) : 0;
        double shake = camera == 3 ? 4 + 6 * random.nextDouble() : 0;
        List<Mover> movers = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            boolean vehicle = random.nextInt(3) == 0;
            movers.add(new Mover(
                    vehicle,
                    random.nextDouble(),
                    (random.nextDouble() - 0.5) * (vehicle ? 0.6 : 0.2),
                    0.5 + 0.45 * random.nextDouble(),
                    vehicle ? 0.15 + 0.2 * random.nextDouble() : 0.25 + 0.5 * random.nextDouble(),
                    1 + 3 * random.nextDouble(),
                    20 + random.nextInt(210)));
        }
        double x = dx > 0
                ? 0.1 + 0.2 * random.nextDouble()
                : dx < 0 ? 0.7 + 0.2 * random.nextDouble() : random.nextDouble();
        return new Shot(from, until, scene, x, dx, random.nextDouble(), dy, zoom, dZoom, shake, movers);
    }

    /** Draws the picture of that time, row by row. */
    void draw(double seconds, byte[] picture) {
        int index = shots.size() - 1;
        while (index > 0 && shots.get(index).from > seconds) {
            index--;
        }
        Shot shot = shots.get(index);
        double t = seconds - shot.from;
        look(scene(shot.scene), shot, t, picture);
        for (Mover mover : shot.movers) {
            move(mover, t, picture);
        }
        long frame = Math.round(seconds * 1000);
        for (int y = 0; y < height; y++) {
            int from = (int) (mix(seed ^ frame * 8191 + y) & (GRAIN - 1));
            for (int x = 0, i = y * width; x < width; x++, i++) {
                picture[i] = (byte) Math.clamp((picture[i] & 0xFF) + grain[from + x], 0, 255);
            }
        }
    }

    /** The part of the scene before the camera, interpolated. */
    private void look(float[] scene, Shot shot, double t, byte[] picture) {
        int w = (int) (width * SCENE_SCALE);
        int h = (int) (height * SCENE_SCALE);
        double zoom = Math.clamp(shot.zoom + shot.dZoom * t, 1, SCENE_SCALE - 0.02);
        double roomX = w - 2 - width * zoom;
        double roomY = h - 2 - height * zoom;
        double shakeX = shot.shake * (Math.sin(7.1 * t) + 0.6 * Math.sin(13.7 * t + 1));
        double shakeY = shot.shake * (Math.sin(6.3 * t + 2) + 0.6 * Math.sin(11.9 * t));
        double left = Math.clamp(roomX * (shot.x + shot.dx * t) + shakeX, 0, roomX);
        double top = Math.clamp(roomY * (shot.y + shot.dy * t) + shakeY, 0, roomY);
        for (int y = 0; y < height; y++) {
            double sceneY = top + y * zoom;
            int row = (int) sceneY * w;
            float fy = (float) (sceneY - (int) sceneY);
            for (int x = 0, i = y * width; x < width; x++, i++) {
                float sceneX = (float) (left + x * zoom);
                int at = row + (int) sceneX;
                float fx = sceneX - (int) sceneX;
                float upper = scene[at] + fx * (scene[at + 1] - scene[at]);
                float lower = scene[at + w] + fx * (scene[at + w + 1] - scene[at + w]);
                picture[i] = (byte) (int) (upper + fy * (lower - upper));
            }
        }
    }

    private void move(Mover mover, double t, byte[] picture) {
        double size = mover.size * height;
        double x = (mover.x + mover.dx * t) * width;
        double foot = mover.y * height + 0.02 * size * Math.sin(mover.pace * 3 * t);
        int shade = mover.shade;
        int other = shade > 120 ? shade - 70 : shade + 70;
        if (mover.vehicle) {
            box(picture, x - size, foot - 0.7 * size, x + size, foot, shade);
            box(picture, x - 0.6 * size, foot - size, x + 0.6 * size, foot - 0.6 * size, shade);
            box(picture, x - 0.5 * size, foot - 0.93 * size, x + 0.5 * size, foot - 0.65 * size, other);
            ellipse(picture, x - 0.6 * size, foot, 0.2 * size, 0.2 * size, 20);
            ellipse(picture, x + 0.6 * size, foot, 0.2 * size, 0.2 * size, 20);
        } else {
            double swing = 0.12 * size * Math.sin(mover.pace * t);
            ellipse(picture, x - swing, foot - 0.2 * size, 0.07 * size, 0.25 * size, other);
            ellipse(picture, x + swing, foot - 0.2 * size, 0.07 * size, 0.25 * size, other);
            ellipse(picture, x, foot - 0.6 * size, 0.17 * size, 0.27 * size, shade);
            ellipse(picture, x + 0.2 * swing, foot - 0.93 * size, 0.09 * size, 0.11 * size, 190);
            ellipse(picture, x + 1.4 * swing, foot - 0.6 * size, 0.06 * size, 0.2 * size, shade);
        }
    }

    private void box(byte[] picture, double left, double top, double right, double bottom, int shade) {
        for (int y = (int) Math.max(0, top); y < Math.min(height, bottom); y++) {
            int from = (int) Math.clamp(left, 0, width);
            int until = (int) Math.clamp(right, from, width);
            Arrays.fill(picture, y * width + from, y * width + until, (byte) shade);
        }
    }

    private void ellipse(byte[] picture, double x, double y, double rx, double ry, int shade) {
        for (int row = (int) Math.max(0, y - ry); row < Math.min(height, y + ry); row++) {
            double d = (row - y) / ry;
            double half = rx * Math.sqrt(Math.max(0, 1 - d * d));
            int lit = (int) Math.clamp(shade - 25 * d, 0, 255); // Light from above.
            box(picture, x - half, row, x + half, row + 1, lit);
        }
    }

    private float[] scene(long sceneSeed) {
        for (Scene scene : drawn) {
            if (scene.seed == sceneSeed) {
                return scene.grey;
            }
        }
        if (drawn.size() == SCENES_KEPT) {
            drawn.removeFirst();
        }
        Scene scene = new Scene(
                sceneSeed,
                new SceneDrawing(sceneSeed, (int) (width * SCENE_SCALE), (int) (height * SCENE_SCALE)).draw());
        drawn.add(scene);
        return scene.grey;
    }

    /** Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators": the finaliser. */
    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }

    /** One scene, all of it. Lengths are shares of its height. */
    private static final class SceneDrawing {
        private final Random random;
        private final int w;
        private final int h;
        private final float[] grey;
        private final long noiseSeed;

        SceneDrawing(long seed, int width, int height) {
            random = new Random(seed);
            w = width;
            h = height;
            grey = new float[w * h];
            noiseSeed = random.nextLong();
        }

        float[] draw() {
            int kind = random.nextInt(3);
            if (kind == 0) {
                land();
            } else if (kind == 1) {
                street();
            } else {
                room();
            }
            light();
            return grey;
        }

        private void land() {
            sky(0.2 + 0.5 * random.nextDouble());
            int ridges = 2 + random.nextInt(4);
            double base = 0.25 + 0.25 * random.nextDouble();
            for (int n = 0; n < ridges; n++) {
                double top = base + (0.9 - base) * n / ridges;
                float shade = 40 + 130 * random.nextFloat();
                double rough = 0.05 + 0.2 * random.nextDouble();
                double scale = 1 + 3 * random.nextDouble();
                double texture = 5 + 20 * random.nextDouble();
                for (int x = 0; x < w; x++) {
                    double edge = h * (top + rough * (noise(x * scale / h, n * 7.7, 3) - 0.5));
                    for (int y = (int) Math.max(0, edge); y < h; y++) {
                        grey[y * w + x] =
                                (float) (shade + texture * (noise(x * 12.0 / h, y * 20.0 / h + n, 2) - 0.5) * 2);
                    }
                }
                for (int i = random.nextInt(8); i > 0; i--) {
                    tree(
                            random.nextDouble() * w,
                            h * (top + rough * 0.5 + 0.08),
                            h * (0.04 + 0.12 * random.nextDouble()));
                }
            }
        }

        private void tree(double x, double foot, double size) {
            float shade = 20 + 60 * random.nextFloat();
            box(x - 0.08 * size, foot - size, x + 0.08 * size, foot, shade);
            for (int i = 0; i < 5; i++) {
                ellipse(
                        x + size * (random.nextDouble() - 0.5),
                        foot - size * (1 + 0.6 * random.nextDouble()),
                        size * (0.3 + 0.3 * random.nextDouble()),
                        size * (0.25 + 0.25 * random.nextDouble()),
                        shade + 25 * random.nextFloat());
            }
        }

        private void street() {
            sky(0.5);
            double ground = 0.65 + 0.2 * random.nextDouble();
            for (double x = -0.1 * h; x < w; ) {
                double wide = h * (0.15 + 0.4 * random.nextDouble());
                double top = h * (ground - 0.15 - 0.5 * random.nextDouble());
                float shade = 50 + 150 * random.nextFloat();
                box(x, top, x + wide, h * ground, shade);
                double step = h * (0.04 + 0.06 * random.nextDouble());
                float window = random.nextBoolean() ? shade * 0.45f : Math.min(235, shade * 1.5f);
                for (double wy = top + 0.5 * step; wy < h * ground - step; wy += step) {
                    for (double wx = x + 0.4 * step; wx < x + wide - 0.8 * step; wx += step) {
                        if (random.nextInt(5) > 0) {
                            box(wx, wy, wx + 0.5 * step, wy + 0.6 * step, window);
                        }
                    }
                }
                x += wide * (random.nextInt(4) == 0 ? 1.5 : 1);
            }
            float road = 60 + 80 * random.nextFloat();
            for (int y = (int) (h * ground); y < h; y++) {
                for (int x = 0; x < w; x++) {
                    grey[y * w + x] = (float) (road + 20 * (noise(x * 25.0 / h, y * 60.0 / h, 2) - 0.5));
                }
            }
            for (int i = random.nextInt(6); i > 0; i--) {
                double x = random.nextDouble() * w;
                double size = h * (0.08 + 0.12 * random.nextDouble());
                double foot = h * (ground + 0.02 + 0.15 * random.nextDouble());
                float shade = 30 + 200 * random.nextFloat();
                box(x - size, foot - 0.5 * size, x + size, foot, shade);
                box(x - 0.6 * size, foot - 0.85 * size, x + 0.6 * size, foot - 0.45 * size, 255 - shade);
            }
        }

        private void room() {
            float wall = 80 + 120 * random.nextFloat();
            double turn = random.nextDouble() * 6.28;
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    double slope = 60 * (Math.cos(turn) * x / w + Math.sin(turn) * y / h);
                    grey[y * w + x] = (float) (wall + slope + 10 * (noise(x * 6.0 / h, y * 6.0 / h, 3) - 0.5));
                }
            }
            double floor = 0.6 + 0.25 * random.nextDouble();
            float boards = 40 + 100 * random.nextFloat();
            double board = h * (0.04 + 0.08 * random.nextDouble());
            for (int y = (int) (h * floor); y < h; y++) {
                for (int x = 0; x < w; x++) {
                    boolean gap = ((x + (y - h * floor) * (x - w / 2.0) / w) % board + board) % board < 3;
                    grey[y * w + x] = (float) (boards * (gap ? 0.6 : 1) + 15 * noise(x * 40.0 / h, y * 5.0 / h, 2));
                }
            }
            for (int i = 3 + random.nextInt(7); i > 0; i--) {
                double x = random.nextDouble() * w;
                double wide = h * (0.08 + 0.35 * random.nextDouble());
                double tall = h * (0.08 + 0.35 * random.nextDouble());
                boolean hangs = random.nextBoolean();
                double bottom =
                        hangs ? h * (0.15 + 0.4 * random.nextDouble()) : h * (floor + 0.15 * random.nextDouble());
                float shade = 20 + 215 * random.nextFloat();
                box(x, bottom - tall, x + wide, bottom, shade);
                float inner = 255 - shade;
                if (hangs) {
                    box(x + 0.1 * wide, bottom - 0.9 * tall, x + 0.9 * wide, bottom - 0.1 * tall, inner);
                    ellipse(x + 0.5 * wide, bottom - 0.5 * tall, 0.25 * wide, 0.3 * tall, shade);
                } else {
                    for (int shelf = 1; shelf < 4; shelf++) {
                        double at = bottom - tall * shelf / 4;
                        box(x + 0.05 * wide, at, x + 0.95 * wide, at + 0.15 * tall, inner);
                    }
                }
            }
        }

        private void sky(double share) {
            float top = 100 + 150 * random.nextFloat();
            float low = 100 + 150 * random.nextFloat();
            double clouds = 60 * random.nextDouble();
            for (int y = 0; y < h; y++) {
                float base = (float) (top + (low - top) * Math.min(1, y / (h * Math.max(0.1, share))));
                for (int x = 0; x < w; x++) {
                    grey[y * w + x] = (float) (base + clouds * (noise(x * 2.5 / h, y * 5.0 / h, 4) - 0.5));
                }
            }
            if (random.nextBoolean()) {
                ellipse(random.nextDouble() * w, random.nextDouble() * h * share, 0.05 * h, 0.05 * h, 250);
            }
        }

        /** Darker towards one side, and within what a picture can show. */
        private void light() {
            double turn = random.nextDouble() * 6.28;
            double depth = 0.4 * random.nextDouble();
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    double side = 0.5 + 0.5 * (Math.cos(turn) * (2.0 * x / w - 1) + Math.sin(turn) * (2.0 * y / h - 1));
                    grey[y * w + x] = (float) Math.clamp(grey[y * w + x] * (1 - depth * side), 4, 250);
                }
            }
        }

        private void box(double left, double top, double right, double bottom, float shade) {
            int from = (int) Math.clamp(left, 0, w);
            int until = (int) Math.clamp(right, from, w);
            for (int y = (int) Math.max(0, top); y < Math.min(h, bottom); y++) {
                Arrays.fill(grey, y * w + from, y * w + until, shade);
            }
        }

        private void ellipse(double x, double y, double rx, double ry, float shade) {
            for (int row = (int) Math.max(0, y - ry); row < Math.min(h, y + ry); row++) {
                double d = (row - y) / ry;
                double half = rx * Math.sqrt(Math.max(0, 1 - d * d));
                box(x - half, row, x + half, row + 1, (float) (shade - 20 * d));
            }
        }

        /** Value noise, 0..1: random values on a grid, smoothly joined, each octave twice as fine and half as strong. */
        private double noise(double x, double y, int octaves) {
            double sum = 0;
            double strength = 0.5;
            double px = x;
            double py = y;
            for (int n = 0; n < octaves; n++) {
                int ix = (int) Math.floor(px);
                int iy = (int) Math.floor(py);
                double fx = px - ix;
                double fy = py - iy;
                fx = fx * fx * (3 - 2 * fx);
                fy = fy * fy * (3 - 2 * fy);
                double upper = at(ix, iy, n) + fx * (at(ix + 1, iy, n) - at(ix, iy, n));
                double lower = at(ix, iy + 1, n) + fx * (at(ix + 1, iy + 1, n) - at(ix, iy + 1, n));
                sum += strength * (upper + fy * (lower - upper));
                strength /= 2;
                px *= 2;
                py *= 2;
            }
            return sum;
        }

        private double at(int x, int y, int octave) {
            return (mix(noiseSeed + x * 0x9E3779B97F4A7C15L + y * 0xC2B2AE3D27D4EB4FL + octave) >>> 40) * 0x1p-24;
        }
    }
}
