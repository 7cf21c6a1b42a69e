/** Where the samples of a WAV lie, where they are 16-bit PCM: those are read without a decoder. */
export type Pcm = { channels: number; rate: number; at: number; bytes: number };

/** RIFF/WAVE, "Multimedia Programming Interface and Data Specifications 1.0": chunks of a name, a length, and data. */
export function findPcm(view: DataView): Pcm | null {
  const name = (at: number) => (at + 4 <= view.byteLength ? String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i))) : "");
  if (name(0) !== "RIFF" || name(8) !== "WAVE") return null;
  let format: { channels: number; rate: number } | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const bytes = view.getUint32(at + 4, true);
    if (name(at) === "fmt " && at + 24 <= view.byteLength) {
      const [tag, channels, bits] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true), view.getUint16(at + 22, true)];
      if (tag !== 1 || bits !== 16 || channels === 0) return null;
      format = { channels, rate: view.getUint32(at + 12, true) };
    }
    if (name(at) === "data") {
      if (!format || format.rate === 0) return null;
      // A recorder that was stopped leaves a length that is more than there is.
      return { ...format, at: at + 8, bytes: Math.min(bytes, view.byteLength - at - 8) };
    }
    at += 8 + bytes + (bytes % 2);
  }
  return null;
}
