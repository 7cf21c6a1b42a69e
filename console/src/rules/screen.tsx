import { useState } from "preact/hooks";
import { type Published, type Rulebook, readFile, readRulebook, withdrawRulebook } from "../api.ts";
import { showDateTime } from "../show.ts";
import { say } from "../state.ts";
import { Banner, Dialog, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { Agree } from "./agree.tsx";
import { Editor, type Texts } from "./editor.tsx";
import { ReadRules } from "./read.tsx";

/** A rulebook that is there is changed as it is. */
const noTexts: Texts = { policy: "", staff: "" };

export function RulesScreen() {
  const w = l().rules;
  const { value, problem, isLoading, reload } = useLoad("rules", readRulebook);
  const [template, setTemplate] = useState<Texts>();
  const act = useAct();
  const start = () => act.run(async () => setTemplate({ policy: await readFile("policy"), staff: await readFile("staff") }));
  const [published, setPublished] = useState<Published>();
  const isFirst = value?.version === 0 && !value.pending && !published;
  return (
    <>
      <Title>{w.title}</Title>
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {published && !published.awaits_second_admin && (
        <Banner kind="good" title={w.published(published.version, showDateTime(published.effective_at))}>
          {published.deletes_sooner && <p>{w.sooner}</p>}
        </Banner>
      )}
      {published?.awaits_second_admin && <Banner kind="good" title={w.publishedAwaits(published.version)} />}
      {value?.pending && (
        <Pending
          rulebook={value}
          done={() => {
            setPublished(undefined);
            say(w.withdrawn);
            reload();
          }}
          agreed={(made) => {
            setPublished(made);
            reload();
          }}
          gone={() => {
            say(w.agreeGone);
            reload();
          }}
        />
      )}
      {act.problem && <ShowProblem problem={act.problem} />}
      {value && isFirst && <First start={template ? undefined : start} />}
      {value && !template && !isFirst && <ReadRules rulebook={value} change={value.pending ? undefined : () => setTemplate(noTexts)} />}
      {value && template && (
        <Editor
          rulebook={value}
          template={template}
          done={(made) => {
            setTemplate(undefined);
            if (made) {
              setPublished(made);
              reload();
            }
          }}
        />
      )}
    </>
  );
}

/** The first day: what there is to decide, and the three steps. */
function First({ start }: { start?: () => void }) {
  const w = l().rules;
  return (
    <section class="card first">
      <h2>{w.firstTitle}</h2>
      <p>{w.firstLead}</p>
      <ol class="steps">
        {w.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {start && (
        <>
          <p class="note">{w.strict}</p>
          <p>
            <button type="button" class="primary" onClick={start}>
              {w.firstStart}
            </button>
          </p>
        </>
      )}
    </section>
  );
}

type PendingProps = { rulebook: Rulebook; done: () => void; agreed: (made: Published) => void; gone: () => void };

function Pending({ rulebook, done, agreed, gone }: PendingProps) {
  const w = l().rules;
  const pending = rulebook.pending!;
  const [isAsking, setAsking] = useState(false);
  const { run, isBusy, problem } = useAct();
  const withdraw = () =>
    run(async () => {
      await withdrawRulebook();
      setAsking(false);
      done();
    });
  return (
    <Banner kind="info" title={w.pending(pending.version)}>
      <p>{pending.awaits_second_admin ? w.pendingAwaits : w.pendingWhen(showDateTime(pending.effective_at))}</p>
      {pending.may_agree && <Agree rulebook={rulebook} version={pending.version} agreed={agreed} gone={gone} />}
      <p>
        <button type="button" onClick={() => setAsking(true)}>
          {w.withdraw}
        </button>
      </p>
      {isAsking && (
        <Dialog title={w.withdrawAsk} close={() => setAsking(false)}>
          <p>{w.withdrawDetail}</p>
          {problem && <ShowProblem problem={problem} />}
          <p class="actions">
            <button type="button" onClick={() => setAsking(false)}>
              {w.cancel}
            </button>
            <button type="button" class="primary" disabled={isBusy} onClick={withdraw}>
              {w.withdraw}
            </button>
          </p>
        </Dialog>
      )}
    </Banner>
  );
}
