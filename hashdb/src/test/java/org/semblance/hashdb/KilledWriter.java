package org.semblance.hashdb;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Changes a database from several threads until it is killed, and tells what was acknowledged; see {@link KillTest}. */
final class KilledWriter {
    private static final Origin ORIGIN = new Origin("writer", "");
    private static final int THREADS = 3;
    private static final int BULK = 400;
    private static final int IMPORT = 10_000;

    /** Saves the indexes again and again. */
    private static final IndexKeeper.Saving SAVING = new IndexKeeper.Saving(100, 1 << 30, Duration.ZERO, 1_000);

    private final HashDb db;
    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

    private KilledWriter(HashDb db) {
        this.db = db;
    }

    public static void main(String[] args) {
        HashDb db = HashDb.open(Path.of(args[0]), InstantSource.system(), SAVING);
        if (db.bank("A").isEmpty()) {
            db.apply(new Change.CreateBank("A"), ORIGIN);
        }
        KilledWriter writer = new KilledWriter(db);
        SplittableRandom random = new SplittableRandom(Long.parseLong(args[1]));
        for (int i = 0; i < THREADS; i++) {
            SplittableRandom own = random.split();
            Thread.ofPlatform().start(() -> writer.run(own));
        }
    }

    private void run(SplittableRandom random) {
        while (true) {
            List<Hash256> hashes = new ArrayList<>();
            List<ContentDraft> drafts = new ArrayList<>();
            int dice = random.nextInt(200);
            KnownVideo video = dice >= 180 ? RandomSeed.video(random.nextInt(1, 300), random) : null;
            for (int i = dice == 0 ? IMPORT : dice < 10 ? BULK : 1; i > 0; i--) {
                Hash256 hash = RandomSeed.hash(random);
                hashes.add(hash);
                List<Signal> signals = List.of(new Signal(SignalType.PDQ, hash.toHex()));
                drafts.add(video == null ? new ContentDraft(signals) : new ContentDraft(signals, video));
            }
            Features picture = dice >= 90 ? new RandomFeatures(random, 100, 10).picture(20) : null;
            if (picture != null) {
                drafts.set(0, drafts.getFirst().withPictures(List.of(new BankedPicture(0, picture))));
            }
            Applied applied = db.apply(new Change.AddContents("A", drafts), ORIGIN);
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < hashes.size(); i++) {
                lines.append("added ")
                        .append(applied.firstContentId() + i)
                        .append(' ')
                        .append(hashes.get(i))
                        .append('\n');
            }
            if (video != null) {
                lines.append("video ")
                        .append(applied.firstContentId())
                        .append(' ')
                        .append(video.durationMs())
                        .append(' ')
                        .append(HexFormat.of().formatHex(video.frameBytes()))
                        .append('\n');
            }
            if (picture != null) {
                lines.append("features ")
                        .append(applied.firstContentId())
                        .append(' ')
                        .append(HexFormat.of().formatHex(picture.toBytes()))
                        .append('\n');
            }
            print(lines.toString());
            if (random.nextInt(4) == 0) {
                long id = applied.firstContentId() + random.nextInt(hashes.size());
                print("withdrawing " + id + "\n");
                db.apply(new Change.WithdrawContent("A", id), ORIGIN);
                print("withdrawn " + id + "\n");
            }
        }
    }

    private synchronized void print(String lines) {
        try {
            out.write(lines.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
