import assert from "node:assert/strict";
import { test } from "node:test";
import { beginAt, boundsOf, endAt, noPart } from "../../src/audio/part.ts";
import { afterGap, bars, envelopeOfPcm, gapsOf } from "../../src/audio/envelope.ts";
import { findPcm } from "../../src/audio/wav.ts";
import { readNumber, showNumber } from "../../src/number.ts";
import { readProblem } from "../../src/problem.ts";
import { parsePlace, placeOf } from "../../src/router.ts";
import { changesOf, diffLines } from "../../src/rules/diff.ts";
import { readCsv, readText, staffTable } from "../../src/rules/staff.ts";
import { addDays, clock, dayOf, daysBetween, lastDay, startOf, timesIn, zoned } from "../../src/time.ts";

test("a day is the company's, wherever the browser is", () => {
  assert.equal(dayOf("2026-11-26T15:30:00Z", "Asia/Tokyo"), "2026-11-27");
  assert.equal(dayOf("2026-11-26T15:30:00Z", "America/New_York"), "2026-11-26");
  assert.equal(startOf("2026-11-27", "Asia/Tokyo"), "2026-11-27T00:00:00+09:00");
  assert.equal(zoned("2026-07-01T09:00", "America/New_York"), "2026-07-01T09:00:00-04:00");
  assert.equal(zoned("2026-03-08T03:30", "America/New_York"), "2026-03-08T03:30:00-04:00");
  assert.equal(zoned("2026-01-01T00:00", "Asia/Kolkata"), "2026-01-01T00:00:00+05:30");
});

test("days are counted over months and years", () => {
  assert.equal(addDays("2026-12-31", 1), "2027-01-01");
  assert.equal(addDays("2028-03-01", -1), "2028-02-29");
  assert.equal(daysBetween("2026-11-27", "2026-12-26"), 29);
  assert.equal(lastDay("2026-12-18T00:00:00+09:00", "Asia/Tokyo"), "2026-12-17");
});

test("a duration is read as people say it", () => {
  assert.deepEqual([0, 42.9, 61, 3723, null, Number.NaN].map(clock), ["0:00", "0:42", "1:01", "1:02:03", "–", "–"]);
});

test("the times in a note are found, and nothing else", () => {
  assert.deepEqual(timesIn("0:12 で合意、1:02:03 に確認").map(({ seconds }) => seconds), [12, 3723]);
  assert.deepEqual(timesIn("比率は 3:75、版 1:2:3:04、12:5").length, 0);
});

test("four digits are the last four, more are a number, and the rest is unreadable", () => {
  assert.deepEqual(readNumber(" ５６７８ "), { last4: "5678" });
  assert.deepEqual(readNumber("090-1234-5678"), { number: "090-1234-5678" });
  assert.deepEqual(readNumber("+81 90 1234 5678"), { number: "+81 90 1234 5678" });
  assert.deepEqual(readNumber(""), {});
  assert.equal(readNumber("12"), "unreadable");
  assert.equal(readNumber("佐藤"), "unreadable");
});

test("a number is shown as it is dialled, with the hyphens of its area", () => {
  const shown = {
    "+819012345678": "090-1234-5678",
    "+818012345678": "080-1234-5678",
    "+815012345678": "050-1234-5678",
    "+81352345678": "03-5234-5678",
    "+81612345678": "06-1234-5678",
    "+81112345678": "011-234-5678",
    "+81451112222": "045-111-2222",
    "+81522345678": "052-234-5678",
    "+81422212345": "0422-21-2345",
    "+81997212345": "0997-21-2345",
    "+81499212345": "04992-1-2345",
    "+81120444444": "0120-444-444",
    "+81570012345": "0570-012-345",
    "+818001234567": "0800-123-4567",
    // Too short, too long, of no area, or of another country: nothing is made up.
    "+8145111222": "045111222",
    "+814511122223": "04511122223",
    "+81012345678": "0012345678",
    "+12125550123": "+12125550123",
    "***5678": "***5678",
  };
  for (const [number, wanted] of Object.entries(shown)) assert.equal(showNumber(number), wanted);
});

test("a place survives being written and read", () => {
  const place = placeOf(["calls", "a/b c"], { team: "営業 & 企画", staff: "", from: undefined });
  assert.deepEqual(parsePlace(place), { path: ["calls", "a/b c"], query: { team: "営業 & 企画" } });
  assert.deepEqual(parsePlace("#/%E0%A4%A"), { path: [], query: {} });
  assert.deepEqual(parsePlace(""), { path: [], query: {} });
});

test("our problems and the gateway's messages are read by one parser", () => {
  const ours = readProblem(429, '{"type":"urn:rokuban:problem:too-many","title":"上限","detail":"後で","status":429}', "3600");
  assert.deepEqual([ours.type, ours.title, ours.retryAfterSeconds], ["too-many", "上限", 3600]);
  assert.deepEqual([readProblem(401, '{"message":"Unauthorized"}', null).type, readProblem(502, "<html>", "soon").retryAfterSeconds], ["", null]);
  assert.equal(readProblem(500, "null", null).title, "");
});

test("a part has a beginning before its end", () => {
  const part = endAt(beginAt(noPart, 10), 20);
  assert.deepEqual(part, { from: 10, to: 20 });
  assert.deepEqual(beginAt(part, 25), { from: 25, to: null });
  assert.deepEqual(endAt(part, 5), { from: null, to: 5 });
  assert.deepEqual(boundsOf(beginAt(noPart, 10), 60), { from: 10, to: 60 });
  assert.equal(boundsOf(noPart, 60), null);
});

/** A WAV of 16-bit PCM at 8 kHz whose loudness each second says, channel by channel. */
function wav(seconds: number[][], extra = 0): ArrayBuffer {
  const channels = seconds[0]!.length;
  const bytes = seconds.length * 8000 * channels * 2;
  const view = new DataView(new ArrayBuffer(44 + extra + bytes));
  const write = (at: number, text: string) => [...text].forEach((sign, index) => view.setUint8(at + index, sign.charCodeAt(0)));
  write(0, "RIFF");
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  // A recorder that was stopped wrote no length.
  view.setUint32(40, 0xffffffff, true);
  for (let frame = 0; frame < seconds.length * 8000; frame += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const loud = seconds[Math.floor(frame / 8000)]![channel]!;
      view.setInt16(44 + (frame * channels + channel) * 2, frame % 2 ? loud * 32767 : -loud * 32767, true);
    }
  }
  return view.buffer as ArrayBuffer;
}

test("the waveform of both channels is read straight from the bytes", async () => {
  const envelope = (await envelopeOfPcm(wav([[0.5, 0], [0, 1], [0, 0]])))!;
  assert.equal(envelope.channels.length, 2);
  assert.equal(envelope.seconds, 3);
  assert.deepEqual(bars(envelope.channels[0]!, 3).map(Math.round), [1, 0, 0]);
  assert.deepEqual(bars(envelope.channels[1]!, 3).map(Math.round), [0, 1, 0]);
  assert.equal(bars(new Float32Array(0), 4).length, 4);
});

test("a pause is silence of both channels, and long enough", async () => {
  const envelope = (await envelopeOfPcm(wav([[0.5, 0], [0, 0], [0, 0], [0.5, 0.5], [0, 0.001], [0.2, 0]])))!;
  const gaps = gapsOf(envelope);
  assert.deepEqual(gaps, [{ from: 1, to: 3 }]);
  assert.equal(afterGap(gaps, 1.5, 6), 2.7);
  assert.equal(afterGap(gaps, 0.5, 6), null);
});

test("what is no 16-bit PCM is left to the browser", async () => {
  const odd = wav([[0.5]]);
  new DataView(odd).setUint16(20, 49, true);
  assert.equal(findPcm(new DataView(odd)), null);
  assert.equal(findPcm(new DataView(new ArrayBuffer(3))), null);
  assert.equal(await envelopeOfPcm(new TextEncoder().encode("ID3 not a wave").buffer as ArrayBuffer), null);
});

test("a difference names the lines that came and went", () => {
  const lines = diffLines("a\nb\nc\nd", "a\nx\nc\nd\ne");
  assert.deepEqual(lines.map(({ kind, text }) => `${kind[0]}${text}`), ["sa", "rb", "ax", "sc", "sd", "ae"]);
  assert.equal(changesOf(lines).flat().length, 6);
  assert.deepEqual(changesOf(diffLines("a\nb", "a\nb")), []);
  const long = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const changed = long.map((line, at) => (at === 3 || at === 20 ? "changed" : line));
  assert.deepEqual(changesOf(diffLines(long.join("\n"), changed.join("\n"))).map((group) => group.length), [6, 6]);
});

test("a staff list is a table, with quotes and comments", () => {
  assert.deepEqual(readCsv('a,"b ""c"", d"\r\n\r\n1,2'), [["a", 'b "c", d'], ["1", "2"]]);
  const { head, rows } = staffTable("\uFEFF# note, with a comma\nid,name\nkato,加藤 恵\n");
  assert.deepEqual([head, rows], [["id", "name"], [["kato", "加藤 恵"]]]);
});

test("a file is read as UTF-8 or as a Japanese Excel's, and a workbook is refused", () => {
  const shiftJis = new Uint8Array([0x89, 0x63, 0x8b, 0xc6, 0x95, 0x94]);
  assert.equal(readText(shiftJis.buffer), "営業部");
  assert.equal(readText(new TextEncoder().encode("営業部").buffer as ArrayBuffer), "営業部");
  assert.equal(readText(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0xff]).buffer), null);
});
