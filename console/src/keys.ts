import { useEffect, useRef } from "preact/hooks";
import { keysOn } from "./state.ts";

const FIELDS = "input, textarea, select, [contenteditable]";

/** Single-key commands. They rest inside fields, in dialogues, with a modifier, while an IME composes, and when switched off. */
export function useKeys(commands: Record<string, () => void>) {
  // The commands of the last rendering: two keys may be pressed between two of them.
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!keysOn.value || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(FIELDS)) return;
      if (document.querySelector("dialog[open]")) return;
      const command = latest.current[event.key];
      if (!command) return;
      event.preventDefault();
      command();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
