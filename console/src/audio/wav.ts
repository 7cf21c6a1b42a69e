/** What a WAV says of its samples, and where they lie. */
export type Wav = { tag: number; channels: number; rate: number; block: number; bits: number; at: number; bytes: number };

/** WAVE_FORMAT_EXTENSIBLE: the format's tag stands behind. */
const EXTENSIBLE = 0xfffe;

/** RIFF/WAVE, "Multimedia Programming Interface and Data Specifications 1.0": chunks of a name, a length, and data. */
export function readWav(view: DataView): Wav | null {
  const name = (at: number) => (at + 4 <= view.byteLength ? String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i))) : "");
  if (name(0) !== "RIFF" || name(8) !== "WAVE") return null;
  let format: Omit<Wav, "at" | "bytes"> | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const bytes = view.getUint32(at + 4, true);
    if (name(at) === "fmt " && at + 24 <= view.byteLength) {
      const word = (offset: number) => view.getUint16(at + 8 + offset, true);
      const tag = word(0) === EXTENSIBLE && at + 34 <= view.byteLength ? word(24) : word(0);
      format = { tag, channels: word(2), rate: view.getUint32(at + 12, true), block: word(12), bits: word(14) };
    }
    if (name(at) === "data") {
      if (!format || format.rate === 0 || format.channels === 0) return null;
      // A recorder that was stopped leaves a length that is more than there is.
      return { ...format, at: at + 8, bytes: Math.min(bytes, view.byteLength - at - 8) };
    }
    at += 8 + bytes + (bytes % 2);
  }
  return null;
}

/** Where the samples lie, where they are 16-bit PCM: those are read without a decoder. */
export function findPcm(view: DataView): Wav | null {
  const wav = readWav(view);
  return wav && wav.tag === 1 && wav.bits === 16 ? wav : null;
}
