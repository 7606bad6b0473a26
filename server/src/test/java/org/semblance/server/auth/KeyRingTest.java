package org.semblance.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.HashDb;

class KeyRingTest {
    private static final Instant NOW = Instant.parse("2026-11-25T01:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static KeyRing.Draft draft(String name) {
        return new KeyRing.Draft(name, Role.MATCH, Set.of(), false, null, null, null);
    }

    private Path file() {
        return folder.resolve("keys.json");
    }

    @Test
    void storesTheHashOfASecretAndReadsBackWhatItWrote() throws Exception {
        KeyRing keys = new KeyRing(folder);
        KeyRing.Made made = keys.create(
                new KeyRing.Draft(
                        "full", Role.CURATE, Set.of("A", "B_2"), true, 2.5, 3, Instant.parse("2027-01-01T00:00:00Z")),
                NOW);
        assertThat(made.secret()).matches("smb_[A-Za-z0-9_-]{43}");
        assertThat(Base64.getUrlDecoder().decode(made.secret().substring(4))).hasSize(32);
        String stored = Files.readString(file());
        assertThat(stored).doesNotContain(made.secret(), made.secret().substring(4));
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(made.secret().getBytes(StandardCharsets.UTF_8));
        assertThat(stored).contains(HexFormat.of().formatHex(hash));
        KeyRing.Made second = keys.create(draft("plain"), NOW);
        assertThat(second.secret()).isNotEqualTo(made.secret());
        assertThat(keys.keys()).containsExactly(made.key(), second.key());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void revokesForGoodAndKeepsTheName() {
        KeyRing keys = new KeyRing(folder);
        keys.create(draft("a"), NOW);
        keys.create(draft("b"), NOW);
        keys.revoke("a", NOW.plusSeconds(1));
        keys.revoke("a", NOW.plusSeconds(2));
        assertThat(keys.keys()).extracting(Key::revokedAt).containsExactly(NOW.plusSeconds(1), null);
        assertThatThrownBy(() -> keys.create(draft("a"), NOW)).hasMessageStartingWith("name: 'a' is taken");
        assertThatThrownBy(() -> keys.revoke("c", NOW)).hasMessageStartingWith("name: 'c' (expected: ");
    }

    @Test
    void isMadeWhileADatabaseIsServedAndBeforeThereIsOne() {
        Path before = folder.resolve("before");
        new KeyRing(before).create(draft("a"), NOW);
        try (HashDb db = HashDb.open(before)) {
            assertThat(db.seq()).isZero();
            new KeyRing(before).create(draft("b"), NOW);
        }
        assertThat(new KeyRing(before).keys()).hasSize(2);
    }

    @Test
    void isNotMadeInAFolderOfSomethingElse() throws IOException {
        Files.createFile(folder.resolve("holiday.jpg"));
        assertThatThrownBy(() -> new KeyRing(folder).create(draft("a"), NOW))
                .isInstanceOf(DatabaseRefusedException.class)
                .hasMessageContaining("holiday.jpg");
        assertThat(file()).doesNotExist();
    }

    @Test
    void losesNoneOfThoseThatAreMadeAtTheSameTime() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> made = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String name = "k" + i;
                made.add(threads.submit(() -> new KeyRing(folder).create(draft(name), NOW)));
            }
            for (Future<?> each : made) {
                each.get();
            }
        }
        assertThat(new KeyRing(folder).keys()).hasSize(20);
    }

    @Test
    void getsOverAFileThatACrashLeftAside() throws IOException {
        Files.writeString(folder.resolve("keys.json.new"), "half");
        new KeyRing(folder).create(draft("a"), NOW);
        assertThat(new KeyRing(folder).keys()).hasSize(1);
        assertThat(folder.resolve("keys.json.new")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | no object with an array of keys",
                "{\"format\":1,\"keys\":[ | not valid JSON: ",
                "{\"format\":2,\"keys\":[]} | format: 2 (expected: 1)",
                "{\"format\":1,\"keys\":[7]} | keys[0]: no object",
                "{\"format\":1,\"keys\":[{\"role\":\"match\"}]} | keys[0]: name: missing",
                "KEY(\"role\":\"root\") | role: \"root\" (expected: match, curate, admin, ops or node)",
                "KEY(\"role\":\"match\",\"banks\":[]) | banks: [] (expected: an array of names, or no such field",
                "KEY(\"role\":\"match\",\"banks\":[7]) | bank: '' (expected: UPPER_WITH_UNDERSCORE)",
                "KEY(\"role\":\"match\",\"banks\":\"A\") | banks: \"A\" (expected: an array",
                "KEY(\"role\":\"match\",\"hide_distance\":\"yes\") | hide_distance: \"yes\" (expected: true or false)",
                "KEY(\"role\":\"match\",\"rate_per_second\":0) | rate: '0.0' (expected: above 0",
                "KEY(\"role\":\"match\",\"concurrent\":1.5) | concurrent: 1.5 (expected: a whole number)",
                "KEY(\"role\":\"match\",\"expires_at\":\"soon\") | keys[0]: Text 'soon' could not be parsed",
                "KEY(\"role\":\"match\",\"expire_at\":\"2027-01-01T00:00:00Z\") | unknown field 'expire_at'",
            })
    void refusesADamagedFileAndSaysWhere(String content, String why) throws IOException {
        String whole = content.startsWith("KEY(")
                ? "{\"format\":1,\"keys\":[{\"name\":\"a\",\"sha256\":\"" + "0".repeat(64) + "\","
                        + content.substring(4, content.length() - 1) + "}]}"
                : content;
        Files.writeString(file(), whole);
        assertThatThrownBy(() -> new KeyRing(folder).keys())
                .isInstanceOf(KeysRefusedException.class)
                .hasMessageStartingWith(file() + ": damaged: ")
                .hasMessageContaining(why);
        assertThatThrownBy(() -> new Gate(new KeyRing(folder), AccessPolicy.KEYS, () -> NOW, () -> 0))
                .isInstanceOf(KeysRefusedException.class);
        assertThatThrownBy(() -> new KeyRing(folder).create(draft("b"), NOW)).isInstanceOf(KeysRefusedException.class);
        assertThat(file()).hasContent(whole);
    }

    @Test
    void refusesAKeyThatIsThereTwice() throws IOException {
        String key = "{\"name\":\"a\",\"sha256\":\"" + "0".repeat(64) + "\",\"role\":\"match\"}";
        Files.writeString(file(), "{\"format\":1,\"keys\":[" + key + "," + key + "]}");
        assertThatThrownBy(() -> new KeyRing(folder).keys()).hasMessageContaining("keys[1]: name or secret");
    }

    @ParameterizedTest
    @CsvSource({"'',1,1", "a/b,1,1", "-a,1,1", "ok,0,1", "ok,NaN,1", "ok,1e7,1", "ok,1,0"})
    void refusesAValueOutOfItsRange(String name, double rate, int concurrent) {
        KeyRing.Draft draft = new KeyRing.Draft(name, Role.MATCH, Set.of(), false, rate, concurrent, null);
        assertThatThrownBy(() -> new KeyRing(folder).create(draft, NOW)).isInstanceOf(IllegalArgumentException.class);
        assertThat(file()).doesNotExist();
    }
}
