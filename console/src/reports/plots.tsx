/** Two small plots of our own. Each stands above a table of the same figures, which is what a screen reader reads. */

/** What a column or a point says. */
export type Bar = { name: string; value: number };

/** Columns from 0 up to the greatest. */
export function Columns({ bars }: { bars: Bar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const width = 100 / Math.max(bars.length, 1);
  return (
    <div class="plot" aria-hidden="true">
      <span class="most">{most}</span>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none">
        {bars.map((bar, at) => {
          const height = (bar.value / most) * 40;
          return <rect key={bar.name} class="part" x={at * width + width * 0.1} y={40 - height} width={width * 0.8} height={height} />;
        })}
      </svg>
      <span class="ends">
        <span>{bars[0]?.name}</span>
        {bars.length > 1 && <span>{bars.at(-1)!.name}</span>}
      </span>
    </div>
  );
}

/** A rising line of steps, in percent over days; `mark` is a day that matters. */
export function Steps({ points, until, mark }: { points: { days: number; percent: number }[]; until: number; mark: number | null }) {
  const x = (days: number) => (days / until) * 100;
  const y = (percent: number) => 40 - percent * 0.4;
  let path = `M0 ${y(0)}`;
  for (const { days, percent } of points) path += `H${x(Math.min(days, until))}V${y(percent)}`;
  return (
    <div class="plot" aria-hidden="true">
      <span class="most">100%</span>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none">
        {mark !== null && <path class="mark" d={`M${x(mark)} 0V40`} />}
        <path class="steps" d={`${path}H100`} />
      </svg>
      <span class="ends">
        <span>0</span>
        <span>{until}</span>
      </span>
    </div>
  );
}
