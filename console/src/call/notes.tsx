import { useState } from "preact/hooks";
import { type Note, readNotes, writeNote } from "../api.ts";
import { memberName, showShort, showTime } from "../show.ts";
import { say, t } from "../state.ts";
import { clock, timesIn } from "../time.ts";
import { Field, Loading, ShowProblem, sends, useAct, useLoad, useUnsaved } from "../ui.tsx";

const NOTE_LIMIT = 2000;
type Jump = ((seconds: number) => void) | undefined;

export function Notes({ id, jump, text, setText }: { id: string; jump: Jump; text: string; setText: (text: string) => void }) {
  const w = t().call;
  const loaded = useLoad(id, () => readNotes(id));
  const act = useAct();
  const [added, setAdded] = useState<Note[]>([]);
  const [older, setOlder] = useState<Note[]>([]);
  const [cursor, setCursor] = useState<string | null>();
  useUnsaved(text.trim() !== "");
  const send = () =>
    act.run(async () => {
      if (!text.trim()) return;
      const note = await writeNote(id, text.trim());
      setAdded([note, ...added]);
      setText("");
      say(w.noteSent);
    });
  const next = cursor === undefined ? (loaded.value?.next_cursor ?? null) : cursor;
  const more = () =>
    act.run(async () => {
      const page = await readNotes(id, next ?? undefined);
      setOlder([...older, ...page.items]);
      setCursor(page.next_cursor ?? null);
    });
  const notes = [...added, ...(loaded.value?.items ?? []), ...older];
  const left = NOTE_LIMIT - [...text].length;
  return (
    <section class="card notes">
      <h2>{w.notes}</h2>
      {loaded.isLoading && <Loading />}
      {loaded.problem && <ShowProblem problem={loaded.problem} retry={loaded.reload} />}
      {!loaded.isLoading && !loaded.problem && notes.length === 0 && <p class="note">{w.noNotes}</p>}
      <ul class="note-list">
        {notes.map((note) => (
          <li key={note.event_id}>
            <p class="by">
              <bdi>{memberName(note.staff, note.staff_name)}</bdi>
              <time dateTime={note.at}>
                {showShort(note.at)} {showTime(note.at)}
              </time>
            </p>
            <p class="text">
              <WithTimes text={note.text} jump={jump} />
            </p>
          </li>
        ))}
      </ul>
      {next && (
        <button type="button" onClick={more}>
          {t().frame.more20}
        </button>
      )}
      {!loaded.problem && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <Field label={w.newNote} id="note" hint={left < 200 ? w.noteLeft(left) : w.noteHint}>
            {(ids) => (
              <textarea
                {...ids}
                rows={2}
                maxLength={NOTE_LIMIT}
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (sends(event) && (event.ctrlKey || event.metaKey)) send();
                }}
              />
            )}
          </Field>
          {act.problem && <ShowProblem problem={act.problem} />}
          <p class="actions">
            <span class="note">{w.noteKept}</span>
            <button type="submit" disabled={act.isBusy || !text.trim()}>
              {w.noteSend}
            </button>
          </p>
        </form>
      )}
    </section>
  );
}

/** The times in a note play from there. */
function WithTimes({ text, jump }: { text: string; jump: Jump }) {
  if (!jump) return <bdi>{text}</bdi>;
  const parts = [];
  let at = 0;
  for (const found of timesIn(text)) {
    parts.push(text.slice(at, found.at));
    parts.push(
      <button key={found.at} type="button" class="jump" aria-label={t().call.jump(clock(found.seconds))} onClick={() => jump(found.seconds)}>
        {text.slice(found.at, found.at + found.length)}
      </button>,
    );
    at = found.at + found.length;
  }
  return (
    <bdi>
      {parts}
      {text.slice(at)}
    </bdi>
  );
}
