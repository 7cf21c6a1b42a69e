import { useEffect } from "preact/hooks";
import { exportFile } from "../api.ts";
import { placeOf } from "../router.ts";
import { lineName, memberName, showDay, showShort, teamName } from "../show.ts";
import { me, t } from "../state.ts";
import { Banner, Loading, ShowProblem, Title, saveFile, useAct } from "../ui.tsx";
import { Filter } from "./filter.tsx";
import { CallList } from "./list.tsx";
import { NotedList } from "./noted.tsx";
import { type Filters, type Search, filtersOf, isNarrowed, queryOf, requestOfSearch, sameQuery, search, showMore, startSearch } from "./search.ts";

export function CallsScreen({ query }: { query: Record<string, string> }) {
  const w = t().calls;
  const asked = filtersOf(query);
  useEffect(() => {
    const last = search.value;
    if (!last || !sameQuery(last.filters, asked)) void startSearch(asked);
  }, [JSON.stringify(asked)]);
  const run = (filters: Filters) => {
    void startSearch(filters);
    location.hash = placeOf(["calls"], queryOf(filters));
  };
  const found = search.value;
  return (
    <>
      <Title lead={me.value?.role === "staff" ? w.own : undefined}>{w.title}</Title>
      {found && <Filter key={JSON.stringify(found.filters)} filters={found.filters} run={run} />}
      {found && <Result found={found} run={run} />}
    </>
  );
}

/** In words, what was searched. */
function summary(found: Search): string {
  const w = t().calls;
  const { filters } = found;
  const number = filters.number.trim();
  const digits = number.normalize("NFKC").replace(/\D/g, "");
  return [
    found.from === found.to ? showDay(found.from) : w.searched(showDay(found.from), showDay(found.to)),
    number && (digits.length === 4 ? w.last4(digits) : number),
    memberName(filters.staff),
    teamName(filters.team),
    lineName(filters.line),
    filters.text.trim() ? w.saying(filters.text.trim()) : filters.notes && w.hasNotes,
  ]
    .filter(Boolean)
    .join(t().frame.join);
}

function Result({ found, run }: { found: Search; run: (filters: Filters) => void }) {
  const w = t().calls;
  const { items, cursor, isLoading, problem } = found;
  const wanted = found.filters.text.trim();
  const isNone = !isLoading && !problem && items.length === 0;
  const count = cursor ? w.foundMore(items.length) : w.found(items.length);
  return (
    <section aria-label={w.list} aria-busy={isLoading}>
      <div class="summary">
        <p role="status">
          <span>{summary(found)}</span>
          {!isLoading && items.length > 0 && <strong>{count}</strong>}
        </p>
        {items.length > 0 && <Export found={found} />}
      </div>
      {items.length > 0 && (wanted ? <NotedList items={items} notes={found.notes} wanted={wanted} /> : <CallList items={items} />)}
      {problem && <ShowProblem problem={problem} retry={() => (items.length > 0 ? void showMore() : run(found.filters))} />}
      {isLoading && <Loading />}
      {isNone && <Nothing found={found} run={run} />}
      {!isLoading && cursor && items.length > 0 && !problem && (
        <p class="center">
          <button type="button" onClick={() => void showMore()}>
            {t().frame.more20}
          </button>
        </p>
      )}
      {!isLoading && !cursor && items.length > 8 && <p class="center note">{t().frame.end}</p>}
    </section>
  );
}

/** Nothing found is the answer that misleads most: it says what was searched, and offers to look further. */
function Nothing({ found, run }: { found: Search; run: (filters: Filters) => void }) {
  const w = t().calls;
  if (found.cursor) {
    return (
      <Banner kind="info" title={w.nothingYet}>
        <button type="button" class="primary" onClick={() => void showMore()}>
          {w.searchMore}
        </button>
      </Banner>
    );
  }
  const { filters } = found;
  const isNarrow = Boolean(filters.number) || isNarrowed(filters);
  return (
    <Banner kind="info" title={w.none}>
      <p>
        {w.noneDetail} {isNarrow && w.notAlone}
      </p>
      {found.deleted.length > 0 && (
        <>
          <p>{w.deletedOf(found.deleted.length)}</p>
          <ul class="plain-list">
            {found.deleted.map((one) => (
              <li key={one.id}>
                <a href={placeOf(["calls", one.id])}>{w.deletedOn(showDay(one.day), showShort(one.deleted_at))}</a>
              </li>
            ))}
          </ul>
        </>
      )}
      {filters.period !== "400d" && (
        <p>
          <button type="button" class="primary" onClick={() => run({ ...filters, period: "400d" })}>
            {w.wider}
          </button>
        </p>
      )}
    </Banner>
  );
}

function Export({ found }: { found: Search }) {
  const w = t().calls;
  const { run, isBusy, problem } = useAct();
  const hasText = found.filters.text.trim() !== "";
  const take = () =>
    run(async () => saveFile(await exportFile(hasText ? "/notes" : "/recordings", requestOfSearch(found)), `${hasText ? w.csvNotes : w.csvName}-${found.from}-${found.to}.csv`));
  return (
    <div class="export">
      <button type="button" class="plain" disabled={isBusy} aria-describedby="csv-note" onClick={take}>
        {w.csv}
      </button>
      <p class="note" id="csv-note">
        {w.csvNote}
      </p>
      {problem && <ShowProblem problem={problem} />}
    </div>
  );
}
