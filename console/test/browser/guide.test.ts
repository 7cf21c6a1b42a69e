import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { caseIds } from "../fixtures-cases.ts";
import { ids } from "../fixtures.ts";
import { shrink } from "../png.ts";
import { begin, end, open, settled } from "./page.ts";

before(begin);
after(end);

/** 60 KB: a guide with a dozen of them loads on a phone at once. */
const PICTURE_BYTES = 60_000;
const folder = join(process.cwd(), "../docs/guides/console");

/** `npm run guide` writes the guide's pictures; each test run proves that they can be made. */
async function show(page: Page, name: string, from?: string) {
  await page.evaluate((from) => {
    const heading = [...document.querySelectorAll("h2")].find((one) => one.textContent === from);
    scrollTo(0, heading ? heading.getBoundingClientRect().top + scrollY - 80 : 0);
  }, from);
  const png = shrink(await page.screenshot({ animations: "disabled" }));
  assert.ok(png.length <= PICTURE_BYTES, `${name}: ${png.length} bytes`);
  if (!process.env.GUIDE) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.png`), png);
}

test("the guide's pictures are made of the screens themselves", async () => {
  const phone = await open("#/calls", { width: 390 });
  await phone.page.fill("#number", "5678");
  await phone.page.getByRole("button", { name: "探す" }).click();
  await settled(phone.page);
  await show(phone.page, "find");
  await phone.go(`#/calls/${ids.call}`);
  await phone.page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await show(phone.page, "ask");
  await phone.page.getByRole("button", { name: "聞く", exact: true }).click();
  await phone.page.waitForFunction(() => (document.querySelector(".wave")?.getAttribute("d")?.length ?? 0) > 500);
  // It plays: from then on the position is the test's to set.
  await phone.page.waitForFunction(() => !document.querySelector("audio")!.paused);
  const at = async (seconds: number, button: string) => {
    await phone.page.evaluate((seconds) => {
      const audio = document.querySelector("audio")!;
      audio.pause();
      audio.currentTime = seconds;
    }, seconds);
    await phone.page.getByRole("button", { name: button }).click();
  };
  await at(12, "ここから");
  await at(22, "ここまで");
  await show(phone.page, "hear");
  await phone.go("#/cases/new");
  await phone.page.getByRole("button", { name: "苦情" }).click();
  await phone.page.getByLabel("どんな話でしたか").fill("請求額が見積と違うとのお申し出。明日までに折り返すと約束した。");
  await show(phone.page, "memo");
  await phone.go("#/cases");
  await show(phone.page, "cases");
  await phone.go(`#/cases/${caseIds.fresh}`);
  await show(phone.page, "case");
  await phone.go(`#/cases/${caseIds.open}`);
  await phone.page.getByRole("button", { name: "必要な部分を共有する" }).click();
  await phone.page.getByRole("dialog").getByLabel("聞かせる人").selectOption("abe");
  await show(phone.page, "share");
  await phone.page.keyboard.press("Escape");
  await phone.go(`#/cases/${caseIds.disclosure}`);
  await show(phone.page, "release", "社外提出");
  await phone.done();
  const colleague = await open("#/shares", { who: "sato", width: 390 });
  await show(colleague.page, "shared");
  await colleague.done();

  const desk = await open("#/calls", { who: "yamada" });
  for (const [name, fragment] of [["list", "#/calls"], ["review", "#/review"], ["rules", "#/rules"], ["reports", "#/reports"], ["permissions", "#/reports/permissions"], ["audit", "#/audit"], ["deletions", "#/deletions"]] as const) {
    await desk.go(fragment);
    await show(desk.page, name);
  }
  await desk.done();
});
