import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ids } from "../fixtures.ts";
import { begin, calls, end, heading, open, overflow, picture, server, settled, violations } from "./page.ts";

before(begin);
after(end);

test("a session that ended leaves the screen, and the way back leads to it", async () => {
  const { page, done } = await open(`#/calls/${ids.call}`, { width: 390, faults: { [`POST /api/recordings/${ids.call}/notes`]: "401", "GET /session": "" }, expected: /401/ });
  await page.fill("#note", "書きかけ");
  await page.getByRole("button", { name: "メモを残す" }).click();
  await page.getByRole("dialog").waitFor();
  assert.match(await page.getByRole("dialog").innerText(), /別のタブでログイン/);
  assert.equal(await page.inputValue("#note"), "書きかけ");
  const to = await page.getByRole("dialog").getByRole("link").getAttribute("href");
  assert.equal(to, `/session/login?to=${encodeURIComponent(`#/calls/${ids.call}`)}`);
  await picture(page, "ended");
  assert.deepEqual(await violations(page, "ended"), []);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.inputValue("#note"), "書きかけ");
  await done();
});

test("before the session ends one is warned, and stays by a press", async () => {
  const { page, done } = await open("#/calls", { idleMinutes: 1 });
  await page.getByRole("button", { name: "このまま続ける" }).waitFor();
  await picture(page, "idle");
  assert.deepEqual(await violations(page, "idle"), []);
  const answered = page.waitForResponse("**/session/active");
  await page.getByRole("button", { name: "このまま続ける" }).click();
  await answered;
  assert.equal(calls("POST /session/active"), 1);
  await done();
});

test("anyone who is not signed in is led to signing in, and back to the place", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open("#/reports/notice", { width, faults: { "GET /session": "401" } });
    const to = await page.getByRole("link", { name: "ログイン" }).getAttribute("href");
    assert.equal(to, `/session/login?to=${encodeURIComponent("#/reports/notice")}`);
    await picture(page, `signin-${width}`);
    assert.deepEqual(await violations(page, "signin"), []);
    await done();
  }
});

test("what became of a sign-in is said once, in both languages", async () => {
  const wanted = {
    "": [/ログアウトしました/, /signed out/],
    "#expired": [/10分を過ぎた/, /over ten minutes ago/],
    "#refused": [/ログインできませんでした/, /not signed in/],
    "#failed": [/この画面からログイン/, /from this page/],
    "#unreachable": [/つながりません/, /does not work at the moment/],
  };
  for (const [word, texts] of Object.entries(wanted)) {
    for (const [index, language] of (["ja", "en"] as const).entries()) {
      const { page, done } = await open(`signed-out${word}`, { language, width: 390, faults: { "GET /session": "401" } });
      assert.match(await page.locator(".banner").innerText(), texts[index]!);
      assert.equal(new URL(page.url()).pathname + new URL(page.url()).hash, "/");
      const where = `signed-out-${word.slice(1)}-${language}`;
      await picture(page, where);
      assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
      await page.reload();
      await settled(page);
      assert.equal(await page.locator(".banner").count(), 0);
      await done();
    }
  }
  const { page, done } = await open("signed-out#<img>", { faults: { "GET /session": "401" } });
  assert.equal(await page.locator(".banner").count(), 0, "an unknown word says nothing");
  await done();
});

test("a page older than what is served loads itself again, once, with the next screen", async () => {
  const { page, go, done } = await open("#/calls");
  const mark = () => page.evaluate(() => void Object.assign(window, { isOld: true }));
  const isOld = () => page.evaluate(() => "isOld" in window);
  await mark();
  await go(`#/calls/${ids.call}`);
  assert.ok(await isOld(), "nothing newer is served");
  await page.context().addCookies([{ name: "switches", value: encodeURIComponent(JSON.stringify({ script: "app.newer.js" })), url: server.origin }]);
  await go("#/reports");
  assert.ok(await isOld(), "the answers of this screen say that it is older");
  await go(`#/calls/${ids.call}`);
  await page.waitForFunction(() => !("isOld" in window));
  await settled(page);
  assert.match(await heading(page), /090-1234-5678/, "at the same place");
  await mark();
  await go("#/reports");
  await go("#/calls");
  assert.ok(await isOld(), "the old script came once more: it is not loaded for ever");
  await done();
});

test("what is typed keeps an older page", async () => {
  const { page, go, done } = await open(`#/calls/${ids.call}`, { script: "app.newer.js" });
  await page.fill("#note", "書きかけ");
  await page.evaluate(() => void Object.assign(window, { isOld: true }));
  await go("#/calls");
  assert.ok(await page.evaluate(() => "isOld" in window));
  await done();
});

test("a page whose later script went with a deployment loads itself again, once", async () => {
  const { page, done } = await open("#/calls", { who: "yamada", expected: /404|Failed to fetch/ });
  const before = calls("GET /api/me");
  const switches = { who: "yamada", script: "app.0000000000000000.js", faults: { "GET /assets/later.js": "404" } };
  await page.context().addCookies([{ name: "switches", value: encodeURIComponent(JSON.stringify(switches)), url: server.origin }]);
  // The page that was there is gone while it loads itself: nothing in it can be asked.
  await page.evaluate(() => { location.hash = "#/rules"; });
  await page.locator("[role=alert]").waitFor();
  assert.equal(calls("GET /api/me"), before + 1);
  await done();
});

test("the pages that are seldom opened come once, when the first of them is opened", async () => {
  const counted = calls("GET /assets/later.js");
  const { page, go, done } = await open("#/calls", { who: "yamada", faults: { "GET /assets/later.js": "404" }, expected: /404|Failed to fetch/ });
  assert.equal(calls("GET /assets/later.js"), counted, "the first page needs it not");
  const before = calls("GET /assets/later.js");
  await go("#/rules");
  assert.match(await page.locator("[role=alert]").innerText(), /つながりませんでした/);
  await page.getByRole("button", { name: "もう一度試す" }).click();
  await page.getByText("第3版").waitFor();
  await go("#/calls");
  await go("#/rules");
  await page.getByText("第3版").waitFor();
  assert.equal(calls("GET /assets/later.js"), before + 2);
  await done();
});
