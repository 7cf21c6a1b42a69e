import { CustodyList } from "../call/custody.tsx";
import { placeOf } from "../router.ts";
import { me, t } from "../state.ts";
import { Title } from "../ui.tsx";
import { screensOf } from "../api.ts";

/** What happened to one recording, for who may read that and not hear it. */
export function CustodyScreen({ id }: { id: string }) {
  const w = t().audit;
  return (
    <>
      <p class="back">
        <a href={placeOf(["audit"])}>← {w.title}</a>
      </p>
      <Title lead={w.custodyLead}>{w.custodyTitle}</Title>
      <p>
        <span class="label">{w.recording}</span> {screensOf(me.value!).calls ? <a href={placeOf(["calls", id])}>{id}</a> : <code>{id}</code>}
      </p>
      <section class="card">
        <CustodyList id={id} />
      </section>
    </>
  );
}
