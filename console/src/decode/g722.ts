/** G.722 at 64 kbit/s (ITU-T G.722): 16 kHz in two bands of ADPCM, a byte for two samples. */

const LOW_LOGS = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const LOW_CODES = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const HIGH_LOGS = [0, -214, 798];
const HIGH_CODES = [2, 1, 2, 1];
/** 2^(n/32), scaled. */
const SCALES = [2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008];
const TWO_BITS = [-7408, -1616, 7408, 1616];
const FOUR_BITS = [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];
const SIX_BITS = [24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728];
const sixBits = (code: number) => (code < 4 ? -136 : code < 32 ? -SIX_BITS[code - 4]! : code < 60 ? SIX_BITS[code - 32]! : [432, 136, -432, -136][code - 60]!);
const MIRROR = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

const clip = (value: number, most = 32767) => Math.min(Math.max(value, -most - 1), most);

/** The predictor of one band: two poles and six zeros, which follow the signal. */
function predictor() {
  const difference = new Int32Array(7);
  const zeros = new Int32Array(7);
  let [last, before, sumLast, sumBefore, pole, pole2, zeroPart] = [0, 0, 0, 0, 0, 0, 0];
  const band = {
    guess: 0,
    /** Takes the quantised difference in, and guesses the next sample. */
    take(now: number) {
      const value = clip(band.guess + now);
      const sum = clip(zeroPart + now);
      const isSame = sum >> 15 === sumLast >> 15;
      const push = clip(pole << 2);
      const moved = (Math.min(isSame ? -push : push, 32767) >> 7) + (sum >> 15 === sumBefore >> 15 ? 128 : -128);
      pole2 = Math.min(Math.max(moved + ((pole2 * 32512) >> 15), -12288), 12288);
      const most = clip(15360 - pole2);
      pole = Math.min(Math.max(clip((isSame ? 192 : -192) + ((pole * 32640) >> 15)), -most), most);
      const step = now === 0 ? 0 : 128;
      for (let tap = 1; tap <= 6; tap += 1) {
        const push = difference[tap]! >> 15 === now >> 15 ? step : -step;
        zeros[tap] = clip(push + ((zeros[tap]! * 32640) >> 15));
      }
      for (let tap = 6; tap > 1; tap -= 1) difference[tap] = difference[tap - 1]!;
      difference[1] = now;
      before = last;
      last = value;
      sumBefore = sumLast;
      sumLast = sum;
      const poles = clip(((pole * clip(last * 2)) >> 15) + ((pole2 * clip(before * 2)) >> 15));
      zeroPart = 0;
      for (let tap = 6; tap > 0; tap -= 1) zeroPart += (zeros[tap]! * clip(difference[tap]! * 2)) >> 15;
      zeroPart = clip(zeroPart);
      band.guess = clip(poles + zeroPart);
    },
  };
  return band;
}

function scaleOf(log: number, base: number): number {
  const shift = base - (log >> 11);
  const scale = SCALES[(log >> 6) & 31]!;
  return (shift < 0 ? scale << -shift : scale >> shift) << 2;
}

export function decodeG722(from: Uint8Array, to: Int16Array) {
  const [low, high] = [predictor(), predictor()];
  let [lowScale, highScale, lowLog, highLog] = [32, 8, 0, 0];
  const past = new Int32Array(24);
  for (let at = 0; at * 2 + 1 < to.length; at += 1) {
    const code = from[at]!;
    const lowCode = code & 63;
    const highCode = code >> 6;
    const lowSample = clip(low.guess + ((lowScale * sixBits(lowCode)) >> 15), 16383);
    const lowChange = (lowScale * FOUR_BITS[lowCode >> 2]!) >> 15;
    lowLog = Math.min(Math.max(((lowLog * 127) >> 7) + LOW_LOGS[LOW_CODES[lowCode >> 2]!]!, 0), 18432);
    lowScale = scaleOf(lowLog, 8);
    low.take(lowChange);
    const highChange = (highScale * TWO_BITS[highCode]!) >> 15;
    const highSample = clip(high.guess + highChange, 16383);
    highLog = Math.min(Math.max(((highLog * 127) >> 7) + HIGH_LOGS[HIGH_CODES[highCode]!]!, 0), 22528);
    highScale = scaleOf(highLog, 10);
    high.take(highChange);
    past.copyWithin(0, 2);
    past[22] = lowSample + highSample;
    past[23] = lowSample - highSample;
    let first = 0;
    let second = 0;
    for (let tap = 0; tap < 12; tap += 1) {
      second += past[2 * tap]! * MIRROR[tap]!;
      first += past[2 * tap + 1]! * MIRROR[11 - tap]!;
    }
    to[at * 2] = clip(first >> 11);
    to[at * 2 + 1] = clip(second >> 11);
  }
}
