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

/** The labels of the API's words, as its files have them, by the enum's name and the word. */
function labelsOfApi(): Record<string, Record<string, string>> {
  const source = readFileSync("../shared/policy/src/words.rs", "utf8");
  const word = (variant: string) => variant.replace(/[A-Z]/g, (letter, at: number) => (at ? "_" : "") + letter.toLowerCase());
  const blocks = [...source.matchAll(/labels! \{ (\w+) \{\n([^]*?)\n\}\}/g)];
  const rows = (block: string) => [...block.matchAll(/(\w+): "[^"]*", "([^"]*)";/g)];
  return Object.fromEntries(blocks.map(([, name, block]) => [name!, Object.fromEntries(rows(block!).map(([, variant, label]) => [word(variant!), label!]))]));
}

test("a word of the API has one label, on the screen as in a file", () => {
  const { codes, holds } = words.ja;
  const { cases } = laterWords.ja;
  const api = labelsOfApi();
  const reasons = /japanese_reason \{[^]*?\n {4}\}/.exec(readFileSync("../shared/policy/src/audit/fact.rs", "utf8"))![0];
  const refusals = Object.fromEntries([...reasons.matchAll(/"(\w+)": "([^"]*)";/g)].map(([, word, label]) => [word!, label!]));
  const pairs: [string, Record<string, string>, Record<string, string> | undefined][] = [
    ["role", codes.role, api.Role],
    ["direction", codes.direction, api.Direction],
    ["quarantine", codes.quarantine, api.QuarantineReason],
    ["action", codes.action, api.AuditAction],
    ["outcome", codes.outcome, api.AuditOutcome],
    ["hold", holds.kind, api.HoldKind],
    ["case", cases.kind, api.CaseKind],
    ["case state", cases.state, api.CaseState],
    ["case outcome", cases.outcome, api.CaseOutcome],
    ["candidate", cases.reason, api.CandidateReason],
    ["refusal", codes.refusal, refusals],
  ];
  for (const [what, screen, file] of pairs) {
    assert.ok(file && Object.keys(file).length > 1, what);
    for (const [word, label] of Object.entries(screen)) if (file[word]) assert.equal(label, file[word], `${what} ${word}`);
    assert.ok(Object.keys(screen).filter((word) => file[word]).length >= Object.keys(screen).length - 1, what);
  }
});

test("the first day's template says the same as the whole one", () => {
  const whole = readFileSync("../infra/rulebook/policy.toml", "utf8");
  const short = shortTemplate(whole);
  assert.deepEqual(parse(short), parse(whole));
  assert.ok(short.length < whole.length / 2);
  assert.doesNotMatch(short, /#:/);
});
