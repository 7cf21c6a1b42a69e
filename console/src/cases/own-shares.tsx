/** What colleagues share with one: that part is heard here, and nothing else. */
import { useEffect, useState } from "preact/hooks";
import { fetchWhole } from "../audio/fetch.ts";
import { Problem, offline } from "../problem.ts";
import { memberName, showDay, showShort } from "../show.ts";
import { t } from "../state.ts";
import { Banner, Field, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { CaseTabs } from "./list.tsx";
import { type Grant, listGrants, playShare } from "./shares-api.ts";

/** A clip is cut within seconds; after so many tries the person is told to come back. */
const TRIES = 6;
const REASON_LIMIT = 500;
const wait = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

export function SharesScreen() {
  const w = l().shares;
  const { value, problem, isLoading, reload, set } = useLoad("shares", () => listGrants());
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = await listGrants(value!.next_cursor);
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      <Title lead={w.ownLead}>{w.own}</Title>
      <CaseTabs at="shares" />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && (
        <Banner kind="info" title={w.ownNone}>
          <p>{w.ownNoneDetail}</p>
        </Banner>
      )}
      {items.map((one) => (
        <One key={one.id} one={one} />
      ))}
      {value?.next_cursor && (
        <p class="center">
          <button type="button" disabled={act.isBusy} onClick={more}>
            {t().frame.more20}
          </button>
        </p>
      )}
      {act.problem && <ShowProblem problem={act.problem} />}
    </>
  );
}

/** Until the clip is made the API says when to come again. */
async function fetchPart(id: string, reason: string, signal: AbortSignal): Promise<Blob> {
  for (let tries = 1; ; tries += 1) {
    try {
      const link = await playShare(id, reason);
      return await fetchWhole(link.url, () => {}, signal).catch((error: unknown) => {
        if (error instanceof TypeError) throw offline();
        throw error;
      });
    } catch (error) {
      const seconds = error instanceof Problem && error.status === 409 ? error.retryAfterSeconds : null;
      if (seconds === null || tries === TRIES || signal.aborted) throw error;
      await wait(seconds);
    }
  }
}

function One({ one }: { one: Grant }) {
  const w = l().shares;
  const [source, setSource] = useState("");
  const [reason, setReason] = useState("");
  const [left] = useState(() => new AbortController());
  const { run, isBusy, problem } = useAct();
  useEffect(() => () => left.abort(), []);
  useEffect(() => (source ? () => URL.revokeObjectURL(source) : undefined), [source]);
  const hear = () =>
    run(async () => {
      const blob = await fetchPart(one.id, reason.trim(), left.signal);
      if (!left.signal.aborted) setSource(URL.createObjectURL(blob));
    });
  return (
    <section class="card">
      <h2>
        <bdi>{w.from(memberName(one.shared_by, one.shared_by_name))}</bdi>
      </h2>
      <p class="note">
        {w.sharedOn(showShort(one.shared_at))} / {w.until(showDay(one.until))}
      </p>
      {source ? (
        <audio controls autoplay controlsList="nodownload" src={source} aria-label={w.part} />
      ) : (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            hear();
          }}
        >
          <Field label={w.reason} hint={t().call.recorded} class="grow">
            {(ids) => <input {...ids} type="text" maxLength={REASON_LIMIT} autocomplete="off" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />}
          </Field>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? w.making : t().call.hear}
          </button>
        </form>
      )}
      {problem && <ShowProblem problem={problem} />}
    </section>
  );
}
