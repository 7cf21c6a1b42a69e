import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { ids } from "../fixtures.ts";
import { begin, calls, end, goOffline, heading, open, overflow, picture, settled, violations } from "./page.ts";

before(begin);
after(end);

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.id);

/** Presses Tab until the element with the focus has this text or this id. */
async function tabTo(page: Page, wanted: string) {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      return [element?.id, element?.textContent?.trim(), element?.getAttribute("aria-label")];
    });
    if (at.includes(wanted)) return;
  }
  assert.fail(`no Tab leads to ${wanted}; the focus is on ${await focused(page)}`);
}

async function listen(page: Page) {
  await page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  await page.locator(".player").waitFor();
  await page.waitForFunction(() => (document.querySelector(".wave")?.getAttribute("d")?.length ?? 0) > 500);
  // It plays: where it is, is no more set to the beginning.
  await page.waitForFunction(() => (document.querySelector("audio")?.currentTime ?? 0) > 0);
}

test("by the keyboard alone one finds a call, hears it, and writes a note", async () => {
  const { page, done } = await open("#/calls");
  await page.keyboard.press("/");
  await page.keyboard.type("5678");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.match(await page.locator(".summary").innerText(), /下4桁 5678/);
  assert.equal(await page.locator(".calls tbody tr").count(), 2);
  const link = await page.locator(".calls tbody a").first().innerText();
  await tabTo(page, link);
  await page.keyboard.press("Enter");
  await settled(page);
  assert.match(await heading(page), /090-1234-5678/);
  assert.match((await focused(page)) ?? "", /090-1234-5678/, "the focus is on the heading");
  await tabTo(page, "お客様からの問い合わせ");
  await page.keyboard.press("Enter");
  await tabTo(page, "聞く");
  await page.keyboard.press("Enter");
  await page.locator(".player").waitFor();
  await page.waitForFunction(() => !document.querySelector("audio")!.paused);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("audio")!.paused);
  await page.evaluate(() => (document.querySelector("audio")!.currentTime = 0));
  await page.keyboard.press("l");
  await page.keyboard.press("[");
  await page.keyboard.press("l");
  await page.keyboard.press("]");
  assert.match(await page.locator(".part").innerText(), /必要な部分\s+0:05–0:10/);
  await tabTo(page, "note");
  await page.keyboard.type("0:12 から金額の話");
  await page.keyboard.press("Control+Enter");
  await page.getByText("メモを残しました").waitFor();
  assert.equal(calls(`POST /api/recordings/${ids.call}/play`), 1);
  await done();
});

test("a call is fetched once, drawn, and its part goes into a note", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(`#/calls/${ids.call}`, { width });
    await listen(page);
    await page.evaluate(() => {
      const audio = document.querySelector("audio")!;
      audio.pause();
      audio.currentTime = 12;
    });
    await page.getByRole("button", { name: "ここから" }).click();
    await page.evaluate(() => (document.querySelector("audio")!.currentTime = 22));
    await page.waitForFunction(() => document.querySelector("[role=slider]")!.getAttribute("aria-valuetext")!.includes("0:22"));
    await page.getByRole("button", { name: "ここまで" }).click();
    await page.getByRole("button", { name: "メモに書く" }).click();
    assert.match(await page.locator("#note").inputValue(), /0:12–0:22/);
    assert.ok(await page.locator("audio").evaluate((audio: HTMLAudioElement) => audio.src.startsWith("blob:")));
    const where = `player-${width}`;
    // Writing scrolled to the note: at the top the page's head covers nothing.
    await page.evaluate(() => window.scrollTo(0, 0));
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    // Where one marks the part, the case is one press away.
    await page.getByRole("link", { name: "案件を始める" }).click();
    await settled(page);
    assert.equal(await heading(page), "受付メモを書く");
    assert.equal(await page.getByLabel("相手の番号").inputValue(), "090-1234-5678");
    await done();
  }
});

test("a search that finds nothing says what was deleted of the number, and leads to its proof", async () => {
  const { page, done } = await open("#/calls", { width: 390, expected: /410/ });
  await page.locator("#number").fill("4321");
  await page.getByRole("button", { name: "探す", exact: true }).click();
  await settled(page);
  assert.match(await page.locator(".banner").innerText(), /削除された録音が1件ありました[^]*10\/20[^]*の通話/);
  await picture(page, "deleted-of-number");
  assert.deepEqual([...(await overflow(page, "deleted-of-number")), ...(await violations(page, "deleted-of-number"))], []);
  await page.getByRole("link", { name: /の通話（/ }).click();
  await settled(page);
  assert.match(await heading(page), /削除/);
  await done();
});

test("what a browser can't play is decoded in the page, drawn and played", async () => {
  const { page, done } = await open(`#/calls/${ids.gsm}`);
  await listen(page);
  assert.equal(Math.round(await page.evaluate(() => document.querySelector("audio")!.duration)), 10);
  await page.waitForFunction(() => (document.querySelector("audio")?.currentTime ?? 0) > 0);
  assert.equal(await page.locator("[role=alert]").count(), 0);
  assert.equal(calls(`POST /api/recordings/${ids.gsm}/play`), 1);
  await done();
});

test("no other script becomes a worker, and no policy makes a string code", async () => {
  const { page, done } = await open("#/calls", { expected: /Trusted|policy/i });
  const outcomes = await page.evaluate(() => {
    const types = (window as never as { trustedTypes: { createPolicy: (name: string, rules: object) => unknown } }).trustedTypes;
    const tried = [() => new Worker("/assets/decode.js"), () => types.createPolicy("other", {}), () => (document.body.innerHTML = "<b>")];
    return tried.map((act) => {
      try {
        act();
        return "done";
      } catch (error) {
        return (error as Error).name;
      }
    });
  });
  assert.deepEqual(outcomes, ["TypeError", "TypeError", "TypeError"]);
  await done();
});

test("a very long recording is streamed, and its link is renewed as the same hearing", async () => {
  const { page, done } = await open(`#/calls/${ids.long}`);
  await page.getByRole("button", { name: "お客様からの問い合わせ" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  await page.waitForFunction(() => (document.querySelector("audio")?.currentTime ?? 0) > 0);
  const first = await page.locator("audio").evaluate((audio: HTMLAudioElement) => audio.src);
  assert.match(first, /^http:/);
  // As after the link's end: the store answers no more.
  await page.evaluate(() => document.querySelector("audio")!.dispatchEvent(new Event("error")));
  await page.waitForFunction((old) => (document.querySelector("audio")?.src ?? old) !== old, first);
  assert.equal(calls(`POST /api/recordings/${ids.long}/play`), 2);
  await done();
});

test("a number stands in no address and in no storage", async () => {
  const { page, done } = await open("#/calls");
  await page.fill("#number", "090-1234-5678");
  await page.getByRole("button", { name: "探す" }).click();
  await settled(page);
  await page.locator(".calls tbody a").first().click();
  await settled(page);
  await listen(page);
  const kept = await page.evaluate(() => JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie, performance.getEntriesByType("navigation").map(({ name }) => name)]));
  assert.doesNotMatch(kept, /1234|5678/);
  const links = await page.evaluate(() => [...document.querySelectorAll("[href],[src]")].map((element) => element.getAttribute("href") ?? element.getAttribute("src") ?? ""));
  assert.ok(links.every((link) => !/09012345678|signature/.test(link)));
  await page.goBack();
  await settled(page);
  assert.equal(await page.inputValue("#number"), "090-1234-5678", "going back finds the search as it was");
  await done();
});

test("going back asks nothing again", async () => {
  const { page, done } = await open("#/calls");
  const before = calls("GET /api/recordings");
  await page.locator(".calls tbody a").first().click();
  await settled(page);
  await page.goBack();
  await settled(page);
  assert.equal(calls("GET /api/recordings"), before);
  await done();
});

test("nothing found says what was searched, and looks further", async () => {
  const { page, done } = await open("#/calls", { width: 390 });
  await page.fill("#number", "0000");
  await page.getByRole("button", { name: "探す" }).click();
  await settled(page);
  assert.match(await page.locator(".summary").innerText(), /下4桁 0000/);
  await picture(page, "calls-none");
  assert.deepEqual(await violations(page, "calls-none"), []);
  await page.getByRole("button", { name: "過去400日まで広げて探す" }).click();
  await settled(page);
  assert.match(await page.locator(".summary").innerText(), /2025/);
  await page.fill("#number", "12");
  await page.getByRole("button", { name: "探す" }).click();
  await page.getByText("下4桁か、番号全体を入力してください").waitFor();
  await done();
});

test("an empty page is followed to the next", async () => {
  const { page, done } = await open("#/calls", { faults: { "GET /api/recordings": "first-empty" } });
  assert.equal(await page.locator(".calls tbody tr").count(), 8);
  await done();
});

test("the deletion's proof is a page that prints", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open(`#/calls/${ids.gone}`, { width, expected: /410/ });
    assert.equal(await heading(page), "この録音は削除されました");
    const proof = await page.locator(".certificate").innerText();
    assert.match(proof, /この証明の対象\s.*付属情報ファイル.*切り出した部分.*別リージョンの写し: 残っていない（.*に確認）/s);
    assert.match(proof, /対象ではないもの\s+録音元（PBXなど）に残る録音: 録音元の設定により、2027\/1\/18.* まで残ることがある（2026\/10\/1.* に確認/);
    assert.match(proof, /ダウンロード 1回、社外提出 1件\s.*社外提出（相手がリンクを開いた） 弁護士会\s.*ダウンロード 管理者/s);
    await picture(page, `deleted-${width}`);
    assert.deepEqual([...(await overflow(page, "deleted")), ...(await violations(page, "deleted"))], []);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator(".top").isVisible(), false);
    await done();
  }
});

test("every refusal says what is the matter and what to do", async () => {
  const routes: [string, string, string, RegExp][] = [
    ["#/calls", "GET /api/recordings", "429", /1時間あたりの上限[^]*11:00以降に再度お試しください。$/],
    ["#/calls", "GET /api/recordings", "busy", /混み合っています/],
    ["#/calls", "GET /api/recordings", "500", /システムエラー/],
    ["#/calls", "GET /api/recordings", "502", /システムエラー/],
    [`#/calls/${ids.call}`, `GET /api/recordings/${ids.call}`, "404", /録音が見つかりません/],
    ["#/reports", "GET /api/reports", "403", /この操作はできません/],
    ["#/", "GET /api/me", "403", /この操作はできません/],
  ];
  for (const [fragment, route, fault, wanted] of routes) {
    const { page, done } = await open(fragment, { width: 390, faults: { [route]: fault }, expected: /status of|Failed to load/ });
    assert.match(await page.locator("[role=alert]").innerText(), wanted);
    await picture(page, `refused-${fault}-${route.split("/").at(-1)?.slice(0, 8)}`);
    assert.deepEqual(await violations(page, `${fault} ${route}`), []);
    await done();
  }
});

test("a play that is one too many says when it can be heard again", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`, { faults: { [`POST /api/recordings/${ids.call}/play`]: "429" }, expected: /429/ });
  await page.getByRole("button", { name: "社内での確認" }).click();
  await page.getByRole("button", { name: "聞く", exact: true }).click();
  assert.match(await page.locator("[role=alert]").innerText(), /11:00以降に再度お試しください。$/, "said once");
  assert.equal(await page.inputValue("input[type=text]"), "社内での確認", "the reason is still there");
  await done();
});

test("without a line the screen stays, and goes on when the line is back", async () => {
  const { page, done } = await open("#/calls", { expected: /ERR_INTERNET_DISCONNECTED/ });
  await goOffline(page);
  await page.getByRole("button", { name: "30日" }).click();
  assert.match(await page.locator("[role=alert]").innerText(), /インターネットに接続されていません/);
  await picture(page, "offline");
  assert.deepEqual(await violations(page, "offline"), []);
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "もう一度試す" }).click();
  await settled(page);
  assert.equal(await page.locator(".calls tbody tr").count(), 8);
  await done();
});

test("what a stranger wrote stays text", async () => {
  const screens = { kato: ["#/calls", `#/calls/${ids.call}`, "#/reports", "#/reports/notice"], yamada: ["#/review", `#/review/${ids.odd}`, "#/rules", "#/audit", "#/audit/access?staff=kato", "#/audit/admins", "#/reports/permissions"] } as const;
  for (const [who, fragments] of Object.entries(screens)) {
    const { page, go, done } = await open(fragments[0]!, { who: who as "kato", isHostile: true, width: 390 });
    for (const fragment of fragments) {
      await go(fragment);
      assert.equal(await page.locator("main img, main script").count(), 0, fragment);
      assert.equal(await page.evaluate(() => "broken" in window), false, fragment);
      assert.deepEqual(await overflow(page, `hostile ${fragment}`), []);
    }
    await go(fragments[1]!);
    assert.match(await page.locator("main").innerText(), /<img src=x/);
    await picture(page, `hostile-${who}`);
    await done();
  }
});

test("what a role can't do is not there", async () => {
  const nav = (page: Page) => page.locator(".wide-nav a").allInnerTexts();
  const wanted = { yamada: ["通話を探す", "案件", "要確認", "報告", "操作の記録", "削除の承認", "運用ルール"], kato: ["通話を探す", "案件", "報告"], sato: ["通話を探す", "受付メモ"], ono: ["報告", "操作の記録", "削除の承認"], setup: ["運用ルール"] } as const;
  for (const [who, screens] of Object.entries(wanted)) {
    const { page, go, done } = await open("#/", { who: who as "kato" });
    assert.deepEqual(await nav(page), screens, who);
    if (who === "kato") {
      await go("#/audit");
      assert.equal(await heading(page), "この画面を使う権限がありません");
      await go(`#/calls/${ids.call}`);
      assert.equal(await page.getByRole("button", { name: "ダウンロード" }).count(), 0);
    }
    await done();
  }
});

test("an API without a directory shows ids", async () => {
  const { page, done } = await open("#/calls", { faults: { "GET /api/directory": "404" }, expected: /404/ });
  assert.match(await page.locator(".calls tbody tr").first().innerText(), /sato/);
  await done();
});

test("an admin downloads under a name without a number", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`, { who: "yamada" });
  await page.getByRole("button", { name: "ダウンロード" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "契約内容の確認" }).click();
  await picture(page, "download");
  const arrived = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "ダウンロードする" }).click();
  assert.equal((await arrived).suggestedFilename(), `rokuban-2026-11-26-${ids.call.slice(0, 8)}.wav`);
  await done();
});

test("single keys can be switched off, and rest while one types", async () => {
  const { page, done } = await open("#/calls");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await picture(page, "keys");
  assert.deepEqual(await violations(page, "keys"), []);
  await page.getByLabel("1文字のキー操作を使う").uncheck();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("?");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.fill("#number", "?/k");
  assert.equal(await page.inputValue("#number"), "?/k");
  await done();
});

test("it can be read in the dark", async () => {
  const { page, go, done } = await open("#/calls", { who: "yamada", dark: true });
  for (const fragment of ["#/calls", `#/calls/${ids.call}`, "#/reports", "#/rules", "#/audit"]) {
    await go(fragment);
    await picture(page, `dark-${fragment.split("/")[1]}`);
    assert.deepEqual(await violations(page, `dark ${fragment}`), []);
  }
  await done();
});

test("the phone's bar holds four screens, and the rest one press away", async () => {
  const { page, done } = await open("#/calls", { who: "yamada", width: 390 });
  assert.equal(await page.locator(".bar > *").count(), 5);
  await page.getByRole("button", { name: "その他" }).click();
  await picture(page, "more");
  assert.deepEqual(await violations(page, "more"), []);
  await page.getByRole("dialog").getByRole("link", { name: "運用ルール" }).click();
  await settled(page);
  assert.equal(await heading(page), "運用ルール");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await done();
});
