/** After a deployment an open page is older than what is served: it loads itself again with the next screen. */
import { followAddress, unsaved } from "./state.ts";

/** The script's own name; it changes with what is in it. */
const own = import.meta.url.split("/").at(-1)!;
/** For which script it was loaded again: while a deployment goes on, the old one may come once more. */
const RENEWED = "renewed";
let served = own;

/** Every answer names the script that is served now. */
export function noteServed(script: string | null) {
  if (script) served = script;
}

/** Loads the page again where it is older, unless something typed would be lost. */
export function renew() {
  if (served === own || unsaved.peek() || sessionStorage.getItem(RENEWED) === served) return;
  sessionStorage.setItem(RENEWED, served);
  location.reload();
}

// In this order: leaving the old screen drops what was typed there.
addEventListener("hashchange", () => {
  renew();
  followAddress();
});
