/** A dispute, played in a browser by the people of the sample company, against a local cloud that runs the real functions. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launch, picture } from "../browser/page.ts";

type Stack = { console_url: string; users: { login: string; password: string }[] };

/** Functions start cold and messages travel: longer than any page is waited for elsewhere. */
const PATIENCE_MS = 60_000;
/** A message that failed once on a busy machine is retried later. */
const CUT_MS = 240_000;

const path = process.env.ROKUBAN_STACK;
assert.ok(path, "ROKUBAN_STACK names the stack.json of a local cloud");
const stack = JSON.parse(readFileSync(path, "utf8")) as Stack;

let browser: Browser;
const contexts: BrowserContext[] = [];
const broken: string[] = [];

before(async () => {
  browser = await launch();
});
after(async () => {
  for (const context of contexts) await context.close();
  await browser.close();
});

async function visitor(width: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 844 }, locale: "ja-JP", timezoneId: "Asia/Tokyo", reducedMotion: "reduce" });
  context.setDefaultTimeout(PATIENCE_MS);
  contexts.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => broken.push(String(error)));
  page.on("console", (line) => {
    if (/Content.Security.Policy|Trusted/i.test(line.text())) broken.push(line.text());
  });
  return page;
}

/** Signs a sample person in as they would: from the first page, by the provider's, and back. */
async function signIn(login: string, place: string, width = 390): Promise<Page> {
  const { password } = stack.users.find((user) => user.login === login)!;
  const page = await visitor(width);
  await page.goto(`${stack.console_url}/${place}`);
  await page.getByRole("link", { name: "ログイン" }).click();
  await page.fill("#username", login);
  await page.fill("#password", password);
  await page.click("button[type=submit]");
  await settled(page);
  return page;
}

async function settled(page: Page) {
  await page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector(".loading"));
}

async function hear(page: Page) {
  await page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  await page.locator("audio").waitFor({ state: "attached" });
  await page.waitForFunction(() => (document.querySelector("audio")?.currentTime ?? 0) > 0);
}

/** Opens a case again until something of it is there: `clip` works behind a queue. */
async function until(page: Page, text: string) {
  const end = Date.now() + CUT_MS;
  while (!(await page.getByText(text, { exact: true }).first().isVisible())) {
    assert.ok(Date.now() < end, `${text} does not come`);
    await page.waitForTimeout(2_000);
    await page.reload();
    await settled(page);
  }
}

test("a dispute goes through the browser: found, heard, marked, shared, released, opened, taken back, closed", { timeout: 900_000 }, async () => {
  const manager = await signIn("kato", "");

  // Found by the last four digits, and heard for a reason.
  await manager.locator("#number").fill("5678");
  await manager.getByRole("button", { name: "探す", exact: true }).click();
  await settled(manager);
  await manager.getByText(/下4桁 5678/).waitFor();
  const found = manager.locator(".calls tbody tr").first();
  const wider = manager.getByRole("button", { name: "過去400日まで広げて探す" });
  await found.or(wider).waitFor();
  if (await wider.isVisible()) await wider.click();
  await found.locator("a").first().click();
  await settled(manager);
  await hear(manager);

  // Ten seconds of it.
  await manager.evaluate(() => {
    const audio = document.querySelector("audio")!;
    audio.pause();
    audio.currentTime = 2;
  });
  await manager.getByRole("button", { name: "ここから" }).click();
  await manager.evaluate(() => (document.querySelector("audio")!.currentTime = 12));
  await manager.waitForFunction(() => document.querySelector("[role=slider]")!.getAttribute("aria-valuetext")!.includes("0:12"));
  await manager.getByRole("button", { name: "ここまで" }).click();
  await manager.getByText("0:02–0:12").first().waitFor();

  // A case begins from it.
  await manager.getByRole("link", { name: "受付メモを書く" }).click();
  await manager.getByRole("button", { name: "苦情" }).click();
  await manager.getByLabel("どんな話でしたか").fill("請求額が見積と違うとのお申し出。");
  await manager.getByRole("button", { name: "受付メモを残す" }).click();
  await manager.getByText("受付メモを残し、通話を追加しました").waitFor();
  const place = new URL(manager.url()).hash;
  assert.match(place, /^#\/cases\/[a-z2-7]{26}$/);

  // The part goes to one colleague, until a day.
  const dialog = manager.getByRole("dialog");
  await manager.getByRole("button", { name: "必要な部分を共有する" }).click();
  assert.equal(await dialog.getByLabel("ここから").inputValue(), "0:02");
  await dialog.getByLabel("聞かせる人").selectOption("abe");
  await dialog.getByRole("button", { name: "共有する", exact: true }).click();
  await manager.getByText("共有しました。相手の「共有された録音」に出ます。").waitFor();

  // And out of the company, once somebody else approves.
  await manager.getByRole("button", { name: "社外提出を申請する" }).click();
  await dialog.getByLabel("提出先").fill("〇〇法律事務所");
  await dialog.getByLabel("根拠").selectOption("bar_inquiry");
  await dialog.getByLabel("提出する理由").fill("照会への回答のため。");
  await dialog.getByRole("button", { name: "申請する", exact: true }).click();
  await manager.getByText("申請しました。承認を待っています。").waitFor();
  assert.equal(await manager.getByRole("button", { name: "承認する" }).count(), 0, "nobody approves their own request");

  const admin = await signIn("yamada", "#/cases");
  await admin.getByRole("heading", { name: /^社外提出の承認/ }).waitFor();
  await picture(admin, "cloud-waiting");
  await admin.getByRole("link", { name: "〇〇法律事務所" }).first().click();
  await settled(admin);
  await admin.getByRole("button", { name: "承認する" }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "承認する" }).click();
  await admin.getByText("承認しました").waitFor();

  // The colleague hears those ten seconds.
  const colleague = await signIn("abe", "#/shares");
  await colleague.getByRole("button", { name: "聞く", exact: true }).first().click();
  await colleague.waitForFunction(() => document.querySelector("audio")?.duration, undefined, { timeout: CUT_MS });
  assert.equal(Math.round(await colleague.evaluate(() => document.querySelector("audio")!.duration)), 10);

  // The recipient has a link, and no login.
  await until(manager, "準備完了");
  await manager.getByRole("button", { name: "リンクを作る" }).click();
  await dialog.getByRole("button", { name: "リンクを作る" }).click();
  const link = await dialog.locator(".link").innerText();
  await dialog.getByRole("button", { name: "閉じる" }).click();
  const recipient = await visitor(390);
  await recipient.goto(link);
  const taken = recipient.waitForEvent("download");
  await recipient.getByRole("button", { name: /ダウンロード/ }).click();
  assert.match((await taken).suggestedFilename(), /\.zip$/);

  // Taken back: the same link opens nothing.
  await manager.reload();
  await settled(manager);
  await manager.getByText("1回開かれました").waitFor();
  await manager.getByRole("button", { name: "取り消す", exact: true }).click();
  await dialog.getByLabel("理由").fill("依頼者の意向により");
  await dialog.getByRole("button", { name: "取り消す", exact: true }).click();
  await manager.getByText("取り消しました").waitFor();
  await recipient.goto(link);
  await recipient.getByRole("heading", { name: /このリンクは使えません/ }).waitFor();

  await manager.getByRole("button", { name: "完了にする" }).click();
  await dialog.getByLabel("結果", { exact: true }).selectOption("resolved");
  await dialog.getByRole("button", { name: "完了にする" }).click();
  await manager.getByText("結果: 解決・対応済み").waitFor();
  await picture(manager, "cloud-closed");
  assert.deepEqual(broken, [], "no error and no breach of the CSP on any page");
});
