import { useState } from "preact/hooks";
import { readAdminActivity } from "../api.ts";
import { placeOf } from "../router.ts";
import { memberName, showDay, today } from "../show.ts";
import { t } from "../state.ts";
import { Field, Loading, ShowProblem, Title, useLoad } from "../ui.tsx";
import { AuditTabs } from "./parts.tsx";

export function AdminsScreen({ query }: { query: Record<string, string> }) {
  const w = t().audit;
  const month = /^\d{4}-\d\d$/.test(query.month ?? "") ? query.month! : today().slice(0, 7);
  const [draft, setDraft] = useState(month);
  const { value, problem, isLoading, reload } = useLoad(month, () => readAdminActivity(month));
  const columns = [
    ["searches", w.search],
    ["plays", w.plays],
    ["downloads", w.downloads],
    ["corrections", w.corrections],
    ["publications", w.publications],
    ["withdrawals", w.withdrawals],
    ["refusals", w.refusals],
  ] as const;
  return (
    <>
      <Title lead={w.adminsLead}>{w.title}</Title>
      <AuditTabs at="admins" />
      <form
        class="filter row"
        onSubmit={(event) => {
          event.preventDefault();
          location.hash = placeOf(["audit", "admins"], { month: draft });
        }}
      >
        <Field label={w.month}>
          {(ids) => <input {...ids} type="month" required value={draft} onInput={(event) => setDraft(event.currentTarget.value)} />}
        </Field>
        <button type="submit" class="primary">
          {w.show}
        </button>
      </form>
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && (
        <section class="card">
          <div class="scroll" tabIndex={0} role="region" aria-label={w.admins}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{w.member}</th>
                  {columns.map(([name, text]) => (
                    <th key={name} scope="col" class="number">
                      {text}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {value.items.map((item) => (
                  <tr key={item.staff}>
                    <th scope="row">
                      <bdi>{memberName(item.staff, item.name)}</bdi>
                    </th>
                    {columns.map(([name]) => (
                      <td key={name} class={item[name] === 0 ? "number zero" : "number"}>
                        {item[name]}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {value.pending_days.length > 0 && <p class="note">{w.pending(value.pending_days.map(showDay).join(", "))}</p>}
        </section>
      )}
    </>
  );
}
