package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.server.config.HmaEdited;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** Copies that no hash finds, over HTTP: by local features. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EditedCopiesTest {
    private static final BufferedImage PHOTO = Pictures.photo(51, 640, 480);
    private static final BufferedImage OTHER = Pictures.photo(52, 640, 480);

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    private long bank(String bank, BufferedImage picture) {
        Answer answer = server.send("POST", "/v1/banks/" + bank + "/content", FILE, Pictures.png(picture));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().get("id").longValue();
    }

    private static final Map<String, String> FILE = Map.of("Content-Type", "application/octet-stream");

    private JsonNode match(String query, BufferedImage picture) {
        Answer answer = server.send("POST", "/v1/match" + query, FILE, Pictures.jpeg(picture, 0.7));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private void create(String json) {
        assertThat(server.postJson("/v1/banks", json).status()).isEqualTo(201);
    }

    private static BufferedImage crop(BufferedImage picture) {
        return picture.getSubimage(
                picture.getWidth() / 8,
                picture.getHeight() / 8,
                picture.getWidth() * 5 / 8,
                picture.getHeight() * 5 / 8);
    }

    private static BufferedImage pasted(BufferedImage picture, BufferedImage into) {
        BufferedImage pasted = new BufferedImage(into.getWidth(), into.getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = pasted.createGraphics();
        pen.drawImage(into, 0, 0, null);
        AffineTransform corner = AffineTransform.getTranslateInstance(260, 200);
        corner.scale(0.5, 0.5);
        pen.drawImage(picture, corner, null);
        pen.dispose();
        return pasted;
    }

    private String cropVerdict() {
        return match("", crop(PHOTO)).get("verdict").stringValue();
    }

    @Test
    void aBankSwitchesFeaturesOffAndOn() {
        create("{\"name\":\"KNOWN\"}");
        create("{\"name\":\"PLAIN\",\"features\":false}");
        Answer plain = server.send("POST", "/v1/banks/PLAIN/content", FILE, Pictures.png(PHOTO));
        assertThat(plain.json().has("features")).isFalse();
        assertThat(cropVerdict()).isEqualTo("no_match");
        bank("KNOWN", PHOTO);
        assertThat(cropVerdict()).isEqualTo("match");

        Answer off = server.sendJson("PATCH", "/v1/banks/KNOWN", "{\"features\":false}");
        assertThat(off.json().get("features").booleanValue()).isFalse();
        assertThat(cropVerdict()).isEqualTo("no_match");
        assertThat(match("", PHOTO).get("verdict").stringValue()).isEqualTo("match");
        server.restart(settings -> settings);
        assertThat(cropVerdict()).isEqualTo("no_match");
        server.sendJson("PATCH", "/v1/banks/KNOWN", "{\"features\":true}");
        assertThat(cropVerdict()).isEqualTo("match");
        assertThat(server.post("/v1/verify", new byte[0]).json().get("clean").booleanValue())
                .isTrue();
        assertThat(server.sendJson("PATCH", "/v1/banks/KNOWN", "{\"features\":\"no\"}")
                        .text())
                .contains("\"field\":\"features\"", "true or false");
    }

    @Test
    void findsACropAndSaysWhereItLies() {
        create("{\"name\":\"KNOWN\"}");
        long id = bank("KNOWN", PHOTO);
        JsonNode answer = match("", crop(PHOTO));
        assertThat(answer.get("verdict").stringValue()).as(answer.toString()).isEqualTo("match");
        JsonNode hit = answer.get("matches").get(0);
        assertThat(hit.get("content_id").longValue()).isEqualTo(id);
        assertThat(hit.get("signal_type").stringValue()).isEqualTo("orb");
        assertThat(hit.get("strength").stringValue()).isEqualTo("match");
        JsonNode placement = hit.get("placement");
        assertThat(placement.get("mirrored").booleanValue()).isFalse();
        assertThat(placement.get("matrix").get(0).doubleValue()).isBetween(1.58, 1.62);
        assertThat(placement
                        .get("bank_region")
                        .valueStream()
                        .mapToDouble(corner -> corner.get(0).doubleValue())
                        .min())
                .hasValueCloseTo(0.125, within(0.01));
        assertThat(match("?features=false", crop(PHOTO)).get("verdict").stringValue())
                .isEqualTo("no_match");
        assertThat(match("", crop(OTHER)).get("verdict").stringValue()).isEqualTo("no_match");
        assertThat(server.send("POST", "/v1/match?features=maybe", FILE, Pictures.png(PHOTO))
                        .text())
                .contains("\"field\":\"features\"", "true or false");
        server.send("DELETE", "/v1/banks/KNOWN/content/" + id, Map.of(), new byte[0]);
        assertThat(match("", crop(PHOTO)).get("verdict").stringValue()).isEqualTo("no_match");
    }

    @Test
    void findsAMirroredCopyInAnotherPictureAfterARestart() {
        create("{\"name\":\"KNOWN\"}");
        bank("KNOWN", PHOTO);
        server.restart(settings -> settings);
        BufferedImage mirrored = new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB);
        mirrored.createGraphics().drawImage(PHOTO, 640, 0, -640, 480, null);
        JsonNode answer = match("", pasted(mirrored, OTHER));
        assertThat(answer.get("verdict").stringValue()).as(answer.toString()).isEqualTo("match");
        assertThat(answer.get("matches").get(0).get("placement").get("mirrored").booleanValue())
                .isTrue();
    }

    @Test
    void anAllowedPictureSuppressesWhatShowsNoMoreThanItself() {
        create("{\"name\":\"KNOWN\"}");
        create("{\"name\":\"FINE\",\"kind\":\"allow\"}");
        bank("KNOWN", PHOTO);
        long fine = bank("FINE", PHOTO.getSubimage(20, 20, 600, 440));
        JsonNode answer = match("", crop(PHOTO));
        assertThat(answer.get("verdict").stringValue()).as(answer.toString()).isEqualTo("suppressed");
        assertThat(answer.get("suppressed_by").get(0).get("bank").stringValue()).isEqualTo("FINE");

        String quarantine = "{\"quarantine\":{\"reason\":\"allowed by mistake\"}}";
        assertThat(server.sendJson("PATCH", "/v1/banks/FINE/content/" + fine, quarantine)
                        .status())
                .isEqualTo(200);
        assertThat(cropVerdict()).isEqualTo("match");
    }

    @Test
    void anAllowedTemplateSuppressesNoCardOfIt() {
        create("{\"name\":\"KNOWN\"}");
        create("{\"name\":\"FINE\",\"kind\":\"allow\"}");
        BufferedImage template = card(1);
        template.createGraphics().fillRect(0, 120, 640, 240);
        bank("FINE", template);
        long id = bank("KNOWN", card(1));
        JsonNode answer = match("", card(1).getSubimage(0, 0, 600, 440));
        assertThat(answer.get("verdict").stringValue()).as(answer.toString()).isEqualTo("match");
        assertThat(answer.get("matches").get(0).get("content_id").longValue()).isEqualTo(id);
    }

    @Test
    void anotherCardOfATemplateIsNoMatch() {
        create("{\"name\":\"KNOWN\"}");
        for (int i = 0; i < 12; i++) {
            bank("KNOWN", card(i));
        }
        JsonNode other = match("?likely=true", card(99));
        assertThat(other.get("verdict").stringValue()).as(other.toString()).isIn("likely", "no_match");
        assertThat(other.get("matches")).isEmpty();
        assertThat(match("", card(99)).get("verdict").stringValue()).isEqualTo("no_match");
    }

    /** The same frame and emblem around other words. */
    private static BufferedImage card(int number) {
        BufferedImage card = new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = card.createGraphics();
        pen.drawImage(OTHER.getSubimage(0, 0, 640, 120), 0, 0, null);
        pen.drawImage(OTHER.getSubimage(0, 300, 640, 120), 0, 360, null);
        pen.setColor(Color.WHITE);
        pen.setFont(new Font(Font.DIALOG, Font.BOLD, 34));
        Random random = new Random(number);
        for (int line = 0; line < 5; line++) {
            StringBuilder words = new StringBuilder();
            for (int i = 0; i < 24; i++) {
                words.append((char) ('a' + random.nextInt(26)));
            }
            pen.drawString(words.toString(), 30, 165 + 44 * line);
        }
        pen.dispose();
        return card;
    }

    @Test
    void hmasClientsAreToldOfEditedCopiesWhereTheSettingSays() {
        assertThat(server.postJson("/c/banks", "{\"name\":\"HMA\"}").status()).isEqualTo(201);
        for (HmaEdited where : HmaEdited.values()) {
            server.restart(config -> config.set(Setting.HMA_EDITED_COPIES, where));
            if (where == HmaEdited.OFF) {
                Answer banked = server.postForm("/c/bank/HMA/content", "photo", Pictures.png(PHOTO), Map.of());
                assertThat(banked.status()).as(banked.text()).isEqualTo(200);
            }
            JsonNode found = server.postForm(
                            "/m/lookup?bypass_coinflip=true", "photo", Pictures.jpeg(crop(PHOTO), 0.8), Map.of())
                    .json();
            assertThat(found.toString())
                    .isEqualTo(
                            switch (where) {
                                case OFF -> "{\"pdq\":{}}";
                                case PDQ -> "{\"pdq\":{\"HMA\":[{\"bank_content_id\":1,\"distance\":\"31\"}]}}";
                                case ORB ->
                                    "{\"orb\":{\"HMA\":[{\"bank_content_id\":1,\"distance\":\"31\"}]},\"pdq\":{}}";
                            });
        }
    }
}
