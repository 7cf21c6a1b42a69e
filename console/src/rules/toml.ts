/**
 * TOML 1.0 as policies are written, for showing it: tables, lists of them, texts, numbers, dates, arrays, inline tables. What it
 * means is decided by the API. It throws at what it does not know, and the policy is shown as its text.
 */
export type Table = { [name: string]: unknown };

const BARE = /[A-Za-z0-9_-]+/y;
const SPACE = /[ \t]*/y;
/** Blanks, line ends and comments. */
const ANY_SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const LINE_END = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;
const TEXT = /"""\r?\n?([^]*?"{0,2})"""(?!")|'''\r?\n?([^]*?'{0,2})'''(?!')|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/y;
const PLAIN = /[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?/y;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\r?\n\s*|(.))/g;
const ESCAPED: Record<string, string> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };

/** @throws where it is no TOML, or some that no policy needs. */
export function parseToml(text: string): Table {
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const need = (pattern: RegExp) => take(pattern) ?? fail();
  const fail = (): never => {
    throw new SyntaxError(`TOML at ${at}`);
  };
  const is = (sign: string) => text.startsWith(sign, at) && ((at += sign.length), true);
  const unescape = (escaped: string) =>
    escaped.replace(ESCAPE, (_, four?: string, eight?: string, one?: string) => {
      if (four ?? eight) return String.fromCodePoint(parseInt((four ?? eight)!, 16));
      return one === undefined ? "" : (ESCAPED[one] ?? fail());
    });
  const string = () => {
    const found = take(TEXT);
    if (!found) return null;
    const [, long, longRaw, short, raw] = found;
    return longRaw ?? raw ?? unescape((long ?? short)!);
  };
  const name = () => {
    take(SPACE);
    const made = string() ?? need(BARE)[0];
    take(SPACE);
    return made;
  };
  const names = () => {
    const all = [name()];
    while (is(".")) all.push(name());
    return all;
  };
  const open = (value: unknown): Table => {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    return typeof last === "object" && last !== null ? (last as Table) : fail();
  };
  const own = (table: Table, key: string) => (Object.hasOwn(table, key) ? table[key] : undefined);
  const define = (table: Table, key: string, value: unknown) =>
    void Object.defineProperty(table, key, { value, enumerable: true, writable: true, configurable: true });
  /** The table that a path leads to, made on the way. */
  const inside = (table: Table, path: string[]) =>
    path.reduce((inner, key) => {
      if (own(inner, key) === undefined) define(inner, key, {});
      return open(own(inner, key));
    }, table);
  const pair = (table: Table) => {
    const path = names();
    const last = path.pop()!;
    const target = inside(table, path);
    if (!is("=") || own(target, last) !== undefined) fail();
    take(SPACE);
    define(target, last, value());
  };
  const value = (): unknown => {
    const made = string();
    if (made !== null) return made;
    if (is("[")) {
      const items: unknown[] = [];
      for (take(ANY_SPACE); !is("]"); take(ANY_SPACE)) {
        if (items.length > 0 && !is(",")) fail();
        take(ANY_SPACE);
        if (is("]")) break;
        items.push(value());
      }
      return items;
    }
    if (is("{")) {
      const table: Table = {};
      for (take(SPACE); !is("}"); take(SPACE)) {
        if (Object.keys(table).length > 0 && !is(",")) fail();
        pair(table);
      }
      return table;
    }
    const [plain] = need(PLAIN);
    if (plain === "true" || plain === "false") return plain === "true";
    if (/^[+-]?(\d[\d_]*)(\.\d[\d_]*)?([eE][+-]?\d+)?$|^0[xob]/.test(plain)) return Number(plain.replaceAll("_", ""));
    // A day or a time, as it is written.
    return /^\d\d(\d\d-|:)/.test(plain) ? plain : fail();
  };
  const root: Table = {};
  let table = root;
  for (take(ANY_SPACE); at < text.length; take(ANY_SPACE)) {
    if (is("[[")) {
      const path = names();
      const last = path.pop()!;
      const parent = inside(root, path);
      if (own(parent, last) === undefined) define(parent, last, []);
      const list = own(parent, last);
      table = {};
      if (!is("]]") || !Array.isArray(list)) fail();
      else list.push(table);
    } else if (is("[")) {
      table = inside(root, names());
      if (!is("]")) fail();
    } else {
      pair(table);
    }
    need(LINE_END);
  }
  return root;
}
