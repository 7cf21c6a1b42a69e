/** The frame around every screen: who one is, where one can go, and what is the matter. */
import { useEffect, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { readDirectory, readMe, readSession, screensOf, signOut } from "./api.ts";
import { useKeys } from "./keys.ts";
import { Icon, type IconName } from "./icons.tsx";
import { Problem } from "./problem.ts";
import { placeOf } from "./router.ts";
import { label } from "./show.ts";
import * as state from "./state.ts";
import { Dialog, Loading, ShowProblem, asProblem } from "./ui.tsx";
import { IdleWarning, SessionEnded, SignIn } from "./session.tsx";
import { Screen } from "./screen.tsx";

const { t } = state;

type Link = { name: IconName; path: string; text: string; short: string };

function links(): Link[] {
  const w = t().frame;
  const me = state.me.value;
  if (!me) return [];
  const may = screensOf(me);
  const works = me.can.includes("work_on_cases");
  const all: (Link | false)[] = [
    may.calls && { name: "calls", path: "calls", text: w.calls, short: w.callsShort },
    may.cases && { name: "cases", path: "cases", text: works ? w.cases : w.memos, short: works ? w.cases : w.memosShort },
    may.review && { name: "review", path: "review", text: w.review, short: w.review },
    may.reports && { name: "reports", path: "reports", text: w.reports, short: w.reports },
    may.audit && { name: "audit", path: "audit", text: w.audit, short: w.auditShort },
    may.deletions && { name: "deletions", path: "deletions", text: t().deletions.title, short: t().deletions.short },
    may.rules && { name: "rules", path: "rules", text: w.rules, short: w.rulesShort },
  ];
  return all.filter((link) => link !== false);
}

/** The first screen: who has no rulebook begins with it. */
export function home(): string {
  const me = state.me.value;
  if (me?.publishes_rulebook && me.rulebook_version === 0) return "rules";
  return links()[0]?.path ?? "";
}

export function LanguageSwitch() {
  const w = t().frame;
  const other = state.language.value === "ja" ? "en" : "ja";
  return (
    <button type="button" class="plain" lang={other} onClick={() => state.setLanguage(other)}>
      {w.language}
    </button>
  );
}

async function leave() {
  const { to } = await signOut();
  location.assign(to || "/");
}

export function Frame() {
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    setProblem(undefined);
    begin().catch((error: unknown) => setProblem(asProblem(error)));
  }, [round]);
  const found = state.session.value;
  if (problem && !state.endedSession.value) {
    return (
      <main class="signin" id="main">
        <div class="card">
          <h1 class="brand big" lang="ja">
            録番
          </h1>
          <ShowProblem problem={problem} retry={() => setRound(round + 1)} />
          {problem.status !== 0 && <SignOutButton />}
        </div>
      </main>
    );
  }
  if (!found) return <Loading />;
  if (!found.signed_in) return <SignIn />;
  if (!state.me.value) return state.endedSession.value ? <SessionEnded /> : <Loading />;
  return <SignedIn />;
}

async function begin() {
  const found = await readSession();
  state.session.value = found;
  if (!found.signed_in) return;
  const [me, directory] = await Promise.all([readMe(), readDirectory()]);
  state.directory.value = directory;
  state.me.value = me;
}

function SignedIn() {
  const w = t().frame;
  const [opened, setOpened] = useState<"" | "more" | "keys">("");
  const first = state.place.value.path[0] || home();
  // What is shared with one lies beside the cases.
  const at = first === "shares" ? "cases" : first;
  const all = links();
  const bar = all.slice(0, 4);
  const rest = all.slice(4);
  const close = () => setOpened("");
  useEffect(close, [state.place.value]);
  useKeys({
    "?": () => setOpened("keys"),
    "/": () => document.getElementById("number")?.focus(),
  });
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {w.skip}
      </a>
      <header class="top">
        <a class="brand" href={placeOf([home()])} lang="ja">
          録番
        </a>
        <nav aria-label={w.screens} class="wide-nav">
          {all.map((link) => (
            <NavLink key={link.path} link={link} at={at}>
              {link.text}
            </NavLink>
          ))}
        </nav>
        <Who />
        <div class="tools">
          <button type="button" class="plain" onClick={() => setOpened("keys")}>
            {w.keyboard}
          </button>
          <LanguageSwitch />
          <SignOutButton />
        </div>
      </header>
      {!state.isOnline.value && (
        <p class="offline" role="status">
          {w.offline}
        </p>
      )}
      <IdleWarning />
      <main id="main" tabIndex={-1}>
        <Screen />
      </main>
      <nav aria-label={w.screens} class="bar">
        {bar.map((link) => (
          <NavLink key={link.path} link={link} at={at}>
            <Icon name={link.name} />
            {link.short}
          </NavLink>
        ))}
        <button type="button" aria-haspopup="dialog" class={rest.some((link) => link.path === at) ? "here" : ""} onClick={() => setOpened("more")}>
          <Icon name="more" />
          {w.more}
        </button>
      </nav>
      <p class="toast" role="status">
        {state.message.value}
      </p>
      {opened === "more" && <More rest={rest} at={at} close={close} keys={() => setOpened("keys")} />}
      {opened === "keys" && <Keys close={close} />}
      {state.endedSession.value && <SessionEnded />}
    </>
  );
}

/** The fragment is the page's place: this link moves the focus alone. */
function skip(event: Event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function NavLink({ link, at, children }: { link: Link; at: string; children: ComponentChildren }) {
  return (
    <a href={placeOf([link.path])} aria-current={link.path === at ? "page" : undefined}>
      {children}
    </a>
  );
}

function Who() {
  const me = state.me.value!;
  return (
    <p class="who">
      <strong>{me.name ?? me.id}</strong>
      {me.role && <span class="tag">{label(t().codes.role, me.role)}</span>}
      {me.rulebook_version > 0 && <span class="company">{me.company}</span>}
    </p>
  );
}

function SignOutButton() {
  const [problem, setProblem] = useState<Problem>();
  return (
    <>
      <button type="button" class="plain" onClick={() => void leave().catch((error: unknown) => setProblem(asProblem(error)))}>
        {t().frame.signOut}
      </button>
      {problem && <ShowProblem problem={problem} />}
    </>
  );
}

function More({ rest, at, close, keys }: { rest: Link[]; at: string; close: () => void; keys: () => void }) {
  const w = t().frame;
  return (
    <Dialog title={w.more} close={close}>
      <Who />
      <div class="menu">
        {rest.map((link) => (
          <NavLink key={link.path} link={link} at={at}>
            {link.text}
          </NavLink>
        ))}
        <button type="button" class="plain" onClick={keys}>
          {w.keyboard}
        </button>
        <LanguageSwitch />
        <SignOutButton />
      </div>
      <p class="actions">
        <button type="button" onClick={close}>
          {w.close}
        </button>
      </p>
    </Dialog>
  );
}

function Keys({ close }: { close: () => void }) {
  const w = t().frame;
  return (
    <Dialog title={w.keyboard} close={close}>
      <dl class="keys">
        {w.keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={state.keysOn.value} onChange={(event) => state.setKeys(event.currentTarget.checked)} />
        {w.keysOn}
      </label>
      <p class="actions">
        <button type="button" onClick={close}>
          {w.close}
        </button>
      </p>
    </Dialog>
  );
}
