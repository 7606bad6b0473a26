package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.semblance.engine.video.QueryVideo.Moment;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.SignalType;

class KnownVideoHitsTest {
    private static final Bank BANK = new Bank(1, "BAD", BankKind.MATCH, 1, "", null);
    private static final Hash256 CARD = hash(1000);

    private static Hash256 hash(long seed) {
        java.util.Random random = new java.util.Random(seed);
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private static Match match(long id, int pictures, int distance) {
        ContentRecord record = new ContentRecord(
                id,
                1,
                ContentStatus.ENABLED,
                null,
                List.of(),
                null,
                null,
                null,
                Instant.EPOCH,
                60_000,
                pictures,
                false,
                Treatment.PLAIN);
        return new Match(BANK, record, SignalType.PDQ, distance, 31);
    }

    /** Ten moments of a title card that stands still, then ten different ones. */
    private static KnownVideoHits hits(VideoPolicy policy) {
        List<Moment> moments = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Hash256 shown = i < 10 ? CARD.flip(new int[] {i % 3}) : hash(i);
            moments.add(new Moment(i, List.of(shown), true));
        }
        return new KnownVideoHits(moments, policy);
    }

    private static List<Long> ids(List<KnownVideoHits.Found> found) {
        return found.stream().map(f -> f.nearest().content().id()).toList();
    }

    @Test
    void aPictureThatThousandsShareLoadsNoneOfThem() {
        KnownVideoHits hits = hits(VideoPolicy.ALIGNED);
        List<Match> sharing =
                IntStream.range(0, 5000).mapToObj(i -> match(100 + i, 500, 5)).toList();
        for (int moment = 0; moment < 10; moment++) {
            hits.add(moment, sharing);
        }
        for (int moment = 10; moment < 13; moment++) {
            hits.add(moment, List.of(match(7, 500, 20)));
        }

        assertThat(ids(hits.candidates())).containsExactly(7L);
        assertThat(hits.elsewhere()).startsWith(5000, 5000).endsWith(0, 0, 0);
    }

    @Test
    void aVideoOfFewPicturesNeedsNoMore() {
        KnownVideoHits hits = hits(VideoPolicy.ALIGNED);
        hits.add(2, List.of(match(7, 1, 5), match(8, 9, 5), match(9, 10, 5)));
        assertThat(ids(hits.candidates())).containsExactly(7L, 8L);
    }

    @Test
    void whatFewOthersExplainComesFirst() {
        KnownVideoHits hits = hits(VideoPolicy.ALIGNED);
        List<Match> sharing =
                IntStream.range(0, 300).mapToObj(i -> match(100 + i, 500, 5)).toList();
        for (int moment = 9; moment < 15; moment++) {
            hits.add(moment, sharing);
        }
        for (int moment = 15; moment < 18; moment++) {
            hits.add(moment, List.of(match(7, 500, 20)));
        }
        assertThat(ids(hits.candidates())).startsWith(7L).hasSize(301);
    }

    @Test
    void byVpdqsRuleTheShareOfTheDifferentFramesCounts() {
        // 13 different hashes, of which 80 % are 10.4.
        KnownVideoHits hits = hits(VideoPolicy.Vpdq.REFERENCE);
        for (int moment = 0; moment < 17; moment++) {
            hits.add(moment, List.of(match(7, 500, 5)));
        }
        assertThat(ids(hits.candidates())).isEmpty();
        hits.add(17, List.of(match(7, 500, 5)));
        assertThat(ids(hits.candidates())).containsExactly(7L);
    }

    @Test
    void byVpdqsRuleOnePictureIsEnoughIfTheCallerSaysSo() {
        KnownVideoHits hits = hits(new VideoPolicy.Vpdq(1, 0, 31, 50));
        hits.add(2, List.of(match(7, 500, 5)));
        assertThat(ids(hits.candidates())).containsExactly(7L);
    }

    @Test
    void keepsTheNearestHitAndSetsImagesApart() {
        KnownVideoHits hits = hits(VideoPolicy.ALIGNED);
        hits.add(3, List.of(match(7, 0, 12)));
        hits.add(4, List.of(match(7, 0, 2)));
        hits.add(5, List.of(match(7, 0, 30)));
        assertThat(hits.candidates()).isEmpty();
        assertThat(hits.images()).hasSize(1);
        assertThat(hits.images().getFirst().nearest().distance()).isEqualTo(2);
        assertThat(hits.images().getFirst().moments().stream()).containsExactly(3, 4, 5);
    }
}
