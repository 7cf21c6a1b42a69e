import { useMemo, useRef } from "preact/hooks";
import { type Envelope, bars } from "../audio/envelope.ts";
import { t } from "../state.ts";
import { clock } from "../time.ts";

type Props = {
  envelope: Envelope | null;
  seconds: number;
  now: number;
  part: { from: number; to: number } | null;
  seek: (seconds: number) => void;
};

/** 240 bars: one for each 3 pixels of a phone's half, and few enough to draw in one path. */
const BARS = 240;
const HEIGHT = 100;

/** One path for all bars of a channel, around the middle of its lane. */
export function wavePath(sizes: number[], middle: number, half: number): string {
  return sizes
    .map((size, bar) => {
      const height = Math.max(size * half, 1);
      return `M${bar + 0.5} ${(middle - height).toFixed(1)}v${(height * 2).toFixed(1)}`;
    })
    .join("");
}

export function Waveform({ envelope, seconds, now, part, seek }: Props) {
  const w = t().call;
  const box = useRef<HTMLDivElement>(null);
  const lanes = envelope?.channels.length ?? 1;
  const path = useMemo(() => {
    if (!envelope) return `M0 ${HEIGHT / 2}h${BARS}`;
    const half = HEIGHT / lanes / 2;
    return envelope.channels.map((values, lane) => wavePath(bars(values, BARS), half * (2 * lane + 1), half - 3)).join("");
  }, [envelope]);
  const x = (at: number) => (seconds > 0 ? (at / seconds) * BARS : 0);
  const point = (event: PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    if (!area || seconds <= 0) return;
    seek(((event.clientX - area.left) / area.width) * seconds);
  };
  const press = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowLeft: now - 5, ArrowDown: now - 5, ArrowRight: now + 5, ArrowUp: now + 5, PageDown: now - 30, PageUp: now + 30, Home: 0, End: seconds };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    seek(to);
  };
  return (
    <div
      ref={box}
      class="waveform"
      role="slider"
      tabIndex={0}
      aria-label={w.waveform}
      aria-valuemin={0}
      aria-valuemax={Math.round(seconds)}
      aria-valuenow={Math.round(now)}
      aria-valuetext={w.position(clock(now), clock(seconds))}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        point(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) point(event);
      }}
      onKeyDown={press}
    >
      <svg viewBox={`0 0 ${BARS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <defs>
          <clipPath id="heard">
            <rect x="0" y="0" width={x(now)} height={HEIGHT} />
          </clipPath>
        </defs>
        {part && <rect class="region" x={x(part.from)} y="0" width={x(part.to) - x(part.from)} height={HEIGHT} />}
        <path class="wave" d={path} />
        <path class="wave heard" d={path} clip-path="url(#heard)" />
        <path class="cursor" d={`M${x(now)} 0v${HEIGHT}`} />
      </svg>
      {lanes === 2 && (
        <>
          <span class="lane first">{w.left}</span>
          <span class="lane second">{w.right}</span>
        </>
      )}
    </div>
  );
}
