import assert from "node:assert/strict";
import { test } from "node:test";
import { shortTemplate } from "../../template.mjs";
import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { laterWords } from "../../src/words/later.ts";
import { words } from "../../src/words.ts";

/** Every text under its path; what takes a value is called with one. */
function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (...all: unknown[]) => unknown)(2, 3, 4))]];
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

test("both languages say everything, and each in its own letters", () => {
  const [ja, en] = [texts([words.ja, laterWords.ja]), texts([words.en, laterWords.en])];
  assert.deepEqual(ja.map(([path]) => path), en.map(([path]) => path));
  assert.ok(ja.length > 500);
  for (const [path, text] of [...ja, ...en]) assert.notEqual(text.trim(), "", path);
  const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;
  for (const [path, text] of en) if (path !== ".0.frame.language") assert.doesNotMatch(text, japanese, path);
});

test("the first day's template says the same as the whole one", () => {
  const whole = readFileSync("../infra/rulebook/policy.toml", "utf8");
  const short = shortTemplate(whole);
  assert.deepEqual(parse(short), parse(whole));
  assert.ok(short.length < whole.length / 2);
  assert.doesNotMatch(short, /#:/);
});
