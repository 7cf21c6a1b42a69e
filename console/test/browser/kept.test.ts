import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Language, begin, end, open, overflow, picture, server, settled, violations } from "./page.ts";

before(begin);
after(end);

const SCREENS: [string, string][] = [
  ["retention", "#/reports/retention"],
  ["age", "#/reports/age"],
  ["permissions", "#/reports/permissions"],
  ["sweeps", "#/deletions/days"],
];

test("admins and auditors see what is kept, what was needed and the daily limit, in both languages and widths", async () => {
  const found: string[] = [];
  for (const language of ["ja", "en"] as Language[]) {
    for (const width of [1280, 390]) {
      const who = language === "ja" ? "yamada" : "ono";
      const { page, go, done } = await open("#/reports/retention", { who, language, width });
      for (const [name, fragment] of SCREENS) {
        await go(fragment);
        const where = `${name}-${who}-${language}-${width}`;
        await picture(page, where);
        found.push(...(await overflow(page, where)), ...(await violations(page, where)));
      }
      await done();
    }
  }
  assert.deepEqual(found, []);
});

test("each plot stands above its figures, and its advice is the API's", async () => {
  const { page, go, done } = await open("#/reports/retention", { who: "yamada" });
  assert.match(await page.locator(".banner").innerText(), /第4版[^]*120件が今より早く/);
  assert.equal(await page.locator(".plot rect").count(), 8, "a column for each of eight days");
  assert.match(await page.locator("tbody tr").nth(2).innerText(), /12\/1[^]*67\s+58\s+9/);
  await go("#/reports/age");
  assert.match(await page.locator(".banner.warn").innerText(), /60日に延ばす/);
  assert.match(await page.locator("tbody tr").nth(1).innerText(), /7日以内\s+55\s+74%/);
  assert.match(await page.locator("main").innerText(), /再生 60・案件 8・社内共有 3/);
  await done();
});

test("what is held is shown with its why, and the call and the case where one may know them", async () => {
  const { page, done } = await open("#/reports/retention", { who: "yamada", width: 390 });
  const held = page.locator("section", { hasText: "削除停止中の通話" });
  assert.match(await held.innerText(), /4件の通話（録音5件）[^]*係争・調査\s+1\s+2[^]*解除されるまで/);
  assert.equal(await held.getByRole("link", { name: "通話を開く" }).count(), 2);
  assert.match((await held.getByRole("link", { name: "案件を開く" }).getAttribute("href"))!, /^#\/cases\/c4qk/);
  await done();
  for (const [fault, wanted] of [["unnamed", /1,000件まで[^]*管理者だけに/], ["none-held", /削除停止中の通話はありません/]] as const) {
    const faults = { "GET /api/reports/retention": fault };
    const other = await open("#/reports/retention", { who: "ono", width: 390, faults });
    const text = await other.page.locator("section", { hasText: "削除停止中の通話" }).innerText();
    assert.match(text, wanted);
    assert.ok(!text.includes("を開く"), fault);
    assert.deepEqual([...(await overflow(other.page, fault)), ...(await violations(other.page, fault))], []);
    await other.done();
  }
});

test("what calls take up and cost is shown by class, by hold and of a pending rulebook, and the report is a file", async () => {
  const wanted = {
    ja: [/早く削除される通話: 約 1\.7 GB、月 約 0\.04 米ドル/, /保存区分ごとの目安[^]*1,255\s+約 17\.9 GB、月 約 0\.42 米ドル/, /削除停止のために残っている容量は約 57\.1 MB[^]*係争・調査\s+1\s+2\s+約 14\.3 MB/, "CSVで出力"],
    en: [/Deleted sooner: about 1\.7 GB, US\$ 0\.04 a month/, /By retention class, roughly[^]*1,255\s+about 17\.9 GB, US\$ 0\.42 a month/, /They take up about 57\.1 MB[^]*1\s+2\s+about 14\.3 MB/, "Export CSV"],
  } as const;
  for (const language of ["ja", "en"] as Language[]) {
    const { page, done } = await open("#/reports/retention", { who: "ono", language, width: 390 });
    const text = await page.locator("main").innerText();
    for (const one of wanted[language].slice(0, 3)) assert.match(text, one as RegExp);
    const request = page.waitForRequest((request) => request.url().endsWith("/api/reports/retention") && request.headers()["accept"] === "text/csv");
    await page.getByRole("button", { name: wanted[language][3] }).click();
    await request;
    assert.deepEqual([...(await overflow(page, language)), ...(await violations(page, language))], []);
    await done();
  }
});

test("a deletion beyond the limit is approved with a number, by an admin alone", async () => {
  const { page, done } = await open("#/deletions/days", { who: "yamada", width: 390 });
  assert.match(await page.locator(".banner.warn").innerText(), /310件が待っています/);
  await page.getByRole("button", { name: "上限を超える削除を承認する" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "承認する" }).click();
  assert.equal(await dialog.locator("[role=alert]").innerText(), "1以上の数を入力してください");
  await dialog.getByLabel("上限を超えて削除してよい件数").fill("３１０");
  await picture(page, "sweeps-approve");
  assert.deepEqual(await violations(page, "sweeps-approve"), []);
  const request = page.waitForRequest((request) => request.url().endsWith("/api/sweeps/approval"));
  await dialog.getByRole("button", { name: "承認する" }).click();
  assert.deepEqual((await request).postDataJSON(), { day: "2026-11-27", count: 310 });
  await page.getByText("今日の削除は上限の範囲内です").waitFor();
  await done();
  const auditor = await open("#/deletions/days", { who: "ono" });
  assert.equal(await auditor.page.getByRole("button", { name: /承認する/ }).count(), 0);
  await auditor.done();
  const own = await open("#/deletions/days", { who: "yamada", faults: { "POST /api/sweeps/approval": "own-rulebook" }, expected: /403/ });
  await own.page.getByRole("button", { name: "上限を超える削除を承認する" }).click();
  await own.page.getByLabel("上限を超えて削除してよい件数").fill("10");
  await own.page.getByRole("dialog").getByRole("button", { name: "承認する" }).click();
  await own.page.getByText("もう一人の管理者が承認してください").waitFor();
  await own.done();
});

test("a rulebook is published by a plan that says what would be deleted sooner", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open("#/rules", { who: "yamada", width });
    await page.getByRole("button", { name: "変更する" }).click();
    const policy = page.locator("#text-policy");
    await policy.fill(`${await policy.inputValue()}\n# 見直し`);
    const counted = page.waitForRequest((request) => request.url().endsWith("/api/rulebook/plan"));
    await page.getByRole("button", { name: "公開する" }).click();
    assert.match(JSON.stringify((await counted).postDataJSON()), /見直し/);
    await page.getByText("削除の時期が変わる通話を数えています").waitFor();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /120件の通話が、今より早く[^]*うち37件/);
    await dialog.getByText("部署ごと").click();
    const where = `plan-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    const published = page.waitForRequest((request) => request.method() === "PUT");
    await dialog.getByRole("button", { name: "公開する" }).click();
    assert.equal(((await published).postDataJSON() as { plan_id: string }).plan_id, "ptqk5nwo2xvq7yhl4zgm6cbepl");
    await settled(page);
    await done();
  }
});

test("a plan warns of what waits for review, where it will be read in another way", async () => {
  for (const [fault, warnings] of [["reads-differently", 2], ["", 1]] as const) {
    const faults: Record<string, string> = fault ? { "GET /api/rulebook/plans": fault } : {};
    const { page, done } = await open("#/rules", { who: "yamada", width: 390, faults });
    await page.getByRole("button", { name: "変更する" }).click();
    const policy = page.locator("#text-policy");
    await policy.fill(`${await policy.inputValue()}\n# 見直し`);
    await page.getByRole("button", { name: "公開する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    assert.equal(await dialog.locator(".banner.warn").count(), warnings);
    assert.equal(/先に「要確認」の一覧を見てください/.test(await dialog.innerText()), warnings === 2);
    if (fault) assert.deepEqual([...(await overflow(page, fault)), ...(await violations(page, fault))], []);
    await done();
  }
});

test("the pages of what is kept say what is the matter, and managers do not have them", async () => {
  const faults: [string, string, string, RegExp][] = [
    ["GET /api/reports/age-at-use", "no-use", "#/reports/age", /まだありません/],
    ["GET /api/reports/permissions", "nobody-hears", "#/reports/permissions", /聞ける人\s*0人[^]*聞ける人はいません/],
    ["GET /api/reports/permissions", "500", "#/reports/permissions", /システムエラー/],
    ["GET /api/sweeps", "empty", "#/deletions/days", /削除された通話はありません/],
    ["GET /api/sweeps", "429", "#/deletions/days", /上限/],
    ["GET /api/reports/retention", "500", "#/reports/retention", /システムエラー/],
    ["POST /api/rulebook/plan", "faulty", "#/rules", /運用ルール/],
  ];
  for (const [route, fault, fragment, wanted] of faults) {
    const { page, done } = await open(fragment, { who: "yamada", width: 390, faults: { [route]: fault }, expected: /status of/ });
    assert.match(await page.locator("main").innerText(), wanted, `${route} ${fault}`);
    await done();
  }
  const { page, go, done } = await open("#/reports", { who: "kato" });
  assert.equal(await page.getByRole("link", { name: "何日後に必要か" }).count(), 0);
  await go("#/deletions/days");
  assert.match(await page.locator("main").innerText(), /権限がありません/);
  assert.ok(!server.seen.some(({ who, path }) => who === "kato" && path === "/api/sweeps"), "what is not for one is not asked for");
  await done();
});
