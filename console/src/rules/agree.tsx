/** A second admin looks at what is pending, and publishes the same two files. */
import { useState } from "preact/hooks";
import { type Published, type Rulebook, publishRulebook, readRulebookVersion } from "../api.ts";
import { ShowProblem, useAct } from "../ui.tsx";
import { l } from "../words-later.ts";
import { Changes, type Texts } from "./editor.tsx";
import type { Plan } from "./plan-api.ts";
import { Counting, PlanDialog, useCounting } from "./plan.tsx";

type Props = { rulebook: Rulebook; version: number; agreed: (made: Published) => void; gone: () => void };

export function Agree({ rulebook, version, agreed, gone }: Props) {
  const w = l().rules;
  const [found, setFound] = useState<{ texts: Texts; plan: Plan }>();
  const { percent, count } = useCounting();
  const { run, isBusy, problem } = useAct();
  const before: Texts = { policy: rulebook.policy ?? "", staff: rulebook.staff ?? "" };
  const look = () =>
    run(async () => {
      const { state, policy, staff } = await readRulebookVersion(version);
      // Its publisher may have withdrawn it meanwhile: publishing it then would not be an agreement.
      if (state !== "pending" || policy === null || staff === null) return gone();
      const plan = await count(policy, staff);
      if (plan) setFound({ texts: { policy, staff }, plan });
    });
  const agree = ({ texts, plan }: { texts: Texts; plan: Plan }) => {
    setFound(undefined);
    run(async () => agreed(await publishRulebook(texts.policy, texts.staff, plan.id)));
  };
  return (
    <>
      {problem && <ShowProblem problem={problem} />}
      <Counting percent={percent} />
      <p>
        <button type="button" class="primary" disabled={isBusy} onClick={look}>
          {w.agreeLook}
        </button>
      </p>
      {found && (
        <PlanDialog plan={found.plan} title={w.agreeAsk(version)} yes={w.agreeYes} close={() => setFound(undefined)} publish={() => agree(found)} isBusy={isBusy}>
          <Changes before={before} after={found.texts} />
        </PlanDialog>
      )}
    </>
  );
}
