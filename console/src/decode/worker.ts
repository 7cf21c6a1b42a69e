/** Decodes beside the page, so that it answers meanwhile. */
import { decode } from "./decode.ts";

type Asked = { bytes: ArrayBuffer; type: string; seconds: number | null };
type Scope = { onmessage: (event: MessageEvent<Asked>) => void; postMessage: (wav: ArrayBuffer | null, moved: ArrayBuffer[]) => void };

const scope = globalThis as unknown as Scope;
scope.onmessage = ({ data: { bytes, type, seconds } }) => {
  const wav = decode(bytes, type, seconds);
  scope.postMessage(wav, wav ? [wav] : []);
};
