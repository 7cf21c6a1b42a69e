import { useState } from "preact/hooks";
import { type SourceTrial, type Tried, sourceErrors, trySource } from "../api.ts";
import { placeOf } from "../router.ts";
import { label, showDateTime } from "../show.ts";
import { showNumber } from "../number.ts";
import { t } from "../state.ts";
import { Banner, Field, ShowProblem, Title, useAct } from "../ui.tsx";

const KEYS = 100;

/** What file names would be read as, before a source is published. */
export function SourceScreen() {
  const w = t().review;
  const [draft, setDraft] = useState({ recorder: "", pattern: "", prefix: "", keys: "" });
  const [isChecked, setChecked] = useState(false);
  const [tried, setTried] = useState<Tried[]>();
  const { run, isBusy, problem } = useAct();
  const keys = draft.keys.split("\n").map((key) => key.trim()).filter(Boolean).slice(0, KEYS);
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const send = () =>
    run(async () => {
      setTried(undefined);
      const body: SourceTrial = { keys };
      if (draft.recorder) body.recorder = draft.recorder;
      if (draft.pattern) body.pattern = draft.pattern;
      if (draft.prefix) body.prefix = draft.prefix;
      setTried(await trySource(body));
    });
  const text = (name: "recorder" | "pattern" | "prefix", title: string, hint: string) => (
    <Field label={title} hint={hint}>
      {(ids) => (
        <input {...ids} type="text" autocomplete="off" spellcheck={false} value={draft[name]} onInput={(event) => set({ [name]: event.currentTarget.value.trim() })} />
      )}
    </Field>
  );
  const faults = problem?.type === "bad-source" ? sourceErrors(problem) : [];
  return (
    <>
      <p class="back">
        <a href={placeOf(["review"])}>← {w.back}</a>
      </p>
      <Title lead={w.sourceLead}>{w.source}</Title>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (keys.length > 0) send();
        }}
      >
        <div class="grid">
          {text("recorder", w.recorder, w.recorderHint)}
          {text("prefix", w.prefix, w.prefixHint)}
        </div>
        {text("pattern", w.pattern, w.patternHint)}
        <Field label={w.sample} error={isChecked && keys.length === 0 ? w.names : undefined}>
          {(ids) => <textarea {...ids} rows={4} spellcheck={false} class="code" value={draft.keys} onInput={(event) => set({ keys: event.currentTarget.value })} />}
        </Field>
        <p class="actions">
          <button type="submit" class="primary" disabled={isBusy}>
            {w.try}
          </button>
        </p>
      </form>
      {problem && faults.length === 0 && <ShowProblem problem={problem} />}
      {faults.length > 0 && (
        <Banner kind="error" title={w.faults}>
          <ul>
            {faults.map((fault) => (
              <li key={`${fault.field} ${fault.code}`}>
                <code>{fault.field}</code> {fault.reason} {fault.fix}
              </li>
            ))}
          </ul>
        </Banner>
      )}
      {tried && (
        <section class="card" aria-live="polite">
          <h2>{w.readAs}</h2>
          {tried.map((one) => (
            <Result key={one.key} tried={one} />
          ))}
        </section>
      )}
    </>
  );
}

function Result({ tried: { key, result, fails } }: { tried: Tried }) {
  const w = t().review;
  const { fact, direction, quarantine } = t().codes;
  const rows: [string, string | null | undefined][] = result
    ? [
        [fact.started_at, result.started_at && showDateTime(result.started_at)],
        [fact.direction, result.direction && label(direction, result.direction)],
        [fact.counterpart, result.counterpart && showNumber(result.counterpart)],
        [fact.extension, result.extension],
        [fact.queue, result.queue],
        [fact.staff, result.staff],
        [fact.team, result.team],
        [fact.call_id, result.call_id],
      ]
    : [];
  return (
    <div class="tried">
      <h3>
        <bdi class="key">{key}</bdi>
      </h3>
      {fails && (
        <p class="error">
          {w.fails}: {label(quarantine, fails.reason)} {fails.fix}
        </p>
      )}
      {result && (
        <dl class="facts">
          {rows
            .filter(([, value]) => value)
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
        </dl>
      )}
      {result?.warnings?.map((warning) => (
        <p key={warning} class="note">
          {warning}
        </p>
      ))}
    </div>
  );
}
