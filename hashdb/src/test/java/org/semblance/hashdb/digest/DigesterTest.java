package org.semblance.hashdb.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.digest.Digester.Form;
import org.semblance.hashdb.digest.Digester.Result;

/** Against the JDK's digests, in each form that this machine has. */
class DigesterTest {
    private final SplittableRandom random = RandomSeed.random();

    @TempDir
    Path folder;

    static List<Form> forms() {
        return Form.available();
    }

    @Test
    void theFormIsNativeWhereThereIsALibraryAndAProcessorForIt() throws IOException {
        Path processors = Path.of("/proc/cpuinfo");
        assumeThat(Digester.class.getResource("/org/semblance/hashdb/natives/libsemblance.so"))
                .isNotNull();
        assumeThat(processors).content().containsPattern("(?m)^flags.* sha_ni( |$)");
        assertThat(Form.failure()).isEmpty();
        assertThat(Form.best()).isEqualTo(Form.NATIVE).hasToString("native-sha");
        assertThat(Digester.create()).isInstanceOf(NativeDigester.class);
    }

    /** RFC 1321, and the examples that NIST published for FIPS 180-4. */
    @ParameterizedTest
    @MethodSource("forms")
    void givesTheDigestsOfTheStandards(Form form) {
        assertThat(digest(form, ""))
                .isEqualTo(new Result(
                        "d41d8cd98f00b204e9800998ecf8427e",
                        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        assertThat(digest(form, "abc"))
                .isEqualTo(new Result(
                        "900150983cd24fb0d6963f7d28e17f72",
                        "a9993e364706816aba3e25717850c26c9cd0d89d",
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        Result twoBlocks = digest(form, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
        assertThat(twoBlocks.sha1()).isEqualTo("84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assertThat(twoBlocks.sha256()).isEqualTo("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        assertThat(digest(form, "1234567890".repeat(8)).md5()).isEqualTo("57edf4a22be3c955ac49da2e2107b67a");
        Result million = digest(form, "a".repeat(1_000_000));
        assertThat(million.sha1()).isEqualTo("34aa973cd4c4daa4f61eeb2bdbad27316534016f");
        assertThat(million.sha256()).isEqualTo("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    private static Result digest(Form form, String text) {
        Digester digester = form.digester();
        digester.update(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        return digester.finish();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void agreesWithTheJdkAtEveryLengthAroundTheBlocks(Form form) {
        Digester digester = form.digester();
        for (int length = 0; length <= 300; length++) {
            assertThat(inPieces(digester, random(length)))
                    .as("%d bytes, %s", length, RandomSeed.replay())
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void agreesWithTheJdkOnLargeContents(Form form) {
        Digester digester = form.digester();
        List<Integer> lengths = IntStream.concat(
                        IntStream.of(65_535, 65_536, 65_537, 1 << 20),
                        IntStream.generate(() -> random.nextInt(300_000)).limit(40))
                .boxed()
                .toList();
        for (int length : lengths) {
            assertThat(inPieces(digester, random(length)))
                    .as("%d bytes, %s", length, RandomSeed.replay())
                    .isTrue();
        }
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Whether it gives the JDK's digests for bytes that come in pieces, and leaves the buffers as they were. */
    private boolean inPieces(Digester digester, byte[] bytes) {
        int most = 1 + random.nextInt(random.nextBoolean() ? 100 : 200_000);
        int at = 0;
        while (at < bytes.length) {
            int size = Math.min(bytes.length - at, random.nextInt(most + 1));
            ByteBuffer piece = buffer(bytes, at, size);
            ByteBuffer before = piece.duplicate();
            digester.update(piece);
            assertThat(piece.position()).as(RandomSeed.replay()).isEqualTo(before.position());
            assertThat(piece.limit()).as(RandomSeed.replay()).isEqualTo(before.limit());
            at += size;
        }
        return digester.finish().equals(expected(bytes));
    }

    /** One that has other bytes before and behind. */
    private ByteBuffer buffer(byte[] bytes, int from, int size) {
        int before = random.nextInt(70);
        int room = before + size + random.nextInt(70);
        ByteBuffer buffer = random.nextBoolean() ? ByteBuffer.allocate(room) : ByteBuffer.allocateDirect(room);
        buffer.put(before, bytes, from, size);
        if (random.nextBoolean() && before > 0) {
            int skipped = random.nextInt(before);
            buffer = buffer.slice(skipped, room - skipped);
            before -= skipped;
        }
        buffer.position(before).limit(before + size);
        return random.nextBoolean() ? buffer.asReadOnlyBuffer() : buffer;
    }

    private static Result expected(byte[] bytes) {
        return new Result(hex("MD5", bytes), hex("SHA-1", bytes), hex("SHA-256", bytes));
    }

    private static String hex(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void readsAMappedFile(Form form) throws IOException {
        byte[] bytes = random(200_000);
        Path file = Files.write(folder.resolve("content"), bytes);
        Digester digester = form.digester();
        try (FileChannel channel = FileChannel.open(file)) {
            digester.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, 70_001));
            digester.update(
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes.length).position(70_001));
        }
        assertThat(digester.finish()).as(RandomSeed.replay()).isEqualTo(expected(bytes));
    }

    /** Native code that read beyond the end of the file would end this process. */
    @ParameterizedTest
    @MethodSource("forms")
    void aMappedFileThatBecameShorterIsAnError(Form form) throws IOException {
        Path file = Files.write(folder.resolve("content"), random(200_000));
        Digester digester = form.digester();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 200_000);
            channel.truncate(100);
            assertThatThrownBy(() -> digester.update(mapped)).isInstanceOf(InternalError.class);
        }
    }
}
