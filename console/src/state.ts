/** What every screen shares. No number, token or audio is ever kept in the browser's storage. */
import { computed, effect, signal } from "@preact/signals";
import { parsePlace } from "./router.ts";
import { type Language, words } from "./words.ts";
import type { CallDetail, Directory, Me, Session } from "./api.ts";

const LANGUAGE = "lang";
const KEYS = "keys";

function firstLanguage(): Language {
  const kept = localStorage.getItem(LANGUAGE);
  if (kept === "ja" || kept === "en") return kept;
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

/** Why nobody is signed in, or that somebody left: what the way back from the provider said. */
function readArrival(): string {
  if (location.pathname !== "/signed-out") return "";
  const word = location.hash.slice(1) || "left";
  // It is said once: a reload, and the way back in, begin at the first page.
  history.replaceState(null, "", "/");
  return word;
}

/** Read before `place` is: it leaves the address. */
export const arrival = readArrival();
export const language = signal<Language>(firstLanguage());
/** The words of the language. */
export const t = () => words[language.value];

export const keysOn = signal(localStorage.getItem(KEYS) !== "off");
export const session = signal<Session | null>(null);
export const me = signal<Me | null>(null);
export const directory = signal<Directory>({ members: [], teams: [], lines: [], classes: [], purposes: [] });
/** The session ended: whatever is on the screen stays under a dialogue. */
export const endedSession = signal(false);
/** The call that a memo is begun from: in memory alone, for an address carries no number. */
export const memoFrom = signal<CallDetail | null>(null);
/** The part that was marked last on a page of a call, in seconds: a share or a release begins with it. */
export const needed = signal<{ recording: string; from: number; to: number } | null>(null);
/** Something typed that is not sent yet. */
export const unsaved = signal(false);
export const isOnline = signal(navigator.onLine);
/** Heard by a screen reader, seen for some seconds. */
export const message = signal("");
export const place = signal(parsePlace(location.hash));

export const zone = () => me.value?.time_zone ?? "Asia/Tokyo";
export const locale = computed(() => (language.value === "ja" ? "ja-JP" : "en-GB"));

effect(() => {
  document.documentElement.lang = language.value;
});

export function setLanguage(next: Language) {
  localStorage.setItem(LANGUAGE, next);
  language.value = next;
}

export function setKeys(on: boolean) {
  localStorage.setItem(KEYS, on ? "on" : "off");
  keysOn.value = on;
}

export function say(text: string) {
  message.value = text;
  setTimeout(() => {
    if (message.value === text) message.value = "";
  }, 6000);
}

addEventListener("online", () => (isOnline.value = true));
addEventListener("offline", () => (isOnline.value = false));
/** Shows the screen of the address. */
export const followAddress = () => void (place.value = parsePlace(location.hash));
