/** Strokes on a grid of 24; the text beside an icon says what it means. */
const PATHS = {
  calls: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20",
  cases: "M4 6h6l2 3h8v10H4ZM8 14h8",
  review: "M12 4 3.5 19h17ZM12 10v4M12 16.6v.2",
  reports: "M5 20V11M12 20V4M19 20v-6",
  audit: "M7 5h13M7 12h13M7 19h13M3.5 5h.1M3.5 12h.1M3.5 19h.1",
  rules: "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3ZM9 9h6M9 13h6",
  deletions: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  more: "M5 12h.1M12 12h.1M19 12h.1",
  play: "M8 5v14l11-7Z",
  pause: "M8 5v14M16 5v14",
  back: "M11 6 5 12l6 6M19 6l-6 6 6 6",
  ahead: "m13 6 6 6-6 6M5 6l6 6-6 6",
  inbound: "M18 6 7 17M7 9v8h8",
  outbound: "M7 17 18 6M10 6h8v8",
  internal: "M4 9h15l-3-3M20 15H5l3 3",
  unknown: "M6 12h12",
  copy: "M9 9h10v11H9ZM5 15V4h10",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
