/** Banks one file: which bank, labels, source, note and reason are asked for. */
import { patient, path, segment } from "./api.js";
import { changes, undo } from "./change.js";
import { ask } from "./dialogs.js";
import { tell } from "./toasts.js";

/** The fields that all ways to add have in common. */
export const CONTENT_FIELDS = [
  { name: "labels", label: "Labels", hint: "Separated by commas" },
  { name: "source", label: "Source", maxlength: 255 },
  { name: "note", label: "Note", maxlength: 255 },
];

/** A form that banks a file. */
export function contentForm(file, { labels, source, note, metadata }) {
  const form = new FormData();
  form.set("file", file, "file"); // The name on the analyst's disk stays there.
  for (const [name, value] of Object.entries({ labels, source, note })) {
    if (value?.trim()) {
      form.set(name, value.trim());
    }
  }
  if (metadata && Object.keys(metadata).length) {
    form.set("metadata", JSON.stringify(metadata));
  }
  return form;
}

/** Sends one file to a bank; may be sent again, since the server knows it by its key. */
export function sendContent(file, bank, values, { ifKnown } = {}) {
  return patient("POST", path(`/v1/banks/${segment(bank)}/content`, { if_known: ifKnown }), {
    body: contentForm(file, values), reason: values.reason, headers: { "Idempotency-Key": crypto.randomUUID() },
  });
}

/** What the answer to an addition says that a person should know. */
export function remarks(answer) {
  return [
    answer.held && `held: ${answer.held}`,
    ...(answer.warnings || []),
    answer.similar?.length && `near ${answer.similar.map((near) => `${near.bank} ${near.content_id}`).join(", ")}`,
    answer.earlier?.count && `${answer.earlier.count} recent uploads show it`,
  ].filter(Boolean).join("; ");
}

/** Asks for the rest and banks the file. */
export async function bankFile({ file, kind, banks }) {
  const own = banks.filter((bank) => bank.kind === kind);
  if (!own.length) {
    tell(kind === "allow" ? "There is no bank of allowed content." : "There is no bank.", { kind: "bad" });
    return;
  }
  const values = await ask({
    title: kind === "allow" ? "Allow this file" : "Add this file to a bank",
    text: kind === "allow" ? "Its likeness then suppresses matches." : undefined,
    confirm: kind === "allow" ? "Allow" : "Add", reason: "required",
    fields: [{ name: "bank", label: "Bank", options: own.map((bank) => [bank.name, bank.name]), value: own[0].name }, ...CONTENT_FIELDS],
  });
  if (!values) {
    return;
  }
  try {
    const answer = await sendContent(file, values.bank, values);
    const rest = remarks(answer);
    tell(answer.proposal ? `Proposed as no. ${answer.proposal}; a second person has to approve it.`
      : `Added content ${answer.id} to ${values.bank}${answer.seq ? ` (journal ${answer.seq})` : ""}${rest ? `; ${rest}` : ""}.`,
    { undo: answer.seq && !answer.proposal ? () => undo([answer.seq], `added content ${answer.id}`) : undefined });
    changes.set((n) => n + 1);
  } catch (e) {
    tell(`The file was not added: ${e.message}`, { kind: "bad" });
  }
}
