/** Lines that came and went between two texts. */
export type DiffLine = { kind: "same" | "added" | "removed"; text: string };

/** More lines than this on both sides make a table too large for a phone: then all are shown as changed. */
const LONGEST = 3000;

/** By the longest common subsequence of the lines between what both begin and end with. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...old.slice(0, head).map(same),
    ...middle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

function middle(old: string[], now: string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ kind: "removed", text });
  const came = (text: string): DiffLine => ({ kind: "added", text });
  if (old.length * now.length > LONGEST * LONGEST) return [...old.map(gone), ...now.map(came)];
  const width = now.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = old[i] === now[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    }
  }
  const made: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      made.push({ kind: "same", text: old[i]! });
      i += 1;
      j += 1;
    } else if (j === now.length || (i < old.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) {
      made.push(gone(old[i]!));
      i += 1;
    } else {
      made.push(came(now[j]!));
      j += 1;
    }
  }
  return made;
}

/** What changed, with two lines around it. */
export function changesOf(lines: DiffLine[]): DiffLine[][] {
  const groups: DiffLine[][] = [];
  let end = -1;
  lines.forEach((line, at) => {
    if (line.kind === "same") return;
    const from = Math.max(at - 2, end + 1, 0);
    const group = from > end + 1 || groups.length === 0 ? [] : groups.pop()!;
    group.push(...lines.slice(from, at + 1));
    end = at;
    const next = lines.slice(at + 1, at + 3);
    const near = next.findIndex((one) => one.kind !== "same");
    if (near < 0) {
      group.push(...next);
      end = at + next.length;
    }
    groups.push(group);
  });
  return groups;
}
