import { readProofs } from "../api.ts";
import { RangeForm, rangeOf } from "../reports/parts.tsx";
import { className, label, showDateTime, showDay, teamName, today } from "../show.ts";
import { t } from "../state.ts";
import { placeOf } from "../router.ts";
import { Banner, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";
import { DeletionTabs } from "./screen.tsx";

/** The proofs of what was deleted, day by day. */
export function ProofsScreen({ query }: { query: Record<string, string> }) {
  const w = t().deletions;
  const range = rangeOf({ ...query, to: query.to ?? today() });
  const { value, problem, isLoading, reload, set } = useLoad(JSON.stringify(range), () => readProofs(range));
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = await readProofs(range, value!.next_cursor!);
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      <Title lead={w.proofsLead}>{w.title}</Title>
      <DeletionTabs at="proofs" />
      <RangeForm key={JSON.stringify(range)} range={range} path={["deletions", "proofs"]} file="/deletions" name={w.csvName} />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && <Banner kind="info" title={w.noneProofs} />}
      {items.length > 0 && (
        <table class="events">
          <caption class="hidden">{w.proofs}</caption>
          <thead>
            <tr>
              {[w.deletedAt, w.day, w.team, w.why, w.recording].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((proof) => (
              <tr key={proof.id}>
                <th scope="row" class="when">
                  {showDateTime(proof.deleted_at)}
                </th>
                <td>{showDay(proof.day)}</td>
                <td>
                  <bdi>{teamName(proof.team) || "–"}</bdi>
                </td>
                <td>
                  {proof.requested
                    ? w.byRequest(label(t().codes.role, proof.requested.requested_by), label(t().codes.role, proof.requested.approved_by))
                    : `${w.byRule} / ${className(proof.retention_class)}`}
                </td>
                <td class="about">
                  <a href={placeOf(["audit", "recording", proof.id])}>
                    <code>{proof.id.slice(0, 8)}</code>
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {value?.next_cursor && (
        <p class="center">
          <button type="button" disabled={act.isBusy} onClick={more}>
            {t().frame.more20}
          </button>
        </p>
      )}
      {act.problem && <ShowProblem problem={act.problem} />}
    </>
  );
}
