import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ids, type Who } from "../fixtures.ts";
import { type Language, begin, end, open, overflow, picture, violations } from "./page.ts";

before(begin);
after(end);

const AUDIT: [string, string][] = [
  ["audit", "#/audit"],
  ["access", "#/audit/access?staff=kato"],
  ["admins", "#/audit/admins"],
  ["custody", `#/audit/recording/${ids.call}`],
];
const REPORTS: [string, string][] = [
  ["reports", "#/reports"],
  ["notice", "#/reports/notice"],
];
const DELETIONS: [string, string][] = [
  ["deletions", "#/deletions"],
  ["deletions-approved", "#/deletions/approved"],
  ["proofs", "#/deletions/proofs"],
];
const CALLS: [string, string][] = [
  ["calls", "#/calls"],
  ["call", `#/calls/${ids.call}`],
];
const REVIEW: [string, string][] = [
  ["review", "#/review"],
  ["review-item", `#/review/${ids.odd}`],
  ["source", "#/review/source"],
];

/** Every screen that a role has. */
const SCREENS: Record<Who, [string, string][]> = {
  yamada: [...CALLS, ...REVIEW, ["rules", "#/rules"], ...REPORTS, ...AUDIT, ...DELETIONS],
  kato: [...CALLS, ["calls-dates", "#/calls?period=custom&from=2026-11-01&to=2026-11-20&team=sales"], ["amr", `#/calls/${ids.amr}`], ...REPORTS],
  sato: CALLS,
  ono: [...REPORTS, ...AUDIT, ...DELETIONS],
  setup: [["first", "#/"]],
};

for (const language of ["ja", "en"] as Language[]) {
  for (const width of [1280, 390]) {
    for (const [who, screens] of Object.entries(SCREENS) as [Who, [string, string][]][]) {
      test(`${who} sees every screen in ${language} on ${width} px`, async () => {
        const { page, go, done } = await open(screens[0]![1], { who, language, width });
        const found: string[] = [];
        for (const [name, fragment] of screens) {
          await go(fragment);
          const where = `${name}-${who}-${language}-${width}`;
          await picture(page, where);
          found.push(...(await overflow(page, where)));
          // What axe looks at depends on the language's texts and on the width's layout, and little on both together.
          if (language === "ja" || width === 1280) found.push(...(await violations(page, where)));
        }
        await done();
        assert.deepEqual(found, []);
      });
    }
  }
}
