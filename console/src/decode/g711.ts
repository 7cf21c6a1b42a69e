/** G.711: 8 bits a sample, logarithmic. ITU-T G.711, as tables. */

/** µ-law: inverted, a sign, a segment of 3 bits and a step of 4; 33 is the bias of 14 bits. */
const MU = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 255;
  const size = ((((bits & 15) << 1) + 33) << ((bits >> 4) & 7)) - 33;
  return (bits & 128 ? -size : size) << 2;
});

/** A-law: every second bit inverted. */
const A = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const size = segment === 0 ? step : (step + 256) << (segment - 1);
  return bits & 128 ? size : -size;
});

export function decodeG711(from: Uint8Array, isMu: boolean, to: Int16Array) {
  const table = isMu ? MU : A;
  for (let at = 0; at < to.length; at += 1) to[at] = table[from[at]!]!;
}
