/** The session: how it begins, when it ends, and the way back in. */
import { useEffect, useState } from "preact/hooks";
import { readSession, signInAt, stayActive } from "./api.ts";
import { arrival, isOnline, endedSession, session, t, unsaved } from "./state.ts";
import { showTime } from "./show.ts";
import { Banner, Dialog, Title, asProblem } from "./ui.tsx";
import { LanguageSwitch } from "./frame.tsx";

/** Two minutes: what one needs to notice, and to press the button. */
const WARNING_MS = 120_000;
/** The longest wait that a timer takes. */
const WAIT_MS = 2 ** 31 - 1;

export function SignIn() {
  const w = t().frame;
  return (
    <main class="signin" id="main">
      <div class="card">
        <p class="brand big">
          <span lang="ja">録番</span> <small>Rokuban</small>
        </p>
        <Title lead={w.signInLead}>{w.signIn}</Title>
        <Arrival />
        <p>
          <a class="button primary wide" href={signInAt(location.hash)}>
            {w.signIn}
          </a>
        </p>
        <p class="note">{w.signInNote}</p>
        <LanguageSwitch />
      </div>
    </main>
  );
}

/** What came of the last way to the provider and back. */
function Arrival() {
  const { arrivals } = t().frame;
  if (!(arrival in arrivals)) return null;
  const { title, detail } = arrivals[arrival as keyof typeof arrivals];
  return (
    <Banner kind={arrival === "left" ? "good" : "error"} title={title}>
      <p>{detail}</p>
    </Banner>
  );
}

/** Over whatever is on the screen, which stays as it is. */
export function SessionEnded() {
  const w = t().frame;
  useEffect(() => {
    // Somebody signed in in another tab: this one goes on.
    const look = () => {
      if (document.visibilityState !== "visible") return;
      readSession()
        .then((found) => {
          if (!found.signed_in) return;
          session.value = found;
          endedSession.value = false;
        })
        .catch(asProblem);
    };
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  const apart = unsaved.value;
  return (
    <Dialog title={w.ended}>
      <p>{apart ? w.endedUnsaved : w.endedDetail}</p>
      <p class="actions">
        <a class="button primary" href={signInAt(location.hash)} {...(apart ? { target: "_blank", rel: "noopener" } : {})}>
          {apart ? w.signInNewTab : w.signInAgain}
        </a>
      </p>
    </Dialog>
  );
}

/** Warns before the session ends for want of activity. It asks the server first: another tab may have kept it alive. */
export function IdleWarning() {
  const w = t().frame;
  const [shown, setShown] = useState(false);
  const ends = session.value?.idle_ends_at;
  useEffect(() => {
    setShown(false);
    if (!ends) return;
    const wait = Math.min(Math.max(Date.parse(ends) - Date.now() - WARNING_MS, 0), WAIT_MS);
    const timer = setTimeout(async () => {
      try {
        const found = await readSession();
        if (!found.signed_in) endedSession.value = true;
        else if (found.idle_ends_at && Date.parse(found.idle_ends_at) - Date.parse(ends) > 1000) session.value = found;
        else setShown(true);
      } catch (error) {
        if (!asProblem(error).isOffline) throw error;
        isOnline.value = navigator.onLine;
      }
    }, wait);
    return () => clearTimeout(timer);
  }, [ends]);
  useEffect(() => {
    if (!shown || !ends) return;
    const timer = setTimeout(() => (endedSession.value = true), Math.max(Date.parse(ends) - Date.now(), 0));
    return () => clearTimeout(timer);
  }, [shown, ends]);
  if (!shown || !ends) return null;
  const stay = async () => {
    await stayActive().catch(asProblem);
    session.value = await readSession();
  };
  return (
    <div class="idle" role="alert">
      <Banner kind="warn" title={w.idle(showTime(ends))}>
        <button type="button" class="primary" onClick={() => void stay()}>
          {w.stay}
        </button>
      </Banner>
    </div>
  );
}
