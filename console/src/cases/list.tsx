import { placeOf } from "../router.ts";
import { label, showDay, showShort, teamName, today } from "../show.ts";
import { me, t } from "../state.ts";
import { daysBetween } from "../time.ts";
import { may } from "../api.ts";
import { Tabs } from "../reports/parts.tsx";
import { Banner, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type CaseItem, type Cases, type State, listCases, worksOn } from "./api.ts";
import { ownerOf, partyOf, timeOf, writerOf } from "./show.ts";

type View = "waiting" | State | "mine" | "all";
const STATES: State[] = ["new", "in_progress", "closed"];
/** 3 days: a reply that is due is written with some time left. */
const SOON_DAYS = 3;

/** What one has to do comes from both open states; what one wrote, from all of them. */
async function load(view: View): Promise<Cases> {
  if (view !== "waiting") return pick(await listCases(STATES.find((state) => state === view)), view);
  const [fresh, open] = await Promise.all([listCases("new"), listCases("in_progress")]);
  const mine = me.value!;
  const owned = open.items.filter((one) => one.owner === mine.id);
  const items = [...fresh.items.filter((one) => worksOn(mine, one)), ...owned];
  return { items: items.toSorted((one, other) => (one.due_on ?? "9").localeCompare(other.due_on ?? "9")), next_cursor: null };
}

function pick(page: Cases, view: View): Cases {
  return view === "mine" ? { ...page, items: page.items.filter((one) => one.writer === me.value!.id) } : page;
}

export function CasesScreen({ query }: { query: Record<string, string> }) {
  const w = l().cases;
  const works = may(me.value!, "work_on_cases");
  const views: View[] = works ? ["waiting", ...STATES, "mine"] : ["all", ...STATES];
  const view = views.find((one) => one === query.view) ?? views[0]!;
  const { value, problem, isLoading, reload, set } = useLoad(view, () => load(view));
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = pick(await listCases(STATES.find((state) => state === view), value!.next_cursor), view);
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      <div class="beside">
        <Title lead={works ? w.lead : w.ownLead}>{works ? w.title : w.ownTitle}</Title>
        <a class="button primary" href={placeOf(["cases", "new"])}>
          {w.write}
        </a>
      </div>
      <CaseTabs at="cases" />
      <nav class="choices" aria-label={w.views}>
        {views.map((one) => (
          <a key={one} href={placeOf(["cases"], one === views[0] ? {} : { view: one })} aria-current={one === view ? "page" : undefined}>
            {w.view[one]}
          </a>
        ))}
      </nav>
      {view === "waiting" && <p class="note above">{w.waitingNote}</p>}
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && (
        <Banner kind={view === "waiting" ? "good" : "info"} title={view === "waiting" ? w.none.waiting : w.none.other}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {items.length > 0 && (
        <ol class="cases" aria-label={w.list}>
          {items.map((one) => (
            <Row key={one.id} one={one} />
          ))}
        </ol>
      )}
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

/** The cases, and what others share with one. */
export function CaseTabs({ at }: { at: "cases" | "shares" }) {
  const w = l();
  const title = may(me.value!, "work_on_cases") ? w.cases.title : w.cases.ownTitle;
  return <Tabs label={w.cases.title} tabs={[[placeOf(["cases"]), title, at === "cases"], [placeOf(["shares"]), w.shares.own, at === "shares"]]} />;
}

function Row({ one }: { one: CaseItem }) {
  const w = l().cases;
  const party = partyOf(one);
  return (
    <li>
      <p class="tags">
        <span class="tag info">{label(w.kind, one.kind)}</span>
        <span class={one.state === "new" ? "tag warn" : "tag"}>{w.state[one.state]}</span>
        <Due one={one} />
      </p>
      <h2>
        <a href={placeOf(["cases", one.id])}>
          <bdi>{one.excerpt}</bdi>
        </a>
      </h2>
      <p>
        {w.about(timeOf(one))}
        {party && (
          <>
            {" / "}
            <bdi class="one-line">{party}</bdi>
          </>
        )}
      </p>
      <p class="note">
        <bdi>{w.writtenBy(writerOf(one), showShort(one.written_at))}</bdi>
        {one.team && (
          <>
            {" / "}
            <bdi>{teamName(one.team)}</bdi>
          </>
        )}
        {" / "}
        <bdi>{one.owner ? w.ownedBy(ownerOf(one)) : w.noOwner}</bdi>
      </p>
    </li>
  );
}

/** Until when somebody must be answered. */
export function Due({ one }: { one: CaseItem }) {
  const w = l().cases;
  if (!one.due_on || one.state === "closed") return null;
  const isSoon = daysBetween(today(), one.due_on) <= SOON_DAYS;
  return <span class={isSoon ? "tag warn" : "tag"}>{w.due(showDay(one.due_on))}</span>;
}
