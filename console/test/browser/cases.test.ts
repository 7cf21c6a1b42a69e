import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { caseIds } from "../fixtures-cases.ts";
import { ids, type Who } from "../fixtures.ts";
import { type Language, begin, calls, end, goOffline, heading, open, overflow, picture, settled, violations } from "./page.ts";

before(begin);
after(end);

const sent = (page: Page, method: string, ending: string) => page.waitForRequest((request) => request.method() === method && request.url().endsWith(ending));

const SCREENS: [string, string][] = [
  ["cases", "#/cases"],
  ["cases-closed", "#/cases?view=closed"],
  ["memo", "#/cases/new"],
  ["case", `#/cases/${caseIds.fresh}`],
  ["case-linked", `#/cases/${caseIds.disclosure}`],
  ["case-closed", `#/cases/${caseIds.closed}`],
  ["shared", "#/shares"],
];

for (const language of ["ja", "en"] as Language[]) {
  for (const width of [1280, 390]) {
    for (const who of ["yamada", "kato", "sato"] as Who[]) {
      test(`${who} sees the pages of cases in ${language} on ${width} px`, async () => {
        const { page, go, done } = await open("#/cases", { who, language, width });
        const found: string[] = [];
        for (const [name, fragment] of SCREENS) {
          await go(fragment);
          const where = `${name}-${who}-${language}-${width}`;
          await picture(page, where);
          found.push(...(await overflow(page, where)));
          if (language === "ja" || width === 1280) found.push(...(await violations(page, where)));
        }
        await done();
        assert.deepEqual(found, []);
      });
    }
  }
}

test("a member of staff writes a memo on a phone: kind, day, words, and no more", async () => {
  const { page, done } = await open("#/cases", { who: "sato", width: 390 });
  assert.equal(await heading(page), "受付メモ");
  await page.getByRole("link", { name: "受付メモを書く" }).click();
  await page.getByRole("button", { name: "受付メモを残す" }).click();
  const alerts = page.locator("[role=alert]");
  assert.deepEqual(await alerts.allInnerTexts(), ["1つ選んでください", "話の内容を入力してください"]);
  // The focus goes to what is missing first, with the next painting.
  await page.waitForFunction(() => document.activeElement?.textContent === "苦情");
  await picture(page, "memo-missing-390");
  assert.deepEqual(await violations(page, "memo-missing"), []);
  await page.getByRole("button", { name: "苦情" }).click();
  await page.getByLabel("どんな話でしたか").fill("請求額が見積と違うとのお申し出。");
  await page.getByLabel("相手の番号").fill("123");
  await page.getByRole("button", { name: "受付メモを残す" }).click();
  assert.deepEqual(await alerts.allInnerTexts(), ["番号か下4桁を入力してください（例: 090-1234-5678、5678）"]);
  await page.getByLabel("相手の番号").fill("5678");
  const request = sent(page, "POST", "/api/cases");
  await page.getByRole("button", { name: "受付メモを残す" }).click();
  assert.deepEqual((await request).postDataJSON(), { kind: "complaint", happened_at: "2026-11-27", last4: "5678", summary: "請求額が見積と違うとのお申し出。" });
  await page.getByText("受付メモを残しました。責任者の「案件」に表示されます。").waitFor();
  await settled(page);
  assert.match(await heading(page), /苦情/);
  assert.equal(await page.getByRole("button", { name: /追加する|完了にする|外す/ }).count(), 0, "staff see the case and change nothing");
  await done();
});

test("a time, a range and a withheld number go as the API reads them", async () => {
  const { page, go, done } = await open("#/cases/new");
  const write = async (fill: () => Promise<void>) => {
    await page.getByRole("button", { name: "カスタマーハラスメント" }).click();
    await page.getByLabel("どんな話でしたか").fill("大声で交代を求められた。");
    await fill();
    const request = sent(page, "POST", "/api/cases");
    await page.getByRole("button", { name: "受付メモを残す" }).click();
    const body: unknown = (await request).postDataJSON();
    await settled(page);
    await go("#/cases/new");
    return body;
  };
  const words = { kind: "harassment", summary: "大声で交代を求められた。" };
  const timed = await write(async () => {
    await page.getByLabel("時刻").fill("09:30");
    await page.getByRole("button", { name: "非通知" }).click();
  });
  assert.deepEqual(timed, { ...words, happened_at: "2026-11-27T09:30:00+09:00", number: "withheld" });
  const ranged = await write(async () => {
    await page.getByLabel("日付がはっきりしない").check();
    await page.getByLabel("この日から").fill("2026-11-01");
    await page.getByText("だれの通話か・渡す部署").click();
    await page.getByLabel("通話した人").selectOption("abe");
    await page.getByLabel("対応する部署").selectOption("support");
  });
  assert.deepEqual(ranged, { ...words, from: "2026-11-01", to: "2026-11-27", staff: "abe", team: "support" });
  await done();
});

test("a manager begins from a call, and the call is in the case", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`);
  await page.getByRole("link", { name: "受付メモを書く" }).click();
  await settled(page);
  assert.equal(await page.getByLabel("相手の番号").inputValue(), "090-1234-5678");
  assert.equal(await page.getByLabel("時刻").inputValue(), "14:05");
  assert.ok(!page.url().includes("9012345678"), "no number in an address");
  await picture(page, "memo-from-call");
  await page.getByRole("button", { name: "苦情" }).click();
  await page.getByLabel("どんな話でしたか").fill("請求額が見積と違う。");
  const memo = sent(page, "POST", "/api/cases");
  const linked = sent(page, "POST", "/recordings");
  await page.getByRole("button", { name: "受付メモを残す" }).click();
  assert.deepEqual((await memo).postDataJSON(), { kind: "complaint", happened_at: "2026-11-26T14:05:00+09:00", number: "090-1234-5678", staff: "sato", team: "sales", summary: "請求額が見積と違う。" });
  assert.deepEqual((await linked).postDataJSON(), { recording_id: ids.call });
  await page.getByText("受付メモを残し、通話を追加しました").waitFor();
  await done();
});

test("a candidate says why, is added, taken out again, and the case is closed with a reason", async () => {
  const { page, go, done } = await open(`#/cases/${caseIds.fresh}`);
  assert.match(await page.locator(".found").last().innerText(), /090-1234-5678[^]*番号が一致[^]*通話した人が一致[^]*時刻が近い/);
  await page.getByRole("button", { name: "追加する" }).first().click();
  await page.getByText("録音を追加しました").waitFor();
  assert.match(await page.locator(".banner").innerText(), /済んだら「完了にする」/);
  assert.match(await page.locator(".found").first().innerText(), /14:05/);
  await page.getByRole("button", { name: "外す" }).click();
  assert.deepEqual(await violations(page, "unlink"), []);
  await page.getByRole("dialog").getByRole("button", { name: "外す" }).click();
  await page.getByText("録音を外しました").waitFor();
  await go(`#/cases/${caseIds.disclosure}`);
  await page.getByRole("button", { name: "完了にする" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("結果", { exact: true }).selectOption("disclosed_part");
  await dialog.getByRole("button", { name: "完了にする" }).click();
  assert.match(await dialog.locator("[role=alert]").innerText(), /理由が必要です/);
  await picture(page, "case-close");
  assert.deepEqual(await violations(page, "close"), []);
  await dialog.getByLabel("結果の説明").fill("第三者の権利利益を害するおそれがあるため。");
  const request = sent(page, "POST", "/close");
  await dialog.getByRole("button", { name: "完了にする" }).click();
  assert.deepEqual((await request).postDataJSON(), { outcome: "disclosed_part", reason: "第三者の権利利益を害するおそれがあるため。" });
  await page.getByText("結果: 解決・対応済み").waitFor();
  assert.equal(await page.getByRole("button", { name: /完了にする|外す/ }).count(), 0);
  await done();
});

test("what waits for one comes first, and what is due soonest above all", async () => {
  const { page, done } = await open("#/cases");
  assert.deepEqual(await page.locator(".waits > h2").allInnerTexts(), ["社外提出の承認 1件", "対応を待つ受付メモ 1件", "担当している案件 2件"]);
  assert.deepEqual(await page.locator(".cases h3").allInnerTexts(), [
    "顧問弁護士の事務所",
    "請求額が見積と違うとのお申し出。明日までに折り返すと約束した。",
    "自分の通話の録音を聞きたいとのこと。本人確認は済み。",
    "30分以上、大声で担当者の交代を求められた。",
  ]);
  const memo = page.locator(".waits", { hasText: "対応を待つ受付メモ" });
  assert.match(await memo.innerText(), /候補の削除停止は12\/10[^]*まで/);
  const owned = page.locator(".waits", { hasText: "担当している案件" });
  assert.match(await owned.locator("li").first().innerText(), /11\/29[^]*までに回答/);
  await page.getByRole("button", { name: "担当している案件 2件" }).click();
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /担当している案件/);
  await page.getByRole("link", { name: "完了", exact: true }).click();
  await settled(page);
  assert.equal(await page.locator(".cases li").count(), 1);
  await done();
});

test("an admin sees the approvals that only a second person gives, with their counts, and no request of one's own", async () => {
  const { page, done } = await open("#/cases", { who: "yamada", width: 390 });
  const counts = (await page.locator(".counts button").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
  assert.deepEqual(counts, ["社外提出の承認 1件", "削除の承認 1件", "訂正の確認 1件", "対応を待つ受付メモ 1件"]);
  const texts = (await page.locator(".waits li").allInnerTexts()).join("\n");
  assert.match(texts, /顧問弁護士の事務所\s+自社の弁護士への相談 \/ mori が[^]*11\/26[^]*の通話の削除[^]*加藤 恵[^]*林 由美 が/);
  await page.getByRole("link", { name: "保存期限が早まる訂正" }).click();
  assert.match(page.url(), new RegExp(`#/review/${ids.odd}$`));
  await done();
});

test("a list that can't be read hides none of the others", async () => {
  const { page, done } = await open("#/cases", { who: "yamada", faults: { "GET /api/deletions": "429", "GET /api/releases": "empty" }, expected: /429/ });
  const parts = page.locator(".waits");
  assert.match(await parts.filter({ hasText: "削除の承認" }).innerText(), /上限/);
  assert.deepEqual(await parts.locator("h2").allInnerTexts(), ["削除の承認", "訂正の確認 1件", "対応を待つ受付メモ 1件"]);
  await done();
});

test("the pages of cases say what is the matter", async () => {
  const one = `#/cases/${caseIds.fresh}`;
  const route = `GET /api/cases/${caseIds.fresh}`;
  const faults: [string, string, string, RegExp][] = [
    ["GET /api/cases", "empty", "#/cases?view=closed", /案件はありません/],
    ["GET /api/cases", "429", "#/cases", /1時間あたりの上限/],
    [route, "no-case", one, /案件が見つかりません/],
    [route, "500", one, /システムエラー/],
  ];
  for (const [route, fault, fragment, wanted] of faults) {
    const { page, done } = await open(fragment, { width: 390, faults: { [route]: fault }, expected: /status of/ });
    assert.match(await page.locator("main").innerText(), wanted);
    await picture(page, `cases-${fault}`);
    assert.deepEqual(await violations(page, `${fault} ${fragment}`), []);
    await done();
  }
  const free = await open("#/cases", { faults: { "GET /api/cases": "empty", "GET /api/releases": "empty" } });
  assert.match(await free.page.locator("main").innerText(), /対応が必要なものはありません/);
  await free.done();
  const { page, done } = await open(one, { faults: { [`POST /api/cases/${caseIds.fresh}/recordings`]: "closed-case" }, expected: /409|ERR_INTERNET/ });
  await page.getByRole("button", { name: "追加する" }).first().click();
  await page.getByText("案件は完了しています").waitFor();
  await goOffline(page);
  await page.getByRole("button", { name: "追加する" }).first().click();
  await page.getByText("入力した内容はこの画面に残っています").waitFor();
  await page.context().setOffline(false);
  await done();
});

test("a memo that can't be sent keeps what was written", async () => {
  const { page, done } = await open("#/cases/new", { who: "sato", width: 390, faults: { "POST /api/cases": "429" }, expected: /429/ });
  await page.getByRole("button", { name: "苦情" }).click();
  await page.getByLabel("どんな話でしたか").fill("請求額が見積と違う。");
  await page.getByRole("button", { name: "受付メモを残す" }).click();
  await page.getByText(/上限/).first().waitFor();
  assert.equal(await page.getByLabel("どんな話でしたか").inputValue(), "請求額が見積と違う。");
  await done();
});

test("auditors see no case, and hostile texts stay texts", async () => {
  const auditor = await open("#/cases", { who: "ono" });
  assert.match(await auditor.page.locator("main").innerText(), /権限がありません/);
  assert.equal(await auditor.page.getByRole("link", { name: "案件" }).count(), 0);
  await auditor.done();
  const { page, go, done } = await open("#/cases", { isHostile: true, width: 390 });
  for (const fragment of ["#/cases", `#/cases/${caseIds.fresh}`]) {
    await go(fragment);
    assert.equal(await page.evaluate(() => (window as { broken?: number }).broken), undefined);
    assert.deepEqual(await overflow(page, fragment), []);
  }
  await done();
});

test("by the keyboard alone a memo is written", async () => {
  const { page, done } = await open("#/cases/new");
  const press = async (wanted: string) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => [document.activeElement?.textContent?.trim(), document.activeElement?.id && document.querySelector(`label[for="${document.activeElement.id}"]`)?.textContent]);
      if (at.includes(wanted)) return;
    }
    assert.fail(`no Tab leads to ${wanted}`);
  };
  await press("開示の請求");
  await page.keyboard.press("Enter");
  await press("どんな話でしたか");
  await page.keyboard.type("録音を聞きたいとのこと。");
  await press("受付メモを残す");
  const before = calls("POST /api/cases");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/cases\/a/);
  assert.equal(calls("POST /api/cases"), before + 1);
  await done();
});
