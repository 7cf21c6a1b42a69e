import { useState } from "preact/hooks";
import { type Access, readAccess } from "../api.ts";
import { placeOf } from "../router.ts";
import { daysAgo, memberName, showShort, teamName, today } from "../show.ts";
import { t } from "../state.ts";
import { Banner, Loading, ShowProblem, Title, useLoad } from "../ui.tsx";
import { AuditTabs, Day, Member, RecordingLink } from "./parts.tsx";

export function AccessScreen({ query }: { query: Record<string, string> }) {
  const w = t().audit;
  const { staff = "", from = daysAgo(29), to = today() } = query;
  const [draft, setDraft] = useState({ staff, from, to });
  const [isChecked, setChecked] = useState(false);
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  return (
    <>
      <Title lead={w.accessLead}>{w.title}</Title>
      <AuditTabs at="access" />
      <form
        class="filter row"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (draft.staff) location.hash = placeOf(["audit", "access"], draft);
        }}
      >
        <Member value={draft.staff} change={(member) => set({ staff: member })} />
        <Day label={w.from} value={draft.from} change={(day) => set({ from: day })} />
        <Day label={w.to} value={draft.to} change={(day) => set({ to: day })} />
        <button type="submit" class="primary">
          {w.show}
        </button>
      </form>
      {isChecked && !draft.staff && <Banner kind="error" title={w.accessStaffMissing} />}
      {staff && <Found key={`${staff} ${from} ${to}`} staff={staff} from={from} to={to} />}
    </>
  );
}

function Found(range: { staff: string; from: string; to: string }) {
  const { value, problem, isLoading, reload } = useLoad("access", () => readAccess(range));
  if (isLoading) return <Loading />;
  if (problem) return <ShowProblem problem={problem} retry={reload} />;
  return value ? <Owners access={value} /> : null;
}

function Owners({ access }: { access: Access }) {
  const w = t().audit;
  return (
    <>
      <p class="summary" role="status">
        <strong>
          <bdi>{memberName(access.staff)}</bdi>
        </strong>
        <span>{w.searches(access.searches)}</span>
      </p>
      {!access.is_complete && <Banner kind="warn" title={w.incomplete} />}
      {access.items.length === 0 && <Banner kind="good" title={w.accessNone} />}
      {access.items.map((owner) => (
        <section class="card" key={`${owner.staff} ${owner.team}`}>
          <h2>
            <bdi>{memberName(owner.staff) || "–"}</bdi> <small>{teamName(owner.team)}</small> <span class="tag">{w.recordingsCount(owner.recordings.length)}</span>
          </h2>
          <div class="scroll" tabIndex={0} role="region" aria-label={memberName(owner.staff) || w.owner}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{w.recording}</th>
                  {[w.views, w.plays, w.renewals, w.downloads].map((name) => (
                    <th key={name} scope="col" class="number">
                      {name}
                    </th>
                  ))}
                  <th scope="col">{w.first}</th>
                  <th scope="col">{w.last}</th>
                </tr>
              </thead>
              <tbody>
                {owner.recordings.map((one) => (
                  <tr key={one.recording}>
                    <th scope="row">
                      <RecordingLink id={one.recording} />
                    </th>
                    {[one.views, one.plays, one.renewals, one.downloads].map((count, at) => (
                      <td key={at} class="number">
                        {count}
                      </td>
                    ))}
                    <td>{showShort(one.first_at)}</td>
                    <td>{showShort(one.last_at)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
    </>
  );
}
