/** The part of a call that one needs: from, to, in seconds. */
export type Part = { from: number | null; to: number | null };

export const noPart: Part = { from: null, to: null };

/** Moves its beginning. An end that would stand before it is taken away. */
export function beginAt(part: Part, at: number): Part {
  return { from: at, to: part.to !== null && part.to > at ? part.to : null };
}

/** Moves its end. A beginning that would stand behind it is taken away. */
export function endAt(part: Part, at: number): Part {
  return { to: at, from: part.from !== null && part.from < at ? part.from : null };
}

/** Both ends, where there is something between them; an end left open is the recording's own. */
export function boundsOf(part: Part, seconds: number): { from: number; to: number } | null {
  if (part.from === null && part.to === null) return null;
  const bounds = { from: part.from ?? 0, to: part.to ?? seconds };
  return bounds.to > bounds.from ? bounds : null;
}
