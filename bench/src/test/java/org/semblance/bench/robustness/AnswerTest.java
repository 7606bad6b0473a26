package org.semblance.bench.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.semblance.bench.edits.Projection;

class AnswerTest {
    @Test
    void readsAMatchByFeatures() {
        Answer answer = Answer.parse("""
                {"verdict":"match","matches":[{"bank":"B","content_id":7,"signal_type":"orb","strength":"likely",
                 "transform":"edited","placement":{"votes":61,"inliers":47,"visible":131,"found":128,"share":0.98,
                 "matrix":[2,0,10,0,2,20,0,0,1],"mirrored":false,"query_region":[],"bank_region":[]}}]}""");

        Answer.Match match = answer.matches().getFirst();
        assertThat(match.contentId()).isEqualTo(7);
        assertThat(match.signalType()).isEqualTo("orb");
        assertThat(match.isLikely()).isTrue();
        assertThat(match.counts()).isEqualTo("votes=61 inliers=47 visible=131 found=128 share=0.98");
        Projection truth = new Projection(2, 0, 10, 0, 2, 20, 0, 0, 1);
        Projection told = Objects.requireNonNull(match.matrix());
        assertThat(told.cornerError(truth, 100, 50)).isZero();
        assertThat(told.map(1, 1).x).isCloseTo(12, within(1e-12));
    }

    @Test
    void readsAMatchByPdqAndTheSpansOfAVideo() {
        Answer answer = Answer.parse("""
                {"verdict":"match","matches":[{"bank":"B","content_id":1,"signal_type":"vpdq","distance":10,"threshold":31,
                 "transform":"none","labels":[],"spans":[{"query":[3.5,9.5],"bank":[0.0,6.0]},{"bank":[1.0,2.0]}]}]}""");

        Answer.Match match = answer.matches().getFirst();
        assertThat(match.isLikely()).isFalse();
        assertThat(match.matrix()).isNull();
        assertThat(match.counts()).isEqualTo("distance=10");
        assertThat(match.spans()).containsExactly(new double[] {3.5, 9.5, 0, 6});
    }
}
