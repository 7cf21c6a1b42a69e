/** A screenshot with a palette of at most 256 colours: a quarter of its bytes (PNG 1.2, colour type 3). */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

type Pixels = { width: number; height: number; rgb: Buffer };

/** Reads what a browser writes: 8 bits, no interlacing, with or without alpha. */
function decode(png: Buffer): Pixels {
  let [width, height, bytes] = [0, 0, 3];
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (name === "IHDR") {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      bytes = body[9] === 6 ? 4 : 3;
    }
    if (name === "IDAT") data.push(body);
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * bytes;
  const lines = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)]!;
    for (let x = 0; x < stride; x += 1) {
      const left = x >= bytes ? lines[y * stride + x - bytes]! : 0;
      const up = y > 0 ? lines[(y - 1) * stride + x]! : 0;
      const corner = y > 0 && x >= bytes ? lines[(y - 1) * stride + x - bytes]! : 0;
      lines[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + predict(filter, left, up, corner);
    }
  }
  const rgb = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) lines.copy(rgb, pixel * 3, pixel * bytes, pixel * bytes + 3);
  return { width, height, rgb };
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), body]);
  const made = Buffer.alloc(named.length + 8);
  made.writeUInt32BE(body.length, 0);
  named.copy(made, 4);
  made.writeUInt32BE(crc32(named), named.length + 4);
  return made;
}

/** The 64 commonest colours are kept; the rest is rounded, and takes the nearest of them. */
export function shrink(png: Buffer): Buffer {
  const { width, height, rgb } = decode(png);
  const counts = new Map<number, number>();
  const at = (pixel: number) => rgb.readUIntBE(pixel * 3, 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) counts.set(at(pixel), (counts.get(at(pixel)) ?? 0) + 1);
  const palette = [...counts].sort(([, one], [, other]) => other - one).slice(0, 64).map(([colour]) => colour);
  const nearest = new Map<number, number>();
  const find = (colour: number) => {
    let [best, least] = [0, Infinity];
    palette.forEach((one, index) => {
      const [r, g, b] = [(one >> 16) - (colour >> 16), ((one >> 8) & 255) - ((colour >> 8) & 255), (one & 255) - (colour & 255)];
      const distance = r * r + g * g + b * b;
      if (distance < least) [best, least] = [index, distance];
    });
    return best;
  };
  const indexed = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = at(y * width + x);
      if (!nearest.has(colour)) nearest.set(colour, find(colour));
      indexed[y * (width + 1) + 1 + x] = nearest.get(colour)!;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = 3;
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("PLTE", colours), chunk("IDAT", deflateSync(indexed, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
