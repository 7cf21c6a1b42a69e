import { useRef, useState } from "preact/hooks";
import { type Fault, type Published, type Rulebook, type RulebookWarning, faultsOf, publishRulebook, warningsOf } from "../api.ts";
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
  const { percent, count } = useCounting();
  const { run, isBusy, problem, clear } = useAct();
  const isChanged = texts.policy !== before.policy || texts.staff !== before.staff;
  const isFirst = rulebook.policy === null;
  useUnsaved(isChanged);
  const faults = problem?.type === "faulty-rulebook" ? faultsOf(problem) : [];
  const warnings = warningsOf(problem);
  const publish = (confirmed: RulebookWarning[] = []) => {
    setAsking(false);
    run(async () => done(await publishRulebook(texts.policy, texts.staff, plan?.id, confirmed)));
  };
  /** A first rulebook changes no end; any other is published by a plan that says what it comes to. */
  const ask = () => {
    if (isFirst) return setAsking(true);
    run(async () => {
      const made = await count(texts.policy, texts.staff);
      setPlan(made);
      setAsking(made !== undefined);
    });
  };
  return (
    <>
      {faults.length > 0 && <Faults faults={faults} />}
      {warnings.length > 0 && <Confirm warnings={warnings} publish={() => publish(warnings)} close={clear} />}
      {problem && faults.length + warnings.length === 0 && <ShowProblem problem={problem} />}
      <Text name="policy" label={w.policy} file={w.policyFile} text={texts.policy} change={(policy) => setTexts({ ...texts, policy })} />
      <Text name="staff" label={w.staff} file={w.staffFile} text={texts.staff} change={(staff) => setTexts({ ...texts, staff })} />
      {!isFirst && <Changes before={before} after={texts} />}
      <p class="note">{w.publishChecks}</p>
      <Counting percent={percent} />
      <p class="actions">
        <button type="button" class="plain" onClick={() => done()}>
          {w.discard}
        </button>
        <button type="button" class="primary" disabled={isBusy || (!isFirst && !isChanged)} onClick={ask}>
          {w.publish}
        </button>
      </p>
      {isAsking && plan && (
        <PlanDialog plan={plan} title={w.publishAsk} yes={w.publishYes} close={() => setAsking(false)} publish={() => publish()} isBusy={isBusy} />
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

function Faults({ faults }: { faults: Fault[] }) {
  const w = l().rules;
  return (
    <Banner kind="error" title={w.faults(faults.length)}>
      <p class="note">{w.faultsGo}</p>
      <ul class="faults">
        {faults.map((fault) => (
          <li key={`${fault.in} ${fault.line} ${fault.code}`}>
            <button type="button" class="plain" onClick={() => goToLine(fault.in, fault.line)}>
              {fault.in === "policy" ? w.policy : w.staff} {w.line(fault.line)}
            </button>
            <span>
              <bdi>{fault.reason}</bdi> <bdi class="fix">{fault.fix}</bdi>
            </span>
          </li>
        ))}
      </ul>
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
