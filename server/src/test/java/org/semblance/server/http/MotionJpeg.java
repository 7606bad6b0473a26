package org.semblance.server.http;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Videos as AVI files of JPEG pictures (RIFF, Microsoft's AVI 1.0), which need no encoder but the JDK's. */
final class MotionJpeg {
    private MotionJpeg() {}

    /** The pictures, which have one size, at a whole number of frames a second. */
    static byte[] avi(List<BufferedImage> pictures, int framesPerSecond, double quality) {
        List<byte[]> frames =
                pictures.stream().map(p -> Pictures.jpeg(p, quality)).toList();
        int width = pictures.getFirst().getWidth();
        int height = pictures.getFirst().getHeight();
        ByteBuffer avih = buffer(56);
        avih.putInt(1_000_000 / framesPerSecond).putInt(0).putInt(0).putInt(0x10);
        avih.putInt(frames.size()).putInt(0).putInt(1).putInt(0).putInt(width).putInt(height);
        ByteBuffer strh = buffer(56);
        strh.put(ascii("vidsMJPG")).putInt(0).putInt(0).putInt(0).putInt(1).putInt(framesPerSecond);
        strh.putInt(0).putInt(frames.size()).putInt(0).putInt(-1);
        ByteBuffer strf = buffer(40);
        strf.putInt(40).putInt(width).putInt(height).putShort((short) 1).putShort((short) 24);
        strf.put(ascii("MJPG")).putInt(3 * width * height);
        byte[] strl = list("strl", chunk("strh", strh.array()), chunk("strf", strf.array()));
        byte[] hdrl = list("hdrl", chunk("avih", avih.array()), strl);
        byte[] movi =
                list("movi", frames.stream().map(frame -> chunk("00dc", frame)).toArray(byte[][]::new));
        ByteBuffer index = buffer(16 * frames.size());
        int offset = 4;
        for (byte[] frame : frames) {
            index.put(ascii("00dc")).putInt(0x10).putInt(offset).putInt(frame.length);
            offset += 8 + frame.length + (frame.length & 1);
        }
        return chunk("RIFF", join(ascii("AVI "), hdrl, movi, chunk("idx1", index.array())));
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] list(String type, byte[]... parts) {
        return chunk("LIST", join(ascii(type), join(parts)));
    }

    private static byte[] chunk(String name, byte[] content) {
        ByteBuffer chunk = buffer(8 + content.length + (content.length & 1));
        return chunk.put(ascii(name)).putInt(content.length).put(content).array();
    }

    private static byte[] join(byte[]... parts) {
        int size = 0;
        for (byte[] part : parts) {
            size += part.length;
        }
        ByteBuffer all = ByteBuffer.allocate(size);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }
}
