/** A browser's page on the fixture server. Any error in its console and any breach of the CSP fails the test. */
import assert from "node:assert/strict";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type Page, chromium } from "playwright-core";
import { NOW } from "../fixtures.ts";
import { type Fixture, type Switches, start } from "../server.ts";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const pictures = join(process.cwd(), "dist/pictures");

export type Language = "ja" | "en";
export type Open = Switches & { language?: Language; width?: number; dark?: boolean; expected?: RegExp };
export type Opened = { page: Page; go: (fragment: string) => Promise<void>; done: () => Promise<void> };

let browser: Browser;
export let server: Fixture;

export function launch(): Promise<Browser> {
  mkdirSync(pictures, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
}

export async function begin() {
  server = await start();
  browser = await launch();
}

export async function end() {
  await browser.close();
  server.close();
}

/** How often a route was asked. */
export const calls = (route: string) => server.seen.filter(({ method, path }) => `${method} ${path}` === route).length;
export const heading = (page: Page) => page.locator("h1").innerText();

/** Opens the console at a place. */
export async function open(fragment: string, options: Open = {}): Promise<Opened> {
  const { language = "ja", width = 1280, dark = false, expected, ...switches } = options;
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 800 },
    locale: language === "ja" ? "ja-JP" : "en-GB",
    timezoneId: "America/New_York",
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  // A machine that compiles meanwhile is slow; what never comes is a fault all the same.
  context.setDefaultTimeout(30_000);
  await context.addCookies([{ name: "switches", value: encodeURIComponent(JSON.stringify(switches)), url: server.origin }]);
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  const errors: string[] = [];
  const note = (text: string) => {
    if (!expected?.test(text)) errors.push(text);
  };
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) note(line.text());
  });
  page.on("pageerror", (error) => note(String(error)));
  page.on("dialog", (dialog) => note(dialog.message()));
  await page.goto(`${server.origin}/${fragment}`);
  await settled(page);
  const go = async (next: string) => {
    await patiently(() => page.evaluate(goes, next));
    await settled(page);
  };
  const done = async () => {
    await context.close();
    assert.deepEqual(errors, [], "the console of the browser is silent");
  };
  return { page, go, done };
}

/** Changes the place, and waits until the page has heard of it. */
function goes(hash: string): Promise<void> | undefined {
  if (location.hash === hash) return undefined;
  return new Promise((heard) => {
    addEventListener("hashchange", () => setTimeout(heard), { once: true });
    location.hash = hash;
  });
}

/** Does something in a page that may load itself again meanwhile. */
async function patiently(act: () => Promise<void>) {
  await act().catch((error: unknown) => {
    if (!/context was destroyed|navigation|navigating/i.test(String(error))) throw error;
  });
}

/** Until nothing loads any more: twice, with a painting between, for an effect may begin to load. */
export async function settled(page: Page) {
  for (let round = 0; round < 2; round += 1) {
    await page.waitForFunction(() => document.querySelector("main, .signin") && !document.querySelector(".loading"));
    await patiently(() => page.evaluate(() => new Promise<void>((go) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(go, 15)))))));
  }
}

/** Takes the line away, until the page knows: its next request may otherwise leave before. */
export async function goOffline(page: Page) {
  await page.context().setOffline(true);
  await page.waitForFunction(() => !navigator.onLine);
}

/** Whatever an accessibility check of WCAG 2.2 AA finds. */
export async function violations(page: Page, where: string): Promise<string[]> {
  await page.evaluate(`window.axe || (() => { ${axe} })()`);
  return page.evaluate(async (where) => {
    const { axe } = window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } };
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${where} ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ""}`).join(" | ")}`);
  }, where);
}

/** Nothing sticks out to the side. */
export async function overflow(page: Page, where: string): Promise<string[]> {
  const [wanted, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  return wanted! > width! ? [`${where}: ${wanted} px wide on ${width} px`] : [];
}

/** Kept for people to look at, and for the guide, when they are asked for. */
export async function picture(page: Page, name: string) {
  if (!process.env.PICTURES) return;
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: "disabled" });
}
