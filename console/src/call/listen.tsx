import { useEffect, useRef, useState } from "preact/hooks";
import { type CallDetail, type Link, may, play } from "../api.ts";
import { decoded, isDecoded } from "../audio/decode.ts";
import { type Envelope, envelopeOf } from "../audio/envelope.ts";
import { WHOLE_BYTES, fetchWhole } from "../audio/fetch.ts";
import { offline } from "../problem.ts";
import { me, memoFrom, say, t } from "../state.ts";
import { Banner, ShowProblem, useAct } from "../ui.tsx";
import { Asking } from "./asking.tsx";
import { Player, type PlayerHandle } from "./player.tsx";

type Sound = { src: string; isWhole: boolean };
type Props = {
  call: CallDetail;
  handle: { current: PlayerHandle | null };
  ready: (seconds: number) => void;
  writePart: (text: string) => void;
};

/** Half a minute before a link ends a new one is asked for. */
const RENEW_EARLY_MS = 30_000;

export function Listen({ call, handle, ready, writePart }: Props) {
  const w = t().call;
  const { run, isBusy, problem } = useAct();
  const [sound, setSound] = useState<Sound>();
  const [envelope, setEnvelope] = useState<Envelope | null>(null);
  const [got, setGot] = useState(0);
  const [isBroken, setBroken] = useState(false);
  const left = useRef(new AbortController());
  const isForeign = call.plays_in_browser === false;
  const renewal = useRenewal(call, setSound);
  useEffect(() => () => left.current.abort(), []);
  useEffect(() => {
    if (!sound?.isWhole) return;
    return () => URL.revokeObjectURL(sound.src);
  }, [sound]);

  const send = (use: string, reason: string) =>
    run(async () => {
      setBroken(false);
      const link = await play(call.id, { use, reason });
      if (call.size > WHOLE_BYTES) return renewal.begin(link, use, reason);
      const found = await fetchWhole(link.url, setGot, left.current.signal).catch((error: unknown) => {
        if (left.current.signal.aborted) return null;
        if (error instanceof TypeError) throw offline();
        throw error;
      });
      if (!found) return;
      // What the worker does not know may still be played; the browser says so then.
      const blob = (isForeign && (await decoded(found, call, left.current.signal))) || found;
      if (left.current.signal.aborted) return;
      setSound({ src: URL.createObjectURL(blob), isWhole: true });
      // The waveform is a help: a format that can't be decoded is still played, or says so itself.
      void blob.arrayBuffer().then(envelopeOf).then(setEnvelope, () => setEnvelope(null));
    });

  if (isForeign && !isDecoded(call)) {
    return (
      <section class="card listen">
        <h2>{w.listen}</h2>
        <Banner kind="info" title={w.noPlay}>
          {call.content_type && <p>{w.noPlayDetail(call.content_type)}</p>}
          <p>{may(me.value!, "download") && call.state === "active" ? w.noPlayDownload : w.noPlayAsk}</p>
        </Banner>
      </section>
    );
  }
  return (
    <section class={`card listen ${sound ? "open" : ""}`}>
      <h2 class={sound ? "hidden" : ""}>{w.listen}</h2>
      {problem && <ShowProblem problem={problem} />}
      {isBroken && (
        <Banner kind="error" title={w.badAudio}>
          <p>{w.badAudioDetail}</p>
        </Banner>
      )}
      {sound && !isBroken && (
        <Player
          recording={call.id}
          src={sound.src}
          envelope={envelope}
          seconds={call.duration_seconds ?? null}
          handle={handle}
          ready={ready}
          writePart={writePart}
          beginCase={may(me.value!, "write_memo") ? () => (memoFrom.value = call) : undefined}
          failed={() => (sound.isWhole ? setBroken(true) : renewal.again())}
        />
      )}
      {!sound && isBusy && (
        <p role="status" class="fetching">
          {w.fetching} <progress max={1} value={got || undefined} aria-label={w.fetching} />
        </p>
      )}
      {!sound && (
        // Hidden, not gone: after a refusal the reason is still there.
        <div hidden={isBusy}>
          <Asking send={send} isBusy={isBusy} button={w.hear} note={w.recorded} />
        </div>
      )}
    </section>
  );
}

/** A long recording is streamed. Its link lives two minutes, so it is renewed, as the same hearing, for the same reason. */
function useRenewal(call: CallDetail, setSound: (sound: Sound) => void) {
  const link = useRef<{ link: Link; use: string; reason: string } | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const take = (next: Link, use: string, reason: string) => {
    link.current = { link: next, use, reason };
    setSound({ src: next.url, isWhole: false });
    clearTimeout(timer.current);
    timer.current = setTimeout(again, Math.max(Date.parse(next.expires_at) - Date.now() - RENEW_EARLY_MS, 5_000));
  };
  const again = () => {
    const last = link.current;
    if (!last) return;
    say(t().call.renewed);
    const { use, reason } = last;
    play(call.id, { use, reason, continues: last.link.event_id }).then(
      (next) => take(next, use, reason),
      () => (link.current = undefined),
    );
  };
  return { begin: take, again };
}
