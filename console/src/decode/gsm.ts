/** GSM 06.10 full rate (ETSI EN 300 961): 160 samples of 8 kHz in 260 bits. */

/** Steps and offsets of the eight log area ratios, with their bits (table 4.1, scaled). */
const RATIOS = [
  [6, 13107, 32768], [6, 13107, 32768], [5, 13107, 20480], [5, 13107, 11264],
  [4, 19223, 8380], [4, 17476, 4608], [3, 31454, 3414], [3, 29708, 1808],
] as const;
/** Gains of the long-term filter (table 4.3b), and the mantissas of a block's greatest sample (table 4.6). */
const GAINS = [3277, 11469, 21299, 32767];
const MANTISSAS = [18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767];
/** Samples at which the ratios stop being mixed with those of the frame before (table 4.2). */
const MIXES: [until: number, mix: (old: number, now: number) => number][] = [
  [13, (old, now) => (old >> 2) + (old >> 1) + (now >> 2)],
  [27, (old, now) => (old >> 1) + (now >> 1)],
  [40, (old, now) => (old >> 2) + (now >> 1) + (now >> 2)],
  [160, (_, now) => now],
];

export const FRAME_SAMPLES = 160;
/** 33 bytes, of which the first half byte is 1101; two frames of Microsoft's share 65 and have no mark. */
export const FRAME_BYTES = 33;
export const PAIR_BYTES = 65;

const times = (a: number, b: number) => (a * b + 16384) >> 15;
const clip = (value: number) => Math.min(Math.max(value, -32768), 32767);

/** A pulse of 3 bits, by the block's greatest sample (6 bits). */
const PULSES = Array.from({ length: 64 }, (_, greatest) => {
  let exponent = greatest > 15 ? (greatest >> 3) - 1 : 0;
  let mantissa = greatest - (exponent << 3);
  if (mantissa === 0) {
    exponent = -4;
    mantissa = 7;
  } else {
    while (mantissa <= 7) {
      mantissa = (mantissa << 1) | 1;
      exponent -= 1;
    }
    mantissa -= 8;
  }
  const shift = 6 - exponent;
  const half = shift > 0 ? 1 << (shift - 1) : 0;
  return Array.from({ length: 8 }, (_, code) => (times(MANTISSAS[mantissa]!, (2 * code - 7) << 12) + half) >> shift);
});

/** Reads bits: the highest first, or as Microsoft has them, the lowest first. */
function reader(bytes: Uint8Array, isLowFirst: boolean, at: number) {
  return (count: number) => {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1, at += 1) {
      const byte = bytes[at >> 3]!;
      if (isLowFirst) value |= ((byte >> (at & 7)) & 1) << bit;
      else value = (value << 1) | ((byte >> (7 - (at & 7))) & 1);
    }
    return value;
  };
}

/** A decoder keeps what a frame takes from those before. */
export function gsmDecoder(isMicrosofts: boolean) {
  /** 120 samples of the past, and the frame. */
  const past = new Int16Array(280);
  const filter = new Int32Array(9);
  let old = new Int32Array(8);
  let deemphasis = 0;

  const frame = (bits: (count: number) => number, to: Int16Array) => {
    const now = Int32Array.from(RATIOS, ([count, step, offset]) => times((bits(count) << 10) - offset, step) * 2);
    for (let start = 120; start < 280; start += 40) {
      const lag = Math.min(Math.max(bits(7), 40), 120);
      const gain = GAINS[bits(2)]!;
      const grid = bits(2);
      const pulses = PULSES[bits(6)]!;
      for (let at = start; at < start + 40; at += 1) past[at] = times(gain, past[at - lag]!);
      for (let pulse = 0; pulse < 13; pulse += 1) past[start + grid + 3 * pulse]! += pulses[bits(3)]!;
    }
    let at = 0;
    for (const [until, mix] of MIXES) {
      const coefficients = Int32Array.from(now, (ratio, index) => reflection(mix(old[index]!, ratio)));
      for (; at < until; at += 1) {
        let value = past[120 + at]!;
        for (let tap = 7; tap >= 0; tap -= 1) {
          value -= times(coefficients[tap]!, filter[tap]!);
          filter[tap + 1] = filter[tap]! + times(coefficients[tap]!, value);
        }
        filter[0] = value;
        deemphasis = clip(((value << 16) >> 16) + times(deemphasis, 28180));
        to[at] = clip(deemphasis * 2) & ~7;
      }
    }
    past.copyWithin(0, 160);
    old = now;
  };

  /** One frame, or the two that Microsoft packs together. */
  return (bytes: Uint8Array, to: Int16Array) => {
    const bits = reader(bytes, isMicrosofts, isMicrosofts ? 0 : 4);
    frame(bits, to);
    if (isMicrosofts) frame(bits, to.subarray(FRAME_SAMPLES));
  };
}

/** A reflection coefficient of a log area ratio (4.2.9.2). */
function reflection(ratio: number): number {
  const size = Math.abs(ratio);
  const made = size < 11059 ? size << 1 : size < 20070 ? size + 11059 : (size >> 2) + 26112;
  return ratio < 0 ? -made : made;
}
