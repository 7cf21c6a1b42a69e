/** How much is deleted a day, and what is held back until an admin approves more. */
import { useState } from "preact/hooks";
import { may } from "../api.ts";
import { daysAgo, showDay, today } from "../show.ts";
import { me, say } from "../state.ts";
import { Banner, Dialog, Field, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { DeletionTabs } from "./screen.tsx";
import { type SweepDay, approveMore, readSweeps } from "./sweeps-api.ts";

/** 4 weeks: as many days as the limit looks back to. */
const DAYS = 28;

export function SweepsScreen() {
  const w = l().sweeps;
  const range = { from: daysAgo(DAYS), to: today() };
  const { value, problem, isLoading, reload, set } = useLoad("sweeps", () => readSweeps(range));
  const items = value?.items ?? [];
  const stopped = items.find((one) => one.day === today() && one.is_stopped);
  const replace = (day: SweepDay) => set({ ...value!, items: items.map((one) => (one.day === day.day ? day : one)) });
  return (
    <>
      <Title lead={w.lead}>{w.title}</Title>
      <DeletionTabs at="days" />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {stopped && <Stopped day={stopped} changed={replace} />}
      {value && items.length === 0 && <Banner kind="info" title={w.none} />}
      {value && items.length > 0 && !stopped && <Banner kind="good" title={w.running} />}
      {items.length > 0 && <Days items={items} />}
    </>
  );
}

function Stopped({ day, changed }: { day: SweepDay; changed: (day: SweepDay) => void }) {
  const w = l().sweeps;
  const [isAsking, setAsking] = useState(false);
  return (
    <Banner kind="warn" title={w.stopped(day.waiting)}>
      <p>{w.stoppedDetail}</p>
      {may(me.value!, "publish") && (
        <p>
          <button type="button" onClick={() => setAsking(true)}>
            {w.approve}
          </button>
        </p>
      )}
      {isAsking && <Approving day={day} close={() => setAsking(false)} changed={changed} />}
    </Banner>
  );
}

function Approving({ day, close, changed }: { day: SweepDay; close: () => void; changed: (day: SweepDay) => void }) {
  const w = l().sweeps;
  const [text, setText] = useState("");
  const [isChecked, setChecked] = useState(false);
  const { run, isBusy, problem } = useAct();
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  const isRight = count > day.approved;
  const approve = () =>
    run(async () => {
      changed(await approveMore(day.day, count));
      say(w.approvedDone);
      close();
    });
  return (
    <Dialog title={w.approve} close={close}>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (isRight) approve();
        }}
      >
        <p>{w.approveLead}</p>
        <Field label={w.count} hint={w.countHint(day.approved, day.waiting)} error={isChecked && !isRight ? w.countWrong(day.approved) : undefined}>
          {(ids) => <input {...ids} type="text" inputMode="numeric" maxLength={7} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value.normalize("NFKC"))} />}
        </Field>
        {problem && <ShowProblem problem={problem} />}
        <p class="actions">
          <button type="button" onClick={close}>
            {w.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {w.approveYes}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

function Days({ items }: { items: SweepDay[] }) {
  const w = l().sweeps;
  const number = (count: number) => <td class="number">{count}</td>;
  return (
    <section class="card">
      <h2>{w.table}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={w.table}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.day}</th>
              {[w.live, w.allowed, w.approved, w.taken, w.waiting].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
              <th scope="col">{w.state}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={one.day}>
                <th scope="row">{showDay(one.day)}</th>
                {number(one.live)}
                {number(one.allowed)}
                {number(one.approved)}
                {number(one.taken)}
                {number(one.waiting)}
                <td>{one.is_stopped ? <span class="tag warn">{w.isStopped}</span> : w.isRunning}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
