package org.semblance.server.desk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.auth.ScopedDb;

/**
 * Groups of contents of one bank that are copies of each other: a content belongs to a group if it is near any other content of
 * the group. Two contents are near if they have a digest in common; two pictures, if their PDQ hashes are within the distance; two
 * videos, if they last as long, within a tenth, and {@value #FRAMES_SHARED} of {@value #FRAMES_ASKED} frames of the one, taken evenly,
 * are within the distance of frames of the other.
 *
 * <p>A group comes with its lowest id, so that a bank is paged by id and each group comes once.
 */
final class Duplicates {
    /** Contents whose hashes are looked up together. */
    private static final int PAGE = 100;

    /** Of a group's border, in which each content may be near thousands of the same ones. */
    private static final int BORDER_PAGE = 20;

    /** Contents that one page of groups looks at. */
    private static final int MOST_CONTENTS = 5_000;

    /** The most contents of a group that are told. */
    private static final int MOST_MEMBERS = 1_000;

    private static final int FRAMES_ASKED = 20;
    private static final int FRAMES_SHARED = 16;

    private final ScopedDb db;
    private final Bank bank;
    private final int distance;
    private final BooleanSupplier stop;

    /**
     * Groups in a bank.
     *
     * @param distance the largest between PDQ hashes of contents that are near, 0 to 256
     * @param stop whether there is no more time: then the page ends
     */
    Duplicates(ScopedDb db, Bank bank, int distance, BooleanSupplier stop) {
        this.db = db;
        this.bank = bank;
        this.distance = distance;
        this.stop = stop;
    }

    /**
     * The contents of a group.
     *
     * @param members by id, with the least distance to a content that brought each one into the group; 0 for a digest in common
     * @param isCut whether there are more than are told
     */
    record Group(SortedMap<Long, Integer> members, boolean isCut) {}

    /**
     * Groups whose lowest id comes after that one.
     *
     * @param limit the most groups
     */
    Page<Group> groups(long after, int limit) {
        List<Group> groups = new ArrayList<>();
        Long next = after;
        for (int seen = 0; next != null && seen < MOST_CONTENTS && !stop.getAsBoolean(); seen += PAGE) {
            Page<BankContent> page = db.contents(bank.name(), ContentFilter.NONE, Paging.after(next, PAGE));
            List<Map<Long, Integer>> near = near(page.rows());
            for (int i = 0; i < page.rows().size(); i++) {
                BankContent content = page.rows().get(i);
                Group group = group(content, near.get(i));
                if (group != null) {
                    groups.add(group);
                    if (groups.size() == limit) {
                        return new Page<>(groups, content.id());
                    }
                }
            }
            next = page.next();
        }
        return new Page<>(groups, next);
    }

    /** The group of which the content has the lowest id; null if there is none. */
    private @Nullable Group group(BankContent first, Map<Long, Integer> near) {
        if (near.isEmpty() || near.keySet().stream().anyMatch(id -> id < first.id())) {
            return null;
        }
        TreeMap<Long, Integer> members = new TreeMap<>(Map.of(first.id(), 0));
        Map<Long, Integer> open = near;
        while (!open.isEmpty() && members.size() <= MOST_MEMBERS) {
            members.putAll(open);
            open = beyond(List.copyOf(open.keySet()), members);
            if (open.keySet().stream().anyMatch(id -> id < first.id())) {
                return null;
            }
        }
        boolean cut = members.size() > MOST_MEMBERS;
        while (members.size() > MOST_MEMBERS) {
            members.pollLastEntry();
        }
        return new Group(members, cut);
    }

    /** The contents that are near the border and no members yet, with the distance; not many more than there is room for. */
    private Map<Long, Integer> beyond(List<Long> border, Map<Long, Integer> members) {
        Map<Long, Integer> beyond = new HashMap<>();
        for (int from = 0;
                from < border.size() && members.size() + beyond.size() <= MOST_MEMBERS;
                from += BORDER_PAGE) {
            List<BankContent> some = border.subList(from, Math.min(border.size(), from + BORDER_PAGE)).stream()
                    .flatMap(id -> db.content(bank.name(), id).stream())
                    .toList();
            for (Map<Long, Integer> near : near(some)) {
                near.forEach((id, bits) -> {
                    if (!members.containsKey(id)) {
                        beyond.merge(id, bits, Math::min);
                    }
                });
            }
        }
        return beyond;
    }

    /** For each content the other contents that are near it, with the distance. */
    private List<Map<Long, Integer>> near(List<BankContent> contents) {
        List<Map<Long, Integer>> near = new ArrayList<>(contents.size());
        Map<Integer, List<Hash256>> pictures = new LinkedHashMap<>();
        for (int i = 0; i < contents.size(); i++) {
            BankContent content = contents.get(i);
            near.add(new HashMap<>());
            for (Signal signal : content.signals()) {
                if (signal.type().isDigest()) {
                    for (Match match : db.lookupBanked(signal, bank.name())) {
                        put(near.get(i), content, match.content().id(), 0);
                    }
                } else if (content.video() == null) {
                    pictures.computeIfAbsent(i, unused -> new ArrayList<>()).add(signal.hash());
                }
            }
            if (content.video() != null) {
                addVideos(near.get(i), content);
            }
        }
        List<Hash256> hashes = pictures.values().stream().flatMap(List::stream).toList();
        List<List<Match>> found = db.lookupBankedWithin(hashes, bank.name(), distance);
        int next = 0;
        for (Map.Entry<Integer, List<Hash256>> picture : pictures.entrySet()) {
            for (int i = 0; i < picture.getValue().size(); i++) {
                for (Match match : found.get(next++)) {
                    if (!match.content().isVideo() && match.distance() <= distance) {
                        BankContent content = contents.get(picture.getKey());
                        put(near.get(picture.getKey()), content, match.content().id(), match.distance());
                    }
                }
            }
        }
        return near;
    }

    private static void put(Map<Long, Integer> near, BankContent content, long id, int bits) {
        if (id != content.id()) {
            near.merge(id, bits, Math::min);
        }
    }

    private void addVideos(Map<Long, Integer> near, BankContent content) {
        KnownVideo video = db.video(bank.name(), content.id()).orElse(null);
        if (video == null) {
            return;
        }
        List<FrameSpan> frames = video.frames();
        int asked = Math.min(FRAMES_ASKED, frames.size());
        List<Hash256> hashes = new ArrayList<>(asked);
        for (int i = 0; i < asked; i++) {
            hashes.add(frames.get((int) ((2L * i + 1) * frames.size() / (2L * asked)))
                    .hash());
        }
        Map<Long, Integer> shared = new HashMap<>();
        Map<Long, Integer> farthest = new HashMap<>();
        for (List<Match> frame : db.lookupBankedWithin(hashes, bank.name(), distance)) {
            for (Match match : frame) {
                boolean asLong = match.content().isVideo()
                        && 10L * Math.abs(match.content().videoMs() - video.durationMs()) <= video.durationMs();
                if (asLong && match.distance() <= distance) {
                    shared.merge(match.content().id(), 1, Integer::sum);
                    farthest.merge(match.content().id(), match.distance(), Math::max);
                }
            }
        }
        shared.forEach((id, count) -> {
            if (count * FRAMES_ASKED >= FRAMES_SHARED * asked) {
                put(near, content, id, farthest.getOrDefault(id, 0));
            }
        });
    }
}
