/** The part of a call that one needs: from, to, in seconds. */
export type Part = { from: number | null; to: number | null };

export const noPart: Part = { from: null, to: null };

/** Moves its beginning, to a whole second. An end that would stand before it is taken away. */
export function beginAt(part: Part, at: number): Part {
  const from = Math.floor(at);
  return { from, to: part.to !== null && part.to > from ? part.to : null };
}

/** Moves its end, to a whole second, so that what is shown is what is shared. A beginning behind it is taken away. */
export function endAt(part: Part, at: number): Part {
  const to = Math.ceil(at);
  return { to, from: part.from !== null && part.from < to ? part.from : null };
}

/** Both ends, where there is something between them; an end left open, or behind the recording's, is the recording's own. */
export function boundsOf(part: Part, seconds: number): { from: number; to: number } | null {
  if (part.from === null && part.to === null) return null;
  const bounds = { from: part.from ?? 0, to: Math.min(part.to ?? seconds, seconds) };
  return bounds.to > bounds.from ? bounds : null;
}
