import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";
import { parseToml } from "../../src/rules/toml.ts";

const root = join(process.cwd(), "..");
/** As JSON: dates are texts in both. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("every policy of ours is read as a whole reader of TOML reads it", () => {
  const folders = ["infra/rulebook", "samples/rulebook"];
  const files = folders.flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith(".toml")).map((name) => join(root, folder, name)));
  assert.ok(files.length >= 2);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    for (const policy of [text, text.replaceAll("\n", "\r\n"), text.replaceAll(/^# ?(?=[\w[])/gm, "")]) {
      let whole: unknown;
      try {
        whole = plain(parse(policy));
      } catch {
        continue;
      }
      assert.deepEqual(plain(parseToml(policy)), whole, file);
    }
  }
});

test("what may stand in a policy is read alike", () => {
  for (const text of [
    `a = 1\nb = -2\nc = 1_000\nd = 1.5\ne = true # yes\nf = "x # y"\n`,
    `a.b.c = 1\na.b.d = 2\n"a b" = 3\n'c' = 4\n`,
    `[a]\nb = 1\n[a.c]\nd = [1, 2,\n 3, # three\n]\n[[e]]\nf = 1\n[[e]]\nf = 2\n[e.g]\nh = 1\n`,
    `a = { b = 1, c = { d = "x" }, e = [{ f = 1 }, {}] }\n`,
    `a = "tab\\t quote\\" back\\\\ \\u3042 \\U0001F600"\nb = 'C:\\raw'\n`,
    `a = """\nfirst\nsecond \\\n   joined "quoted" """\nb = '''\n(?<x>\\d+)''[.]wav'''\n`,
    `[[source]]\nname = "branch"\npattern = '''^(?<call_id>[0-9]+)[.]wav$'''\n`,
    `[__proto__]\nx = 1\n`,
    ``,
    `a = 1`,
  ]) {
    assert.deepEqual(plain(parseToml(text)), plain(parse(text)), text);
  }
  assert.equal(({} as { x?: number }).x, undefined, "no text reaches the prototype of objects");
  assert.equal(parseToml("from = 2026-11-01\n").from, "2026-11-01");
});

test("what is no TOML is refused", () => {
  for (const text of [`a = `, `a`, `= 1`, `a = "x`, `a = [1, 2`, `a = { b = 1`, `[a`, `[[a]`, `a = 1 b = 2`, `a = 1\na = 2`, `a = 1\n[a]\nb = 1`, `a = "\\q"`, `a = ３６５`, `a = yes`, `a = [1 2]`]) {
    assert.throws(() => parseToml(text), SyntaxError, text);
  }
});
