import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ids } from "../fixtures.ts";
import { begin, end, open, overflow, picture, server, violations } from "./page.ts";

before(begin);
after(end);

test("a correction is stated, and a second person is awaited", async () => {
  const { page, done } = await open(`#/review/${ids.odd}`, { who: "yamada", faults: { [`PUT /api/recordings/${ids.odd}/facts`]: "awaited" } });
  assert.match(await page.locator("main").innerText(), /別の管理者の確認を待っています/);
  await page.getByLabel("相手番号").fill("090-1234-5678");
  await page.getByLabel("そう判断した理由").fill("相手が名乗った");
  await page.getByRole("button", { name: "この内容で訂正する" }).click();
  await page.getByText("別の管理者が同じ内容を入力すると反映されます。", { exact: false }).last().waitFor();
  await done();
});

test("a source is tried before it is published", async () => {
  const { page, done } = await open("#/review/source", { who: "yamada" });
  await page.getByLabel("標準対応の録音元").fill("freepbx");
  await page.getByLabel("ファイル名（1行に1つ、100個まで）").fill("branch/2026/11/20261126-201-0352345678.wav\nbranch/memo.txt");
  await page.getByRole("button", { name: "試す", exact: true }).click();
  await page.getByText("読み取り結果").waitFor();
  await picture(page, "source-tried");
  assert.deepEqual(await violations(page, "source"), []);
  await done();
});

test("who stands in for whom is told in sentences, by name, in both languages", async () => {
  const wanted = {
    ja: ["阿部 学さんは、前の担当者のgoneさんが出た通話を聞けます（12/1(火) から）。", "渡辺 直子さんは、salesの社外提出を、責任者に代わって承認・却下できます（12/28(月) から 2027/1/8(金) まで）。"],
    en: ["阿部 学 hears the calls of gone, the predecessor (from Tue 01/12 on).", "渡辺 直子 approves or refuses releases of sales beside its manager (from Mon 28/12 to Fri, 08/01/2027)."],
  };
  for (const language of ["ja", "en"] as const) {
    const { page, done } = await open("#/rules", { who: "yamada", language, width: 390, faults: { "GET /api/rulebook": "stand-ins" } });
    const text = await page.locator(".sentences").allInnerTexts();
    for (const sentence of wanted[language]) assert.ok(text.join("\n").includes(sentence), `${sentence} in ${text.join("\n")}`);
    // Nothing else is only in its text.
    assert.equal(await page.locator(".rules .banner").count(), 0);
    await picture(page, `rules-stand-ins-${language}`);
    assert.deepEqual([...(await overflow(page, language)), ...(await violations(page, language))], []);
    await done();
  }
});

test("what to look at before publishing leads to its line, stops nothing, and goes when the text changes", async () => {
  const wanted = { ja: ["変更する", "内容を確かめる", "方針", /2か所を確認してください/, "公開する", "内容を確かめる"], en: ["Change", "Check", "Policy", /2 places to look at/, "Publish", "Check"] } as const;
  for (const language of ["ja", "en"] as const) {
    const [change, check, name, title, publish] = wanted[language];
    const { page, done } = await open("#/rules", { who: "yamada", language, width: 390, faults: { "POST /api/rulebook/check": "to-look-at" } });
    await page.getByRole("button", { name: change, exact: true }).click();
    const policy = page.getByRole("textbox", { name, exact: true });
    await page.getByRole("button", { name: check, exact: true }).click();
    const banner = page.locator(".banner.warn");
    assert.match(await banner.innerText(), title);
    assert.match(await banner.innerText(), /freepbx[^]*\[\[origin_copy\]\]/);
    await banner.getByRole("button").last().click();
    const line = await policy.evaluate((area: HTMLTextAreaElement) => area.value.slice(0, area.selectionStart).split("\n").length);
    assert.equal(line, 34);
    await picture(page, `rules-look-${language}`);
    assert.deepEqual([...(await overflow(page, language)), ...(await violations(page, language))], []);
    // Another text was not checked.
    await policy.fill((await policy.inputValue()).replace("keep_days = 30", "keep_days = 60"));
    assert.equal(await banner.count(), 0);
    await page.getByRole("button", { name: publish, exact: true }).click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.innerText(), title);
    assert.ok(await dialog.getByRole("button", { name: publish, exact: true }).isEnabled());
    await done();
  }
});

test("a rulebook's faults lead to their lines, and what changes is shown before it is published", async () => {
  const { page, done } = await open("#/rules", { who: "yamada", faults: { "POST /api/rulebook/plan": "faulty" }, expected: /422/ });
  await page.getByRole("button", { name: "変更する" }).click();
  const policy = page.getByRole("textbox", { name: "方針" });
  await policy.fill((await policy.inputValue()).replace("keep_days = 30", "keep_days = 60"));
  await page.getByText("1行追加、1行削除").waitFor();
  await picture(page, "rules-change");
  assert.deepEqual(await violations(page, "rules-change"), []);
  // What has a fault is not counted.
  await page.getByRole("button", { name: "公開する" }).click();
  await page.getByRole("button", { name: "方針 9行目" }).click();
  const selected = await page.evaluate(() => {
    const area = document.activeElement as HTMLTextAreaElement;
    return [area.id, area.value.slice(0, area.selectionStart).split("\n").length];
  });
  assert.deepEqual(selected, ["text-policy", 9]);
  await picture(page, "rules-faults");
  assert.deepEqual(await violations(page, "rules-faults"), []);
  await done();
});

test("the first rulebook is led through, and published", async () => {
  const { page, done } = await open("#/", { who: "setup", width: 390 });
  assert.match(await page.locator("main").innerText(), /はじめに、運用ルールを公開しましょう/);
  await page.getByRole("button", { name: "ひな形から書き始める" }).click();
  const policy = page.getByRole("textbox", { name: "方針" });
  await policy.fill((await policy.inputValue()).replace("会社名を書いてください", "山田商事"));
  await picture(page, "first-edit");
  await page.getByRole("button", { name: "公開する" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "公開する" }).click();
  await page.getByText("第4版を公開しました", { exact: false }).waitFor();
  await done();
});

test("what is seldom meant is confirmed before it is published, by its publisher and by a second admin", async () => {
  for (const [width, awaits, first, second] of [
    [390, false, "公開する", "公開する"],
    [1280, true, "内容を確認する", "同じ内容を公開する"],
  ] as const) {
    const { page, done } = await open("#/rules", { who: "yamada", width, awaits, faults: { "PUT /api/rulebook": "to-confirm" }, expected: /409/ });
    if (!awaits) {
      await page.getByRole("button", { name: "変更する" }).click();
      const policy = page.locator("#text-policy");
      await policy.fill(`${await policy.inputValue()}\n# 見直し`);
    }
    const publish = async () => {
      await page.getByRole("button", { name: first }).click();
      await page.getByRole("dialog").getByRole("button", { name: second }).click();
      await page.getByText("まだ公開していません").waitFor();
    };
    await publish();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.innerText(), /方針 29行目[^]*「夜間」[^]*社員名簿 8行目[^]*2062-04-01/);
    const where = `rules-confirm-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    // Who does not mean it goes back, with what was written.
    await dialog.getByRole("button", { name: "やめる" }).click();
    if (!awaits) assert.match(await page.locator("#text-policy").inputValue(), /# 見直し$/);
    await publish();
    const sent = page.waitForRequest((request) => request.method() === "PUT");
    await page.getByRole("dialog").getByRole("button", { name: "確認して公開する" }).click();
    const body = (await sent).postDataJSON() as { confirmed: object[]; plan_id: string };
    assert.deepEqual(body.confirmed, [
      { in: "policy", line: 29, code: "line_matches_nothing" },
      { in: "staff", line: 8, code: "day_far_ahead" },
    ]);
    assert.equal(body.plan_id, "ptqk5nwo2xvq7yhl4zgm6cbepl");
    await page.getByText("第4版を公開しました", { exact: false }).waitFor();
    await done();
  }
});

test("what is pending is withdrawn after a question", async () => {
  const { page, done } = await open("#/rules", { who: "yamada", pending: true });
  assert.equal(await page.getByRole("button", { name: "変更する" }).count(), 0);
  await page.getByRole("button", { name: "取り下げる" }).click();
  await picture(page, "rules-withdraw");
  await page.getByRole("dialog").getByRole("button", { name: "取り下げる" }).click();
  await page.getByText("取り下げました").waitFor();
  assert.equal(server.seen.filter(({ method }) => method === "DELETE").length, 1);
  await done();
});

test("a second admin looks at what is pending, and publishes the same by a plan", async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open("#/rules", { who: "yamada", awaits: true, width });
    assert.match(await page.locator(".banner").first().innerText(), /別の管理者が同じ内容を公開するまで/);
    await page.getByRole("button", { name: "内容を確認する" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    // What changes, and what is deleted sooner.
    assert.match(await dialog.innerText(), /＋ # 見直し[^]*120件の通話が、今より早く/);
    const where = `rules-agree-${width}`;
    await picture(page, where);
    assert.deepEqual([...(await overflow(page, where)), ...(await violations(page, where))], []);
    const sent = page.waitForRequest((request) => request.method() === "PUT");
    await dialog.getByRole("button", { name: "同じ内容を公開する" }).click();
    const body = (await sent).postDataJSON() as { policy: string; plan_id: string };
    assert.match(body.policy, /# 見直し$/);
    assert.equal(body.plan_id, "ptqk5nwo2xvq7yhl4zgm6cbepl");
    await page.getByText("第4版を公開しました", { exact: false }).waitFor();
    await done();
  }
  // Its publisher, and every admin who may not agree, sees that it waits.
  const own = await open("#/rules", { who: "setup", awaits: true });
  assert.match(await own.page.locator(".banner").first().innerText(), /別の管理者が同じ内容を公開するまで/);
  assert.equal(await own.page.getByRole("button", { name: "内容を確認する" }).count(), 0);
  await own.done();
});

test("a broken chain is said loudly", async () => {
  const { page, done } = await open(`#/audit/recording/${ids.call}`, { who: "ono", faults: { [`GET /api/recordings/${ids.call}/custody`]: "broken" } });
  assert.match(await page.locator("[role=alert]").innerText(), /つながりが切れています/);
  await done();
});
