package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentFields.State;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The text of journal payloads: a JSON object with sorted members. Rows are chained by a hash over this text, so the form of
 * a kind never changes; a new form is a new kind.
 *
 * <pre>
 * kind              members
 * create_bank       bank_id, kind, and all fields of the bank
 * update_bank       bank_id, bank, from, to
 * delete_bank       bank_id, bank, contents
 * add_contents      bank_id, bank, first_id, contents, sha256
 * update_content    bank_id, bank, content_id, from, to
 * withdraw_content  bank_id, bank, content_id
 *
 * fields of a bank     name, enabled_ratio, description, distance_threshold, features (in create_bank only if false)
 * fields of a content  status with disabled_until, labels, note, metadata
 * </pre>
 *
 * <p>{@code from} and {@code to} have the fields that the change gives, and no others.
 */
public final class PayloadCodec {
    /** The kind of {@link ContentsAdded}. */
    public static final String ADD_CONTENTS = "add_contents";

    private static final String CREATE_BANK = "create_bank";
    private static final String UPDATE_BANK = "update_bank";
    private static final String DELETE_BANK = "delete_bank";
    public static final String UPDATE_CONTENT = "update_content";
    public static final String WITHDRAW_CONTENT = "withdraw_content";

    private static final JsonMapper JSON = new JsonMapper();

    private PayloadCodec() {}

    /** The name of the kind of change. */
    public static String kind(JournalPayload payload) {
        return switch (payload) {
            case BankCreated created -> CREATE_BANK;
            case BankUpdated updated -> UPDATE_BANK;
            case BankDeleted deleted -> DELETE_BANK;
            case ContentsAdded added -> ADD_CONTENTS;
            case ContentUpdated updated -> UPDATE_CONTENT;
            case ContentWithdrawn withdrawn -> WITHDRAW_CONTENT;
        };
    }

    /** The JSON text. */
    public static String write(JournalPayload payload) {
        SortedMap<String, @Nullable Object> members = new TreeMap<>();
        members.put("bank_id", payload.bankId());
        switch (payload) {
            case BankCreated created -> {
                members.put("kind", created.kind().wireName());
                members.putAll(members(created.fields()));
            }
            case BankUpdated updated -> {
                members.put("bank", updated.bank());
                members.put("from", members(updated.from()));
                members.put("to", members(updated.to()));
            }
            case BankDeleted deleted -> {
                members.put("bank", deleted.bank());
                members.put("contents", deleted.contents());
            }
            case ContentsAdded added -> {
                members.put("bank", added.bank());
                members.put("first_id", added.firstId());
                members.put("contents", added.contents());
                members.put("sha256", added.sha256());
            }
            case ContentUpdated updated -> {
                members.put("bank", updated.bank());
                members.put("content_id", updated.contentId());
                members.put("from", members(updated.from()));
                members.put("to", members(updated.to()));
            }
            case ContentWithdrawn withdrawn -> {
                members.put("bank", withdrawn.bank());
                members.put("content_id", withdrawn.contentId());
            }
        }
        return JSON.writeValueAsString(members);
    }

    private static SortedMap<String, @Nullable Object> members(BankFields fields) {
        SortedMap<String, @Nullable Object> members = new TreeMap<>();
        putGiven(members, "name", fields.name());
        putGiven(members, "enabled_ratio", fields.enabledRatio());
        putGiven(members, "description", fields.description());
        put(members, "distance_threshold", fields.distanceThreshold());
        putGiven(members, "features", fields.features());
        put(members, "handling", fields.handling());
        put(members, "legal_basis", fields.legalBasis());
        return members;
    }

    private static SortedMap<String, @Nullable Object> members(ContentFields fields) {
        SortedMap<String, @Nullable Object> members = new TreeMap<>();
        State state = fields.state();
        if (state != null) {
            Instant until = state.disabledUntil();
            members.put("status", state.status().wireName());
            members.put("disabled_until", until == null ? null : until.toEpochMilli());
        }
        putGiven(members, "labels", fields.labels());
        put(members, "note", fields.note());
        put(members, "source", fields.source());
        put(members, "metadata", fields.metadata());
        put(members, "distance_threshold", fields.distanceThreshold());
        put(members, "handling", fields.handling());
        Given<Quarantine> quarantine = fields.quarantine();
        if (quarantine != null) {
            Quarantine value = quarantine.value();
            members.put(
                    "quarantine",
                    value == null ? null : new TreeMap<>(Map.of("reason", value.reason(), "exact", value.exact())));
        }
        put(members, "confirmed_by", fields.confirmedBy());
        return members;
    }

    private static void putGiven(SortedMap<String, @Nullable Object> members, String name, @Nullable Object value) {
        if (value != null) {
            members.put(name, value);
        }
    }

    private static void put(SortedMap<String, @Nullable Object> members, String name, @Nullable Given<?> given) {
        if (given != null) {
            members.put(name, given.value());
        }
    }

    /**
     * Reads a payload.
     *
     * @throws IllegalArgumentException if the kind is not known, as that of a newer release, or the text is not a payload of
     *     that kind; the message says which
     */
    public static JournalPayload read(String kind, String json) {
        JournalPayload payload;
        try {
            payload = read(kind, JSON.readTree(json));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IllegalArgumentException("its payload cannot be read", e);
        }
        if (payload == null) {
            throw new IllegalArgumentException("this release does not know its kind, '" + kind + "'");
        }
        return payload;
    }

    /** Null if the kind is not known. */
    private static @Nullable JournalPayload read(String kind, JsonNode object) {
        long bankId = object.required("bank_id").longValue();
        return switch (kind) {
            case CREATE_BANK ->
                new BankCreated(
                        bankId,
                        constant(BankKind.values(), BankKind::wireName, object.required("kind")),
                        bankFields(object));
            case UPDATE_BANK ->
                new BankUpdated(
                        bankId, bank(object), bankFields(object.required("from")), bankFields(object.required("to")));
            case DELETE_BANK ->
                new BankDeleted(
                        bankId, bank(object), object.required("contents").intValue());
            case ADD_CONTENTS ->
                new ContentsAdded(
                        bankId,
                        bank(object),
                        object.required("first_id").longValue(),
                        object.required("contents").intValue(),
                        object.required("sha256").stringValue());
            case UPDATE_CONTENT ->
                new ContentUpdated(
                        bankId,
                        bank(object),
                        contentId(object),
                        contentFields(object.required("from")),
                        contentFields(object.required("to")));
            case WITHDRAW_CONTENT -> new ContentWithdrawn(bankId, bank(object), contentId(object));
            default -> null;
        };
    }

    private static String bank(JsonNode object) {
        return object.required("bank").stringValue();
    }

    private static long contentId(JsonNode object) {
        return object.required("content_id").longValue();
    }

    private static BankFields bankFields(JsonNode object) {
        return new BankFields(
                value(object.get("name"), JsonNode::stringValue),
                value(object.get("enabled_ratio"), JsonNode::doubleValue),
                value(object.get("description"), JsonNode::stringValue),
                given(object.get("distance_threshold"), JsonNode::intValue),
                value(object.get("features"), JsonNode::booleanValue),
                given(object.get("handling"), JsonNode::stringValue),
                given(object.get("legal_basis"), JsonNode::stringValue));
    }

    private static ContentFields contentFields(JsonNode object) {
        return new ContentFields(
                value(
                        object.get("status"),
                        status -> new State(
                                constant(ContentStatus.values(), ContentStatus::wireName, status),
                                orNull(
                                        object.get("disabled_until"),
                                        until -> Instant.ofEpochMilli(until.longValue())))),
                value(object.get("labels"), PayloadCodec::texts),
                given(object.get("note"), JsonNode::stringValue),
                given(object.get("source"), JsonNode::stringValue),
                given(object.get("metadata"), JsonNode::stringValue),
                given(object.get("distance_threshold"), JsonNode::intValue),
                given(object.get("handling"), JsonNode::stringValue),
                given(
                        object.get("quarantine"),
                        node -> new Quarantine(
                                node.required("reason").stringValue(),
                                node.required("exact").booleanValue())),
                given(object.get("confirmed_by"), JsonNode::stringValue));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>(array.size());
        array.forEach(text -> texts.add(text.stringValue()));
        return texts;
    }

    /** The value of a member; null if it is not there. */
    private static <T> @Nullable T value(@Nullable JsonNode node, Function<JsonNode, T> reader) {
        return node == null ? null : reader.apply(node);
    }

    /** The value of a member that may be null; null if it is not there. */
    private static <T> @Nullable Given<T> given(@Nullable JsonNode node, Function<JsonNode, T> reader) {
        return node == null ? null : new Given<>(orNull(node, reader));
    }

    private static <T> @Nullable T orNull(@Nullable JsonNode node, Function<JsonNode, T> reader) {
        return node == null || node.isNull() ? null : reader.apply(node);
    }

    private static <E> E constant(E[] constants, Function<E, String> wireName, JsonNode name) {
        for (E constant : constants) {
            if (wireName.apply(constant).equals(name.stringValue())) {
                return constant;
            }
        }
        throw new IllegalArgumentException("no " + name);
    }
}
