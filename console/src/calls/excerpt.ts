/** What of a note a search shows: the text around the words that were searched for, and where in it they are. */

export type Part = { text: string; isWanted: boolean };

/** So many characters stand before the first place, and behind it. */
const BEFORE = 40;
const AFTER = 90;

/** As the API compares texts: width, case and blanks make no difference. */
const fold = (text: string) => text.normalize("NFKC").toLowerCase().replaceAll(/\s/g, "");

/** What people take for one character, such as a half-width kana with its mark. Older browsers know only code points. */
function charactersOf(text: string): string[] {
  if (!("Segmenter" in Intl)) return [...text];
  return Array.from(new Intl.Segmenter("ja").segment(text), ({ segment }) => segment);
}

/** Where the words are: from which character to which, one place behind the other. */
function placesOf(characters: string[], wanted: string): [number, number][] {
  let folded = "";
  const owners: number[] = [];
  characters.forEach((character, at) => {
    const one = fold(character);
    folded += one;
    for (let unit = 0; unit < one.length; unit += 1) owners.push(at);
  });
  const sought = fold(wanted);
  const places: [number, number][] = [];
  let from = 0;
  while (sought) {
    const at = folded.indexOf(sought, from);
    if (at < 0) break;
    from = at + sought.length;
    places.push([owners[at]!, owners[from - 1]! + 1]);
  }
  return places;
}

/** Parts of a note, in their order. Where it is cut, there is an ellipsis. */
export function excerptOf(text: string, wanted: string): Part[] {
  const characters = charactersOf(text);
  const places = placesOf(characters, wanted);
  const [first, last] = places[0] ?? [0, 0];
  const begin = Math.max(0, first - BEFORE);
  const end = Math.min(characters.length, last + AFTER);
  const cut = (from: number, to: number) => characters.slice(from, to).join("");
  const parts: Part[] = [];
  let at = begin;
  for (const [from, to] of places) {
    if (to > end) break;
    parts.push({ text: cut(at, from), isWanted: false }, { text: cut(from, to), isWanted: true });
    at = to;
  }
  parts.push({ text: cut(at, end), isWanted: false });
  if (begin > 0) parts[0]!.text = `…${parts[0]!.text}`;
  if (end < characters.length) parts.at(-1)!.text += "…";
  return parts.filter((part) => part.text !== "");
}
