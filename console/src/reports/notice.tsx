import { readNoticeReport } from "../api.ts";
import { label, lineName, showDay } from "../show.ts";
import { t } from "../state.ts";
import { Banner, Loading, ShowProblem, Title, useLoad } from "../ui.tsx";
import { ReportTabs } from "./completeness.tsx";
import { Count, PendingDays, RangeForm, Share, rangeOf } from "./parts.tsx";

export function NoticeScreen({ query }: { query: Record<string, string> }) {
  const w = t().reports;
  const range = rangeOf(query);
  const { value, problem, isLoading, reload } = useLoad(`${range.from} ${range.to}`, () => readNoticeReport(range));
  const items = value?.items ?? [];
  const gaps = items.reduce((sum, item) => sum + item.gap.count, 0);
  const all = items.reduce((sum, item) => sum + item.recordings, 0);
  const told = all - gaps - items.reduce((sum, item) => sum + item.unknown.count, 0);
  return (
    <>
      <Title lead={w.noticeLead}>{w.title}</Title>
      <ReportTabs at="notice" />
      <RangeForm key={`${range.from} ${range.to}`} range={range} path={["reports", "notice"]} file="/reports/notice" name={w.csvName} />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && (
        <Banner kind="info" title={w.none}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {value && items.length > 0 && (
        <>
          <Banner kind={gaps > 0 ? "warn" : "good"} title={gaps > 0 ? w.someGap(gaps) : w.allTold}>
            <Share part={told} whole={all} text={w.told(told, all)} />
          </Banner>
          <section class="card">
            <h2>{w.table}</h2>
            <div class="scroll" tabIndex={0} role="region" aria-label={w.table}>
              <table>
                <thead>
                  <tr>
                    {[w.day, w.line, w.direction].map((name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                    {[w.recordings, w.gap, w.unknown, w.objected].map((name) => (
                      <th key={name} scope="col" class="number">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {items.map((item) => (
                    <tr key={`${item.day} ${item.line} ${item.direction}`}>
                      <th scope="row">{showDay(item.day)}</th>
                      <td>
                        <bdi>{lineName(item.line) || w.noLine}</bdi>
                      </td>
                      <td>{label(t().codes.direction, item.direction)}</td>
                      <td class="number">{item.recordings}</td>
                      <td class="number">
                        <Count counted={item.gap} title={`${showDay(item.day)} ${w.gap}`} />
                      </td>
                      <td class="number">
                        <Count counted={item.unknown} title={`${showDay(item.day)} ${w.unknown}`} isFault={false} />
                      </td>
                      <td class="number">
                        <Count counted={item.objected} title={`${showDay(item.day)} ${w.objected}`} isFault={false} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        </>
      )}
      {value && (
        <div class="remarks">
          <PendingDays days={value.pending_days} />
        </div>
      )}
    </>
  );
}
