package org.semblance.hashdb.follow;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.catalog.write.NewContents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bank of each content, in memory: what lookups in some banks ask of a hit before they read anything of its content.
 * Otherwise their time would tell how much other banks hold near a hash.
 *
 * <p>A content never changes its bank. What was there at open is read in the background; a bank that is not known yet is
 * found by reading the content. Takes 4 bytes a content where banks take turns, and next to nothing where many contents in
 * a row are of one bank.
 *
 * <p>Changed by the loader and by one writer; lookups take no lock, and what they see is right or not known.
 */
public final class ContentBanks implements AutoCloseable {
    /** For a content whose bank is not known yet. */
    public static final int UNKNOWN = 0;

    private static final Logger LOG = LoggerFactory.getLogger(ContentBanks.class);
    private static final int PAGE_BITS = 12;
    private static final int PAGE = 1 << PAGE_BITS;

    /** Contents read together, so that closing waits for no more. */
    private static final int CHUNK = 50_000;

    private static final int[] EMPTY = new int[PAGE];

    private final Catalog catalog;
    private final Thread loader;
    private volatile boolean closing;

    /** By id; an array is shared by all pages that are of one bank throughout. Written anew after each change of a page. */
    private volatile int[][] pages = new int[0][];

    private final Map<Integer, int[]> uniform = new HashMap<>();
    private long last;

    /** Begins to read the banks of the contents that are there. */
    public ContentBanks(Catalog catalog) {
        this.catalog = catalog;
        this.last = catalog.contents();
        long there = last;
        this.loader = Thread.ofPlatform().daemon().name("content-banks").start(() -> load(there));
    }

    /** The id of the content's bank, or {@link #UNKNOWN}. */
    public int of(long contentId) {
        int[][] now = pages;
        long page = contentId >>> PAGE_BITS;
        return page < now.length ? now[(int) page][(int) contentId & (PAGE - 1)] : UNKNOWN;
    }

    /** Takes in the contents that were added since the last call, with the writers' lock held. */
    public void catchUp() {
        long newest = catalog.contents();
        for (; last < newest; last = Math.min(last + CHUNK, newest)) {
            read(last + 1, Math.min(last + CHUNK, newest));
        }
    }

    /** Takes in contents that were just added, with the writers' lock held, and what came between. */
    void take(NewContents added) {
        added.giveBanks((first, end, bankId) -> {
            if (first > last + 1) {
                catchUp();
            }
            if (end > last) {
                put(first, end, bankId);
                last = end;
            }
        });
    }

    /** Forgets the banks, with the writers' lock held: {@link #catchUp} reads them anew. */
    public synchronized void forget() {
        pages = new int[0][];
        last = 0;
    }

    private void load(long there) {
        try {
            for (long first = 1; first <= there && !closing; first += CHUNK) {
                read(first, Math.min(first + CHUNK - 1, there));
            }
        } catch (StorageFailedException e) {
            LOG.warn("the banks of contents cannot be read; lookups in some banks are slower", e);
        }
    }

    private void read(long first, long end) {
        catalog.banks(first, end, this::put);
    }

    private synchronized void put(long first, long end, long bankId) {
        if (bankId > Integer.MAX_VALUE) {
            return;
        }
        int[][] now = pages;
        int needed = Math.toIntExact((end >>> PAGE_BITS) + 1);
        if (needed > now.length) {
            int before = now.length;
            now = Arrays.copyOf(now, Math.max(needed, before + before / 2));
            Arrays.fill(now, before, now.length, EMPTY);
        }
        for (long id = first; id <= end; ) {
            int page = (int) (id >>> PAGE_BITS);
            int from = (int) id & (PAGE - 1);
            int until = (int) Math.min(PAGE, from + end - id + 1);
            now[page] = filled(now[page], from, until, (int) bankId);
            id += until - from;
        }
        pages = now;
    }

    private int[] filled(int[] page, int from, int until, int bank) {
        if (from == 0 && until == PAGE) {
            return uniform(bank);
        }
        boolean shared = page == EMPTY || page == uniform.get(page[0]);
        int[] filled = shared ? page.clone() : page;
        Arrays.fill(filled, from, until, bank);
        return until == PAGE && Arrays.equals(filled, uniform(bank)) ? uniform(bank) : filled;
    }

    private int[] uniform(int bank) {
        return uniform.computeIfAbsent(bank, unused -> {
            int[] page = new int[PAGE];
            Arrays.fill(page, bank);
            return page;
        });
    }

    /** For tests: waits until all that was there at open is known. */
    public void await() throws InterruptedException {
        loader.join();
    }

    /** Waits for the reading that is under way. */
    @Override
    public void close() {
        closing = true;
        boolean interrupted = false;
        while (loader.isAlive()) {
            try {
                loader.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
