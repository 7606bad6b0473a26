package org.semblance.hashdb.features;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.file.SnapshotFormat.Part;
import org.semblance.hashdb.hash.Hash256;

/**
 * The pictures that an index of features held at one time, to be written to a file. Changes may go on meanwhile: features
 * stay where they are until {@link #end}.
 *
 * <p>The file has, for each picture, three longs: content id; time and number of features; width and height. Then come the
 * descriptors of all pictures, then all places. Tables are not in it.
 */
public final class FeatureSnapshot {
    private static final int RECORD_BYTES = 3 * Long.BYTES;

    private final FeatureStore store;
    private final long[] records;
    private final int[] firsts;
    private int listed;

    /** Three longs a picture, as in the file. Removed pictures are left out, so the file is no larger than it need be. */
    FeatureSnapshot(FeatureStore store) {
        this.store = store;
        int count = Math.toIntExact(store.pictures());
        records = new long[3 * count];
        firsts = new int[count];
        store.forEachContent((contentId, first) -> {
            for (int picture = first; picture != FeatureStore.NONE; picture = store.next(picture)) {
                records[3 * listed] = contentId;
                records[3 * listed + 1] = (long) store.ms(picture) << Integer.SIZE | store.count(picture);
                records[3 * listed + 2] = (long) store.width(picture) << Integer.SIZE | store.height(picture);
                firsts[listed++] = store.firstFeature(picture);
            }
        });
        store.hold();
    }

    /** Writes them; see {@link FeatureIndex#save}. Changes and lookups may go on meanwhile. */
    public void write(Path file, long seq, Hash256 mark) throws IOException {
        try (SnapshotFormat.Writer out = new SnapshotFormat.Writer(file, seq, mark)) {
            long features = 0;
            for (int i = 0; i < firsts.length; i++) {
                features += count(i);
            }
            out.begin(Part.PICTURES, 2 * Long.BYTES + (long) records.length * Long.BYTES);
            out.putLong(Features.VERSION);
            out.putLong(firsts.length);
            for (long word : records) {
                out.putLong(word);
            }
            out.end();
            out.begin(Part.DESCRIPTORS, features * Long.BYTES * Features.WORDS);
            for (int i = 0; i < firsts.length; i++) {
                if (count(i) > 0) {
                    out.putMemory(store.descriptorAddress(firsts[i]), (long) count(i) * Long.BYTES * Features.WORDS);
                }
            }
            out.end();
            out.begin(Part.PLACES, features * Integer.BYTES);
            for (int i = 0; i < firsts.length; i++) {
                if (count(i) > 0) {
                    out.putMemory(store.placeAddress(firsts[i]), (long) count(i) * Integer.BYTES);
                }
            }
            out.end();
            out.finish();
        }
    }

    private int count(int i) {
        return (int) records[3 * i + 1];
    }

    /** Ends the save, whether it was written or not. */
    public void end() {
        store.release();
    }

    /** Reads all pictures of a file into an empty store. */
    static void load(SnapshotFormat.Reader in, FeatureStore store) throws IOException {
        SnapshotFormat.PartReader pictures = in.next(Part.PICTURES);
        ByteBuffer records = pictures.getRest();
        long version = records.getLong();
        if (version != Features.VERSION) {
            throw in.damaged("features of version " + version + " (expected: " + Features.VERSION + ")");
        }
        int count = Math.toIntExact(records.getLong());
        if (records.remaining() != (long) count * RECORD_BYTES) {
            throw in.damaged(count + " pictures in " + records.remaining() + " bytes");
        }
        int[] numbers = new int[count];
        // From the last, as the pictures of a content are put one before the other.
        for (int i = count - 1; i >= 0; i--) {
            records.position(2 * Long.BYTES + i * RECORD_BYTES);
            long contentId = records.getLong();
            long msAndCount = records.getLong();
            long size = records.getLong();
            numbers[i] = store.add(
                    contentId, (int) (msAndCount >>> Integer.SIZE), (int) (size >>> Integer.SIZE), (int) size, (int)
                            msAndCount);
        }
        SnapshotFormat.PartReader descriptors = in.next(Part.DESCRIPTORS);
        for (int number : numbers) {
            if (store.count(number) > 0) {
                descriptors.getMemory(
                        store.descriptorAddress(store.firstFeature(number)),
                        (long) store.count(number) * Long.BYTES * Features.WORDS);
            }
        }
        descriptors.end();
        SnapshotFormat.PartReader places = in.next(Part.PLACES);
        for (int number : numbers) {
            if (store.count(number) > 0) {
                places.getMemory(
                        store.placeAddress(store.firstFeature(number)), (long) store.count(number) * Integer.BYTES);
            }
        }
        places.end();
        in.next(Part.END).end();
    }
}
