package org.semblance.engine.media.internal.image;

import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_ANYDEPTH;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_COLOR_BGR;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_GRAYSCALE;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_4;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.TiffDirectory;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;

/**
 * OpenCV's decoders, told to give what is hashed:
 *
 * <ul>
 *   <li>EXIF orientation is ignored. PDQ's published tools and every list made with them hash pictures as they are stored;
 *       to turn them here would lose every match with those lists.
 *   <li>Alpha is dropped, not composited: the colours under transparent pixels count. There is no right background, and
 *       whichever we chose, a sender could hide a picture from us that another viewer shows.
 *   <li>A palette is expanded, and grey of 1, 2 or 4 bits spread over 0..255: the values that are shown, not their
 *       numbers.
 *   <li>Of 16 bits the high byte counts, as an 8-bit copy of the picture would have it.
 *   <li>CMYK becomes RGB without its colour profile, as the common decoders do.
 *   <li>Grey stays one channel ({@link ImageHeader#grey}); a picture stored in colour is hashed as colour, even if all of
 *       it is grey.
 *   <li>Of an animation the first frame counts, and of pages the first.
 *   <li>A JPEG that is cut off is hashed from the part that is there, the rest being grey: this is what browsers show, so
 *       a cut would otherwise be a way past us. OpenCV refuses such a file, but not when an end marker is put behind it.
 *       Of damaged files of other formats OpenCV gives nothing, and other decoders are asked.
 * </ul>
 *
 * <p>The exact path decodes every pixel in colour, as the reference does. The fast path does so too, but for JPEG: there it
 * takes the luma plane, which the encoder made by the very formula of PDQ, and of a large picture an inverse transform of
 * reduced size, which skips most of the arithmetic. Other formats have no reduced decode, and to shrink their pixels first
 * loses bits and time: at 12 megapixels the resize alone took 31 ms, the hash of the full size 20 ms.
 */
final class OpencvImages {
    private static final int JPEG_MARKER = 0xFF;
    private static final int JPEG_END_OF_IMAGE = 0xD9;
    private static final byte MID_GREY = (byte) 128;

    /** Columns of two blocks whose chroma is subsampled. */
    private static final int FIRST_BLOCKS = 32;

    /**
     * On the fast path a JPEG is decoded at a half, a quarter or an eighth if its short side is then still as long as
     * this. Measured on 24 photos at each of 5 sizes, against the exact path: grey at full size median 0 bits, at most 2;
     * reduced to 1024 and more median 2, at most 6; reduced to 512 and more median 4, at most 10, and no faster at 1
     * megapixel. The error is not the filter's (a scaled inverse DCT is a box) but PDQ's own: the width of its window is
     * rounded, and its samples fall elsewhere.
     */
    private static final int REDUCED_SIDE = 1024;

    private final DecodePath path;

    OpencvImages(DecodePath path) {
        this.path = path;
    }

    DecodedImage decode(BytePointer bytes, ImageHeader header) throws MediaException {
        int flags = flags(header);
        String note = "";
        Mat pixels = imdecode(header.format() == MediaFormat.TIFF ? withRawAlpha(bytes) : bytes, flags, header);
        boolean isCut = header.format() == MediaFormat.JPEG && !endsJpeg(bytes);
        if (pixels.empty() && isCut) {
            pixels = imdecode(withEndOfImage(bytes), flags, header);
        }
        if (pixels.empty()) {
            throw MediaException.corrupt(
                    header.format(),
                    "its header says " + header.width() + "x" + header.height() + ", but its pixels do not decode");
        }
        int rows = header.format() == MediaFormat.JPEG ? knownRows(pixels) : pixels.rows();
        if (isCut) {
            int missing = pixels.rows() - rows;
            note = "jpeg: cut off, hashed from the part that is there"
                    + (missing == 0 ? "" : " (%d %% of the rows)".formatted(100 * rows / pixels.rows()));
        }
        return image(highBytes(pixels, header.format()), rows, note);
    }

    /** Whether these decoders read that format. */
    static boolean reads(MediaFormat format) {
        return switch (format) {
            case JPEG, PNG, WEBP, GIF, BMP, TIFF -> true;
            default -> false;
        };
    }

    /**
     * The rows of a JPEG before those that libjpeg had no data for, and which it leaves mid-grey. It does not tell, so that
     * this is by their looks; of a picture that is sound the last row mostly settles it.
     */
    private static int knownRows(Mat pixels) {
        long rowBytes = (long) pixels.cols() * pixels.channels();
        MemorySegment all = MemorySegment.ofAddress(pixels.data().address())
                .reinterpret(pixels.step1() * (pixels.rows() - 1) + rowBytes);
        // In the first of such rows a block or two were made of what was left of the data.
        long left = Math.min(FIRST_BLOCKS, pixels.cols() / 4) * pixels.channels();
        int rows = pixels.rows();
        while (rows > 0 && isMidGrey(all, (rows - 1) * pixels.step1() + left, rowBytes - left)) {
            rows--;
        }
        return rows == 0 ? pixels.rows() : rows;
    }

    private static boolean isMidGrey(MemorySegment all, long from, long bytes) {
        for (long at = from; at < from + bytes; at++) {
            if (all.get(ValueLayout.JAVA_BYTE, at) != MID_GREY) {
                return false;
            }
        }
        return true;
    }

    private int flags(ImageHeader header) {
        int base = IMREAD_IGNORE_ORIENTATION;
        if (path == DecodePath.FAST && header.format() == MediaFormat.JPEG) {
            return base | reducedGrey(header);
        }
        // libtiff would round 16 bits to 8, where PNG's decoder cuts them off.
        int depth = header.format() == MediaFormat.TIFF ? IMREAD_ANYDEPTH : 0;
        return base | depth | (header.grey() ? IMREAD_GRAYSCALE : IMREAD_COLOR_BGR);
    }

    private static int reducedGrey(ImageHeader header) {
        int side = Math.min(header.width(), header.height());
        if (side >= 8 * REDUCED_SIDE) {
            return IMREAD_REDUCED_GRAYSCALE_8;
        } else if (side >= 4 * REDUCED_SIDE) {
            return IMREAD_REDUCED_GRAYSCALE_4;
        } else if (side >= 2 * REDUCED_SIDE) {
            return IMREAD_REDUCED_GRAYSCALE_2;
        }
        return IMREAD_GRAYSCALE;
    }

    private static Mat imdecode(BytePointer bytes, int flags, ImageHeader header) throws MediaException {
        try {
            Mat file = new Mat(1, Math.toIntExact(bytes.capacity()), opencv_core.CV_8UC1, bytes);
            return opencv_imgcodecs.imdecode(file, flags);
        } catch (RuntimeException e) {
            // What JavaCPP makes of a C++ exception. Most are caught in OpenCV already.
            throw MediaException.corrupt(header.format(), "its pixels do not decode");
        }
    }

    private static boolean endsJpeg(BytePointer bytes) {
        long size = bytes.capacity();
        return (bytes.get(size - 2) & 0xFF) == JPEG_MARKER && (bytes.get(size - 1) & 0xFF) == JPEG_END_OF_IMAGE;
    }

    private static BytePointer withEndOfImage(BytePointer bytes) {
        long size = bytes.capacity();
        BytePointer longer = new BytePointer(size + 2);
        BytePointer.memcpy(longer, bytes, size);
        return longer.put(size, (byte) JPEG_MARKER).put(size + 1, (byte) JPEG_END_OF_IMAGE);
    }

    /**
     * The file, or a copy of it that calls its alpha by another name: libtiff multiplies colours by an alpha that says it
     * is not multiplied in yet, and so hides what is under transparent pixels.
     */
    private static BytePointer withRawAlpha(BytePointer tiff) throws MediaException {
        long at = TiffDirectory.read(tiff.asByteBuffer()).unassociatedAlphaAt();
        if (at < 0) {
            return tiff;
        }
        BytePointer copy = new BytePointer(tiff.capacity());
        BytePointer.memcpy(copy, tiff, tiff.capacity());
        return copy.put(at, (byte) 0).put(at + 1, (byte) 0);
    }

    /** Samples of 16 bits cut to their high byte. */
    private static Mat highBytes(Mat pixels, MediaFormat format) throws MediaException {
        if (pixels.depth() == opencv_core.CV_8U) {
            return pixels;
        }
        if (pixels.depth() != opencv_core.CV_16U) {
            throw MediaException.unsupported(format, "samples that are not unsigned bytes or pairs of them");
        }
        Mat bytes = new Mat();
        // Rounds to the nearest, so that just less than a half taken away gives the floor.
        pixels.convertTo(bytes, opencv_core.CV_8U, 1.0 / 256, -0.498);
        return bytes;
    }

    /** The pixels live until the arena is closed. */
    @SuppressWarnings("MustBeClosedChecker") // The picture closes it.
    private static DecodedImage image(Mat pixels, int rows, String note) {
        pixels.retainReference(); // Past the end of the pointer scope.
        Arena memory = Arena.ofConfined();
        MemorySegment segment = MemorySegment.ofAddress(pixels.data().address())
                .reinterpret(pixels.step1() * pixels.rows(), memory, gone -> pixels.releaseReference());
        Luma luma = pixels.channels() == 1
                ? new GreyLuma(segment, pixels.cols(), pixels.rows(), pixels.step1())
                : InterleavedLuma.bgr(segment, pixels.cols(), pixels.rows(), pixels.step1());
        return new DecodedImage(luma, 0, rows, note, memory);
    }
}
