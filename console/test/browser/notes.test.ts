import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { ids } from "../fixtures.ts";
import { type Language, begin, calls, end, open, overflow, picture, settled, violations } from "./page.ts";

before(begin);
after(end);

const CALL = `#/calls/${ids.call}`;
const NOTE = `/api/recordings/${ids.call}/notes/4`;
const notes = (page: Page) => page.locator(".notes .note-list > li");
const correct = (page: Page) => page.getByRole("button", { name: /のメモを訂正する$/ });
const asked = (page: Page, method: string, path: string) => page.waitForRequest((request) => request.method() === method && new URL(request.url()).pathname === path);

async function looks(page: Page, where: string) {
  await picture(page, where);
  assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
}

test("a note is corrected by its writer, and its earlier words are gone", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(CALL, { width });
    assert.equal(await correct(page).count(), 1, "of three notes, the one of one's own");
    await correct(page).click();
    const area = notes(page).first().locator("textarea");
    assert.ok(await area.evaluate((element) => element === document.activeElement));
    assert.match(await area.inputValue(), /12万円と伝えている/);
    const send = notes(page).first().getByRole("button", { name: "訂正する", exact: true });
    assert.ok(await send.isDisabled(), "nothing is changed yet");
    await area.fill(" 0:12 で税込12万円、0:20 で納期。");
    await looks(page, `note-correct-${width}`);
    const request = asked(page, "PUT", NOTE);
    await send.click();
    assert.deepEqual((await request).postDataJSON(), { text: "0:12 で税込12万円、0:20 で納期。" });
    await page.getByText("メモを訂正しました").waitFor();
    const text = await notes(page).first().innerText();
    assert.match(text, /に訂正[^]*0:20 で納期/);
    assert.doesNotMatch(text, /見積書と一致/);
    assert.ok(await correct(page).evaluate((element) => element === document.activeElement), "the focus is where it began");
    await done();
  }
});

test("a note is withdrawn by its writer after one is asked, and says so without its words", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(CALL, { width });
    await page.getByRole("button", { name: /のメモを取り消す$/ }).click();
    const dialog = page.getByRole("dialog");
    await looks(page, `note-withdraw-${width}`);
    await dialog.getByRole("button", { name: "やめる" }).click();
    assert.equal(calls(`DELETE ${NOTE}`), width === 1280 ? 0 : 1, "nothing was asked for yet");
    await page.getByRole("button", { name: /のメモを取り消す$/ }).click();
    await dialog.getByRole("button", { name: "取り消す", exact: true }).click();
    await page.getByText("メモを取り消しました").waitFor();
    assert.equal(calls(`DELETE ${NOTE}`), width === 1280 ? 1 : 2);
    const text = await notes(page).first().innerText();
    assert.match(text, /加藤 恵[^]*このメモは .*10:00 に取り消されました/);
    assert.doesNotMatch(text, /12万円/);
    assert.equal(await correct(page).count(), 0);
    assert.match((await page.evaluate(() => document.activeElement?.textContent)) ?? "", /取り消されました/);
    await page.locator("#note").fill("続き");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "note", "the focus stays where one types");
    await looks(page, `note-withdrawn-${width}`);
    await done();
  }
});

test("notes of the call's other recordings say where they stand, and play nothing here", async () => {
  const { page, done } = await open(CALL);
  const [first, other, changed] = [notes(page).nth(0), notes(page).nth(1), notes(page).nth(2)];
  await page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  await first.locator(".jump").waitFor();
  assert.equal(await other.locator(".jump").count(), 0, "its time is of another recording");
  assert.match(await changed.innerText(), /14:41 に訂正/);
  await other.getByRole("link", { name: "録音2のメモ" }).click();
  await settled(page);
  assert.equal(new URL(page.url()).hash, `#/calls/${ids.leg}`);
  await done();
});

test("each corrects one's own, and a correction that fails keeps what was typed", async () => {
  const { page, done } = await open(CALL, { who: "sato", faults: { [`PUT /api/recordings/${ids.call}/notes/3`]: "500" }, expected: /500/ });
  assert.equal(await notes(page).nth(2).getByRole("button").count(), 2);
  assert.equal(await correct(page).count(), 1);
  await correct(page).click();
  const area = notes(page).nth(2).locator("textarea");
  await area.fill("見積は取り直し。");
  await area.press("Control+Enter");
  assert.match(await notes(page).nth(2).locator("[role=alert]").innerText(), /システムエラー/);
  assert.equal(await area.inputValue(), "見積は取り直し。");
  await done();
});

test("a correction survives the end of the session", async () => {
  const { page, done } = await open(CALL, { faults: { [`PUT ${NOTE}`]: "401" }, expected: /401/ });
  await correct(page).click();
  const area = notes(page).first().locator("textarea");
  await area.fill("折り返し済み。");
  await area.press("Control+Enter");
  await page.getByRole("link", { name: "別のタブでログイン" }).waitFor();
  assert.equal(await area.inputValue(), "折り返し済み。");
  await done();
});

test("calls that have notes are found, and each says how many", async () => {
  const { page, done } = await open("#/calls");
  assert.match(await page.locator(".calls tbody tr").first().innerText(), /メモ2件/);
  await page.getByText("条件を追加").click();
  const request = page.waitForRequest((request) => request.url().includes("/api/recordings?"));
  await page.getByLabel("メモあり").check();
  await page.getByRole("button", { name: "探す", exact: true }).click();
  assert.equal(new URL((await request).url()).searchParams.get("notes"), "true");
  await settled(page);
  assert.match(await page.locator(".summary").innerText(), /メモあり/);
  assert.match(new URL(page.url()).hash, /notes=true/);
  await done();
});

test("notes are found by their words, which stand in no address", async () => {
  for (const [language, width] of [["ja", 390], ["ja", 1280], ["en", 1280]] as [Language, number][]) {
    const { page, done } = await open("#/calls", { language, width, dark: language === "en" });
    const isJapanese = language === "ja";
    await page.getByText(isJapanese ? "条件を追加" : "More filters").click();
    const request = asked(page, "GET", "/api/notes");
    await page.getByLabel(isJapanese ? "通話メモの言葉" : "Words of a note").fill(" 見積 ");
    await page.keyboard.press("Enter");
    const query = new URL((await request).url()).searchParams;
    assert.deepEqual([query.get("text"), query.get("notes"), query.get("limit")], ["見積", null, "50"]);
    await settled(page);
    assert.equal(await page.locator(".noted > li").count(), 2);
    assert.deepEqual(await page.locator("mark").allInnerTexts(), ["見積", "見積", "見積"]);
    assert.match(await page.locator(".noted > li").nth(1).innerText(), /…先?方?の?[^]*見積は取り直し[^]*…/);
    const file = page.getByRole("button", { name: /CSV/ });
    assert.equal(await file.count(), width === 390 ? 0 : 1, "a phone takes no file");
    if (width !== 390) {
      const [arrived, ofFile] = [page.waitForEvent("download"), asked(page, "GET", "/api/notes")];
      await file.click();
      assert.equal(new URL((await ofFile).url()).searchParams.get("text"), "見積");
      assert.match((await arrived).suggestedFilename(), isJapanese ? /^通話メモ-2026-.*\.csv$/ : /^notes-2026-.*\.csv$/);
    }
    assert.doesNotMatch(await page.evaluate(() => JSON.stringify([decodeURIComponent(location.href), { ...sessionStorage }, { ...localStorage }])), /見積/);
    await looks(page, `notes-found-${language}-${width}`);
    const before = calls("GET /api/notes");
    await page.locator(".noted a").first().click();
    await settled(page);
    await page.goBack();
    await settled(page);
    assert.equal(await page.locator(".noted > li").count(), 2);
    assert.equal(calls("GET /api/notes"), before, "going back asks nothing again");
    await page.locator(".filter input[maxlength='128']").fill("解約");
    await page.keyboard.press("Enter");
    await settled(page);
    assert.match(await page.locator(".summary").innerText(), /解約/);
    assert.equal(await page.locator(".banner").count(), 1);
    await done();
  }
});
