/**
 * The decoders give what ffmpeg gives, bit by bit. The inputs are made here, by seed: every code of every format comes.
 * The digests are those of ffmpeg 9.0.2: `DECODE_INPUTS=folder npm run unit` writes the inputs, and of each
 * `ffmpeg -i FILE -f s16le - | sha256sum` is the digest (before the bare ones: `-f gsm`, `-f g722`, `-f mulaw -ar 8000`,
 * `-f alaw -ar 8000`, each with `-ac 1` where it is asked for).
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findPcm } from "../../src/audio/wav.ts";
import { decode } from "../../src/decode/decode.ts";

/** Numerical Recipes' generator: the same bytes everywhere. */
function bytes(count: number, shape = (_: number, value: number) => value): Uint8Array {
  let seed = 20261127;
  return Uint8Array.from({ length: count }, (_, at) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return shape(at, seed >>> 24);
  });
}

type Format = { tag: number; channels?: number; rate?: number; block: number; bits?: number; extra: number[] };

/** A WAV as recorders write it. */
function wav({ tag, channels = 1, rate = 8000, block, bits = 4, extra }: Format, data: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(46 + extra.length * 2));
  const text = (at: number, word: string) => [...word].forEach((letter, index) => head.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, head.byteLength - 8 + data.length, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 18 + extra.length * 2, true);
  [tag, channels].forEach((word, index) => head.setUint16(20 + index * 2, word, true));
  head.setUint32(24, rate, true);
  head.setUint32(28, 4055, true);
  [block, bits, extra.length * 2, ...extra].forEach((word, index) => head.setUint16(32 + index * 2, word, true));
  text(head.byteLength - 8, "data");
  head.setUint32(head.byteLength - 4, data.length, true);
  return new Uint8Array([...new Uint8Array(head.buffer), ...data]);
}

/** Microsoft's seven pairs of weights, as a WAV repeats them. */
const WEIGHTS = [7, 256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232];
/** The steps of IMA are 89; those of Microsoft are small, and its weights seven. */
const ima = (channels: number) => (at: number, value: number) => (at % 256 < 4 * channels && at % 4 === 2 ? value % 89 : at % 256 < 4 * channels && at % 4 === 3 ? 0 : value);
const ms = (channels: number) => (at: number, value: number) => (at % 256 < channels ? value % 7 : at % 256 < 3 * channels && (at % 256) - channels > 0 && ((at % 256) - channels) % 2 ? value % 4 : value);

/** [file, media type, content, samples of all channels, digest of ffmpeg's samples] */
const INPUTS: [string, string, Uint8Array, number, string][] = [
  ["bare.gsm", "audio/gsm", bytes(33 * 100, (at, value) => (at % 33 ? value : 0xd0 | (value & 15))), 16_000, "d908091f6e525237e20091af44145fc54e8ef9f5b5427d33485c5024177ebf41"],
  ["gsm.wav", "audio/wav", wav({ tag: 0x31, block: 65, bits: 0, extra: [320] }, bytes(65 * 50)), 16_000, "9cbfa8d742ff51cfd5c8d74dab92e7e8f4bfbee3424240cbe1ded01a30a0b916"],
  ["bare.g722", "audio/g722", bytes(8000), 16_000, "1132c21fceebf64d6b319e48f2e84a00b8eb8085017e5c134388eb1de22562ce"],
  ["mono-ima.wav", "audio/wav", wav({ tag: 0x11, block: 256, extra: [505] }, bytes(256 * 20, ima(1))), 10_100, "9956e558d5ff03f9679c9d91f4d455ec14ca95fd746dd05f4a7dd6b277a8ad2f"],
  ["stereo-ima.wav", "audio/wav", wav({ tag: 0x11, channels: 2, block: 256, extra: [249] }, bytes(256 * 20, ima(2))), 9_960, "148dee93ccd96ffe23adaea48129417885a5d44f3ca31c4cbe53e17f0aaf61ff"],
  ["mono-ms.wav", "audio/wav", wav({ tag: 2, block: 256, extra: [500, ...WEIGHTS] }, bytes(256 * 20, ms(1))), 10_000, "ff798af2c1bfee3587ab682fb13d9083e83ca95a92d6583cbe931939f8e4fa12"],
  ["stereo-ms.wav", "audio/wav", wav({ tag: 2, channels: 2, block: 256, extra: [244, ...WEIGHTS] }, bytes(256 * 20, ms(2))), 9_760, "b13c971da25448af99dfb7747b8349248f5c6aff3d159addb418ec73fb23c3ed"],
  ["mu.wav", "audio/wav", wav({ tag: 7, block: 1, bits: 8, extra: [] }, bytes(256, (at) => at)), 256, "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827"],
  ["a.wav", "audio/wav", wav({ tag: 6, block: 1, bits: 8, extra: [] }, bytes(256, (at) => at)), 256, "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174"],
  ["bare.ulaw", "audio/basic", bytes(256, (at) => at), 256, "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827"],
  ["bare.alaw", "audio/x-alaw-basic", bytes(256, (at) => at), 256, "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174"],
];

const whole = (content: Uint8Array) => content.slice().buffer as ArrayBuffer;

for (const [file, type, content, samples, digest] of INPUTS) {
  test(`${file} is decoded to what ffmpeg makes of it`, () => {
    if (process.env.DECODE_INPUTS) writeFileSync(join(process.env.DECODE_INPUTS, file), content);
    const made = decode(whole(content), type, null);
    assert.ok(made);
    const pcm = findPcm(new DataView(made));
    assert.ok(pcm);
    assert.equal(pcm.bytes, samples * 2);
    assert.equal(createHash("sha256").update(new Uint8Array(made, pcm.at)).digest("hex"), digest);
  });
}

test("a recording without a head takes its rate from its length", () => {
  const made = decode(whole(bytes(32_000)), "application/octet-stream", 1.001);
  assert.deepEqual([findPcm(new DataView(made!))?.rate, new Uint8Array(made!, 44).length], [16_000, 32_000]);
  assert.equal(decode(whole(bytes(32_000)), "application/octet-stream", null), null);
});

test("Sun's files say how they are coded", () => {
  const head = new Uint8Array(new Uint32Array([0x2e736e64, 24, 0xffffffff, 27, 8000, 2].map((word) => ((word & 255) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24))).buffer);
  const made = decode(whole(new Uint8Array([...head, ...bytes(256)])), "audio/basic", null);
  assert.deepEqual([findPcm(new DataView(made!))?.channels, new Uint8Array(made!, 44).length], [2, 512]);
});

test("what is cut off, or is something else, is decoded as far as it goes, or is not", () => {
  const [, , gsm] = INPUTS[1]!;
  const cut = decode(whole(gsm.subarray(0, gsm.length - 30)), "audio/wav", null);
  assert.equal(new Uint8Array(cut!, 44).length, 49 * 320 * 2);
  const [, , short] = INPUTS[3]!;
  assert.ok(decode(whole(short.subarray(0, short.length - 100)), "audio/wav", null)!.byteLength > 44 + 19 * 505 * 2);
  for (const [type, content] of [
    ["audio/wav", wav({ tag: 0x55, block: 1, extra: [] }, bytes(100))],
    ["audio/wav", wav({ tag: 0x11, block: 3, extra: [] }, bytes(100))],
    ["audio/wav", wav({ tag: 0x11, channels: 0, block: 256, extra: [] }, bytes(100))],
    ["audio/wav", bytes(100)],
    ["audio/gsm", bytes(100, () => 0)],
    ["audio/gsm", bytes(0)],
    ["audio/g722", bytes(0)],
    ["audio/amr", bytes(100)],
  ] as const) {
    assert.equal(decode(whole(content), type, 1), null, type);
  }
});
