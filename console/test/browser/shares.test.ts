import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { caseIds } from "../fixtures-cases.ts";
import { ids } from "../fixtures.ts";
import { begin, end, open, overflow, picture, settled, violations } from "./page.ts";

before(begin);
after(end);

test("the part that was marked on a call is shared from its case", async () => {
  const { page, go, done } = await open(`#/calls/${ids.call}`);
  await page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  await page.waitForFunction(() => document.querySelector("audio")?.paused === false);
  const at = async (seconds: number, button: string) => {
    await page.evaluate((seconds) => {
      const audio = document.querySelector("audio")!;
      audio.pause();
      audio.currentTime = seconds;
    }, seconds);
    await page.getByRole("button", { name: button }).click();
  };
  await at(12, "ここから");
  await at(22, "ここまで");
  await go(`#/cases/${caseIds.open}`);
  await page.getByRole("button", { name: "必要な部分を共有する" }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("ここから").inputValue(), "0:12");
  assert.equal(await dialog.getByLabel("ここまで").inputValue(), "0:22");
  await dialog.getByRole("button", { name: "共有する", exact: true }).click();
  assert.deepEqual(await dialog.locator("[role=alert]").allInnerTexts(), ["聞かせる人を選んでください"]);
  await dialog.getByLabel("聞かせる人").selectOption("abe");
  await dialog.getByLabel("聞かせる人").selectOption("tanaka");
  await dialog.getByRole("button", { name: "田中 誠 を外す" }).click();
  await dialog.getByText("聞かせない部分").click();
  await dialog.getByLabel("無音にする部分").fill("0:14-0:16、0:18〜0:19");
  await picture(page, "share");
  assert.deepEqual(await violations(page, "share"), []);
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/shares"));
  await dialog.getByRole("button", { name: "共有する", exact: true }).click();
  assert.deepEqual((await sent).postDataJSON(), {
    recording_id: ids.call,
    from_seconds: 12,
    to_seconds: 22,
    mute: [{ from_seconds: 14, to_seconds: 16 }, { from_seconds: 18, to_seconds: 19 }],
    staff: ["abe"],
    until: "2026-12-04",
  });
  await page.getByText("共有しました。").waitFor();
  await done();
});

test("on a phone: found by four digits, heard, marked, a case begun, and the part shared", async () => {
  const { page, done } = await open("#/calls", { width: 390 });
  await page.fill("#number", "5678");
  await page.getByRole("button", { name: "探す" }).click();
  await page.locator(".calls tbody a").first().click();
  await page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  await page.waitForFunction(() => document.querySelector("audio")?.paused === false);
  for (const [seconds, button] of [[5, "ここから"], [15, "ここまで"]] as const) {
    await page.evaluate((seconds) => (document.querySelector("audio")!.currentTime = seconds), seconds);
    await page.evaluate(() => document.querySelector("audio")!.pause());
    await page.getByRole("button", { name: button }).click();
  }
  await page.getByRole("link", { name: "受付メモを書く" }).click();
  await page.getByRole("button", { name: "苦情" }).click();
  await page.getByLabel("どんな話でしたか").fill("請求額が見積と違う。");
  await page.getByRole("button", { name: "受付メモを残す" }).click();
  await page.getByRole("button", { name: "必要な部分を共有する" }).click();
  const dialog = page.getByRole("dialog");
  assert.deepEqual([await dialog.getByLabel("ここから").inputValue(), await dialog.getByLabel("ここまで").inputValue()], ["0:05", "0:15"]);
  await dialog.getByLabel("聞かせる人").selectOption("abe");
  await dialog.getByRole("button", { name: "共有する", exact: true }).click();
  await page.getByText("共有しました。").waitFor();
  assert.ok(!page.url().includes("9012345678"));
  await done();
});

test("by the keyboard alone a part is shared with two colleagues, one of another team", async () => {
  const { page, done } = await open(`#/cases/${caseIds.open}`);
  const press = async (wanted: string) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => [document.activeElement?.textContent?.trim(), document.activeElement?.id && document.querySelector(`label[for="${document.activeElement.id}"]`)?.textContent]);
      if (at.includes(wanted)) return;
    }
    assert.fail(`no Tab leads to ${wanted}`);
  };
  await press("必要な部分を共有する");
  await page.keyboard.press("Enter");
  await press("ここから");
  await page.keyboard.type("0:05");
  await press("聞かせる人");
  await page.keyboard.press("ArrowDown");
  await press("ほかの部署の人");
  await page.keyboard.press("Enter");
  await press("社員名簿のID");
  await page.keyboard.type("mori");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.locator(".chip").count(), 2, "Enter adds and sends nothing");
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/shares"));
  await press("共有する");
  await page.keyboard.press("Enter");
  const { staff, from_seconds } = (await sent).postDataJSON() as { staff: string[]; from_seconds: number };
  assert.deepEqual([staff[1], from_seconds], ["mori", 5]);
  await page.getByText("共有しました。").waitFor();
  await done();
});

test("times that are none are said, not sent", async () => {
  const { page, done } = await open(`#/cases/${caseIds.open}`, { width: 390 });
  await page.getByRole("button", { name: "必要な部分を共有する" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("聞かせる人").selectOption("abe");
  for (const [from, to] of [["1:00", "0:30"], ["一分", ""], ["0:70", "2:00"]]) {
    await dialog.getByLabel("ここから").fill(from!);
    await dialog.getByLabel("ここまで").fill(to!);
    await dialog.getByRole("button", { name: "共有する", exact: true }).click();
    assert.match(await dialog.locator("[role=alert]").innerText(), /0:42 のように/, `${from} ${to}`);
  }
  await picture(page, "share-390");
  assert.deepEqual([...(await violations(page, "share-390")), ...(await overflow(page, "share-390"))], []);
  await done();
});

test("a share is withdrawn", async () => {
  const { page, done } = await open(`#/cases/${caseIds.disclosure}`);
  await page.getByRole("button", { name: "共有をやめる" }).first().click();
  const sent = page.waitForRequest((request) => request.method() === "DELETE");
  await page.getByRole("dialog").getByRole("button", { name: "共有をやめる" }).click();
  assert.match((await sent).url(), /\/shares\/s/);
  await page.getByText("共有をやめました").waitFor();
  await done();
});

test("a colleague hears the part alone, and waits while it is made", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open("#/cases", { who: "sato", width, faults: { "POST /api/shares/stqk5nwo2xvq7yhl4zgm6cbsh4/play": "making" }, expected: /409/ });
    await page.getByRole("link", { name: "共有された録音" }).click();
    await settled(page);
    await picture(page, `shared-${width}`);
    assert.deepEqual([...(await violations(page, "shared")), ...(await overflow(page, "shared"))], []);
    await page.getByRole("button", { name: "聞く" }).first().click();
    const audio = page.locator("audio");
    await audio.waitFor();
    assert.match((await audio.getAttribute("src")) ?? "", /^blob:/);
    await done();
  }
});

test("the pages of shares say what is the matter", async () => {
  const faults: [string, RegExp][] = [
    ["empty", /共有された録音はありません/],
    ["429", /1時間あたりの上限/],
    ["500", /システムエラー/],
  ];
  for (const [fault, wanted] of faults) {
    const { page, done } = await open("#/shares", { who: "sato", width: 390, faults: { "GET /api/shares": fault }, expected: /status of/ });
    assert.match(await page.locator("main").innerText(), wanted);
    assert.deepEqual(await violations(page, fault), []);
    await done();
  }
  const { page, done } = await open("#/shares", { who: "sato", faults: { "POST /api/shares/stqk5nwo2xvq7yhl4zgm6cbsh1/play": "404" }, expected: /404/ });
  await page.getByRole("button", { name: "聞く" }).first().click();
  await page.getByText("録音が見つかりません").waitFor();
  await done();
});
