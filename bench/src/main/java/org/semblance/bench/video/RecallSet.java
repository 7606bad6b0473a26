package org.semblance.bench.video;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;
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

/**
 * The files of {@link VideoRecall}: known clips, uploads with and without them, stills. All is made by the {@code ffmpeg}
 * command, once: what is in the folder is not made again. Seed, number of clips and footage decide everything.
 *
 * <p>A known clip is 20 to 60 s long: one second of black, a title card of three that all clips share, then footage
 * with a channel's logo in a corner. A host is put together from pieces of 5 to 15 s of other footage.
 */
final class RecallSet {
    private static final int FRAME_RATE = Ffmpeg.FRAME_RATE;
    private static final int WIDTH = 854;
    private static final int HEIGHT = 480;
    private static final int OPENING_FRAMES = 4 * FRAME_RATE;
    private static final int HOST_FILES = 8;
    private static final int HOST_FILE_SECONDS = 200;
    private static final int IMAGES = 20;
    private static final double SPEED_UP = 1.05;

    /** What an uploader does to a video. Where the encoding is not the edit, it is a gentle one, of CRF 20. */
    enum Edit {
        ALL("CRF 28, logo, letterbox, 5 % faster", 28),
        REENCODE("CRF 28", 28),
        LOGO("logo", 20),
        LETTERBOX("letterbox", 20),
        FASTER("5 % faster", 20),
        BAR_LOGO("letterbox, logo and caption on its bars", 20),
        INNER_LETTERBOX("letterbox of the clip, not of its host", 20);

        private static final int MORE_CLIPS = 10;

        final String title;
        private final int crf;

        Edit(String title, int crf) {
            this.title = title;
            this.crf = crf;
        }

        /** Of how many clips there are uploads with it: of a few, if it is no part of {@link #ALL}. */
        int clips(int all) {
            return compareTo(FASTER) <= 0 ? all : Math.min(all, MORE_CLIPS);
        }

        /** Whether hosts are 5 to 10 minutes long; with a single edit, which is there to explain, 20 to 30 s and the clip. */
        private boolean hasLongHost() {
            return this == ALL;
        }

        private boolean has(Edit edit) {
            return this == edit || this == ALL;
        }
    }

    /**
     * @param clip that is in it, or -1
     * @param from when it begins there, in seconds
     * @param until when it ends there
     */
    record Upload(Path file, int clip, double from, double until) {}

    /** A picture of a known clip, shown there at that second. */
    record Still(Path file, int clip, double seconds) {}

    private final Path folder;
    private final long seed;
    private final int count;
    private final List<Ffmpeg.Piece> bodies = new ArrayList<>();
    private final List<Ffmpeg.Piece> hosts = new ArrayList<>();
    private final Path opening;
    private final Path channelLogo;
    private final Path uploaderLogo;

    private RecallSet(Path folder, long seed, int count) {
        this.folder = folder;
        this.seed = seed;
        this.count = count;
        this.opening = folder.resolve("opening.mp4");
        this.channelLogo = folder.resolve("channel.png");
        this.uploaderLogo = folder.resolve("uploader.png");
    }

    /** From footage made up here. */
    static RecallSet made(Path folder, long seed, int clips) throws IOException {
        RecallSet set = new RecallSet(folder, seed, clips);
        set.drawShared();
        for (int i = 0; i < clips; i++) {
            int frames = set.clipFrames(i) - OPENING_FRAMES;
            Path file = set.file("footage", "clip-%03d.mp4", i);
            film(file, seed * 1_000_003 + i, 960, 540, frames);
            set.bodies.add(new Ffmpeg.Piece(file, 0, frames));
        }
        for (int i = 0; i < HOST_FILES; i++) {
            Path file = set.file("footage", "host-%03d.mp4", i);
            film(file, seed * 1_000_003 + 1_000 + i, 640, 360, HOST_FILE_SECONDS * FRAME_RATE);
            set.hosts.add(new Ffmpeg.Piece(file, 0, HOST_FILE_SECONDS * FRAME_RATE));
        }
        return set;
    }

    /**
     * From the videos in a folder. Every other one that is long enough is cut into clips, as many as it gives; the rest is
     * for hosts.
     */
    static RecallSet of(Path folder, long seed, int clips, Path videos) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(videos)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        RecallSet set = new RecallSet(folder, seed, clips);
        set.drawShared();
        boolean forClips = true;
        for (Path file : files) {
            int frames = (int) (Ffmpeg.seconds(file) * FRAME_RATE) - 1;
            boolean isLong = frames >= 17 * FRAME_RATE;
            if (isLong && forClips && set.bodies.size() < clips) {
                int from = 0;
                while (set.bodies.size() < clips) {
                    int length = set.clipFrames(set.bodies.size()) - OPENING_FRAMES;
                    int left = frames - from;
                    if (left < 16 * FRAME_RATE) {
                        break;
                    }
                    set.bodies.add(new Ffmpeg.Piece(file, from, Math.min(length, left)));
                    from += length;
                }
            } else if (frames >= 3 * FRAME_RATE) {
                set.hosts.add(new Ffmpeg.Piece(file, 0, frames));
            }
            forClips ^= isLong;
        }
        if (set.bodies.isEmpty() || set.hosts.isEmpty()) {
            throw new IllegalArgumentException(
                    videos + ": " + files.size() + " files, of them " + set.bodies.size() + " clips and "
                            + set.hosts.size() + " for hosts (expected: at least one of each; a clip needs 17 s)");
        }
        return set;
    }

    int clips() {
        return Math.min(count, bodies.size());
    }

    private Random random(String purpose, int number) {
        return new Random(seed * 31 + purpose.hashCode() * 1_000_003L + number);
    }

    private int clipFrames(int clip) {
        return FRAME_RATE * 20 + random("length", clip).nextInt(FRAME_RATE * 40);
    }

    private int frames(int clip) {
        return OPENING_FRAMES + bodies.get(clip).frames();
    }

    double seconds(int clip) {
        return (double) frames(clip) / FRAME_RATE;
    }

    private Path file(String kind, String name, int number) throws IOException {
        return Files.createDirectories(folder.resolve(kind)).resolve(String.format(Locale.ROOT, name, number));
    }

    /** The file that is banked. */
    Path known(int clip) throws IOException {
        Path file = file("known", "clip-%03d.mp4", clip);
        Ffmpeg.Piece body = bodies.get(clip);
        Ffmpeg.make(
                file,
                List.of(
                        Ffmpeg.input(new Ffmpeg.Piece(opening, 0, OPENING_FRAMES)),
                        Ffmpeg.input(body),
                        List.of("-i", channelLogo.toString())),
                "[0:v]" + Ffmpeg.cut(OPENING_FRAMES, 960, 540) + "[o];[1:v]" + Ffmpeg.cut(body.frames(), 960, 540)
                        + "[b];[2:v]scale=-1:60[l];[b][l]overlay=W-w-24:24[v];[o][v]concat=n=2",
                Ffmpeg.h264(20));
        return file;
    }

    Upload upload(int clip, Edit edit) throws IOException {
        Random random = random(edit.name(), clip);
        int seconds =
                edit.hasLongHost() ? 300 + random.nextInt(301) : 20 + random.nextInt(11) + frames(clip) / FRAME_RATE;
        int hostFrames = seconds * FRAME_RATE - frames(clip);
        int before = random.nextInt(hostFrames + 1);
        List<Ffmpeg.Piece> pieces = hostPieces(random, before, false);
        int index = pieces.size();
        pieces.add(new Ffmpeg.Piece(known(clip), 0, frames(clip)));
        pieces.addAll(hostPieces(random, hostFrames - before, false));
        Path file = file("uploads", edit.name().toLowerCase(Locale.ROOT) + "-%03d.mp4", clip);
        join(file, pieces, edit == Edit.INNER_LETTERBOX ? index : -1, edit, random.nextInt(4), false);
        double pace = FRAME_RATE * (edit.has(Edit.FASTER) ? SPEED_UP : 1);
        return new Upload(file, clip, before / pace, (before + frames(clip)) / pace);
    }

    /** A host without a clip, but with the opening of the known clips several times, and their channel's logo. */
    Upload uploadWithoutClip(int number, Edit edit) throws IOException {
        Random random = random("without", number);
        List<Ffmpeg.Piece> pieces = new ArrayList<>();
        pieces.add(new Ffmpeg.Piece(opening, 0, OPENING_FRAMES));
        pieces.addAll(hostPieces(random, FRAME_RATE * (296 + random.nextInt(300)), true));
        Path file = file("uploads", "without-" + edit.name().toLowerCase(Locale.ROOT) + "-%03d.mp4", number);
        join(file, pieces, -1, edit, random.nextInt(4), true);
        return new Upload(file, -1, 0, 0);
    }

    /** A picture out of the footage of a known clip, not out of its opening. */
    Still still(int number) throws IOException {
        int clip = number % clips();
        int frame = OPENING_FRAMES
                + random("still", number).nextInt(bodies.get(clip).frames());
        Path file = file("stills", "still-%03d.jpg", number);
        String at = Double.toString((frame - 0.5) / FRAME_RATE);
        Ffmpeg.make(
                file,
                List.of(List.of("-ss", at, "-i", known(clip).toString())),
                "[0:v]scale=-2:360",
                List.of("-frames:v", "1", "-q:v", "8"));
        return new Still(file, clip, (double) frame / FRAME_RATE);
    }

    /** Pictures that are banked as images. */
    List<Path> images() throws IOException {
        List<Path> images = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            Path file = file("images", "image-%03d.jpg", i);
            if (!Files.exists(file)) {
                byte[] picture = new byte[1280 * 720];
                new SyntheticFootage(seed * 1_000_003 + 2_000 + i, 1280, 720, 1).draw(0.5, picture);
                BufferedImage image = new BufferedImage(1280, 720, BufferedImage.TYPE_BYTE_GRAY);
                image.getRaster().setDataElements(0, 0, 1280, 720, picture);
                ImageIO.write(image, "jpg", file.toFile());
            }
            images.add(file);
        }
        return images;
    }

    /** Shows the image for three seconds. */
    Upload uploadWithImage(int image) throws IOException {
        Random random = random("image", image);
        int before = FRAME_RATE * 10 + random.nextInt(FRAME_RATE * 60);
        List<Ffmpeg.Piece> pieces = hostPieces(random, before, false);
        pieces.add(new Ffmpeg.Piece(images().get(image), 0, 3 * FRAME_RATE));
        pieces.addAll(hostPieces(random, FRAME_RATE * 20, false));
        Path file = file("uploads", "image-%03d.mp4", image);
        join(file, pieces, -1, Edit.REENCODE, 0, false);
        return new Upload(file, image, (double) before / FRAME_RATE, (double) before / FRAME_RATE + 3);
    }

    private List<Ffmpeg.Piece> hostPieces(Random random, int frames, boolean withOpenings) {
        List<Ffmpeg.Piece> pieces = new ArrayList<>();
        for (int left = frames; left > 0; ) {
            if (withOpenings && random.nextInt(6) == 0) {
                pieces.add(new Ffmpeg.Piece(opening, 0, Math.min(left, OPENING_FRAMES)));
                left -= pieces.getLast().frames();
                continue;
            }
            Ffmpeg.Piece whole = hosts.get(random.nextInt(hosts.size()));
            int length = Math.min(Math.min(left, whole.frames()), FRAME_RATE * (5 + random.nextInt(11)));
            pieces.add(new Ffmpeg.Piece(whole.file(), random.nextInt(whole.frames() - length + 1), length));
            left -= length;
        }
        return pieces;
    }

    private void join(
            Path file, List<Ffmpeg.Piece> pieces, int letterboxed, Edit edit, int corner, boolean withChannelLogo)
            throws IOException {
        List<List<String>> inputs = new ArrayList<>();
        StringBuilder graph = new StringBuilder();
        for (int i = 0; i < pieces.size(); i++) {
            inputs.add(Ffmpeg.input(pieces.get(i)));
            graph.append("[")
                    .append(i)
                    .append(":v]")
                    .append(Ffmpeg.cut(pieces.get(i).frames(), WIDTH, HEIGHT));
            graph.append(i == letterboxed ? "," + bars(WIDTH) : "")
                    .append("[p")
                    .append(i)
                    .append("];");
        }
        for (int i = 0; i < pieces.size(); i++) {
            graph.append("[p").append(i).append("]");
        }
        graph.append("concat=n=").append(pieces.size());
        if (withChannelLogo) {
            graph.append("[c];[").append(inputs.size()).append(":v]scale=-1:54[k];[c][k]overlay=W-w-21:21");
            inputs.add(List.of("-i", channelLogo.toString()));
        }
        if (edit.has(Edit.LOGO)) {
            String place = (corner % 2 == 0 ? "16" : "W-w-16") + ":" + (corner / 2 == 0 ? "16" : "H-h-16");
            graph.append("[h];[")
                    .append(inputs.size())
                    .append(":v]scale=-1:72[l];[h][l]overlay=")
                    .append(place);
            inputs.add(List.of("-i", uploaderLogo.toString()));
        }
        if (edit.has(Edit.LETTERBOX)) {
            graph.append(",").append(bars(682));
        }
        if (edit == Edit.BAR_LOGO) {
            graph.append(",").append(bars(682)).append("[h];[").append(inputs.size());
            graph.append(":v]scale=-1:40[l];[h][l]overlay=20:4,").append(caption());
            inputs.add(List.of("-i", uploaderLogo.toString()));
        }
        if (edit.has(Edit.FASTER)) {
            graph.append(",setpts=PTS/" + SPEED_UP + ",fps=" + FRAME_RATE);
        }
        Ffmpeg.make(file, inputs, graph.toString(), Ffmpeg.h264(edit.crf));
    }

    /** A tenth of the height black at the top, and as much at the bottom. */
    private static String bars(int width) {
        int bar = HEIGHT / 10;
        return "scale=682:" + (HEIGHT - 2 * bar) + ":flags=bilinear,setsar=1,pad=" + width + ":" + HEIGHT
                + ":(ow-iw)/2:" + bar;
    }

    /** Strokes as of letters on the lower bar, over a third of the width. */
    private static String caption() {
        StringBuilder boxes = new StringBuilder();
        for (int x = 220; x < 460; x += 12) {
            boxes.append(x == 220 ? "" : ",")
                    .append("drawbox=x=")
                    .append(x)
                    .append(":y=446:w=7:h=22:color=white:t=fill");
        }
        return boxes.toString();
    }

    private static void film(Path file, long seed, int width, int height, int frames) throws IOException {
        if (Files.exists(file)) {
            return;
        }
        SyntheticFootage footage = new SyntheticFootage(seed, width, height, (double) frames / FRAME_RATE);
        List<String> input = List.of(
                "-f",
                "rawvideo",
                "-pix_fmt",
                "gray",
                "-video_size",
                width + "x" + height,
                "-framerate",
                "" + FRAME_RATE,
                "-i",
                "-");
        Ffmpeg.run(file, List.of(input), "[0:v]format=yuv420p", Ffmpeg.h264(22), out -> {
            byte[] picture = new byte[width * height];
            for (int n = 0; n < frames; n++) {
                footage.draw((double) n / FRAME_RATE, picture);
                out.write(picture);
            }
        });
    }

    /** What all clips share. */
    private void drawShared() throws IOException {
        Files.createDirectories(folder);
        Random random = random("shared", 0);
        Path card = folder.resolve("card.png");
        ImageIO.write(card(random), "png", card.toFile());
        ImageIO.write(
                emblem(200, random, new Color(230, 230, 230, 220), new Color(20, 20, 20, 220)),
                "png",
                channelLogo.toFile());
        ImageIO.write(
                emblem(200, random, new Color(250, 220, 40), new Color(150, 10, 20)), "png", uploaderLogo.toFile());
        Ffmpeg.make(
                opening,
                List.of(List.of("-loop", "1", "-framerate", "" + FRAME_RATE, "-t", "3", "-i", card.toString())),
                "color=black:s=960x540:r=" + FRAME_RATE
                        + ":d=1,format=yuv420p,setsar=1[b];[0:v]fade=in:0:8,format=yuv420p,setsar=1[c];[b][c]concat=n=2",
                Ffmpeg.h264(12));
    }

    private static BufferedImage card(Random random) {
        BufferedImage card = new BufferedImage(960, 540, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = smooth(card);
        g.setColor(new Color(15, 20, 25));
        g.fillRect(0, 0, 960, 540);
        g.drawImage(emblem(260, random, new Color(235, 235, 235), new Color(40, 50, 50)), 350, 50, null);
        g.setColor(new Color(240, 220, 150));
        g.setStroke(new BasicStroke(9, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        for (int line = 0; line < 2; line++) { // Something like writing.
            Path2D stroke = new Path2D.Double();
            double y = 380 + 90 * line;
            stroke.moveTo(180, y);
            for (double x = 180; x < 780; ) {
                double next = x + 20 + 50 * random.nextDouble();
                stroke.curveTo(x + 5, y - 70 * random.nextDouble(), next, y + 50 * random.nextDouble(), next, y);
                x = next;
            }
            g.draw(stroke);
        }
        g.dispose();
        return card;
    }

    private static BufferedImage emblem(int size, Random random, Color light, Color dark) {
        BufferedImage emblem = new BufferedImage(size, size, BufferedImage.TYPE_INT_ARGB);
        Graphics2D g = smooth(emblem);
        g.setColor(dark);
        if (random.nextBoolean()) {
            g.fill(new Ellipse2D.Double(0, 0, size, size));
        } else {
            g.fill(new RoundRectangle2D.Double(0, 0, size, size, size / 4.0, size / 4.0));
        }
        g.setColor(light);
        int points = 5 + random.nextInt(4);
        Path2D star = new Path2D.Double();
        for (int i = 0; i < 2 * points; i++) {
            double radius = size * (i % 2 == 0 ? 0.45 : 0.15 + 0.15 * random.nextDouble());
            double turn = Math.PI * i / points;
            double x = size / 2.0 + radius * Math.sin(turn);
            double y = size / 2.0 - radius * Math.cos(turn);
            if (i == 0) {
                star.moveTo(x, y);
            } else {
                star.lineTo(x, y);
            }
        }
        star.closePath();
        g.fill(star);
        g.dispose();
        return emblem;
    }

    private static Graphics2D smooth(BufferedImage image) {
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        return g;
    }
}
