/** Loads the script of the pages that are seldom opened, once, and shows one of them. */
import { useEffect, useState } from "preact/hooks";
import type { VNode } from "preact";
import { fileOf, readSession } from "./api.ts";
import { type Problem, offline } from "./problem.ts";
import { renew } from "./renew.ts";
import { Loading, ShowProblem } from "./ui.tsx";

export type LaterPages = typeof import("./later.ts");
let pages: LaterPages | undefined;

/** A browser remembers a script that it could not fetch: the next try asks under another address. */
async function load(round: number): Promise<LaterPages> {
  const address = new URL(fileOf("later") + (round > 0 ? `?${round}` : ""), location.href);
  try {
    return (pages = (await import(address.href)) as LaterPages);
  } catch {
    // After a deployment the script has another name. The session's answer tells the page that it is older.
    await readSession();
    renew();
    throw offline();
  }
}

export function Later({ show }: { show: (pages: LaterPages) => VNode }) {
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  const [, setLoaded] = useState(Boolean(pages));
  useEffect(() => {
    if (pages) return;
    setProblem(undefined);
    load(round).then(
      () => setLoaded(true),
      (error: Problem) => setProblem(error),
    );
  }, [round]);
  if (pages) return show(pages);
  return problem ? <ShowProblem problem={problem} retry={() => setRound(round + 1)} /> : <Loading />;
}
