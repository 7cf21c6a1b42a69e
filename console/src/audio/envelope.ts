/** How loud a recording is, twenty times a second and channel by channel: the waveform, and where nobody speaks. */
import { findPcm } from "./wav.ts";

export type Envelope = { seconds: number; channels: Float32Array[] };
export type Gap = { from: number; to: number };

/** 50 ms: finer than a syllable's pause, and 72,000 values for an hour. */
export const STEPS_PER_SECOND = 20;
/** -45 dBFS: below speech on a telephone line, above its noise. */
const SILENCE = 10 ** (-45 / 20);
/** Shorter pauses belong to speech. */
const GAP_SECONDS = 1.5;
/** 8 ms: half a frame, so that the page stays smooth. */
const SLICE_MS = 8;

/** A break for the browser to draw and to answer the person. */
const pause = () => new Promise<void>((go) => setTimeout(go, 0));

type Sample = (frame: number, channel: number) => number;

async function measure(frames: number, rate: number, channels: number, sample: Sample): Promise<Envelope> {
  const step = rate / STEPS_PER_SECOND;
  const steps = Math.ceil(frames / step);
  const made = Array.from({ length: channels }, () => new Float32Array(steps));
  let began = performance.now();
  for (let index = 0; index < steps; index += 1) {
    const end = Math.min(Math.floor((index + 1) * step), frames);
    for (let channel = 0; channel < channels; channel += 1) {
      let most = 0;
      for (let frame = Math.floor(index * step); frame < end; frame += 1) {
        const size = Math.abs(sample(frame, channel));
        if (size > most) most = size;
      }
      made[channel]![index] = most;
    }
    if (performance.now() - began > SLICE_MS) {
      await pause();
      began = performance.now();
    }
  }
  return { seconds: frames / rate, channels: made };
}

/** Of 16-bit PCM; `null` where it is something else. */
export async function envelopeOfPcm(bytes: ArrayBuffer): Promise<Envelope | null> {
  const view = new DataView(bytes);
  const pcm = findPcm(view);
  if (!pcm) return null;
  const frames = Math.floor(pcm.bytes / 2 / pcm.channels);
  return measure(frames, pcm.rate, Math.min(pcm.channels, 2), (frame, channel) => {
    return view.getInt16(pcm.at + (frame * pcm.channels + channel) * 2, true) / 32768;
  });
}

/** Of anything that the browser decodes. 8 kHz is what a telephone has, and keeps an hour at 115 MB. */
export async function envelopeOf(bytes: ArrayBuffer): Promise<Envelope> {
  const pcm = await envelopeOfPcm(bytes);
  if (pcm) return pcm;
  const decoded = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
  const channels = Array.from({ length: Math.min(decoded.numberOfChannels, 2) }, (_, channel) => decoded.getChannelData(channel));
  return measure(decoded.length, decoded.sampleRate, channels.length, (frame, channel) => channels[channel]![frame]!);
}

/** The loudest of each of so many equal parts, 0 to 1, beside the loudest of all. */
export function bars(values: Float32Array, count: number): number[] {
  const top = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  return Array.from({ length: count }, (_, bar) => {
    let most = 0;
    const end = Math.max(Math.floor(((bar + 1) * values.length) / count), Math.floor((bar * values.length) / count) + 1);
    for (let at = Math.floor((bar * values.length) / count); at < end; at += 1) most = Math.max(most, values[at] ?? 0);
    return most / top;
  });
}

/** Where every channel is silent, in seconds. */
export function gapsOf({ channels, seconds }: Envelope): Gap[] {
  const found: Gap[] = [];
  const steps = channels[0]?.length ?? 0;
  let began = -1;
  for (let step = 0; step <= steps; step += 1) {
    const isSilent = step < steps && channels.every((values) => values[step]! < SILENCE);
    if (isSilent && began < 0) began = step;
    if (!isSilent && began >= 0) {
      const gap = { from: began / STEPS_PER_SECOND, to: Math.min(step / STEPS_PER_SECOND, seconds) };
      if (gap.to - gap.from > GAP_SECONDS) found.push(gap);
      began = -1;
    }
  }
  return found;
}

/** Where to go on from a moment inside a gap: a breath before its end. `null` outside, and at the recording's end. */
export function afterGap(gaps: Gap[], at: number, seconds: number): number | null {
  const gap = gaps.find(({ from, to }) => at > from + 0.3 && at < to - 0.5);
  return gap && gap.to < seconds - 0.1 ? gap.to - 0.3 : null;
}
