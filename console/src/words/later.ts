/** The texts of the pages that are loaded when they are opened, in both languages. */
import type { Language } from "../words.ts";
import { cases } from "./cases.ts";
import { kept } from "./kept.ts";
import { permissions } from "./permissions.ts";
import { rules } from "./rules.ts";
import { shares } from "./shares.ts";
import { sweeps } from "./sweeps.ts";

function of(language: Language) {
  return { cases: cases[language], kept: kept[language], permissions: permissions[language], rules: rules[language], sweeps: sweeps[language], ...shares[language] };
}
type LaterWords = ReturnType<typeof of>;
export const laterWords = { ja: of("ja"), en: of("en") } satisfies Record<Language, LaterWords>;
