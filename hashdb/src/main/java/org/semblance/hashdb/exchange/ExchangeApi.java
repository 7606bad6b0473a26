package org.semblance.hashdb.exchange;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.exchange.ExchangeField.Type;

/** The source of the signals of an exchange; names and fields are those of python-threatexchange. */
public enum ExchangeApi {
    /** A few signals to try things with. */
    SAMPLE(List.of(), List.of()),

    /** Meta's ThreatExchange. */
    FB_THREATEXCHANGE(
            List.of(ExchangeField.required(
                    "privacy_group", Type.NUMBER, "ThreatPrivacyGroup ID for this collaboration")),
            List.of(ExchangeField.required("api_token", Type.STRING, "app token, as in app-id|secret"))),

    /** The hash sharing of the National Center for Missing and Exploited Children. */
    NCMEC(
            List.of(
                    new ExchangeField(
                            "environment",
                            Type.ENUM,
                            true,
                            null,
                            "which database to connect to",
                            List.of(
                                    "https://report.cybertip.org/hashsharing",
                                    "https://report.cybertip.org/exploitative-hashsharing",
                                    "https://lesp.ncmec.org/csam-hashsharing",
                                    "https://hashsharing.ncmec.org/npo",
                                    "https://hashsharing.ncmec.org/exploitative",
                                    "https://hashsharing.ncmec.org/generative-ai-csam",
                                    "https://hashsharing.ncmec.org/generative-ai-exploitative",
                                    "https://exttest.cybertip.org/hashsharing",
                                    "https://exttest.cybertip.org/exploitative-hashsharing",
                                    "https://betalesp.ncmec.org/csam-hashsharing",
                                    "https://hashsharing-test.ncmec.org/npo",
                                    "https://hashsharing-test.ncmec.org/exploitative",
                                    "https://hashsharing-test.ncmec.org/generative-ai-csam",
                                    "https://hashsharing-test.ncmec.org/generative-ai-exploitative")),
                    ExchangeField.optional(
                            "only_esp_ids",
                            Type.SET_OF_NUMBER,
                            List.of(),
                            "Only take entries from these electronic service provider (ESP) ids")),
            List.of(
                    ExchangeField.required("user", Type.STRING, "user name"),
                    ExchangeField.required("password", Type.STRING, "password"))),

    /** StopNCII.org. */
    STOP_NCII(
            List.of(),
            List.of(
                    ExchangeField.required("fetch_function_key", Type.STRING, "key of the FetchHashes endpoint"),
                    ExchangeField.required("subscription_key", Type.STRING, "sent as Ocp-Apim-Subscription-Key"),
                    ExchangeField.optional(
                            "base_url_override", Type.STRING, null, "in place of https://api.stopncii.org/v1"))),

    /** The hash list of Tech Against Terrorism. */
    TAT(
            List.of(),
            List.of(
                    ExchangeField.required("username", Type.STRING, "user name of the hash list API"),
                    ExchangeField.required("password", Type.STRING, "password of the hash list API"))),

    /** A file on the server's own disk that {@link HashListReader} reads. */
    LOCAL_FILE(
            List.of(
                    ExchangeField.required(
                            "filename", Type.STRING, "a file in the server's folder for exchanges, or below it"),
                    new ExchangeField(
                            "signal_type",
                            Type.ENUM,
                            false,
                            null,
                            "if the file row doesn't list the signal type, interpret as this type; pdq if not given",
                            List.of("pdq", "video_md5", "md5", "sha1", "sha256"))),
            List.of());

    private final List<ExchangeField> configFields;
    private final List<ExchangeField> credentialFields;

    ExchangeApi(List<ExchangeField> configFields, List<ExchangeField> credentialFields) {
        this.configFields = configFields;
        this.credentialFields = credentialFields;
    }

    /** The name in requests and answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What an exchange is configured with. */
    public List<ExchangeField> configFields() {
        return configFields;
    }

    /** What its partner wants to know; none if no credentials are needed. */
    public List<ExchangeField> credentialFields() {
        return credentialFields;
    }

    /** Whether this release can fetch from it. */
    public boolean isFetched() {
        return this == SAMPLE || this == LOCAL_FILE;
    }

    /** The API of that wire name. */
    public static Optional<ExchangeApi> of(String wireName) {
        return Arrays.stream(values())
                .filter(api -> api.wireName().equals(wireName))
                .findFirst();
    }

    /**
     * A configuration with all its fields, each checked; others are left out, as HMA does.
     *
     * @param given as JSON gives it
     * @throws IllegalArgumentException naming the field and what was expected
     */
    public Map<String, @Nullable Object> config(Map<String, @Nullable Object> given) {
        return checked(configFields, given);
    }

    /**
     * Credentials with all their fields.
     *
     * @throws IllegalArgumentException naming the field and what was expected, and no value
     */
    public Map<String, @Nullable Object> credentials(Map<String, @Nullable Object> given) {
        if (credentialFields.isEmpty()) {
            throw new IllegalArgumentException("exchange API '" + wireName() + "' takes no credentials");
        }
        for (String name : given.keySet()) {
            if (credentialFields.stream().noneMatch(field -> field.name().equals(name))) {
                throw new IllegalArgumentException("unknown field \"" + name + "\"");
            }
        }
        return checked(credentialFields, given);
    }

    private static Map<String, @Nullable Object> checked(
            List<ExchangeField> fields, Map<String, @Nullable Object> given) {
        Map<String, @Nullable Object> checked = new LinkedHashMap<>();
        for (ExchangeField field : fields) {
            checked.put(field.name(), field.check(given.get(field.name())));
        }
        return checked;
    }
}
