/** Formats of telephone systems that a browser can't play, as 16-bit PCM in a WAV, which every browser plays. */
import { readWav } from "../audio/wav.ts";
import { decodeIma, decodeMs, imaSamples, msSamples } from "./adpcm.ts";
import { decodeG711 } from "./g711.ts";
import { decodeG722 } from "./g722.ts";
import { FRAME_BYTES, FRAME_SAMPLES, PAIR_BYTES, gsmDecoder } from "./gsm.ts";

const HEAD_BYTES = 44;
/** Tags of RFC 2361. */
const [MS, A_LAW, MU_LAW, IMA, GSM] = [2, 6, 7, 0x11, 0x31];
const G722 = [0x65, 0x28f];

type Made = { rate: number; channels: number; samples: number; write: (to: Int16Array) => void };

/** The recording as a WAV of PCM; `null` where it is in none of these formats. */
export function decode(bytes: ArrayBuffer, type: string, seconds: number | null): ArrayBuffer | null {
  const made = find(bytes, type, seconds);
  if (!made || made.samples === 0) return null;
  const { rate, channels, samples, write } = made;
  const dataBytes = samples * channels * 2;
  const wav = new ArrayBuffer(HEAD_BYTES + dataBytes);
  const head = new DataView(wav);
  const text = (at: number, word: string) => [...word].forEach((letter, index) => head.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, HEAD_BYTES - 8 + dataBytes, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, channels, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * channels * 2, true);
  head.setUint16(32, channels * 2, true);
  head.setUint16(34, 16, true);
  text(36, "data");
  head.setUint32(40, dataBytes, true);
  write(new Int16Array(wav, HEAD_BYTES));
  return wav;
}

function find(bytes: ArrayBuffer, type: string, seconds: number | null): Made | null {
  const all = new Uint8Array(bytes);
  switch (type) {
    case "audio/gsm":
      return gsm(all, false, 8000);
    case "audio/g722":
      return g722(all, 16000);
    case "audio/basic":
      return ofSun(new DataView(bytes)) ?? g711(all, true, 8000, 1);
    case "audio/x-alaw-basic":
      return g711(all, false, 8000, 1);
    case "application/octet-stream":
      return pcm(new DataView(bytes), seconds);
    case "audio/wav":
      return ofWav(bytes);
    default:
      return null;
  }
}

function ofWav(bytes: ArrayBuffer): Made | null {
  const wav = readWav(new DataView(bytes));
  if (!wav) return null;
  const { tag, channels, rate, block } = wav;
  const data = new Uint8Array(bytes, wav.at, wav.bytes);
  if (tag === A_LAW || tag === MU_LAW) return g711(data, tag === MU_LAW, rate, channels);
  if (tag === GSM && channels === 1) return gsm(data, true, rate);
  if (G722.includes(tag) && channels === 1) return g722(data, rate);
  if (tag !== IMA && tag !== MS) return null;
  const [samplesOf, run] = tag === IMA ? [imaSamples, decodeIma] : [msSamples, decodeMs];
  if (block <= 7 * channels) return null;
  const each = samplesOf(block, channels);
  const whole = Math.floor(data.length / block);
  const rest = data.length % block;
  const left = rest > 7 * channels ? samplesOf(rest - (rest % channels), channels) : 0;
  return {
    rate,
    channels,
    samples: whole * each + left,
    write(to) {
      for (let index = 0; index * each * channels < to.length; index += 1) {
        const from = wav.at + index * block;
        const view = new DataView(bytes, from, Math.min(block, wav.at + data.length - from));
        run(view, channels, to.subarray(index * each * channels, (index + 1) * each * channels));
      }
    },
  };
}

function gsm(data: Uint8Array, isMicrosofts: boolean, rate: number): Made | null {
  const size = isMicrosofts ? PAIR_BYTES : FRAME_BYTES;
  const each = isMicrosofts ? 2 * FRAME_SAMPLES : FRAME_SAMPLES;
  const count = Math.floor(data.length / size);
  if (!isMicrosofts && data[0]! >> 4 !== 0xd) return null;
  return {
    rate,
    channels: 1,
    samples: count * each,
    write(to) {
      const run = gsmDecoder(isMicrosofts);
      for (let index = 0; index < count; index += 1) run(data.subarray(index * size, (index + 1) * size), to.subarray(index * each, (index + 1) * each));
    },
  };
}

const g722 = (data: Uint8Array, rate: number): Made => ({ rate, channels: 1, samples: data.length * 2, write: (to) => decodeG722(data, to) });

const g711 = (data: Uint8Array, isMu: boolean, rate: number, channels: number): Made => ({
  rate,
  channels,
  samples: Math.floor(data.length / channels),
  write: (to) => decodeG711(data, isMu, to),
});

/** Asterisk's `.sln`: samples alone. Their rate follows from the length that was measured when it was taken in. */
function pcm(view: DataView, seconds: number | null): Made | null {
  const samples = view.byteLength >> 1;
  const rate = Math.round(samples / (seconds ?? 0) / 1000) * 1000;
  if (!Number.isFinite(rate) || rate < 8000 || rate > 192_000) return null;
  return { rate, channels: 1, samples, write: (to) => to.forEach((_, at) => (to[at] = view.getInt16(at * 2, true))) };
}

/** `.au`: a mark, where the data begins, how long it is, its coding, its rate, its channels. */
function ofSun(view: DataView): Made | null {
  if (view.byteLength < 24 || view.getUint32(0) !== 0x2e736e64) return null;
  const [at, coding, rate, channels] = [view.getUint32(4), view.getUint32(12), view.getUint32(16), view.getUint32(20)];
  if (at > view.byteLength || rate === 0 || channels === 0 || channels > 2) return null;
  const data = new Uint8Array(view.buffer, at);
  if (coding === 1 || coding === 27) return g711(data, coding === 1, rate, channels);
  if (coding !== 3) return null;
  return { rate, channels, samples: Math.floor(data.length / 2 / channels), write: (to) => to.forEach((_, index) => (to[index] = view.getInt16(at + index * 2))) };
}
