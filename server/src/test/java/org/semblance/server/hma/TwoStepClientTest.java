package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;

/** HMA's clients that hash first and then ask for each hash by its type, as Coop and policyserv do. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TwoStepClientTest {

    @RegisterExtension
    static final ServerExtension server =
            new ServerExtension(settings -> settings.set(Setting.HASH_TYPES, List.of("pdq", "video_md5", "vpdq")));

    /** A picture a second, each two frames long. */
    private static byte[] video(int firstPicture, int pictures, double quality) {
        List<BufferedImage> frames = new ArrayList<>();
        for (int picture = firstPicture; picture < firstPicture + pictures; picture++) {
            BufferedImage shown = Pictures.photo(picture, 96, 72);
            frames.add(shown);
            frames.add(shown);
        }
        return MotionJpeg.avi(frames, 2, quality);
    }

    /** The types under which the bank is found. */
    private static List<String> found(String contentType, byte[] file, String bank) {
        Answer hashed = server.postForm("/h/hash", contentType, file, Map.of());
        assertThat(hashed.status()).as(hashed.text()).isEqualTo(200);
        List<String> found = new ArrayList<>();
        hashed.json().properties().forEach(hash -> {
            Answer lookup = server.get("/m/lookup?signal_type=" + hash.getKey() + "&signal="
                    + URLEncoder.encode(hash.getValue().stringValue(), StandardCharsets.UTF_8)
                            .replace("+", "%20"));
            assertThat(lookup.status()).as(lookup.text()).isEqualTo(200);
            if (lookup.json().has(bank)) {
                found.add(hash.getKey());
            }
        });
        return found;
    }

    private static void bank(String name, byte[] video) {
        assertThat(server.postJson("/c/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
        assertThat(server.postForm("/c/bank/" + name + "/content", "video", video, Map.of())
                        .status())
                .isEqualTo(200);
    }

    @Test
    void findAReencodedVideoByItsFrames() {
        bank("CLIPS", video(300, 8, 0.95));
        assertThat(found("video", video(300, 8, 0.95), "CLIPS")).containsExactlyInAnyOrder("video_md5", "vpdq");
        assertThat(found("video", video(300, 8, 0.6), "CLIPS")).containsExactly("vpdq");
        assertThat(found("video", video(400, 8, 0.6), "CLIPS")).isEmpty();
        assertThat(found("photo", Pictures.png(Pictures.photo(303, 96, 72)), "CLIPS"))
                .containsExactly("pdq");
    }

    @Test
    void findALongVideoWhoseFramesFitIntoNoRequestLine() {
        bank("FILMS", video(1_000, 400, 0.95));
        Answer all = server.postForm("/h/hash?types=vpdq", "video", video(1_000, 400, 0.6), Map.of());
        assertThat(all.json().get("vpdq").stringValue().length()).isGreaterThan(20_000);
        assertThat(found("video", video(1_000, 400, 0.6), "FILMS")).containsExactly("vpdq");
    }

    @Test
    void aVideoThatDoesNotDecodeStillHasItsBytes() {
        byte[] text = "no video".getBytes(StandardCharsets.UTF_8);
        assertThat(server.postForm("/h/hash", "video", text, Map.of()).json().propertyNames())
                .containsExactly("video_md5");
        assertThat(server.postForm("/h/hash?types=vpdq", "video", text, Map.of())
                        .status())
                .isEqualTo(400);
    }
}
