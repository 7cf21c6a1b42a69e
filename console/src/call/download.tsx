import { useState } from "preact/hooks";
import { type CallDetail, download } from "../api.ts";
import { WHOLE_BYTES, fetchWhole } from "../audio/fetch.ts";
import { say, t, zone } from "../state.ts";
import { dayOf } from "../time.ts";
import { Dialog, ShowProblem, saveFile, useAct } from "../ui.tsx";
import { offline } from "../problem.ts";
import { Asking } from "./asking.tsx";

export function Download({ call }: { call: CallDetail }) {
  const w = t().call;
  const [isOpen, setOpen] = useState(false);
  const { run, isBusy, problem, clear } = useAct();
  const close = () => {
    clear();
    setOpen(false);
  };
  const send = (use: string, reason: string) =>
    run(async () => {
      await take(call, use, reason);
      say(w.downloaded);
      setOpen(false);
    });
  return (
    <>
      <p>
        <button type="button" class="wide" onClick={() => setOpen(true)}>
          {w.download}
        </button>
      </p>
      {isOpen && (
        <Dialog title={w.download} close={close}>
          <Asking send={send} isBusy={isBusy} button={w.downloadDo} note={w.downloadLead} />
          {problem && <ShowProblem problem={problem} />}
          <p class="actions">
            <button type="button" class="plain" onClick={close}>
              {w.cancel}
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}

/** The link's path has the other party's number in it: it goes into no list of downloads where the file is small enough. */
async function take(call: CallDetail, use: string, reason: string) {
  const link = await download(call.id, { use, reason });
  if (call.size > WHOLE_BYTES) return location.assign(link.url);
  const blob = await fetchWhole(link.url, () => {}, new AbortController().signal).catch(() => {
    throw offline();
  });
  saveFile(blob, `rokuban-${dayOf(call.started_at, zone())}-${call.id.slice(0, 8)}.${endingOf(link.content_type)}`);
}

function endingOf(type: string): string {
  const known: Record<string, string> = { "audio/wav": "wav", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/ogg": "ogg", "audio/flac": "flac", "audio/amr": "amr" };
  return known[type.split(";")[0]!.trim()] ?? "audio";
}
