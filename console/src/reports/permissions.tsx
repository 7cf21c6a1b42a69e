/** Who may hear, take away and hand out whose recordings today. */
import { useState } from "preact/hooks";
import { exportFile } from "../api.ts";
import { label, memberName, showDay, teamName } from "../show.ts";
import { directory, t } from "../state.ts";
import { Choice, Loading, ShowProblem, Title, saveFile, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { ReportTabs } from "./completeness.tsx";
import { readPermissions } from "./kept-api.ts";
import { ACTIONS, type Permissions, type Person, type Right, type Row, byRole, mayDo, rowsOf, teamsOf } from "./rights.ts";

export function PermissionsScreen() {
  const { value, problem, isLoading, reload } = useLoad("permissions", readPermissions);
  return (
    <>
      <Title lead={l().permissions.lead}>{t().reports.title}</Title>
      <ReportTabs at="permissions" />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && <Report report={value} />}
    </>
  );
}

function Report({ report }: { report: Permissions }) {
  const w = l().permissions;
  const [team, setTeam] = useState("");
  const act = useAct();
  const people = byRole(report.items);
  // A team that nobody may hear is a team all the same.
  const teams = [...new Set([...teamsOf(people), ...directory.value.teams.map(({ id }) => id)])];
  const [hear, others] = [people.filter((one) => mayDo(one, "play", team)), people.filter((one) => !mayDo(one, "play", team))];
  const count = (action: "download" | "release") => people.filter((one) => mayDo(one, action, team)).length;
  const figures: [string, number][] = [
    [w.hear, hear.length],
    [w.download, count("download")],
    [w.release, count("release")],
  ];
  const save = () => act.run(async () => saveFile(await exportFile("/reports/permissions", {}), `${w.csvName}-${report.day}.csv`));
  const table = (some: Person[], name: string) => <Table people={some} teams={teams} team={team} name={name} />;
  return (
    <>
      <div class="filter row">
        <Choice label={w.team} value={team} options={[["", w.everyTeam], ...teams.map((id): [string, string] => [id, teamName(id)])]} change={setTeam} />
        <button type="button" class="plain" disabled={act.isBusy} onClick={save}>
          {t().reports.csv}
        </button>
      </div>
      {act.problem && <ShowProblem problem={act.problem} />}
      <dl class="tiles" aria-live="polite">
        {figures.map(([name, people]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{w.people(people)}</dd>
          </div>
        ))}
      </dl>
      <section class="card">
        <h2>{w.hearTitle}</h2>
        {hear.length > 0 ? table(hear, w.hearTitle) : <p>{w.nobodyHears}</p>}
      </section>
      {others.length > 0 && (
        <details class="card">
          <summary>{w.othersTitle(others.length)}</summary>
          {table(others, w.othersTitle(others.length))}
        </details>
      )}
      <ul class="note">
        <li>{w.asOf(showDay(report.day), report.rulebook_version)}</li>
        {report.age_limit_days !== null && <li>{w.ageLimit(report.age_limit_days)}</li>}
        {report.staff_view_days > 0 && <li>{w.ownDays(report.staff_view_days)}</li>}
        <li>{w.ordinary}</li>
      </ul>
    </>
  );
}

function Table({ people, teams, team, name }: { people: Person[]; teams: string[]; team: string; name: string }) {
  const w = l().permissions;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={name}>
      <table class="rights">
        <thead>
          <tr>
            <th scope="col">{w.person}</th>
            <th scope="col">{w.whose}</th>
            {ACTIONS.map((action) => (
              <th key={action} scope="col">
                {w.actions[action]}
              </th>
            ))}
          </tr>
        </thead>
        {people.map((person) => (
          <OnePerson key={person.staff} person={person} rows={rowsOf(person, teams, team)} />
        ))}
      </table>
    </div>
  );
}

function OnePerson({ person, rows }: { person: Person; rows: Row[] }) {
  const w = l().permissions;
  const who = (
    <th scope="rowgroup" rowSpan={Math.max(rows.length, 1)}>
      <bdi>{memberName(person.staff, person.staff_name)}</bdi> <small>{label(t().codes.role, person.role)}</small>
    </th>
  );
  if (rows.length === 0) {
    return (
      <tbody>
        <tr>
          {who}
          <td colSpan={1 + ACTIONS.length} class="nothing">
            {w.nothing}
          </td>
        </tr>
      </tbody>
    );
  }
  return (
    <tbody>
      {rows.map((row, at) => (
        <tr key={row.can.join()}>
          {at === 0 && who}
          <td class="whose">
            <bdi>{row.isEverything ? w.everything : row.whose.map(whoseOf).join(t().frame.join)}</bdi>
          </td>
          {ACTIONS.map((action) => (
            <td key={action} class={row.can.includes(action) ? "yes" : "no"}>
              {row.can.includes(action) && (
                <>
                  <span class="mark" aria-hidden="true">
                    ○
                  </span>
                  <span class="name">{w.actions[action]}</span>
                </>
              )}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function whoseOf(right: Right): string {
  const w = l().permissions;
  if (right.whose === "team") return teamName(right.team);
  if (right.whose === "handed_over") return w.handedOver(memberName(right.of_staff));
  return w.whoseIs[right.whose];
}
