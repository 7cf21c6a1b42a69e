import assert from "node:assert/strict";
import { test } from "node:test";
import { excerptOf } from "../../src/calls/excerpt.ts";

/** The parts in one text, what is wanted in brackets. */
const shown = (text: string, wanted: string) =>
  excerptOf(text, wanted)
    .map((part) => (part.isWanted ? `[${part.text}]` : part.text))
    .join("");

test("the words are marked wherever a note has them, in any width, case and spacing", () => {
  assert.equal(shown("見積は税込12万円。見積書と一致。", "見積"), "[見積]は税込12万円。[見積]書と一致。");
  assert.equal(shown("税込 １２ 万円で合意", "12万円"), "税込 [１２ 万円]で合意");
  assert.equal(shown("ﾗｲｾﾝｽ Ａbc の件", "ライセンスABC"), "[ﾗｲｾﾝｽ Ａbc] の件");
  assert.equal(shown("ﾊﾟｿｺﾝの修理", "パソコン"), "[ﾊﾟｿｺﾝ]の修理");
  assert.equal(shown("㍿の見積", "株式会社"), "[㍿]の見積", "one character of a note may be several of the words");
});

test("a long note is cut around the first place, and what is cut is no half of a character", () => {
  const parts = excerptOf(`${"前".repeat(100)}𠮷野家${"後".repeat(300)}`, "野家");
  assert.deepEqual(parts, [
    { text: `…${"前".repeat(39)}𠮷`, isWanted: false },
    { text: "野家", isWanted: true },
    { text: `${"後".repeat(90)}…`, isWanted: false },
  ]);
  assert.equal(shown(`見積${"、".repeat(200)}見積`, "見積"), `[見積]${"、".repeat(90)}…`, "a place that is cut away is not marked");
});

test("a note is shown from its beginning where the words are not seen in it", () => {
  assert.deepEqual(excerptOf("折り返し済み", "見積"), [{ text: "折り返し済み", isWanted: false }]);
  assert.deepEqual(excerptOf("折り返し済み", " "), [{ text: "折り返し済み", isWanted: false }]);
  assert.equal(shown("あ".repeat(200), "見積"), `${"あ".repeat(90)}…`);
});
