import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ids } from "../fixtures.ts";
import { begin, end, open, overflow, picture, violations } from "./page.ts";

before(begin);
after(end);

const WORDS = {
  ja: { redact: "一部をマスキングする", request: "依頼する", reason: "理由", from: "開始", to: "終了", wrong: /0:42 のように/, done: /マスキングを依頼しました/, approve: "承認する", ask: "この範囲の音を恒久的に消しますか", range: /消す範囲: 0:42–1:10/, was: /0:42–1:10.*恒久的に消しました/ },
  en: { redact: "Redact a part", request: "Request", reason: "Reason", from: "From", to: "To", wrong: /such as 0:42/, done: /Redaction is requested/, approve: "Approve", ask: "Remove the sound of this part for good?", range: /To be silenced: 0:42–1:10/, was: /0:42–1:10.*was removed for good/ },
} as const;

test("a part is named, with the reason, and said to be final", async () => {
  for (const [language, width] of [["ja", 1280], ["ja", 390], ["en", 390]] as const) {
    const w = WORDS[language];
    const { page, done } = await open(`#/calls/${ids.call}`, { language, width });
    await page.getByRole("button", { name: w.redact }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(w.reason).fill("カード番号");
    await dialog.getByLabel(w.from).fill("0:10");
    await dialog.getByLabel(w.to).fill("0:04");
    await dialog.getByRole("button", { name: w.request, exact: true }).click();
    assert.match(await dialog.innerText(), w.wrong);
    await dialog.getByLabel(w.to).fill("0:14");
    const where = `redaction-request-${language}-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/redactions"));
    await dialog.getByRole("button", { name: w.request, exact: true }).click();
    assert.deepEqual((await sent).postDataJSON(), { reason: "カード番号", mute: [{ from_seconds: 10, to_seconds: 14 }] });
    assert.match(await page.locator("aside .banner.good").innerText(), w.done);
    await done();
  }
});

test("who approves is told what becomes silent, and the recording says it afterwards", async () => {
  for (const language of ["ja", "en"] as const) {
    const w = WORDS[language];
    const { page, done } = await open("#/deletions", { who: "ono", language, width: 390 });
    const card = page.locator(".card").last();
    assert.match(await card.innerText(), w.range);
    await card.getByRole("button", { name: w.approve, exact: true }).click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.innerText(), w.range);
    assert.ok((await dialog.innerText()).includes(w.ask));
    const where = `redaction-approve-${language}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    await dialog.getByRole("button", { name: w.approve, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await done();
    const redacted = await open(`#/calls/${ids.leg}`, { language });
    assert.match(await redacted.page.locator("main .banner").first().innerText(), w.was);
    await redacted.done();
  }
});

test("staff ask for none", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`, { who: "sato" });
  assert.equal(await page.getByRole("button", { name: WORDS.ja.redact }).count(), 0);
  await done();
});
