/** After how many days a recording was really needed, and what that says of the period. */
import { className, purposeName, showDay } from "../show.ts";
import { t } from "../state.ts";
import { Banner, Loading, ShowProblem, Title, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { ReportTabs } from "./completeness.tsx";
import { type AgeAtUse, readAgeAtUse } from "./kept-api.ts";
import { Steps } from "./plots.tsx";

type Item = AgeAtUse["items"][number];
type Advice = NonNullable<Item["suggestion"]>["is"];

const KINDS = { too_few: "info", shorter: "info", fits: "good", too_short: "warn" } as const satisfies Record<Advice, string>;

export function AgeScreen() {
  const w = l().kept;
  const { value, problem, isLoading, reload } = useLoad("age", readAgeAtUse);
  return (
    <>
      <Title lead={w.ageLead}>{t().reports.title}</Title>
      <ReportTabs at="age" />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && value.items.length === 0 && (
        <Banner kind="info" title={w.noUse}>
          <p>{w.noUseDetail}</p>
        </Banner>
      )}
      {value?.items.map((item) => (
        <One key={`${item.purpose} ${item.class}`} item={item} />
      ))}
      {value && <p class="note">{w.counted(showDay(value.from), showDay(value.to), value.days_counted)}</p>}
    </>
  );
}

function One({ item }: { item: Item }) {
  const w = l().kept;
  const title = [item.purpose && purposeName(item.purpose), className(item.class)].filter(Boolean).join(" / ");
  const kinds = Object.entries(item.by_kind).filter(([, count]) => count > 0);
  const until = Math.max(item.keep_days ?? 0, item.curve.at(-1)?.days ?? 0, 1);
  return (
    <section class="card">
      <h2>
        <bdi>{title}</bdi> {item.keep_days !== null && <span class="sub">{w.keepDays(item.keep_days)}</span>}
      </h2>
      {item.suggestion && item.text && <Banner kind={KINDS[item.suggestion.is]} title={item.text} />}
      <p>
        {w.uses(item.uses)} <small>{kinds.map(([kind, count]) => `${w.kinds[kind as keyof typeof w.kinds]} ${count}`).join(t().frame.join)}</small>
      </p>
      {item.curve.length > 0 && (
        <>
          <Steps points={item.curve} until={until} mark={item.keep_days} />
          <p class="note">{w.curve}</p>
          <div class="scroll" tabIndex={0} role="region" aria-label={w.table(title)}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{w.days}</th>
                  <th scope="col" class="number">
                    {w.served}
                  </th>
                  <th scope="col" class="number">
                    {w.percent}
                  </th>
                </tr>
              </thead>
              <tbody>
                {item.curve.map((point) => (
                  <tr key={point.days}>
                    <th scope="row">{w.within(point.days)}</th>
                    <td class="number">{point.served}</td>
                    <td class="number">{point.percent}%</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
