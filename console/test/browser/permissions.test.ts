import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Language, begin, calls, end, open, overflow, picture, server, violations } from "./page.ts";

before(begin);
after(end);

const PLACE = "#/reports/permissions";

test("an auditor sees at a glance who may hear, and the rest on a press", async () => {
  const { page, done } = await open(PLACE, { who: "ono" });
  assert.match(await page.locator(".tiles").innerText(), /聞ける人\s+5人\s+ダウンロード\s+2人\s+社外提出\s+4人/);
  const people = page.locator(".rights").first().locator("tbody");
  const names = await people.locator("th").allInnerTexts();
  assert.deepEqual(names.map((name) => name.replace(/\s+/g, " ")), ["林 由美 管理者", "山田 太郎 管理者", "加藤 恵 責任者", "鈴木 一郎 責任者", "阿部 学 一般"]);
  assert.match(await people.first().innerText(), /すべての録音/);
  assert.equal(await people.first().locator("tr").count(), 1, "what is alike is one row");
  const kato = people.nth(2).locator("tr");
  assert.match(await kato.first().innerText(), /営業部/);
  assert.deepEqual(await kato.first().locator("td.yes .name").allInnerTexts(), ["聞く", "社内共有", "社外提出", "情報を見る", "メモを読む", "取扱履歴", "削除停止", "削除依頼"]);
  assert.match(await kato.nth(1).innerText(), /自分の通話/);
  assert.match(await people.nth(4).innerText(), /田中 誠 から引き継いだ通話/);
  const others = page.locator("details");
  assert.equal(await others.locator("tbody").first().isVisible(), false);
  await others.getByText("録音を聞けない人（2人）").click();
  assert.match(await others.innerText(), /佐藤 花子[^]*小野 真理[^]*録音の情報も見られません/);
  assert.match(await page.locator("main").innerText(), /60日を過ぎた録音は、管理者だけ[^]*7日間です/);
  assert.equal(calls("GET /api/reports/permissions"), 1, "reading it is recorded: it is read once");
  await done();
});

test("whose recordings of a team may be heard is one choice away, and asks nothing again", async () => {
  for (const [language, width] of [["ja", 1280], ["ja", 390], ["en", 390]] as [Language, number][]) {
    const { page, done } = await open(PLACE, { who: "yamada", language, width, dark: language === "en" });
    const before = calls("GET /api/reports/permissions");
    await page.locator(".filter select").selectOption("support");
    const names = (await page.locator(".rights").first().locator("tbody th bdi").allInnerTexts()).join();
    assert.equal(names, "林 由美,山田 太郎,鈴木 一郎,阿部 学");
    assert.match(await page.locator(".tiles dd").first().innerText(), /^4/);
    await page.locator("summary").click();
    const tab = (await page.locator(".tabs [aria-current]").boundingBox())!;
    assert.ok(tab.x >= 0 && tab.x + tab.width <= width, "the tab of the page is in sight");
    const where = `permissions-team-${language}-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    assert.equal(calls("GET /api/reports/permissions"), before);
    await done();
  }
});

test("the list is a file of its day, and no manager has the page", async () => {
  const { page, done } = await open(PLACE, { who: "yamada", width: 390 });
  const arrived = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSVで出力" }).click();
  assert.equal((await arrived).suggestedFilename(), "権限一覧-2026-11-27.csv");
  await done();
  const manager = await open(PLACE, { who: "kato" });
  assert.equal(await manager.page.getByRole("link", { name: "権限一覧" }).count(), 0);
  assert.ok(!server.seen.some(({ who, path }) => who === "kato" && path === "/api/reports/permissions"));
  await manager.done();
});
