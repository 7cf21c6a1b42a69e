/** Rows of a CSV (RFC 4180), as a spreadsheet saves it. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const plain = text.replace(/^\uFEFF/, "");
  const endRow = () => {
    row.push(cell);
    if (row.some((one) => one.trim() !== "")) rows.push(row);
    row = [];
    cell = "";
  };
  for (let at = 0; at < plain.length; at += 1) {
    const sign = plain[at]!;
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (plain[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === ",") {
      row.push(cell);
      cell = "";
    } else if (sign === "\n") endRow();
    else if (sign !== "\r") cell += sign;
  }
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}

/** The table of a staff list: comments are left out, the first row names the columns. */
export function staffTable(text: string): { head: string[]; rows: string[][] } {
  const [head = [], ...rows] = readCsv(text).filter(([first = ""]) => !first.trim().startsWith("#"));
  return { head: head.map((one) => one.trim()), rows };
}

/** Says the name of a member of a staff list by the id, of the last row; the id itself where the list has none. */
export function nameOf(text: string): (id: string) => string {
  const { head, rows } = staffTable(text);
  const column = (...names: string[]) => head.findIndex((one) => names.includes(one));
  const [id, name] = [column("id", "社員番号"), column("name", "氏名")];
  const names = new Map(rows.map((row) => [(row[id] ?? "").trim(), (row[name] ?? "").trim()]));
  return (wanted) => names.get(wanted) || wanted;
}

/** A text file, as UTF-8 or as a Japanese Excel's Shift_JIS; `null` where it is neither. */
export function readText(bytes: ArrayBuffer): string | null {
  for (const encoding of ["utf-8", "shift_jis"]) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (!text.includes("\0")) return text;
    } catch {
      // Not this one.
    }
  }
  return null;
}
