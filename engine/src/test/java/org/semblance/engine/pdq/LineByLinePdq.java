package org.semblance.engine.pdq;

import java.util.Arrays;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/** PDQ as its definition says it, step by step and without any cleverness: the oracle of {@link PdqHasher}. */
final class LineByLinePdq {
    private static final int SIDE = 64;
    private static final int DCT = 16;

    private LineByLinePdq() {}

    static HashAndQuality hash(Luma luma) {
        if (luma.width() < 5 || luma.height() < 5) {
            return new HashAndQuality(Hash256.ZERO, 0);
        }
        float[][] picture = picture(luma);
        float[][] small = luma.width() == SIDE && luma.height() == SIDE ? picture : decimate(filter(picture));
        return new HashAndQuality(bits(dct(small)), quality(small));
    }

    /** The hash of one variant, and the quality. */
    static HashAndQuality hash(Luma luma, Transform transform) {
        if (luma.width() < 5 || luma.height() < 5) {
            return new HashAndQuality(Hash256.ZERO, 0);
        }
        float[][] small = smooth(luma);
        float[][] b = dct(small);
        float[][] variant = new float[DCT][DCT];
        for (int i = 0; i < DCT; i++) {
            for (int j = 0; j < DCT; j++) {
                boolean iOdd = i % 2 == 1;
                boolean jOdd = j % 2 == 1;
                boolean sumOdd = (i + j) % 2 == 1;
                float v = b[i][j];
                switch (transform) {
                    case ORIG -> variant[i][j] = v;
                    case ROT90 -> variant[j][i] = jOdd ? v : -v;
                    case ROT180 -> variant[i][j] = sumOdd ? -v : v;
                    case ROT270 -> variant[j][i] = iOdd ? v : -v;
                    case FLIPX -> variant[i][j] = iOdd ? v : -v;
                    case FLIPY -> variant[i][j] = jOdd ? v : -v;
                    case FLIPP -> variant[j][i] = v;
                    case FLIPM -> variant[j][i] = sumOdd ? -v : v;
                }
            }
        }
        return new HashAndQuality(bits(variant), quality(small));
    }

    /** The 64x64 picture, without the shortcut for one that has that size already. */
    static float[][] smooth(Luma luma) {
        return decimate(filter(picture(luma)));
    }

    private static float[][] picture(Luma luma) {
        float[][] picture = new float[luma.height()][luma.width()];
        for (int y = 0; y < luma.height(); y++) {
            luma.row(y, picture[y], 0);
        }
        return picture;
    }

    private static float[][] filter(float[][] picture) {
        float[][] current = picture;
        for (int pass = 0; pass < 2; pass++) {
            float[][] across = new float[current.length][];
            for (int y = 0; y < current.length; y++) {
                across[y] = box(current[y]);
            }
            float[][] turned = transpose(across);
            for (int x = 0; x < turned.length; x++) {
                turned[x] = box(turned[x]);
            }
            current = transpose(turned);
        }
        return current;
    }

    private static float[][] transpose(float[][] m) {
        float[][] turned = new float[m[0].length][m.length];
        for (int y = 0; y < m.length; y++) {
            for (int x = 0; x < m[0].length; x++) {
                turned[x][y] = m[y][x];
            }
        }
        return turned;
    }

    private static float[] box(float[] in) {
        int n = in.length;
        int window = (n + 127) / 128;
        int half = (window + 2) / 2;
        float[] out = new float[n];
        float sum = 0;
        int count = 0;
        int read = 0;
        int left = 0;
        int written = 0;
        for (int i = 0; i < half - 1; i++) {
            sum += in[read++];
            count++;
        }
        for (int i = 0; i < window - half + 1; i++) {
            sum += in[read++];
            count++;
            out[written++] = sum / count;
        }
        for (int i = 0; i < n - window; i++) {
            sum += in[read++];
            sum -= in[left++];
            out[written++] = sum / count;
        }
        for (int i = 0; i < half - 1; i++) {
            sum -= in[left++];
            count--;
            out[written++] = sum / count;
        }
        return out;
    }

    private static float[][] decimate(float[][] filtered) {
        float[][] small = new float[SIDE][SIDE];
        for (int i = 0; i < SIDE; i++) {
            int y = (int) (((i + 0.5) * filtered.length) / SIDE);
            for (int j = 0; j < SIDE; j++) {
                int x = (int) (((j + 0.5) * filtered[0].length) / SIDE);
                small[i][j] = filtered[y][x];
            }
        }
        return small;
    }

    private static int quality(float[][] small) {
        int total = 0;
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                if (i + 1 < SIDE) {
                    total += Math.abs((int) (((small[i][j] - small[i + 1][j]) * 100f) / 255f));
                }
                if (j + 1 < SIDE) {
                    total += Math.abs((int) (((small[i][j] - small[i][j + 1]) * 100f) / 255f));
                }
            }
        }
        return Math.min(100, total / 90);
    }

    private static float[][] dct(float[][] a) {
        float scale = (float) Math.sqrt(2.0 / SIDE);
        float[][] d = new float[DCT][SIDE];
        for (int i = 0; i < DCT; i++) {
            for (int j = 0; j < SIDE; j++) {
                d[i][j] = (float) (scale * Math.cos(((Math.PI / 2.0) / 64.0) * (i + 1) * (2 * j + 1)));
            }
        }
        float[][] t = new float[DCT][SIDE];
        for (int i = 0; i < DCT; i++) {
            for (int j = 0; j < SIDE; j++) {
                float sum = 0;
                for (int k = 0; k < SIDE; k++) {
                    sum += d[i][k] * a[k][j];
                }
                t[i][j] = sum;
            }
        }
        float[][] b = new float[DCT][DCT];
        for (int i = 0; i < DCT; i++) {
            for (int j = 0; j < DCT; j++) {
                float sum = 0;
                for (int k = 0; k < SIDE; k++) {
                    sum += t[i][k] * d[j][k];
                }
                b[i][j] = sum;
            }
        }
        return b;
    }

    private static Hash256 bits(float[][] b) {
        float[] sorted = new float[DCT * DCT];
        for (int i = 0; i < DCT; i++) {
            System.arraycopy(b[i], 0, sorted, DCT * i, DCT);
        }
        Arrays.sort(sorted);
        float median = sorted[127];
        Hash256 hash = Hash256.ZERO;
        for (int i = 0; i < DCT; i++) {
            for (int j = 0; j < DCT; j++) {
                if (b[i][j] > median) {
                    hash = hash.flip(DCT * i + j);
                }
            }
        }
        return hash;
    }
}
