import type { Rulebook } from "../api.ts";
import { label, showDateTime } from "../show.ts";
import { t } from "../state.ts";
import { Banner } from "../ui.tsx";
import { l } from "../words-later.ts";
import { readPolicy } from "./sentences.ts";
import { nameOf, staffTable } from "./staff.ts";

/** Today's rules, in sentences; the text itself is one press away. */
export function ReadRules({ rulebook, change }: { rulebook: Rulebook; change?: () => void }) {
  const w = l().rules;
  const reading = rulebook.policy === null ? null : readPolicy(rulebook.policy, nameOf(rulebook.staff ?? ""));
  return (
    <>
      <div class="summary">
        <p>
          <strong>{rulebook.version > 0 ? t().frame.rulebookVersion(rulebook.version) : w.strict}</strong>
          {rulebook.effective_at && <span>{w.since(showDateTime(rulebook.effective_at))}</span>}
        </p>
        {change && (
          <button type="button" onClick={change}>
            {w.change}
          </button>
        )}
      </div>
      <section class="card rules">
        <h2>{w.read}</h2>
        {rulebook.policy === null && (
          <ul class="sentences">
            {w.strictSentences.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {reading?.sections.map(({ title, lines }) => (
          <div key={title}>
            <h3>{title}</h3>
            <ul class="sentences">
              {lines.map((line) => (
                <li key={line}>
                  <bdi>{line}</bdi>
                </li>
              ))}
            </ul>
          </div>
        ))}
        {rulebook.policy !== null && !reading?.isWhole && <Banner kind="info" title={w.unreadable} />}
        {rulebook.policy !== null && (
          <details>
            <summary>{w.original}</summary>
            <pre tabIndex={0} aria-label={w.policy}>
              {rulebook.policy}
            </pre>
          </details>
        )}
      </section>
      {rulebook.staff && <Staff text={rulebook.staff} />}
    </>
  );
}

function Staff({ text }: { text: string }) {
  const w = l().rules;
  const { head, rows } = staffTable(text);
  const role = head.findIndex((name) => ["role", "役割"].includes(name));
  return (
    <section class="card">
      <h2>{w.people}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={w.people}>
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {w.columns[name] ?? name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={at}>
                {head.map((name, column) => (
                  <td key={name}>
                    <bdi>{column === role ? label(t().codes.role, row[column]) : row[column]}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
