/** What every screen is made of. */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./problem.ts";
import { showTime } from "./show.ts";
import { say, t, unsaved } from "./state.ts";

/** The heading of a screen. The focus goes to it when the screen changes, so that a screen reader says where one is. */
export function Title({ children, lead }: { children: ComponentChildren; lead?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
    document.title = `${heading.current?.textContent ?? ""} – ${t().frame.product}`;
  }, []);
  return (
    <div class="title">
      <h1 ref={heading} tabIndex={-1}>
        {children}
      </h1>
      {lead && <p class="lead">{lead}</p>}
    </div>
  );
}

type FieldProps = { label: string; id?: string; hint?: string; error?: string; class?: string; children: (props: FieldIds) => ComponentChildren };
type FieldIds = { id: string; "aria-describedby"?: string; "aria-invalid"?: "true" };

/** A label, its control, and what is said about it. */
export function Field({ label, id: known, hint, error, class: name, children }: FieldProps) {
  const made = useId();
  const id = known ?? made;
  const note = error || hint;
  return (
    <div class={`field ${name ?? ""}`}>
      <label for={id} class={name === "bare" ? "hidden" : undefined}>
        {label}
      </label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": error ? "true" : undefined })}
      {note && (
        <p id={`${id}-note`} class={error ? "note error" : "note"} role={error ? "alert" : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Choice(props: { label: string; value: string; options: [string, string][]; change: (value: string) => void; class?: string }) {
  return (
    <Field label={props.label} class={props.class}>
      {(ids) => (
        <select {...ids} value={props.value} onChange={(event) => props.change(event.currentTarget.value)}>
          {props.options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      <span class="dots" aria-hidden="true" /> {t().frame.loading}
    </p>
  );
}

/** Something that one must know: good, a warning, or an error. */
export function Banner({ kind, title, children }: { kind: "good" | "warn" | "error" | "info"; title: string; children?: ComponentChildren }) {
  return (
    <div class={`banner ${kind}`} role={kind === "error" ? "alert" : undefined}>
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Why there is no answer, and what one can do now. */
export function ShowProblem({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const w = t().frame;
  const { title, detail, again } = tell(problem);
  return (
    <Banner kind="error" title={title}>
      {detail && <p>{detail}</p>}
      {retry && again && (
        <p>
          <button type="button" onClick={retry}>
            {w.retry}
          </button>
        </p>
      )}
    </Banner>
  );
}

function tell(problem: Problem): { title: string; detail: string; again: boolean } {
  const w = t().frame;
  const { status, title, detail } = problem;
  if (status === 0) {
    return { title: navigator.onLine ? w.unreachable : w.offline, detail: w.offlineDetail, again: true };
  }
  if (status === 401) return { title: w.ended, detail: "", again: true };
  if (status === 429) {
    const seconds = problem.retryAfterSeconds;
    const when = seconds === null ? "" : w.tooManyAt(showTime(new Date(Date.now() + seconds * 1000 + 59_000)));
    // Our own problem says when; the gateway's has no detail.
    return { title: title || (problem.type ? w.tooMany : w.busy), detail: detail || when, again: !problem.type };
  }
  if (title) return { title, detail, again: status >= 500 };
  if (status === 403) return { title: w.forbidden, detail: w.forbiddenDetail, again: false };
  if (status === 404) return { title: w.notFound, detail: w.notFoundDetail, again: false };
  return { title: w.failed, detail: w.failedDetail, again: true };
}

/** A problem to show, out of anything thrown. What is no problem is a fault of ours, and is thrown on. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

type Load<T> = { value?: T; problem?: Problem; isLoading: boolean; reload: () => void; set: (value: T) => void };

/** Loads once for each key. A second rendering asks nothing again: every reading is recorded. What was loaded for another key is never shown. */
export function useLoad<T>(key: string, load: () => Promise<T>): Load<T> {
  const [round, setRound] = useState(0);
  const wanted = `${round} ${key}`;
  const [state, setState] = useState<{ of?: string; value?: T; problem?: Problem }>({});
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setState({ of: wanted, value }),
      (error: unknown) => isCurrent && setState({ of: wanted, problem: asProblem(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [wanted]);
  const reload = useCallback(() => setRound((round) => round + 1), []);
  const set = useCallback((value: T) => setState({ of: wanted, value }), [wanted]);
  const { value, problem } = state.of === wanted ? state : {};
  return { value, problem, isLoading: state.of !== wanted, reload, set };
}

/** Says while something typed would be lost. At once, not after the next painting: the one who leaves may be quicker. */
export function useUnsaved(isTyped: boolean) {
  useLayoutEffect(() => {
    unsaved.value = isTyped;
    return () => {
      unsaved.value = false;
    };
  }, [isTyped]);
}

/** Runs an act once at a time, and keeps the problem it ended with. */
export function useAct(): { run: (act: () => Promise<void>) => void; isBusy: boolean; problem?: Problem; clear: () => void } {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const busy = useRef(false);
  const run = (act: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    setBusy(true);
    setProblem(undefined);
    act()
      .catch((error: unknown) => setProblem(asProblem(error)))
      .finally(() => {
        busy.current = false;
        setBusy(false);
      });
  };
  return { run, isBusy, problem, clear: () => setProblem(undefined) };
}

/** A dialogue over the screen; the browser keeps the focus in it and closes it with Esc. */
export function Dialog({ title, close, children }: { title: string; close?: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    close?.();
  };
  return (
    <dialog ref={element} aria-labelledby={id} onCancel={cancel}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** Gives a file to the browser under a name of ours: no number stands in it. */
export function saveFile(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export async function copyText(text: string) {
  await navigator.clipboard.writeText(text);
  say(t().frame.copied);
}

/** Enter that confirms a kanji sends nothing. */
export function sends(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.isComposing;
}
