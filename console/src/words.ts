/** Every text of the console, in both languages. A text that one of them lacks does not compile. */
import { codes } from "./words/codes.ts";
import { frame } from "./words/frame.ts";
import { calls } from "./words/calls.ts";
import { call } from "./words/call.ts";
import { deletions } from "./words/deletions.ts";
import { holds } from "./words/holds.ts";
import { review } from "./words/review.ts";
import { reports } from "./words/reports.ts";
import { audit } from "./words/audit.ts";

export type Language = "ja" | "en";

function of(language: Language) {
  return {
    codes: codes[language],
    frame: frame[language],
    calls: calls[language],
    call: call[language],
    deletions: deletions[language],
    holds: holds[language],
    review: review[language],
    reports: reports[language],
    audit: audit[language],
  };
}
export type Words = ReturnType<typeof of>;
export const words = { ja: of("ja"), en: of("en") } satisfies Record<Language, Words>;
