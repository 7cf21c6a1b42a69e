import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { caseIds } from "../fixtures-cases.ts";
import { link, releaseIds } from "../fixtures-shares.ts";
import { ids } from "../fixtures.ts";
import { begin, end, open, overflow, picture, violations } from "./page.ts";

before(begin);
after(end);

const sent = (page: Page, ending: string) => page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith(ending));

test("a release is requested with its basis, its parts and a transcript", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(`#/cases/${caseIds.open}`, { width });
    await page.getByRole("button", { name: "社外提出を申請する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "申請する", exact: true }).click();
    assert.deepEqual(await dialog.locator("[role=alert]").allInnerTexts(), ["入力してください", "入力してください"]);
    await dialog.getByLabel("提出先").fill("横浜地方裁判所");
    await dialog.getByLabel("根拠").selectOption("court_order");
    await dialog.getByLabel("文書の番号").fill("令和8年(ワ)第123号");
    await dialog.getByLabel("文書の日付").fill("2026-11-20");
    await dialog.getByLabel("提出する理由").fill("文書送付嘱託への回答のため。");
    await dialog.getByLabel("ここから").fill("0:12");
    await dialog.getByLabel("ここまで").fill("22");
    await dialog.getByText("反訳（文字起こし）を添える").click();
    await dialog.getByLabel("反訳", { exact: true }).fill("0:12 税込12万円です。");
    await dialog.getByRole("button", { name: "部分を増やす" }).click();
    await dialog.getByLabel("ここから").last().fill("0:30");
    const where = `release-request-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await violations(page, where)), ...(await overflow(page, where))], []);
    const request = sent(page, "/releases");
    await dialog.getByRole("button", { name: "申請する", exact: true }).click();
    assert.deepEqual((await request).postDataJSON(), {
      recipient: "横浜地方裁判所",
      basis: "court_order",
      reference: "令和8年(ワ)第123号",
      basis_date: "2026-11-20",
      reason: "文書送付嘱託への回答のため。",
      items: [{ recording_id: ids.call, from_seconds: 12, to_seconds: 22, transcript: "0:12 税込12万円です。" }, { recording_id: ids.call, from_seconds: 30 }],
    });
    await page.getByText("申請しました。承認を待っています。").waitFor();
    await done();
  }
});

test("each step of a release is offered to those who may do it, and says what it does", async () => {
  const { page, done } = await open(`#/cases/${caseIds.disclosure}`);
  const of = (recipient: string) => page.locator("li.whole", { hasText: recipient });
  const dialog = page.getByRole("dialog");
  assert.deepEqual(await of("横浜地方裁判所").getByRole("button").allInnerTexts(), ["取り消す"], "one's own request");
  assert.match(await of("横浜地方裁判所").innerText(), /自分では承認できません/);
  const approved = sent(page, `/releases/${releaseIds.asked}/approve`);
  await of("顧問弁護士の事務所").getByRole("button", { name: "承認する" }).click();
  await picture(page, "release-approve");
  assert.deepEqual(await violations(page, "approve"), []);
  await dialog.getByRole("button", { name: "承認する" }).click();
  assert.equal((await approved).postData(), null);
  await page.getByText("承認しました").waitFor();
  await of("顧問弁護士の事務所").getByRole("button", { name: "却下する" }).click();
  await dialog.getByRole("button", { name: "却下する" }).click();
  assert.equal(await dialog.locator("[role=alert]").innerText(), "入力してください");
  const refused = sent(page, "/refuse");
  await dialog.getByLabel("理由").fill("範囲が広すぎるため。");
  await dialog.getByRole("button", { name: "却下する" }).click();
  assert.deepEqual((await refused).postDataJSON(), { reason: "範囲が広すぎるため。" });
  await page.getByText("却下しました").waitFor();
  const delivered = sent(page, "/delivered");
  await of("〇〇警察署").getByRole("button", { name: "引き渡しを記録する" }).click();
  await dialog.getByLabel("受け取った人").fill("担当官");
  await dialog.getByLabel(/渡し方/).fill("リンク");
  await dialog.getByRole("button", { name: "引き渡しを記録する" }).click();
  assert.deepEqual((await delivered).postDataJSON(), { received_by: "担当官", channel: "リンク" });
  await page.getByText("引き渡しを記録しました").waitFor();
  await done();
});

test("a recipient's link is shown once, and is nowhere when the dialogue is closed", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(`#/cases/${caseIds.disclosure}`, { width });
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "リンクを作る" }).click();
    await dialog.getByLabel("使える期間").selectOption("3");
    const made = sent(page, "/link");
    await dialog.getByRole("button", { name: "リンクを作る" }).click();
    assert.deepEqual((await made).postDataJSON(), { days: 3 });
    await dialog.getByText(link.link).waitFor();
    const where = `release-link-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await violations(page, where)), ...(await overflow(page, where))], []);
    await dialog.getByRole("button", { name: "閉じる" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const kept = await page.evaluate(() => document.documentElement.outerHTML + location.href + JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes("/v1/r/"));
    await done();
  }
});

test("staff see neither the shares nor the releases of their memo's case to change", async () => {
  const { page, done } = await open(`#/cases/${caseIds.fresh}`, { who: "sato" });
  assert.equal(await page.getByRole("button", { name: /共有|社外提出|承認/ }).count(), 0);
  await done();
});
