import { useState } from "preact/hooks";
import { type CallDetail, type Note, may, readNotes, writeNote } from "../api.ts";
import { me, say, t } from "../state.ts";
import { Field, Loading, ShowProblem, sends, useAct, useLoad, useUnsaved } from "../ui.tsx";
import { type Draft, type Jump, NOTE_LIMIT, NoteItem } from "./note.tsx";

type Props = { call: CallDetail; jump: Jump; text: string; setText: (text: string) => void };

/** What was written about a call: on this recording, and on its other ones. */
export function Notes({ call, jump, text, setText }: Props) {
  const w = t().call;
  const { id } = call;
  const loaded = useLoad(id, () => readNotes(id));
  const act = useAct();
  const [added, setAdded] = useState<Note[]>([]);
  const [older, setOlder] = useState<Note[]>([]);
  const [cursor, setCursor] = useState<string | null>();
  /** What was corrected and withdrawn here, by the note. */
  const [changed, setChanged] = useState(new Map<string, Note>());
  const [draft, setDraft] = useState<Draft>();
  useUnsaved(text.trim() !== "" || (draft !== undefined && draft.text.trim() !== draft.note.text));
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
  const notes = [...added, ...(loaded.value?.items ?? []), ...older].map((note) => changed.get(note.event_id) ?? note);
  const left = NOTE_LIMIT - [...text].length;
  const elsewhere = ({ recording_id }: Note) => (recording_id === id ? undefined : w.noteOn(call.legs.indexOf(recording_id) + 1));
  return (
    <section class="card notes">
      <h2>{w.notes}</h2>
      {loaded.isLoading && <Loading />}
      {loaded.problem && <ShowProblem problem={loaded.problem} retry={loaded.reload} />}
      {!loaded.isLoading && !loaded.problem && notes.length === 0 && <p class="note">{w.noNotes}</p>}
      <ul class="note-list">
        {notes.map((note) => (
          <NoteItem
            key={note.event_id}
            note={note}
            elsewhere={elsewhere(note)}
            jump={jump}
            draft={draft}
            setDraft={setDraft}
            changed={(now) => setChanged(new Map(changed).set(now.event_id, now))}
          />
        ))}
      </ul>
      {next && (
        <button type="button" onClick={more}>
          {t().frame.more20}
        </button>
      )}
      {!loaded.problem && may(me.value!, "note") && (
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
