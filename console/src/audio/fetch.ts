/** 100 MB: what a phone keeps in memory. More is streamed, and its link renewed. */
export const WHOLE_BYTES = 100 * 1024 * 1024;

/** Fetches a recording once. A link is never given to both `fetch` and `<audio>`: the browser's cache would refuse the second. */
export async function fetchWhole(url: string, progress: (part: number) => void, signal: AbortSignal): Promise<Blob> {
  const answer = await fetch(url, { referrerPolicy: "no-referrer", credentials: "omit", cache: "no-store", signal });
  if (!answer.ok || !answer.body) throw new TypeError(`the store answered ${answer.status}`);
  const all = Number(answer.headers.get("Content-Length") ?? 0);
  const reader = answer.body.getReader();
  const parts: BlobPart[] = [];
  let got = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value as Uint8Array<ArrayBuffer>);
    got += value.length;
    if (all > 0) progress(Math.min(got / all, 1));
  }
  return new Blob(parts, { type: answer.headers.get("Content-Type") ?? "" });
}
