/** A second admin looks at what is pending, and publishes the same two files. */
import { useState } from "preact/hooks";
import { type Published, type Rulebook, type RulebookWarning, publishRulebook, readRulebookVersion, warningsOf } from "../api.ts";
import { ShowProblem, useAct } from "../ui.tsx";
import { l } from "../words-later.ts";
import { Confirm } from "./confirm.tsx";
import { Changes, type Texts } from "./editor.tsx";
import type { Plan } from "./plan-api.ts";
import { Counting, PlanDialog, useCounting } from "./plan.tsx";

type Props = { rulebook: Rulebook; version: number; agreed: (made: Published) => void; gone: () => void };

export function Agree({ rulebook, version, agreed, gone }: Props) {
  const w = l().rules;
  const [found, setFound] = useState<{ texts: Texts; plan: Plan }>();
  const [isAsking, setAsking] = useState(false);
  const { percent, count } = useCounting();
  const { run, isBusy, problem, clear } = useAct();
  const before: Texts = { policy: rulebook.policy ?? "", staff: rulebook.staff ?? "" };
  const look = () =>
    run(async () => {
      const { state, policy, staff } = await readRulebookVersion(version);
      // Its publisher may have withdrawn it meanwhile: publishing it then would not be an agreement.
      if (state !== "pending" || policy === null || staff === null) return gone();
      const plan = await count(policy, staff);
      if (!plan) return;
      setFound({ texts: { policy, staff }, plan });
      setAsking(true);
    });
  const warnings = warningsOf(problem);
  const agree = (confirmed: RulebookWarning[] = []) => {
    setAsking(false);
    const { texts, plan } = found!;
    run(async () => agreed(await publishRulebook(texts.policy, texts.staff, plan.id, confirmed)));
  };
  return (
    <>
      {warnings.length > 0 && <Confirm warnings={warnings} publish={() => agree(warnings)} close={clear} />}
      {problem && warnings.length === 0 && <ShowProblem problem={problem} />}
      <Counting percent={percent} />
      <p>
        <button type="button" class="primary" disabled={isBusy} onClick={look}>
          {w.agreeLook}
        </button>
      </p>
      {isAsking && found && (
        <PlanDialog plan={found.plan} title={w.agreeAsk(version)} yes={w.agreeYes} close={() => setAsking(false)} publish={() => agree()} isBusy={isBusy}>
          <Changes before={before} after={found.texts} />
        </PlanDialog>
      )}
    </>
  );
}
