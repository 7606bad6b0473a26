/** Reads the first lines of a list in the browser, for a preview. The server reads the list itself. */

const SEPARATORS = [",", ";", "\t"];

/** The cells of a line; a cell in quotes may hold the separator. */
function cells(line, separator) {
  const found = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '"' && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (c === '"') {
      quoted = !quoted;
    } else if (c === separator && !quoted) {
      found.push(cell);
      cell = "";
    } else {
      cell += c;
    }
  }
  return [...found, cell];
}

/**
 * @param {Blob} file
 * @returns {Promise<{head: string[], rows: string[][], kind: "csv" | "ndjson" | "lines"}>} the first 20 lines
 */
export async function preview(file) {
  const text = (await file.slice(0, 65_536).text()).replace(/^\uFEFF/, "");
  const lines = text.split(/\r?\n/).filter((line) => line.trim()).slice(0, 21);
  if (lines[0]?.trimStart().startsWith("{")) {
    return { head: [], rows: lines.slice(0, 20).map((line) => [line]), kind: "ndjson" };
  }
  const separator = SEPARATORS.reduce((best, one) => ((lines[0] || "").split(one).length > (lines[0] || "").split(best).length ? one : best));
  const [head, ...rows] = lines.map((line) => cells(line, separator));
  return head && head.length > 1 ? { head, rows, kind: "csv" } : { head: [], rows: lines.slice(0, 20).map((line) => [line]), kind: "lines" };
}
