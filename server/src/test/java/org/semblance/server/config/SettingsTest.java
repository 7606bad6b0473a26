package org.semblance.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.semblance.engine.media.DecodePath;
import org.semblance.server.auth.AccessPolicy;

class SettingsTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("semblance.toml"), text);
    }

    private static Settings resolve(Path file) {
        return Settings.resolve(Map.of(), Map.of(), file);
    }

    @Test
    void takesTheFlagBeforeTheEnvironmentBeforeTheFileBeforeTheDefault() throws IOException {
        Path file = file("# a comment\nport = 1\nworkers = 2\n\nhost = \"::1\"\n");
        Settings settings = Settings.resolve(
                Map.of(Setting.PORT, "3"),
                Map.of("SEMBLANCE_PORT", "4", "SEMBLANCE_WORKERS", "5", "SEMBLANCE_SERVICE_HOST", "10.0.0.1"),
                file);
        assertThat(settings.config().port()).isEqualTo(3);
        assertThat(settings.config().workers()).isEqualTo(5);
        assertThat(settings.config().bindAddress()).isEqualTo("::1");
        assertThat(settings.config().workQueueLimit()).isEqualTo(128);
        assertThat(settings.origin(Setting.PORT)).isEqualTo("--port");
        assertThat(settings.origin(Setting.WORKERS)).isEqualTo("SEMBLANCE_WORKERS");
        assertThat(settings.origin(Setting.HOST)).isEqualTo(file + " line 5");
        assertThat(settings.origin(Setting.WORK_QUEUE_LIMIT)).isEqualTo("default");
    }

    @Test
    void readsEachKindOfValue() throws IOException {
        ServerConfig config = resolve(file("""
                        data = 'C:\\somewhere'
                        access = "open_to_network"
                        decode = "exact"
                        max_body_bytes = 50_000_000
                        """)).config();
        assertThat(config.dataFolder()).isEqualTo(Path.of("C:\\somewhere"));
        assertThat(config.access()).isEqualTo(AccessPolicy.OPEN_TO_NETWORK);
        assertThat(config.decodePath()).isEqualTo(DecodePath.EXACT);
        assertThat(config.maxBodyBytes()).isEqualTo(50_000_000);
        assertThat(config.uploadFolder()).isEqualTo(Path.of("C:\\somewhere", "uploads"));
        assertThat(Settings.resolve(Map.of(Setting.ACCESS, "open-to-network"), Map.of(), null)
                        .config()
                        .access())
                .isEqualTo(AccessPolicy.OPEN_TO_NETWORK);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "prot = 1 | line 2: unknown key prot (did you mean port?)",
                "max_body_byte = 1 | line 2: unknown key max_body_byte (did you mean max_body_bytes?)",
                "quite_something_else = 1 | line 2: unknown key quite_something_else",
                "[server] | line 2: unknown key server",
                "port = '80' | line 2: port: \"80\" (expected: a whole number, 0 to 65535)",
                "port = 8.5 | line 2: port: 8.5 (expected: a whole number, 0 to 65535)",
                "port = 65_536 | line 2: port: 65536 (expected: a whole number, 0 to 65535)",
                "port = 99999999999999999999 | line 2: port: 99999999999999999999 (expected: a whole number, 0 to 65535)",
                "port = [1] | line 2: port: [1] (expected: a whole number, 0 to 65535)",
                "host = 7 | line 2: host: 7 (expected: a text that is not empty)",
                "host = ' ' | line 2: host: \" \" (expected: a text that is not empty)",
                "data = '' | line 2: data: \"\" (expected: a path)",
                "access = 'maybe' | line 2: access: \"maybe\" (expected: keys, open or open_to_network)",
                "tls_certificate = 7 | line 2: tls_certificate: 7 (expected: a path, or nothing)",
                "max_video_bytes = 5 | line 2: max_video_bytes: 5 (expected: at least 100000000)",
            })
    void namesWhatIsWrongAndWhere(String line, String message) throws IOException {
        Path file = file("# settings\n" + line + "\n");
        assertThatThrownBy(() -> resolve(file))
                .isInstanceOf(ConfigRefusedException.class)
                .hasMessage(file + " " + message);
    }

    @Test
    void namesTheLineOfWhatIsNoToml() throws IOException {
        for (String bad : new String[] {"port = = 1", "port = 1\nport = 2", "port 1", "host = \"open"}) {
            Path file = file("# settings\n" + bad + "\n");
            assertThatThrownBy(() -> resolve(file))
                    .isInstanceOf(ConfigRefusedException.class)
                    .hasMessageMatching(Pattern.quote(file.toString()) + " line [234]: not valid TOML: (?s).+");
        }
        assertThatThrownBy(() -> resolve(folder.resolve("none.toml")))
                .isInstanceOf(ConfigRefusedException.class)
                .hasMessage(folder.resolve("none.toml") + ": not there");
        Path binary = Files.write(folder.resolve("binary.toml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> resolve(binary))
                .isInstanceOf(ConfigRefusedException.class)
                .hasMessage(binary + ": is not UTF-8");
    }

    @Test
    void wantsACertificateAndItsKeyOrNeither() throws IOException {
        assertThat(resolve(file("")).config().tls()).isNull();
        assertThat(resolve(file("tls_key = \"k\"\ntls_certificate = \"c\"\n"))
                        .config()
                        .tls())
                .isEqualTo(new TlsFiles(Path.of("c"), Path.of("k")));
        assertThat(Settings.resolve(
                                Map.of(),
                                Map.of("SEMBLANCE_TLS_KEY", "", "SEMBLANCE_TLS_CERTIFICATE", ""),
                                file("tls_key = \"k\"\ntls_certificate = \"c\"\n"))
                        .config()
                        .tls())
                .isNull();
        assertThatThrownBy(() -> resolve(file("tls_certificate = \"c\"\n")))
                .isInstanceOf(ConfigRefusedException.class)
                .hasMessage("tls_key: not set (expected: a path, since tls_certificate is set)");
        assertThatThrownBy(() -> Settings.resolve(Map.of(Setting.TLS_KEY, "k"), Map.of(), file("")))
                .isInstanceOf(ConfigRefusedException.class)
                .hasMessage("tls_certificate: not set (expected: a path, since tls_key is set)");
    }

    @Test
    void tellsAllThatIsWrongAtOnceAlsoWhatAnotherSourceOverrides() throws IOException {
        Path file = file("port = -1\nwokers = 3\n");
        assertThatThrownBy(() -> Settings.resolve(
                        Map.of(Setting.PORT, "80", Setting.DECODE, "slow"),
                        Map.of("SEMBLANCE_DEADLINE_MS", "10s"),
                        file))
                .hasMessage(file + " line 1: port: -1 (expected: a whole number, 0 to 65535)\n" + file
                        + " line 2: unknown key wokers (did you mean workers?)\n"
                        + "SEMBLANCE_DEADLINE_MS: '10s' (expected: a whole number, 1 to 600000)\n"
                        + "--decode: 'slow' (expected: fast or exact)");
    }

    @ParameterizedTest
    @MethodSource("org.semblance.server.config.Setting#all")
    <T> void writesEachValueSoThatItCanBeReadAgain(Setting<T> key) throws IOException {
        T value = resolve(file("")).config().value(key);
        Settings again = resolve(file(key.key() + " = " + key.toml(value) + "\n"));
        assertThat(again.config().value(key)).isEqualTo(value);
        assertThat(again.origin(key)).endsWith("line 1");
        assertThat(Settings.resolve(Map.of(key, key.text(value)), Map.of(), null)
                        .config()
                        .value(key))
                .isEqualTo(value);
    }

    /** A constant is all that a setting needs: its name is the one it is called by. */
    @Test
    void eachSettingIsAConstantOfItsName() throws IllegalAccessException {
        List<Setting<?>> constants = new ArrayList<>();
        for (Field field : Setting.class.getFields()) {
            Setting<?> setting = (Setting<?>) field.get(null);
            assertThat(setting.variable()).isEqualTo("SEMBLANCE_" + field.getName());
            constants.add(setting);
        }
        assertThat(Setting.all()).containsExactlyElementsOf(constants).hasSizeGreaterThan(40);
    }

    /** Of a number that fits into 64 bits and not into 32, as of one that is out of the range. */
    @Test
    void aWholeNumberOfTheWrongSizeIsNamed() throws IOException {
        for (String number : List.of("65536", "4294967296", "-1")) {
            Path file = file("port = " + number);
            assertThatThrownBy(() -> resolve(file))
                    .isInstanceOf(ConfigRefusedException.class)
                    .hasMessageContaining("port: " + number + " (expected: a whole number, 0 to 65535)");
        }
    }

    /** To make it anew: {@code ./semblance config --default > server/src/main/dist/semblance.toml}. */
    @Test
    void theFileOfTheArchiveIsMadeOfTheKeys() throws IOException {
        assertThat(Path.of("src/main/dist/semblance.toml")).hasContent(Settings.annotatedFile());
    }

    @Test
    void theFileOfTheArchiveSaysTheDefaults() throws IOException {
        assertThat(resolve(file(Settings.annotatedFile())).config().port()).isEqualTo(5100);
        String set = Settings.annotatedFile().replaceAll("(?m)^#(\\w+ = .+)$", "$1");
        Settings settings = resolve(file(set));
        for (Setting<?> key : Setting.all()) {
            assertThat(settings.origin(key))
                    .isEqualTo(key.hasFixedDefault() ? folder.resolve("semblance.toml") + place(set, key) : "default");
            assertThat(settings.config().value(key))
                    .isEqualTo(resolve(file("")).config().value(key));
        }
    }

    private static String place(String text, Setting<?> key) {
        return " line " + (text.lines().toList().indexOf(key.key() + " = " + key.defaultText()) + 1);
    }

    @Test
    void theDocumentsNameNoKeyThatIsNotThere() throws IOException {
        String document = Files.readString(Path.of("../docs/operate.md"));
        Pattern block = Pattern.compile("```toml\\n(.*?)```", Pattern.DOTALL);
        String example = block.matcher(document)
                .results()
                .map((MatchResult found) -> found.group(1))
                .findFirst()
                .orElseThrow();
        assertThat(resolve(file(example)).config().value(Setting.HOST)).isEqualTo("0.0.0.0");
    }
}
