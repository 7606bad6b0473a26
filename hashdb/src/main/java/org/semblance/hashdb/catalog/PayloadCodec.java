package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentFields.State;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankRestored;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ChangeProposed;
import org.semblance.hashdb.catalog.JournalPayload.ContentRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.JournalPayload.ContentsRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentsWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ProposalDecided;
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
 * withdraw_contents bank_id, bank, first_id, last_id, contents
 * restore_content   bank_id, bank, content_id, to (status with disabled_until)
 * restore_contents  bank_id, bank, first_id, last_id, contents, withdrawn_by
 * restore_bank      bank_id, bank, contents, deleted_by
 * propose           bank_id, bank, change
 * approve, reject   bank_id, bank, proposal, and of proposed contents first_id, last_id
 *
 * fields of a bank     name, enabled_ratio, description, distance_threshold, features (in create_bank only if false), handling,
 *                      legal_basis, needs_approval
 * fields of a content  status with disabled_until, labels, note, source, metadata, distance_threshold, handling, quarantine,
 *                      confirmed_by
 * change               kind, and of update_bank and update_content: to; of update_content: confirmed; of a content: content_id;
 *                      of undo: seq
 * </pre>
 *
 * <p>{@code from} and {@code to} have the fields that the change gives, and no others. A row of any kind that undoes another has
 * the {@code seq} of the other as {@code undoes}. An {@code add_contents} row of contents that wait for a second person has {@code
 * proposed}.
 */
public final class PayloadCodec {
    /** The kind of {@link ContentsAdded}. */
    public static final String ADD_CONTENTS = "add_contents";

    private static final String CREATE_BANK = "create_bank";
    private static final String UPDATE_BANK = "update_bank";
    private static final String DELETE_BANK = "delete_bank";
    private static final String UPDATE_CONTENT = "update_content";
    private static final String WITHDRAW_CONTENT = "withdraw_content";
    private static final String RESTORE_CONTENT = "restore_content";
    private static final String WITHDRAW_CONTENTS = "withdraw_contents";
    private static final String RESTORE_CONTENTS = "restore_contents";
    private static final String RESTORE_BANK = "restore_bank";
    private static final String PROPOSE = "propose";
    private static final String APPROVE = "approve";
    private static final String REJECT = "reject";
    private static final String UNDO = "undo";

    /** The kinds of changes of one content, as an SQL list. */
    public static final String OF_ONE_CONTENT =
            "'" + UPDATE_CONTENT + "', '" + WITHDRAW_CONTENT + "', '" + RESTORE_CONTENT + "'";

    /** The kinds of changes that withdraw, restore or decide on many contents of a bank, as an SQL list. */
    public static final String OF_MANY_CONTENTS = "'" + DELETE_BANK + "', '" + WITHDRAW_CONTENTS + "', '"
            + RESTORE_CONTENTS + "', '" + RESTORE_BANK + "', '" + APPROVE + "', '" + REJECT + "'";

    private static final String UNDOES = "undoes";

    /** The kinds of changes of all contents of a bank, as an SQL list. */
    public static final String OF_BANK = "'" + DELETE_BANK + "', '" + RESTORE_BANK + "'";

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
            case ContentsWithdrawn withdrawn -> WITHDRAW_CONTENTS;
            case ContentRestored restored -> RESTORE_CONTENT;
            case ContentsRestored restored -> RESTORE_CONTENTS;
            case BankRestored restored -> RESTORE_BANK;
            case ChangeProposed proposed -> PROPOSE;
            case ProposalDecided decided -> decided.approved() ? APPROVE : REJECT;
        };
    }

    /**
     * The JSON text.
     *
     * @param undoes the {@code seq} of the change that this one undoes, or null
     */
    static String write(JournalPayload payload, @Nullable Long undoes) {
        SortedMap<String, @Nullable Object> members = new TreeMap<>();
        putGiven(members, UNDOES, undoes);
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
                putGiven(members, "proposed", added.proposed() ? Boolean.TRUE : null);
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
            case ContentsWithdrawn withdrawn -> {
                members.put("bank", withdrawn.bank());
                putRange(members, withdrawn.firstId(), withdrawn.lastId());
                members.put("contents", withdrawn.contents());
            }
            case ContentRestored restored -> {
                members.put("bank", restored.bank());
                members.put("content_id", restored.contentId());
                members.put("to", members(ContentFields.NONE.withState(restored.to())));
            }
            case ContentsRestored restored -> {
                members.put("bank", restored.bank());
                putRange(members, restored.firstId(), restored.lastId());
                members.put("contents", restored.contents());
                members.put("withdrawn_by", restored.withdrawnBy());
            }
            case BankRestored restored -> {
                members.put("bank", restored.bank());
                members.put("contents", restored.contents());
                members.put("deleted_by", restored.deletedBy());
            }
            case ChangeProposed proposed -> {
                members.put("bank", proposed.bank());
                members.put("change", members(proposed.change()));
            }
            case ProposalDecided decided -> {
                members.put("bank", decided.bank());
                members.put("proposal", decided.proposal());
                if (decided.firstId() > 0) {
                    putRange(members, decided.firstId(), decided.lastId());
                }
            }
        }
        return JSON.writeValueAsString(members);
    }

    private static void putRange(SortedMap<String, @Nullable Object> members, long firstId, long lastId) {
        members.put("first_id", firstId);
        members.put("last_id", lastId);
    }

    private static SortedMap<String, @Nullable Object> members(Change change) {
        SortedMap<String, @Nullable Object> members = new TreeMap<>();
        switch (change) {
            case Change.UpdateBank update -> {
                members.put("kind", UPDATE_BANK);
                members.put("to", members(update.to()));
            }
            case Change.DeleteBank delete -> members.put("kind", DELETE_BANK);
            case Change.UpdateContent update -> {
                members.put("kind", UPDATE_CONTENT);
                members.put("content_id", update.contentId());
                putGiven(members, "confirmed", update.confirmed());
                members.put(
                        "to",
                        members(update.fields()
                                .withState(
                                        update.status() == null
                                                ? null
                                                : new State(update.status(), update.disabledUntil()))));
            }
            case Change.WithdrawContent withdraw -> {
                members.put("kind", WITHDRAW_CONTENT);
                members.put("content_id", withdraw.contentId());
            }
            case Change.Undo undo -> {
                members.put("kind", UNDO);
                members.put("seq", undo.seq());
            }
            case Change.CreateBank create -> throw neverProposed(create);
            case Change.AddContents add -> throw neverProposed(add);
            case Change.Decide decide -> throw neverProposed(decide);
        }
        return members;
    }

    /**
     * The JSON text of a change as it was asked for, whether it was made or not: as that of a proposal, with the bank. Contents have
     * the members that an addition has at the API; the frames and features of files are left out.
     */
    public static String describe(Change change) {
        SortedMap<String, @Nullable Object> members = switch (change) {
            case Change.CreateBank create -> {
                SortedMap<String, @Nullable Object> all = members(create.fields());
                all.put("kind", CREATE_BANK);
                all.put("bank_kind", create.kind().wireName());
                yield all;
            }
            case Change.AddContents add -> {
                SortedMap<String, @Nullable Object> all = new TreeMap<>();
                all.put("kind", ADD_CONTENTS);
                all.put("bank", add.bank());
                all.put(
                        "contents",
                        add.contents().stream().map(PayloadCodec::members).toList());
                yield all;
            }
            case Change.Decide decide -> {
                SortedMap<String, @Nullable Object> all = new TreeMap<>();
                all.put("kind", decide.approve() ? APPROVE : REJECT);
                all.put("proposal", decide.proposal());
                yield all;
            }
            case Change.UpdateBank update -> named(update, update.name());
            case Change.DeleteBank delete -> named(delete, delete.name());
            case Change.UpdateContent update -> named(update, update.bank());
            case Change.WithdrawContent withdraw -> named(withdraw, withdraw.bank());
            case Change.Undo undo -> members(undo);
        };
        return JSON.writeValueAsString(members);
    }

    private static SortedMap<String, @Nullable Object> named(Change change, String bank) {
        SortedMap<String, @Nullable Object> members = members(change);
        members.put("bank", bank);
        return members;
    }

    private static SortedMap<String, @Nullable Object> members(ContentDraft draft) {
        SortedMap<String, @Nullable Object> members = new TreeMap<>();
        members.put(
                "signals",
                draft.signals().stream()
                        .map(signal -> {
                            SortedMap<String, @Nullable Object> one = new TreeMap<>();
                            one.put("type", signal.type().wireName());
                            one.put("hash", signal.value());
                            putGiven(one, "quality", signal.quality());
                            return one;
                        })
                        .toList());
        members.put("labels", draft.labels());
        putGiven(members, "note", draft.note());
        putGiven(members, "source", draft.source());
        putGiven(members, "metadata", draft.metadata() == null ? null : JSON.readTree(draft.metadata()));
        putGiven(members, "distance_threshold", draft.treatment().distanceThreshold());
        putGiven(members, "handling", draft.treatment().handling());
        return members;
    }

    private static IllegalArgumentException neverProposed(Change change) {
        return new IllegalArgumentException(change.getClass().getSimpleName() + ": waits for nobody, or as a content");
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
        putGiven(members, "needs_approval", fields.needsApproval());
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
     * The {@code seq} of the change that a row undoes; null if it undoes none.
     *
     * @throws IllegalArgumentException if the text is not JSON
     */
    public static @Nullable Long undoes(String json) {
        try {
            return value(JSON.readTree(json).get(UNDOES), JsonNode::longValue);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("its payload cannot be read", e);
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
                        object.required("sha256").stringValue(),
                        object.path("proposed").asBoolean(false));
            case UPDATE_CONTENT ->
                new ContentUpdated(
                        bankId,
                        bank(object),
                        contentId(object),
                        contentFields(object.required("from")),
                        contentFields(object.required("to")));
            case WITHDRAW_CONTENT -> new ContentWithdrawn(bankId, bank(object), contentId(object));
            case WITHDRAW_CONTENTS ->
                new ContentsWithdrawn(
                        bankId,
                        bank(object),
                        object.required("first_id").longValue(),
                        object.required("last_id").longValue(),
                        object.required("contents").intValue());
            case RESTORE_CONTENT ->
                new ContentRestored(
                        bankId,
                        bank(object),
                        contentId(object),
                        Objects.requireNonNull(
                                contentFields(object.required("to")).state()));
            case RESTORE_CONTENTS ->
                new ContentsRestored(
                        bankId,
                        bank(object),
                        object.required("first_id").longValue(),
                        object.required("last_id").longValue(),
                        object.required("contents").intValue(),
                        object.required("withdrawn_by").longValue());
            case RESTORE_BANK ->
                new BankRestored(
                        bankId,
                        bank(object),
                        object.required("contents").intValue(),
                        object.required("deleted_by").longValue());
            case PROPOSE -> new ChangeProposed(bankId, bank(object), change(bank(object), object.required("change")));
            case APPROVE, REJECT ->
                new ProposalDecided(
                        bankId,
                        bank(object),
                        object.required("proposal").longValue(),
                        kind.equals(APPROVE),
                        object.path("first_id").asLong(0),
                        object.path("last_id").asLong(0));
            default -> null;
        };
    }

    private static Change change(String bank, JsonNode object) {
        String kind = object.required("kind").stringValue();
        return switch (kind) {
            case UPDATE_BANK -> new Change.UpdateBank(bank, bankFields(object.required("to")));
            case DELETE_BANK -> new Change.DeleteBank(bank);
            case UPDATE_CONTENT -> {
                ContentFields to = contentFields(object.required("to"));
                yield new Change.UpdateContent(
                        bank,
                        contentId(object),
                        to.state() == null ? null : to.state().status(),
                        to.state() == null ? null : to.state().disabledUntil(),
                        value(object.get("confirmed"), JsonNode::booleanValue),
                        to.withState(null));
            }
            case WITHDRAW_CONTENT -> new Change.WithdrawContent(bank, contentId(object));
            case UNDO -> new Change.Undo(object.required("seq").longValue());
            default -> throw new IllegalArgumentException("no change " + kind);
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
                given(object.get("legal_basis"), JsonNode::stringValue),
                value(object.get("needs_approval"), JsonNode::booleanValue));
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
