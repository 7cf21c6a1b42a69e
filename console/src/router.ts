/** Pages are fragments: `#/calls/ID?period=7d`. A fragment reaches no server, so no server's log has what it says. */
export type Place = { path: string[]; query: Record<string, string> };

/** Reads a fragment. What it can't read becomes the first page. */
export function parsePlace(fragment: string): Place {
  const text = fragment.replace(/^#?\/?/, "");
  const [path = "", query = ""] = text.split("?", 2);
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "") continue;
    try {
      parts.push(decodeURIComponent(part));
    } catch {
      return { path: [], query: {} };
    }
  }
  return { path: parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** Writes a fragment. Empty values are left out. */
export function placeOf(path: string[], query: Record<string, string | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  const tail = search.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${tail ? `?${tail}` : ""}`;
}
