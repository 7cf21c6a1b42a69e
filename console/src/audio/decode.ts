/** Formats that a browser can't play, made into one that it can. A worker does it, out of a script of its own. */
import { type CallDetail, fileOf } from "../api.ts";
import { WHOLE_BYTES } from "./fetch.ts";

/** What the worker reads; a WAV may hold any coding, and the worker says whether it knows it. */
const TYPES = ["audio/wav", "audio/gsm", "audio/g722", "audio/basic", "audio/x-alaw-basic", "application/octet-stream"];
/** 4 hours: 230 MB at 8 kHz, twice that at 16. A tab holds no more on a phone. */
const MOST_SECONDS = 4 * 3600;

/** Whether it is worth asking for the bytes: a hearing that can't succeed is recorded too. */
export const isDecoded = ({ content_type, duration_seconds, size }: CallDetail) =>
  TYPES.includes(content_type ?? "") && (duration_seconds ?? 0) <= MOST_SECONDS && size <= WHOLE_BYTES;

type Policy = { createScriptURL: (url: string) => string };
type Types = { createPolicy: (name: string, rules: Policy) => Policy };

/** Trusted Types: the one script that may become a worker, by the name that the CSP admits. The page names it. */
function scriptOf(): string {
  const script = () => new URL(fileOf("decoder"), location.href).href;
  const types = (window as { trustedTypes?: Types }).trustedTypes;
  policy ??= types?.createPolicy("decoder", { createScriptURL: script }) ?? { createScriptURL: script };
  return policy.createScriptURL("");
}
let policy: Policy | undefined;

/** As a WAV; `null` where the worker does not know the coding, or is not to be had. */
export async function decoded(blob: Blob, { content_type, duration_seconds }: CallDetail, signal: AbortSignal): Promise<Blob | null> {
  const bytes = await blob.arrayBuffer();
  const worker = new Worker(scriptOf());
  const wav = await new Promise<ArrayBuffer | null>((done) => {
    worker.onmessage = ({ data }: MessageEvent<ArrayBuffer | null>) => done(data);
    worker.onerror = () => done(null);
    signal.addEventListener("abort", () => done(null));
    worker.postMessage({ bytes, type: content_type, seconds: duration_seconds }, [bytes]);
  });
  worker.terminate();
  return wav && new Blob([wav], { type: "audio/wav" });
}
