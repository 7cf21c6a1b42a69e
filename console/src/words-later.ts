import { language } from "./state.ts";
import { laterWords } from "./words/later.ts";

/** The words of the pages that are loaded when they are opened, in the language. */
export const l = () => laterWords[language.value];
