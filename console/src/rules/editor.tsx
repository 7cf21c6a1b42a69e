import { useRef, useState } from "preact/hooks";
import { type Fault, type Published, type Rulebook, type RulebookWarning, checkRulebook, faultsOf, publishRulebook, warningsOf } from "../api.ts";
import { say } from "../state.ts";
import { Banner, Dialog, Field, ShowProblem, useAct, useUnsaved } from "../ui.tsx";
import { l } from "../words-later.ts";
import { Confirm } from "./confirm.tsx";
import { changesOf, diffLines } from "./diff.ts";
import type { Plan } from "./plan-api.ts";
import { Counting, PlanDialog, useCounting } from "./plan.tsx";
import { readText } from "./staff.ts";

export type Texts = { policy: string; staff: string };
type Props = { rulebook: Rulebook; template: Texts; done: (made?: Published) => void };

export function Editor({ rulebook, template, done }: Props) {
  const w = l().rules;
  const before: Texts = { policy: rulebook.policy ?? template.policy, staff: rulebook.staff ?? template.staff };
  const [texts, setTexts] = useState(before);
  const [isAsking, setAsking] = useState(false);
  const [plan, setPlan] = useState<Plan>();
  const [found, setFound] = useState<Found>(NOTHING);
  const { percent, count } = useCounting();
  const { run, isBusy, problem, clear } = useAct();
  const isChanged = texts.policy !== before.policy || texts.staff !== before.staff;
  const isFirst = rulebook.policy === null;
  useUnsaved(isChanged);
  const faults = problem?.type === "faulty-rulebook" ? faultsOf(problem) : found.faults;
  const warnings = warningsOf(problem);
  const publish = (confirmed: RulebookWarning[] = []) => {
    setAsking(false);
    run(async () => done(await publishRulebook(texts.policy, texts.staff, plan?.id, confirmed)));
  };
  /** What to correct, and what to look at. */
  const check = async () => {
    setFound(NOTHING);
    const { faults, warnings } = await checkRulebook(texts.policy, texts.staff);
    setFound({ faults, warnings });
    return { faults, warnings };
  };
  const look = () =>
    run(async () => {
      const { faults, warnings } = await check();
      if (faults.length + warnings.length === 0) say(w.checkedWell);
    });
  const change = (changed: Texts) => {
    setTexts(changed);
    // The lines are of the text that was checked.
    setFound(NOTHING);
  };
  /** A first rulebook changes no end; any other is published by a plan that says what it comes to. */
  const ask = () => {
    run(async () => {
      if ((await check()).faults.length > 0) return;
      if (isFirst) return setAsking(true);
      const made = await count(texts.policy, texts.staff);
      setPlan(made);
      setAsking(made !== undefined);
    });
  };
  return (
    <>
      {faults.length > 0 && <Faults faults={faults} />}
      {faults.length === 0 && found.warnings.length > 0 && <Warnings warnings={found.warnings} leads />}
      {warnings.length > 0 && <Confirm warnings={warnings} publish={() => publish(warnings)} close={clear} />}
      {problem && faults.length + warnings.length === 0 && <ShowProblem problem={problem} />}
      <Text name="policy" label={w.policy} file={w.policyFile} text={texts.policy} change={(policy) => change({ ...texts, policy })} />
      <Text name="staff" label={w.staff} file={w.staffFile} text={texts.staff} change={(staff) => change({ ...texts, staff })} />
      {!isFirst && <Changes before={before} after={texts} />}
      <p class="note">{w.publishChecks}</p>
      <Counting percent={percent} />
      <p class="actions">
        <button type="button" class="plain" onClick={() => done()}>
          {w.discard}
        </button>
        <button type="button" disabled={isBusy} onClick={look}>
          {w.check}
        </button>
        <button type="button" class="primary" disabled={isBusy || (!isFirst && !isChanged)} onClick={ask}>
          {w.publish}
        </button>
      </p>
      {isAsking && plan && (
        <PlanDialog plan={plan} title={w.publishAsk} yes={w.publishYes} close={() => setAsking(false)} publish={() => publish()} isBusy={isBusy}>
          {found.warnings.length > 0 && <Warnings warnings={found.warnings} leads={false} />}
        </PlanDialog>
      )}
      {isAsking && !plan && (
        <Dialog title={w.publishAsk} close={() => setAsking(false)}>
          <p>{w.publishWhen}</p>
          <p class="actions">
            <button type="button" onClick={() => setAsking(false)}>
              {w.cancel}
            </button>
            <button type="button" class="primary" onClick={() => publish()}>
              {w.publishYes}
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}

type Found = { faults: Fault[]; warnings: RulebookWarning[] };
const NOTHING: Found = { faults: [], warnings: [] };

type TextProps = { name: "policy" | "staff"; label: string; file: string; text: string; change: (text: string) => void };

function Text({ name, label, file, text, change }: TextProps) {
  const w = l().rules;
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState("");
  const choose = async () => {
    const chosen = input.current?.files?.[0];
    if (!chosen) return;
    const read = readText(await chosen.arrayBuffer());
    setError(read === null ? w.fileOdd : "");
    if (read === null) return;
    change(read.replace(/^\uFEFF/, ""));
    say(w.fileRead(chosen.name));
  };
  return (
    <section class="card editor">
      <div class="summary">
        <h2>
          {label} <small>{file}</small>
        </h2>
        <button type="button" onClick={() => input.current?.click()}>
          {w.chooseFile}
        </button>
        <input ref={input} type="file" class="hidden" tabIndex={-1} aria-label={`${w.chooseFile}: ${label}`} accept=".toml,.csv,text/plain,text/csv" onChange={() => void choose()} />
      </div>
      <Field label={label} id={`text-${name}`} error={error || undefined} class="bare">
        {(ids) => (
          <textarea
            {...ids}
            class="code"
            rows={name === "policy" ? 18 : 10}
            wrap="off"
            spellcheck={false}
            value={text}
            onInput={(event) => change(event.currentTarget.value)}
          />
        )}
      </Field>
    </section>
  );
}

/** Selects a line of a text, and brings it into sight. */
function goToLine(name: string, line: number) {
  const area = document.getElementById(`text-${name}`);
  if (!(area instanceof HTMLTextAreaElement)) return;
  const lines = area.value.split("\n");
  const at = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(at, at + (lines[line - 1]?.length ?? 0));
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(line - 4, 0);
}

type Item = Pick<Fault | RulebookWarning, "in" | "line" | "code" | "reason" | "fix">;

/** What is to correct or to look at, each with its line; without `go` it leads nowhere. */
function Items({ items, go }: { items: Item[]; go?: (item: Item) => void }) {
  const w = l().rules;
  return (
    <ul class="faults">
      {items.map((item) => {
        const place = `${item.in === "policy" ? w.policy : w.staff} ${w.line(item.line)}`;
        return (
          <li key={`${item.in} ${item.line} ${item.code} ${item.reason}`}>
            {go ? (
              <button type="button" class="plain" onClick={() => go(item)}>
                {place}
              </button>
            ) : (
              <span>{place}</span>
            )}
            <span>
              <bdi>{item.reason}</bdi> <bdi class="fix">{item.fix}</bdi>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

const goTo = (item: Item) => goToLine(item.in, item.line);

function Faults({ faults }: { faults: Fault[] }) {
  const w = l().rules;
  return (
    <Banner kind="error" title={w.faults(faults.length)}>
      <p class="note">{w.faultsGo}</p>
      <Items items={faults} go={goTo} />
    </Banner>
  );
}

/** What to look at before publishing. It stops nothing. */
function Warnings({ warnings, leads }: { warnings: RulebookWarning[]; leads: boolean }) {
  const w = l().rules;
  return (
    <Banner kind="warn" title={w.warnings(warnings.length)}>
      {leads && <p class="note">{w.faultsGo}</p>}
      <Items items={warnings} go={leads ? goTo : undefined} />
    </Banner>
  );
}

export function Changes({ before, after }: { before: Texts; after: Texts }) {
  const w = l().rules;
  const both = [
    { name: w.policyFile, lines: diffLines(before.policy, after.policy) },
    { name: w.staffFile, lines: diffLines(before.staff, after.staff) },
  ];
  const count = (kind: string) => both.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);
  const [added, removed] = [count("added"), count("removed")];
  return (
    <section class="card">
      <h2>{w.diff}</h2>
      <p role="status" class="note">
        {added + removed === 0 ? w.diffNone : w.diffLines(added, removed)}
      </p>
      {both.map(({ name, lines }) =>
        changesOf(lines).map((group, at) => (
          <pre key={`${name} ${at}`} class="diff" tabIndex={0} aria-label={name}>
            {group.map((line, index) => (
              <span key={index} class={line.kind}>
                {line.kind === "added" ? "＋ " : line.kind === "removed" ? "－ " : "　 "}
                {line.text}
                {"\n"}
              </span>
            ))}
          </pre>
        )),
      )}
    </section>
  );
}
