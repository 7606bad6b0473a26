package org.semblance.hashdb;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/**
 * All that is banked, as lookups see it: the list of now, which is {@link HashDb}, or the list as it stood after an earlier
 * change ({@link HashDb#asOf}). Safe for many threads.
 *
 * <p>Where a lookup takes names of banks, contents of other banks are passed over before anything of them is read, so that
 * its time does not tell how many there are. Names that no bank has count for nothing; no names at all stand for all banks.
 */
public interface BankedList {
    /** The number of the newest change that lookups see. */
    long seq();

    /** The banks by name. */
    List<Bank> banks();

    /** The bank of that name. */
    default Optional<Bank> bank(String name) {
        return banks().stream().filter(bank -> bank.name().equals(name)).findFirst();
    }

    /**
     * Looks up many hashes, which costs less than one by one. Every enabled content with a hash within its threshold of a
     * query is found, nearest first, each once. Banks that are switched off are included: the caller knows which of its rules
     * apply ({@link Bank#enabled}).
     *
     * @return one answer a query, in their order
     */
    List<List<Match>> lookup(List<Hash256> queries, Set<String> banks);

    /**
     * Every enabled content that has exactly this digest, by id.
     *
     * @throws IllegalArgumentException if the signal is not a digest
     */
    List<Match> lookupDigest(Signal digest, Set<String> banks);

    /**
     * Pictures of enabled contents with features near those of the query, as {@link FeatureIndex#lookup} finds them. Banks that
     * are switched off are included.
     *
     * @return at most so many pictures, most votes first
     */
    List<PictureMatch> lookupFeatures(
            Features query, Set<String> banks, int maxDistance, int minVotes, int maxPictures);

    /** How many features are banked. */
    long featureCount();

    /** For each feature how many other contents have a near one; see {@link FeatureIndex#documentFrequency}. */
    int[] documentFrequency(Features banked, int maxDistance, long exceptContentId);

    /**
     * What is banked of a video; empty if the content is withdrawn, not there, or no video. A disabled one is given. The
     * frames are put together anew for each call, which takes some milliseconds for 20,000.
     */
    Optional<KnownVideo> video(long contentId);

    /**
     * The contents nearest to a hash, whether or not they match: those beyond their threshold, disabled ones, and those of banks
     * that are switched off as well. The lookup widens until it finds some, which may come to a walk over all hashes.
     *
     * @return at most so many contents, nearest first, each once by its nearest hash; empty only if nothing is banked
     */
    List<Near> nearest(Hash256 query, Set<String> banks, int most);
}
