/** What is seldom meant in a rulebook: who publishes it says that it is. */
import type { RulebookWarning } from "../api.ts";
import { Dialog } from "../ui.tsx";
import { l } from "../words-later.ts";

type Props = { warnings: RulebookWarning[]; publish: () => void; close: () => void };

export function Confirm({ warnings, publish, close }: Props) {
  const w = l().rules;
  return (
    <Dialog title={w.confirmAsk} close={close}>
      <p>{w.confirmLead}</p>
      <ul class="faults">
        {warnings.map((warning) => (
          <li key={`${warning.in} ${warning.line} ${warning.code}`}>
            <span>
              {warning.in === "policy" ? w.policy : w.staff} {w.line(warning.line)}
            </span>
            <span>
              <bdi>{warning.reason}</bdi> <bdi class="fix">{warning.fix}</bdi>
            </span>
          </li>
        ))}
      </ul>
      <p class="actions">
        <button type="button" onClick={close}>
          {w.cancel}
        </button>
        <button type="button" class="primary" onClick={publish}>
          {w.confirmYes}
        </button>
      </p>
    </Dialog>
  );
}
