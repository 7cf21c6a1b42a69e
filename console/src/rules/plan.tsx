/** What a publication would come to, before it is made: how many calls would be deleted sooner or later, by class, team and day. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { className, showDateTime, showDay, teamName } from "../show.ts";
import { Banner, Dialog } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type Plan, makePlan } from "./plan-api.ts";

/** Counts a plan; `percent` says how far it is. Nothing comes of it once its page is gone. */
export function useCounting(): { percent?: number; count: (policy: string, staff: string) => Promise<Plan | undefined> } {
  const [percent, setPercent] = useState<number>();
  const isHere = useRef(true);
  useEffect(() => () => void (isHere.current = false), []);
  const count = async (policy: string, staff: string) => {
    const tell = (percent: number) => {
      setPercent(percent);
      return isHere.current;
    };
    const made = await makePlan(policy, staff, tell).finally(() => setPercent(undefined));
    return isHere.current ? made : undefined;
  };
  return { percent, count };
}

export function Counting({ percent }: { percent?: number }) {
  const w = l().rules;
  if (percent === undefined) return null;
  return (
    <p role="status" class="fetching">
      {w.planCounting} <progress max={100} value={percent} aria-label={w.planCounting} />
    </p>
  );
}

type Props = { plan: Plan; title: string; yes: string; close: () => void; publish: () => void; isBusy: boolean; children?: ComponentChildren };

export function PlanDialog({ plan, title, yes, close, publish, isBusy, children }: Props) {
  const w = l().rules;
  const { counts } = plan;
  return (
    <Dialog title={title} close={close}>
      <p>{w.planWhen(showDateTime(plan.effective_at))}</p>
      {plan.reads_differently && plan.in_quarantine && (
        <Banner kind="warn" title={w.planReads}>
          <p>{w.planReadsDetail}</p>
        </Banner>
      )}
      {children}
      {counts && (
        <>
          {counts.sooner > 0 ? (
            <Banner kind="warn" title={w.planSooner(counts.sooner)}>
              {counts.at_once > 0 && <p>{w.planAtOnce(counts.at_once)}</p>}
            </Banner>
          ) : (
            <Banner kind="good" title={w.planNone} />
          )}
          <p class="note">{w.planRest(counts.calls, counts.later, counts.unchanged)}</p>
          {counts.sooner + counts.later > 0 && <Counts counts={counts} />}
        </>
      )}
      <p class="actions">
        <button type="button" onClick={close}>
          {w.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={publish}>
          {yes}
        </button>
      </p>
    </Dialog>
  );
}

function Counts({ counts }: { counts: NonNullable<Plan["counts"]> }) {
  const w = l().rules;
  const moved = counts.by_class.filter((row) => row.sooner + row.later > 0);
  const teams = counts.by_team.filter((row) => row.sooner + row.later > 0);
  return (
    <>
      <Table title={w.planByClass} head={[w.planClass, w.planColumnSooner, w.planColumnLater]}>
        {moved.map((row) => (
          <Row key={row.class} name={className(row.class)} numbers={[row.sooner, row.later]} />
        ))}
      </Table>
      <details>
        <summary>{w.planByTeam}</summary>
        <Table title={w.planByTeam} head={[w.planTeam, w.planColumnSooner, w.planColumnLater]}>
          {teams.map((row) => (
            <Row key={row.team} name={teamName(row.team) || w.planNoTeam} numbers={[row.sooner, row.later]} />
          ))}
        </Table>
      </details>
      <details>
        <summary>{w.planByDay}</summary>
        <Table title={w.planByDay} head={[w.planDay, w.planBefore, w.planAfter]}>
          {counts.by_day.map((row) => (
            <Row key={row.day} name={showDay(row.day)} numbers={[row.before, row.after]} />
          ))}
        </Table>
      </details>
    </>
  );
}

function Table({ title, head, children }: { title: string; head: string[]; children: ComponentChildren }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            {head.map((name, at) => (
              <th key={name} scope="col" class={at > 0 ? "number" : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Row({ name, numbers }: { name: string; numbers: number[] }) {
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      {numbers.map((number, at) => (
        <td key={at} class="number">
          {number}
        </td>
      ))}
    </tr>
  );
}
