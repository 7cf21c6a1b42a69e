import assert from "node:assert/strict";
import { after, before as first, test } from "node:test";
import { ids } from "../fixtures.ts";
import { begin, calls, end, open, overflow, picture, violations } from "./page.ts";

first(begin);
after(end);

test("a hold is placed with a reason and a day, and lifted by an admin", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(`#/calls/${ids.call}`, { who: "yamada", width });
    await page.getByRole("button", { name: "削除を停止する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "削除を停止する" }).click();
    assert.match(await dialog.locator("[role=alert]").innerText(), /理由を入力してください/);
    await dialog.getByLabel("理由").fill("係争のおそれがあるため");
    await dialog.getByLabel("この日まで").fill("2026-11-27");
    await dialog.getByRole("button", { name: "削除を停止する" }).click();
    assert.match(await dialog.innerText(), /今日より後の日付にしてください/);
    await dialog.getByLabel("この日まで").fill("2027-03-31");
    const where = `hold-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    const before = calls(`GET /api/recordings/${ids.call}/holds`);
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/holds"));
    await dialog.getByRole("button", { name: "削除を停止する" }).click();
    assert.deepEqual((await sent).postDataJSON(), { reason: "係争のおそれがあるため", until: "2027-04-01T00:00:00+09:00" });
    await page.getByText("この通話は、削除停止が1件ある間は削除されません。").waitFor();
    assert.equal(calls(`GET /api/recordings/${ids.call}/holds`), before, "reading them is recorded: it is done by a press");
    await page.getByRole("button", { name: "内容を見る" }).click();
    await page.getByText("係争のおそれがあるため").waitFor();
    await picture(page, `holds-${width}`);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, "holds"))], []);
    assert.equal(await page.getByRole("button", { name: "解除する" }).count(), 1, "a case's hold ends with the case");
    await page.getByRole("button", { name: "解除する" }).click();
    await page.getByRole("dialog").getByLabel("理由").fill("和解が成立したため");
    await page.getByRole("dialog").getByRole("button", { name: "解除する" }).click();
    await page.getByText("解除しました").waitFor();
    await done();
  }
});

test("a manager places a hold and lifts none; staff see neither", async () => {
  const manager = await open(`#/calls/${ids.call}`);
  await manager.page.getByRole("button", { name: "削除を停止する" }).click();
  await manager.page.getByRole("dialog").getByLabel("理由").fill("係争");
  await manager.page.getByRole("dialog").getByRole("button", { name: "削除を停止する" }).click();
  await manager.page.getByRole("button", { name: "内容を見る" }).click();
  await manager.page.getByText("お客様からの苦情").waitFor();
  assert.equal(await manager.page.getByRole("button", { name: "解除する" }).count(), 0);
  await manager.done();
  const staff = await open(`#/calls/${ids.call}`, { who: "sato" });
  assert.equal(await staff.page.getByRole("button", { name: /削除を/ }).count(), 0);
  await staff.done();
});
