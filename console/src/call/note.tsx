import { useEffect, useRef, useState } from "preact/hooks";
import { type Note, correctNote, may, withdrawNote } from "../api.ts";
import { placeOf } from "../router.ts";
import { memberName, showShort, showTime } from "../show.ts";
import { me, say, t } from "../state.ts";
import { clock, timesIn } from "../time.ts";
import { Dialog, Field, ShowProblem, sends, useAct } from "../ui.tsx";

/** 2,000 characters, as the API says. */
export const NOTE_LIMIT = 2000;
export type Jump = ((seconds: number) => void) | undefined;
/** A note that its writer corrects, and what it would say. */
export type Draft = { note: Note; text: string };

const timeOf = (at: string) => `${showShort(at)} ${showTime(at)}`;

type Props = {
  note: Note;
  /** Where the note is of another recording of the call: which one. */
  elsewhere: string | undefined;
  jump: Jump;
  draft: Draft | undefined;
  setDraft: (draft: Draft | undefined) => void;
  changed: (note: Note) => void;
};

/** A note. Its writer corrects it, or takes it back; that they did stays on record. */
export function NoteItem({ note, elsewhere, jump, draft, setDraft, changed }: Props) {
  const w = t().call;
  const [isAsking, setAsking] = useState(false);
  const isMine = note.staff === me.value!.id && may(me.value!, "note");
  const isOpen = draft?.note === note;
  const change = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen) change.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const gone = useRef<HTMLParagraphElement>(null);
  useEffect(() => gone.current?.focus(), [note.withdrawn_at]);
  if (note.withdrawn_at) {
    return (
      <li>
        <By note={note} elsewhere={elsewhere} />
        <p class="note" tabIndex={-1} ref={gone}>
          {w.noteWithdrawn(timeOf(note.withdrawn_at))}
        </p>
      </li>
    );
  }
  return (
    <li>
      <By note={note} elsewhere={elsewhere} />
      {isOpen ? (
        <Correcting
          draft={draft}
          type={(text) => setDraft({ note, text })}
          close={() => setDraft(undefined)}
          done={(note) => {
            setDraft(undefined);
            changed(note);
            say(w.noteCorrectedDone);
          }}
        />
      ) : (
        <p class="text">
          <WithTimes text={note.text} jump={elsewhere ? undefined : jump} />
        </p>
      )}
      {isMine && !draft && (
        <p class="does">
          <button ref={change} type="button" class="plain" aria-label={w.noteCorrectThis(timeOf(note.at))} onClick={() => setDraft({ note, text: note.text })}>
            {w.noteCorrect}
          </button>
          <button type="button" class="plain" aria-label={w.noteWithdrawThis(timeOf(note.at))} onClick={() => setAsking(true)}>
            {w.noteWithdraw}
          </button>
        </p>
      )}
      {isAsking && <Withdrawing note={note} close={() => setAsking(false)} done={changed} />}
    </li>
  );
}

function By({ note, elsewhere }: { note: Note; elsewhere: string | undefined }) {
  return (
    <p class="by">
      <bdi>{memberName(note.staff, note.staff_name)}</bdi>
      <time dateTime={note.at}>{timeOf(note.at)}</time>
      {note.corrected_at && !note.withdrawn_at && <span class="tag">{t().call.noteCorrected(timeOf(note.corrected_at))}</span>}
      {elsewhere && <a href={placeOf(["calls", note.recording_id])}>{elsewhere}</a>}
    </p>
  );
}

type CorrectingProps = { draft: Draft; type: (text: string) => void; close: () => void; done: (note: Note) => void };

function Correcting({ draft: { note, text }, type, close, done }: CorrectingProps) {
  const w = t().call;
  const area = useRef<HTMLTextAreaElement>(null);
  const { run, isBusy, problem } = useAct();
  const isReady = text.trim() !== "" && text.trim() !== note.text;
  useEffect(() => area.current?.focus(), []);
  const send = () => isReady && run(async () => done(await correctNote(note, text.trim())));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Field label={w.noteCorrectThis(timeOf(note.at))} hint={w.noteCorrectHint}>
        {(ids) => (
          <textarea
            {...ids}
            ref={area}
            rows={3}
            maxLength={NOTE_LIMIT}
            value={text}
            onInput={(event) => type(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (sends(event) && (event.ctrlKey || event.metaKey)) send();
            }}
          />
        )}
      </Field>
      {problem && <ShowProblem problem={problem} />}
      <p class="actions">
        <button type="button" onClick={close}>
          {w.cancel}
        </button>
        <button type="submit" class="primary" disabled={isBusy || !isReady}>
          {w.noteCorrect}
        </button>
      </p>
    </form>
  );
}

function Withdrawing({ note, close, done }: { note: Note; close: () => void; done: (note: Note) => void }) {
  const w = t().call;
  const { run, isBusy, problem } = useAct();
  const withdraw = () =>
    run(async () => {
      done(await withdrawNote(note));
      say(w.noteWithdrawnDone);
    });
  return (
    <Dialog title={w.noteWithdrawAsk} close={close}>
      <p>{w.noteWithdrawLead}</p>
      {problem && <ShowProblem problem={problem} />}
      <p class="actions">
        <button type="button" onClick={close}>
          {w.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={withdraw}>
          {w.noteWithdraw}
        </button>
      </p>
    </Dialog>
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
