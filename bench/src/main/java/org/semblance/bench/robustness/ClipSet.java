package org.semblance.bench.robustness;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.semblance.bench.edits.Emblem;
import org.semblance.bench.edits.Lettering;
import org.semblance.bench.edits.Pixels;
import org.semblance.bench.edits.Words;
import org.semblance.bench.video.Ffmpeg;
import org.semblance.bench.video.Ffmpeg.Piece;

/**
 * Known clips, cut from videos, and uploads with and without them. A known clip begins with a title card that all have, and bears the
 * logo of a group. An upload shows some seconds of other videos before the clip and after it, and is edited as a whole. What is in
 * the folder is not made again.
 */
final class ClipSet {
    private static final int LONGEST = 12 * Ffmpeg.FRAME_RATE;
    private static final int SHORTEST = 6 * Ffmpeg.FRAME_RATE;
    private static final int CARD = 2 * Ffmpeg.FRAME_RATE;
    private static final int CRF = 28;

    private final Path folder;
    private final long seed;
    private final List<Clip> clips = new ArrayList<>();
    private final List<Piece> hosts = new ArrayList<>();
    private final Path card;
    private final Path logo;
    private final Path caption;

    /** @param source the video that it is a piece of */
    record Clip(int number, Path source, Piece body, Path file) {
        int frames() {
            return CARD + body.frames();
        }

        double seconds() {
            return (double) frames() / Ffmpeg.FRAME_RATE;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "%s from %.1f s", source.getFileName(), (double) body.from() / Ffmpeg.FRAME_RATE);
        }
    }

    /** @param from when the clip begins in it, in seconds */
    record Upload(Path file, double from) {}

    private ClipSet(Path folder, long seed) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.seed = seed;
        card = folder.resolve("card.png");
        logo = folder.resolve("logo.png");
        caption = folder.resolve("caption.png");
    }

    /**
     * Cuts clips of the videos in turn.
     *
     * @param videos files, and folders of them
     * @param others videos that show nothing of these, to put around the clips
     * @throws IllegalArgumentException if they give too few clips
     */
    static ClipSet of(Path folder, long seed, int count, List<Path> videos, List<Path> others) throws IOException {
        ClipSet set = new ClipSet(folder, seed);
        set.drawShared();
        List<Path> sources = files(videos);
        for (int round = 0; set.clips.size() < count; round++) {
            int before = set.clips.size();
            for (Path source : sources) {
                int frames = (int) (Ffmpeg.seconds(source) * Ffmpeg.FRAME_RATE) - 1 - round * LONGEST;
                if (frames >= SHORTEST && set.clips.size() < count) {
                    set.add(source, new Piece(source, round * LONGEST, Math.min(LONGEST, frames)));
                }
            }
            if (set.clips.size() == before) {
                throw new IllegalArgumentException("--clips: " + before + " clips in " + sources.size()
                        + " videos (expected: " + count + "; a clip takes " + SHORTEST / Ffmpeg.FRAME_RATE + " to "
                        + LONGEST / Ffmpeg.FRAME_RATE + " s)");
            }
        }
        for (Path other : files(others)) {
            int frames = (int) (Ffmpeg.seconds(other) * Ffmpeg.FRAME_RATE) - 1;
            if (frames >= Ffmpeg.FRAME_RATE) {
                set.hosts.add(new Piece(other, 0, frames));
            }
        }
        if (set.hosts.isEmpty()) {
            throw new IllegalArgumentException("--others: no videos (expected: at least one of a second)");
        }
        return set;
    }

    private static List<Path> files(List<Path> places) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path place : places) {
            try (Stream<Path> all = Files.walk(place)) {
                all.filter(Files::isRegularFile).sorted().forEach(files::add);
            }
        }
        return files;
    }

    /** Makes the file that is banked. */
    private void add(Path source, Piece body) throws IOException {
        Path file = folder.resolve(String.format(Locale.ROOT, "clip-%02d.mp4", clips.size()));
        Ffmpeg.make(
                file,
                List.of(still(card, CARD), Ffmpeg.input(body), List.of("-i", logo.toString())),
                "[0:v]" + Ffmpeg.cut(CARD, 854, 480) + "[c];[1:v]" + Ffmpeg.cut(body.frames(), 854, 480)
                        + "[b];[b][2:v]overlay=W-w-20:20[l];[c][l]concat=n=2",
                Ffmpeg.h264(20));
        clips.add(new Clip(clips.size(), source, body, file));
    }

    List<Clip> clips() {
        return clips;
    }

    Upload upload(Clip clip, VideoEdit edit) throws IOException {
        Random random = random(edit.name(), clip.number());
        List<Piece> pieces = new ArrayList<>(others(random, Ffmpeg.FRAME_RATE * (3 + random.nextInt(6))));
        double from = frames(pieces) / (double) Ffmpeg.FRAME_RATE;
        pieces.add(new Piece(clip.file(), 0, clip.frames()));
        pieces.addAll(others(random, Ffmpeg.FRAME_RATE * (2 + random.nextInt(5))));
        Path file = folder.resolve(
                String.format(Locale.ROOT, "%s-%02d.mp4", edit.name().toLowerCase(Locale.ROOT), clip.number()));
        List<List<String>> inputs = new ArrayList<>();
        StringBuilder graph = new StringBuilder();
        join(pieces, inputs, graph);
        Piece around = host(random);
        int frames = frames(pieces);
        inputs.add(List.of("-i", caption.toString()));
        List<String> looped = new ArrayList<>(List.of("-stream_loop", "-1"));
        looped.addAll(List.of("-i", around.file().toString()));
        inputs.add(edit == VideoEdit.PICTURE_IN_PICTURE ? looped : List.of("-i", caption.toString()));
        String cut = Ffmpeg.cut(frames, 854, 480);
        Ffmpeg.make(
                file,
                inputs,
                edit.after(graph.toString(), inputs.size() - 2, inputs.size() - 1, cut, random),
                Ffmpeg.h264(CRF));
        return new Upload(file, from);
    }

    /** With the title card of the known clips twice, and their logo throughout, but none of them. */
    Path unrelated(int number) throws IOException {
        Random random = random("unrelated", number);
        Path file = folder.resolve(String.format(Locale.ROOT, "unrelated-%02d.mp4", number));
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            pieces.add(new Piece(card, 0, CARD));
            pieces.addAll(others(random, Ffmpeg.FRAME_RATE * (5 + random.nextInt(8))));
        }
        List<List<String>> inputs = new ArrayList<>();
        StringBuilder graph = new StringBuilder();
        join(pieces, inputs, graph);
        inputs.add(List.of("-i", logo.toString()));
        graph.append("[j];[j][").append(inputs.size() - 1).append(":v]overlay=W-w-20:20");
        Ffmpeg.make(file, inputs, graph.toString(), Ffmpeg.h264(CRF));
        return file;
    }

    private static void join(List<Piece> pieces, List<List<String>> inputs, StringBuilder graph) {
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            boolean isStill = piece.file().toString().endsWith(".png");
            inputs.add(isStill ? still(piece.file(), piece.frames()) : Ffmpeg.input(piece));
            graph.append('[').append(i).append(":v]").append(Ffmpeg.cut(piece.frames(), 854, 480));
            graph.append("[p").append(i).append("];");
        }
        for (int i = 0; i < pieces.size(); i++) {
            graph.append("[p").append(i).append(']');
        }
        graph.append("concat=n=").append(pieces.size());
    }

    private static List<String> still(Path picture, int frames) {
        String seconds = Integer.toString(frames / Ffmpeg.FRAME_RATE + 1);
        return List.of("-loop", "1", "-framerate", "" + Ffmpeg.FRAME_RATE, "-t", seconds, "-i", picture.toString());
    }

    /** Pieces of other videos, so many frames in all. */
    private List<Piece> others(Random random, int frames) {
        List<Piece> pieces = new ArrayList<>();
        for (int left = frames; left > 0; ) {
            Piece whole = host(random);
            int length = Math.min(left, whole.frames());
            pieces.add(new Piece(whole.file(), random.nextInt(whole.frames() - length + 1), length));
            left -= length;
        }
        return pieces;
    }

    private Piece host(Random random) {
        return hosts.get(random.nextInt(hosts.size()));
    }

    private static int frames(List<Piece> pieces) {
        return pieces.stream().mapToInt(Piece::frames).sum();
    }

    private Random random(String purpose, int number) {
        return new Random(seed * 31 + purpose.hashCode() * 1_000_003L + number);
    }

    private void drawShared() throws IOException {
        BufferedImage title = Pixels.blank(854, 480);
        Graphics2D g = Pixels.graphics(title);
        Emblem.groupLogo(g, 317, 40, 220);
        Lettering.fitted(g, "Media Office", new Rectangle2D.Double(150, 300, 554, 100), new Color(240, 220, 150));
        g.dispose();
        ImageIO.write(title, "png", card.toFile());
        BufferedImage sign = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        g = Pixels.graphics(sign);
        Emblem.groupLogo(g, 0, 0, 64);
        g.dispose();
        ImageIO.write(sign, "png", logo.toFile());
        BufferedImage words = Pixels.blank(854, 72);
        g = Pixels.graphics(words);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, 854, 72);
        String text = Words.sentence(random("caption", 0), 6);
        Lettering.fitted(g, text, new Rectangle2D.Double(20, 12, 814, 48), Color.BLACK);
        g.dispose();
        ImageIO.write(words, "png", caption.toFile());
    }
}
