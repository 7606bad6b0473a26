package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.client.ApiClient;
import org.semblance.client.ApiException;
import org.semblance.client.api.BanksApi;
import org.semblance.client.api.ContentsApi;
import org.semblance.client.api.HmaApi;
import org.semblance.client.api.MatchApi;
import org.semblance.client.api.OperationApi;
import org.semblance.client.model.HashAnswer;
import org.semblance.client.model.Hashes;
import org.semblance.client.model.Hit;
import org.semblance.client.model.LookupAnswer;
import org.semblance.client.model.LookupQuery;
import org.semblance.client.model.MatchAnswer;
import org.semblance.client.model.NewBank;
import org.semblance.client.model.NewContent;
import org.semblance.client.model.NewSignal;
import org.semblance.client.model.Signal;
import org.semblance.client.model.SignalType;
import org.semblance.client.model.Verdict;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;

/** A client that a public generator made of {@code openapi.json} speaks with a real server. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratedClientTest {
    private static File file(Path folder, String name, byte[] bytes) throws Exception {
        return Files.write(folder.resolve(name), bytes).toFile();
    }

    @Test
    void banksPicturesAndMatchesCopiesOfThem(@TempDir Path folder) throws Exception {
        File signalled = file(folder, "signalled.png", Pictures.png(Pictures.photo(41, 300, 200)));
        File sent = file(folder, "sent.png", Pictures.png(Pictures.photo(42, 300, 200)));
        try (TestServer server = new TestServer(folder.resolve("db"))) {
            ApiClient client = new ApiClient().setBasePath("http://127.0.0.1:" + server.port());
            assertThat(new BanksApi(client)
                            .createBank(new NewBank().name("KNOWN").description("\u00e9"), null, "ann", null)
                            .getEnabledRatio())
                    .isEqualTo(1.0);

            // By its signals, in the native dialect, and as a file in HMA's.
            MatchApi match = new MatchApi(client);
            HashAnswer hashed = match.hash(signalled, true, true, null);
            Signal pdq = hashed.getSignals().getFirst();
            assertThat(pdq.getType()).isEqualTo(SignalType.PDQ);
            assertThat(pdq.getDihedral()).hasSize(7);
            String hash = Objects.requireNonNull(pdq.getHash());
            NewContent content = new NewContent()
                    .addSignalsItem(
                            new NewSignal().type(SignalType.PDQ).hash(hash).quality(pdq.getQuality()))
                    .labels(List.of("l"));
            new ContentsApi(client).addContent("KNOWN", content, null, null, null, null, "once", null, null);
            Long second = new HmaApi(client)
                    .hmaAddContent("KNOWN", null, null, null, null, null, sent, null, null, "n")
                    .getId();
            assertThat(second).isEqualTo(2);

            for (int seed = 41; seed <= 43; seed++) {
                File copy = file(folder, "copy.jpg", Pictures.jpeg(Pictures.photo(seed, 300, 200), 0.6));
                MatchAnswer answer = match.match(
                        "KNOWN", "mine", 60_000, null, null, null, null, null, null, null, null, null, null, copy);
                assertThat(answer.getReference()).isEqualTo("mine");
                assertThat(answer.getVerdict()).isEqualTo(seed < 43 ? Verdict.MATCH : Verdict.NO_MATCH);
                if (seed < 43) {
                    assertThat(answer.getMatches().getFirst().getContentId()).isEqualTo(seed - 40);
                    assertThat(answer.getMatches().getFirst().getDistance()).isBetween(0, 31);
                }
            }
            assertThat(new HmaApi(client).hmaLookup(hash, "pdq", null, null, null, null, null, null))
                    .containsOnlyKeys("KNOWN");
            assertThat(new OperationApi(client)
                            .readJournal(null, null, null, null, null, null, null, null, null, null, null)
                            .getEntries()
                            .getFirst()
                            .getActor())
                    .isEqualTo("ann");

            LookupAnswer found =
                    match.lookup(new Hashes().addHashesItem(hash), null, null, null, null, null, null, null, null);
            assertThat(found.getResults()).hasSize(1);
            assertThat(found.getResults().getFirst().getMatches()).hasSize(1);

            byte[] picture = Pictures.png(Pictures.photo(44, 640, 480));
            server.post("/v1/banks/KNOWN/content", picture);
            String features = match.hash(file(folder, "picture.png", picture), null, true, null).getSignals().stream()
                    .filter(signal -> signal.getType() == SignalType.ORB)
                    .findFirst()
                    .orElseThrow()
                    .getFeatures();
            LookupAnswer edited = match.lookup(
                    new Hashes()
                            .addQueriesItem(new LookupQuery().features(features).id("u1")),
                    null,
                    null,
                    true,
                    null,
                    null,
                    null,
                    null,
                    null);
            assertThat(edited.getResults().getFirst().getId()).isEqualTo("u1");
            assertThat(edited.getResults().getFirst().getMatches())
                    .extracting(Hit::getStrength)
                    .containsExactly(Hit.StrengthEnum.MATCH);

            ApiException refused = catchThrowableOfType(
                    ApiException.class,
                    () -> match.match(
                            "NOPE", null, null, null, null, null, null, null, null, null, null, null, null, sent));
            assertThat(refused.getCode()).isEqualTo(400);
            assertThat(refused.getResponseBody()).contains("\"field\":\"banks\"", "\"value\":\"NOPE\"");
        }
    }
}
