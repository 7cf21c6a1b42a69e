/** Shares: the needed part, for named colleagues, until a day. */
import { useState } from "preact/hooks";
import { daysAgo, label, memberName, showDay, today } from "../show.ts";
import { say } from "../state.ts";
import { Choice, Dialog, Field, ShowProblem, sends, useAct } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type Share, listeners, share, withdrawShare } from "./shares-api.ts";
import { PartFields, partOf, partText, requestOf } from "./part.tsx";

/** A week: a colleague who needs it longer is given it again. */
const DAYS = 7;
/** As far away as the API lets it be. */
const MOST_DAYS = 90;
const MOST_STAFF = 10;

type Props = { id: string; recordings: [string, string][]; shares: Share[]; works: boolean; isOpen: boolean; changed: () => void };

export function Shares({ id, recordings, shares, works, isOpen, changed }: Props) {
  const w = l().shares;
  const [isAsking, setAsking] = useState(false);
  const [leaving, setLeaving] = useState<Share>();
  if (shares.length === 0 && (!isOpen || recordings.length === 0)) return null;
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <p class="note">{w.lead}</p>
      <ul class="found">
        {shares.map((one) => (
          <li key={one.id}>
            <span>
              <strong>
                <bdi>{one.staff.map((member) => memberName(member)).join(" / ")}</bdi>
              </strong>
              <br />
              {partText(one)} <small>{w.until(showDay(one.until))}</small>
              <span class="tags">
                <span class={one.state === "failed" ? "tag warn" : "tag"}>{label(w.state, one.until < today() && one.state === "ready" ? "ended" : one.state)}</span>
                {one.failure && <span class="tag warn">{label(w.failure, one.failure)}</span>}
              </span>
            </span>
            {works && (one.state === "ready" || one.state === "making") && (
              <span class="does">
                <button type="button" class="plain" onClick={() => setLeaving(one)}>
                  {w.withdraw}
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {isOpen && recordings.length > 0 && (
        <p class="actions">
          <button type="button" class="primary" onClick={() => setAsking(true)}>
            {w.begin}
          </button>
        </p>
      )}
      {isAsking && (
        <Sharing
          id={id}
          recordings={recordings}
          close={() => setAsking(false)}
          done={() => {
            setAsking(false);
            say(w.done);
            changed();
          }}
        />
      )}
      {leaving && (
        <Withdrawing
          id={id}
          one={leaving}
          close={() => setLeaving(undefined)}
          done={() => {
            setLeaving(undefined);
            say(w.withdrawn);
            changed();
          }}
        />
      )}
    </section>
  );
}

function Sharing({ id, recordings, close, done }: { id: string; recordings: [string, string][]; close: () => void; done: () => void }) {
  const w = l().shares;
  const [part, setPart] = useState(() => partOf(recordings.map(([one]) => one)));
  const [staff, setStaff] = useState<string[]>([]);
  const [until, setUntil] = useState(daysAgo(-DAYS));
  const [isChecked, setChecked] = useState(false);
  const { run, isBusy, problem } = useAct();
  const request = requestOf(part);
  const isDay = until >= today() && until <= daysAgo(-MOST_DAYS);
  const others = listeners().filter((one) => !staff.includes(one.id));
  const take = (field: HTMLInputElement) => {
    add(field.value.trim());
    field.value = "";
  };
  const add = (member: string) => member && !staff.includes(member) && setStaff([...staff, member]);
  return (
    <Dialog title={w.begin} close={close}>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (request && staff.length > 0 && isDay) {
            run(async () => {
              await share(id, { ...request, staff, until });
              done();
            });
          }
        }}
      >
        <p>{w.ask}</p>
        <PartFields part={part} set={setPart} recordings={recordings} isWrong={isChecked && !request} />
        {staff.length < MOST_STAFF && (
          <Choice
            label={w.staff}
            value=""
            options={[["", w.choose], ...others.map((one): [string, string] => [one.id, one.name])]}
            change={add}
          />
        )}
        <p class="suggestions">
          {staff.map((member) => (
            <button key={member} type="button" class="chip" aria-label={w.remove(memberName(member))} onClick={() => setStaff(staff.filter((one) => one !== member))}>
              <bdi>{memberName(member)}</bdi> ×
            </button>
          ))}
        </p>
        <details>
          <summary>{w.other}</summary>
          <Field label={w.otherLabel} hint={w.otherHint}>
            {(ids) => (
              <input
                {...ids}
                type="text"
                maxLength={128}
                autocomplete="off"
                onKeyDown={(event) => {
                  if (sends(event)) event.preventDefault();
                  if (sends(event)) take(event.currentTarget);
                }}
                onBlur={(event) => take(event.currentTarget)}
              />
            )}
          </Field>
        </details>
        {isChecked && staff.length === 0 && (
          <p class="note error" role="alert">
            {w.staffMissing}
          </p>
        )}
        <Field label={w.untilLabel} error={isChecked && !isDay ? w.untilWrong : undefined}>
          {(ids) => <input {...ids} type="date" min={today()} max={daysAgo(-MOST_DAYS)} value={until} onInput={(event) => setUntil(event.currentTarget.value)} />}
        </Field>
        {problem && <ShowProblem problem={problem} />}
        <p class="actions">
          <button type="button" onClick={close}>
            {l().cases.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {w.send}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

function Withdrawing({ id, one, close, done }: { id: string; one: Share; close: () => void; done: () => void }) {
  const w = l().shares;
  const { run, isBusy, problem } = useAct();
  const withdraw = () =>
    run(async () => {
      await withdrawShare(id, one.id);
      done();
    });
  return (
    <Dialog title={w.withdrawAsk} close={close}>
      <p>{w.withdrawLead}</p>
      {problem && <ShowProblem problem={problem} />}
      <p class="actions">
        <button type="button" onClick={close}>
          {l().cases.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={withdraw}>
          {w.withdraw}
        </button>
      </p>
    </Dialog>
  );
}
