/** One step of a release, asked for in a dialogue: each says what it does before it is done. */
import { useState } from "preact/hooks";
import { showDateTime } from "../show.ts";
import { say } from "../state.ts";
import { Choice, Dialog, Field, ShowProblem, copyText, useAct } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type Release, type Step, changeRelease, linkRelease } from "./shares-api.ts";

/** As many as the API takes. */
const MOST_DAYS = 7;
const REASON_LIMIT = 500;
const NAME_LIMIT = 128;

type Props = { id: string; release: Release; step: Step; close: () => void; changed: () => void };

export function StepDialog({ id, release, step, close, changed }: Props) {
  const w = l().releases;
  const [text, setText] = useState("");
  const [channel, setChannel] = useState("");
  const [days, setDays] = useState(String(MOST_DAYS));
  const [isChecked, setChecked] = useState(false);
  const [made, setMade] = useState<{ link: string; expires_at: string }>();
  const { run, isBusy, problem } = useAct();
  const asks = step === "refuse" || step === "withdraw";
  const isRight = (!asks || text.trim() !== "") && (step !== "delivered" || (text.trim() !== "" && channel.trim() !== ""));
  const body = asks ? { reason: text.trim() } : step === "delivered" ? { received_by: text.trim(), channel: channel.trim() } : undefined;
  const send = () =>
    run(async () => {
      if (step === "link") setMade(await linkRelease(id, release.id, Number(days)));
      else await changeRelease(id, release.id, step, body);
      say(w.stepDone[step]);
      if (step === "link") return;
      close();
      changed();
    });
  const end = () => {
    close();
    if (made) changed();
  };
  const field = (name: string, value: string, set: (value: string) => void) => (
    <Field label={name} error={isChecked && !value.trim() ? w.missing : undefined}>
      {(ids) => <input {...ids} type="text" maxLength={asks ? REASON_LIMIT : NAME_LIMIT} autocomplete="off" value={value} onInput={(event) => set(event.currentTarget.value)} />}
    </Field>
  );
  return (
    <Dialog title={w.step[step]} close={end}>
      {made ? (
        <>
          <p>{w.linkOnce(showDateTime(made.expires_at))}</p>
          <p>
            <code class="link">{made.link}</code>
          </p>
          <p class="actions">
            <button type="button" onClick={() => void copyText(made.link)}>
              {w.copy}
            </button>
            <button type="button" class="primary" onClick={end}>
              {w.copied}
            </button>
          </p>
        </>
      ) : (
        <form
          class="asking"
          onSubmit={(event) => {
            event.preventDefault();
            setChecked(true);
            if (isRight) send();
          }}
        >
          <p>
            <strong>
              <bdi>{release.recipient}</bdi>
            </strong>
          </p>
          <p>{w.stepLead[step]}</p>
          {asks && field(w.why, text, setText)}
          {step === "link" && (
            <Choice label={w.days} value={days} options={Array.from({ length: MOST_DAYS }, (_, at): [string, string] => [String(at + 1), w.forDays(at + 1)])} change={setDays} />
          )}
          {step === "delivered" && (
            <>
              {field(w.receivedBy, text, setText)}
              {field(w.channel, channel, setChannel)}
            </>
          )}
          {problem && <ShowProblem problem={problem} />}
          <p class="actions">
            <button type="button" onClick={close}>
              {l().cases.cancel}
            </button>
            <button type="submit" class="primary" disabled={isBusy}>
              {w.step[step]}
            </button>
          </p>
        </form>
      )}
    </Dialog>
  );
}
