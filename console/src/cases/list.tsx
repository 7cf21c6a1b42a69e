import { placeOf } from "../router.ts";
import { me, t } from "../state.ts";
import { may } from "../api.ts";
import { Tabs } from "../reports/parts.tsx";
import { Banner, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type Cases, type State, listCases } from "./api.ts";
import { Row } from "./row.tsx";
import { WaitingView } from "./waiting.tsx";

type View = "waiting" | State | "mine" | "all";
const STATES: State[] = ["new", "in_progress", "closed"];
function pick(page: Cases, view: View): Cases {
  return view === "mine" ? { ...page, items: page.items.filter((one) => one.writer === me.value!.id) } : page;
}

export function CasesScreen({ query }: { query: Record<string, string> }) {
  const w = l().cases;
  const works = may(me.value!, "work_on_cases");
  const views: View[] = works ? ["waiting", ...STATES, "mine"] : ["all", ...STATES];
  const view = views.find((one) => one === query.view) ?? views[0]!;
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
      {view === "waiting" ? <WaitingView /> : <Listed key={view} view={view} />}
    </>
  );
}

function Listed({ view }: { view: View }) {
  const w = l().cases;
  const state = STATES.find((state) => state === view);
  const { value, problem, isLoading, reload, set } = useLoad(view, async () => pick(await listCases(state), view));
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = pick(await listCases(state, value!.next_cursor), view);
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && (
        <Banner kind="info" title={w.none.other}>
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
