import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ids } from "../fixtures.ts";
import { begin, end, goOffline, heading, open, overflow, picture, server, settled, violations } from "./page.ts";

before(begin);
after(end);

test("a deletion is requested for the whole call, and says who may approve it", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`);
  await page.getByRole("button", { name: "削除を依頼する" }).click();
  const dialog = page.getByRole("dialog");
  assert.match(await dialog.innerText(), /録音2件すべて/);
  await dialog.getByLabel("理由").fill("本人から利用停止の請求があった");
  await picture(page, "deletion-request");
  assert.deepEqual(await violations(page, "deletion-request"), []);
  await dialog.getByRole("button", { name: "依頼する" }).click();
  assert.match(await page.locator("aside .banner.good").innerText(), /承認できる人: 林 由美.小野 真理.山田 太郎/);
  await done();
});

test("staff request nothing", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`, { who: "sato" });
  assert.equal(await page.getByRole("button", { name: /削除/ }).count(), 0);
  await done();
});

test("a refused request says why, and keeps the reason that was typed", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`, { faults: { [`DELETE /api/recordings/${ids.call}`]: "403" }, expected: /403/ });
  await page.getByRole("button", { name: "削除を依頼する" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("理由").fill("誤って録音した");
  await dialog.getByRole("button", { name: "依頼する" }).click();
  assert.match(await dialog.locator("[role=alert]").innerText(), /この操作はできません/);
  assert.equal(await dialog.getByLabel("理由").inputValue(), "誤って録音した");
  await done();
});

test("a second person approves, and nobody their own request", async () => {
  for (const [language, width] of [["ja", 1280], ["ja", 390], ["en", 390]] as const) {
    const { page, done } = await open("#/deletions", { who: "yamada", language, width });
    const w = language === "ja" ? { approve: "承認する", back: "依頼を取り下げる", refuse: "承認しない", reason: "理由" } : { approve: "Approve", back: "Take the request back", refuse: "Refuse", reason: "Reason" };
    assert.equal(await heading(page), language === "ja" ? "削除の承認" : "Deletions");
    assert.equal(await page.getByRole("button", { name: w.approve, exact: true }).count(), 1);
    await page.getByRole("button", { name: w.approve, exact: true }).click();
    const where = `approve-${language}-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    await page.getByRole("dialog").getByRole("button", { name: w.approve, exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.getByRole("button", { name: w.approve, exact: true }).count(), 0);
    await page.getByRole("button", { name: w.back }).click();
    await page.getByRole("dialog").getByLabel(w.reason).fill("間違い");
    await page.getByRole("dialog").getByRole("button", { name: w.back }).click();
    await page.getByText(language === "ja" ? "承認を待っている依頼はありません" : "No request waits for approval").waitFor();
    await done();
  }
  assert.equal(server.seen.filter(({ path }) => path.endsWith("/approve")).length, 3);
});

test("the deletions' screens say what is the matter", async () => {
  const routes: [string, string, RegExp][] = [
    ["empty", "#/deletions", /承認を待っている依頼はありません/],
    ["empty", "#/deletions/proofs", /この期間に削除された録音はありません/],
    ["403", "#/deletions", /この操作はできません/],
    ["429", "#/deletions/proofs", /1時間あたりの上限/],
    ["500", "#/deletions/approved", /システムエラー/],
  ];
  for (const [fault, fragment, wanted] of routes) {
    const { page, done } = await open(fragment, { who: "ono", width: 390, faults: { "GET /api/deletions": fault }, expected: /status of/ });
    assert.match(await page.locator("main").innerText(), wanted);
    await picture(page, `deletions-${fault}`);
    assert.deepEqual(await violations(page, `${fault} ${fragment}`), []);
    await done();
  }
  const { page, done } = await open("#/deletions/proofs", { who: "ono", expected: /ERR_INTERNET_DISCONNECTED/ });
  await goOffline(page);
  await page.getByRole("link", { name: "承認待ち" }).click();
  await page.getByRole("button", { name: "もう一度試す" }).waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "もう一度試す" }).click();
  await settled(page);
  assert.equal(await page.locator(".card").count(), 2);
  await done();
});

test("the proofs are listed for a period, and say who agreed", async () => {
  const { page, done } = await open("#/deletions/proofs", { who: "ono" });
  assert.match(await page.locator("tbody tr").first().innerText(), /依頼（責任者）・承認（監査）/);
  assert.match(await page.locator("tbody tr").last().innerText(), /保存期限 \/ 標準（30日）/);
  const arrived = page.waitForEvent("download");
  await page.getByRole("button", { name: /CSV/ }).click();
  assert.match((await arrived).suggestedFilename(), /^削除証明/);
  await done();
});
