/** ADPCM of 4 bits as WAV holds it: blocks that begin with a sample each. */

/** IMA's steps grow by a tenth ("Recommended Practices for Enhancing Digital Audio Compatibility", 3.0). */
const STEPS = [
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724,
  796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350,
  22385, 24623, 27086, 29794, 32767,
];
const STEP_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8];
/** Microsoft's ("New Multimedia Data Types and Data Techniques", 3.0). */
const ADAPTATION = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
const WEIGHTS = [[256, 0], [512, -256], [0, 0], [192, 64], [240, 0], [460, -208], [392, -232]] as const;

/** What a step's growth keeps within 32 bits. */
const MOST_STEP = Math.floor((2 ** 31 - 1) / 768);

const clip = (value: number, most: number) => Math.min(Math.max(value, -most - 1), most);

/** Samples of each channel that a block holds. */
export const imaSamples = (bytes: number, channels: number) => Math.max(Math.floor((bytes / channels - 4) / 4), 0) * 8 + 1;
export const msSamples = (bytes: number, channels: number) => Math.max(bytes - 7 * channels, 0) * 2 / channels + 2;

/** One block of IMA: a head of 4 bytes for each channel, then 8 samples of each in turn, the low half of a byte first. */
export function decodeIma(block: DataView, channels: number, to: Int16Array) {
  for (let channel = 0; channel < channels; channel += 1) {
    let value = block.getInt16(channel * 4, true);
    let step = Math.min(block.getUint8(channel * 4 + 2), STEPS.length - 1);
    to[channel] = value;
    const samples = to.length / channels;
    for (let sample = 1; sample < samples; sample += 1) {
      const nibble = sample - 1;
      const at = 4 * channels + (nibble >> 3) * 4 * channels + channel * 4 + ((nibble >> 1) & 3);
      const code = (block.getUint8(at) >> (nibble % 2 ? 4 : 0)) & 15;
      const size = STEPS[step]!;
      const change = (size >> 3) + (code & 4 ? size : 0) + (code & 2 ? size >> 1 : 0) + (code & 1 ? size >> 2 : 0);
      value = clip(code & 8 ? value - change : value + change, 32767);
      step = Math.min(Math.max(step + STEP_CHANGES[code & 7]!, 0), STEPS.length - 1);
      to[sample * channels + channel] = value;
    }
  }
}

/** One block of Microsoft's: weights, step and two samples of each channel, then the samples in turn, the high half first. */
export function decodeMs(block: DataView, channels: number, to: Int16Array) {
  const states = Array.from({ length: channels }, (_, channel) => {
    const word = (row: number) => block.getInt16(channels + (row * channels + channel) * 2, true);
    const state = { weights: WEIGHTS[block.getUint8(channel)] ?? WEIGHTS[0], step: word(0), last: word(1), before: word(2) };
    to[channel] = state.before;
    to[channels + channel] = state.last;
    return state;
  });
  for (let at = 2 * channels; at < to.length; at += 1) {
    const state = states[at % channels]!;
    const nibble = at - 2 * channels;
    const code = (block.getUint8(7 * channels + (nibble >> 1)) >> (nibble % 2 ? 0 : 4)) & 15;
    const [first, second] = state.weights;
    const guess = Math.trunc((state.last * first + state.before * second) / 256);
    state.before = state.last;
    state.last = clip(guess + (code & 8 ? code - 16 : code) * state.step, 32767);
    state.step = Math.min(Math.max((ADAPTATION[code]! * state.step) >> 8, 16), MOST_STEP);
    to[at] = state.last;
  }
}
