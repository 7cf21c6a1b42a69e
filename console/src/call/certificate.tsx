import type { Tombstone } from "../api.ts";
import { className, label, memberName, showDateTime, showDay, teamName } from "../show.ts";
import { me, t } from "../state.ts";
import { Title } from "../ui.tsx";

/** What is known of the copy in another Region, and since when. */
function backupOf(tombstone: Tombstone) {
  const state = label(t().codes.backup, tombstone.backup);
  return tombstone.backup_checked_at ? t().call.backupChecked(state, showDateTime(tombstone.backup_checked_at)) : state;
}

/** The proof of a deletion, as a page that prints. No number and no name of the other party is in it. */
export function Certificate({ tombstone }: { tombstone: Tombstone }) {
  const w = t().call;
  const rows: [string, string][] = [
    [w.day, showDay(tombstone.day)],
    [w.team, teamName(tombstone.team, tombstone.team_name) || "–"],
    [w.retentionClass, className(tombstone.retention_class)],
    [w.deletedAt, showDateTime(tombstone.deleted_at)],
    [w.deletedBy, tombstone.deleted_by.startsWith("sweep") ? w.system : memberName(tombstone.deleted_by)],
    [w.rulebook, String(tombstone.rulebook_version)],
    [w.backup, backupOf(tombstone)],
    [w.recording, tombstone.id],
    [w.version, tombstone.version_id],
    [w.sha, tombstone.sha256 ?? "–"],
  ];
  return (
    <article class="certificate">
      <p class="kicker">
        {w.certificate} <span>{me.value?.company}</span>
      </p>
      <Title lead={w.certificateLead(showDateTime(tombstone.deleted_at))}>{w.deletedTitle}</Title>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="no-print">
        <button type="button" onClick={() => print()}>
          {w.print}
        </button>
      </p>
    </article>
  );
}
