import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { stayActive } from "../api.ts";
import { type Envelope, afterGap, gapsOf } from "../audio/envelope.ts";
import { beginAt, boundsOf, endAt, noPart } from "../audio/part.ts";
import { Icon } from "../icons.tsx";
import { useKeys } from "../keys.ts";
import { placeOf } from "../router.ts";
import { needed, t } from "../state.ts";
import { clock } from "../time.ts";
import { asProblem } from "../ui.tsx";
import { Waveform } from "./waveform.tsx";

export type PlayerHandle = { playFrom: (seconds: number) => void };
type Props = {
  recording: string;
  src: string;
  envelope: Envelope | null;
  seconds: number | null;
  handle: { current: PlayerHandle | null };
  ready: (seconds: number) => void;
  failed: () => void;
  writePart: (text: string) => void;
  /** Begins a case from this call, for who may. */
  beginCase?: () => void;
};

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const STEP_SECONDS = 5;
/** While one listens, one is there: the session goes on. */
const ACTIVE_MS = 60_000;

export function Player({ recording, src, envelope, seconds: known, handle, ready, failed, writePart, beginCase }: Props) {
  const w = t().call;
  const audio = useRef<HTMLAudioElement>(null);
  const resume = useRef<{ at: number; isPlaying: boolean }>({ at: 0, isPlaying: true });
  const [isPlaying, setPlaying] = useState(false);
  const [now, setNow] = useState(0);
  const [seconds, setSeconds] = useState(known ?? 0);
  const [speed, setSpeed] = useState(1);
  const [skips, setSkips] = useState(false);
  const [part, setPart] = useState(noPart);
  const [stopAt, setStopAt] = useState<number | null>(null);
  const gaps = envelope ? gapsOf(envelope) : [];
  const bounds = boundsOf(part, seconds);

  const at = () => audio.current?.currentTime ?? 0;
  const begins = () => setPart((part) => beginAt(part, at()));
  const ends = () => setPart((part) => endAt(part, at()));
  const start = () => {
    // Where the browser wants another press first, the button is there.
    void audio.current?.play().catch(() => setPlaying(false));
  };
  const seek = (to: number) => {
    const next = Math.min(Math.max(to, 0), seconds || 0);
    if (audio.current) audio.current.currentTime = next;
    setNow(next);
  };
  const toggle = () => {
    setStopAt(null);
    if (audio.current?.paused) start();
    else audio.current?.pause();
  };
  const playFrom = (from: number) => {
    setStopAt(null);
    seek(from);
    start();
  };
  const change = (step: number) => {
    const next = SPEEDS[SPEEDS.indexOf(speed) + step];
    if (next) setSpeed(next);
  };
  // At once: the one who goes on to a case may be quicker than the next painting.
  useLayoutEffect(() => {
    if (bounds) needed.value = { recording, ...bounds };
  }, [part, seconds]);
  handle.current = { playFrom };
  useEffect(() => () => void (handle.current = null), []);
  useEffect(() => {
    if (audio.current) audio.current.playbackRate = speed;
  }, [speed, src]);
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => void stayActive().catch(asProblem), ACTIVE_MS);
    return () => clearInterval(timer);
  }, [isPlaying]);
  const tick = () => {
    const here = at();
    setNow(here);
    resume.current = { at: here, isPlaying: !audio.current?.paused };
    if (stopAt !== null && here >= stopAt) {
      audio.current?.pause();
      setStopAt(null);
    }
    const next = skips ? afterGap(gaps, here, seconds) : null;
    if (next !== null) seek(next);
  };
  const begin = () => {
    const element = audio.current;
    if (!element) return;
    if (Number.isFinite(element.duration)) setSeconds(element.duration);
    element.currentTime = resume.current.at;
    element.playbackRate = speed;
    ready(Number.isFinite(element.duration) ? element.duration : (known ?? 0));
    if (resume.current.isPlaying) start();
  };
  useKeys({
    k: toggle,
    j: () => seek(at() - STEP_SECONDS),
    l: () => seek(at() + STEP_SECONDS),
    ",": () => change(-1),
    ".": () => change(1),
    "[": begins,
    "]": ends,
  });
  const partText = bounds && `${clock(bounds.from)}–${clock(bounds.to)}`;
  return (
    <div class="player">
      <audio
        ref={audio}
        src={src}
        preload="auto"
        onLoadedMetadata={begin}
        onTimeUpdate={tick}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={failed}
      />
      <Waveform envelope={envelope} seconds={seconds} now={now} part={bounds} seek={seek} />
      <div class="transport">
        <span class="clock">
          {clock(now)} <small>/ {clock(seconds)}</small>
        </span>
        <div class="buttons">
          <button type="button" class="round" aria-label={w.back5} onClick={() => seek(now - STEP_SECONDS)}>
            −5
          </button>
          <button type="button" class="round primary large" aria-label={isPlaying ? w.pause : w.play} onClick={toggle}>
            <Icon name={isPlaying ? "pause" : "play"} />
          </button>
          <button type="button" class="round" aria-label={w.ahead5} onClick={() => seek(now + STEP_SECONDS)}>
            +5
          </button>
        </div>
        <label class="speed">
          <span class="hidden">{w.speed}</span>
          <select value={String(speed)} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
            {SPEEDS.map((one) => (
              <option key={one} value={String(one)}>
                ×{one}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="part">
        <button type="button" onClick={begins}>
          {w.partFrom}
        </button>
        <button type="button" onClick={ends}>
          {w.partTo}
        </button>
        <p role="status">
          {partText ? (
            <>
              {w.part} <strong>{partText}</strong>
            </>
          ) : (
            <span class="note">{w.partHint}</span>
          )}
        </p>
        {bounds && (
          <>
            <button
              type="button"
              class="plain"
              onClick={() => {
                playFrom(bounds.from);
                setStopAt(bounds.to);
              }}
            >
              {w.partPlay}
            </button>
            <button type="button" class="plain" onClick={() => writePart(partText!)}>
              {w.partNote}
            </button>
            {beginCase && (
              <a class="button plain" href={placeOf(["cases", "new"])} onClick={beginCase}>
                {w.partCase}
              </a>
            )}
            <button type="button" class="plain" onClick={() => {
                needed.value = null;
                setPart(noPart);
              }}>
              {w.partClear}
            </button>
          </>
        )}
        {gaps.length > 0 && (
          <label class="check">
            <input type="checkbox" checked={skips} onChange={(event) => setSkips(event.currentTarget.checked)} />
            {w.skipSilence}
          </label>
        )}
      </div>
    </div>
  );
}
